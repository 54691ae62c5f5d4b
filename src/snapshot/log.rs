//! The log: records in chunks, one or more for each commit, only ever appended.
//!
//! ```text
//! length (u64)  hash of the chunk (u64)  chunk: records one after the other
//! ```

use crate::engine::Record;
use serde::{Deserialize, Serialize};
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;
use xxhash_rust::xxh3::xxh3_64;

const HEADER_BYTES: usize = 16;

/// The name of the file of a log.
pub(super) fn name(number: u64) -> String {
    format!("log.{number}")
}

/// The number of the log in a file of this name.
pub(super) fn number(name: &str) -> Option<u64> {
    name.strip_prefix("log.")?.parse().ok()
}

/// As much of a log as belongs to a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct LogPlace {
    pub(super) number: u64,
    length: u64,
}

impl LogPlace {
    /// The part of the bytes of a log; `None` when they are less.
    pub(super) fn of(self, bytes: &[u8]) -> Option<&[u8]> {
        bytes.get(..usize::try_from(self.length).ok()?)
    }
}

/// A log that is written.
#[derive(Debug)]
pub(super) struct Log {
    file: File,
    place: LogPlace,
}

impl Log {
    /// An empty log in a new file.
    pub(super) fn create(path: &Path, number: u64) -> io::Result<Log> {
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        Ok(Log { file, place: LogPlace { number, length: 0 } })
    }

    pub(super) fn length(&self) -> u64 {
        self.place.length
    }

    pub(super) fn place(&self) -> LogPlace {
        self.place
    }

    /// Adds a chunk for each piece that is not empty, and makes them durable.
    pub(super) fn append<P: AsRef<[u8]>>(&mut self, pieces: impl IntoIterator<Item = P>) -> io::Result<()> {
        let before = self.place.length;
        for piece in pieces {
            let records = piece.as_ref();
            if records.is_empty() {
                continue;
            }
            let mut header = [0; HEADER_BYTES];
            header[..8].copy_from_slice(&(records.len() as u64).to_le_bytes());
            header[8..].copy_from_slice(&xxh3_64(records).to_le_bytes());
            self.file.write_all_at(&header, self.place.length)?;
            self.file.write_all_at(records, self.place.length + HEADER_BYTES as u64)?;
            self.place.length += (HEADER_BYTES + records.len()) as u64;
        }
        if self.place.length > before { self.file.sync_data() } else { Ok(()) }
    }
}

/// The records of a log up to a place, oldest first. They were all there at the first look; each is read when it is asked
/// for, so that there is never more than a chunk of them.
#[derive(Debug)]
pub struct Records {
    chunks: Chunks,
    chunk: Vec<u8>,
    /// What was read of the chunk.
    read: usize,
}

impl Records {
    /// The records of the bytes of a log; `None` when they are not what was written.
    pub(super) fn new(bytes: Vec<u8>) -> Option<Records> {
        Records::of(bytes.len() as u64, Bytes::Memory(bytes))
    }

    fn of(end: u64, bytes: Bytes) -> Option<Records> {
        let mut chunks = Chunks { bytes, place: 0, end };
        let mut chunk = Vec::new();
        while chunks.next(&mut chunk)? {
            let mut records = chunk.as_slice();
            while !records.is_empty() {
                (_, records) = postcard::take_from_bytes::<Record>(records).ok()?;
            }
        }
        chunks.place = 0;
        Some(Records { chunks, chunk: Vec::new(), read: 0 })
    }
}

impl Iterator for Records {
    type Item = Record;

    fn next(&mut self) -> Option<Record> {
        while self.read == self.chunk.len() {
            self.read = 0;
            if !self.chunks.next(&mut self.chunk)? {
                return None;
            }
        }
        let (record, rest) = postcard::take_from_bytes(self.chunk.get(self.read..)?).ok()?;
        self.read = self.chunk.len() - rest.len();
        Some(record)
    }
}

/// A log that is read.
#[derive(Debug)]
enum Bytes {
    File(File),
    Memory(Vec<u8>),
}

impl Bytes {
    /// Fills `into` from this place on.
    fn read(&self, into: &mut [u8], place: u64) -> Option<()> {
        match self {
            Bytes::File(file) => file.read_exact_at(into, place).ok(),
            Bytes::Memory(bytes) => {
                let from = usize::try_from(place).ok()?;
                into.copy_from_slice(bytes.get(from..from.checked_add(into.len())?)?);
                Some(())
            }
        }
    }
}

/// The chunks of a log.
#[derive(Debug)]
struct Chunks {
    bytes: Bytes,
    place: u64,
    end: u64,
}

impl Chunks {
    /// Puts the next one into `chunk`; false when there is none, `None` when it is not what was written.
    fn next(&mut self, chunk: &mut Vec<u8>) -> Option<bool> {
        chunk.clear();
        if self.place == self.end {
            return Some(false);
        }
        let mut header = [0; HEADER_BYTES];
        self.bytes.read(&mut header, self.place)?;
        let word = |from: usize| Some(u64::from_le_bytes(header.get(from..from + 8)?.try_into().ok()?));
        let (begin, length) = (self.place.checked_add(HEADER_BYTES as u64)?, word(0)?);
        self.place = begin.checked_add(length).filter(|place| *place <= self.end)?;
        chunk.resize(usize::try_from(length).ok()?, 0);
        self.bytes.read(chunk, begin)?;
        (xxh3_64(chunk) == word(8)?).then_some(true)
    }
}

/// The records of a log up to a place; `None` when they are not what was written.
pub(super) fn read(path: &Path, place: LogPlace) -> Option<Records> {
    if place.length == 0 {
        return Records::new(Vec::new());
    }
    let file = OpenOptions::new().read(true).custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK).open(path).ok()?;
    let metadata = file.metadata().ok()?;
    if !metadata.is_file() || metadata.len() < place.length {
        return None;
    }
    Records::of(place.length, Bytes::File(file))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Timestamp;

    fn written(seconds: &[i64]) -> Vec<u8> {
        let one = |second: &i64| postcard::to_stdvec(&Record::Dropped(Timestamp::from_seconds(*second))).unwrap();
        seconds.iter().flat_map(one).collect()
    }

    fn seconds(records: Records) -> Vec<i64> {
        let second = |record| match record {
            Record::Dropped(at) => at.seconds() as i64,
            _ => -1,
        };
        records.map(second).collect()
    }

    #[test]
    fn pieces_come_back_in_order_up_to_a_place() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name(7));
        let mut log = Log::create(&path, 7).unwrap();
        assert_eq!(Some(Vec::new()), read(&path, log.place()).map(seconds));
        log.append([written(&[1, 2]), Vec::new(), written(&[3])]).unwrap();
        let first = log.place();
        log.append([written(&[4])]).unwrap();
        assert_eq!(Some(vec![1, 2, 3]), read(&path, first).map(seconds));
        assert_eq!(Some(vec![1, 2, 3, 4]), read(&path, log.place()).map(seconds));
        // A byte of the last piece is another one: what was there before it stands.
        let mut bytes = std::fs::read(&path).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        std::fs::write(&path, &bytes).unwrap();
        assert_eq!(Some(vec![1, 2, 3]), read(&path, first).map(seconds));
        assert!(read(&path, log.place()).is_none());
        // A log that is cut off.
        bytes.truncate(HEADER_BYTES + 3);
        std::fs::write(&path, &bytes).unwrap();
        assert!(read(&path, first).is_none());
        assert!(Records::new(bytes).is_none());
    }
}
