//! The state of the whole engine: what is saved and read back at any time goes on as if nothing had been.

#![allow(clippy::unwrap_used, clippy::panic, reason = "the helpers of a test are part of it")]

mod support {
    pub mod case;
    pub mod feed;
    pub mod program;
}

use driftgauge::engine::{Head, Record};
use driftgauge::exposition;
use driftgauge::time::Length;
use std::fs;
use std::path::Path;
use support::case::{self, Case};
use support::feed::Feed;
use support::program::printed;

/// Predictions that are taken.
const TAKEN: usize = 3_000;

/// A log of predictions, each followed by its actual when that had come by then.
struct Log {
    lines: Vec<(usize, String)>,
    folder: tempfile::TempDir,
    config: String,
}

impl Log {
    /// Of a bundled case; without a profile the reference is learned.
    fn new(case: &Case, more: &str, profile: bool) -> Log {
        let folder = tempfile::tempdir().unwrap();
        let config = case.config(Path::new("predictions"), &["6h".to_owned(), "24h".to_owned()], more);
        fs::write(folder.path().join("driftgauge.toml"), &config).unwrap();
        if profile {
            let reference = case.reference.to_str().unwrap();
            let input = ["profile", "--config", "driftgauge.toml", "--input", reference, "-o", "profile.json"];
            printed(folder.path(), input);
        }
        let config = if profile { config } else { config.replace("profile = \"profile.json\"", "warmup = \"4h\"") };
        let predictions = case.lines().into_iter().take(TAKEN);
        let mut actuals = case::lines(&case.labels).into_iter().take(TAKEN);
        let mut lines = Vec::new();
        for (index, line) in predictions.enumerate() {
            lines.push((0, line));
            if index % 3 != 0 {
                lines.extend(actuals.by_ref().take(2).map(|line| (1, line)));
            }
        }
        Log { lines, folder, config }
    }

    fn feed(&self) -> Feed {
        Feed::new(&self.config, self.folder.path())
    }
}

fn give(feed: &mut Feed, lines: &[(usize, String)]) {
    lines.iter().for_each(|(source, line)| feed.lines(*source, [line.as_str()]));
}

fn shown(feed: &mut Feed) -> String {
    String::from_utf8(exposition::render(&feed.report()).0).unwrap()
}

/// Saves as a commit does: the log grows, or begins anew when everything is written.
fn save(feed: &mut Feed, all: bool, log: &mut Vec<u8>) -> Vec<u8> {
    if all || feed.engine().forgot_changes() {
        log.clear();
    }
    let head = feed.engine().save(all, &mut |record| log.extend(postcard::to_stdvec(&record).unwrap()));
    postcard::to_stdvec(&head).unwrap()
}

fn read(head: &[u8], mut log: &[u8]) -> (Head, Vec<Record>) {
    let mut records = Vec::new();
    while !log.is_empty() {
        let (record, rest) = postcard::take_from_bytes(log).unwrap();
        records.push(record);
        log = rest;
    }
    (postcard::from_bytes(head).unwrap(), records)
}

fn goes_on(log: &Log) {
    let (mut through, mut parted) = (log.feed(), log.feed());
    parted.log_changes();
    let mut written = Vec::new();
    // Parts of very different lengths, so that panes are open, late, closed and given away at the cuts.
    let cuts = [1, 2, 40, 700, 1_301, 2_999, 4_000, log.lines.len()].map(|cut| cut.min(log.lines.len()));
    let mut from = 0;
    for (index, to) in cuts.into_iter().enumerate() {
        give(&mut through, &log.lines[from..to]);
        give(&mut parted, &log.lines[from..to]);
        from = to;
        let expected = shown(&mut through);
        assert_eq!(expected, shown(&mut parted), "before {to}");
        let head = save(&mut parted, index == 4, &mut written);
        let (read_head, records) = read(&head, &written);
        parted = parted.restored(read_head, records);
        assert_eq!(expected, shown(&mut parted), "after {to}");
        // What is read back is what would be written.
        let mut again = Vec::new();
        assert_eq!(head, save(&mut parted, true, &mut again), "the head at {to}");
        written = again;
    }
}

