//! The border of the oldest, found by counting: nothing is copied, so that a full table needs no more memory.

/// Ranges that are counted at a time.
const RANGES: usize = 1 << 12;

/// The value at this place, from zero, of the values in their order; `None` when there are not so many. `values` is
/// asked for them several times.
pub(super) fn nth<V: Iterator<Item = i64>>(values: impl Fn() -> V, mut place: usize) -> Option<i64> {
    // The same order, from zero.
    let offsets = || values().map(|value| value as u64 ^ (1 << 63));
    let (mut first, mut last) = (offsets().min()?, offsets().max()?);
    let mut counts = vec![0usize; RANGES];
    loop {
        let bits = u64::BITS - (last - first).leading_zeros();
        let shift = bits.saturating_sub(RANGES.ilog2());
        counts.fill(0);
        for offset in offsets().filter(|offset| (first..=last).contains(offset)) {
            if let Some(count) = counts.get_mut(((offset - first) >> shift) as usize) {
                *count += 1;
            }
        }
        let mut before = 0;
        let range = counts.iter().position(|count| {
            before += count;
            before > place
        })?;
        place -= before - counts[range];
        first += (range as u64) << shift;
        last = last.min(first.saturating_add((1 << shift) - 1));
        if first == last {
            return Some((first ^ (1 << 63)) as i64);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn counting_finds_what_sorting_finds(
            mut values in prop::collection::vec(prop_oneof![any::<i64>(), -9i64..9, 0i64..1_000_000], 1..200),
        ) {
            let unsorted = values.clone();
            values.sort_unstable();
            for (place, value) in values.iter().enumerate() {
                prop_assert_eq!(Some(*value), nth(|| unsorted.iter().copied(), place));
            }
            prop_assert_eq!(None, nth(|| unsorted.iter().copied(), values.len()));
        }
    }
}
