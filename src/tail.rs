//! Files -> lines: follows log files across rotation, truncation and restart.
//!
//! [`Tail`] is synchronous and reads no clock: the caller decides when to look for files ([`Tail::discover`]) and
//! when and how much to read ([`Tail::poll`]). What it finds goes to a [`LineSink`].
//!
//! What may be relied on:
//!
//! - A line is given when its newline is there; the unfinished last line waits until the file is over.
//! - A file is known by what it is ([`Checkpoint`]), not by its name. Rotation by renaming gives every line exactly
//!   once, also when the old name still matches; the old generation is read before the new one.
//! - A file that shrinks or whose known bytes change is new content and is read from its start, as a new generation.
//!   If what is left of a shrunk file begins as before, it was cut, and its lines are not given again. So rotation by
//!   copy and truncate gives every line at most once: what the writer adds between the copy and the truncation, and
//!   what was not read before it, is lost, and [`LostReason::Truncated`] says so.
//! - Memory is bounded by the block, plus at most one unfinished line for each open file.

pub mod checkpoint;
pub mod container;
pub mod discovery;
pub mod file_lines;
pub mod hint;

mod copies;
mod file_id;
mod generation;
mod reader;
mod records;
mod roster;
mod stream;
#[cfg(test)]
mod tests;

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::time::Duration;

pub use self::checkpoint::Checkpoint;
pub use self::container::Container;
pub use self::discovery::Problem;
pub use self::file_lines::{FileLines, LineInfo};
pub use self::hint::{Change, Hint};

use self::generation::Generation;
use self::roster::Roster;
use self::stream::Stream;

/// Longest line by default: far above any prediction record, small enough to hold for each open file.
pub const DEFAULT_MAX_LINE_BYTES: usize = 1024 * 1024;
/// Open files by default: a quarter of the usual soft limit of 1024 descriptors.
pub const DEFAULT_MAX_OPEN_FILES: usize = 256;

/// How long a file that was rotated or deleted is kept open by default, after the last of it was read: as long as a
/// writer may take to open the new one.
pub const DEFAULT_GRACE: Duration = Duration::from_secs(30);

/// The unit of reading and of taking turns.
const BLOCK_BYTES: usize = 256 * 1024;

/// What to follow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Glob patterns, or `-` for standard input.
    pub paths: Vec<String>,
    /// Where to begin in files that are there at the first discovery.
    pub start_at: StartAt,
    /// What is around the lines.
    pub container: Container,
    /// Longer lines are dropped and counted. With a container this is the length of a record without what is around it.
    pub max_line_bytes: usize,
    /// Files above this number are closed and opened again in turn. Of a file that is closed when it is deleted, what
    /// was not read is lost; renamed ones are found again beside their old name.
    pub max_open_files: usize,
    /// Whether symbolic links may lead out of the directory that a pattern names before its first wildcard.
    pub follow_links: bool,
    /// Whether [`Config::files`] names gzip files; the follower never reads compressed files.
    pub read_gz: bool,
    /// How long a file that is out of sight has to be quiet before it is over.
    pub grace: Duration,
    /// Keys the hashes in checkpoints. Checkpoints made with another seed do not hold.
    pub seed: u64,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            paths: Vec::new(),
            start_at: StartAt::default(),
            container: Container::None,
            max_line_bytes: DEFAULT_MAX_LINE_BYTES,
            max_open_files: DEFAULT_MAX_OPEN_FILES,
            follow_links: false,
            read_gz: false,
            grace: DEFAULT_GRACE,
            seed: 0,
        }
    }
}

impl Config {
    /// The longest line of the file that is looked at.
    fn longest_line(&self) -> usize {
        self.container.longest_line(self.max_line_bytes)
    }

    /// The files to read when everything is read once ([`FileLines`]), by path.
    pub fn files(&self) -> Vec<PathBuf> {
        let mut paths = discovery::matches(&self.paths);
        paths.retain(|p| p.is_file() && (!discovery::is_compressed(p) || (self.read_gz && discovery::is_gzip(p))));
        paths
    }
}

