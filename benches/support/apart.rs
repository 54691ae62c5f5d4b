//! A reference that is built in a process of its own, so that only what is kept of it is in this one.

use driftgauge::profile::Reference;
use std::path::Path;
use std::process::Command;

/// Tells the process that builds where to write.
const PLACE: &str = "DRIFTGAUGE_BENCH_REFERENCE";

/// The reference; `None` in the process that builds it.
pub fn reference(build: impl FnOnce() -> Reference) -> Option<Reference> {
    if let Some(place) = std::env::var_os(PLACE) {
        std::fs::write(Path::new(&place), build().to_json()).unwrap();
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("profile.json");
    let status = Command::new(std::env::current_exe().unwrap()).env(PLACE, &place).status().unwrap();
    assert!(status.success(), "the reference is built");
    Some(Reference::from_json(&std::fs::read(place).unwrap()).unwrap())
}
