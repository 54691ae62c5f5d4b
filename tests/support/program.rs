//! The real program.
#![allow(dead_code, reason = "each test uses its part")]

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Output};

/// The program, in a folder.
pub fn driftgauge(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_driftgauge"));
    command.current_dir(folder).env_remove("RUST_LOG");
    command
}

/// Runs it with these arguments to its end.
pub fn output(folder: &Path, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Output {
    driftgauge(folder).args(arguments).output().unwrap()
}

/// What it prints; it must succeed.
pub fn printed(folder: &Path, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> String {
    let output = output(folder, arguments);
    assert!(output.status.success(), "{}: {}", output.status, String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}
