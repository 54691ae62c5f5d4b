//! Random actions on real files, followed by `tail` and by a model that knows what was written.
//!
//! Without truncation every complete line is seen exactly once and in order, whatever is renamed or deleted while it
//! is open. With truncation a line may be lost but is never seen twice, and what was written after the last truncation
//! is all seen.

#![allow(clippy::unwrap_used, clippy::expect_used)] // helpers of tests are tests too

use std::collections::{HashMap, HashSet};
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use driftgauge::tail::{Config, FileKey, LineSink, LostReason, Tail};
use proptest::prelude::*;

/// Paths inside the glob that are written to.
const NAMES: [&str; 2] = ["app.log", "web.log"];
const MAX_LINE_BYTES: usize = 100;

#[derive(Clone, Debug)]
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
    Delete {
        file: usize,
    },
    Truncate {
        file: usize,
    },
    /// Remove some of the last bytes.
    Cut {
        file: usize,
        bytes: u64,
    },
    Poll {
        budget: usize,
    },
    Discover,
    /// A new process goes on from the checkpoints.
    Restart,
}

fn action(truncation: bool) -> impl Strategy<Value = Action> {
    let file = 0..NAMES.len();
    prop_oneof![
        4 => (file.clone(), 1..60usize).prop_map(|(file, bytes)| Action::Append { file, bytes }),
        4 => file.clone().prop_map(|file| Action::FinishLine { file }),
        4 => (file.clone(), 1..200usize).prop_map(|(file, count)| Action::Lines { file, count }),
        2 => (file.clone(), any::<bool>()).prop_map(|(file, inside)| Action::Rotate { file, inside }),
        1 => file.clone().prop_map(|file| Action::Delete { file }),
        2 => file.clone().prop_map(move |file| if truncation { Action::Truncate { file } } else { Action::Discover }),
        2 => (file, 1..500u64).prop_map(move |(file, bytes)| {
            if truncation { Action::Cut { file, bytes } } else { Action::FinishLine { file } }
        }),
        6 => prop_oneof![1..200usize, Just(1 << 20)].prop_map(|budget| Action::Poll { budget }),
        3 => Just(Action::Discover),
        1 => Just(Action::Restart),
    ]
}

/// What was written and what of it must be seen.
#[derive(Default)]
struct Model {
    next_line: u64,
    /// Every line that was ever complete.
    written: HashSet<String>,
    /// Lines that may be lost: complete when their file was truncated.
    at_risk: HashSet<String>,
    too_long: u64,
}

/// One file as the writer knows it.
#[derive(Default)]
struct Written {
    handle: Option<File>,
    lines: Vec<String>,
    partial: String,
}

#[derive(Default)]
struct Seen {
    lines: Vec<(FileKey, String)>,
    too_long: u64,
    vanished: u64,
}

impl LineSink for Seen {
    fn opened(&mut self, _: FileKey, _: &Path) {}
    fn line(&mut self, file: FileKey, line: &[u8], _: u64) {
        self.lines.push((file, String::from_utf8(line.to_vec()).unwrap()));
    }
    fn lost(&mut self, _: FileKey, reason: LostReason, lines: u64, _: u64) {
        self.too_long += if reason == LostReason::LineTooLong { lines } else { 0 };
        self.vanished += u64::from(reason == LostReason::Vanished);
    }
    fn closed(&mut self, _: FileKey) {}
}

struct World {
    dir: tempfile::TempDir,
    tail: Tail,
    seen: Seen,
    model: Model,
    files: [Written; NAMES.len()],
    rotations: usize,
    max_open_files: usize,
}

