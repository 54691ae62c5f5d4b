//! References by hour and day: a cycle that is usual is no drift, and a shift inside one slot is found.
//!
//! Seeds are beside the streams; `cargo test --test seasons -- --nocapture` prints what is in docs/STATISTICS.md.

#![allow(clippy::unwrap_used, clippy::panic, reason = "the helpers of a test are part of it")]

mod support {
    pub mod dice;
    pub mod program;
    pub mod small;
}

use driftgauge::engine::{Engine, Live, config};
use driftgauge::event::{Batch, Columns, Datum, Event, Happening, Kind, Prediction, Served, StreamKey, Task, Vector};
use driftgauge::profile::{Builder, Options, Reference, ReferenceSource, Resolved, Standing, Survey, Warning};
use driftgauge::report::Value;
use driftgauge::time::{Length, Season, Timestamp};
use std::collections::BTreeMap;
use std::sync::Arc;
use support::dice::Dice;
use support::program::{output, printed};
use support::small::{CONFIG, Small, predictions};

/// A Monday at midnight, UTC.
const START: i64 = 1_708_905_600;

/// Traffic and what is in it.
#[derive(Clone, Copy)]
struct Traffic {
    seed: u64,
    days: i64,
    /// Predictions an hour.
    hourly: i64,
    /// By how many deviations `x` is shifted in the hour from 14 to 15 o'clock.
    shift: f64,
    /// The same in all hours.
    shift_of_all: f64,
}

const QUIET: Traffic = Traffic { seed: 1, days: 14, hourly: 1_200, shift: 0.0, shift_of_all: 0.0 };

impl Traffic {
    /// Rows by the minute: by day the mean is 1.5 higher, and `c` is "a" in 20 % of the rows and not in 60 %.
    fn minutes(self) -> impl Iterator<Item = (i64, Batch)> {
        let mut dice = Dice(self.seed);
        let (mut due, columns) = (0, columns());
        (0..self.days * 1_440).map(move |minute| {
            let hour = minute / 60 % 24;
            let by_day = (8..20).contains(&hour);
            let shift = self.shift_of_all + if hour == 14 { self.shift } else { 0.0 };
            due += self.hourly;
            let rows = due / 60;
            due %= 60;
            let mut batch = Batch::default();
            batch.streams.push((key(), columns.clone()));
            for row in 0..rows {
                let x = normal(&mut dice) + shift + if by_day { 1.5 } else { 0.0 };
                let c = if dice.share() < if by_day { 0.2 } else { 0.6 } { "a" } else { "b" };
                let at = Timestamp(((START + minute * 60) * 1_000 + row * 60_000 / rows) * 1_000_000);
                push(&mut batch, Some(at), x, c, normal(&mut dice));
            }
            (minute, batch)
        })
    }

    fn reference(self, season: Option<Season>) -> (Reference, Vec<Warning>) {
        let options = Options { task: Task::Regression, positive_class: None, decision_threshold: 0.5, depth: 10 };
        let mut survey = Survey::new(options);
        self.minutes().for_each(|(_, batch)| survey.add(&batch));
        let mut builder = Builder::new(survey).unwrap().by_season(season);
        self.minutes().for_each(|(_, batch)| builder.add(&batch));
        builder.finish(None, Timestamp::from_seconds(START))
    }

    /// The minutes of the first alarms of each series, with the number of alarms in all.
    fn alarms(self, reference: &Arc<Reference>, season: Option<Season>) -> BTreeMap<String, (i64, u64)> {
        let standing = Standing::Loaded { reference: reference.clone(), stale: false };
        let model = config::Model {
            name: "m".to_owned(),
            task: Task::Regression,
            profile: None,
            warmup: Length::from_seconds(3_600),
            drift: config::Drift { season, ..config::Drift::default() },
            performance: config::Performance::default(),
            causes: config::Causes::default(),
            thresholds: config::Thresholds::default(),
            multivariate: driftgauge::derive::Wanted::default(),
            segments: config::Segments::default(),
            fleet: config::Fleet::default(),
        };
        let known = Known(Resolved { model: Arc::new(model), standing });
        let config = config::Config { windows: vec![Length::from_seconds(300)], ..config::Config::default() };
        let mut engine = Engine::new(config, Length::from_seconds(60), &["s".into()]).unwrap();
        let mut first = BTreeMap::new();
        for (minute, batch) in self.minutes() {
            engine.ingest(&batch, &known, None);
            // To the minute while one hour is shifted, else to the hour.
            if (self.shift == 0.0 || minute / 60 % 24 != 14) && minute % 60 != 59 {
                continue;
            }
            let report = engine.evaluate(&Live { sources: Vec::new(), lost_reasons: &[] });
            for sample in report.samples.iter().filter(|s| s.of.name().0 == "driftgauge_drift_alarms_total") {
                let Value::Number(count) = sample.value else { panic!() };
                let label = |name| sample.labels.iter().find(|(label, _)| *label == name).map_or("", |(_, v)| v);
                if count > 0.0 {
                    let series = format!("{} {}", label("feature"), label("statistic"));
                    first.entry(series).or_insert((minute, 0)).1 = count as u64;
                }
            }
        }
        first
    }
}

