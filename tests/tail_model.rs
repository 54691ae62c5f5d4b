//! Random scripts of what happens to log files and to the process that follows them, on real files, judged by a ledger
//! of every line that was written.
//!
//! Appending, renaming, replacing, linking and deleting: every complete line is applied exactly once, over any number
//! of kills. With files that are cut: no line twice, what was not cut is all applied, and of what was cut the bytes
//! that were known to be there are counted exactly. The last test shows that the ledger notices a line that is missing
//! and one that is given twice.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // helpers of tests are tests too

use std::collections::{HashMap, HashSet};
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::time::Duration;

use driftgauge::tail::{Checkpoint, Config, FileKey, LineSink, LostReason, Tail};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

/// What is written to: two files in sight, and two that a link in sight leads to in turn.
const NAMES: [&str; 4] = ["app.log", "web.log", "data/a", "data/b"];
/// The first that only a link leads to.
const LINKED: usize = 2;
const MAX_LINE_BYTES: usize = 100;
const GRACE: Duration = Duration::from_secs(2);
/// Longer than any wait for a copy to show itself.
const SETTLED: usize = 8;

#[derive(Clone, Copy, Debug)]
enum Action {
    /// Part of a line, filled up to this many bytes.
    Append {
        file: usize,
        bytes: usize,
    },
    FinishLine {
        file: usize,
    },
    /// Lines at once.
    Lines {
        file: usize,
        count: usize,
    },
    /// Rename to a new name; the next write creates the file again.
    Rotate {
        file: usize,
        inside: bool,
    },
    /// Copy to a new name, then cut; something may happen between the two.
    CopyTruncate {
        file: usize,
        inside: bool,
        between: Between,
    },
    /// Rename another file over it.
    Replace {
        file: usize,
        count: usize,
    },
    Delete {
        file: usize,
    },
    Truncate {
        file: usize,
    },
    /// Another name in sight.
    Link {
        file: usize,
    },
    /// The link leads to the other file.
    Swap,
    Poll {
        budget: usize,
    },
    /// A second passes, and the tail looks for files.
    Discover,
    /// What was given and the positions become one durable thing.
    Commit,
    /// A new process goes on from what is durable.
    Kill,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Between {
    Nothing,
    Discover,
    Drain,
    Write,
}

fn action(cuts: bool) -> impl Strategy<Value = Action> {
    let plain = 0..LINKED;
    let any_file = 0..NAMES.len();
    let between =
        prop_oneof![Just(Between::Nothing), Just(Between::Discover), Just(Between::Drain), Just(Between::Write)];
    let cut = prop_oneof![
        plain.clone().prop_map(|file| Action::Truncate { file }),
        (plain.clone(), any::<bool>(), between).prop_map(|(file, inside, between)| Action::CopyTruncate {
            file,
            inside,
            between
        }),
    ];
    prop_oneof![
        4 => (any_file.clone(), 1..60usize).prop_map(|(file, bytes)| Action::Append { file, bytes }),
        4 => any_file.clone().prop_map(|file| Action::FinishLine { file }),
        4 => (any_file, 1..100usize).prop_map(|(file, count)| Action::Lines { file, count }),
        2 => (plain.clone(), any::<bool>()).prop_map(|(file, inside)| Action::Rotate { file, inside }),
        1 => (plain.clone(), 0..5usize).prop_map(|(file, count)| Action::Replace { file, count }),
        1 => plain.clone().prop_map(|file| Action::Delete { file }),
        1 => plain.prop_map(|file| Action::Link { file }),
        1 => Just(Action::Swap),
        3 => if cuts { cut.boxed() } else { Just(Action::Discover).boxed() },
        6 => prop_oneof![1..200usize, Just(1 << 20)].prop_map(|budget| Action::Poll { budget }),
        3 => Just(Action::Discover),
        2 => Just(Action::Commit),
        2 => Just(Action::Kill),
    ]
}

/// What a sink does wrong on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mutant {
    None,
    /// The line with this number is not given.
    Skips(usize),
    /// It is given twice.
    Doubles(usize),
}

