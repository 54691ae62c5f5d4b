//! Which file is this, whatever its name: identity of an open file, and the few things only the kernel can tell
//! about a descriptor.
//!
//! A file is known by device, inode and the inode's generation, or its birth time where the file system has no
//! generations. An inode number is used again soon after a delete, so without a generation this proves little; the
//! bytes at the head of the file and before the read position ([`Marker`]) settle it.

use std::fs::{File, Metadata, OpenOptions};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use xxhash_rust::xxh3::xxh3_64_with_seed;

/// So many bytes at the start of a file take part in its identity.
pub(super) const HEAD_BYTES: usize = 1024;
/// So many bytes before the read position are compared at every wake-up.
pub(super) const MARKER_BYTES: usize = 64;

/// The hash of bytes of a file, keyed so that what is kept on disk does not tell what the bytes were.
pub(super) fn hash(bytes: &[u8], seed: u64) -> u64 {
    xxh3_64_with_seed(bytes, seed)
}

/// What the file system says about a file's identity.
#[derive(Clone, Copy, Debug)]
pub(super) struct FileId {
    pub(super) device: u64,
    pub(super) inode: u64,
    /// 0 where the file system does not say, or nobody asked.
    pub(super) generation: u64,
    /// Birth in nanoseconds since the epoch; 0 where the file system does not say.
    pub(super) born: u64,
}

impl FileId {
    /// What a look at a path tells, which is all but the generation.
    pub(super) fn of(metadata: &Metadata) -> FileId {
        let born = metadata
            .created()
            .ok()
            .and_then(|t| t.duration_since(SystemTime::UNIX_EPOCH).ok())
            .and_then(|d| u64::try_from(d.as_nanos()).ok())
            .unwrap_or(0);
        FileId { device: metadata.dev(), inode: metadata.ino(), generation: 0, born }
    }

    /// All there is to know of an open file.
    pub(super) fn of_file(file: &File, metadata: &Metadata) -> FileId {
        FileId { generation: generation(file), ..FileId::of(metadata) }
    }

    /// The number of the inode, by which to look for the file.
    pub(super) fn inode(self) -> Inode {
        Inode { device: self.device, inode: self.inode }
    }

    /// Whether both may be the same file: nothing that both know differs.
    pub(super) fn agrees(self, other: FileId) -> bool {
        self.inode() == other.inode() && self.same_generation(other)
    }

    /// Whether both are the same file without a doubt.
    pub(super) fn is_certainly(self, other: FileId) -> bool {
        self.generation != 0 && self.generation == other.generation && self.inode() == other.inode()
    }

    /// The same, when numbers of devices may have changed, as they do when a volume is mounted again.
    pub(super) fn agrees_elsewhere(self, other: FileId) -> bool {
        self.inode == other.inode && (self.generation, self.born) != (0, 0) && self.same_generation(other)
    }

    fn same_generation(self, other: FileId) -> bool {
        let known = |a: u64, b: u64| a != 0 && b != 0;
        match known(self.generation, other.generation) {
            true => self.generation == other.generation,
            false => self.born == other.born || !known(self.born, other.born),
        }
    }
}

/// The number of an inode; one after the other, several files may have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Inode {
    pub(super) device: u64,
    pub(super) inode: u64,
}

/// The last bytes before a position, at most [`MARKER_BYTES`].
#[derive(Clone, Debug, Default)]
pub(super) struct Marker(Vec<u8>);

impl Marker {
    /// The marker after `read` more bytes.
    pub(super) fn push(&mut self, read: &[u8]) {
        let fresh = &read[read.len().saturating_sub(MARKER_BYTES)..];
        let surplus = (self.0.len() + fresh.len()).saturating_sub(MARKER_BYTES);
        self.0.drain(..surplus.min(self.0.len()));
        self.0.extend_from_slice(fresh);
    }

    pub(super) fn read(file: &File, position: u64) -> io::Result<Marker> {
        let length = position.min(MARKER_BYTES as u64);
        Ok(Marker(read_range(file, position - length, length as usize)?))
    }

    /// Whether the file still holds these bytes before `position`.
    pub(super) fn holds(&self, file: &File, position: u64) -> io::Result<bool> {
        Ok(Marker::read(file, position)?.0 == self.0)
    }

