//! What did not change is not computed again, and nobody can tell: of two engines that are given the same, one computes
//! and renders everything each time and the other only what has changed.

#![allow(clippy::unwrap_used, clippy::panic, reason = "the helpers of a test are part of it")]

mod support {
    pub mod dice;
    pub mod feed;
    pub mod program;
}

use driftgauge::config;
use driftgauge::exposition::{self, Renderer};
use driftgauge::report::Part;
use driftgauge::time::{Length, Timestamp};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use support::dice::Dice;
use support::feed::Feed;
use support::program::printed;

/// Every kind of model, and everything that is off by default. The windows have panes of 1 s, 5 s and 1 min, and more
/// than a hundred of 1 h.
const CONFIG: &str = r#"
[[source]]
paths = ["log"]
[windows]
lengths = ["1m", "5m", "1h", "7d"]
lateness = "10s"
idle_timeout = "20s"
[drift]
pane = "10s"
cool_down = "1m"
false_alarms = "1 per 1h"
companions = ["adwin", "page_hinkley"]
[limits]
streams = 8
stream_ttl = "3h"
[fleet]
performance = true
features = ["a*"]
[[model]]
name = "churn*"
task = "binary"
profile = "churn.json"
fleet = { features = ["a*", "plan"], fine = ["age"], performance = true, scores = true }
segments = { features = ["plan"], least = 3 }
causes = { losses = true }
thresholds = { accuracy_ratio = "reference - 0.05", feature_psi = 0.2 }
[[model]]
name = "late"
task = "binary"
profile = "churn.json"
performance = { maturity = "90s", coverage_min = 0.3 }
[[model]]
name = "arrival"
task = "binary"
profile = "churn.json"
performance = { axis = "arrival" }
[[model]]
name = "price"
task = "regression"
profile = "price.json"
[[model]]
name = "kind"
task = "multiclass"
warmup = "10m"
"#;

const MODELS: &[(&str, &str)] = &[
    ("churn", "1"),
    ("churn", "10"),
    ("churn", "9"),
    ("churn-2", "1"),
    ("late", ""),
    ("arrival", "1"),
    ("price", "1"),
    ("kind", "1"),
    ("kind", "\\\"2\\\\"),
];

const START: i64 = 1_700_000_000;

/// Two engines, and what is known of both.
struct Pair {
    whole: Feed,
    changed: Feed,
    renderer: Renderer,
    folder: tempfile::TempDir,
    /// The parts of the last look.
    parts: BTreeSet<usize>,
    _held: Vec<Arc<Part>>,
    /// Parts that were looked at, and those of them that were there before.
    seen: [usize; 2],
    /// How often each family was there.
    families: BTreeMap<String, usize>,
}

impl Pair {
    fn new() -> Pair {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        fs::write(path.join("driftgauge.toml"), CONFIG).unwrap();
        profile(path, "churn", 300, 10);
        profile(path, "price", 300, 10);
        let feed = || Feed::new(CONFIG, path);
        let (whole, changed) = (feed(), feed());
        let renderer = Renderer::default();
        let (parts, held, seen, families) = Default::default();
        Pair { whole, changed, renderer, folder, parts, _held: held, seen, families }
    }

    fn each(&mut self, act: impl Fn(&mut Feed)) {
        [&mut self.whole, &mut self.changed].into_iter().for_each(act);
    }

    /// Both say the same, in both formats and on the page.
    fn look(&mut self, what: &str) {
        let report = self.whole.report();
        let (text, open) = exposition::render(&report);
        let edition = self.changed.edition();
        assert_eq!(report.samples.len(), edition.series(), "{what}");
        for (expected, pieces) in [text, open].into_iter().zip(self.renderer.render(&edition)) {
            same(&expected, &pieces.to_vec(), what);
            assert_eq!(expected.len(), pieces.len(), "{what}");
        }
        let views = edition.views().report();
        assert_eq!(format!("{:?}", report.streams), format!("{:?}", views.streams), "{what}");
        assert_eq!(format!("{:?}", report.sources), format!("{:?}", views.sources), "{what}");
        assert_eq!(report.at, views.at, "{what}");
        for sample in &report.samples {
            let (name, suffix) = sample.of.name();
            *self.families.entry(format!("{name}{suffix}")).or_default() += 1;
        }
        let held: Vec<_> = edition.streams.into_iter().flat_map(|stream| stream.parts).collect();
        let parts: BTreeSet<usize> = held.iter().map(|part| Arc::as_ptr(part) as usize).collect();
        self.seen[0] += parts.len();
        self.seen[1] += parts.intersection(&self.parts).count();
        (self.parts, self._held) = (parts, held);
    }
}

