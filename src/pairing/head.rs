//! Where a chain of rows begins, with a filter that knows most ids that are not in it.
//!
//! B. Bloom, Space/time trade-offs in hash coding with allowable errors, CACM 1970.

/// No row: the end of a chain.
pub(super) const NONE: u32 = u32::MAX;

/// The beginning of a chain.
#[derive(Clone, Copy, Debug)]
pub(super) struct Head {
    first: u32,
    filter: Bits,
}

impl Head {
    pub(super) const EMPTY: Head = Head { first: NONE, filter: Bits::NONE };

    /// The first row of the chain, if one of it may have these bits.
    #[inline]
    pub(super) fn first(self, bits: Bits) -> u32 {
        if self.filter.has(bits) { self.first } else { NONE }
    }

    /// Puts a row before the others, and returns which was the first.
    #[inline]
    pub(super) fn add(&mut self, row: u32, bits: Bits) -> u32 {
        self.filter = self.filter.with(bits);
        std::mem::replace(&mut self.first, row)
    }

    /// The chain has this row alone.
    pub(super) fn only(row: u32, bits: Bits) -> Head {
        Head { first: row, filter: bits }
    }
}

/// Two words of a filter, or the bits of an id in them, two in each.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bits([u32; 2]);

impl Bits {
    pub(super) const NONE: Bits = Bits([0; 2]);

    /// Those of a hash, of which the upper bits count.
    #[inline]
    pub(super) fn of(hash: u64) -> Bits {
        let bit = |shift: u32| 1 << (hash >> shift & 31);
        Bits([bit(59) | bit(54), bit(49) | bit(44)])
    }

    #[inline]
    fn with(self, Bits([low, high]): Bits) -> Bits {
        Bits([self.0[0] | low, self.0[1] | high])
    }

    #[inline]
    fn has(self, Bits([low, high]): Bits) -> bool {
        (!self.0[0] & low) | (!self.0[1] & high) == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_knows_the_ids_of_its_chain_and_few_others() {
        let bits = |index: u64| Bits::of(index.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let mut head = Head::EMPTY;
        for index in 0..4 {
            assert_eq!(if index == 0 { NONE } else { index - 1 }, head.add(index, bits(index.into())));
        }
        assert!((0..4).all(|index| head.first(bits(index)) == 3));
        assert!((4..1_004).filter(|index| head.first(bits(*index)) != NONE).count() < 20);
        let alone = Head::only(7, bits(5));
        assert_eq!((7, NONE), (alone.first(bits(5)), alone.first(bits(6))));
    }
}