/// What was given; a copy of it is what a commit keeps.
#[derive(Clone, Default)]
struct Applied {
    lines: Vec<String>,
    too_long: u64,
    vanished: u64,
    cut_bytes: u64,
}

struct Seen {
    applied: Applied,
    /// In each generation since the start of the process.
    ordered: HashMap<FileKey, u64>,
    mutant: Mutant,
    given: usize,
}

impl LineSink for Seen {
    fn opened(&mut self, _: FileKey, _: &Path) {}
    fn line(&mut self, file: FileKey, line: &[u8], end: u64) {
        let before = self.ordered.insert(file, end).unwrap_or(0);
        assert!(before < end, "offsets do not grow");
        let times = match self.mutant {
            Mutant::Skips(number) if number == self.given => 0,
            Mutant::Doubles(number) if number == self.given => 2,
            _ => 1,
        };
        self.given += 1;
        let line = String::from_utf8(line.to_vec()).unwrap();
        self.applied.lines.extend(std::iter::repeat_n(line, times));
    }
    fn lost(&mut self, file: FileKey, reason: LostReason, lines: u64, bytes: u64) {
        match reason {
            LostReason::LineTooLong => self.applied.too_long += lines,
            LostReason::Vanished => self.applied.vanished += 1,
            LostReason::Truncated => {
                self.ordered.remove(&file);
                self.applied.cut_bytes += bytes;
            }
            _ => panic!("{reason:?} cannot be"),
        }
    }
    fn closed(&mut self, file: FileKey) {
        self.ordered.remove(&file);
    }
}

/// One file as the writer knows it.
#[derive(Default)]
struct Written {
    handle: Option<File>,
    lines: Vec<String>,
    partial: String,
    /// It has another name in sight.
    linked: bool,
}

struct World {
    dir: tempfile::TempDir,
    max_open_files: usize,
    tail: Tail,
    now: Duration,
    seen: Seen,
    durable: (Vec<Checkpoint>, Applied),
    files: [Written; NAMES.len()],
    names: usize,
    next_line: u64,
    /// Every line that was ever complete.
    written: HashSet<String>,
    /// Lines that may be lost: their file was cut.
    at_risk: HashSet<String>,
    too_long: u64,
    /// A file has no name any more, so a kill would lose what is not durable of it.
    nameless: bool,
}