struct Known(Resolved);

impl ReferenceSource for Known {
    fn resolve(&self, _: &StreamKey) -> Option<Resolved> {
        Some(self.0.clone())
    }

    fn generation(&self) -> u64 {
        1
    }
}

fn key() -> StreamKey {
    StreamKey { model: "m".into(), version: "v".into() }
}

fn columns() -> Arc<Columns> {
    let features = vec![("x".into(), Kind::Numeric), ("c".into(), Kind::Categorical)];
    Arc::new(Columns { features, classes: Vec::new() })
}

fn push(batch: &mut Batch, at: Option<Timestamp>, x: f64, c: &str, prediction: f64) {
    let start = batch.data_length();
    batch.push_datum(Datum::Number(x));
    let text = batch.push_text(c);
    batch.push_datum(Datum::Category(text));
    let features = start..batch.data_length();
    let served = Served::Answered {
        prediction: Datum::Number(prediction),
        score: f64::NAN,
        scores: 0..0,
        latency: f64::NAN,
        interval: [f64::NAN; 2],
        items: None,
    };
    let prediction = Prediction { stream: 0, features, served, embedding: Vector::Missing, actual: None };
    batch.events.push(Event { at, id: None, happening: Happening::Prediction(prediction) });
}

/// A standard normal number, by Box and Muller.
fn normal(dice: &mut Dice) -> f64 {
    (-2.0 * (1.0 - dice.share()).ln()).sqrt() * (std::f64::consts::TAU * dice.share()).cos()
}

const HOUR_OF_DAY: Option<Season> = Some(Season::HourOfDay);

/// The reference as it would be if nothing were known of how its chunks vary: the box has neither wandering nor
/// dispersion.
fn without_noise(reference: &Reference) -> Reference {
    let mut plain = reference.clone();
    for noise in &mut plain.findings.noise {
        noise.between.clear();
        noise.dispersion.clear();
    }
    plain
}

#[test]
fn a_cycle_that_the_reference_has_is_no_drift() {
    let reference = Arc::new(QUIET.reference(HOUR_OF_DAY).0);
    let plain = Arc::new(without_noise(&reference));
    for (traffic, name) in [
        (Traffic { seed: 2, days: 14, hourly: 3_600, ..QUIET }, "60 a minute, 14 days"),
        (Traffic { seed: 3, days: 28, hourly: 300, ..QUIET }, "5 a minute, 28 days"),
        // Panes of two hours, most of them in several slots.
        (Traffic { seed: 4, days: 56, hourly: 30, ..QUIET }, "1 in two minutes, 56 days"),
    ] {
        let with = traffic.alarms(&reference, HOUR_OF_DAY);
        let (without, without_box) = (traffic.alarms(&reference, None), traffic.alarms(&plain, None));
        println!("{name}: season {with:?}, none {without:?}, none and no wandering {without_box:?}");
        assert!(with.is_empty(), "{name}: {with:?}");
        // Without the season the cycle is no drift either, as the box is so wide that it holds night and day.
        assert!(without.is_empty(), "{name}: {without:?}");
        let both = ["x distribution", "c distribution"].map(|series| without_box.contains_key(series));
        assert_eq!([true, true], both, "{name}: {without_box:?}");
    }
}

#[test]
fn a_shift_inside_one_hour_is_found() {
    let reference = Arc::new(QUIET.reference(HOUR_OF_DAY).0);
    // Predictions an hour, days, the shift, and the days within which it is found.
    for (seed, hourly, days, shift, within) in [
        (5, 3_600, 7, 0.5, Some(1)),
        (6, 3_600, 7, 0.25, Some(1)),
        (7, 300, 14, 0.5, Some(2)),
        (8, 300, 28, 0.25, None),
        (9, 60, 56, 0.5, None),
    ] {
        let traffic = Traffic { seed, hourly, days, shift, ..QUIET };
        let (with, without) = (traffic.alarms(&reference, HOUR_OF_DAY), traffic.alarms(&reference, None));
        println!("{hourly} an hour, {shift} from 14 to 15 o'clock: season {with:?}, none {without:?}");
        assert!(without.is_empty(), "{without:?}");
        assert!(with.keys().all(|series| series == "x distribution"), "{with:?}");
        if let Some(within) = within {
            let (first, _) = with["x distribution"];
            assert!((14 * 60..within * 1_440).contains(&first), "{hourly} {shift}: {first}");
        }
    }
}

