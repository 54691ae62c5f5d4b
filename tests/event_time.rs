//! Windows follow the times of events: no clock that jumps, machine that sleeps or source that is silent moves them
//! wrongly, and no line is lost for its time.

#![allow(clippy::unwrap_used, clippy::panic, reason = "the helpers of a test are part of it")]

mod support {
    pub mod feed;
    pub mod program;
    pub mod prom_text;
}

use driftgauge::exposition;
use driftgauge::time::{Length, Timestamp};
use std::fs;
use support::feed::Feed;
use support::program::printed;
use support::prom_text::Exposition;
use tempfile::TempDir;

const CONFIG: &str = r#"
[[source]]
paths = ["requests"]
[[model]]
name = "m"
task = "regression"
profile = "profile.json"
[windows]
lengths = ["5m"]
lateness = "60s"
"#;

const START: i64 = 1_700_000_100;
const HOUR: i64 = 3_600;

struct Bench {
    folder: TempDir,
}

impl Bench {
    fn new() -> Bench {
        let folder = tempfile::tempdir().unwrap();
        let rows: String = (0..200).map(|row| format!("{},{}\n", row % 17, row % 5)).collect();
        fs::write(folder.path().join("reference.csv"), format!("a,prediction\n{rows}")).unwrap();
        fs::write(folder.path().join("driftgauge.toml"), CONFIG).unwrap();
        let input = ["profile", "--config", "driftgauge.toml", "--input", "reference.csv", "-o", "profile.json"];
        printed(folder.path(), input);
        Bench { folder }
    }

    fn feed(&self) -> Feed {
        Feed::new(CONFIG, self.folder.path())
    }
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_seconds(START + second)
}

