//! The path from files to what is published, as a model that is shrunk when it fails: steps of a writer, of a process
//! that reads, commits, and crashes, and of somebody who looks at what is published.
//!
//! That the oracles see what they are for is part of the suite: a process that skips a line, one that takes a line
//! twice, and one that publishes before it commits are found out.

#![allow(clippy::unwrap_used, clippy::panic, reason = "the helpers of a test are part of it")]

mod support {
    pub mod dice;
    pub mod eye;
    pub mod program;
    pub mod prom_text;
    pub mod rotating;
    pub mod small;
}

use driftgauge::engine::{Engine, Live};
use driftgauge::references::{self, References};
use driftgauge::snapshot::{self, Frame, Outcome, Snapshot};
use driftgauge::source::Source;
use driftgauge::time::Timestamp;
use driftgauge::{app, config, exposition};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestError, TestRunner};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use support::eye::{Eye, is_counter};
use support::program::printed;
use support::prom_text::Exposition;
use support::rotating::Rotating;
use support::small::Small;

const CONFIG: &str = r#"
[[source]]
name = "log"
paths = ["log.jsonl*"]
[[model]]
name = "churn"
task = "binary"
profile = "profile.json"
[windows]
lengths = ["5m", "1h"]
lateness = "1h"
"#;

/// What a process does wrong.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    None,
    /// It leaves out the first event of some blocks.
    Skips,
    /// It takes the first event of some blocks twice.
    Repeats,
    /// It shows what is not durable yet.
    PublishesEarly,
}

#[derive(Clone, Debug)]
enum Step {
    Write(u8),
    Read,
    Commit,
    Crash,
    /// A crash of the machine: the newer slot is lost.
    LoseCommit,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (1u8..40).prop_map(Step::Write),
        4 => Just(Step::Read),
        4 => Just(Step::Commit),
        2 => Just(Step::Crash),
        1 => Just(Step::LoseCommit),
    ];
    prop::collection::vec(step, 1..40)
}

/// What can be done without: a folder with a profile, made once.
struct Prepared(Small);

impl Prepared {
    fn new() -> Prepared {
        let small = Small::new(CONFIG);
        let arguments = ["profile", "--config", "driftgauge.toml", "--input", "reference.csv", "-o", "profile.json"];
        printed(small.path(), arguments);
        Prepared(small)
    }

    fn config(&self, folder: &Path) -> config::Config {
        let mut config = config::parse(CONFIG, "driftgauge.toml").unwrap();
        config.models[0].profile = Some(self.0.file("profile.json").display().to_string());
        config.sources[0].paths = vec![folder.join("log.jsonl*").display().to_string()];
        config
    }
}

/// One life of the process.
struct Process {
    engine: Engine,
    references: Arc<References>,
    source: Source,
    snapshot: Snapshot,
    frame: Frame,
    all: bool,
    blocks: usize,
}

impl Process {
    /// Starts on what is there. Of the commit before the last it reads on before it shows anything.
    fn start(config: &config::Config, folder: &Path, clock: i64) -> Process {
        let references = Arc::new(References::new(config.models.clone(), references::Config::default()).unwrap());
        assert!(references.load_all().is_empty());
        let names = ["log".into()];
        let mut engine = Engine::new(config.engine.clone(), app::longest_delay(&config.models), &names).unwrap();
        let place = snapshot::Config { directory: folder.join("state"), instance: Some("one".to_owned()) };
        let (snapshot, outcome, restored) = Snapshot::open(&place).unwrap();
        let mut frame = Frame { seed: 7, started: Timestamp::from_seconds(clock), failures: 0, learned: Vec::new() };
        if let Some(restored) = restored {
            frame = restored.frame;
            engine = engine.restore(restored.head, restored.records, references.as_ref());
        }
        let mut settings = app::source_configs(config).remove(0);
        settings.tail.seed = frame.seed;
        let mut source = Source::new(&settings, references.clone()).unwrap();
        let files = source.resume(engine.positions(0).map(|(_, position)| position));
        engine.resumed(0, &files);
        let engine = engine.logged();
        let mut process = Process { engine, references, source, snapshot, frame, all: true, blocks: 0 };
        if outcome == Outcome::Previous {
            process.read(Fault::None);
        }
        process
    }

    fn read(&mut self, fault: Fault) {
        self.source.discover(Duration::ZERO);
        loop {
            let (block, progress) = self.source.poll();
            self.engine.count(0, &block.counts);
            self.blocks += usize::from(!block.batch.events.is_empty());
            let is_wrong = self.blocks.is_multiple_of(3) && !block.batch.events.is_empty();
            let from = usize::from(fault == Fault::Skips && is_wrong);
            let references = self.references.as_ref();
            self.engine.ingest_some(&block.batch, from..block.batch.events.len(), references, None);
            if fault == Fault::Repeats && is_wrong {
                self.engine.ingest_some(&block.batch, 0..1, references, None);
            }
            if !progress.more {
                return;
            }
        }
    }

