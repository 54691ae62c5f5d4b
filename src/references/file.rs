//! A look at a profile in a file.

use super::look::{Look, Stamp, chain, read};
use crate::engine::config::Model;
use std::fs::OpenOptions;
use std::io::{self, Read};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

/// Reads the file unless it has the stamp of the last time.
pub(super) fn look(path: &Path, last: Option<&Stamp>, model: &Model, max_bytes: u64) -> Look {
    look_at(path, last, model, max_bytes).unwrap_or_else(|error| Look::Nothing(chain(&error)))
}

fn look_at(path: &Path, last: Option<&Stamp>, model: &Model, max_bytes: u64) -> io::Result<Look> {
    // Opening a pipe would wait for its writer.
    let file = OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK).open(path)?;
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Ok(Look::Nothing("not a file".to_owned()));
    }
    let stamp = Stamp::File {
        modified: (metadata.mtime(), metadata.mtime_nsec()),
        size: metadata.size(),
        inode: metadata.ino(),
        device: metadata.dev(),
    };
    if last == Some(&stamp) {
        return Ok(Look::Unchanged);
    }
    let mut bytes = Vec::new();
    let fits = metadata.size() <= max_bytes && {
        // One byte more tells a file that grew in the meantime.
        file.take(max_bytes.saturating_add(1)).read_to_end(&mut bytes)?;
        bytes.len() as u64 <= max_bytes
    };
    let content = if fits { read(&bytes, model) } else { Err(format!("larger than {max_bytes} bytes")) };
    Ok(Look::Content(stamp, content))
}
