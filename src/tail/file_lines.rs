//! A whole file read once, line by line, on demand: what replay needs to merge several files by event time.

use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use flate2::read::MultiGzDecoder;
use memchr::memchr;

use super::discovery::is_gzip;
use super::file_id;
use super::reader::trim;

const BUFFER_BYTES: usize = 256 * 1024;

/// The lines of one file from its beginning to its end, the unterminated last one included. A name that ends in
/// `.gz` is decompressed.
pub struct FileLines {
    input: Box<dyn BufRead + Send>,
    max_line_bytes: usize,
    offset: u64,
}

/// One line that was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineInfo {
    /// The offset after the newline, in decompressed bytes.
    pub end_offset: u64,
    /// The line was longer than allowed and its text is left out.
    pub too_long: bool,
    /// It ended in a newline; `false` only for the last one.
    pub terminated: bool,
}

impl FileLines {
    /// Opens a regular file.
    pub fn open(path: &Path, max_line_bytes: usize) -> io::Result<FileLines> {
        let (file, _) = file_id::open(path)?;
        let input: Box<dyn BufRead + Send> = if is_gzip(path) {
            Box::new(BufReader::with_capacity(BUFFER_BYTES, MultiGzDecoder::new(BufReader::new(file))))
        } else {
            Box::new(BufReader::with_capacity(BUFFER_BYTES, file))
        };
        Ok(FileLines { input, max_line_bytes, offset: 0 })
    }

    /// Reads lines from anything, for example standard input.
    pub fn from_reader(reader: impl Read + Send + 'static, max_line_bytes: usize) -> FileLines {
        let input = Box::new(BufReader::with_capacity(BUFFER_BYTES, reader));
        FileLines { input, max_line_bytes, offset: 0 }
    }

    /// Replaces `line` with the next line, without its end; `None` at the end of the file.
    pub fn next_line(&mut self, line: &mut Vec<u8>) -> io::Result<Option<LineInfo>> {
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
        Ok(Some(LineInfo { end_offset: self.offset, too_long, terminated }))
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    const TEXT: &[u8] = b"\xef\xbb\xbfone\r\n\nthis one is long\nlast";

    fn read(path: &Path) -> Vec<(String, u64, bool, bool)> {
        let mut lines = FileLines::open(path, 10).unwrap();
        let (mut line, mut seen) = (Vec::new(), Vec::new());
        while let Some(info) = lines.next_line(&mut line).unwrap() {
            let text = String::from_utf8(line.clone()).unwrap();
            seen.push((text, info.end_offset, info.too_long, info.terminated));
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
