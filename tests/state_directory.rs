//! A state directory that is full, breaks, lies, goes away, or is not to be trusted, under the real program.

#![allow(clippy::unwrap_used, clippy::panic, reason = "the helpers of a test are part of it")]

mod support {
    pub mod client;
    pub mod dice;
    pub mod durable;
    pub mod eye;
    pub mod program;
    pub mod prom_text;
    pub mod rotating;
    pub mod sidecar;
    pub mod small;
}

use std::fs;
use std::io::Write;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use support::durable::{CONFIG, LINES, after, by, caught_up, lasting, outcome, see, settle, small, traced, write};
use support::eye::Eye;
use support::program::driftgauge;
use support::prom_text::Exposition;
use support::rotating::Rotating;
use support::sidecar::Sidecar;
use support::small::Small;

const FAILING: &str = "driftgauge_commit_failing";
const FAILURES: &str = "driftgauge_commit_failures_total";

/// The sidecar of a folder, with a file system of its own for its state.
fn on_tmpfs(folder: &Path, options: &str) -> Sidecar {
    fs::create_dir_all(folder.join("state")).unwrap();
    let mount = format!("mount -t tmpfs -o {options} tmpfs state && exec \"$@\"");
    Sidecar::spawn(by(folder, &["unshare", "-Urm", "sh", "-c", &mount, "sh"]))
}

/// Writes until there is no more room.
fn fill(path: &Path) {
    let mut file = fs::File::create(path).unwrap();
    while file.write_all(&[7; 4096]).is_ok() {}
}

/// Waits for words in the sidecar's log.
fn told(sidecar: &Sidecar, words: &str) {
    sidecar.wait(words, |_| sidecar.log().contains(words));
}

/// A path as the sidecar sees it.
fn within(sidecar: &Sidecar, path: &Path) -> PathBuf {
    PathBuf::from(format!("/proc/{}/root{}", sidecar.pid(), path.display()))
}

fn is(metrics: &Exposition, family: &str, value: f64) -> bool {
    metrics.get(family, &[]) == Some(value)
}

#[test]
fn a_full_disk_shows_the_last_commit_until_there_is_room() {
    let small = small();
    let (mut log, mut eye) = (Rotating::new(small.path(), 31), Eye::default());
    write(&mut log);
    let sidecar = on_tmpfs(small.path(), "size=2m,mode=700");
    let before = caught_up(&sidecar, &mut eye, &log);
    assert!(is(&before, FAILING, 0.0));
    let filler = within(&sidecar, &small.file("state/filler"));
    fill(&filler);
    write(&mut log);
    let full = see(&sidecar, &mut eye, &log, "a failure", |metrics| is(metrics, FAILING, 1.0));
    // What is shown is the last commit, whole.
    let (shown, again) = (lasting(&full), lasting(&sidecar.metrics()));
    assert!(shown == again && shown.len() > 100, "{}", shown.len());
    told(&sidecar, "No space left on device");
    fs::remove_file(&filler).unwrap();
    let after = see(&sidecar, &mut eye, &log, "a commit", |metrics| is(metrics, FAILING, 0.0));
    assert!(after.get(FAILURES, &[]).unwrap() >= 1.0);
    log.finish();
    settle(&sidecar, &mut eye, &log, small.path());
}

#[test]
fn nothing_is_shown_after_failing_for_too_long() {
    let small = small();
    // An absolute path, by which the call is told from others.
    let state = format!("[state]\nmax_stale = \"300ms\"\ndirectory = {:?}", small.file("state"));
    small.write("driftgauge.toml", &CONFIG.replace("[state]\ndirectory = \"state\"", &state));
    let (mut log, mut eye) = (Rotating::new(small.path(), 32), Eye::default());
    write(&mut log);
    // Read-only for a while, as file systems become after an error of the disk.
    let sidecar = traced(&small, "openat", "error=EROFS:when=5..64");
    sidecar.wait("metrics", |metrics| metrics.iter().count() > 0);
    sidecar.wait("the end of patience", |metrics| metrics.iter().next().is_none());
    told(&sidecar, "Read-only file system");
    write(&mut log);
    let metrics = caught_up(&sidecar, &mut eye, &log);
    assert!(metrics.sum(FAILURES) > 1.0);
    log.finish();
    settle(&sidecar, &mut eye, &log, small.path());
}