    fn rendered(&mut self) -> Exposition {
        self.engine.tidy();
        let mut report = self.engine.evaluate(&Live { sources: Vec::new(), lost_reasons: app::lost_reasons() });
        let start = driftgauge::report::Of::Family(&driftgauge::report::families::COUNTERS_START);
        report.push(start, Vec::new(), self.frame.started.seconds());
        Exposition::parse(&String::from_utf8(exposition::render(&report).0).unwrap())
    }

    fn commit(&mut self) {
        let all = std::mem::take(&mut self.all) || self.engine.forgot_changes() || self.snapshot.wants_all();
        let mut records = Vec::new();
        let head = self.engine.save(all, &mut |record| records.extend(postcard::to_stdvec(&record).unwrap()));
        self.snapshot.commit(&self.frame, &head, &records, all).unwrap();
    }
}

fn newer_slot(folder: &Path) -> Option<std::path::PathBuf> {
    let number =
        |path: &Path| std::fs::read(path).ok()?.get(12..20).map(|bytes| u64::from_le_bytes(bytes.try_into().unwrap()));
    let slots = ["head.0", "head.1"].map(|name| folder.join("state/driftgauge").join(name));
    slots.into_iter().filter(|path| number(path).is_some()).max_by_key(|path| number(path))
}

/// Runs a script, and says what was wrong.
fn run(prepared: &Prepared, steps: &[Step], fault: Fault) -> Result<(), String> {
    let folder = tempfile::tempdir().unwrap();
    let config = prepared.config(folder.path());
    let (mut log, mut eye, mut clock) = (Rotating::new(folder.path(), 5), Eye::default(), 1_000);
    let mut process = Process::start(&config, folder.path(), clock);
    for step in steps {
        clock += 1;
        match step {
            Step::Write(lines) => log.write(usize::from(*lines)),
            Step::Read => process.read(fault),
            Step::Commit => {
                let shown = process.rendered();
                // Early: it becomes durable with the next commit, if there is one.
                if fault != Fault::PublishesEarly || clock % 2 == 0 {
                    process.commit();
                }
                eye.see(&shown)?;
            }
            Step::Crash | Step::LoseCommit => {
                drop(process);
                if let (Step::LoseCommit, Some(slot)) = (step, newer_slot(folder.path())) {
                    std::fs::write(slot, "").unwrap();
                }
                process = Process::start(&config, folder.path(), clock);
            }
        }
        let lines = log.written();
        // After a state was lost altogether, what was counted before is counted again.
        if eye.epochs() <= 1 && eye.increase("driftgauge_predictions_total") > lines.predictions as f64 {
            return Err(format!("more predictions than {}", lines.predictions));
        }
    }
    log.finish();
    process.read(fault);
    let observed = process.rendered();
    eye.see(&observed)?;
    let mut other = Process::start(&prepared.config(folder.path()), &folder.path().join("other"), clock);
    other.read(Fault::None);
    let expected = other.rendered();
    let anew = eye.epochs() > 1;
    for (name, labels, value) in expected.iter() {
        // Counters that began anew count what came since.
        if name == "driftgauge_counters_start_timestamp_seconds" || (anew && is_counter(name)) {
            continue;
        }
        let pairs: Vec<(&str, &str)> = labels.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let seen = observed.get(name, &pairs);
        if !seen.is_some_and(|seen| (seen - value).abs() <= 1e-12 * value.abs().max(1.0)) {
            return Err(format!("{name}{labels:?}: {seen:?} is not {value}"));
        }
    }
    Ok(())
}

fn judge(fault: Fault, cases: u32) -> Result<(), TestError<Vec<Step>>> {
    let prepared = Prepared::new();
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 30, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(
        config,
        proptest::test_runner::TestRng::deterministic_rng(proptest::test_runner::RngAlgorithm::ChaCha),
    );
    runner.run(&steps(), |steps| run(&prepared, &steps, fault).map_err(TestCaseError::fail))
}

#[test]
fn whatever_happens_each_line_counts_once_and_nothing_shown_is_taken_back() {
    judge(Fault::None, 60).unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn a_process_that_skips_a_line_is_found_out() {
    assert!(judge(Fault::Skips, 60).is_err());
}

#[test]
fn a_process_that_takes_a_line_twice_is_found_out() {
    assert!(judge(Fault::Repeats, 60).is_err());
}

#[test]
fn a_process_that_publishes_before_it_commits_is_found_out() {
    assert!(judge(Fault::PublishesEarly, 60).is_err());
}
