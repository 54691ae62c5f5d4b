//! The corpus of the fuzz targets: what each checks holds for every file of `fuzz/corpus`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "the helpers of a test are part of it")]

#[path = "../fuzz/src/lib.rs"]
mod targets;

use std::fs;
use std::path::PathBuf;

/// A corpus is to be small.
const LARGEST: u64 = 64 << 10;

fn folder(target: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target)
}

/// Replays the corpus of a target.
fn replay(target: &str) {
    let (_, check) = targets::TARGETS.iter().find(|(name, _)| *name == target).unwrap();
    let (mut taken, mut refused) = (0, 0);
    for entry in fs::read_dir(folder(target)).unwrap() {
        let path = entry.unwrap().path();
        assert!(fs::metadata(&path).unwrap().len() <= LARGEST, "{} is large", path.display());
        // A panic says what does not hold, this of which file.
        println!("{}", path.display());
        match check(&fs::read(&path).unwrap()) {
            true => taken += 1,
            false => refused += 1,
        }
    }
    assert!(taken > 0, "nothing of the corpus of {target} is taken any more: make it anew as fuzz/README.md says");
    assert!(taken + refused >= 5, "the corpus of {target} is not there");
}

#[test]
fn corpus_of_config_holds() {
    replay("config");
}

#[test]
fn corpus_of_container_holds() {
    replay("container");
}

#[test]
fn corpus_of_decoders_holds() {
    replay("decoders");
}

#[test]
fn corpus_of_exposition_holds() {
    replay("exposition");
}

#[test]
fn corpus_of_http_holds() {
    replay("http");
}

#[test]
fn corpus_of_learned_holds() {
    replay("learned");
}

#[test]
fn corpus_of_profile_holds() {
    replay("profile");
}

#[test]
fn corpus_of_state_holds() {
    replay("state");
}

#[test]
fn every_target_has_its_corpus_and_its_program() {
    let names = |folder: &str, end: &str| {
        let listed = fs::read_dir(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(folder)).unwrap();
        let names = listed.map(|entry| entry.unwrap().file_name().into_string().unwrap().replace(end, ""));
        names.collect::<std::collections::BTreeSet<String>>()
    };
    let targets = targets::TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(names("fuzz/corpus", ""), targets);
    assert_eq!(names("fuzz/fuzz_targets", ".rs"), targets);
}

#[test]
#[ignore = "writes into the corpus: for when the form of a state or of a profile has changed"]
fn seeds_are_written_anew() {
    for (target, seeds) in [("profile", targets::profile::seeds()), ("state", targets::state::seeds())] {
        for (name, bytes) in seeds {
            fs::write(folder(target).join(name), bytes).unwrap();
        }
    }
}
