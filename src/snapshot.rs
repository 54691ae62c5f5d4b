//! State on disk: what the engine knows and how far files were read, committed together and before it is published.
//!
//! A directory holds two *slots*, written in turn, and a *log*. A slot is the head of the state: counters, positions,
//! open panes, detectors. The log holds what is only ever added or replaced: closed panes and waiting ids; a slot says
//! how much of it belongs to the state. A commit appends to the log, then replaces the older slot whole. Whatever
//! happens in between, the newer slot with its part of the log is the state of the last commit that was complete.
//!
//! Every byte that is read back is checked by a hash; a slot or a log that is not what was written counts as lost.

mod directory;
mod log;
mod slot;

pub use directory::{SUBDIRECTORY, SnapshotError};
pub use log::Records;

use crate::engine::Head;
use crate::time::Timestamp;
use directory::Directory;
use log::{Log, LogPlace};
use serde::{Deserialize, Serialize};
use slot::Found;
use std::io;
use std::path::{Path, PathBuf};

/// A log is written anew when it is larger than so many times what it was after that last, and
const LOG_GROWTH: u64 = 4;
/// by more than this.
const LOG_LEAST: u64 = 8 << 20;

/// Where state is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// State is in a folder of this one ([`SUBDIRECTORY`]).
    pub directory: PathBuf,
    /// Whose state it is: another one's counters do not go on. The name of the host when nothing is said, which is
    /// that of the pod.
    pub instance: Option<String>,
}

/// What a start found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The state of the last commit.
    Latest,
    /// The state of the commit before: the newer one is damaged.
    Previous,
    /// There was a state, and none of it can be used.
    Lost,
    /// Nothing: the first start.
    None,
    /// There is no directory.
    Memory,
    /// Nothing can be written into the directory: this run keeps no state.
    Unwritable,
}

impl Outcome {
    /// Every outcome.
    pub const ALL: &'static [Outcome] =
        &[Outcome::Latest, Outcome::Previous, Outcome::Lost, Outcome::None, Outcome::Memory, Outcome::Unwritable];

    /// As the value of the label `outcome`.
    pub fn as_str(self) -> &'static str {
        match self {
            Outcome::Latest => "latest",
            Outcome::Previous => "previous",
            Outcome::Lost => "lost",
            Outcome::None => "none",
            Outcome::Memory => "memory",
            Outcome::Unwritable => "unwritable",
        }
    }

    /// Whether state outlives the process.
    pub fn is_kept(self) -> bool {
        !matches!(self, Outcome::Memory | Outcome::Unwritable)
    }
}

/// What belongs to a state besides the engine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frame {
    /// Keys the hashes of positions.
    pub seed: u64,
    /// When the counters began at zero.
    pub started: Timestamp,
    /// Commits that failed since.
    pub failures: u64,
    /// Learned references: model, version and hash.
    pub learned: Vec<(String, String, String)>,
}

/// A state that was read back.
#[derive(Debug)]
pub struct Restored {
    /// What belongs to it besides the engine.
    pub frame: Frame,
    /// The engine's head.
    pub head: Head,
    /// The engine's log, oldest first.
    pub records: Records,
    /// Whether it is of the same instance.
    pub same_instance: bool,
}

/// As it is in a slot.
#[derive(Deserialize)]
struct Body {
    instance: String,
    log: LogPlace,
    frame: Frame,
    head: Head,
}

impl Body {
    fn restored(self, records: Records, instance: &str) -> Restored {
        let Body { frame, head, .. } = self;
        Restored { same_instance: self.instance == instance, frame, head, records }
    }
}

impl Found {
    /// The number of a slot that is whole, and its body.
    fn body(&self) -> Option<(u64, Body)> {
        match self {
            Found::Whole { number, body } => Some((*number, postcard::from_bytes(body).ok()?)),
            _ => None,
        }
    }
}

/// The same to be written.
#[derive(Serialize)]
struct BodyOf<'a> {
    instance: &'a str,
    log: LogPlace,
    frame: &'a Frame,
    head: &'a Head,
}