    pub(super) fn hash(&self, seed: u64) -> u64 {
        hash(&self.0, seed)
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

/// Opens a regular file that really lies below `boundary`, and asks the descriptor, not the path, what was opened.
///
/// Never waits and never opens anything else for reading: first the place is taken hold of, which opens no FIFO and no
/// device, then its type and its real path are looked at, and what is opened is that very place, whatever the path has
/// come to lead to.
pub(super) fn open(path: &Path, boundary: Option<&Path>) -> io::Result<(File, Metadata)> {
    let place = OpenOptions::new().read(true).custom_flags(libc::O_PATH).open(path)?;
    let metadata = place.metadata()?;
    if !metadata.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
    }
    if let Some(boundary) = boundary {
        let real = current_path(&place).or_else(|_| std::fs::canonicalize(path))?;
        if !real.starts_with(boundary) {
            let message = "the link leads out of the directory of the pattern, and follow_links is off";
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, message));
        }
    }
    #[cfg(test)]
    super::tests::between(super::tests::Moment::Held, path);
    let mut options = OpenOptions::new();
    options.read(true).custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY);
    let file = match options.open(descriptor_path(&place)) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => options.open(path)?, // no /proc
        opened => opened?,
    };
    let opened = file.metadata()?;
    match FileId::of(&opened).inode() == FileId::of(&metadata).inode() {
        true => Ok((file, opened)),
        false => Err(io::Error::new(io::ErrorKind::NotFound, "replaced while it was opened")),
    }
}

/// Where an open file is now, if it still has a name.
pub(super) fn current_path(file: &File) -> io::Result<PathBuf> {
    std::fs::read_link(descriptor_path(file))
}

fn descriptor_path(file: &File) -> PathBuf {
    PathBuf::from(format!("/proc/self/fd/{}", file.as_raw_fd()))
}

/// Up to `length` bytes from `start`; shorter when the file ends before.
pub(super) fn read_range(file: &File, start: u64, length: usize) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; length];
    let mut filled = 0;
    while filled < length {
        match file.read_at(&mut bytes[filled..], start + filled as u64)? {
            0 => break,
            n => filled += n,
        }
    }
    bytes.truncate(filled);
    Ok(bytes)
}

/// So many bytes of a handle are asked for, the most that Linux has.
const HANDLE_BYTES: usize = 128;

/// What tells apart the files that had the same inode number: the handle of the file system, which holds the inode's
/// generation, hashed; 0 where there is none.
#[allow(unsafe_code)] // std does not know handles
fn generation(file: &File) -> u64 {
    #[repr(C)]
    struct Handle {
        length: u32,
        kind: i32,
        bytes: [u8; HANDLE_BYTES],
    }
    let mut handle = Handle { length: HANDLE_BYTES as u32, kind: 0, bytes: [0; HANDLE_BYTES] };
    let mut mount: libc::c_int = 0;
    // SAFETY: `handle` has the layout of `file_handle` with `length` bytes of room, the path is an empty C string, and
    // the descriptor is open for as long as `file` is borrowed.
    let answer = unsafe {
        libc::syscall(
            libc::SYS_name_to_handle_at,
            file.as_raw_fd(),
            c"".as_ptr(),
            &raw mut handle,
            &raw mut mount,
            libc::AT_EMPTY_PATH,
        )
    };
    match handle.bytes.get(..handle.length as usize) {
        Some(bytes) if answer == 0 => xxh3_64_with_seed(bytes, handle.kind as u64).max(1),
        _ => 0,
    }
}

/// Whether a read would return at once: bytes, or the end.
#[allow(unsafe_code)] // std has no way to ask without reading
pub(super) fn is_readable(file: &File) -> io::Result<bool> {
    let mut request = libc::pollfd { fd: file.as_raw_fd(), events: libc::POLLIN, revents: 0 };
    // SAFETY: `request` is one valid pollfd and the descriptor is open for as long as `file` is borrowed.
    match unsafe { libc::poll(&mut request, 1, 0) } {
        -1 => match io::Error::last_os_error() {
            e if e.kind() == io::ErrorKind::Interrupted => Ok(false),
            e => Err(e),
        },
        ready => Ok(ready > 0),
    }
}

/// The first position at or after `from` that is not in a hole; the file's end when only a hole follows. A file
/// system without holes answers `from`.
#[allow(unsafe_code)] // std cannot seek to data
pub(super) fn next_data(file: &File, from: u64, size: u64) -> u64 {
    let Ok(start) = libc::off_t::try_from(from) else { return from };
    // SAFETY: lseek on an open descriptor; its position is not used, all reads are positioned.
    match unsafe { libc::lseek(file.as_raw_fd(), start, libc::SEEK_DATA) } {
        -1 if io::Error::last_os_error().raw_os_error() == Some(libc::ENXIO) => size.max(from),
        position => u64::try_from(position).unwrap_or(from).max(from),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_marker_keeps_the_last_bytes_however_they_came() {
        let text: Vec<u8> = (0..200).collect();
        for cut in 0..text.len() {
            let mut marker = Marker::default();
            marker.push(&text[..cut]);
            marker.push(&text[cut..]);
            assert_eq!(text[200 - MARKER_BYTES..], marker.0, "cut at {cut}");
        }
    }

    #[test]
    fn a_fifo_is_refused_without_waiting() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("fifo");
        assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
        assert_eq!(io::ErrorKind::InvalidInput, open(&path, None).unwrap_err().kind());
    }

    #[test]
    fn a_hole_is_passed_in_one_step() {
        let file = tempfile::tempfile().unwrap();
        file.set_len(1 << 40).unwrap();
        assert_eq!(1 << 40, next_data(&file, 0, 1 << 40));
    }
}
