//! Copies made by rotation: a file is copied and then cut, and the copy may be in sight as well.
//!
//! A new file that begins as a file that is followed is not read before it is clear whether it becomes a copy: it is one
//! if the other file is cut; it is not if it goes on differently, if it grows longer than the other, or if nothing
//! happens for a while. A copy is read on from where reading stood, so what was not read before the cut is not lost,
//! and nothing is given twice.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::ops::Bound;
use std::os::unix::fs::DirEntryExt;
use std::path::Path;
use std::time::Duration;

use super::Config;
use super::checkpoint::Checkpoint;
use super::discovery::{Boundary, is_compressed};
use super::file_id::{self, FileId, HEAD_BYTES, Inode, MARKER_BYTES, read_range};
use super::generation::{Generation, Start};
use super::roster::Roster;

/// A file that could become a copy is not read for so long after it last grew.
const WAIT: Duration = Duration::from_secs(3);
/// Files are found by so many of their first bytes; what they share beyond is compared one by one.
const COMPARED_BYTES: usize = 256;
/// So many discoveries may pass between a cut and the one that finds the copy.
const FORMER_KEPT: u32 = 3;
/// So many cuts are remembered.
const FORMERS_KEPT: usize = 64;

/// What a file held before it was cut.
#[derive(Clone, Debug)]
pub(super) struct Former {
    checkpoint: Checkpoint,
    /// The first bytes, where they are known and not only their hash.
    head: Option<Vec<u8>>,
    /// It is without a doubt the file that held it.
    pub(super) certain: bool,
    discoveries: u32,
}

impl Former {
    pub(super) fn new(checkpoint: Checkpoint, head: Vec<u8>) -> Former {
        Former { checkpoint, head: Some(head), certain: true, discoveries: 0 }
    }

    /// What the checkpoint of this file says, which does not hold any more.
    pub(super) fn of_checkpoint(checkpoint: Checkpoint, id: FileId) -> Former {
        let certain = checkpoint.id().is_certainly(id);
        Former { checkpoint, head: None, certain, discoveries: 0 }
    }

    /// Bytes known to have been there and neither given nor among the first `copied`.
    pub(super) fn unread_after(&self, copied: u64) -> u64 {
        self.checkpoint.size.saturating_sub(self.checkpoint.offset.max(copied))
    }

    /// Where to go on in a copy of this length; `None` when all of it was given.
    pub(super) fn position_in(&self, size: u64) -> Option<&Checkpoint> {
        Some(&self.checkpoint).filter(|c| size >= c.given)
    }

    /// Whether it is worth keeping after another discovery.
    pub(super) fn is_kept(&mut self) -> bool {
        self.discoveries += 1;
        self.discoveries < FORMER_KEPT
    }

    /// Whether a file of this length is a copy of it, or of its beginning.
    fn is_copied_in(&self, file: &fs::File, size: u64, seed: u64) -> io::Result<bool> {
        if self.checkpoint.given == 0 || size == 0 {
            return Ok(false);
        }
        if size >= self.checkpoint.given {
            return self.checkpoint.holds(file, size, seed);
        }
        match &self.head {
            Some(head) => {
                let known = head.len().min(usize::try_from(size).unwrap_or(HEAD_BYTES));
                Ok(head[..known].contains(&b'\n') && read_range(file, 0, known)? == head[..known])
            }
            None => self.checkpoint.holds_head(file, size, seed),
        }
    }
}

/// What is to be done with a new file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It may be read.
    Reads,
    /// It is not clear yet.
    Waits,
}

/// Files by their first bytes, so that a new file need not be compared with each.
#[derive(Default)]
pub(super) struct Heads(BTreeMap<Vec<u8>, Vec<usize>>);

impl Heads {
    fn of(files: &[Generation]) -> Heads {
        let mut heads = Heads::default();
        for (index, file) in files.iter().enumerate().filter(|(_, file)| file.vetted) {
            heads.add(index, file.head());
        }
        heads
    }

    /// Takes down how a file begins; more of it may come later.
    pub(super) fn add(&mut self, index: usize, head: &[u8]) {
        let files = self.0.entry(begin(head).to_owned()).or_default();
        if files.last() != Some(&index) {
            files.push(index);
        }
    }

    /// Files that may begin as this one does, and those of which no more is known than that.
    fn like(&self, head: &[u8]) -> Vec<usize> {
        let head = begin(head);
        let longer = self.0.range::<[u8], _>((Bound::Included(head), Bound::Unbounded));
        let mut alike: Vec<usize> =
            longer.take_while(|(other, _)| other.starts_with(head)).flat_map(|(_, files)| files).copied().collect();
        // Every prefix of the head is the greatest of what is not above it, or of what is not above what both share.
        let mut bound = Bound::Excluded(head);
        while let Some((other, files)) = self.0.range::<[u8], _>((Bound::Unbounded, bound)).next_back() {
            let shared = head.iter().zip(other).take_while(|(left, right)| left == right).count();
            bound = Bound::Included(&head[..shared]);
            if shared == other.len() {
                alike.extend(files);
                bound = Bound::Excluded(&head[..shared]);
            }
            if shared == 0 {
                break;
            }
        }
        alike
    }
}

fn begin(head: &[u8]) -> &[u8] {
    &head[..head.len().min(COMPARED_BYTES)]
}

