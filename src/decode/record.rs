//! What was decoded of a line: a slot for each wanted field, used again for every line.

/// A piece of text of a record: in the line itself, or in the record's own buffer when it had to be unescaped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// Number of bytes.
    pub length: u32,
    /// Whether the bytes are in the record's buffer and not in the line.
    pub unescaped: bool,
}

/// One decoded field.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value {
    /// The line has no such field.
    Absent,
    /// The field is there and says nothing: `null`, or empty in a flat format.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number with its text as written; NaN and the infinities are possible, as Python writes them.
    Number {
        /// Correctly rounded.
        value: f64,
        /// As written.
        text: Span,
    },
    /// Text, unescaped, valid UTF-8.
    Text(Span),
    /// An object or an array, as written.
    Nested(Span),
}

/// The slots of one line, filled by a decoder and used again for the next line.
#[derive(Debug)]
pub struct Record {
    slots: Vec<Slot>,
    /// The numbers in slots for them, NaN where there is none: all of one rank.
    numbers: Vec<f64>,
    /// That rank: the one of the first number of the line.
    numbers_rank: u16,
    /// A bit for each block of them in which there are any, by its number modulo 64.
    touched: u64,
    /// Whether something else was put into one of these slots, or a number of another rank.
    has_others: bool,
    /// A bit for each slot that [`Record::set`] was called for in this line, by its number modulo 64.
    some: u64,
    /// The mark of this line with rank 0: lower than that of every line before, by one more than the highest rank.
    line: u64,
    buffer: Vec<u8>,
}

/// A slot: what was last put there, and in which line at which rank.
///
/// The lower of two marks is of the later line or, in the same line, of the earlier path. So one comparison tells
/// whether a slot is absent, and another one which value stays.
#[derive(Clone, Copy, Debug)]
struct Slot {
    value: Value,
    mark: u64,
}

/// Slots that are asked for together.
#[derive(Clone, Debug, Default)]
pub struct SlotSet {
    slots: Vec<usize>,
    bits: u64,
}

impl FromIterator<usize> for SlotSet {
    fn from_iter<I: IntoIterator<Item = usize>>(slots: I) -> SlotSet {
        let slots: Vec<usize> = slots.into_iter().collect();
        SlotSet { bits: slots.iter().fold(0, |bits, slot| bits | bit(*slot)), slots }
    }
}

/// The bit of a slot or a block: of two it may be the same.
#[inline]
fn bit(number: usize) -> u64 {
    1 << (number & 63)
}

/// Numbers that are emptied together.
const BLOCK: usize = 32;

/// The bits of a mark below those of its line.
const RANKS: u64 = u8::MAX as u64;
/// The rank of numbers when there are none.
const NO_RANK: u16 = u16::MAX;
/// The highest rank; paths behind it share it.
pub(super) const LAST_RANK: u8 = u8::MAX;

impl Default for Record {
    fn default() -> Record {
        Record {
            slots: Vec::new(),
            numbers: Vec::new(),
            numbers_rank: NO_RANK,
            touched: 0,
            has_others: false,
            some: 0,
            line: u64::MAX - RANKS,
            buffer: Vec::new(),
        }
    }
}

impl Record {
    /// Empties the record and gives it `slots` absent slots.
    #[inline]
    pub fn reset(&mut self, slots: usize) {
        if self.slots.len() != slots {
            self.slots.resize(slots, Slot { value: Value::Absent, mark: u64::MAX });
            self.numbers.resize(slots, f64::NAN);
        }
        // A line has few of the numbers that are wanted of all streams.
        while self.touched != 0 {
            let first = self.touched.trailing_zeros() as usize;
            self.touched &= self.touched - 1;
            self.numbers.chunks_mut(BLOCK).skip(first).step_by(64).for_each(|block| block.fill(f64::NAN));
        }
        (self.numbers_rank, self.has_others, self.some) = (NO_RANK, false, 0);
        // More lines than a u64 has room for do not come.
        self.line = self.line.wrapping_sub(RANKS + 1);
        self.buffer.clear();
    }

    /// The value of a slot; absent when there is no such slot. Of a slot for a number, what is there but for [its
    /// number](Record::number).
    #[inline]
    pub fn value(&self, slot: usize) -> Value {
        *self.get(slot)
    }