/// The state directory of this process.
#[derive(Debug)]
pub struct Snapshot {
    directory: Directory,
    instance: String,
    /// The number of the last commit.
    number: u64,
    /// The log of the last commit; none when the next one has to write it whole.
    log: Option<Log>,
    /// Its length when it was last written whole.
    whole: u64,
    /// What each slot needs besides itself.
    needed: [Option<Needed>; 2],
    next_log: u64,
}

/// The files that a slot names.
#[derive(Debug)]
struct Needed {
    log: u64,
    /// Hashes of learned references.
    references: Vec<String>,
}

impl Needed {
    fn of(log: LogPlace, frame: &Frame) -> Needed {
        Needed { log: log.number, references: frame.learned.iter().map(|(_, _, sha)| sha.clone()).collect() }
    }
}

impl Snapshot {
    /// Opens the directory for this process alone and reads what is in it.
    ///
    /// # Errors
    ///
    /// When the directory cannot be made or used, is not of this user alone, or is used by another process. A state
    /// that cannot be read is no error but an [`Outcome`].
    pub fn open(config: &Config) -> Result<(Snapshot, Outcome, Option<Restored>), SnapshotError> {
        let directory = Directory::open(&config.directory)?;
        let host = || std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default().trim().to_owned();
        let instance = config.instance.clone().unwrap_or_else(host);
        let slots = [0, 1].map(|place| slot::read(&directory.file(slot::name(place))));
        let found = [0, 1].map(|place| body_of(&directory, &slots[place]));
        let mut snapshot = Snapshot {
            next_log: directory.names().iter().filter_map(|name| log::number(name)).max().map_or(0, |last| last + 1),
            directory,
            instance,
            number: slots.iter().filter_map(Found::number).max().unwrap_or(0),
            log: None,
            whole: 0,
            needed: [0, 1].map(|place| found[place].as_ref().map(|(_, body, _)| Needed::of(body.log, &body.frame))),
        };
        let newest = newest(&found);
        let outcome = match newest {
            None if slots.iter().all(|slot| matches!(slot, Found::Absent)) => Outcome::None,
            None => Outcome::Lost,
            Some(place) if is_latest(&slots, &found, place) => Outcome::Latest,
            Some(_) => Outcome::Previous,
        };
        let mut found = found;
        let restored = newest.and_then(|place| found[place].take());
        if outcome == Outcome::Lost {
            snapshot.needed = [None, None];
        }
        let restored = restored.map(|(_, body, records)| body.restored(records, &snapshot.instance));
        Ok((snapshot, outcome, restored))
    }

    /// Whether the next commit has to be of everything.
    pub fn wants_all(&self) -> bool {
        self.log.as_ref().is_none_or(|log| log.length() > (self.whole * LOG_GROWTH).max(self.whole + LOG_LEAST))
    }

    /// Makes a state durable. `records` are written [`Record`](crate::engine::Record)s one after the other; they are
    /// `all` there are, or what changed since the last commit.
    ///
    /// # Errors
    ///
    /// When anything could not be written. The commit before stands, and the next one has to be of everything.
    pub fn commit(&mut self, frame: &Frame, head: &Head, records: &[u8], all: bool) -> io::Result<()> {
        self.commit_pieces(frame, head, [records], all)
    }

    /// The same with records in pieces, each of whole records, that are written as they come.
    ///
    /// # Errors
    ///
    /// As for [`Snapshot::commit`].
    pub fn commit_pieces<P: AsRef<[u8]>>(
        &mut self,
        frame: &Frame,
        head: &Head,
        pieces: impl IntoIterator<Item = P>,
        all: bool,
    ) -> io::Result<()> {
        let committed = self.try_commit(frame, head, pieces, all);
        // A log that was left half written is in the way of its next try.
        self.remove_left();
        committed
    }

