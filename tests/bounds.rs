//! Whatever a log makes up, what is held stays bounded, and what has no name of its own is still counted.

#![allow(clippy::unwrap_used, clippy::panic, reason = "the helpers of a test are part of it")]

mod support {
    pub mod feed;
    pub mod prom_text;
}

use driftgauge::exposition;
use driftgauge::time::{Length, Timestamp};
use std::path::Path;
use support::feed::Feed;
use support::prom_text::Exposition;

const CONFIG: &str = r#"
[[source]]
paths = ["requests"]
[[model]]
name = "*"
task = "multiclass"
warmup = "30d"
[limits]
streams = 5
label_values = 10
waiting_ids = 1000
features = 3
"#;

/// Of each kind of thing that is made up.
const EACH: usize = 25_000;

fn feed(more: &str) -> Feed {
    Feed::new(&format!("{CONFIG}{more}"), Path::new("."))
}

fn shown(feed: &mut Feed) -> Exposition {
    Exposition::parse(&String::from_utf8(exposition::render(&feed.report()).0).unwrap())
}

fn line(second: usize, model: &str, version: &str, rest: &str) -> String {
    let time = Timestamp::from_seconds(1_700_000_000 + second as i64);
    format!(r#"{{"ts":"{time}","id":"{second}","model":"{model}","version":"{version}",{rest}}}"#)
}

fn answer(class: &str) -> String {
    format!(r#""prediction":"{class}","features":{{"a":1}}"#)
}

fn give(feed: &mut Feed, lines: &[String]) {
    lines.chunks(500).for_each(|lines| feed.lines(0, lines.iter().map(String::as_str)));
}

fn series(shown: &Exposition, name: &str) -> usize {
    shown.iter().filter(|(known, ..)| *known == name).count()
}

#[test]
fn totals_are_exact_while_a_log_makes_up_models_versions_classes_failures_and_ids() {
    let mut feed = feed("");
    give(&mut feed, &[line(0, "real", "1", &answer("yes"))]);
    let mut saved = Vec::new();
    for part in 0..4 {
        let lines: Vec<String> = (0..EACH)
            .map(|index| {
                let second = part * EACH + index;
                match part {
                    0 => line(second, &format!("m{index}"), "1", &answer("yes")),
                    1 => line(second, "real", &format!("v{index}"), &answer("yes")),
                    2 => line(second, "real", "1", &answer(&format!("class {index}"))),
                    _ => line(second, "real", "1", &format!(r#""error":"failure {index}""#)),
                }
            })
            .collect();
        give(&mut feed, &lines);
        // Actuals of models that there are not.
        let actuals: Vec<String> = (0..2_000)
            .map(|index| format!(r#"{{"id":"none {part} {index}","model":"actual {part} {index}","label":"yes"}}"#))
            .collect();
        give(&mut feed, &actuals);
        let mut bytes = 0;
        let head = feed.engine().save(true, &mut |record| bytes += postcard::to_stdvec(&record).unwrap().len());
        saved.push(bytes + postcard::to_stdvec(&head).unwrap().len());
        let shown = shown(&mut feed);
        assert_eq!((1 + (part + 1) * EACH) as f64, shown.sum("driftgauge_predictions_total"), "part {part}");
        assert!(series(&shown, "driftgauge_predictions_total") <= 6, "five, and __other__");
        let failed = if part == 3 { EACH } else { 0 };
        assert_eq!(failed as f64, shown.sum("driftgauge_prediction_failures_total"), "part {part}");
        assert!(series(&shown, "driftgauge_prediction_failures_total") <= 11);
        let answered = 1 + (part + 1) * EACH - failed;
        assert_eq!(answered as f64, shown.sum("driftgauge_predicted_class_total"), "part {part}");
        assert!(series(&shown, "driftgauge_predicted_class_total") <= 6 * 11);
        assert!(shown.sum("driftgauge_waiting_ids") <= 1_000.0);
    }
    // A few hundred kilobytes of names, and no more with the next ones.
    assert!(saved.iter().all(|bytes| *bytes < 1 << 20), "{saved:?}");
    // The model that was there before goes on in a series of its own.
    let own = [("model", "real"), ("version", "1")];
    let before = shown(&mut feed).get("driftgauge_predictions_total", &own).unwrap();
    let lines: Vec<String> = (0..100).map(|index| line(4 * EACH + index, "real", "1", &answer("yes"))).collect();
    give(&mut feed, &lines);
    assert_eq!(Some(before + 100.0), shown(&mut feed).get("driftgauge_predictions_total", &own));
}

#[test]
fn a_stream_silent_for_its_time_to_live_goes_and_comes_back_from_zero() {
    let mut feed = feed("stream_ttl = \"1h\"\n");
    let first: Vec<String> = (0..100).map(|second| line(second, "a", "1", &answer("yes"))).collect();
    give(&mut feed, &first);
    feed.pass(Length::from_seconds(3_000));
    give(&mut feed, &[line(3_000, "b", "1", &answer("no"))]);
    feed.pass(Length::from_seconds(599));
    let own = [("model", "a"), ("version", "1")];
    let before = shown(&mut feed);
    assert_eq!(Some(100.0), before.get("driftgauge_predictions_total", &own));
    feed.pass(Length::from_seconds(1));
    let after = shown(&mut feed);
    assert!(after.iter().all(|(_, labels, _)| !format!("{labels:?}").contains("\"a\"")), "a series of it is left");
    assert_eq!(1.0, after.sum("driftgauge_predictions_total"));
    let evicted = [("reason", "evicted")];
    assert_eq!(Some(100.0), after.get("driftgauge_predictions_unjoined_total", &evicted));
    // An actual that comes now finds nothing, and does not go to another stream.
    give(&mut feed, &[r#"{"id":"5","label":"yes"}"#.to_owned()]);
    let began = "driftgauge_version_first_seen_timestamp_seconds";
    give(&mut feed, &[line(4_000, "c", "1", &answer("no")), line(4_001, "a", "1", &answer("no"))]);
    let back = shown(&mut feed);
    assert_eq!(Some(1.0), back.get("driftgauge_predictions_total", &own));
    assert_eq!(Some(4_001.0), back.get(began, &own).map(|at| at - before.get(began, &own).unwrap()));
    assert_eq!(0.0, back.sum("driftgauge_actuals_scored_total"));
    assert_eq!(3.0, back.sum("driftgauge_predictions_total"));
}

#[test]
fn the_place_of_a_dropped_stream_is_free_and_what_was_beyond_the_limit_stays_counted() {
    let mut feed = feed("stream_ttl = \"1h\"\n");
    let all = |version: usize| line(version, "a", &version.to_string(), &answer("yes"));
    give(&mut feed, &(0..8).map(all).collect::<Vec<_>>());
    let other = [("model", "__other__"), ("version", "__other__")];
    assert_eq!(Some(3.0), shown(&mut feed).get("driftgauge_predictions_total", &other));
    feed.pass(Length::from_seconds(3_600));
    let left = shown(&mut feed);
    assert_eq!((1, 3.0), (series(&left, "driftgauge_predictions_total"), left.sum("driftgauge_predictions_total")));
    give(&mut feed, &(8..20).map(all).collect::<Vec<_>>());
    let after = shown(&mut feed);
    assert_eq!(Some(10.0), after.get("driftgauge_predictions_total", &other));
    assert_eq!((6, 15.0), (series(&after, "driftgauge_predictions_total"), after.sum("driftgauge_predictions_total")));
}
