//! Lines of a file -> records for the sink.

use super::reader::RawLines;
use super::{FileKey, LineSink, LostReason};

/// What of a file has become records.
#[derive(Debug, Default)]
pub(super) struct Records {
    /// What ends at or before was given by an earlier process.
    given: u64,
}

impl Records {
    /// Begins anew, where everything up to `given` was given before.
    pub(super) fn restart(&mut self, given: u64) {
        *self = Records { given };
    }

    /// What comes now was not given before, wherever it stands.
    pub(super) fn give_all(&mut self) {
        self.given = 0;
    }

    /// Where to go on after a restart, when the last complete line ends at `line_end`.
    pub(super) fn offset(&self, line_end: u64) -> u64 {
        line_end
    }

    /// Takes lines and gives records of one file.
    pub(super) fn giving<'a>(&'a mut self, file: FileKey, sink: &'a mut dyn LineSink) -> Giving<'a> {
        Giving { records: self, file, sink }
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
        if end > self.records.given {
            self.sink.line(self.file, line, end);
        }
    }

    fn lost(&mut self, reason: LostReason, lines: u64, bytes: u64, end: u64) {
        if end > self.records.given {
            self.sink.lost(self.file, reason, lines, bytes);
        }
    }
}
