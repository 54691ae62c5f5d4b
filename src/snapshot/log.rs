//! The log: records in chunks, one for each commit, only ever appended.
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

    /// Adds a chunk and makes it durable.
    pub(super) fn append(&mut self, records: &[u8]) -> io::Result<()> {
        if records.is_empty() {
            return Ok(());
        }
        let mut chunk = Vec::with_capacity(HEADER_BYTES + records.len());
        chunk.extend_from_slice(&(records.len() as u64).to_le_bytes());
        chunk.extend_from_slice(&xxh3_64(records).to_le_bytes());
        chunk.extend_from_slice(records);
        self.file.write_all_at(&chunk, self.place.length)?;
        self.file.sync_data()?;
        self.place.length += chunk.len() as u64;
        Ok(())
    }
}

/// The records of a log up to a place; `None` when they are not what was written.
pub(super) fn read(path: &Path, place: LogPlace) -> Option<Vec<Record>> {
    if place.length == 0 {
        return Some(Vec::new());
    }
    let file = OpenOptions::new().read(true).custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK).open(path).ok()?;
    let metadata = file.metadata().ok()?;
    if !metadata.is_file() || metadata.len() < place.length {
        return None;
    }
    let mut bytes = Vec::new();
    file.take(place.length).read_to_end(&mut bytes).ok()?;
    parse(&bytes)
}

/// The records of the bytes of a log.
pub(super) fn parse(mut bytes: &[u8]) -> Option<Vec<Record>> {
    let mut records = Vec::new();
    while !bytes.is_empty() {
        let (header, rest) = bytes.split_at_checked(HEADER_BYTES)?;
        let word = |from: usize| Some(u64::from_le_bytes(header.get(from..from + 8)?.try_into().ok()?));
        let (mut chunk, rest) = rest.split_at_checked(usize::try_from(word(0)?).ok()?)?;
        if xxh3_64(chunk) != word(8)? {
            return None;
        }
        while !chunk.is_empty() {
            let (record, left) = postcard::take_from_bytes::<Record>(chunk).ok()?;
            records.push(record);
            chunk = left;
        }
        bytes = rest;
    }
    Some(records)
}