/// Where reading begins in a file without a checkpoint.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StartAt {
    /// All that is there.
    #[default]
    Beginning,
    /// Only what is added; a line being written is given whole.
    End,
}

/// One generation of one file, for as long as the process lives. A generation that is over and comes into view again,
/// having grown, has the key it had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileKey(u64);

impl FileKey {
    /// The number behind the key.
    pub fn number(self) -> u64 {
        self.0
    }
}

/// Why bytes were not given as lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LostReason {
    /// A line longer than `max_line_bytes`; told once, when its end is reached.
    LineTooLong,
    /// The file was cut or rewritten; bytes are those known to have been there unread, lines are unknown (0).
    Truncated,
    /// The file was removed while it was not open; bytes are those known to be unread.
    Vanished,
    /// NUL bytes at the start of a line, as a truncation leaves them under a writer that keeps its offset.
    NulBytes,
    /// The file was over before the last piece of a record came that the container runtime had cut.
    Unfinished,
    /// A line that is not as the container runtime writes them.
    NotWrapped,
    /// The file begins with the byte order mark of UTF-16 or UTF-32; told for each block.
    NotUtf8,
}

impl LostReason {
    /// All reasons.
    pub const ALL: [LostReason; 7] = [
        LostReason::LineTooLong,
        LostReason::Truncated,
        LostReason::Vanished,
        LostReason::NulBytes,
        LostReason::Unfinished,
        LostReason::NotWrapped,
        LostReason::NotUtf8,
    ];

    /// The reason as a label value.
    pub const fn as_str(self) -> &'static str {
        match self {
            LostReason::LineTooLong => "line_too_long",
            LostReason::Truncated => "truncated",
            LostReason::Vanished => "vanished",
            LostReason::NulBytes => "nul_bytes",
            LostReason::Unfinished => "unfinished",
            LostReason::NotWrapped => "not_wrapped",
            LostReason::NotUtf8 => "not_utf8",
        }
    }
}

/// Takes what is read, in order for each file.
pub trait LineSink {
    /// A generation begins, or goes on.
    fn opened(&mut self, file: FileKey, path: &Path);
    /// Follows `opened` when reading does not begin at the start of the file: its first line, for decoders that need a
    /// header. Not called when that line is longer than allowed.
    fn resumed(&mut self, _file: FileKey, _first_line: &[u8]) {}
    /// A line without its end and what a container runtime put around it, and the offset after its newline. Offsets grow, except that they may go back after
    /// [`LostReason::Truncated`] when a file was cut and goes on under the same key.
    fn line(&mut self, file: FileKey, line: &[u8], end_offset: u64);
    /// Something will never be given.
    fn lost(&mut self, file: FileKey, reason: LostReason, lines: u64, bytes: u64);
    /// A generation is over.
    fn closed(&mut self, file: FileKey);
}

/// What a poll did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Bytes read.
    pub bytes: u64,
    /// The budget ended before the files did: poll again.
    pub more: bool,
    /// Standard input has ended.
    pub finished: bool,
}