    /// [`Record::value`] where it stands: only what is looked at is read, and nothing copied.
    #[inline]
    pub fn get(&self, slot: usize) -> &Value {
        self.present(slot).map_or(&Value::Absent, |slot| &slot.value)
    }

    /// The number in a slot for one. NaN when there is none: [`Record::value`] tells what is there instead.
    #[inline]
    pub fn number(&self, slot: usize) -> f64 {
        match self.present(slot) {
            Some(other) if other.mark & RANKS < u64::from(self.numbers_rank) => f64::NAN,
            _ => self.numbers.get(slot).copied().unwrap_or(f64::NAN),
        }
    }

    /// [`Record::number`] of `count` slots from `first` on, while none [has another value](Record::has_others); `None` when
    /// there are not so many.
    #[inline]
    pub fn numbers(&self, first: usize, count: usize) -> Option<&[f64]> {
        self.numbers.get(first..)?.get(..count)
    }

    /// Whether a slot for a number may have another value in this line.
    #[inline]
    pub fn has_others(&self) -> bool {
        self.has_others
    }

    /// [`Record::set`] of a slot for a number.
    #[inline]
    pub fn set_number(&mut self, slot: usize, rank: u8, value: Value) {
        match value {
            Value::Number { value, .. } if !value.is_nan() && self.put_number(slot, rank.into(), value) => {}
            value => self.set_other(slot, rank, value),
        }
    }

    /// Sets a slot for a number to one that is not NaN, when this is the rank of the numbers of the line.
    #[inline(always)]
    pub(super) fn put_number(&mut self, slot: usize, rank: u16, value: f64) -> bool {
        let is_rank = self.numbers_rank == rank;
        if let Some(number) = self.numbers.get_mut(slot).filter(|_| is_rank) {
            *number = value;
            self.touched |= bit(slot / BLOCK);
        }
        is_rank
    }

    /// Takes the first number of a line, or what is none or has another rank.
    #[inline(never)]
    fn set_other(&mut self, slot: usize, rank: u8, value: Value) {
        let is_number = matches!(value, Value::Number { value, .. } if !value.is_nan());
        if is_number && self.numbers_rank == NO_RANK {
            self.numbers_rank = rank.into();
            return self.set_number(slot, rank, value);
        }
        // Of the same path the later one wins.
        if let Some(number) = self.numbers.get_mut(slot).filter(|_| self.numbers_rank == u16::from(rank)) {
            *number = f64::NAN;
        }
        self.set(slot, rank, value);
        self.has_others = true;
    }

    /// Sets a slot from the path with this rank (its place in the list of alternatives). A value from an earlier
    /// path stays; from the same path the later one wins, as in most JSON parsers.
    #[inline]
    pub fn set(&mut self, slot: usize, rank: u8, value: Value) {
        let mark = self.line | u64::from(rank);
        self.some |= bit(slot);
        if let Some(kept) = self.slots.get_mut(slot)
            && mark <= kept.mark
        {
            *kept = Slot { value, mark };
        }
    }

    /// Whether any of these slots has a value.
    #[inline]
    pub fn has_any(&self, slots: &SlotSet) -> bool {
        self.some & slots.bits != 0 && slots.slots.iter().any(|slot| self.present(*slot).is_some())
    }

    /// Which of a slot's paths its value was found at; `None` when it is absent.
    pub fn rank(&self, slot: usize) -> Option<usize> {
        self.present(slot).map(|slot| (slot.mark & RANKS) as usize)
    }

    #[inline]
    fn present(&self, slot: usize) -> Option<&Slot> {
        self.slots.get(slot).filter(|slot| slot.mark <= self.line | RANKS)
    }

    /// The buffer that unescaped text goes to.
    pub fn buffer_mut(&mut self) -> &mut Vec<u8> {
        &mut self.buffer
    }

    /// The bytes of a span; `line` is the line the record was decoded from.
    pub fn bytes<'a>(&'a self, line: &'a [u8], span: Span) -> &'a [u8] {
        let from = if span.unescaped { &self.buffer } else { line };
        from.get(span.start as usize..span.start as usize + span.length as usize).unwrap_or_default()
    }

    /// The text of a span. Decoders check that text is UTF-8; what is not reads as empty.
    pub fn text<'a>(&'a self, line: &'a [u8], span: Span) -> &'a str {
        std::str::from_utf8(self.bytes(line, span)).unwrap_or_default()
    }
}
