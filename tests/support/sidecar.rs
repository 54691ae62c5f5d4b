//! `driftgauge run` as a process, on a free port.
#![allow(dead_code, reason = "each test uses its part")]

use super::program::driftgauge;
use super::prom_text::Exposition;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// Looks at the metrics before a test gives up, and the pause between them: a minute in all.
const LOOKS: u32 = 1_200;
const PAUSE: Duration = Duration::from_millis(50);

/// A running process; it is killed when dropped.
pub struct Sidecar {
    child: Child,
    address: String,
    log: Arc<Mutex<String>>,
    reader: Option<JoinHandle<()>>,
}

impl Sidecar {
    /// Starts it with `driftgauge.toml` of a folder and waits until it serves.
    pub fn start(folder: &Path) -> Sidecar {
        let mut command = driftgauge(folder);
        command.args(["run", "--config", "driftgauge.toml"]);
        Sidecar::spawn(command)
    }

    /// Starts it with this command and waits until it serves.
    pub fn spawn(command: Command) -> Sidecar {
        Sidecar::spawned(command).unwrap_or_else(|told| panic!("it ended: {told}"))
    }

    /// The same; nothing when it ends before.
    pub fn try_spawn(command: Command) -> Option<Sidecar> {
        Sidecar::spawned(command).ok()
    }

    fn spawned(mut command: Command) -> Result<Sidecar, String> {
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut told = String::new();
        let address = loop {
            let Some(Ok(line)) = lines.next() else {
                child.wait().unwrap();
                return Err(told);
            };
            told.push_str(&format!("{line}\n"));
            // As lines for people, and as JSON.
            if let Some((_, rest)) = line.split_once("address=").or_else(|| line.split_once("\"address\":\"")) {
                break rest.split([' ', '"']).next().unwrap().to_owned();
            }
        };
        let log = Arc::new(Mutex::new(told));
        let kept = log.clone();
        let reader = thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                kept.lock().unwrap().push_str(&format!("{line}\n"));
            }
        });
        Ok(Sidecar { child, address, log, reader: Some(reader) })
    }

    /// Whether the process has ended.
    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// The metrics, if somebody answers and has some.
    pub fn try_metrics(&self) -> Option<Exposition> {
        let mut stream = TcpStream::connect(&self.address).ok()?;
        write!(stream, "GET /metrics HTTP/1.1\r\nHost: sidecar\r\nConnection: close\r\n\r\n").ok()?;
        let mut reply = String::new();
        stream.read_to_string(&mut reply).ok()?;
        let (head, body) = reply.split_once("\r\n\r\n")?;
        let length: usize =
            head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok())?;
        (head.starts_with("HTTP/1.1 200") && body.len() == length).then(|| Exposition::parse(body))
    }

    /// Where it serves.
    pub fn address(&self) -> String {
        self.address.clone()
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What it has logged so far.
    pub fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    /// The metrics as they are now.
    pub fn metrics(&self) -> Exposition {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(stream, "GET /metrics HTTP/1.1\r\nHost: sidecar\r\nConnection: close\r\n\r\n").unwrap();
        let mut reply = String::new();
        stream.read_to_string(&mut reply).unwrap();
        let (head, body) = reply.split_once("\r\n\r\n").unwrap();
        assert!(!head.to_lowercase().contains("transfer-encoding"), "{head}");
        if head.starts_with("HTTP/1.1 503") { Exposition::default() } else { Exposition::parse(body) }
    }

    /// Looks at the metrics until they are as wanted.
    pub fn wait(&self, what: &str, mut wanted: impl FnMut(&Exposition) -> bool) -> Exposition {
        for _ in 0..LOOKS {
            let metrics = self.metrics();
            if wanted(&metrics) {
                return metrics;
            }
            thread::park_timeout(PAUSE);
        }
        panic!("{what} did not come: {:?}\n{}", self.metrics(), self.log());
    }

    /// Waits until so many predictions are counted, and not more.
    pub fn wait_for_predictions(&self, count: f64) -> Exposition {
        let counted = |metrics: &Exposition| metrics.sum("driftgauge_predictions_total");
        let metrics = self.wait(&format!("{count} predictions"), |metrics| counted(metrics) >= count);
        assert_eq!(count, counted(&metrics));
        metrics
    }

    /// Asks it to end with SIGTERM, and waits for that.
    pub fn terminate(mut self) -> ExitStatus {
        assert!(Command::new("kill").arg(self.child.id().to_string()).status().unwrap().success());
        self.child.wait().unwrap()
    }
}

impl Drop for Sidecar {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
        if let Some(reader) = self.reader.take() {
            reader.join().ok();
        }
    }
}