impl World {
    fn new(max_open_files: usize) -> World {
        let dir = tempfile::tempdir().unwrap();
        let tail = follow(dir.path(), max_open_files);
        let (seen, model) = (Seen::default(), Model::default());
        World { dir, tail, seen, model, files: Default::default(), rotations: 0, max_open_files }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn run(&mut self, action: &Action) {
        match *action {
            Action::Append { file, bytes } => self.append(file, bytes),
            Action::FinishLine { file } => self.finish_line(file),
            Action::Lines { file, count } => (0..count).for_each(|_| self.finish_line(file)),
            Action::Rotate { file, inside } => self.rotate(file, inside),
            Action::Delete { file } => self.delete(file),
            Action::Truncate { file } => self.truncate(file),
            Action::Cut { file, bytes } => self.cut(file, bytes),
            Action::Poll { budget } => drop(self.poll(budget)),
            Action::Discover => self.tail.discover(Duration::ZERO),
            Action::Restart => self.restart(),
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
            text = format!("{:08}-{file}-", self.model.next_line);
            self.model.next_line += 1;
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
            self.model.too_long += 1;
        } else if !line.is_empty() {
            self.model.written.insert(line.clone());
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
            self.tail.discover(Duration::ZERO); // what never was in sight is not seen
        }
        self.rotations += 1;
        let suffix = if inside { "log.old" } else { "gone" };
        let to = self.path(&format!("{}.{suffix}", self.rotations));
        fs::rename(self.path(NAMES[file]), to).unwrap();
        self.files[file] = Written::default();
    }

    /// Only an open file can be read after it is deleted, so the tail is let to find it first, and to read it when
    /// there are more files than may be open.
    fn delete(&mut self, file: usize) {
        if self.files[file].handle.is_none() {
            return;
        }
        self.tail.discover(Duration::ZERO);
        if self.tail.files() > self.max_open_files.min(self.tail.open_files()) {
            self.drain();
        }
        fs::remove_file(self.path(NAMES[file])).unwrap();
        self.complete(file);
        self.files[file] = Written::default();
    }

    fn truncate(&mut self, file: usize) {
        let Some(handle) = &self.files[file].handle else { return };
        handle.set_len(0).unwrap();
        self.model.at_risk.extend(self.files[file].lines.drain(..));
        self.files[file].partial.clear();
    }

    /// The tail looks right after it; a cut that is overgrown before anybody looks is a rewritten file.
    fn cut(&mut self, file: usize, bytes: u64) {
        let Some(handle) = &self.files[file].handle else { return };
        let size = handle.metadata().unwrap().len();
        handle.set_len(size.saturating_sub(bytes)).unwrap();
        self.drain();
        let handle = self.files[file].handle.as_mut().unwrap();
        handle.write_all(b"cut\n").unwrap();
        self.model.at_risk.extend(self.files[file].lines.drain(..));
        self.files[file].partial.clear();
        self.drain();
    }

    fn poll(&mut self, budget: usize) -> bool {
        let progress = self.tail.poll(budget, &mut self.seen);
        assert!(progress.bytes <= budget as u64);
        progress.more
    }

    fn drain(&mut self) {
        while self.poll(1 << 20) {}
    }

    /// Files that are over are not in the directory any more, so they are finished before.
    fn restart(&mut self) {
        self.settle();
        let checkpoints = self.tail.checkpoints().into_iter().map(|(_, c)| c).collect();
        self.tail = follow(self.dir.path(), self.max_open_files);
        self.tail.resume(checkpoints);
        self.drain(); // a file cut while nobody looks is read from its start
    }

    fn settle(&mut self) {
        for _ in 0..4 {
            self.tail.discover(Duration::ZERO);
            self.drain();
        }
    }

    fn lines(&self) -> Vec<&str> {
        self.seen.lines.iter().map(|(_, l)| l.as_str()).collect()
    }
}

fn follow(dir: &Path, max_open_files: usize) -> Tail {
    let paths = vec![dir.join("*.log*").display().to_string()];
    Tail::new(Config {
        paths,
        max_open_files,
        max_line_bytes: MAX_LINE_BYTES,
        grace: Duration::ZERO,
        ..Config::default()
    })
    .unwrap()
}

/// In each generation lines come in the order of writing.
fn assert_in_order(seen: &Seen) {
    let mut last: HashMap<FileKey, &str> = HashMap::new();
    for (file, line) in seen.lines.iter().filter(|(_, l)| l.len() >= 11) {
        if let Some(before) = last.insert(*file, line) {
            assert!(before < line.as_str(), "{before} came before {line}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn without_truncation_every_line_is_seen_exactly_once(
        actions in proptest::collection::vec(action(false), 1..60),
        max_open_files in 1..6usize,
    ) {
        let mut world = World::new(max_open_files);
        for action in &actions {
            world.run(action);
        }
        world.settle();
        let mut expected: Vec<&str> = world.model.written.iter().map(String::as_str).collect();
        let mut seen = world.lines();
        expected.sort_unstable();
        seen.sort_unstable();
        prop_assert_eq!(expected, seen);
        let unfinished = world.files.iter().filter(|f| f.partial.len() > MAX_LINE_BYTES).count() as u64;
        prop_assert!(world.model.too_long == world.seen.too_long, "{} and {unfinished} wait", world.seen.too_long);
        prop_assert_eq!(0, world.seen.vanished);
    }

    #[test]
    fn with_truncation_no_line_is_seen_twice_and_what_is_left_is_seen(
        actions in proptest::collection::vec(action(true), 1..60),
        max_open_files in 1..6usize,
    ) {
        let mut world = World::new(max_open_files);
        for action in &actions {
            world.run(action);
        }
        world.settle();
        let lines = world.lines();
        let seen: HashSet<&str> = lines.iter().copied().collect();
        let whole = lines.iter().filter(|l| world.model.written.contains(**l));
        let unique = seen.iter().filter(|l| world.model.written.contains(**l));
        prop_assert_eq!(unique.count(), whole.count());
        for line in world.model.written.difference(&world.model.at_risk) {
            prop_assert!(seen.contains(line.as_str()), "{} was not seen", line);
        }
        if !actions.iter().any(|a| matches!(a, Action::Cut { .. } | Action::Restart)) {
            assert_in_order(&world.seen);
        }
    }
}