/// Two expositions are equal; else the first line that is not.
fn same(expected: &[u8], found: &[u8], what: &str) {
    if expected != found {
        let lines = |text: &[u8]| String::from_utf8_lossy(text).lines().map(str::to_owned).collect::<Vec<_>>();
        let (expected, found) = (lines(expected), lines(found));
        let place = expected.iter().zip(&found).position(|(one, other)| one != other);
        let place = place.unwrap_or(expected.len().min(found.len()));
        panic!("{what}: line {place}: {:?} instead of {:?}", found.get(place), expected.get(place));
    }
}

/// Makes the profile of a model; `spread` makes one that differs.
fn profile(folder: &Path, model: &str, rows: usize, spread: usize) {
    let mut text = "ts,model,age,area,plan,score,prediction,label\n".to_owned();
    for row in 0..rows {
        let (answer, label) = match model {
            "price" => (format!("{}.5", row % 50), format!("{}", row % 47)),
            _ => (format!("{}", u8::from(row % 10 > 4)), format!("{}", u8::from(row / 2 % spread > 4))),
        };
        let plan = ["free", "basic", "pro"][row % 3];
        let (age, area, score) = (row % (6 * spread), row * row % 97, row % 10);
        writeln!(text, "{},{model},{age},{area},{plan},0.{score},{answer},{label}", START + row as i64).unwrap();
    }
    fs::write(folder.join("reference.csv"), text).unwrap();
    let output = format!("{model}.json");
    let of = ["profile", "--config", "driftgauge.toml", "--model", model];
    printed(folder, of.into_iter().chain(["--input", "reference.csv", "-o", &output]));
}