impl Roster {
    /// Compares the beginning of a new file with what is followed, and with what was cut.
    pub(super) fn vet(&mut self, index: usize, config: &Config) -> io::Result<Verdict> {
        let Some(generation) = self.files.get(index) else { return Ok(Verdict::Waits) };
        if generation.vetted {
            return Ok(Verdict::Reads);
        }
        let Some(file) = generation.file() else { return Ok(Verdict::Waits) };
        let size = file.metadata()?.len();
        if size == 0 {
            return Ok(if generation.missing > 1 { Verdict::Reads } else { Verdict::Waits });
        }
        for former in &self.formers {
            if former.is_copied_in(file, size, config.seed)? {
                let former = former.clone();
                return self.become_copy(index, &former, size);
            }
        }
        let head = read_range(file, 0, size.min(HEAD_BYTES as u64) as usize)?;
        let heads = self.heads.get_or_insert_with(|| Heads::of(&self.files));
        let mut alike = Likeness::Other;
        for other in heads.like(&head).into_iter().filter_map(|index| self.files.get(index)) {
            if alike != Likeness::CopyOfCut {
                alike = alike.max(likeness(generation, (&head, size), other)?);
            }
        }
        let since = match generation.suspected {
            Some((since, before)) if before == size => since,
            _ => self.now,
        };
        let waits = match alike {
            Likeness::Other => false,
            Likeness::Copy => self.now.saturating_sub(since) < WAIT,
            Likeness::CopyOfCut => true,
        };
        let Some(generation) = self.files.get_mut(index) else { return Ok(Verdict::Waits) };
        generation.vetted = !waits;
        generation.suspected = waits.then_some((since, size));
        Ok(if waits { Verdict::Waits } else { Verdict::Reads })
    }

    /// A file was cut: looks for a copy of what it held, reads that on, and gives its length; 0 without one.
    pub(super) fn read_copy(&mut self, former: Former, directory: &Path, boundary: Boundary, config: &Config) -> u64 {
        let copy = self.find_copy(&former, directory, boundary, config).unwrap_or(0);
        self.formers.push(former);
        if self.formers.len() > FORMERS_KEPT {
            self.formers.remove(0);
        }
        copy
    }

    /// What was cut a while ago has no copy that is yet to come, unless there is a file that was not looked at.
    pub(super) fn forget_formers(&mut self) {
        if self.files.iter().all(|file| file.vetted) {
            self.formers.retain_mut(Former::is_kept);
        }
    }

    fn find_copy(&mut self, former: &Former, directory: &Path, boundary: Boundary, config: &Config) -> io::Result<u64> {
        for index in 0..self.files.len() {
            let Some(generation) = self.files.get(index).filter(|f| !f.vetted) else { continue };
            if let Some(file) = opened_again(generation) {
                self.reopen(index, file);
            }
            let Some(file) = self.files.get(index).and_then(Generation::file) else { continue };
            let size = file.metadata()?.len();
            if former.is_copied_in(file, size, config.seed)? {
                self.become_copy(index, former, size)?;
                return Ok(size);
            }
        }
        let device = former.checkpoint.device;
        for entry in fs::read_dir(directory)? {
            let entry = entry?;
            let path = entry.path();
            let followed = self.inodes.contains(&Inode { device, inode: entry.ino() });
            if followed || !entry.file_type()?.is_file() || is_compressed(&path) {
                continue;
            }
            let (file, metadata) = file_id::open(&path, boundary.as_deref())?;
            let size = metadata.len();
            if former.is_copied_in(&file, size, config.seed)? {
                let start = former.position_in(size).cloned().map_or(Start::Known, Start::Resumed);
                let mut generation = Generation::new(self.next_key(), path, (file, metadata), start, config)?;
                generation.boundary = boundary;
                self.follow(generation, 1, config);
                return Ok(size);
            }
        }
        Ok(0)
    }

    fn become_copy(&mut self, index: usize, former: &Former, size: u64) -> io::Result<Verdict> {
        let Some(generation) = self.files.get_mut(index) else { return Ok(Verdict::Waits) };
        generation.go_on_after(former, size)?;
        (generation.vetted, generation.suspected) = (true, None);
        Ok(Verdict::Reads)
    }
}

/// The file of a generation that is closed.
fn opened_again(generation: &Generation) -> Option<fs::File> {
    let closed = Some(generation).filter(|generation| !generation.is_open())?;
    let (file, metadata) = file_id::open(&closed.path, closed.boundary.as_deref()).ok()?;
    FileId::of_file(&file, &metadata).agrees(closed.id).then_some(file)
}

/// How a new file looks beside another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Likeness {
    /// It is not a copy.
    Other,
    /// It may be one of the first bytes, or become one.
    Copy,
    /// It may be one, and the other was cut, which is about to be noticed.
    CopyOfCut,
}

/// Whether a new file with this head and length may be a copy of the first bytes of another that is followed.
fn likeness(new: &Generation, (head, size): (&[u8], u64), other: &Generation) -> io::Result<Likeness> {
    let known = head.len().min(other.head().len());
    let passed_over = !other.vetted || new.key == other.key || known == 0;
    if passed_over || head[..known] != other.head()[..known] {
        return Ok(Likeness::Other);
    }
    let opened;
    let original = match other.file() {
        Some(file) => file,
        None => match opened_again(other) {
            Some(file) => {
                opened = file;
                &opened
            }
            _ if other.missing > 0 => return Ok(Likeness::Other),
            _ => return Ok(Likeness::Copy),
        },
    };
    let now = original.metadata()?.len();
    if now < other.position() || !other.is_same(original)? {
        return Ok(Likeness::CopyOfCut);
    }
    if other.missing > 0 {
        return Ok(Likeness::Other); // it was renamed or deleted, so it will not be cut
    }
    let start = size.saturating_sub(MARKER_BYTES as u64);
    let range = |file: &fs::File| read_range(file, start, (size - start) as usize);
    let copied = size <= now && new.file().is_none_or(|new| range(new).ok() == range(original).ok());
    Ok(if copied { Likeness::Copy } else { Likeness::Other })
}
