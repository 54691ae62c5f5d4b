//! A slot: one file with the head of a state, replaced whole.
//!
//! ```text
//! "driftg\0s"  format (u32)  number (u64)  length (u64)  hash of the body (u64)  hash of all before (u64)  body
//! ```
//!
//! Numbers are little-endian, hashes XXH3. The header has a hash of its own so that a damaged body still tells its number.

use super::directory::Directory;
use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use xxhash_rust::xxh3::xxh3_64;

/// The version of the form of slots and logs: a state of another one is not read.
pub(super) const FORMAT: u32 = 3;

const MAGIC: &[u8; 8] = b"driftg\0s";
const HEADER_BYTES: usize = 44;
/// No head is as large; a longer file is not read.
const LARGEST_BYTES: u64 = 256 << 20;

/// The file's name.
pub(super) fn name(place: usize) -> &'static str {
    if place == 0 { "head.0" } else { "head.1" }
}

/// What is in a slot's file.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// There is none.
    Absent,
    /// It is not what was written; its number, if the header is whole.
    Damaged(Option<u64>),
    /// What was written.
    Whole { number: u64, body: Vec<u8> },
}

impl Found {
    /// The number of the commit, when it is known.
    pub(super) fn number(&self) -> Option<u64> {
        match self {
            Found::Absent => None,
            Found::Damaged(number) => *number,
            Found::Whole { number, .. } => Some(*number),
        }
    }
}

/// Reads a slot. A file that cannot be read is damaged.
pub(super) fn read(path: &Path) -> Found {
    match bytes_of(path) {
        Ok(bytes) => parse(&bytes),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Found::Absent,
        Err(_) => Found::Damaged(None),
    }
}

fn bytes_of(path: &Path) -> io::Result<Vec<u8>> {
    let flags = libc::O_NOFOLLOW | libc::O_NONBLOCK;
    let file: File = OpenOptions::new().read(true).custom_flags(flags).open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::from(io::ErrorKind::InvalidInput));
    }
    let mut bytes = Vec::new();
    file.take(LARGEST_BYTES).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Reads the bytes of a slot.
pub(super) fn parse(bytes: &[u8]) -> Found {
    let Some((header, body)) = bytes.split_at_checked(HEADER_BYTES) else { return Found::Damaged(None) };
    let word = |from: usize| -> u64 {
        header.get(from..from + 8).and_then(|bytes| bytes.try_into().ok()).map_or(0, u64::from_le_bytes)
    };
    if xxh3_64(&header[..HEADER_BYTES - 8]) != word(36) || &header[..8] != MAGIC {
        return Found::Damaged(None);
    }
    let number = word(12);
    let known = header[8..12] == FORMAT.to_le_bytes();
    if !known || body.len() as u64 != word(20) || xxh3_64(body) != word(28) {
        return Found::Damaged(Some(number));
    }
    Found::Whole { number, body: body.to_vec() }
}

/// The bytes of a slot.
pub(super) fn bytes(number: u64, body: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(HEADER_BYTES + body.len());
    bytes.extend_from_slice(MAGIC);
    bytes.extend_from_slice(&FORMAT.to_le_bytes());
    for word in [number, body.len() as u64, xxh3_64(body)] {
        bytes.extend_from_slice(&word.to_le_bytes());
    }
    let hash = xxh3_64(&bytes);
    bytes.extend_from_slice(&hash.to_le_bytes());
    bytes.extend_from_slice(body);
    bytes
}

/// Replaces a slot: when it returns, the file is durable under its name.
pub(super) fn write(directory: &Directory, place: usize, number: u64, body: &[u8]) -> io::Result<()> {
    directory.replace(name(place), &bytes(number, body))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cut_and_every_flipped_bit_is_noticed() {
        let whole = bytes(7, b"the state of things");
        assert_eq!(Found::Whole { number: 7, body: b"the state of things".to_vec() }, parse(&whole));
        for length in 0..whole.len() {
            assert!(matches!(parse(&whole[..length]), Found::Damaged(_)), "cut at {length}");
        }
        for bit in 0..whole.len() * 8 {
            let mut flipped = whole.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let found = parse(&flipped);
            // What is behind the header leaves the number readable.
            let expected = if bit / 8 < HEADER_BYTES { None } else { Some(7) };
            assert_eq!(Found::Damaged(expected), found, "bit {bit}");
        }
        let longer = [whole, vec![0]].concat();
        assert_eq!(Found::Damaged(Some(7)), parse(&longer));
    }

    #[test]
    fn the_form_is_what_it_was() {
        let expected = [
            b"driftg\0s".as_slice(),
            &[3, 0, 0, 0],
            &[2, 0, 0, 0, 0, 0, 0, 0],
            &[3, 0, 0, 0, 0, 0, 0, 0],
            &xxh3_64(b"abc").to_le_bytes(),
        ]
        .concat();
        let written = bytes(2, b"abc");
        assert_eq!(expected, written[..36]);
        assert_eq!(
            (xxh3_64(&expected).to_le_bytes().as_slice(), b"abc".as_slice()),
            (&written[36..44], &written[44..])
        );
        // A later form keeps its number, so that it is not taken for the older one of two.
        let mut later = bytes(9, b"abc");
        later[8] = FORMAT as u8 + 1;
        let hash = xxh3_64(&later[..36]).to_le_bytes();
        later[36..44].copy_from_slice(&hash);
        assert_eq!(Found::Damaged(Some(9)), parse(&later));
    }
}
