//! Programs of others that read our output. A missing program fails the test that needs it.

use std::collections::BTreeMap;
use std::io::Write;
use std::process::{Command, Output, Stdio};

/// A family as the Python client understood it.
#[derive(Debug, PartialEq, serde::Deserialize)]
pub struct Family {
    pub name: String,
    pub help: String,
    pub kind: String,
    pub unit: String,
    pub samples: Vec<Sample>,
}

/// A sample as the Python client understood it.
#[derive(Debug, PartialEq, serde::Deserialize)]
pub struct Sample {
    pub name: String,
    pub labels: BTreeMap<String, String>,
    pub value: String,
}

/// Reads an exposition with the Python client's parser for `format`, `text` or `openmetrics`.
pub fn parse(format: &str, exposition: &[u8]) -> Vec<Family> {
    let python = std::env::var_os("DRIFTGAUGE_PYTHON").unwrap_or_else(|| "python3".into());
    let mut command = Command::new(python);
    command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/parse_exposition.py")).arg(format);
    let output = feed(command, exposition);
    assert!(output.status.success(), "the parser failed: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// What `promtool check metrics` has to say; nothing when it is content.
pub fn promtool_complaints(exposition: &[u8]) -> String {
    let mut command = Command::new("promtool");
    command.args(["check", "metrics"]);
    let output = feed(command, exposition);
    let complaints = [output.stdout, output.stderr].concat();
    assert_eq!(output.status.success(), complaints.is_empty());
    String::from_utf8(complaints).unwrap()
}

fn feed(mut command: Command, input: &[u8]) -> Output {
    let program = command.get_program().to_owned();
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{} is needed by this test: {error}", program.display()));
    let mut stdin = child.stdin.take().unwrap();
    std::thread::scope(|scope| {
        scope.spawn(move || stdin.write_all(input));
        child.wait_with_output().unwrap()
    })
}
