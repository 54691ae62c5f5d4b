//! Where reading stood in a file, in a form that can be kept on disk: hashes only, never content.

use std::fs::File;
use std::io;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::file_id::{FileId, HEAD_BYTES, MARKER_BYTES, hash, read_range};

/// A position in one file, with what is needed to know the file again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// A name the file had; where to look for it, not what it is.
    pub path: PathBuf,
    /// Device number.
    pub device: u64,
    /// Inode number.
    pub inode: u64,
    /// What tells apart the files that had this inode number one after the other, hashed; 0 where the file system
    /// does not say.
    pub generation: u64,
    /// Birth in nanoseconds since the epoch; 0 where the file system does not say.
    pub born: u64,
    /// XXH3 with the seed of the [`Config`](super::Config) over the first `head_length` bytes.
    pub head_hash: u64,
    /// At most 1024, and never beyond `given`.
    pub head_length: u16,
    /// Where to go on: the end of the last record that was given, or the start of the first fragment of a record that
    /// is not complete.
    pub offset: u64,
    /// The end of the last complete line; records that end before it were given. Beyond `offset` only while a record
    /// is not complete.
    pub given: u64,
    /// XXH3 with the seed over the `marker_length` bytes before `given`.
    pub marker_hash: u64,
    /// At most 64.
    pub marker_length: u16,
    /// How long the file was known to be.
    pub size: u64,
    /// The file was read to its end and is out of sight; should it come into view again, it is not read twice.
    pub finished: bool,
}

impl Checkpoint {
    pub(super) fn id(&self) -> FileId {
        FileId { device: self.device, inode: self.inode, generation: self.generation, born: self.born }
    }

    /// Bytes known to be there and not in a record that was given.
    pub(super) fn unread(&self) -> u64 {
        self.size.saturating_sub(self.offset)
    }

    /// Whether the file still begins with what was read up to the last complete line, as far as head and marker tell.
    pub(super) fn holds(&self, file: &File, size: u64, seed: u64) -> io::Result<bool> {
        if size < self.given || !self.holds_head(file, size, seed)? {
            return Ok(false);
        }
        let marker = usize::from(self.marker_length);
        Ok(hash(&read_range(file, self.given - marker as u64, marker)?, seed) == self.marker_hash)
    }

    /// Whether the file begins as before. A file shorter than the head does not.
    pub(super) fn holds_head(&self, file: &File, size: u64, seed: u64) -> io::Result<bool> {
        let (head, marker) = (usize::from(self.head_length), usize::from(self.marker_length));
        let sane = head <= HEAD_BYTES && head as u64 <= self.given;
        let sane = sane && marker <= MARKER_BYTES && marker as u64 <= self.given && self.offset <= self.given;
        Ok(sane && size >= head as u64 && hash(&read_range(file, 0, head)?, seed) == self.head_hash)
    }
}
