//! The files being followed: which there are, which of them are open, and which are over.

use std::collections::{HashMap, HashSet, VecDeque};
use std::fs::{self, File, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::checkpoint::Checkpoint;
use super::copies::{Former, Heads, Verdict};
use super::discovery::{self, Boundary, Found, Listings, Problem};
use super::file_id::{self, FileId, Inode};
use super::generation::{Generation, Start, Step};
use super::{Config, FileKey, LineSink, LostReason, StartAt};

/// So many ended generations are remembered, in case one is renamed back into view.
const FINISHED_KEPT: usize = 1024;
/// So many of them are looked at at each discovery, the last ones, in case a writer goes on in one.
const FINISHED_WATCHED: usize = 64;
/// So many problems are told in detail.
const PROBLEMS_KEPT: usize = 64;

#[derive(Default)]
pub(super) struct Roster {
    /// In the order of reading: by the path each was found under, oldest first.
    pub(super) files: Vec<Generation>,
    pub(super) problems: Vec<Problem>,
    pub(super) problem_count: u64,
    /// From checkpoints of files not found yet, by inode number.
    unclaimed: HashMap<u64, Vec<(FileKey, Checkpoint)>>,
    finished: VecDeque<(FileKey, Checkpoint)>,
    /// Checkpoints that were not found, or whose file holds something else.
    lost_checkpoints: usize,
    /// Files that went while nobody looked, and the bytes of them known to be unread.
    vanished: Vec<(FileKey, PathBuf, u64)>,
    /// What was in files before they were cut, in case a copy of it comes into view.
    pub(super) formers: Vec<Former>,
    /// How files begin, while new ones are compared with them.
    pub(super) heads: Option<Heads>,
    /// Of the files that are followed.
    pub(super) inodes: HashSet<Inode>,
    /// Keys whose checkpoint is of no more use.
    pub(super) forgotten: Vec<FileKey>,
    /// Monotonic time of the last discovery.
    pub(super) now: Duration,
    resumed: bool,
    discovered: bool,
    open: usize,
    /// Where the search for a descriptor to close goes on.
    hand: usize,
    next_key: u64,
}

impl Roster {
    pub(super) fn next_key(&mut self) -> FileKey {
        next_key(&mut self.next_key)
    }

    pub(super) fn is_discovered(&self) -> bool {
        self.discovered
    }

    pub(super) fn open_files(&self) -> usize {
        self.open
    }

    pub(super) fn resume(&mut self, checkpoints: Vec<Checkpoint>) -> Vec<FileKey> {
        self.resumed |= !checkpoints.is_empty();
        let mut keys = Vec::with_capacity(checkpoints.len());
        for checkpoint in checkpoints {
            let key = self.next_key();
            keys.push(key);
            match checkpoint.finished {
                true => self.keep_finished(key, checkpoint),
                false => self.keep_unclaimed(key, checkpoint),
            }
        }
        keys
    }

    fn keep_unclaimed(&mut self, key: FileKey, checkpoint: Checkpoint) {
        self.unclaimed.entry(checkpoint.inode).or_default().push((key, checkpoint));
    }

    pub(super) fn checkpoints(&self, seed: u64) -> Vec<(FileKey, Checkpoint)> {
        let followed = self.files.iter().map(|f| (f.key, f.checkpoint(seed)));
        followed.chain(self.unclaimed.values().flatten().cloned()).chain(self.finished.iter().cloned()).collect()
    }

    pub(super) fn checkpoint(&self, key: FileKey, seed: u64) -> Option<Checkpoint> {
        let kept =
            || self.unclaimed.values().flatten().chain(&self.finished).find(|(k, _)| *k == key).map(|(_, c)| c.clone());
        self.files.iter().find(|f| f.key == key).map(|f| f.checkpoint(seed)).or_else(kept)
    }

    pub(super) fn unclaimed(&self) -> usize {
        self.lost_checkpoints + self.unclaimed.values().map(Vec::len).sum::<usize>()
    }

    pub(super) fn is_caught_up(&self) -> bool {
        self.discovered && self.files.iter().all(|f| f.gone || f.is_caught_up())
    }

    pub(super) fn problem(&mut self, path: &Path, error: &io::Error) {
        self.add_problem(Problem::new(path.to_owned(), error));
    }

    /// Compares what matches now with what is followed.
    pub(super) fn discover(&mut self, now: Duration, config: &Config) {
        self.now = self.now.max(now);
        self.problems.clear();
        let (found, problems) = discovery::scan(config);
        problems.into_iter().for_each(|p| self.add_problem(p));
        let known: HashMap<Inode, usize> =
            self.files.iter().enumerate().filter(|(_, f)| !f.gone).map(|(i, f)| (f.id.inode(), i)).collect();
        let (mut named, mut present, mut fresh) = (HashSet::new(), HashSet::new(), Vec::new());
        for found in found {
            if !named.insert(found.id.inode()) {
                continue; // another name of the same file
            }
            let known = known.get(&found.id.inode()).and_then(|i| self.files.get_mut(*i));
            match known.filter(|f| f.is_found_as(found.id)) {
                Some(generation) => {
                    present.insert(generation.key);
                    generation.found(found, self.now);
                }
                None => fresh.push(found),
            }
        }
        let mut listings = Listings::default();
        self.note_missing(&present, &mut listings);
        self.inodes = self.files.iter().filter(|f| !f.gone).map(|f| f.id.inode()).collect();
        for Found { path, boundary, .. } in fresh {
            self.add(&path, boundary, 0, config);
        }
        self.look_for_unclaimed(&mut listings, config);
        self.look_for_growth(config);
        self.forget_formers();
        for index in 0..self.files.len() {
            if let Some(path) = self.files.get(index).filter(|f| f.is_refused()).map(|f| f.path.clone()) {
                self.problem(&path, &io::Error::new(io::ErrorKind::InvalidData, "UTF-16 and UTF-32 are not read"));
            }
        }
        self.heads = None;
        self.files.sort_by(|a, b| (&a.origin, a.key).cmp(&(&b.origin, b.key)));
        self.discovered = true;
    }

    /// Looks at one file and reads at most a block of it.
    pub(super) fn step(
        &mut self,
        index: usize,
        block: &mut [u8],
        config: &Config,
        sink: &mut dyn LineSink,
    ) -> io::Result<Step> {
        let ready = self.is_ready(index, config.max_open_files);
        let Some(generation) = self.files.get_mut(index) else { return Ok(Step::default()) };
        if !matches!(ready, Ok(true)) {
            generation.unreachable = !generation.at_end;
            return ready.map(|_| Step::default());
        }
        let result = self.step_open(index, block, config, sink);
        if self.open > config.max_open_files
            && let Some(generation) = self.files.get_mut(index).filter(|f| f.missing == 0 && f.is_open())
        {
            generation.park();
            self.open -= 1;
        }
        result
    }

    fn step_open(
        &mut self,
        index: usize,
        block: &mut [u8],
        config: &Config,
        sink: &mut dyn LineSink,
    ) -> io::Result<Step> {
        if self.vet(index, config)? == Verdict::Waits {
            return Ok(Step::default());
        }
        let now = self.now;
        let Some(generation) = self.files.get_mut(index) else { return Ok(Step::default()) };
        generation.announce(sink)?;
        let mut result = generation.step(block, sink);
        if let Ok(Step { rewritten: Some(size_before), .. }) = result {
            self.rewritten(index, size_before, config, sink);
            // At once, so that copies of the new content are known for what they are.
            let Some(generation) = self.files.get_mut(index) else { return Ok(Step::default()) };
            result = generation.step(block, sink);
        }
        let Some(generation) = self.files.get_mut(index) else { return Ok(Step::default()) };
        self.open -= usize::from(!generation.is_open());
        if let Ok(Step { bytes: 1.., .. }) = result {
            generation.active_at = now;
            if let Some(heads) = &mut self.heads {
                heads.add(index, generation.head());
            }
        }
        result
    }

    /// The file holds something else than what was read. If there is a copy of what it held, that is read on.
    fn rewritten(&mut self, index: usize, size_before: u64, config: &Config, sink: &mut dyn LineSink) {
        let Some(generation) = self.files.get(index) else { return };
        let former = generation.former(config.seed);
        let (directory, boundary) = (parent(&generation.path), generation.boundary.clone());
        let copied = self.read_copy(former, &directory, boundary, config);
        let Some(generation) = self.files.get_mut(index) else { return };
        generation.rewritten(size_before, copied, &mut || next_key(&mut self.next_key), sink);
    }

    /// Ends the generations that are read to their end, have been missing for longer than one discovery, and have been
    /// quiet for as long as a writer is waited for.
    pub(super) fn close_finished(&mut self, config: &Config, sink: &mut dyn LineSink) {
        for (key, path, unread) in self.vanished.drain(..).filter(|(_, _, unread)| *unread > 0) {
            sink.opened(key, &path);
            sink.lost(key, LostReason::Vanished, 0, unread);
            sink.closed(key);
        }
        let now = self.now;
        let is_over = |f: &Generation| {
            f.gone || (f.missing > 1 && f.is_exhausted() && now.saturating_sub(f.active_at) >= config.grace)
        };
        if !self.files.iter().any(is_over) {
            return;
        }
        self.heads = None;
        let mut over: Vec<Generation> = self.files.extract_if(.., |f| is_over(f)).collect();
        for generation in &mut over {
            generation.note_path();
            generation.finish(sink);
            self.open -= usize::from(generation.is_open());
            let checkpoint = Checkpoint { finished: true, ..generation.checkpoint(config.seed) };
            self.keep_finished(generation.key, checkpoint);
        }
    }

    fn keep_finished(&mut self, key: FileKey, checkpoint: Checkpoint) {
        if self.finished.len() == FINISHED_KEPT {
            self.forgotten.extend(self.finished.pop_front().map(|(key, _)| key));
        }
        self.finished.push_back((key, checkpoint));
    }

    /// Whether the file is open, after opening it if it changed since it was parked.
    fn is_ready(&mut self, index: usize, max_open: usize) -> io::Result<bool> {
        let Some(generation) = self.files.get(index) else { return Ok(false) };
        if generation.is_open() || generation.gone {
            return Ok(generation.is_open());
        }
        let (path, id, boundary) = (generation.path.clone(), generation.id, generation.boundary.clone());
        // a path that leads elsewhere now is the business of the next discovery
        match fs::metadata(&path) {
            Ok(metadata) if !FileId::of(&metadata).agrees(id) || generation.is_idle(&metadata) => return Ok(false),
            Ok(_) => {}
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(false),
            Err(e) => return Err(e),
        }
        self.make_room(max_open);
        let (file, metadata) = file_id::open(&path, boundary.as_deref())?;
        let same = FileId::of_file(&file, &metadata).agrees(id);
        if let Some(generation) = self.files.get_mut(index).filter(|_| !same) {
            generation.replaced = true;
        }
        Ok(same && self.reopen(index, file))
    }

    pub(super) fn reopen(&mut self, index: usize, file: File) -> bool {
        let Some(generation) = self.files.get_mut(index) else { return false };
        generation.reopened(file);
        self.open += 1;
        true
    }

    /// Closes a descriptor that is idle, if the limit is reached and there is one.
    fn make_room(&mut self, max_open: usize) {
        if self.open < max_open {
            return;
        }
        for _ in 0..self.files.len() {
            self.hand = (self.hand + 1) % self.files.len();
            if let Some(idle) =
                self.files.get_mut(self.hand).filter(|f| f.is_open() && f.is_exhausted() && f.missing == 0)
            {
                idle.park();
                self.open -= 1;
                return;
            }
        }
    }

    /// Counts how long files have been out of sight. One whose descriptor is closed is looked for beside its old
    /// name at once, since only a descriptor keeps it readable whatever happens to its names.
    fn note_missing(&mut self, present: &HashSet<FileKey>, listings: &mut Listings) {
        for index in 0..self.files.len() {
            let Some(generation) = self.files.get_mut(index).filter(|f| !present.contains(&f.key)) else { continue };
            generation.missing += 1;
            (generation.at_end, generation.unreachable) = (false, false); // it takes one more look before it may be over
            if generation.is_open() {
                continue;
            }
            let id = generation.id;
            let (directories, boundary) = (generation.directories(), generation.boundary.clone());
            let elsewhere = directories.iter().find_map(|directory| listings.find(directory, id).ok().flatten());
            let opened = elsewhere.and_then(|path| Some((file_id::open(&path, boundary.as_deref()).ok()?, path)));
            match opened {
                Some(((file, metadata), path)) if FileId::of_file(&file, &metadata).agrees(id) => {
                    generation.path = path;
                    self.reopen(index, file);
                }
                _ => generation.gone = true,
            }
        }
    }

    /// Follows a file that matches, or one that does not and is `missing` from the beginning: such a one is followed
    /// only as far as a checkpoint knows it. Says whether it could be looked at.
    pub(super) fn add(&mut self, path: &Path, boundary: Boundary, missing: u32, config: &Config) -> bool {
        match self.open_new(path, boundary, missing, config) {
            Ok(Some(generation)) => self.follow(generation, missing, config),
            Ok(None) => {}
            Err(error) => {
                self.problem(path, &error);
                return false;
            }
        }
        true
    }

    pub(super) fn follow(&mut self, mut generation: Generation, missing: u32, config: &Config) {
        generation.missing = missing;
        generation.active_at = self.now;
        if !self.discovered {
            generation.is_from_the_start();
        }
        self.inodes.insert(generation.id.inode());
        self.open += 1;
        if self.open > config.max_open_files && missing == 0 {
            generation.park();
            self.open -= 1;
        }
        self.files.push(generation);
    }

    fn open_new(
        &mut self,
        path: &Path,
        boundary: Boundary,
        missing: u32,
        config: &Config,
    ) -> io::Result<Option<Generation>> {
        let (file, metadata) = file_id::open(path, boundary.as_deref())?;
        if self.inodes.contains(&FileId::of(&metadata).inode()) {
            return Ok(None); // renamed between listing and opening
        }
        let (key, mut start, former) = self.start(&file, &metadata, config)?;
        let known = matches!(start, Start::Resumed(_)) || former.as_ref().is_some_and(|former| former.certain);
        if missing > 0 && !known {
            let unread = former.map_or(0, |former| former.unread_after(0));
            let key = self.next_key();
            self.vanished.push((key, path.to_owned(), unread));
            return Ok(None);
        }
        if let Some(former) = former {
            let copied = self.read_copy(former.clone(), &parent(path), boundary.clone(), config);
            start = Start::Rewritten(former.unread_after(copied));
        }
        let key = key.unwrap_or_else(|| self.next_key());
        let vetted = matches!(start, Start::Rewritten(_));
        let mut generation = Generation::new(key, path.to_owned(), (file, metadata), start, config)?;
        (generation.boundary, generation.vetted) = (boundary, vetted || generation.position() > 0);
        Ok(Some(generation))
    }

    /// A checkpoint of this very file decides; else only files that were there from the start obey `start_at`.
    /// With the key that goes on, and with what the file held before if that was cut or rewritten meanwhile.
    fn start(
        &mut self,
        file: &File,
        metadata: &Metadata,
        config: &Config,
    ) -> io::Result<(Option<FileKey>, Start, Option<Former>)> {
        let id = FileId::of_file(file, metadata);
        let (mut resumed, mut former) = (None, None);
        for (key, checkpoint) in self.unclaimed.get(&id.inode).into_iter().flatten().chain(&self.finished) {
            let agrees = checkpoint.id().agrees(id);
            if !agrees && !checkpoint.id().agrees_elsewhere(id) {
                continue;
            }
            if checkpoint.holds(file, metadata.len(), config.seed)? {
                resumed = Some((*key, checkpoint.clone()));
                break;
            }
            if agrees && !checkpoint.finished {
                former = Some(Former::of_checkpoint(checkpoint.clone(), id));
            }
        }
        let used = resumed.as_ref().map(|(key, _)| *key);
        let (forgotten, lost_checkpoints) = (&mut self.forgotten, &mut self.lost_checkpoints);
        let mut is_kept = |key: FileKey, checkpoint: &Checkpoint| {
            if Some(key) != used && checkpoint.id().agrees(id) {
                forgotten.push(key);
                *lost_checkpoints += usize::from(!checkpoint.finished);
            }
            Some(key) != used && !checkpoint.id().agrees(id)
        };
        if let Some(unclaimed) = self.unclaimed.get_mut(&id.inode) {
            unclaimed.retain(|(key, checkpoint)| is_kept(*key, checkpoint));
        }
        self.finished.retain(|(key, checkpoint)| is_kept(*key, checkpoint));
        let fresh = !self.discovered && !self.resumed;
        let start = match resumed {
            Some((_, checkpoint)) => Start::Resumed(checkpoint),
            None if former.is_none() && fresh && config.start_at == StartAt::End => Start::LastLine,
            None => Start::Beginning,
        };
        Ok((used, start, former))
    }

    /// Files that were renamed out of sight while nobody looked are read to their end too. A checkpoint whose
    /// directory cannot be listed (not mounted yet, perhaps) is kept; one whose file is not there is dropped.
    fn look_for_unclaimed(&mut self, listings: &mut Listings, config: &Config) {
        let mut inodes: Vec<u64> = self.unclaimed.keys().copied().collect();
        inodes.sort_unstable();
        for inode in inodes {
            for (key, checkpoint) in self.unclaimed.remove(&inode).unwrap_or_default() {
                match listings.find(&parent(&checkpoint.path), checkpoint.id()) {
                    Ok(Some(path)) => {
                        self.keep_unclaimed(key, checkpoint);
                        let failed = !self.add(&path, None, 1, config);
                        let kept = self.unclaimed.get_mut(&inode).filter(|_| !failed);
                        let kept = kept.and_then(|kept| Some((kept.iter().position(|(k, _)| *k == key)?, kept)));
                        if let Some((_, checkpoint)) = kept.map(|(place, kept)| kept.swap_remove(place)) {
                            self.drop_unclaimed(key, checkpoint);
                        }
                    }
                    Ok(None) => self.drop_unclaimed(key, checkpoint),
                    Err(_) => self.keep_unclaimed(key, checkpoint),
                }
            }
        }
    }

    fn drop_unclaimed(&mut self, key: FileKey, checkpoint: Checkpoint) {
        self.forgotten.push(key);
        self.lost_checkpoints += 1;
        let unread = checkpoint.unread();
        self.vanished.push((key, checkpoint.path, unread));
    }

    /// A writer that goes on in a file that was thought to be over is followed again, as long as the file is where it
    /// was.
    fn look_for_growth(&mut self, config: &Config) {
        let grown = |(_, checkpoint): &&(FileKey, Checkpoint)| {
            fs::symlink_metadata(&checkpoint.path).is_ok_and(|metadata| {
                metadata.is_file() && metadata.len() > checkpoint.size && FileId::of(&metadata).agrees(checkpoint.id())
            })
        };
        let watched = self.finished.iter().rev().take(FINISHED_WATCHED);
        let grown: Vec<PathBuf> = watched.filter(grown).map(|(_, checkpoint)| checkpoint.path.clone()).collect();
        for path in grown {
            self.add(&path, None, 1, config);
        }
    }

    fn add_problem(&mut self, problem: Problem) {
        self.problem_count += 1;
        if self.problems.len() < PROBLEMS_KEPT && !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }
}

fn next_key(next: &mut u64) -> FileKey {
    *next += 1;
    FileKey(*next)
}

pub(super) fn parent(path: &Path) -> PathBuf {
    path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new(".")).to_owned()
}
