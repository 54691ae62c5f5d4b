//! The same events give the same report, in whatever order, files, sources and batches they come.

#![allow(clippy::unwrap_used, clippy::panic, reason = "the helpers of a test are part of it")]

mod support {
    pub mod dice;
    pub mod program;
}

use driftgauge::app::{self, replay};
use driftgauge::config::{self, Config};
use driftgauge::engine::{Engine, Live};
use driftgauge::event::Batch;
use driftgauge::exposition;
use driftgauge::references::{self, References};
use driftgauge::report::Report;
use driftgauge::schema::Schema;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use support::dice::Dice;
use support::program::printed;
use tempfile::TempDir;

/// Seconds from the first prediction to the last; with the actuals, 3,000 later, still less than the lateness.
const SPAN: usize = 3_400;
const PREDICTIONS: usize = 300;

/// Two models with a profile each, and a log with everything that can be in one.
struct Bench {
    folder: TempDir,
    lines: Vec<String>,
    lateness: &'static str,
}

impl Bench {
    fn new(seed: u64) -> Bench {
        Bench::of(seed, PREDICTIONS, "2h")
    }

    fn of(seed: u64, predictions: usize, lateness: &'static str) -> Bench {
        let mut dice = Dice(seed);
        let bench = Bench { folder: tempfile::tempdir().unwrap(), lines: log(&mut dice, predictions), lateness };
        let mut reference = "age,plan,score,prediction,label\n".to_owned();
        for _ in 0..200 {
            let (age, plan, score) = (dice.below(60), dice.one(&["free", "basic", "pro"]), dice.share());
            let (prediction, label) = (u8::from(score > 0.5), dice.below(2));
            reference.push_str(&format!("{age},{plan},{score},{prediction},{label}\n"));
        }
        bench.write("reference.csv", &reference);
        bench.write("driftgauge.toml", &text(&["log-*.jsonl".to_owned()], lateness));
        for model in ["churn", "price"] {
            let output = format!("{model}.json");
            let mut arguments = vec!["profile", "--config", "driftgauge.toml", "--input", "reference.csv"];
            arguments.extend(["--model", model, "-o", &output]);
            printed(bench.folder.path(), arguments);
        }
        bench
    }

    fn write(&self, name: &str, content: &str) {
        fs::write(self.folder.path().join(name), content).unwrap();
    }

    /// The config with these patterns of paths, one source each.
    fn config(&self, patterns: &[String]) -> (Config, Arc<References>) {
        let whole = |name: &str| self.folder.path().join(name).display().to_string();
        let patterns: Vec<String> = patterns.iter().map(|pattern| whole(pattern)).collect();
        let mut config = config::parse(&text(&patterns, self.lateness), "driftgauge.toml").unwrap();
        for model in &mut config.models {
            model.profile = model.profile.as_deref().map(whole);
        }
        let references = References::new(config.models.clone(), references::Config::default()).unwrap();
        assert!(references.load_all().is_empty());
        (config, Arc::new(references))
    }

    /// Feeds lines in this order to an engine, in random batches of two random sources.
    fn ingested(&self, lines: &[String], dice: &mut Dice) -> String {
        self.in_batches(lines, dice, |dice| 1 + dice.below(80))
    }

    /// The same in batches of such sizes.
    fn in_batches(&self, lines: &[String], dice: &mut Dice, size: impl Fn(&mut Dice) -> usize) -> String {
        let (config, references) = self.config(&["a".to_owned(), "b".to_owned()]);
        let sources = app::source_configs(&config);
        let names: Vec<Arc<str>> = sources.iter().map(|source| source.name.clone()).collect();
        let mut engine = Engine::new(config.engine.clone(), app::longest_delay(&config.models), &names).unwrap();
        let mut readers: Vec<_> = sources
            .iter()
            .map(|source| Schema::new(source.schema.clone(), source.role, source.format, source.most_features))
            .map(|schema| (schema.decoder(), schema))
            .collect();
        let mut rest = lines;
        while !rest.is_empty() {
            let (now, later) = rest.split_at(rest.len().min(size(dice)));
            rest = later;
            let reader = dice.below(readers.len());
            let (decoder, schema) = &mut readers[reader];
            let mut batch = Batch::default();
            schema.begin_batch();
            for line in now {
                schema.read(line.as_bytes(), decoder, references.as_ref(), &mut batch).unwrap();
            }
            engine.ingest(&batch, references.as_ref(), None);
            if dice.percent(20) {
                engine.tidy();
            }
        }
        engine.advance(engine.now().unwrap());
        samples(&engine.evaluate(&Live { sources: Vec::new(), lost_reasons: app::lost_reasons() }))
    }

