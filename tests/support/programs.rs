//! The programs of the live tests, ended when dropped.
#![allow(dead_code, reason = "each test uses its part")]

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

/// A question is asked this often, this long apart: two minutes, for a machine with other work.
const ATTEMPTS: u32 = 1_200;
const PAUSE: Duration = Duration::from_millis(100);

/// Repeats the question until it has an answer; says at the end why there was none.
pub fn eventually<T>(mut question: impl FnMut() -> Result<T, String>) -> T {
    let mut reason = String::new();
    for _ in 0..ATTEMPTS {
        match question() {
            Ok(answer) => return answer,
            Err(missing) => reason = missing,
        }
        std::thread::park_timeout(PAUSE);
    }
    panic!("it did not happen: {reason}");
}

/// A program with a folder of its own.
pub struct Program {
    child: Child,
    folder: TempDir,
}

impl Program {
    fn start(mut command: Command, folder: TempDir) -> Program {
        let program = command.get_program().to_owned();
        let log = File::create(folder.path().join("log")).unwrap();
        let child = command.stdin(Stdio::null()).stderr(log).spawn();
        let child = child.unwrap_or_else(|error| panic!("{} is needed by this test: {error}", program.display()));
        Program { child, folder }
    }

    /// What it has said of itself.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// Whether it still runs; its log otherwise.
    pub fn running(&mut self) -> Result<(), String> {
        match self.child.try_wait().unwrap() {
            None => Ok(()),
            Some(status) => Err(format!("it ended with {status}: {}", self.log())),
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// `driftgauge demo` on a free port.
pub struct Demo {
    pub address: SocketAddr,
    pub program: Program,
}

impl Demo {
    pub fn start() -> Demo {
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_driftgauge"));
        command.args(["demo", "--listen", "127.0.0.1:0"]).env("TMPDIR", folder.path()).stdout(Stdio::piped());
        let mut program = Program::start(command, folder);
        let mut told = String::new();
        let mut lines = BufReader::new(program.child.stdout.take().unwrap()).lines();
        let address = loop {
            let Some(line) = lines.next() else { panic!("no address in {told:?}: {}", program.log()) };
            let line = line.unwrap();
            if let Some(address) = between(&line, "metrics      http://", "/metrics") {
                break address.parse().unwrap();
            }
            told.push_str(&line);
        };
        // A writer to a closed pipe would end.
        std::thread::spawn(move || lines.count());
        Demo { address, program }
    }
}

fn between<'a>(line: &'a str, before: &str, after: &str) -> Option<&'a str> {
    line.split_once(before)?.1.split_once(after).map(|(text, _)| text)
}

/// A Prometheus on a free port.
pub struct Prometheus {
    pub address: SocketAddr,
    pub program: Program,
}

impl Prometheus {
    pub fn start(config: &str) -> Prometheus {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| -> String { Path::join(folder.path(), name).display().to_string() };
        std::fs::write(path("prometheus.yml"), config).unwrap();
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let mut command = Command::new("prometheus");
        command
            .arg(format!("--config.file={}", path("prometheus.yml")))
            .arg(format!("--storage.tsdb.path={}", path("tsdb")))
            .arg(format!("--web.listen-address={address}"))
            .stdout(Stdio::null());
        Prometheus { address, program: Program::start(command, folder) }
    }
}

/// An Alertmanager on a free port, alone.
pub struct Alertmanager {
    pub address: SocketAddr,
    pub program: Program,
}

impl Alertmanager {
    pub fn start(config: &Path) -> Alertmanager {
        let folder = tempfile::tempdir().unwrap();
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let mut command = Command::new("prometheus-alertmanager");
        command
            .arg(format!("--config.file={}", config.display()))
            .arg(format!("--storage.path={}", folder.path().join("data").display()))
            .arg(format!("--web.listen-address={address}"))
            .arg("--cluster.listen-address=")
            .stdout(Stdio::null());
        Alertmanager { address, program: Program::start(command, folder) }
    }
}
