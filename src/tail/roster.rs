//! The files being followed: which there are, which of them are open, and which are over.

use std::collections::{HashMap, HashSet, VecDeque};
use std::fs::{self, File, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::checkpoint::Checkpoint;
use super::discovery::{self, Problem};
use super::file_id::{self, FileId, Inode};
use super::generation::{Generation, Start, Step};
use super::{Config, FileKey, LineSink, LostReason, StartAt};

/// So many ended generations are remembered, in case one is renamed back into view.
const FINISHED_KEPT: usize = 1024;
/// So many problems are told in detail.
const PROBLEMS_KEPT: usize = 64;

#[derive(Default)]
pub(super) struct Roster {
    /// In the order of reading: by the path each was found under, oldest first.
    pub(super) files: Vec<Generation>,
    pub(super) problems: Vec<Problem>,
    pub(super) problem_count: u64,
    /// From a checkpoint, file not found yet.
    unclaimed: Vec<(FileKey, Checkpoint)>,
    finished: VecDeque<(FileKey, Checkpoint)>,
    /// Checkpoints that were not found, or whose file holds something else.
    lost_checkpoints: usize,
    /// Files that went while nobody looked, and the bytes of them known to be unread.
    vanished: Vec<(FileKey, PathBuf, u64)>,
    /// Keys whose checkpoint is of no more use.
    pub(super) forgotten: Vec<FileKey>,
    /// Monotonic time of the last discovery.
    now: Duration,
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
                false => self.unclaimed.push((key, checkpoint)),
            }
        }
        keys
    }

    pub(super) fn checkpoints(&self, seed: u64) -> Vec<(FileKey, Checkpoint)> {
        let followed = self.files.iter().map(|f| (f.key, f.checkpoint(seed)));
        followed.chain(self.unclaimed.iter().cloned()).chain(self.finished.iter().cloned()).collect()
    }

    pub(super) fn checkpoint(&self, key: FileKey, seed: u64) -> Option<Checkpoint> {
        let kept = || self.unclaimed.iter().chain(&self.finished).find(|(k, _)| *k == key).map(|(_, c)| c.clone());
        self.files.iter().find(|f| f.key == key).map(|f| f.checkpoint(seed)).or_else(kept)
    }

    pub(super) fn unclaimed(&self) -> usize {
        self.lost_checkpoints + self.unclaimed.len()
    }

    pub(super) fn is_caught_up(&self) -> bool {
        self.discovered && self.files.iter().all(|f| f.gone || f.is_caught_up())
    }

    pub(super) fn problem(&mut self, path: &Path, error: &io::Error) {
        self.add_problem(Problem { path: path.to_owned(), kind: error.kind() });
    }

    /// Compares what matches now with what is followed.
    pub(super) fn discover(&mut self, now: Duration, config: &Config) {
        self.now = self.now.max(now);
        self.problems.clear();
        let (found, problems) = discovery::scan(&config.paths);
        problems.into_iter().for_each(|p| self.add_problem(p));
        let known: HashMap<Inode, usize> =
            self.files.iter().enumerate().filter(|(_, f)| !f.gone).map(|(i, f)| (f.id.inode(), i)).collect();
        let (mut named, mut present, mut fresh) = (HashSet::new(), HashSet::new(), Vec::new());
        for (path, id) in found {
            if !named.insert(id.inode()) {
                continue; // another name of the same file
            }
            let known = known.get(&id.inode()).and_then(|i| self.files.get_mut(*i));
            match known.filter(|f| f.is_found_as(id)) {
                Some(generation) => {
                    present.insert(generation.key);
                    generation.path = path;
                    generation.missing = 0;
                    generation.active_at = self.now;
                    generation.gone = false;
                }
                None => fresh.push(path),
            }
        }
        self.note_missing(&present);
        let mut ids = self.files.iter().filter(|f| !f.gone).map(|f| f.id.inode()).collect();
        for path in fresh {
            self.add(path, 0, &mut ids, config);
        }
        self.look_for_unclaimed(&mut ids, config);
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
        generation.announce(sink)?;
        let result = generation.step(block, &mut || next_key(&mut self.next_key), sink);
        if matches!(result, Ok(Step { bytes: 1.., .. })) {
            generation.active_at = self.now;
        }
        if self.open > config.max_open_files && generation.missing == 0 {
            generation.park();
            self.open -= 1;
        }
        result
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
        let mut over: Vec<Generation> = self.files.extract_if(.., |f| is_over(f)).collect();
        for generation in &mut over {
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
        let (path, id) = (generation.path.clone(), generation.id);
        // a path that leads elsewhere now is the business of the next discovery
        match fs::metadata(&path) {
            Ok(metadata) if !FileId::of(&metadata).agrees(id) || generation.is_idle(&metadata) => return Ok(false),
            Ok(_) => {}
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(false),
            Err(e) => return Err(e),
        }
        self.make_room(max_open);
        let (file, metadata) = file_id::open(&path)?;
        let same = FileId::of_file(&file, &metadata).agrees(id);
        if let Some(generation) = self.files.get_mut(index).filter(|_| !same) {
            generation.replaced = true;
        }
        Ok(same && self.reopen(index, file))
    }

    fn reopen(&mut self, index: usize, file: File) -> bool {
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
    fn note_missing(&mut self, present: &HashSet<FileKey>) {
        for index in 0..self.files.len() {
            let Some(generation) = self.files.get_mut(index).filter(|f| !present.contains(&f.key)) else { continue };
            generation.missing += 1;
            (generation.at_end, generation.unreachable) = (false, false); // it takes one more look before it may be over
            if generation.is_open() {
                continue;
            }
            let id = generation.id;
            let directory = parent(&generation.path);
            let elsewhere = discovery::find(&directory, id).ok().flatten();
            let opened = elsewhere.and_then(|path| Some((file_id::open(&path).ok()?, path)));
            match opened {
                Some(((file, metadata), path)) if FileId::of_file(&file, &metadata).agrees(id) => {
                    generation.path = path;
                    self.reopen(index, file);
                }
                _ => generation.gone = true,
            }
        }
    }

    fn add(&mut self, path: PathBuf, missing: u32, ids: &mut HashSet<Inode>, config: &Config) {
        match self.open_new(&path, ids, config) {
            Ok(Some(mut generation)) => {
                generation.missing = missing;
                generation.active_at = self.now;
                if !self.discovered {
                    generation.is_from_the_start();
                }
                ids.insert(generation.id.inode());
                self.open += 1;
                if self.open > config.max_open_files && missing == 0 {
                    generation.park();
                    self.open -= 1;
                }
                self.files.push(generation);
            }
            Ok(None) => {}
            Err(error) => self.problem(&path, &error),
        }
    }

    fn open_new(&mut self, path: &Path, ids: &HashSet<Inode>, config: &Config) -> io::Result<Option<Generation>> {
        let (file, metadata) = file_id::open(path)?;
        if ids.contains(&FileId::of(&metadata).inode()) {
            return Ok(None); // renamed between listing and opening
        }
        let (key, start) = self.start(&file, &metadata, config)?;
        let key = key.unwrap_or_else(|| self.next_key());
        Generation::new(key, path.to_owned(), (file, metadata), start, config).map(Some)
    }

    /// A checkpoint of this very file decides; else only files that were there from the start obey `start_at`.
    fn start(&mut self, file: &File, metadata: &Metadata, config: &Config) -> io::Result<(Option<FileKey>, Start)> {
        let id = FileId::of_file(file, metadata);
        let (mut resumed, mut unread) = (None, None);
        for (key, checkpoint) in self.unclaimed.iter().chain(&self.finished) {
            let agrees = checkpoint.id().agrees(id);
            if !agrees && !checkpoint.id().agrees_elsewhere(id) {
                continue;
            }
            if checkpoint.holds(file, metadata.len(), config.seed)? {
                resumed = Some((*key, checkpoint.clone()));
                break;
            }
            if agrees && !checkpoint.finished {
                unread = Some(checkpoint.unread());
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
        self.unclaimed.retain(|(key, checkpoint)| is_kept(*key, checkpoint));
        self.finished.retain(|(key, checkpoint)| is_kept(*key, checkpoint));
        let start = match (resumed, unread) {
            (Some((_, checkpoint)), _) => Start::Resumed(checkpoint),
            (None, Some(unread)) => Start::Rewritten { unread },
            (None, None) if config.start_at == StartAt::End && !self.discovered && !self.resumed => Start::LastLine,
            (None, None) => Start::Beginning,
        };
        Ok((used, start))
    }

    /// Files that were renamed out of sight while nobody looked are read to their end too. A checkpoint whose
    /// directory cannot be listed (not mounted yet, perhaps) is kept; one whose file is not there is dropped.
    fn look_for_unclaimed(&mut self, ids: &mut HashSet<Inode>, config: &Config) {
        for (key, checkpoint) in std::mem::take(&mut self.unclaimed) {
            match discovery::find(&parent(&checkpoint.path), checkpoint.id()) {
                Ok(Some(path)) => {
                    self.unclaimed.push((key, checkpoint));
                    self.add(path, 1, ids, config);
                }
                Ok(None) => {
                    self.forgotten.push(key);
                    self.lost_checkpoints += 1;
                    let unread = checkpoint.unread();
                    self.vanished.push((key, checkpoint.path, unread));
                }
                Err(_) => self.unclaimed.push((key, checkpoint)),
            }
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

fn parent(path: &Path) -> PathBuf {
    path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new(".")).to_owned()
}
