//! Blocks of bytes -> lines, with bounded memory.
//!
//! A line is what stands before a `\n`; one trailing `\r` is taken off, and so is a UTF-8 byte order mark at the
//! start of the file. Lines that lie inside a block are handed out as slices of it; only a line that crosses a border
//! is put together in `carry`. NUL bytes at the start of a line (what a hole left by truncation reads as) are passed
//! over and reported.

use memchr::memchr;

use super::LostReason;

/// A carry buffer larger than this is freed after use.
const CARRY_KEPT_BYTES: usize = 64 * 1024;

/// Takes lines as they stand in the file.
pub(super) trait RawLines {
    /// A line without its end, and the offset after its newline.
    fn line(&mut self, line: &[u8], end: u64);
    /// Bytes before the offset `end` that are in no line.
    fn lost(&mut self, reason: LostReason, lines: u64, bytes: u64, end: u64);
}

/// Cuts one stream of bytes into lines and knows where each ends.
#[derive(Debug)]
pub(super) struct LineReader {
    max_line_bytes: usize,
    /// The end of the last line that was given or dropped: the start of the unfinished line.
    offset: u64,
    /// The end of what was fed.
    position: u64,
    /// The unfinished line, `offset..position`, unless it is being dropped.
    carry: Vec<u8>,
    /// The unfinished line is longer than allowed.
    dropping: bool,
}

impl LineReader {
    pub(super) fn new(max_line_bytes: usize) -> LineReader {
        LineReader { max_line_bytes, offset: 0, position: 0, carry: Vec::new(), dropping: false }
    }

    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    pub(super) fn position(&self) -> u64 {
        self.position
    }

    pub(super) fn max_line_bytes(&self) -> usize {
        self.max_line_bytes
    }

    /// Whether the bytes before the position are all in lines already given.
    pub(super) fn is_at_line_start(&self) -> bool {
        self.offset == self.position
    }

    /// Goes on at the start of a line.
    pub(super) fn restart(&mut self, offset: u64) {
        *self = LineReader { offset, position: offset, ..LineReader::new(self.max_line_bytes) };
    }

    /// Goes on inside a line known to be longer than allowed.
    pub(super) fn restart_dropping(&mut self, offset: u64, position: u64) {
        *self = LineReader { offset, position, dropping: true, ..LineReader::new(self.max_line_bytes) };
    }

    /// Forgets an unfinished line of more than `kept` bytes, which then has to be fed again from the offset; says
    /// whether it did.
    pub(super) fn release(&mut self, kept: usize) -> bool {
        let forget = self.carry.len() > kept;
        if forget {
            self.restart(self.offset);
        }
        self.carry.shrink_to_fit();
        forget
    }

    /// Whether NUL bytes can be passed over unread: at the start of a line, or in one that is dropped anyway.
    pub(super) fn can_skip(&self) -> bool {
        self.is_at_line_start() || self.dropping
    }

    /// Passes over a hole, where that is possible.
    pub(super) fn skip_hole(&mut self, to: u64, sink: &mut dyn RawLines) {
        if self.dropping {
            self.position = self.position.max(to);
            return;
        }
        if self.is_at_line_start() && to > self.position {
            sink.lost(LostReason::NulBytes, 0, to - self.position, to);
            self.restart(to);
        }
    }

    /// Takes the bytes that follow the position.
    pub(super) fn feed(&mut self, block: &[u8], sink: &mut dyn RawLines) {
        let mut rest = block;
        loop {
            if self.is_at_line_start() {
                let nuls = rest.iter().take_while(|b| **b == 0).count();
                rest = &rest[nuls..];
                self.offset += nuls as u64;
                self.position = self.offset;
                if nuls > 0 {
                    sink.lost(LostReason::NulBytes, 0, nuls as u64, self.offset);
                }
            }
            let Some(end) = memchr(b'\n', rest) else { break };
            self.finish_line(&rest[..end], sink);
            rest = &rest[end + 1..];
        }
        self.hold(rest);
        self.position += rest.len() as u64;
    }

    /// Gives the unfinished line as if it were complete: the generation is closed and nobody will finish it.
    pub(super) fn finish(&mut self, sink: &mut dyn RawLines) {
        if !self.is_at_line_start() {
            self.give(None, sink);
        }
    }

