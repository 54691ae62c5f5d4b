//! A folder, a tail that follows `app.log*` in it, and what the tail gave.

#![allow(dead_code, reason = "each test uses a part of it")]

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use driftgauge::tail::{Checkpoint, Config, FileKey, LineSink, LostReason, Tail};
use tempfile::TempDir;

pub const AMPLE: usize = 1 << 30;

#[derive(Default)]
pub struct Seen {
    pub lines: Vec<String>,
    pub lost: Vec<(LostReason, u64, u64)>,
    /// Where the last line of each open file ended.
    pub ends: HashMap<FileKey, u64>,
    /// First lines of files that were resumed.
    pub first_lines: Vec<String>,
    pub opened: usize,
    pub closed: usize,
}

impl LineSink for Seen {
    fn opened(&mut self, file: FileKey, _: &Path) {
        self.opened += 1;
        assert_eq!(None, self.ends.insert(file, 0), "opened twice");
    }
    fn resumed(&mut self, _: FileKey, first_line: &[u8]) {
        self.first_lines.push(String::from_utf8_lossy(first_line).into_owned());
    }
    fn line(&mut self, file: FileKey, line: &[u8], end: u64) {
        self.lines.push(String::from_utf8_lossy(line).into_owned());
        let before = self.ends.insert(file, end).expect("a line of a file that was not opened");
        assert!(before < end, "offsets do not grow");
    }
    fn lost(&mut self, file: FileKey, reason: LostReason, lines: u64, bytes: u64) {
        if reason == LostReason::Truncated {
            self.ends.insert(file, 0);
        }
        self.lost.push((reason, lines, bytes));
    }
    fn closed(&mut self, file: FileKey) {
        self.closed += 1;
        assert!(self.ends.remove(&file).is_some(), "closed without being opened");
    }
}

pub struct Bench {
    pub dir: TempDir,
    pub tail: Tail,
    pub seen: Seen,
    /// The time of the next discovery.
    pub now: Duration,
}

impl Bench {
    pub fn new() -> Bench {
        Bench::with(|_| {})
    }

    pub fn with(adjust: impl FnOnce(&mut Config)) -> Bench {
        let dir = tempfile::tempdir().unwrap();
        let tail = follow(dir.path(), adjust);
        Bench { dir, tail, seen: Seen::default(), now: Duration::ZERO }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub fn append(&self, name: &str, text: impl AsRef<[u8]>) -> File {
        let mut file = OpenOptions::new().create(true).append(true).open(self.path(name)).unwrap();
        file.write_all(text.as_ref()).unwrap();
        file
    }

    /// Waits until the clock of the file system has gone on since a file was written. It ticks some hundred times a
    /// second, and files are read in the order of their times.
    pub fn tick(&self, name: &str) {
        let written = |name: &str| fs::metadata(self.path(name)).unwrap().modified().unwrap();
        while {
            self.append("clock", ".");
            written("clock") == written(name)
        } {}
    }

    pub fn rename(&self, from: &str, to: &str) {
        fs::rename(self.path(from), self.path(to)).unwrap();
    }

    /// A new process: new keys, nothing known.
    pub fn restart(&mut self, adjust: impl FnOnce(&mut Config)) {
        self.tail = follow(self.dir.path(), adjust);
        self.seen = Seen::default();
    }

    /// Looks again and again, a second apart, until nothing new has come for so many seconds.
    pub fn look_for(&mut self, seconds: u64) -> Vec<String> {
        let mut lines = Vec::new();
        let mut quiet = 0;
        while quiet < seconds {
            let more = self.look();
            quiet = if more.is_empty() { quiet + 1 } else { 0 };
            lines.extend(more);
            self.now += Duration::from_secs(1);
        }
        lines
    }

    /// Bytes lost for this reason.
    pub fn bytes_lost(&self, reason: LostReason) -> u64 {
        self.seen.lost.iter().filter(|lost| lost.0 == reason).map(|lost| lost.2).sum()
    }

    /// Positions as they are kept.
    pub fn checkpoints(&self) -> Vec<Checkpoint> {
        self.tail.checkpoints().into_iter().map(|(_, checkpoint)| checkpoint).collect()
    }

    /// A new process that goes on from the checkpoints.
    pub fn resume(&mut self, checkpoints: Vec<Checkpoint>, adjust: impl FnOnce(&mut Config)) -> Vec<FileKey> {
        self.restart(adjust);
        self.tail.resume(checkpoints)
    }

    /// Discovers, polls, and returns the lines that are new.
    pub fn look(&mut self) -> Vec<String> {
        self.tail.discover(self.now);
        self.poll()
    }

    pub fn poll(&mut self) -> Vec<String> {
        self.tail.poll(AMPLE, &mut self.seen);
        std::mem::take(&mut self.seen.lines)
    }
}

pub fn follow(dir: &Path, adjust: impl FnOnce(&mut Config)) -> Tail {
    let mut config =
        Config { paths: vec![dir.join("app.log*").display().to_string()], grace: Duration::ZERO, ..Config::default() };
    adjust(&mut config);
    Tail::new(config).unwrap()
}
