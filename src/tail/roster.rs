//! The files being followed: which there are, which of them are open, and which are over.

use std::collections::{HashMap, HashSet, VecDeque};
use std::fs::{self, File, Metadata};
use std::io;
use std::path::{Path, PathBuf};

use super::checkpoint::Checkpoint;
use super::discovery::{self, Problem};
use super::file_id::{self, FileId};
use super::generation::{Generation, Start, Step};
use super::{Config, FileKey, LineSink, StartAt};

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
    unclaimed: Vec<Checkpoint>,
    finished: VecDeque<Checkpoint>,
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

    pub(super) fn resume(&mut self, checkpoints: Vec<Checkpoint>) {
        self.resumed |= !checkpoints.is_empty();
        self.unclaimed.extend(checkpoints);
    }

    pub(super) fn checkpoints(&self) -> Vec<Checkpoint> {
        self.files.iter().map(Generation::checkpoint).chain(self.unclaimed.iter().cloned()).collect()
    }

    pub(super) fn problem(&mut self, path: &Path, error: &io::Error) {
        self.add_problem(Problem { path: path.to_owned(), kind: error.kind() });
    }

    /// Compares what matches now with what is followed.
    pub(super) fn discover(&mut self, config: &Config) {
        self.problems.clear();
        let (found, problems) = discovery::scan(&config.paths);
        problems.into_iter().for_each(|p| self.add_problem(p));
        let known: HashMap<FileId, usize> = self.files.iter().enumerate().map(|(i, f)| (f.id, i)).collect();
        let mut present = HashSet::new();
        let mut fresh = Vec::new();
        for (path, id) in found {
            if !present.insert(id) {
                continue; // another name of the same file
            }
            match known.get(&id).and_then(|i| self.files.get_mut(*i)) {
                Some(generation) => {
                    generation.path = path;
                    generation.missing = 0;
                    generation.gone = false;
                }
                None => fresh.push(path),
            }
        }
        self.note_missing(&present);
        let mut ids: HashSet<FileId> = known.into_keys().collect();
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
        generation.announce(sink);
        let result = generation.step(block, &mut || next_key(&mut self.next_key), sink);
        if self.open > config.max_open_files && generation.missing == 0 {
            generation.park();
            self.open -= 1;
        }
        result
    }

    /// Ends the generations that are read to their end and have been missing for longer than one discovery.
    pub(super) fn close_finished(&mut self, sink: &mut dyn LineSink) {
        let is_over = |f: &Generation| f.gone || (f.missing > 1 && f.is_exhausted());
        if !self.files.iter().any(is_over) {
            return;
        }
        for mut generation in self.files.extract_if(.., |f| is_over(f)) {
            generation.finish(sink);
            self.open -= usize::from(generation.is_open());
            if self.finished.len() == FINISHED_KEPT {
                self.finished.pop_front();
            }
            self.finished.push_back(generation.checkpoint());
        }
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
            Ok(metadata) if FileId::of(&metadata) != id || generation.is_idle(&metadata) => return Ok(false),
            Ok(_) => {}
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(false),
            Err(e) => return Err(e),
        }
        self.make_room(max_open);
        let (file, metadata) = file_id::open(&path)?;
        Ok(FileId::of(&metadata) == id && self.reopen(index, file))
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
    fn note_missing(&mut self, present: &HashSet<FileId>) {
        for index in 0..self.files.len() {
            let Some(generation) = self.files.get_mut(index).filter(|f| !present.contains(&f.id)) else { continue };
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
                Some(((file, metadata), path)) if FileId::of(&metadata) == id => {
                    generation.path = path;
                    self.reopen(index, file);
                }
                _ => generation.gone = true,
            }
        }
    }

    fn add(&mut self, path: PathBuf, missing: u32, ids: &mut HashSet<FileId>, config: &Config) {
        match self.open_new(&path, ids, config) {
            Ok(Some(mut generation)) => {
                generation.missing = missing;
                ids.insert(generation.id);
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

    fn open_new(&mut self, path: &Path, ids: &HashSet<FileId>, config: &Config) -> io::Result<Option<Generation>> {
        let (file, metadata) = file_id::open(path)?;
        if ids.contains(&FileId::of(&metadata)) {
            return Ok(None); // renamed between listing and opening
        }
        let start = self.start(&file, &metadata, config)?;
        let key = self.next_key();
        Generation::new(key, path.to_owned(), (file, metadata), start, config.max_line_bytes).map(Some)
    }

    /// A checkpoint of this very file decides; else only files that were there from the start obey `start_at`.
    fn start(&mut self, file: &File, metadata: &Metadata, config: &Config) -> io::Result<Start> {
        let id = FileId::of(metadata);
        let kept = self.unclaimed.iter().chain(&self.finished).find(|c| c.id() == id);
        let start = match kept {
            Some(checkpoint) if checkpoint.holds(file, metadata.len())? => Start::Offset(checkpoint.offset),
            Some(_) if self.unclaimed.iter().any(|c| c.id() == id) => Start::Rewritten,
            Some(_) => Start::Beginning,
            None if config.start_at == StartAt::End && !self.discovered && !self.resumed => Start::LastLine,
            None => Start::Beginning,
        };
        self.unclaimed.retain(|c| c.id() != id);
        self.finished.retain(|c| c.id() != id);
        Ok(start)
    }

    /// Files that were renamed out of sight while nobody looked are read to their end too. A checkpoint whose
    /// directory cannot be listed (not mounted yet, perhaps) is kept; one whose file is not there is dropped.
    fn look_for_unclaimed(&mut self, ids: &mut HashSet<FileId>, config: &Config) {
        for checkpoint in std::mem::take(&mut self.unclaimed) {
            match discovery::find(&parent(&checkpoint.path), checkpoint.id()) {
                Ok(Some(path)) => {
                    self.unclaimed.push(checkpoint);
                    self.add(path, 1, ids, config);
                }
                Ok(None) => {}
                Err(_) => self.unclaimed.push(checkpoint),
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
