//! A whole file read once, line by line, on demand: what replay needs to merge several files by event time.

use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use flate2::read::MultiGzDecoder;
use memchr::memchr;

use super::container::{Unwrapped, Unwrapper};
use super::discovery::is_gzip;
use super::file_id;
use super::reader::trim;
use super::{Config, LostReason};

const BUFFER_BYTES: usize = 256 * 1024;

/// The lines of one file from its beginning to its end, the unterminated last one included. A name that ends in
/// `.gz` is decompressed.
pub struct FileLines {
    input: Box<dyn BufRead + Send>,
    max_line_bytes: usize,
    offset: u64,
    unwrapper: Unwrapper,
    /// The line of the file, when a container runtime put something around the text.
    raw: Vec<u8>,
}

/// One line that was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineInfo {
    /// The offset after the newline, in decompressed bytes.
    pub end_offset: u64,
    /// The line is no record, for this reason, and its text is left out.
    pub lost: Option<LostReason>,
    /// It ended in a newline; `false` only for the last one.
    pub terminated: bool,
}

impl FileLines {
    /// Opens a regular file.
    pub fn open(path: &Path, config: &Config) -> io::Result<FileLines> {
        let (file, _) = file_id::open(path, None)?;
        let input: Box<dyn BufRead + Send> = if is_gzip(path) {
            Box::new(BufReader::with_capacity(BUFFER_BYTES, MultiGzDecoder::new(BufReader::new(file))))
        } else {
            Box::new(BufReader::with_capacity(BUFFER_BYTES, file))
        };
        Ok(FileLines::new(input, config))
    }

    /// Reads lines from anything, for example standard input.
    pub fn from_reader(reader: impl Read + Send + 'static, config: &Config) -> FileLines {
        FileLines::new(Box::new(BufReader::with_capacity(BUFFER_BYTES, reader)), config)
    }

    fn new(input: Box<dyn BufRead + Send>, config: &Config) -> FileLines {
        let unwrapper = Unwrapper::new(config.container, config.max_line_bytes);
        FileLines { input, max_line_bytes: config.longest_line(), offset: 0, unwrapper, raw: Vec::new() }
    }

    /// Replaces `line` with the next record, without its end; `None` at the end of the file.
    pub fn next_line(&mut self, line: &mut Vec<u8>) -> io::Result<Option<LineInfo>> {
        loop {
            let start = self.offset;
            let mut raw = std::mem::take(&mut self.raw);
            let info = self.next_raw_line(&mut raw);
            self.raw = raw;
            let Some(mut info) = info? else { return Ok(self.next_unfinished(line)) };
            line.clear();
            if info.lost.is_none() {
                match self.unwrapper.take(&self.raw, start) {
                    Unwrapped::Piece => continue,
                    Unwrapped::Record(record) => line.extend_from_slice(record),
                    Unwrapped::TooLong(_) => info.lost = Some(LostReason::LineTooLong),
                    Unwrapped::Foreign => info.lost = Some(LostReason::NotWrapped),
                }
            }
            return Ok(Some(info));
        }
    }

    /// Reports the records that were not finished at the end of the file.
    fn next_unfinished(&mut self, line: &mut Vec<u8>) -> Option<LineInfo> {
        line.clear();
        self.unwrapper.drop_one()?;
        Some(LineInfo { end_offset: self.offset, lost: Some(LostReason::Unfinished), terminated: false })
    }

    fn next_raw_line(&mut self, line: &mut Vec<u8>) -> io::Result<Option<LineInfo>> {
        line.clear();
        let start = self.offset;
        let mut too_long = false;
        let terminated = loop {
            let bytes = match self.input.fill_buf() {
                Ok(bytes) => bytes,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
                Err(e) => return Err(e),
            };
            let newline = memchr(b'\n', bytes);
            let part = newline.map_or(bytes, |n| &bytes[..n]);
            too_long |= line.len() + part.len() > self.max_line_bytes;
            if !too_long {
                line.extend_from_slice(part);
            }
            let used = part.len() + usize::from(newline.is_some());
            self.input.consume(used);
            self.offset += used as u64;
            if newline.is_some() || used == 0 {
                break newline.is_some();
            }
        };
        if self.offset == start {
            return Ok(None);
        }
        if too_long {
            line.clear();
        }
        let end = line.len() - usize::from(line.ends_with(b"\r"));
        line.truncate(end);
        line.drain(..end - trim(line, start == 0).len());
        let lost = too_long.then_some(LostReason::LineTooLong);
        Ok(Some(LineInfo { end_offset: self.offset, lost, terminated }))
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::super::container::Container;
    use super::*;

    #[test]
    fn pieces_of_a_container_runtime_become_records() {
        let text = "2T stdout P a\n2T stderr F c\n2T stdout F b\nx\n2T stdout P d\n2T stderr P e\n";
        let config = Config { container: Container::Cri, ..Config::default() };
        let mut lines = FileLines::from_reader(text.as_bytes(), &config);
        let (mut line, mut seen) = (Vec::new(), Vec::new());
        while let Some(info) = lines.next_line(&mut line).unwrap() {
            seen.push((String::from_utf8(line.clone()).unwrap(), info.lost));
        }
        let (foreign, unfinished) = (Some(LostReason::NotWrapped), Some(LostReason::Unfinished));
        let expected = [("c", None), ("ab", None), ("", foreign), ("", unfinished), ("", unfinished)];
        assert_eq!(expected.map(|(text, lost)| (text.to_owned(), lost)).to_vec(), seen);
    }

    const TEXT: &[u8] = b"\xef\xbb\xbfone\r\n\nthis one is long\nlast";

    fn read(path: &Path) -> Vec<(String, u64, bool, bool)> {
        let mut lines = FileLines::open(path, &Config { max_line_bytes: 10, ..Config::default() }).unwrap();
        let (mut line, mut seen) = (Vec::new(), Vec::new());
        while let Some(info) = lines.next_line(&mut line).unwrap() {
            let text = String::from_utf8(line.clone()).unwrap();
            seen.push((text, info.end_offset, info.lost.is_some(), info.terminated));
        }
        seen
    }

    #[test]
    fn a_file_and_its_gzip_members_read_the_same() {
        let dir = tempfile::tempdir().unwrap();
        let (plain, gz) = (dir.path().join("a.log"), dir.path().join("a.log.gz"));
        std::fs::write(&plain, TEXT).unwrap();
        let mut packed = Vec::new();
        for member in [&TEXT[..9], &TEXT[9..]] {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
            encoder.write_all(member).unwrap();
            packed.extend(encoder.finish().unwrap());
        }
        std::fs::write(&gz, packed).unwrap();
        let expected = vec![
            ("one".to_owned(), 8, false, true),
            (String::new(), 9, false, true),
            (String::new(), 26, true, true),
            ("last".to_owned(), 30, false, false),
        ];
        assert_eq!(expected, read(&plain));
        assert_eq!(expected, read(&gz));
    }
}
