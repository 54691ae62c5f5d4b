//! Standard input, or any descriptor that is read once from front to back.

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::OwnedFd;
use std::path::Path;

use super::file_id::is_readable;
use super::reader::LineReader;
use super::records::Records;
use super::{Config, FileKey, LineSink};

pub(super) struct Stream {
    key: FileKey,
    file: File,
    lines: LineReader,
    records: Records,
    announced: bool,
    pub(super) finished: bool,
}

impl Stream {
    pub(super) fn new(key: FileKey, descriptor: OwnedFd, config: &Config) -> Stream {
        let file = File::from(descriptor);
        let (lines, records) = (LineReader::new(config.longest_line()), Records::new(config));
        Stream { key, file, lines, records, announced: false, finished: false }
    }

    /// Reads at most one block, and only what is there: never waits. Returns the bytes read; the end is seen in
    /// `finished`.
    pub(super) fn step(&mut self, block: &mut [u8], sink: &mut dyn LineSink) -> io::Result<usize> {
        if !std::mem::replace(&mut self.announced, true) {
            sink.opened(self.key, Path::new("-"));
        }
        if self.finished || block.is_empty() || !is_readable(&self.file)? {
            return Ok(0);
        }
        let read = match self.file.read(block) {
            Ok(read) => read,
            Err(e) if matches!(e.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => return Ok(0),
            Err(e) => {
                self.finish(sink);
                return Err(e);
            }
        };
        self.lines.feed(&block[..read], &mut self.records.giving(self.key, sink));
        if read == 0 {
            self.finish(sink);
        }
        Ok(read)
    }

    fn finish(&mut self, sink: &mut dyn LineSink) {
        self.finished = true;
        self.lines.finish(&mut self.records.giving(self.key, sink));
        self.records.finish(self.key, sink);
        sink.closed(self.key);
    }
}