#[test]
fn a_shift_of_all_hours_is_found_too() {
    let reference = Arc::new(QUIET.reference(HOUR_OF_DAY).0);
    for (seed, hourly, days, shift) in [(10, 300, 7, 0.5), (11, 300, 7, 0.25), (12, 60, 28, 0.5), (13, 60, 28, 0.25)] {
        let traffic = Traffic { seed, hourly, days, shift_of_all: shift, ..QUIET };
        let (with, without) = (traffic.alarms(&reference, HOUR_OF_DAY), traffic.alarms(&reference, None));
        println!("{hourly} an hour, {shift} in all hours: season {with:?}, none {without:?}");
        assert!(with.contains_key("x distribution"), "{hourly} {shift}");
    }
}

#[test]
fn a_profile_keeps_its_seasons_and_is_checked() {
    let short = Traffic { days: 2, hourly: 240, ..QUIET };
    let reference = short.reference(HOUR_OF_DAY).0;
    let seasons = reference.findings.seasons.clone().unwrap();
    assert_eq!((24, 4), (seasons.slots.len(), seasons.noise.len()));
    // Two days of 240 rows an hour; what is in the slots is what is in the whole.
    let rows = |slot: &Vec<Vec<u64>>| slot[0].iter().sum::<u64>();
    assert!(seasons.slots.iter().all(|slot| rows(slot) == 480));
    let day: u64 = seasons.slots[8..20].iter().map(|slot| slot[1][0]).sum();
    let all: u64 = seasons.slots.iter().map(|slot| slot[1][0]).sum();
    // The first category is the more frequent one, "b".
    assert!((day as f64 / 480.0 / 12.0 - 0.8).abs() < 0.02, "{day}");
    assert!(((all - day) as f64 / 480.0 / 12.0 - 0.4).abs() < 0.03, "{all}");
    let again = Reference::from_json(reference.to_json().as_bytes()).unwrap();
    assert_eq!((Some(&seasons), &reference.sha), (again.findings.seasons.as_ref(), &again.sha));
    let mut others = vec![seasons.clone(), seasons.clone(), seasons.clone(), seasons.clone(), seasons];
    others[0].slots.pop();
    others[1].season = Season::HourOfWeek;
    others[2].slots[3].pop();
    others[3].slots[3][0][0] = u64::MAX;
    others[4].noise.pop();
    for other in others {
        let mut changed = reference.clone();
        changed.findings.seasons = Some(other);
        let Reference { created, model, rows, observer, inputs, pairs, findings, .. } = changed;
        let text = Reference::new(model, created, rows, observer, inputs, pairs, findings).to_json();
        let error = Reference::from_json(text.as_bytes()).unwrap_err().to_string();
        assert_eq!("the profile contradicts itself: the seasons of the inputs", error);
    }
}

#[test]
fn slots_with_few_rows_and_rows_without_a_time_are_said() {
    let few = Traffic { days: 2, hourly: 90, ..QUIET };
    let (reference, warnings) = few.reference(HOUR_OF_DAY);
    assert_eq!(None, reference.findings.seasons);
    assert!(warnings.contains(&Warning::FewSlots(Season::HourOfDay, 24)), "{warnings:?}");
    let (reference, warnings) = few.reference(Some(Season::DayOfWeek));
    let slots = reference.findings.seasons.unwrap().slots;
    assert_eq!(vec![false, false, true, true, true, true, true], slots.iter().map(Vec::is_empty).collect::<Vec<_>>());
    assert!(warnings.contains(&Warning::FewSlots(Season::DayOfWeek, 5)), "{warnings:?}");
    assert_eq!(None, few.reference(None).0.findings.seasons);

    // The rows of the small reference have no time.
    let small = Small::new(&format!("{CONFIG}[drift]\nseason = \"day_of_week\"\n"));
    small.write("log.jsonl", &predictions(0..20));
    let arguments = ["profile", "--config", "driftgauge.toml", "--input", "reference.csv", "-o", "profile.json"];
    let said = String::from_utf8(output(small.path(), arguments).stderr).unwrap();
    assert!(said.contains("warning: 200 rows have no time: they are in no slot of the season"), "{said}");
    let checked = output(small.path(), ["check", "--config", "driftgauge.toml"]);
    let said = String::from_utf8(checked.stderr).unwrap();
    let note = "note: model churn 1: drift.season is day_of_week, but its profile has no season: build it again";
    assert!(checked.status.success() && said.contains(note), "{said}");

    // With a time in each row it has one, and the note is gone.
    let day = |row: usize| format!("2024-03-0{}T00:00:00Z,{},free,0.5,1,1\n", 1 + row % 7, row % 60);
    let rows: String = (0..1_500).map(day).collect();
    small.write("reference.csv", &format!("timestamp,age,plan,score,prediction,label\n{rows}"));
    printed(small.path(), arguments);
    let said = String::from_utf8(output(small.path(), ["check", "--config", "driftgauge.toml"]).stderr).unwrap();
    assert!(!said.contains("drift.season"), "{said}");
}