    fn try_commit<P: AsRef<[u8]>>(
        &mut self,
        frame: &Frame,
        head: &Head,
        pieces: impl IntoIterator<Item = P>,
        all: bool,
    ) -> io::Result<()> {
        let log = self.log.take();
        self.directory.check()?;
        let log = match log {
            Some(mut log) if !all => {
                log.append(pieces)?;
                log
            }
            None if !all => return Err(io::Error::other("a part of a state without the rest")),
            _ => {
                let number = self.next_log;
                self.next_log += 1;
                let mut log = Log::create(&self.directory.file(&log::name(number)), number)?;
                log.append(pieces)?;
                self.whole = log.length();
                log
            }
        };
        let number = self.number + 1;
        let place = (number % 2) as usize;
        let body = BodyOf { instance: &self.instance, log: log.place(), frame, head };
        let body = postcard::to_stdvec(&body).map_err(io::Error::other)?;
        slot::write(&self.directory, place, number, &body)?;
        self.number = number;
        if let Some(needed) = self.needed.get_mut(place) {
            *needed = Some(Needed::of(log.place(), frame));
        }
        self.log = Some(log);
        Ok(())
    }

    /// Removes what no slot needs. What cannot be removed now is removed later.
    fn remove_left(&self) {
        for name in self.directory.names() {
            let is_needed = |needed: &Needed| match log::number(&name) {
                Some(number) => needed.log == number,
                None => needed.references.iter().any(|sha| reference_name(sha) == name),
            };
            let is_one = log::number(&name).is_some() || is_reference_name(&name);
            if is_one && !self.needed.iter().flatten().any(is_needed) {
                self.directory.remove(&name);
            }
        }
    }

    /// Keeps a learned reference, by its hash. The next commit has to name it.
    pub fn keep_reference(&self, sha: &str, json: &[u8]) -> io::Result<()> {
        self.directory.check()?;
        self.directory.replace(&reference_name(sha), json)
    }

    /// A learned reference, by its hash.
    pub fn reference(&self, sha: &str) -> io::Result<Vec<u8>> {
        self.directory.read(&reference_name(sha))
    }

    /// Where the files are.
    pub fn path(&self) -> &Path {
        self.directory.path()
    }
}

/// The name of the file of a learned reference. A hash is hexadecimal; anything else of it is left out.
fn reference_name(sha: &str) -> String {
    let sha: String = sha.chars().filter(char::is_ascii_hexdigit).take(64).collect();
    format!("reference-{sha}.json")
}

fn is_reference_name(name: &str) -> bool {
    name.starts_with("reference-") && name.ends_with(".json")
}

/// A slot's number, its body, and its log.
type Whole = (u64, Body, Records);

/// What a slot holds, if it and its log are whole.
fn body_of(directory: &Directory, found: &Found) -> Option<Whole> {
    let (number, body) = found.body()?;
    let records = log::read(&directory.file(&log::name(body.log.number)), body.log)?;
    Some((number, body, records))
}

/// The state in the bytes of a slot and of its log, as a start of this instance reads it.
#[doc(hidden)]
pub fn parse(slot: &[u8], log: &[u8], instance: &str) -> Option<Restored> {
    let (_, body) = slot::parse(slot).body()?;
    let records = Records::new(body.log.of(log)?.to_vec())?;
    Some(body.restored(records, instance))
}

fn newest(found: &[Option<Whole>; 2]) -> Option<usize> {
    let number = |place: usize| found[place].as_ref().map(|(number, ..)| *number);
    [0, 1].into_iter().filter(|place| number(*place).is_some()).max_by_key(|place| number(*place))
}

/// Whether no slot that cannot be used may have been newer than the one in `place`.
fn is_latest(slots: &[Found; 2], found: &[Option<Whole>; 2], place: usize) -> bool {
    let Some((number, ..)) = &found[place] else { return false };
    match &slots[1 - place] {
        _ if found[1 - place].is_some() => true,
        // The first commit has no other slot.
        Found::Absent => *number <= 1,
        other => other.number().is_some_and(|other| other < *number),
    }
}
