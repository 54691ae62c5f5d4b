//! What tells one state of files from the next, without reading them.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// The state of some files: when each was changed, and which it is. A swapped link leads to another file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Stamp(Vec<Option<[i128; 5]>>);

impl Stamp {
    /// Of these files as they are now.
    pub(super) fn of(paths: &[PathBuf]) -> Stamp {
        let stamp = |path: &Path| {
            let file = fs::metadata(path).ok()?;
            let time = [file.mtime(), file.mtime_nsec()].map(i128::from);
            Some([time[0], time[1], file.size().into(), file.ino().into(), file.dev().into()])
        };
        Stamp(paths.iter().map(|path| stamp(path)).collect())
    }
}