/// What has drifted has one category only, which the reference does not have, and large numbers.
fn prediction(dice: &mut Dice, at: i64, id: &str, (model, version): (&str, &str), has_drifted: bool) -> String {
    let time = Timestamp::from_seconds(at);
    let mut line = format!(r#"{{"ts":"{time}","id":"{id}","model":"{model}","version":"{version}""#);
    if dice.percent(4) {
        let error: &str = dice.one::<&str>(&["timeout", "oom"]);
        return line + &format!(r#","error":"{error}"}}"#);
    }
    let plan = if has_drifted { "gold" } else { dice.one::<&str>(&["free", "basic", "pro", "gold"]) };
    let age = match dice.below(20) {
        0 => "null".to_owned(),
        _ if has_drifted => "200".to_owned(),
        _ => dice.below(60).to_string(),
    };
    let area = dice.below(120);
    write!(line, r#","features":{{"age":{age},"area":{area},"plan":"{plan}"}},"latency_ms":{}"#, dice.below(30))
        .unwrap();
    match model {
        "price" => write!(line, r#","prediction":{}.25"#, dice.below(60)),
        "kind" => write!(line, r#","prediction":"{}""#, dice.one::<&str>(&["cat", "dog", "cow"])),
        _ => write!(line, r#","prediction":{},"score":0.{:02}"#, dice.below(2), dice.below(100)),
    }
    .unwrap();
    line + "}"
}

fn actual(dice: &mut Dice, at: i64, id: &str, model: &str) -> String {
    let time = Timestamp::from_seconds(at);
    let label = match model {
        "price" => format!("{}", dice.below(60)),
        "kind" => format!("\"{}\"", dice.one::<&str>(&["cat", "dog", "cow"])),
        _ => format!("{}", dice.below(2)),
    };
    format!(r#"{{"ts":"{time}","id":"{id}","label":{label}}}"#)
}

/// A random history: models that speak and fall silent, late events, actuals, time that goes on by itself, other
/// references and settings, counters that begin anew.
fn history(seed: u64, steps: usize) -> Pair {
    let (mut dice, mut pair) = (Dice(seed), Pair::new());
    let (mut now, mut spread, mut ids) = (START, 10, 0usize);
    let mut waiting: Vec<(String, &str)> = Vec::new();
    let mut awake = vec![MODELS[0]];
    for step in 0..steps {
        if dice.percent(20) {
            awake = MODELS.iter().filter(|_| dice.percent(20)).copied().collect();
            awake.extend([MODELS[0]; 2]);
        }
        let mut lines = Vec::new();
        for _ in 0..*dice.one(&[0, 1, 1, 2, 10, 150]) {
            let Some(model) = (!awake.is_empty()).then(|| *dice.one(&awake)) else { break };
            let has_drifted = model == MODELS[0] && step > steps / 2;
            now += i64::from(dice.percent(30)) * dice.below(8) as i64;
            let late = match dice.below(40) {
                0 => dice.below(8_000) as i64,
                1 | 2 => dice.below(90) as i64,
                _ => 0,
            };
            let id = format!("{ids}");
            ids += usize::from(dice.percent(98));
            lines.push(prediction(&mut dice, now - late, &id, model, has_drifted));
            if dice.percent(70) {
                waiting.push((id, model.0));
            }
        }
        while !waiting.is_empty() && dice.percent(98) {
            let (id, model) = waiting.swap_remove(dice.below(waiting.len()));
            let ahead = dice.below(20) as i64;
            lines.push(actual(&mut dice, now + ahead, &id, model));
        }
        let clock = dice.percent(50).then(|| Timestamp::from_seconds(now + dice.below(3) as i64));
        pair.each(|feed| feed.lines_at(0, lines.iter().map(String::as_str), clock));
        let elapsed = match dice.below(30) {
            0 | 1 => 1_800 + dice.below(9_000),
            2 | 3 => dice.below(600),
            4..15 => 20 + dice.below(40),
            _ => dice.below(5),
        };
        if dice.percent(60) {
            now += i64::from(dice.percent(50)) * elapsed as i64;
            pair.each(|feed| feed.pass(Length::from_seconds(elapsed as i64)));
        }
        match dice.below(60) {
            0 => {
                spread = 19 - spread;
                profile(pair.folder.path(), dice.one::<&str>(&["churn", "price"]), 300, spread);
                pair.each(|feed| assert!(feed.references().refresh().is_empty()));
            }
            1 => {
                let other = CONFIG.replace("[\"a*\", \"plan\"]", dice.one::<&str>(&["[\"plan\"]", "[]", "[\"*\"]"]));
                let other =
                    other.replace("feature_psi = 0.2", dice.one::<&str>(&["feature_psi = 0.3", "log_loss = 0.5"]));
                let mut models = config::parse(&other, "driftgauge.toml").unwrap().models;
                let folder = pair.folder.path().to_owned();
                for model in &mut models {
                    model.profile = model.profile.as_deref().map(|path| folder.join(path).display().to_string());
                }
                pair.each(|feed| feed.references().replace(models.clone()).unwrap());
            }
            2 => pair.each(|feed| feed.engine().reset_counters()),
            _ => {}
        }
        pair.look(&format!("seed {seed}, step {step}"));
        // Once more, when nothing has happened.
        if dice.percent(10) {
            pair.look(&format!("seed {seed}, after step {step}"));
        }
    }
    pair
}

#[test]
fn what_is_kept_is_what_would_be_computed() {
    let mut families = BTreeMap::new();
    let mut seen = [0, 0];
    for seed in 0..3 {
        let pair = history(seed, 80);
        families.extend(pair.families);
        seen = [seen[0] + pair.seen[0], seen[1] + pair.seen[1]];
    }
    let [all, kept] = seen;
    assert!(kept * 4 > all, "{kept} of {all} parts were kept");
    assert!(families.len() > 250, "{} families", families.len());
}
