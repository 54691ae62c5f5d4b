//! Races that only a hook can bring about: what happens to a path between two looks at it.

use std::cell::RefCell;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{Config, FileKey, LineSink, LostReason, Tail};

/// A moment at which the world may change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Moment {
    /// A path was listed and is to be looked at.
    Listed,
    /// A file was looked at and is to be opened for reading.
    Held,
}

type Hook = Box<dyn FnMut(Moment, &Path)>;

thread_local! {
    static HOOK: RefCell<Option<Hook>> = const { RefCell::new(None) };
}

/// Called between two looks.
pub(super) fn between(moment: Moment, path: &Path) {
    let hook = HOOK.with(|hook| hook.borrow_mut().take());
    if let Some(mut hook) = hook {
        hook(moment, path);
        HOOK.with(|place| *place.borrow_mut() = Some(hook));
    }
}

#[derive(Default)]
struct Seen(Vec<String>);

impl LineSink for Seen {
    fn opened(&mut self, _: FileKey, _: &Path) {}
    fn line(&mut self, _: FileKey, line: &[u8], _: u64) {
        self.0.push(String::from_utf8(line.to_owned()).unwrap());
    }
    fn lost(&mut self, _: FileKey, reason: LostReason, _: u64, bytes: u64) {
        panic!("{bytes} bytes lost: {reason:?}");
    }
    fn closed(&mut self, _: FileKey) {}
}

/// Does `change` once, at the moment a path that ends so comes by, in one of the first discoveries.
fn changed_at(moment: Moment, name: &'static str, change: fn(&Path), discovery: usize) -> Vec<String> {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name);
    for file in ["app.log", "app.log.1", "app.log.2"] {
        fs::write(path(file), format!("first of {file}\n")).unwrap();
    }
    let paths = vec![path("app.log*").display().to_string()];
    let mut tail = Tail::new(Config { paths, grace: Duration::ZERO, ..Config::default() }).unwrap();
    let mut seen = Seen::default();
    for turn in 0..6 {
        if turn == discovery {
            let (folder, mut done) = (dir.path().to_owned(), false);
            HOOK.set(Some(Box::new(move |at: Moment, path: &Path| {
                if at == moment && path.ends_with(name) && !std::mem::replace(&mut done, true) {
                    change(&folder);
                }
            })));
        }
        tail.discover(Duration::ZERO);
        tail.poll(1 << 20, &mut seen);
        HOOK.set(None);
    }
    assert_eq!(0, tail.problems().len(), "{:?}", tail.problems());
    seen.0.sort();
    seen.0
}

fn rotate(folder: &Path) {
    let path = |name: &str| -> PathBuf { folder.join(name) };
    fs::rename(path("app.log.2"), path("app.log.3")).unwrap();
    fs::rename(path("app.log.1"), path("app.log.2")).unwrap();
    fs::rename(path("app.log"), path("app.log.1")).unwrap();
    fs::write(path("app.log"), "second of app.log\n").unwrap();
}

#[test]
fn a_rotation_between_any_two_looks_of_a_scan_loses_and_doubles_nothing() {
    let expected = ["first of app.log", "first of app.log.1", "first of app.log.2", "second of app.log"];
    for moment in [Moment::Listed, Moment::Held] {
        for name in ["app.log", "app.log.1", "app.log.2"] {
            for discovery in [0, 1] {
                let seen = changed_at(moment, name, rotate, discovery);
                let wanted = if moment == Moment::Held && discovery == 1 { &expected[..3] } else { &expected[..] };
                assert_eq!(wanted, seen, "{moment:?} {name} {discovery}");
            }
        }
    }
}

#[test]
fn what_is_swapped_for_a_fifo_before_it_is_opened_is_not_opened() {
    fn swap(folder: &Path) {
        fs::rename(folder.join("app.log"), folder.join("app.log.3")).unwrap();
        assert!(std::process::Command::new("mkfifo").arg(folder.join("app.log")).status().unwrap().success());
    }
    for moment in [Moment::Listed, Moment::Held] {
        let seen = changed_at(moment, "app.log", swap, 0);
        assert_eq!(["first of app.log", "first of app.log.1", "first of app.log.2"], *seen, "{moment:?}");
    }
}