    fn finish_line(&mut self, end: &[u8], sink: &mut dyn RawLines) {
        if self.is_at_line_start() && end.len() <= self.max_line_bytes {
            self.position += end.len() as u64 + 1;
            sink.line(trim(end, self.offset == 0), self.position);
            self.offset = self.position;
        } else {
            self.hold(end);
            self.position += end.len() as u64 + 1;
            self.give(Some(b'\n'), sink);
        }
    }

    /// Gives what is held, or reports that it was dropped. The position is already behind it.
    fn give(&mut self, terminator: Option<u8>, sink: &mut dyn RawLines) {
        if self.dropping {
            sink.lost(LostReason::LineTooLong, 1, self.position - self.offset, self.position);
        } else {
            debug_assert_eq!(
                self.position - self.offset,
                self.carry.len() as u64 + u64::from(terminator.is_some()),
                "the carry is the unfinished line"
            );
            sink.line(trim(&self.carry, self.offset == 0), self.position);
        }
        self.dropping = false;
        self.offset = self.position;
        self.carry.clear();
        if self.carry.capacity() > CARRY_KEPT_BYTES {
            self.carry = Vec::new();
        }
    }

    fn hold(&mut self, part: &[u8]) {
        if self.carry.len() + part.len() > self.max_line_bytes {
            self.dropping = true;
            self.carry = Vec::new();
        }
        if !self.dropping {
            self.carry.extend_from_slice(part);
        }
    }
}

/// A line without its `\r` and, at the start of a file, without a byte order mark.
pub(super) fn trim(line: &[u8], first: bool) -> &[u8] {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    if first { line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line) } else { line }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default, PartialEq, Debug)]
    struct Seen {
        lines: Vec<(String, u64)>,
        lost: Vec<(LostReason, u64, u64)>,
    }

    impl RawLines for Seen {
        fn line(&mut self, line: &[u8], end: u64) {
            self.lines.push((String::from_utf8_lossy(line).into_owned(), end));
        }
        fn lost(&mut self, reason: LostReason, lines: u64, bytes: u64, _: u64) {
            self.lost.push((reason, lines, bytes));
        }
    }

    fn read(blocks: &[&[u8]], max: usize) -> (LineReader, Seen) {
        let (mut reader, mut seen) = (LineReader::new(max), Seen::default());
        for block in blocks {
            reader.feed(block, &mut seen);
        }
        (reader, seen)
    }

    fn lines(expected: &[(&str, u64)]) -> Vec<(String, u64)> {
        expected.iter().map(|(l, e)| (l.to_string(), *e)).collect()
    }

    #[test]
    fn any_cut_gives_the_same_lines() {
        let text = b"\xef\xbb\xbfone\r\n\r\nthree is too long\n\rfour\nfive";
        for cut in 0..=text.len() {
            let (reader, seen) = read(&[&text[..cut], &text[cut..]], 8);
            assert_eq!(lines(&[("one", 8), ("", 10), ("\rfour", 34)]), seen.lines, "cut at {cut}");
            assert_eq!(vec![(LostReason::LineTooLong, 1, 18)], seen.lost, "cut at {cut}");
            assert_eq!((34, 38), (reader.offset(), reader.position()), "cut at {cut}");
        }
    }

    #[test]
    fn a_partial_line_waits_and_is_given_at_the_end() {
        let (mut reader, mut seen) = read(&[b"a\nb"], 8);
        assert_eq!(lines(&[("a", 2)]), seen.lines);
        reader.finish(&mut seen);
        reader.finish(&mut seen);
        assert_eq!(lines(&[("a", 2), ("b", 3)]), seen.lines);
    }

    #[test]
    fn a_line_without_end_is_dropped_once_in_bounded_memory() {
        let block = [b'x'; 1000];
        let blocks: Vec<&[u8]> = std::iter::repeat_n(&block[..], 100).collect();
        let (mut reader, mut seen) = read(&blocks, 1500);
        assert!(seen.lost.is_empty());
        assert_eq!(0, reader.carry.capacity());
        reader.finish(&mut seen);
        assert_eq!(vec![(LostReason::LineTooLong, 1, 100_000)], seen.lost);
    }

    #[test]
    fn nul_bytes_before_a_line_are_passed_over_and_reported() {
        for cut in 0..=9 {
            let text = b"a\n\0\0\0b\0\nc";
            let (_, seen) = read(&[&text[..cut], &text[cut..]], 8);
            assert_eq!(lines(&[("a", 2), ("b\0", 8)]), seen.lines, "cut at {cut}");
            assert_eq!(3, seen.lost.iter().map(|l| l.2).sum::<u64>(), "cut at {cut}");
        }
    }
}
