//! `driftgauge demo`

use super::{Failure, profile, start_log};
use crate::app;
use crate::config::{self, Config};
use crate::references::References;
use crate::time::{Length, Timestamp};
use flate2::read::GzDecoder;
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

/// The bundled log: the New South Wales electricity market, half-hour by half-hour, with a model's predictions.
const PREDICTIONS: &[u8] = include_bytes!("../../examples/elec/predictions.jsonl.gz");
const ACTUALS: &[u8] = include_bytes!("../../examples/elec/actuals.jsonl.gz");
const REFERENCE: &[u8] = include_bytes!("../../examples/elec/reference.csv.gz");

/// The log begins this long before now, so that the windows are not empty at the start.
const PAST: i64 = 180;
/// An actual comes this long after its prediction.
const DELAY: i64 = 5;
/// Steps of the writer in a second.
const STEPS: u64 = 10;
/// A file is renamed when it has this many bytes, and the one before it goes.
const LARGEST_FILE: u64 = 8 << 20;

/// Serve a bundled real log, re-stamped to now: /metrics and the status page, nothing else needed.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: driftgauge demo --listen 127.0.0.1:9877")]
pub(super) struct Arguments {
    /// Where to serve
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:9877")]
    listen: SocketAddr,
    /// Predictions a second
    #[arg(long, value_name = "N", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=10_000))]
    rate: u64,
}

pub(super) fn demo(arguments: &Arguments) -> Result<(), Failure> {
    let directory = tempfile::tempdir().map_err(|error| Failure::file(Path::new("a temporary folder"), error))?;
    let in_demo = |error| Failure::file(directory.path(), error);
    let config = config_of(directory.path(), arguments.listen)?;
    start_log(config.log_format);
    let reference = directory.path().join("reference.csv.gz");
    std::fs::write(&reference, REFERENCE).map_err(in_demo)?;
    let model = config.models.first().ok_or_else(|| Failure::Usage("the demo has no model".to_owned()))?;
    let built = profile::build(&config, model, &[reference], app::now(), |_, _, _| {})?;
    profile::write_whole(&directory.path().join("profile.json"), built.reference.to_json().as_bytes())
        .map_err(in_demo)?;
    let references = Arc::new(References::new(config.models.clone(), crate::references::Config::default())?);
    let problems = references.load_all();
    if let Some(problem) = problems.first() {
        return Err(Failure::Problems(problem.to_string()));
    }
    let mut log = Log::open(directory.path(), arguments.rate).map_err(in_demo)?;
    log.write_until(app::now()).map_err(in_demo)?;
    let (stop, stopped) = channel::<()>();
    let writer = std::thread::Builder::new()
        .name("demo-log".to_owned())
        .spawn(move || keep_writing(log, &stopped))
        .map_err(in_demo)?;
    let result = app::run(&config, None, references, std::future::pending(), |address| {
        println!("status page  http://{address}/");
        println!("metrics      http://{address}/metrics");
        println!("log          {}", directory.path().join("predictions.jsonl").display());
        println!(
            "A real log of {} half-hours is replayed at {} predictions a second; stop with Ctrl-C.",
            36_240, arguments.rate
        );
    });
    drop(stop);
    writer.join().ok();
    Ok(result?)
}

fn config_of(directory: &Path, listen: SocketAddr) -> Result<Config, Failure> {
    let place = |name: &str| format!("{:?}", directory.join(name).display().to_string());
    let text = format!(
        r#"
[[source]]
name = "predictions"
paths = [{}]
role = "predictions"

[[source]]
name = "actuals"
paths = [{}]
role = "actuals"

[[model]]
name = "elec-price-up"
task = "binary"
profile = {}

[windows]
lengths = ["1m", "5m", "15m"]

[drift]
companions = ["adwin", "page_hinkley", "ddm"]

[causes]
losses = true

[segments]
features = ["day_of_week"]

[fleet]
features = ["*"]
fine = ["nswdemand"]
performance = true
scores = true

[http]
listen = "{listen}"
"#,
        place("predictions.jsonl"),
        place("actuals.jsonl"),
        place("profile.json"),
    );
    config::parse(&text, "demo.toml").map_err(Failure::Config)
}

/// One bundled prediction with its actual: the line after its time, and the id.
struct Row {
    rest: String,
    id: String,
    actual: Option<String>,
}