#[test]
fn a_sync_that_fails_is_not_believed_when_it_succeeds_the_next_time() {
    let small = small();
    let (mut log, mut eye) = (Rotating::new(small.path(), 33), Eye::default());
    write(&mut log);
    let sidecar = traced(&small, "fsync", "error=EIO:when=8..19");
    for _ in 0..20 {
        write(&mut log);
        caught_up(&sidecar, &mut eye, &log);
    }
    let metrics = see(&sidecar, &mut eye, &log, "failures that are over", |metrics| {
        is(metrics, FAILING, 0.0) && metrics.sum(FAILURES) > 0.0
    });
    assert!(metrics.sum(FAILURES) < 30.0, "each is counted once");
    told(&sidecar, "Input/output error");
    drop(sidecar);
    log.finish();
    let sidecar = Sidecar::start(small.path());
    settle(&sidecar, &mut eye, &log, small.path());
}

#[test]
fn writes_that_are_cut_short_or_interrupted_lose_nothing() {
    let small = small();
    let (mut log, mut eye) = (Rotating::new(small.path(), 34), Eye::default());
    write(&mut log);
    let sidecar = traced(&small, "write,fsync", "error=EINTR:when=3+2");
    for _ in 0..5 {
        write(&mut log);
        caught_up(&sidecar, &mut eye, &log);
    }
    assert!(fs::read_to_string(small.file("trace")).unwrap().contains("EINTR"));
    assert_eq!(0.0, sidecar.metrics().sum(FAILURES));
    drop(sidecar);
    // A limit that lets the first bytes of a file be written, and no more.
    let sidecar = Sidecar::spawn(after(small.path(), "trap '' XFSZ && ulimit -S -f 8"));
    write(&mut log);
    see(&sidecar, &mut eye, &log, "a failure", |metrics| is(metrics, FAILING, 1.0));
    told(&sidecar, "File too large");
    let pid = sidecar.pid().to_string();
    assert!(Command::new("prlimit").args(["--pid", &pid, "--fsize=unlimited:"]).status().unwrap().success());
    caught_up(&sidecar, &mut eye, &log);
    drop(sidecar);
    log.finish();
    let sidecar = Sidecar::start(small.path());
    settle(&sidecar, &mut eye, &log, small.path());
}

#[test]
fn a_disk_that_says_it_has_written_what_it_has_not_is_found_out() {
    let small = small();
    let (mut log, mut eye) = (Rotating::new(small.path(), 35), Eye::default());
    // Two commits: at the start, and at the end. The second one's slot loses its first bytes.
    small.write("driftgauge.toml", &CONFIG.replace("commit_interval = \"20ms\"", "commit_interval = \"1h\""));
    write(&mut log);
    let sidecar = traced(&small, "write", "retval=64:when=2");
    sidecar.wait("metrics", |metrics| metrics.iter().count() > 0);
    assert!(sidecar.terminate().success());
    assert!(fs::read_to_string(small.file("trace")).unwrap().contains("INJECTED"));
    small.write("driftgauge.toml", CONFIG);
    log.finish();
    let sidecar = Sidecar::start(small.path());
    let metrics = caught_up(&sidecar, &mut eye, &log);
    assert_eq!("previous", outcome(&metrics));
    settle(&sidecar, &mut eye, &log, small.path());
}

/// A sidecar that has shown all of its log.
fn running(seed: u64) -> (Small, Rotating, Eye, Sidecar) {
    let small = small();
    let (mut log, mut eye) = (Rotating::new(small.path(), seed), Eye::default());
    write(&mut log);
    let sidecar = Sidecar::start(small.path());
    caught_up(&sidecar, &mut eye, &log);
    (small, log, eye, sidecar)
}