/// Why a tail cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum TailError {
    /// There is nothing to follow.
    #[error("no paths are given")]
    NoPaths,
    /// A path is not a glob pattern.
    #[error("`{pattern}` is not a pattern")]
    Pattern {
        /// As given.
        pattern: String,
        /// What is wrong with it.
        #[source]
        source: glob::PatternError,
    },
    /// Standard input cannot be used.
    #[error("cannot use standard input")]
    Stdin {
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// Follows files, and standard input if it is among the paths.
pub struct Tail {
    config: Config,
    roster: Roster,
    stream: Option<Stream>,
    block: Vec<u8>,
    /// Whose turn it is when a poll ended before its round did.
    turn: usize,
}

impl Tail {
    /// A tail that has looked at nothing yet.
    pub fn new(config: Config) -> Result<Tail, TailError> {
        let stdin = config.paths.iter().any(|p| p == "-");
        let descriptor = stdin.then(|| io::stdin().as_fd().try_clone_to_owned()).transpose();
        Tail::with_stream(config, descriptor.map_err(|source| TailError::Stdin { source })?)
    }

    /// A tail that reads a given descriptor (a pipe, for example) in place of standard input.
    pub fn with_stream(config: Config, stream: Option<OwnedFd>) -> Result<Tail, TailError> {
        if config.paths.is_empty() && stream.is_none() {
            return Err(TailError::NoPaths);
        }
        for pattern in config.paths.iter().filter(|p| *p != "-") {
            glob::Pattern::new(pattern).map_err(|source| TailError::Pattern { pattern: pattern.clone(), source })?;
        }
        let mut roster = Roster::default();
        let stream = stream.map(|fd| Stream::new(roster.next_key(), fd, &config));
        Ok(Tail { config, roster, stream, block: vec![0; BLOCK_BYTES], turn: 0 })
    }

    /// Positions to go on from, and files that were finished; their keys, in the same order. Call before the first
    /// discovery. A file is found by what it is, wherever among the matches or beside its old name; one that does not
    /// hold what the checkpoint says is read from its start, as another generation.
    pub fn resume(&mut self, checkpoints: Vec<Checkpoint>) -> Vec<FileKey> {
        self.roster.resume(checkpoints)
    }

    /// Positions after the last record given of every file, finished ones included; not of standard input. Files that
    /// were not found yet keep the position they were resumed with.
    pub fn checkpoints(&self) -> Vec<(FileKey, Checkpoint)> {
        self.roster.checkpoints(self.config.seed)
    }

    /// The position in one file. After a poll only the files that were told of can have another one than before; those
    /// that have none any more, as their content is gone, are to be forgotten.
    pub fn checkpoint(&self, file: FileKey) -> Option<Checkpoint> {
        self.roster.checkpoint(file, self.config.seed)
    }

    /// Files whose checkpoint is of no more use although nothing was told of them, since the last call.
    pub fn take_forgotten(&mut self) -> Vec<FileKey> {
        std::mem::take(&mut self.roster.forgotten)
    }

    /// How many checkpoints of unfinished files have no file that holds what they say: it is gone, was rewritten, or
    /// its directory is away. Means something after the first discovery.
    pub fn unclaimed(&self) -> usize {
        self.roster.unclaimed()
    }

    /// Whether every file found by the first discovery is read up to the length it had then.
    pub fn caught_up(&self) -> bool {
        self.roster.is_caught_up()
    }

    /// Looks which files match now, at a time of the caller's monotonic clock. Costs a listing and a look at every
    /// match, so call it on a timer or a hint.
    pub fn discover(&mut self, now: Duration) {
        self.roster.discover(now, &self.config);
    }

    /// Reads what there is, at most about `budget_bytes`, without waiting. Files take turns by blocks.
    pub fn poll(&mut self, budget_bytes: usize, sink: &mut dyn LineSink) -> Progress {
        if !self.roster.is_discovered() {
            self.discover(Duration::ZERO);
        }
        let mut progress = Progress::default();
        let mut left = budget_bytes;
        self.poll_stream(&mut left, &mut progress, sink);
        self.poll_files(&mut left, &mut progress, sink);
        self.roster.close_finished(&self.config, sink);
        progress.bytes = (budget_bytes - left) as u64;
        progress.finished = self.stream.as_ref().is_some_and(|s| s.finished);
        progress
    }

    /// What could not be looked at or read since the last discovery, at most 64.
    pub fn problems(&self) -> &[Problem] {
        &self.roster.problems
    }

    /// Problems met since the start, each time counted.
    pub fn problem_count(&self) -> u64 {
        self.roster.problem_count
    }

    /// Generations being followed.
    pub fn files(&self) -> usize {
        self.roster.files.len()
    }

    /// Descriptors held.
    pub fn open_files(&self) -> usize {
        self.roster.open_files()
    }

    /// Bytes known to be there and not given yet.
    pub fn pending_bytes(&self) -> u64 {
        self.roster.files.iter().map(|f| f.pending_bytes()).sum()
    }

    /// Takes at most half of the budget, so that files are read too.
    fn poll_stream(&mut self, left: &mut usize, progress: &mut Progress, sink: &mut dyn LineSink) {
        let Some(stream) = &mut self.stream else { return };
        let keep = if self.roster.files.is_empty() { 0 } else { *left / 2 };
        while *left > keep {
            let wanted = (*left - keep).min(self.block.len());
            match stream.step(&mut self.block[..wanted], sink) {
                Ok(0) => return,
                Ok(read) => *left -= read,
                Err(error) => return self.roster.problem(Path::new("-"), &error),
            }
        }
        progress.more = !stream.finished;
    }

    /// One look at every file, then further rounds over those that have more.
    fn poll_files(&mut self, left: &mut usize, progress: &mut Progress, sink: &mut dyn LineSink) {
        let count = self.roster.files.len();
        let first = if self.turn < count { self.turn } else { 0 };
        self.turn = 0;
        let mut round: Vec<usize> = (first..count).chain(0..first).collect();
        // What is new may be a copy of what the others hold by now.
        round.sort_by_key(|index| self.roster.files.get(*index).is_some_and(|f| !f.vetted));
        let mut in_order = true;
        while !round.is_empty() {
            let oldest = self.oldest_unread().filter(|_| in_order);
            let (mut next, mut waiting, looked_at) = (Vec::new(), Vec::new(), round.len());
            for index in round {
                if *left == 0 {
                    (self.turn, progress.more) = (index, true);
                    return;
                }
                if self.waits_for_older(index, oldest) {
                    waiting.push(index);
                } else if self.step(index, left, sink) {
                    next.push(index);
                }
            }
            let all_wait = waiting.len() == looked_at;
            if all_wait && !in_order {
                return;
            }
            // What all wait for cannot be read now: nobody waits for its time then.
            in_order = !all_wait;
            next.append(&mut waiting);
            round = next;
        }
    }

    /// When the file was last written that was finished first, of those that are not read to their end.
    fn oldest_unread(&self) -> Option<(i64, i64)> {
        // A file that looks like a copy may turn out to hold nothing new.
        let counts = |file: &&Generation| (file.vetted || file.suspected.is_none()) && !file.is_exhausted();
        let unread = self.roster.files.iter().filter(counts);
        unread.map(|file| file.written()).min()
    }

    /// Whether another file has to be read to its end first: an older one of the same path, or one that was finished
    /// before this one was made, as rotation leaves them when nobody reads.
    fn waits_for_older(&self, index: usize, oldest: Option<(i64, i64)>) -> bool {
        let Some(file) = self.roster.files.get(index) else { return false };
        let older = index.checked_sub(1).and_then(|i| self.roster.files.get(i));
        oldest.is_some_and(|written| file.follows(written))
            || older.is_some_and(|o| {
                let is_later = oldest.is_some() && o.follows(file.written());
                o.origin == file.origin && o.vetted && !o.is_exhausted() && !is_later
            })
    }

    /// Reads a block of one file; whether it has more.
    fn step(&mut self, index: usize, left: &mut usize, sink: &mut dyn LineSink) -> bool {
        let wanted = (*left).min(self.block.len());
        match self.roster.step(index, &mut self.block[..wanted], &self.config, sink) {
            Ok(step) => {
                *left -= step.bytes as usize;
                step.more
            }
            Err(error) => {
                if let Some(path) = self.roster.files.get(index).map(|f| f.path.clone()) {
                    self.roster.problem(&path, &error);
                }
                false
            }
        }
    }
}
