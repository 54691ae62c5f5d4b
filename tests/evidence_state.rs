//! The state of the detectors of drift: what is saved in the middle of a log and restored goes on as if nothing had
//! been; what does not fit is refused.

#![allow(clippy::unwrap_used, clippy::panic, reason = "the helpers of a test are part of it")]

mod support {
    pub mod case;
    pub mod feed;
    pub mod program;
}

use driftgauge::engine::Detectors;
use driftgauge::exposition;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use support::case::{self, Case};
use support::feed::{Feed, values};
use support::program::printed;

/// Where the state is saved: while the alarms of the neighbouring market are held, and a pane is half full.
const SAVED: usize = 8_420;
/// Where the log ends: in later alarms.
const END: usize = 12_000;

/// The lines of the elec log, each followed by its actual.
struct Log {
    case: Case,
    lines: Vec<(usize, String)>,
    folder: tempfile::TempDir,
}

impl Log {
    fn new() -> Log {
        let [case, _] = Case::bundled();
        let folder = tempfile::tempdir().unwrap();
        let log = Log { lines: Vec::new(), folder, case };
        fs::write(log.folder.path().join("driftgauge.toml"), log.config("")).unwrap();
        let reference = log.case.reference.to_str().unwrap();
        for (input, output) in [(reference, "profile.json"), ("half.csv", "half.json")] {
            let rows = case::lines(&log.case.reference);
            fs::write(log.folder.path().join("half.csv"), rows[..rows.len() / 2].join("\n") + "\n").unwrap();
            printed(log.folder.path(), ["profile", "--config", "driftgauge.toml", "--input", input, "-o", output]);
        }
        let id = |line: &str| serde_json::from_str::<Value>(line).unwrap()["request_id"].as_str().unwrap().to_owned();
        let mut actuals: std::collections::HashMap<String, String> =
            case::lines(&log.case.labels).into_iter().map(|line| (id(&line), line)).collect();
        let mut lines = Vec::new();
        for line in log.case.lines().into_iter().take(END) {
            let actual = actuals.remove(&id(&line));
            lines.push((0, line));
            lines.extend(actual.map(|line| (1, line)));
        }
        Log { lines, ..log }
    }

    fn config(&self, drift: &str) -> String {
        self.case.config(Path::new("predictions"), &["24h".to_owned()], drift)
    }

    fn feed(&self, config: &str) -> Feed {
        Feed::new(config, self.folder.path())
    }
}

fn give(feed: &mut Feed, lines: &[(usize, String)]) {
    lines.iter().for_each(|(source, line)| feed.lines(*source, [line.as_str()]));
}

fn shown(feed: &mut Feed) -> String {
    String::from_utf8(exposition::render(&feed.report()).0).unwrap()
}

fn alarms(feed: &mut Feed) -> f64 {
    values(&feed.report(), "drift_alarms_total").values().sum()
}

fn written(feed: &mut Feed) -> String {
    serde_json::to_string(&feed.engine().detectors()).unwrap()
}

fn read(text: &str) -> Detectors {
    serde_json::from_str(text).unwrap()
}

#[test]
fn detectors_go_on_from_their_saved_state() {
    let log = Log::new();
    let config = log.config("");
    let (before, after) = log.lines.split_at(2 * SAVED);
    let (mut whole, mut parted) = (log.feed(&config), log.feed(&config));
    give(&mut parted, &before[..1]);
    let nothing = written(&mut parted);
    give(&mut whole, before);
    give(&mut parted, &before[1..]);
    let saved = written(&mut parted);
    assert_eq!(3.0, alarms(&mut parted));
    // Without its detectors the engine knows of no alarm; with those of the state of all.
    assert!(parted.engine().restore_detectors(read(&nothing)).is_empty());
    assert_eq!(0.0, alarms(&mut parted));
    assert_ne!(shown(&mut whole), shown(&mut parted));
    assert!(parted.engine().restore_detectors(read(&saved)).is_empty());
    assert_eq!(saved, written(&mut parted));
    assert_eq!(shown(&mut whole), shown(&mut parted));
    give(&mut whole, after);
    give(&mut parted, after);
    assert!(alarms(&mut whole) > 6.0, "the log goes on with alarms");
    assert_eq!(shown(&mut whole), shown(&mut parted));
    assert_eq!(written(&mut whole), written(&mut parted));
}

