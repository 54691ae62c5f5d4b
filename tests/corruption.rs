//! Damaged logs: whatever bytes stand in them, every line is applied or rejected for one reason, and counted.

#![allow(clippy::unwrap_used, clippy::panic, reason = "the helpers of a test are part of it")]

mod support {
    pub mod dice;
    pub mod program;
    pub mod prom_text;
}

use driftgauge::app;
use driftgauge::config::{self, Config};
use driftgauge::engine::{Engine, Live};
use driftgauge::event::Happening;
use driftgauge::exposition;
use driftgauge::references::{self, References};
use driftgauge::source::Whole;
use driftgauge::tail::FileLines;
use std::fs;
use std::io::Cursor;
use std::path::Path;
use std::sync::Arc;
use support::dice::Dice;
use support::program::printed;
use support::prom_text::Exposition;

const CORRUPTIONS: u64 = 1_000;
const ROWS: usize = 40;

#[test]
fn damaged_json_lines_are_applied_or_rejected_and_counted() {
    let row = |row: &Row| {
        let Row { index, age, plan, score, label } = row;
        let head = format!(r#""ts":"2025-03-08T00:{index:02}:00Z","request_id":"r{index}","model":"churn""#);
        format!(
            r#"{{{head},"version":"1","features":{{"age":{age},"plan":"{plan}","tags":[1,{{"a":"\u00e9\n"}}]}},"prediction":"{label}","score":{score},"latency_ms":1.5e1}}"#
        )
    };
    let actual = |row: &Row| format!(r#"{{"ts":1741392000,"request_id":"r{}","label":"{}"}}"#, row.index, row.label);
    damage("jsonl", None, row, actual);
}

#[test]
fn damaged_csv_is_applied_or_rejected_and_counted() {
    let header = "ts,request_id,model,version,age,plan,prediction,score,label,latency_ms";
    let row = |row: &Row| {
        let Row { index, age, plan, score, label } = row;
        format!(r#"2025-03-08T00:{index:02}:00Z,r{index},churn,1,{age},"{plan}, ""x""",{label},{score},,15"#)
    };
    let actual = |row: &Row| format!("2025-03-08T01:00:00Z,r{},,,,,,,{},", row.index, row.label);
    damage("csv", Some(header), row, actual);
}

#[test]
fn damaged_logfmt_is_applied_or_rejected_and_counted() {
    let row = |row: &Row| {
        let Row { index, age, plan, score, label } = row;
        format!(
            r#"ts=2025-03-08T00:{index:02}:00Z id=r{index} model=churn version=1 age={age} plan="{plan} \"x\"" prediction={label} score={score} latency_ms=15"#
        )
    };
    let actual = |row: &Row| format!("ts=2025-03-08T01:00:00Z id=r{} label={}", row.index, row.label);
    damage("logfmt", None, row, actual);
}

struct Row {
    index: usize,
    age: usize,
    plan: &'static str,
    score: f64,
    label: &'static str,
}

fn damage(format: &str, header: Option<&str>, row: impl Fn(&Row) -> String, actual: impl Fn(&Row) -> String) {
    let mut dice = Dice(7);
    let mut lines: Vec<String> = header.map(str::to_owned).into_iter().collect();
    for index in 0..ROWS {
        let plan = *dice.one(&["free", "basic", "pro"]);
        let label = *dice.one(&["yes", "no"]);
        let about = Row { index, age: dice.below(60), plan, score: dice.share(), label };
        lines.push(row(&about));
        lines.push(actual(&about));
    }
    let log = lines.join("\n") + "\n";
    let folder = tempfile::tempdir().unwrap();
    let kinds = [Bench::with_profile(format, folder.path(), &log), Bench::of_any_model(format)];
    for bench in &kinds {
        // Sound lines are all applied.
        let applied = bench.read(log.as_bytes());
        assert_eq!((ROWS as f64, ROWS as f64), applied, "{format}");
    }
    for seed in 0..CORRUPTIONS {
        let mut dice = Dice(seed);
        let mut bytes = log.clone().into_bytes();
        for _ in 0..1 + dice.below(6) {
            corrupt(&mut bytes, &mut dice);
        }
        let bench = &kinds[seed as usize % kinds.len()];
        let outcome = std::panic::catch_unwind(|| bench.read(&bytes));
        assert!(outcome.is_ok(), "{format}, seed {seed}");
    }
}

/// One random damage: a flipped bit, bytes deleted, inserted or doubled, or the end cut off.
fn corrupt(bytes: &mut Vec<u8>, dice: &mut Dice) {
    if bytes.is_empty() {
        return;
    }
    let at = dice.below(bytes.len());
    let end = (at + 1 + dice.below(30)).min(bytes.len());
    match dice.below(6) {
        0 | 1 => bytes[at] ^= 1 << dice.below(8),
        2 => drop(bytes.drain(at..end)),
        3 => {
            let noise: Vec<u8> = (0..1 + dice.below(4)).map(|_| *dice.one(b"\0\n\r\"\\{}[],=: \xff\xc3e9-")).collect();
            drop(bytes.splice(at..at, noise));
        }
        4 => {
            let copy = bytes[at..end].to_vec();
            drop(bytes.splice(at..at, copy));
        }
        _ if dice.percent(20) => bytes.truncate(at),
        _ => bytes[at] = dice.bits() as u8,
    }
}

struct Bench {
    format: String,
    config: Config,
    profile: Option<std::path::PathBuf>,
}

impl Bench {
    /// One model, which has a profile: records of others are rejected.
    fn with_profile(format: &str, folder: &Path, log: &str) -> Bench {
        let name = format!("reference.{format}");
        fs::write(folder.join(&name), log).unwrap();
        fs::write(folder.join("driftgauge.toml"), text(format, "churn", "profile = \"profile.json\"")).unwrap();
        printed(folder, ["profile", "--config", "driftgauge.toml", "--input", &name, "-o", "profile.json"]);
        Bench { profile: Some(folder.join("profile.json")), ..Bench::new(format, "churn") }
    }

    /// Every name is a model's, and learned.
    fn of_any_model(format: &str) -> Bench {
        Bench::new(format, "*")
    }

    fn new(format: &str, model: &str) -> Bench {
        let config = config::parse(&text(format, model, ""), "driftgauge.toml").unwrap();
        Bench { format: format.to_owned(), config, profile: None }
    }

    /// Reads a log, checks that nothing is lost, and gives the numbers of predictions and actuals.
    fn read(&self, bytes: &[u8]) -> (f64, f64) {
        let mut models = self.config.models.clone();
        models[0].profile = self.profile.as_ref().map(|path| path.display().to_string());
        let references = Arc::new(References::new(models, references::Config::default()).unwrap());
        assert!(references.load_all().is_empty());
        let source = app::source_configs(&self.config).remove(0);
        let mut engine = Engine::new(
            self.config.engine.clone(),
            app::longest_delay(&self.config.models),
            std::slice::from_ref(&source.name),
        )
        .unwrap();
        let lines = FileLines::from_reader(Cursor::new(bytes.to_vec()), &source.tail);
        let mut file = Whole::new(0, &source, "log".into(), lines, references.clone());
        let (mut lines, mut rejected, mut predictions, mut actuals, mut inline) = (0, 0, 0, 0, 0);
        while let Some((counts, _)) = file.refill().unwrap() {
            engine.count(0, &counts);
            lines += counts.lines;
            rejected += counts.rejected.values().sum::<u64>();
            assert!(counts.lost.is_empty(), "no line is too long");
            for event in &file.batch().events {
                match &event.happening {
                    Happening::Prediction(prediction) => {
                        predictions += 1;
                        inline += u64::from(prediction.actual.is_some());
                    }
                    Happening::Actual(_) => actuals += 1,
                }
            }
            engine.ingest(file.batch(), references.as_ref(), None);
        }
        let written = written(bytes);
        assert_eq!(written.len() as u64, lines, "lines");
        let (blank, headers) = (blank(&written), if self.format == "csv" { headers(&written) } else { 0 });
        let silent = lines - predictions - actuals - rejected;
        // Without a header that can be read, there is no row either.
        let headless = predictions + actuals == 0 && silent == blank;
        assert!(
            silent == blank + headers || headless,
            "{silent} lines without a trace, {blank} blank, {headers} headers"
        );

        let report = engine.evaluate(&Live { sources: Vec::new(), lost_reasons: app::lost_reasons() });
        let (text, _) = exposition::render(&report);
        let shown = Exposition::parse(&String::from_utf8(text).unwrap());
        for (name, expected) in [
            ("source_lines_total", lines),
            ("decode_failures_total", rejected),
            ("predictions_total", predictions),
            ("actuals_total", actuals + inline),
        ] {
            assert_eq!(expected as f64, shown.sum(&format!("driftgauge_{name}")), "{name}");
        }
        (predictions as f64, actuals as f64)
    }
}

fn text(format: &str, model: &str, more: &str) -> String {
    format!(
        r#"
[[source]]
paths = ["log"]
format = {format:?}
[[model]]
name = {model:?}
task = "binary"
{more}
[performance]
positive_class = "yes"
"#
    )
}

/// The lines of a file; the last one may have no end.
fn written(bytes: &[u8]) -> Vec<&[u8]> {
    let mut lines: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').collect();
    if lines.last().is_some_and(|last| last.is_empty()) {
        lines.pop();
    }
    lines
}

/// Blank lines.
fn blank(lines: &[&[u8]]) -> u64 {
    lines.iter().filter(|line| is_blank(line)).count() as u64
}

fn is_blank(line: &[u8]) -> bool {
    line.iter().all(|byte| matches!(byte, b' ' | b'\t' | b'\r'))
}

/// The header of a CSV file as often as it comes.
fn headers(lines: &[&[u8]]) -> u64 {
    let bare = |line: &[u8]| line.strip_suffix(b"\r").unwrap_or(line).to_vec();
    let header = lines.iter().find(|line| !is_blank(line)).map(|line| bare(line));
    lines.iter().filter(|line| Some(bare(line)) == header).count() as u64
}