fn line(version: &str, time: &str) -> String {
    format!(r#"{{{time}"model":"m","version":"{version}","features":{{"a":3}},"prediction":2}}"#)
}

fn timed(version: &str, second: i64) -> String {
    line(version, &format!(r#""ts":"{}","#, at(second)))
}

fn text(feed: &mut Feed) -> String {
    let text = String::from_utf8(exposition::render(&feed.report()).0).unwrap();
    // How far clocks are apart is what the clock says, not what the windows say.
    text.lines().filter(|line| !line.contains("clock_skew")).map(|line| format!("{line}\n")).collect()
}

fn shown(feed: &mut Feed) -> Exposition {
    Exposition::parse(&text(feed))
}

#[test]
fn a_clock_that_jumps_changes_no_window() {
    let bench = Bench::new();
    let jumps = [HOUR, -HOUR, 10 * 365 * 24 * HOUR, -24 * HOUR, -START - 600];
    for jump in jumps {
        let (mut right, mut jumping) = (bench.feed(), bench.feed());
        for second in 0..600 {
            let line = timed("1", second);
            right.lines_at(0, [line.as_str()], Some(at(second)));
            let clock = if (200..400).contains(&second) { second + jump } else { second };
            jumping.lines_at(0, [line.as_str()], Some(at(clock)));
            right.pass(Length::from_seconds(1));
            jumping.pass(Length::from_seconds(1));
        }
        assert_eq!(text(&mut right), text(&mut jumping), "a jump of {jump} s");
        assert_eq!(0.0, shown(&mut jumping).sum("driftgauge_future_events_total"), "a jump of {jump} s");
        // The future is the future again, whatever the clock said in between.
        let ahead = timed("1", 600 + 24 * HOUR);
        jumping.lines_at(0, [ahead.as_str()], Some(at(600)));
        assert_eq!(1.0, shown(&mut jumping).sum("driftgauge_future_events_total"), "after a jump of {jump} s");
    }
}

#[test]
fn a_suspended_machine_goes_on_where_the_events_are() {
    let bench = Bench::new();
    let (mut awake, mut asleep) = (bench.feed(), bench.feed());
    for second in (0..300).chain(900..1_200) {
        let line = timed("1", second);
        awake.lines_at(0, [line.as_str()], Some(at(second)));
        awake.pass(Length::from_seconds(1));
    }
    let lines = |from: i64| (from..from + 300).map(|second| timed("1", second)).collect::<Vec<_>>();
    for second in 0..300 {
        asleep.lines_at(0, [timed("1", second).as_str()], Some(at(second)));
        asleep.pass(Length::from_seconds(1));
    }
    // Ten minutes in which nothing ran, and all lines of the time after at once; the clock of the process stood still.
    asleep.lines_at(0, lines(900).iter().map(String::as_str), Some(at(1_200)));
    asleep.pass(Length::from_seconds(1));
    assert_eq!(text(&mut awake), text(&mut asleep));
    assert_eq!(600.0, shown(&mut asleep).sum("driftgauge_predictions_total"));
}

#[test]
fn late_future_and_undated_events_are_counted_as_what_they_are() {
    let bench = Bench::new();
    let mut feed = bench.feed();
    let clock = Some(at(2 * 24 * HOUR));
    let now = 2 * 24 * HOUR;
    feed.lines_at(0, [timed("1", now).as_str()], clock);
    // Within the lateness; behind it and still in the window; behind every window.
    for late in [1, 30, 59, 100, 200, HOUR, 24 * HOUR] {
        feed.lines_at(0, [timed("1", now - late).as_str()], clock);
    }
    let late = shown(&mut feed);
    let outcome =
        |outcome| late.get("driftgauge_late_events_total", &[("model", "m"), ("version", "1"), ("outcome", outcome)]);
    assert_eq!((Some(2.0), Some(2.0)), (outcome("applied"), outcome("dropped")));
    assert_eq!(8.0, late.sum("driftgauge_predictions_total"));
    assert_eq!(6.0, late.sum("driftgauge_window_observations"));
    // A day ahead: counted, and taken for now.
    feed.lines_at(0, [timed("1", now + 24 * HOUR).as_str()], clock);
    // Without a time: now.
    feed.lines_at(0, [line("1", "").as_str()], clock);
    let after = shown(&mut feed);
    assert_eq!(1.0, after.sum("driftgauge_future_events_total"));
    assert_eq!((10.0, 8.0), (after.sum("driftgauge_predictions_total"), after.sum("driftgauge_window_observations")));
    assert_eq!(at(now).seconds(), after.sum("driftgauge_last_prediction_timestamp_seconds"));
}

#[test]
fn the_same_moment_in_any_zone_is_the_same_moment() {
    let bench = Bench::new();
    let (mut plain, mut zoned) = (bench.feed(), bench.feed());
    // 2023-11-14T22:15:00Z, half an hour and 45 minutes off, and the day before or after.
    let zones = [
        "2023-11-14T22:15:00Z",
        "2023-11-15T03:45:00+05:30",
        "2023-11-15T04:00:00.000+05:45",
        "2023-11-14T12:15:00-10:00",
        "2023-11-15T12:15:00+14:00",
    ];
    for zone in zones {
        zoned.lines(0, [line("1", &format!(r#""ts":"{zone}","#)).as_str()]);
        plain.lines(0, [timed("1", 0).as_str()]);
    }
    assert_eq!(
        text(&mut plain).lines().filter(|line| !line.contains("source_bytes")).collect::<Vec<_>>(),
        text(&mut zoned).lines().filter(|line| !line.contains("source_bytes")).collect::<Vec<_>>()
    );
    assert_eq!(5.0, shown(&mut zoned).sum("driftgauge_window_observations"));
}

#[test]
fn windows_of_a_silent_stream_close_and_move_no_other() {
    let bench = Bench::new();
    let mut feed = bench.feed();
    for second in 0..300 {
        feed.lines_at(0, [timed("1", second).as_str(), timed("2", second).as_str()], Some(at(second)));
        feed.pass(Length::from_seconds(1));
    }
    let observations = |feed: &mut Feed, version| {
        let window = [("model", "m"), ("version", version), ("window", "5m")];
        shown(feed).get("driftgauge_window_observations", &window).unwrap()
    };
    assert_eq!((300.0, 300.0), (observations(&mut feed, "1"), observations(&mut feed, "2")));
    // The second one falls silent, while the first is behind by 200 s of its own.
    for second in 300..800 {
        feed.lines_at(0, [timed("1", second - 200).as_str()], Some(at(second)));
        feed.pass(Length::from_seconds(1));
    }
    assert_eq!(0.0, observations(&mut feed, "2"), "its windows closed");
    assert!(observations(&mut feed, "1") >= 300.0, "the other one's stand where its events are");
    let mut end = |version| {
        let window = [("model", "m"), ("version", version), ("window", "5m")];
        shown(&mut feed).get("driftgauge_window_end_timestamp_seconds", &window).unwrap()
    };
    let (one, two) = (end("1"), end("2"));
    assert!(one < two, "{one} {two}");
}