#[test]
fn a_directory_that_was_removed_or_replaced_is_not_written_to() {
    for replaced in [false, true] {
        let (small, mut log, mut eye, sidecar) = running(36);
        let (state, kept) = (small.file("state/driftgauge"), small.file("kept"));
        fs::rename(&state, &kept).unwrap();
        if replaced {
            fs::create_dir(&state).unwrap();
            fs::write(state.join("of another"), "").unwrap();
        }
        write(&mut log);
        see(&sidecar, &mut eye, &log, "a failure", |metrics| is(metrics, FAILING, 1.0));
        if replaced {
            let names: Vec<_> = fs::read_dir(&state).unwrap().map(|entry| entry.unwrap().file_name()).collect();
            assert_eq!(vec!["of another"], names);
            fs::remove_file(state.join("of another")).unwrap();
            fs::remove_dir(&state).unwrap();
        }
        // As it was, it is written to again.
        fs::rename(&kept, &state).unwrap();
        caught_up(&sidecar, &mut eye, &log);
        log.finish();
        settle(&sidecar, &mut eye, &log, small.path());
    }
}

#[test]
fn a_directory_that_others_could_change_is_refused() {
    let refused = |small: &Small, told: &str| {
        let output = driftgauge(small.path()).args(["run", "--config", "driftgauge.toml"]).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(Some(1), output.status.code(), "{said}");
        assert!(said.contains(told) && said.contains("state/driftgauge"), "{said}");
    };
    let small = small();
    small.write("log.jsonl", "");
    let state = small.file("state/driftgauge");
    fs::create_dir_all(&state).unwrap();
    for mode in [0o770, 0o707, 0o722] {
        fs::set_permissions(&state, fs::Permissions::from_mode(mode)).unwrap();
        refused(&small, "can be written by others");
    }
    fs::remove_dir(&state).unwrap();
    fs::create_dir_all(small.file("elsewhere")).unwrap();
    symlink(small.file("elsewhere"), &state).unwrap();
    refused(&small, "is no directory");
    assert_eq!(0, fs::read_dir(small.file("elsewhere")).unwrap().count());
    fs::remove_file(&state).unwrap();
    fs::write(&state, "").unwrap();
    refused(&small, "is no directory");
    fs::remove_file(&state).unwrap();
    // A lock that leads elsewhere is not followed.
    fs::create_dir(&state).unwrap();
    fs::set_permissions(&state, fs::Permissions::from_mode(0o700)).unwrap();
    symlink(small.file("victim"), state.join("lock")).unwrap();
    refused(&small, "cannot be used");
    assert!(!small.file("victim").exists());
}

#[test]
fn without_a_place_to_write_to_state_is_in_memory_and_says_so() {
    let (small, mut log, mut eye, sidecar) = running(37);
    drop(sidecar);
    let bind = "mount --bind state state && mount -o remount,bind,ro state && exec \"$@\"";
    let start = || Sidecar::spawn(by(small.path(), &["unshare", "-Urm", "sh", "-c", bind, "sh"]));
    let sidecar = start();
    // All of it is read again.
    let lines = log.written().lines as f64;
    let metrics = sidecar.wait("every line", |metrics| metrics.sum(LINES) >= lines);
    eye.see(&metrics).unwrap();
    assert_eq!("unwritable", outcome(&metrics));
    assert!(is(&metrics, "driftgauge_memory_mode", 1.0));
    assert_eq!(None, metrics.get(FAILING, &[]));
    assert_eq!(2, eye.epochs());
    told(&sidecar, "Read-only file system");
    drop(sidecar);
    // The state that was there has not been touched; what came since is read now.
    write(&mut log);
    log.finish();
    let sidecar = Sidecar::start(small.path());
    let metrics = caught_up(&sidecar, &mut Eye::default(), &log);
    assert_eq!("latest", outcome(&metrics));
    assert!(is(&metrics, "driftgauge_memory_mode", 0.0));
    assert_eq!(log.written().lines as f64, metrics.sum(LINES));
}

