//! Lines of a file -> records for the sink.

use super::container::{Unwrapped, Unwrapper};
use super::reader::RawLines;
use super::{Config, FileKey, LineSink, LostReason};

/// What of a file has become records.
#[derive(Debug)]
pub(super) struct Records {
    unwrapper: Unwrapper,
    /// What ends at or before was given by an earlier process.
    given: u64,
    /// The start of the next line.
    line_start: u64,
}

impl Records {
    /// For a file that is read from its beginning.
    pub(super) fn new(config: &Config) -> Records {
        Records { unwrapper: Unwrapper::new(config.container, config.max_line_bytes), given: 0, line_start: 0 }
    }

    /// Goes on at `offset`, where everything up to `given` was given before. Forgets pieces.
    pub(super) fn restart(&mut self, offset: u64, given: u64) {
        self.unwrapper.clear();
        (self.line_start, self.given) = (offset, given);
    }

    /// Goes on at the start of the line that is unfinished.
    pub(super) fn restart_line(&mut self) {
        self.given = 0;
    }

    /// Where to go on after a restart, when the last complete line ends at `line_end`.
    pub(super) fn offset(&self, line_end: u64) -> u64 {
        self.unwrapper.oldest().unwrap_or(line_end)
    }

    /// Takes lines and gives records of one file.
    pub(super) fn giving<'a>(&'a mut self, file: FileKey, sink: &'a mut dyn LineSink) -> Giving<'a> {
        Giving { records: self, file, sink }
    }

    /// Takes the lines from the start of the file until it has the first record.
    pub(super) fn first(&self) -> First {
        First { unwrapper: self.unwrapper.another(), record: None }
    }

    /// Reports the records that will not be finished.
    pub(super) fn finish(&mut self, file: FileKey, sink: &mut dyn LineSink) {
        while let Some(bytes) = self.unwrapper.drop_one() {
            sink.lost(file, LostReason::Unfinished, 1, bytes);
        }
    }
}

/// Records on their way to a sink.
pub(super) struct Giving<'a> {
    records: &'a mut Records,
    file: FileKey,
    sink: &'a mut dyn LineSink,
}

impl RawLines for Giving<'_> {
    fn line(&mut self, line: &[u8], end: u64) {
        let start = std::mem::replace(&mut self.records.line_start, end);
        let again = end <= self.records.given;
        match self.records.unwrapper.take(line, start) {
            Unwrapped::Piece => {}
            _ if again => {}
            Unwrapped::Record(record) => self.sink.line(self.file, record, end),
            Unwrapped::TooLong(start) => self.sink.lost(self.file, LostReason::LineTooLong, 1, end - start),
            Unwrapped::Foreign => self.sink.lost(self.file, LostReason::NotWrapped, 1, end - start),
        }
        self.records.unwrapper.shrink();
    }

    fn lost(&mut self, reason: LostReason, lines: u64, bytes: u64, end: u64) {
        self.records.line_start = end;
        if end > self.records.given {
            self.sink.lost(self.file, reason, lines, bytes);
        }
    }
}

/// Looks for the first record of a file.
pub(super) struct First {
    unwrapper: Unwrapper,
    /// Empty when it is too long.
    record: Option<Vec<u8>>,
}

impl First {
    /// Whether it was not found yet.
    pub(super) fn is_wanted(&self) -> bool {
        self.record.is_none()
    }

    /// The record, unless it is too long.
    pub(super) fn record(&self) -> Option<&[u8]> {
        self.record.as_deref().filter(|record| !record.is_empty())
    }
}

impl RawLines for First {
    fn line(&mut self, line: &[u8], _: u64) {
        if self.record.is_none() {
            self.record = match self.unwrapper.take(line, 0) {
                Unwrapped::Record(record) => Some(record.to_owned()),
                Unwrapped::TooLong(_) => Some(Vec::new()),
                Unwrapped::Piece | Unwrapped::Foreign => None,
            };
        }
    }

    fn lost(&mut self, reason: LostReason, _: u64, _: u64, _: u64) {
        if reason == LostReason::LineTooLong {
            self.record.get_or_insert_default();
        }
    }
}
