//! The folder of the state: this user's alone, and one process's at a time.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// The folder in the configured directory. What is mounted there may be open to a group; this folder is not.
pub const SUBDIRECTORY: &str = "driftgauge";

/// Holding a lock on this file is having the directory.
const LOCK: &str = "lock";
/// What becomes another file when it is complete.
const TEMPORARY: &str = "new";
/// No file is as large; a longer one is not read.
const LARGEST_BYTES: u64 = 256 << 20;

/// A state directory that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// It cannot be made or looked at.
    #[error("the state directory {path} cannot be used")]
    Use {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Others could change it.
    #[error("the state directory {path} {what}: remove it, or make it belong to this user alone")]
    Open {
        /// Which.
        path: PathBuf,
        /// What is wrong.
        what: &'static str,
    },
    /// Another process has it.
    #[error("the state directory {path} is used by another process")]
    Locked {
        /// Which.
        path: PathBuf,
    },
}

impl SnapshotError {
    /// Whether it is only that nothing can be written: a file system that is read-only or full, or not ours to write.
    pub fn is_unwritable(&self) -> bool {
        use io::ErrorKind::{PermissionDenied, QuotaExceeded, ReadOnlyFilesystem, StorageFull};
        let kinds = [PermissionDenied, QuotaExceeded, ReadOnlyFilesystem, StorageFull];
        matches!(self, SnapshotError::Use { source, .. } if kinds.contains(&source.kind()))
    }
}

/// The directory, locked.
#[derive(Debug)]
pub(super) struct Directory {
    path: PathBuf,
    /// Device and inode.
    id: (u64, u64),
    handle: File,
    _lock: File,
}

impl Directory {
    /// Makes the folder if there is none, checks whose it is, and locks it.
    pub(super) fn open(parent: &Path) -> Result<Directory, SnapshotError> {
        let path = parent.join(SUBDIRECTORY);
        let failed = |source| SnapshotError::Use { path: path.clone(), source };
        match DirBuilder::new()
            .recursive(true)
            .create(parent)
            .and_then(|()| DirBuilder::new().mode(0o700).create(&path))
        {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(failed(error)),
            _ => {}
        }
        let metadata = fs::symlink_metadata(&path).map_err(failed)?;
        let wrong = |what| Err(SnapshotError::Open { path: path.clone(), what });
        if !metadata.is_dir() {
            return wrong("is no directory");
        }
        let own = fs::metadata("/proc/self").map_err(failed)?.uid();
        if metadata.uid() != own {
            return wrong("belongs to another user");
        }
        if metadata.permissions().mode() & 0o022 != 0 {
            return wrong("can be written by others");
        }
        let handle = File::open(&path).map_err(failed)?;
        let lock = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .custom_flags(libc::O_NOFOLLOW)
            .open(path.join(LOCK))
            .map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(SnapshotError::Locked { path }),
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        Ok(Directory { id: (metadata.dev(), metadata.ino()), path, handle, _lock: lock })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Fails when the path leads to another directory than the one that was opened, or to none.
    pub(super) fn check(&self) -> io::Result<()> {
        let metadata = fs::symlink_metadata(&self.path)?;
        if (metadata.dev(), metadata.ino()) == self.id {
            Ok(())
        } else {
            Err(io::Error::new(io::ErrorKind::NotFound, "the state directory was replaced"))
        }
    }

    /// Writes a file and gives it its name when it is complete; durable on return.
    pub(super) fn replace(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let temporary = self.file(TEMPORARY);
        match fs::remove_file(&temporary) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&temporary)?;
        let written = file.write_all(bytes).and_then(|()| file.sync_all());
        let renamed = written.and_then(|()| fs::rename(&temporary, self.file(name)));
        if renamed.is_err() {
            // It may take the place that is missing; a sync that failed says nothing about what is in it.
            fs::remove_file(&temporary).ok();
        }
        renamed.and_then(|()| self.handle.sync_all())
    }

    /// The content of a file.
    pub(super) fn read(&self, name: &str) -> io::Result<Vec<u8>> {
        let flags = libc::O_NOFOLLOW | libc::O_NONBLOCK;
        let file = OpenOptions::new().read(true).custom_flags(flags).open(self.file(name))?;
        let mut bytes = Vec::new();
        file.take(LARGEST_BYTES).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// The names of its files, as far as they are text.
    pub(super) fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.path).into_iter().flatten().flatten();
        entries.filter_map(|entry| entry.file_name().into_string().ok()).collect()
    }

    /// Removes a file, if that is possible.
    pub(super) fn remove(&self, name: &str) {
        fs::remove_file(self.file(name)).ok();
    }
}