/// A state that another build has written, with what it showed then.
fn kept() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/state")
}

const KEPT: [&str; 4] = ["state/driftgauge/head.0", "state/driftgauge/head.1", "profile.json", "shown.prom"];

fn of_the_fixture() -> String {
    CONFIG.replace("[state]", "[state]\ninstance = \"fixture\"").replace("\"20ms\"", "\"1h\"")
}

/// A folder with what was kept, but for the files of the log.
fn restored_folder() -> Small {
    let small = Small::new(&of_the_fixture());
    fs::create_dir_all(small.file("state/driftgauge")).unwrap();
    fs::set_permissions(small.file("state/driftgauge"), fs::Permissions::from_mode(0o700)).unwrap();
    let logs = fs::read_dir(kept().join("state/driftgauge")).unwrap();
    let logs = logs.map(|entry| format!("state/driftgauge/{}", entry.unwrap().file_name().display()));
    let logs = logs.filter(|name| name.contains("/log."));
    for name in logs.chain(KEPT.map(str::to_owned)) {
        fs::copy(kept().join(&name), small.file(&name)).unwrap();
    }
    small
}

#[test]
#[ignore = "writes the state that is kept; wanted when the form of a state changes"]
fn the_state_that_is_kept_is_written_anew() {
    let small = small();
    small.write("driftgauge.toml", &of_the_fixture());
    let (mut log, mut eye) = (Rotating::new(small.path(), 51), Eye::default());
    write(&mut log);
    log.finish();
    // Twice, so that there are two slots.
    for _ in 0..2 {
        assert!(Sidecar::start(small.path()).terminate().success());
    }
    let sidecar = Sidecar::start(small.path());
    caught_up(&sidecar, &mut eye, &log);
    let (_, body) = support::client::get(&sidecar.address(), "/metrics").unwrap();
    drop(sidecar);
    small.write("shown.prom", &body);
    fs::remove_dir_all(kept()).ok();
    fs::create_dir_all(kept().join("state/driftgauge")).unwrap();
    let logs = fs::read_dir(small.file("state/driftgauge")).unwrap();
    let logs = logs.map(|entry| format!("state/driftgauge/{}", entry.unwrap().file_name().display()));
    for name in logs.filter(|name| name.contains("/log.")).chain(KEPT.map(str::to_owned)) {
        fs::copy(small.file(&name), kept().join(&name)).unwrap();
    }
}

#[test]
fn a_state_that_another_build_has_written_is_read() {
    let small = restored_folder();
    let sidecar = Sidecar::start(small.path());
    let metrics = sidecar.wait("metrics", |metrics| metrics.iter().count() > 0);
    assert_eq!("latest", outcome(&metrics));
    let shown = lasting(&Exposition::parse(&fs::read_to_string(kept().join("shown.prom")).unwrap()));
    let now = lasting(&metrics);
    assert!(shown.len() > 100 && now.len() >= shown.len());
    for (series, value) in shown {
        assert_eq!(Some(value), now.get(&series).copied(), "{series:?}");
    }
}

#[test]
fn a_state_of_another_form_is_lost_and_nothing_else() {
    for form in [0u32, 2, 4, u32::MAX] {
        let small = restored_folder();
        for name in &KEPT[..2] {
            let mut bytes = fs::read(small.file(name)).unwrap();
            bytes[8..12].copy_from_slice(&form.to_le_bytes());
            let hash = xxhash_rust::xxh3::xxh3_64(&bytes[..36]).to_le_bytes();
            bytes[36..44].copy_from_slice(&hash);
            fs::write(small.file(name), bytes).unwrap();
        }
        let sidecar = Sidecar::start(small.path());
        let metrics = sidecar.wait("metrics", |metrics| metrics.iter().count() > 0);
        assert_eq!(("lost".to_owned(), 0.0), (outcome(&metrics), metrics.sum(LINES)));
        told(&sidecar, "cannot be read");
    }
}