    /// Divides lines in this order among random files of random sources, and replays them.
    fn replayed(&self, lines: &[String], dice: &mut Dice) -> String {
        let patterns = self.divided(lines, dice);
        samples(&self.replay(&patterns, Some(dice.below(4))))
    }

    fn replay(&self, patterns: &[String], threads: Option<usize>) -> Report {
        let (config, references) = self.config(patterns);
        let options = replay::Options { threads, ..replay::Options::default() };
        replay::replay(&config, &references, options, |_| {}).unwrap().1
    }

    /// Divides lines in this order among random files of random sources: the patterns of each source.
    fn divided(&self, lines: &[String], dice: &mut Dice) -> Vec<String> {
        let (sources, files) = (1 + dice.below(3), 1 + dice.below(4));
        let mut contents = vec![vec![String::new(); files]; sources];
        for line in lines {
            let content = &mut contents[dice.below(sources)][dice.below(files)];
            content.push_str(line);
            content.push('\n');
        }
        let mut patterns = Vec::new();
        for (source, files) in contents.iter().enumerate() {
            let folder = format!("source-{source}-of-{}", dice.bits());
            fs::create_dir(self.folder.path().join(&folder)).unwrap();
            for (index, content) in files.iter().enumerate() {
                self.write(&Path::new(&folder).join(format!("{index}.jsonl")).display().to_string(), content);
            }
            patterns.push(format!("{folder}/*.jsonl"));
        }
        patterns
    }
}

fn text(patterns: &[String], lateness: &str) -> String {
    let sources: String = patterns.iter().map(|pattern| format!("[[source]]\npaths = [{pattern:?}]\n")).collect();
    format!(
        r#"
{sources}
[[model]]
name = "churn"
task = "binary"
profile = "churn.json"
[[model]]
name = "price"
task = "regression"
profile = "price.json"
[windows]
lengths = ["5m", "1h"]
lateness = "{lateness}"
[schema.kinds]
age = "numeric"
plan = "categorical"
"#
    )
}