#[test]
fn states_that_do_not_fit_are_refused() {
    let log = Log::new();
    let mut feed = log.feed(&log.config(""));
    give(&mut feed, &log.lines[..1_000]);
    let state: Value = serde_json::from_str(&written(&mut feed)).unwrap();
    let kept = written(&mut feed);
    let mut refused = 0;
    let mut refuse = |feed: &mut Feed, state: &Value| {
        // A state that cannot be read is refused there.
        if let Ok(detectors) = serde_json::from_value::<Detectors>(state.clone()) {
            assert_eq!(1, feed.engine().restore_detectors(detectors).len(), "{state}");
        }
        refused += 1;
    };
    // Of another stream, another reference, other settings.
    for (path, value) in [
        ("/streams/0/model", json!("another")),
        ("/streams/0/version", json!("another")),
        ("/streams/0/against/0", json!("0123")),
        ("/streams/0/against/1/pane", json!(1)),
        ("/streams/0/against/1/columns/0/name", json!("another")),
        ("/streams/0/against/1/columns/0/role", json!("score")),
        ("/streams/0/against/1/columns/0/missing", Value::Null),
        ("/streams/0/against/1/losses/0/statistic", json!("another")),
        ("/streams/0/against/1/losses/0/detector/bets/0/null", json!(0.5)),
        ("/streams/0/against/1/actual", Value::Null),
        ("/streams/0/against/1/columns/0/recent/memories/0/weight", json!(-1.0)),
    ] {
        let mut other = state.clone();
        *other.pointer_mut(path).unwrap_or_else(|| panic!("no {path}")) = value;
        refuse(&mut feed, &other);
    }
    // Every list one shorter, and one longer, but for what may have any length.
    let mut lists = Vec::new();
    places(&state["streams"][0]["against"][1], "/streams/0/against/1".to_owned(), &mut lists);
    assert!(lists.len() > 100, "{} lists", lists.len());
    for place in lists {
        for longer in [false, true] {
            let mut other = state.clone();
            let list = other.pointer_mut(&place).unwrap().as_array_mut().unwrap();
            if longer {
                list.extend(list.last().cloned());
            } else {
                list.pop();
            }
            refuse(&mut feed, &other);
        }
    }
    // A file that was cut.
    for end in [1, 10, kept.len() / 2, kept.len() - 1] {
        assert!(serde_json::from_str::<Detectors>(&kept[..end]).is_err());
    }
    assert!(refused > 200, "{refused} states");
    assert_eq!(kept, written(&mut feed));
    // The same log against the first half of the reference, and with another margin.
    let config = log.config("");
    for other in [config.replace("profile.json", "half.json"), log.config("margin = 0.05")] {
        let mut feed = log.feed(&other);
        give(&mut feed, &log.lines[..1]);
        assert_eq!(1, feed.engine().restore_detectors(read(&kept)).len());
    }
    // An engine that has no stream yet.
    assert_eq!(1, log.feed(&config).engine().restore_detectors(read(&kept)).len());
}

/// The places of the lists that are not empty.
fn places(value: &Value, place: String, lists: &mut Vec<String>) {
    match value {
        Value::Array(values) => {
            values.iter().enumerate().for_each(|(at, value)| places(value, format!("{place}/{at}"), lists));
            if !values.is_empty() {
                lists.push(place);
            }
        }
        Value::Object(values) => values.iter().for_each(|(key, value)| places(value, format!("{place}/{key}"), lists)),
        _ => {}
    }
}