/// The bundled log on its way to files that grow.
struct Log {
    rows: Vec<Row>,
    directory: std::path::PathBuf,
    predictions: File,
    actuals: File,
    begun: Timestamp,
    rate: u64,
    written: u64,
    known: u64,
}

impl Log {
    fn open(directory: &Path, rate: u64) -> std::io::Result<Log> {
        let mut actuals = std::collections::HashMap::new();
        for line in BufReader::new(GzDecoder::new(ACTUALS)).lines() {
            let line = line?;
            if let (Some(id), Some(label)) =
                (between(&line, "\"request_id\":\"", "\""), between(&line, "\"label\":", "}"))
            {
                actuals.insert(id.to_owned(), label.to_owned());
            }
        }
        let mut rows = Vec::new();
        for line in BufReader::new(GzDecoder::new(PREDICTIONS)).lines() {
            let line = line?;
            // {"ts":"...","request_id":"...",<rest>
            if let (Some(id), Some((_, rest))) =
                (between(&line, "\"request_id\":\"", "\""), line.split_once("\"model\":"))
            {
                rows.push(Row { rest: format!("\"model\":{rest}"), actual: actuals.remove(id), id: id.to_owned() });
            }
        }
        Ok(Log {
            rows,
            directory: directory.to_owned(),
            predictions: File::create(directory.join("predictions.jsonl"))?,
            actuals: File::create(directory.join("actuals.jsonl"))?,
            begun: app::now().minus(Length::from_seconds(PAST)),
            rate,
            written: 0,
            known: 0,
        })
    }

    /// Writes every prediction made before `now`, and every actual known before it.
    fn write_until(&mut self, now: Timestamp) -> std::io::Result<()> {
        let (mut predictions, mut actuals) = (String::new(), String::new());
        while self.time_of(self.written) < now {
            let (row, id) = self.row(self.written);
            predictions.push_str(&format!(
                "{{\"ts\":\"{}\",\"request_id\":\"{id}\",{}\n",
                self.time_of(self.written),
                row.rest
            ));
            self.written += 1;
        }
        let delay = Length::from_seconds(DELAY);
        while self.time_of(self.known).plus(delay) < now {
            let (row, id) = self.row(self.known);
            if let Some(actual) = &row.actual {
                let known_at = self.time_of(self.known).plus(delay);
                actuals.push_str(&format!("{{\"ts\":\"{known_at}\",\"request_id\":\"{id}\",\"label\":{actual}}}\n"));
            }
            self.known += 1;
        }
        self.predictions.write_all(predictions.as_bytes())?;
        self.actuals.write_all(actuals.as_bytes())?;
        rotate(&self.directory, "predictions.jsonl", &mut self.predictions)?;
        rotate(&self.directory, "actuals.jsonl", &mut self.actuals)
    }

    /// The time of prediction `index` since the start of the demo.
    fn time_of(&self, index: u64) -> Timestamp {
        // Whole milliseconds, as most servers write them.
        self.begun.plus(Length::from_nanos((index * 1_000 / self.rate) as i64 * 1_000_000))
    }

    /// The bundled row and the id of prediction `index`: the log begins anew at its end, with other ids.
    fn row(&self, index: u64) -> (&Row, String) {
        let rows = self.rows.len().max(1) as u64;
        let row = &self.rows[(index % rows) as usize];
        let id = if index < rows { row.id.clone() } else { format!("{}-{}", row.id, index / rows) };
        (row, id)
    }
}

fn between<'a>(line: &'a str, before: &str, after: &str) -> Option<&'a str> {
    line.split_once(before)?.1.split_once(after).map(|(text, _)| text)
}

/// Renames a file that has grown large, as log rotation does.
fn rotate(directory: &Path, name: &str, file: &mut File) -> std::io::Result<()> {
    if file.metadata()?.len() >= LARGEST_FILE {
        std::fs::rename(directory.join(name), directory.join(format!("{name}.1")))?;
        *file = File::create(directory.join(name))?;
    }
    Ok(())
}

fn keep_writing(mut log: Log, stopped: &Receiver<()>) {
    while let Err(RecvTimeoutError::Timeout) = stopped.recv_timeout(Duration::from_millis(1_000 / STEPS)) {
        if let Err(error) = log.write_until(app::now()) {
            tracing::error!(error = %error, "the demo's log cannot be written");
            return;
        }
    }
}