/// Streams that a time to live drops in the middle, other ones in their places, and the first ones again.
fn goes_on_after_drops(log: &Log, other: &Log) {
    let (mut through, mut parted) = (log.feed(), log.feed());
    parted.log_changes();
    let mut written = Vec::new();
    let week = Length::from_seconds(8 * 86_400);
    let renamed = |line: &str| line.replace("1.4.0", "1.5.0");
    let (head, rest) = log.lines.split_at(800);
    let steps: Vec<Vec<(usize, String)>> = vec![
        head.to_vec(),
        Vec::new(),
        rest[..400].iter().map(|(source, line)| (*source, renamed(line))).collect(),
        rest[..400].to_vec(),
        Vec::new(),
        other.lines[..200].to_vec(),
    ];
    let mut seen = Vec::new();
    for (index, step) in steps.into_iter().enumerate() {
        for feed in [&mut through, &mut parted] {
            give(feed, &step);
            if step.is_empty() {
                feed.pass(week);
            }
        }
        let expected = shown(&mut through);
        assert_eq!(expected, shown(&mut parted), "before step {index}");
        let head = save(&mut parted, false, &mut written);
        let (read_head, records) = read(&head, &written);
        parted = parted.restored(read_head, records);
        assert_eq!(expected, shown(&mut parted), "after step {index}");
        let mut again = Vec::new();
        assert_eq!(head, save(&mut parted, true, &mut again), "the head of step {index}");
        // The log goes on: it still holds panes of streams that are gone.
        let versions = expected.lines().filter(|line| line.starts_with("driftgauge_predictions_total{"));
        seen.push(versions.map(str::to_owned).collect::<Vec<_>>());
    }
    assert_eq!(vec![1, 0, 1, 2, 0, 1], seen.iter().map(Vec::len).collect::<Vec<_>>(), "{seen:?}");
    let counted = |line: &str| line.rsplit_once(' ').unwrap().1.parse::<f64>().unwrap();
    assert!(counted(&seen[3][0]) < counted(&seen[0][0]), "it goes on from what was dropped: {seen:?}");
}

#[test]
fn a_dropped_stream_and_its_comeback_go_on_from_the_saved_state() {
    let [elec, _] = Case::bundled();
    let log = Log::new(&elec, "", true);
    goes_on_after_drops(&log, &log);
}

#[test]
fn an_engine_goes_on_from_its_saved_state() {
    let [elec, covtype] = Case::bundled();
    goes_on(&Log::new(&elec, "companions = [\"adwin\", \"page_hinkley\", \"ddm\"]", true));
    goes_on(&Log::new(&covtype, "", true));
}

#[test]
fn a_reference_that_is_being_learned_goes_on_from_its_saved_state() {
    let [elec, _] = Case::bundled();
    goes_on(&Log::new(&elec, "", false));
}

#[test]
fn counters_begin_at_zero_and_windows_stay() {
    let [elec, _] = Case::bundled();
    let log = Log::new(&elec, "", true);
    let mut feed = log.feed();
    give(&mut feed, &log.lines);
    let before = shown(&mut feed);
    feed.engine().reset_counters();
    let after = shown(&mut feed);
    let is_counter = |line: &&str| {
        let name = line.split(['{', ' ']).next().unwrap_or_default();
        ["_total", "_bucket", "_sum", "_count"].iter().any(|end| name.ends_with(end)) && !name.starts_with('#')
    };
    for line in after.lines().filter(|line| !line.starts_with('#')).filter(is_counter) {
        assert!(line.ends_with(" 0"), "{line}");
    }
    let gauges = |text: &str| -> Vec<String> {
        text.lines().filter(|line| !line.starts_with('#') && !is_counter(line)).map(str::to_owned).collect()
    };
    assert_eq!(gauges(&before), gauges(&after));
}