/// Predictions in the order of their time, each followed by its actual if there is one.
fn log(dice: &mut Dice, predictions: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for index in 0..predictions {
        let second = index * SPAN / predictions;
        let time = |second: usize| format!("{:02}:{:02}:{:02}", second / 3_600, second / 60 % 60, second % 60);
        let model = *dice.one(&["churn", "churn", "price"]);
        let version = *dice.one(&["1", "2"]);
        let head =
            format!(r#""ts":"2025-03-08T{}Z","id":"{index}","model":"{model}","version":"{version}""#, time(second));
        let line = if dice.percent(10) {
            let error = *dice.one(&["timeout", "bad_request"]);
            format!(r#"{{{head},"features":null,"prediction":null,"error":"{error}"}}"#)
        } else {
            let age = match dice.below(10) {
                0 => "null".to_owned(),
                1 => r#""41.5""#.to_owned(),
                2 => r#""old""#.to_owned(),
                _ => format!("{:.3}", dice.share() * 80.0),
            };
            let plan = *dice.one(&["free", "basic", "pro", "trial", "gold"]);
            let score = dice.share();
            let prediction = if model == "churn" { format!("{}", u8::from(score > 0.5)) } else { format!("{score}") };
            let latency = dice.share() * 100.0;
            format!(
                r#"{{{head},"features":{{"age":{age},"plan":"{plan}"}},"prediction":{prediction},"score":{score},"latency_ms":{latency}}}"#
            )
        };
        if !line.contains("\"error\"") && dice.percent(10) {
            // A shadow deployment: another version answers the same request.
            let (of, other) = if version == "1" { ("1", "2") } else { ("2", "1") };
            lines.push(line.replace(&format!(r#""version":"{of}""#), &format!(r#""version":"{other}""#)));
        }
        let copies = 1 + usize::from(dice.percent(5));
        lines.extend(std::iter::repeat_n(line, copies));
        if dice.percent(80) {
            let label = if dice.percent(3) { "null".to_owned() } else { format!("{}", dice.below(2)) };
            let known = time(second + dice.below(3_000));
            let actual = format!(r#"{{"ts":"2025-03-08T{known}Z","id":"{index}","label":{label}}}"#);
            let copies = 1 + usize::from(dice.percent(5));
            // A null actual is no actual: such a line would be rejected.
            lines.extend(std::iter::repeat_n(actual, copies).filter(|_| label != "null"));
        }
    }
    lines
}

/// The exposition without what is counted by source.
fn samples(report: &Report) -> String {
    let (text, _) = exposition::render(report);
    let text = String::from_utf8(text).unwrap();
    text.lines().filter(|line| !line.contains("{source=")).map(|line| format!("{line}\n")).collect()
}

/// The first difference, for people.
fn same(expected: &str, observed: &str, what: &str) {
    for (expected, observed) in expected.lines().zip(observed.lines()) {
        assert_eq!(expected, observed, "{what}");
    }
    assert_eq!(expected.lines().count(), observed.lines().count(), "{what}");
}

#[test]
fn order_files_sources_and_batches_do_not_change_the_report() {
    for seed in 0..6 {
        let bench = Bench::new(seed);
        let mut dice = Dice(seed + 1_000);
        let expected = bench.ingested(&bench.lines, &mut dice);
        for family in ["feature_psi{", "accuracy_ratio{", "mean_error{", "late_events_total{"] {
            assert!(expected.contains(&format!("driftgauge_{family}")), "the log has no {family}");
        }
        for round in 0..12 {
            let mut lines = bench.lines.clone();
            dice.shuffle(&mut lines);
            same(&expected, &bench.ingested(&lines, &mut dice), &format!("seed {seed} round {round}: batches"));
            same(&expected, &bench.replayed(&lines, &mut dice), &format!("seed {seed} round {round}: files"));
        }
    }
}

#[test]
fn threads_that_read_ahead_change_no_byte_of_a_replay() {
    // Several blocks of each file.
    let bench = Bench::of(7, 20_000, "2h");
    let patterns = bench.divided(&bench.lines, &mut Dice(7));
    let printed = |threads| exposition::render(&bench.replay(&patterns, threads));
    let expected = printed(Some(0));
    assert!(expected.0.len() > 10_000);
    for threads in [Some(1), Some(2), Some(5), None] {
        assert!(expected == printed(threads), "{threads:?}");
    }
}

#[test]
fn actuals_before_and_after_all_predictions_give_the_same_report() {
    for seed in 100..106 {
        let bench = Bench::new(seed);
        let mut dice = Dice(seed);
        let (actuals, predictions): (Vec<_>, Vec<_>) =
            bench.lines.iter().cloned().partition(|line| line.contains("\"label\""));
        let after = bench.ingested(&[predictions.clone(), actuals.clone()].concat(), &mut dice);
        let before = bench.ingested(&[actuals, predictions].concat(), &mut dice);
        same(&after, &before, &format!("seed {seed}"));
        same(&after, &bench.replayed(&bench.lines, &mut dice), &format!("seed {seed}: files"));
    }
}

/// The lines by the second of their time, each held up by less than this many seconds.
fn held_up(lines: &[String], seconds: usize, dice: &mut Dice) -> Vec<String> {
    let at = |line: &str| {
        let clock = &line.split_once("T").unwrap().1[..8];
        clock.split(':').fold(0, |sum, part| sum * 60 + part.parse::<usize>().unwrap())
    };
    let mut lines: Vec<(usize, String)> =
        lines.iter().map(|line| (at(line) + dice.below(seconds), line.clone())).collect();
    dice.shuffle(&mut lines);
    lines.sort_by_key(|(at, _)| *at);
    lines.into_iter().map(|(_, line)| line).collect()
}

#[test]
fn what_comes_within_the_lateness_is_in_the_evidence_in_whatever_order() {
    for seed in 200..203 {
        // Panes settle all along the way, as the lateness is much shorter than the log.
        let bench = Bench::of(seed, 2_000, "2m");
        let mut dice = Dice(seed);
        let expected = bench.ingested(&held_up(&bench.lines, 1, &mut dice), &mut dice);
        let of = |family: &str| -> Vec<f64> {
            let lines = expected.lines().filter(|line| line.starts_with(&format!("driftgauge_{family}{{")));
            lines.map(|line| line.rsplit_once(' ').unwrap().1.parse().unwrap()).collect()
        };
        // Predictions and labels are not like the reference's, and scores of the reference are.
        assert!(of("evidence_panes_total").iter().sum::<f64>() > 50.0);
        assert!(of("drift_log_evalue").len() > 20 && of("drift_effect").len() > 20);
        assert!(of("drift_alarms_total").iter().sum::<f64>() > 3.0);
        assert_eq!(0.0, of("evidence_excluded_events_total").iter().sum::<f64>());
        for round in 0..10 {
            let lines = held_up(&bench.lines, 120, &mut dice);
            same(&expected, &bench.ingested(&lines, &mut dice), &format!("seed {seed} round {round}: batches"));
            same(&expected, &bench.replayed(&lines, &mut dice), &format!("seed {seed} round {round}: files"));
        }
    }
}

/// Two predictions a second of one stream: so few in a pane that one alone is never counted ahead, and enough that
/// they are when they come together.
fn dense(dice: &mut Dice) -> Vec<String> {
    let mut lines = Vec::new();
    for index in 0..2_000 {
        let (second, half) = (index / 2, index % 2 * 5);
        let time = format!("{:02}:{:02}:{:02}.{half}", second / 3_600, second / 60 % 60, second % 60);
        let age = match dice.below(20) {
            0..4 => "null".to_owned(),
            4 => dice.one(&["\"41.5\"", "\"old\"", "NaN", "-Infinity", "[1]", "1e300"]).to_string(),
            _ => format!("{:.3}", dice.share() * 80.0),
        };
        let plan = match dice.below(20) {
            0 => dice.one(&["null", "7", "\"\"", "\"pr\\u006f\"", "{}", "\"more than sixteen bytes\""]).to_string(),
            _ => format!("\"{}\"", dice.one(&["free", "basic", "trial"])),
        };
        let score = dice.share();
        let class = *dice.one(&["0", "1", "1", "\"other\""]);
        let mut rest = format!(r#""features":{{"age":{age},"plan":{plan}}}"#);
        for (share, part) in [
            (97, format!(r#","prediction":{class}"#)),
            (97, format!(r#","score":{score}"#)),
            (80, format!(r#","latency_ms":{}"#, dice.share() * 100.0)),
            (1, format!(r#","label":{}"#, dice.below(2))),
        ] {
            if dice.percent(share) {
                rest.push_str(&part);
            }
        }
        // Now and then an id comes again.
        let id = if dice.percent(3) { index / 2 } else { index };
        lines.push(format!(r#"{{"ts":"2025-03-08T{time}Z","id":"{id}","model":"churn","version":"1",{rest}}}"#));
    }
    lines
}

#[test]
fn predictions_that_come_together_are_counted_as_each_alone() {
    for seed in 0..3 {
        let mut dice = Dice(seed);
        let bench = Bench::new(seed);
        let lines = dense(&mut dice);
        let alone = bench.in_batches(&lines, &mut Dice(seed), |_| 1);
        let together = bench.in_batches(&lines, &mut Dice(seed), |_| 500);
        same(&alone, &together, &format!("seed {seed}"));
    }
}