impl World {
    fn new(max_open_files: usize, mutant: Mutant) -> World {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("data")).unwrap();
        for name in &NAMES[LINKED..] {
            fs::write(dir.path().join(name), "").unwrap();
        }
        symlink("data/a", dir.path().join("link.log")).unwrap();
        World {
            tail: follow(dir.path(), max_open_files),
            dir,
            max_open_files,
            now: Duration::ZERO,
            seen: Seen { applied: Applied::default(), ordered: HashMap::new(), mutant, given: 0 },
            durable: Default::default(),
            files: Default::default(),
            names: 0,
            next_line: 0,
            written: HashSet::new(),
            at_risk: HashSet::new(),
            too_long: 0,
            nameless: false,
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn fresh_name(&mut self, ending: &str) -> PathBuf {
        self.names += 1;
        self.path(&format!("{}.{ending}", self.names))
    }

    fn run(&mut self, action: Action) {
        match action {
            // A file out of sight may be taken to be over, and with it its unfinished line.
            Action::Append { file, .. } if file >= LINKED && file != self.shown() => self.finish_line(file),
            Action::Append { file, bytes } => self.append(file, bytes),
            Action::FinishLine { file } => self.finish_line(file),
            Action::Lines { file, count } => (0..count).for_each(|_| self.finish_line(file)),
            Action::Rotate { file, inside } => self.rotate(file, inside),
            Action::CopyTruncate { file, inside, between } => self.copy_truncate(file, inside, between),
            Action::Replace { file, count } => self.replace(file, count),
            Action::Delete { file } => self.delete(file),
            Action::Truncate { file } => self.truncate(file),
            Action::Link { file } => self.link(file),
            Action::Swap => self.swap(),
            Action::Poll { budget } => drop(self.poll(budget)),
            Action::Discover => self.discover(),
            Action::Commit => self.commit(),
            Action::Kill => self.kill(),
        }
    }

    fn write(&mut self, file: usize, text: &str) {
        let path = self.path(NAMES[file]);
        let open = || OpenOptions::new().create(true).append(true).open(path).unwrap();
        self.files[file].handle.get_or_insert_with(open).write_all(text.as_bytes()).unwrap();
    }

    /// A line begins with a number of its own, so no two are equal.
    fn append(&mut self, file: usize, bytes: usize) {
        let mut text = String::new();
        if self.files[file].partial.is_empty() {
            text = format!("{:08}-{file}-", self.next_line);
            self.next_line += 1;
        }
        text.extend(std::iter::repeat_n('x', bytes));
        self.files[file].partial.push_str(&text);
        self.write(file, &text);
    }

    fn finish_line(&mut self, file: usize) {
        if self.files[file].partial.is_empty() {
            self.append(file, 0);
        }
        self.write(file, "\n");
        self.complete(file);
    }

    /// The unfinished line counts as a line, either by its newline or because its file is over.
    fn complete(&mut self, file: usize) {
        let line = std::mem::take(&mut self.files[file].partial);
        if line.len() > MAX_LINE_BYTES {
            self.too_long += 1;
        } else if !line.is_empty() {
            self.written.insert(line.clone());
            self.files[file].lines.push(line);
        }
    }

    fn rotate(&mut self, file: usize, inside: bool) {
        if self.files[file].handle.is_none() {
            return;
        }
        if !self.files[file].partial.is_empty() {
            self.finish_line(file);
        }
        if !inside {
            // What never was in sight is not seen, and what nothing durable knows of is not looked for.
            self.discover();
            self.commit();
        }
        let to = self.fresh_name(if inside { "log.old" } else { "gone" });
        fs::rename(self.path(NAMES[file]), to).unwrap();
        self.files[file] = Written::default();
    }

    fn copy_truncate(&mut self, file: usize, inside: bool, between: Between) {
        if self.files[file].handle.is_none() {
            return;
        }
        let to = self.fresh_name(if inside { "log.copy" } else { "gone" });
        fs::copy(self.path(NAMES[file]), to).unwrap();
        match between {
            Between::Nothing => {}
            Between::Discover => self.discover(),
            Between::Drain => {
                self.discover();
                self.drain();
            }
            Between::Write => self.finish_line(file),
        }
        self.truncate(file);
    }

    fn replace(&mut self, file: usize, count: usize) {
        if self.files[file].handle.is_none() {
            return;
        }
        self.before_nameless(file);
        self.complete(file);
        let new = self.fresh_name("new");
        self.files[file] = Written { handle: Some(File::create(&new).unwrap()), ..Written::default() };
        (0..count).for_each(|_| self.finish_line(file));
        fs::rename(new, self.path(NAMES[file])).unwrap();
        self.files[file].handle = None; // opened again, for appending
    }

    fn delete(&mut self, file: usize) {
        if self.files[file].handle.is_none() {
            return;
        }
        self.before_nameless(file);
        fs::remove_file(self.path(NAMES[file])).unwrap();
        self.complete(file);
        self.files[file] = Written::default();
    }

    /// Only an open file can be read after it is deleted, so the tail is let to find it first, and to read it when
    /// there are more files than may be open.
    fn before_nameless(&mut self, file: usize) {
        if self.files[file].linked && !self.files[file].partial.is_empty() {
            self.finish_line(file); // its other name stays
        }
        self.discover();
        if self.tail.files() > self.max_open_files.min(self.tail.open_files()) {
            self.drain();
            self.settle();
        }
        self.nameless = true;
    }

    fn truncate(&mut self, file: usize) {
        let Some(handle) = &self.files[file].handle else { return };
        handle.set_len(0).unwrap();
        self.at_risk.extend(self.files[file].lines.drain(..));
        self.files[file].partial.clear();
    }

    fn link(&mut self, file: usize) {
        let to = self.fresh_name("log.link");
        if self.files[file].handle.is_some() {
            fs::hard_link(self.path(NAMES[file]), to).unwrap();
            self.files[file].linked = true;
        }
    }

    /// The file that the link leads to.
    fn shown(&self) -> usize {
        let target = fs::read_link(self.path("link.log")).unwrap();
        NAMES.iter().position(|name| target == Path::new(name)).unwrap()
    }

    fn swap(&mut self) {
        let (link, shown) = (self.path("link.log"), self.shown());
        let other = NAMES[LINKED + (shown - LINKED + 1) % 2];
        if !self.files[shown].partial.is_empty() {
            self.finish_line(shown);
        }
        // A link that leads away before anybody saw what it led to hides that.
        self.discover();
        self.commit();
        let next = self.fresh_name("next");
        symlink(other, &next).unwrap();
        fs::rename(next, link).unwrap();
    }

    fn poll(&mut self, budget: usize) -> bool {
        let progress = self.tail.poll(budget, &mut self.seen);
        assert!(progress.bytes <= budget as u64);
        progress.more
    }

    fn drain(&mut self) {
        while self.poll(1 << 20) {}
    }

    fn discover(&mut self) {
        self.now += Duration::from_secs(1);
        self.tail.discover(self.now);
    }

    fn settle(&mut self) {
        for _ in 0..SETTLED {
            self.discover();
            self.drain();
        }
    }

    fn commit(&mut self) {
        let checkpoints = self.tail.checkpoints().into_iter().map(|(_, checkpoint)| checkpoint).collect();
        self.durable = (checkpoints, self.seen.applied.clone());
    }

    fn kill(&mut self) {
        if std::mem::take(&mut self.nameless) {
            self.settle();
            self.commit();
        }
        self.tail = follow(self.dir.path(), self.max_open_files);
        self.now = Duration::ZERO;
        self.seen.ordered.clear();
        let (checkpoints, applied) = self.durable.clone();
        self.seen.applied = applied;
        self.tail.resume(checkpoints);
    }

    /// What both links led to is read to its end; what stays hidden need not be.
    fn end(&mut self) {
        for _ in 0..2 {
            self.swap();
            self.settle();
        }
    }

    /// Every complete line once.
    fn judge_exactly(&self) -> Result<(), String> {
        let mut expected: Vec<&str> = self.written.iter().map(String::as_str).collect();
        let mut applied: Vec<&str> = self.seen.applied.lines.iter().map(String::as_str).collect();
        expected.sort_unstable();
        applied.sort_unstable();
        if let Some(difference) = expected.iter().zip(&applied).find(|(left, right)| left != right) {
            return Err(format!("expected {}, applied {}", difference.0, difference.1));
        }
        if expected.len() != applied.len() {
            return Err(format!("{} lines expected, {} applied", expected.len(), applied.len()));
        }
        let lost = (self.seen.applied.too_long, self.seen.applied.vanished, self.seen.applied.cut_bytes);
        if lost == (self.too_long, 0, 0) { Ok(()) } else { Err(format!("lost: {lost:?}")) }
    }

    /// No line twice, and what was not cut once.
    fn judge_at_most(&self) -> Result<(), String> {
        let mut applied = HashSet::new();
        for line in self.seen.applied.lines.iter().filter(|line| self.written.contains(*line)) {
            if !applied.insert(line) {
                return Err(format!("{line} twice"));
            }
        }
        match self.written.difference(&self.at_risk).find(|line| !applied.contains(line)) {
            Some(line) => Err(format!("{line} missing")),
            None => Ok(()),
        }
    }
}

fn follow(dir: &Path, max_open_files: usize) -> Tail {
    let paths = vec![dir.join("*.log*").display().to_string()];
    let config = Config { paths, max_open_files, max_line_bytes: MAX_LINE_BYTES, grace: GRACE, ..Config::default() };
    Tail::new(config).unwrap()
}

fn world_after(actions: &[Action], max_open_files: usize, mutant: Mutant) -> World {
    let mut world = World::new(max_open_files, mutant);
    for action in actions {
        world.run(*action);
    }
    world.end();
    world
}

/// 200 scripts of each kind, or as many as `DRIFTGAUGE_SCRIPTS` says.
fn cases() -> u32 {
    std::env::var("DRIFTGAUGE_SCRIPTS").map_or(200, |number| number.parse().unwrap())
}

fn script(cuts: bool) -> impl Strategy<Value = (Vec<Action>, usize)> {
    (proptest::collection::vec(action(cuts), 1..60), 1..6usize)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_line_is_applied_exactly_once_whatever_is_renamed_replaced_linked_or_killed(
        (actions, max_open_files) in script(false)
    ) {
        let judged = world_after(&actions, max_open_files, Mutant::None).judge_exactly();
        prop_assert!(judged.is_ok(), "{judged:?}");
    }

    #[test]
    fn with_files_that_are_cut_no_line_is_applied_twice_and_what_is_left_is_all_applied(
        (actions, max_open_files) in script(true)
    ) {
        let judged = world_after(&actions, max_open_files, Mutant::None).judge_at_most();
        prop_assert!(judged.is_ok(), "{judged:?}");
    }

    /// One file, so every poll looks at it: what was there at the last look and was not given is counted when it is
    /// cut, byte by byte, and what nobody can know of is not.
    #[test]
    fn bytes_known_to_be_lost_are_counted_exactly(
        steps in proptest::collection::vec((0..6usize, 1..300usize), 1..60)
    ) {
        let mut world = World::new(4, Mutant::None);
        world.finish_line(0);
        world.drain();
        let (mut size, mut looked, mut written, mut unknown) = (12, 12, 12, 0);
        for (step, bytes) in steps {
            match step {
                0..=2 => {
                    let text = format!("{:08}-{}\n", written, "y".repeat(bytes % (MAX_LINE_BYTES - 9)));
                    world.write(0, &text);
                    (size, written) = (size + text.len() as u64, written + text.len() as u64);
                }
                3 | 4 => {
                    world.poll(bytes);
                    looked = size;
                }
                _ => {
                    world.files[0].handle.as_ref().unwrap().set_len(0).unwrap();
                    unknown += size - looked;
                    (size, looked) = (0, 0);
                    world.poll(1);
                }
            }
        }
        world.drain();
        let applied: u64 = world.seen.applied.lines.iter().map(|line| line.len() as u64 + 1).sum();
        prop_assert_eq!(written - applied, world.seen.applied.cut_bytes + unknown);
    }
}

#[test]
fn the_ledger_notices_a_line_that_is_skipped_and_one_that_is_given_twice() {
    let mut runner = TestRunner::deterministic();
    let mut judged = 0;
    while judged < 10 {
        let (mut actions, max_open_files) = script(false).new_tree(&mut runner).unwrap().current();
        actions.retain(|action| !matches!(action, Action::Kill)); // a kill may undo what the mutant did
        let sound = world_after(&actions, max_open_files, Mutant::None);
        if sound.seen.given < 5 {
            continue;
        }
        judged += 1;
        for number in [0, sound.seen.given / 2, sound.seen.given - 1] {
            for mutant in [Mutant::Skips(number), Mutant::Doubles(number)] {
                let world = world_after(&actions, max_open_files, mutant);
                assert!(world.judge_exactly().is_err(), "{mutant:?} of {actions:?}");
                if let Mutant::Doubles(_) = mutant {
                    assert!(world.judge_at_most().is_err(), "{mutant:?} of {actions:?}");
                }
            }
        }
        assert_eq!(Ok(()), sound.judge_exactly());
        assert_eq!(Ok(()), sound.judge_at_most());
    }
}
