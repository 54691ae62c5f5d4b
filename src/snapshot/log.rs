//! The log: records in chunks, one or more for each commit, only ever appended.
//!
//! ```text
//! length (u64)  hash of the chunk (u64)  chunk: records one after the other
//! ```

use crate::engine::Record;
use serde::{Deserialize, Serialize};
use std::fs::{File, OpenOptions};
use std::io::{self, Read};
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

/// The records of a log, oldest first. They are all of what was written; each is read when it is asked for.
#[derive(Debug)]
pub struct Records {
    bytes: Vec<u8>,
    place: usize,
    /// Bytes of the chunk at hand that are not read yet.
    left: usize,
}

impl Records {
    /// The records of the bytes of a log; `None` when they are not what was written.
    pub(super) fn new(bytes: Vec<u8>) -> Option<Records> {
        let mut rest = bytes.as_slice();
        while !rest.is_empty() {
            let (header, behind) = rest.split_at_checked(HEADER_BYTES)?;
            let (mut chunk, behind) = behind.split_at_checked(usize::try_from(word(header, 0)?).ok()?)?;
            if xxh3_64(chunk) != word(header, 8)? {
                return None;
            }
            while !chunk.is_empty() {
                (_, chunk) = postcard::take_from_bytes::<Record>(chunk).ok()?;
            }
            rest = behind;
        }
        Some(Records { bytes, place: 0, left: 0 })
    }
}

impl Iterator for Records {
    type Item = Record;

    fn next(&mut self) -> Option<Record> {
        while self.left == 0 {
            self.left = usize::try_from(word(&self.bytes, self.place)?).ok()?;
            self.place += HEADER_BYTES;
        }
        let chunk = self.bytes.get(self.place..self.place + self.left)?;
        let (record, rest) = postcard::take_from_bytes(chunk).ok()?;
        self.place += self.left - rest.len();
        self.left = rest.len();
        Some(record)
    }
}

fn word(bytes: &[u8], from: usize) -> Option<u64> {
    Some(u64::from_le_bytes(bytes.get(from..from + 8)?.try_into().ok()?))
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
    let mut bytes = Vec::with_capacity(usize::try_from(place.length).ok()?);
    file.take(place.length).read_to_end(&mut bytes).ok()?;
    Records::new(bytes)
}
