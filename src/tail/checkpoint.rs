//! Where reading stood in a file, in a form that can be kept on disk: hashes only, never content.

use std::fs::File;
use std::io;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use super::file_id::{FileId, HEAD_BYTES, MARKER_BYTES, read_range};

/// A position in one file, with what is needed to know the file again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// A name the file had; where to look for it, not what it is.
    pub path: PathBuf,
    /// Device number.
    pub device: u64,
    /// Inode number.
    pub inode: u64,
    /// Birth in nanoseconds since the epoch; 0 where the file system does not say.
    pub born: u64,
    /// XXH3 of the first `head_length` bytes.
    pub head_hash: u64,
    /// At most 1024, and never beyond `offset`.
    pub head_length: u16,
    /// The end of the last complete line that was given.
    pub offset: u64,
    /// XXH3 of the `marker_length` bytes before `offset`.
    pub marker_hash: u64,
    /// At most 64.
    pub marker_length: u16,
}

impl Checkpoint {
    pub(super) fn id(&self) -> FileId {
        FileId { device: self.device, inode: self.inode, born: self.born }
    }

    /// Whether the file still begins with what was read up to the offset, as far as head and marker tell.
    pub(super) fn holds(&self, file: &File, size: u64) -> io::Result<bool> {
        let (head, marker) = (usize::from(self.head_length), usize::from(self.marker_length));
        let sane = head <= HEAD_BYTES && marker <= MARKER_BYTES && marker as u64 <= self.offset;
        if !sane || size < self.offset {
            return Ok(false);
        }
        Ok(xxh3_64(&read_range(file, 0, head)?) == self.head_hash
            && xxh3_64(&read_range(file, self.offset - marker as u64, marker)?) == self.marker_hash)
    }
}
