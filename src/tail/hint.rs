//! Notifications of the file system, as a hint that looking early is worth it.
//!
//! Nothing depends on them: they may be late, merged, lost or unavailable (limits on watches, network file systems),
//! and the timer of the caller finds the same changes a little later.

use std::path::PathBuf;

use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};

use super::discovery::WatchRoot;

/// Watches directories until it is dropped.
#[derive(Debug)]
pub struct Hint {
    _watcher: Option<RecommendedWatcher>,
    failures: Vec<HintFailure>,
}

/// Something that is not watched, and why.
#[derive(Debug)]
pub struct HintFailure {
    /// The directory; `None` when nothing can be watched at all.
    pub directory: Option<PathBuf>,
    /// Why.
    pub error: notify::Error,
}

impl Hint {
    /// Calls `changed` (from a thread of the watcher) whenever something in the directories was created, written,
    /// renamed or removed. It should only set a flag or wake somebody.
    pub fn watch(roots: &[WatchRoot], changed: Box<dyn Fn() + Send>) -> Hint {
        let handler = move |event: notify::Result<Event>| {
            // our own opens and reads are events too, and must not wake us
            if !matches!(event, Ok(Event { kind: EventKind::Access(_), .. })) {
                changed();
            }
        };
        let mut watcher = match notify::recommended_watcher(handler) {
            Ok(watcher) => watcher,
            Err(error) => return Hint { _watcher: None, failures: vec![HintFailure { directory: None, error }] },
        };
        let mut failures = Vec::new();
        for root in roots {
            let mode = if root.recursive { RecursiveMode::Recursive } else { RecursiveMode::NonRecursive };
            if let Err(error) = watcher.watch(&root.directory, mode) {
                failures.push(HintFailure { directory: Some(root.directory.clone()), error });
            }
        }
        Hint { _watcher: Some(watcher), failures }
    }

    /// What could not be watched.
    pub fn failures(&self) -> &[HintFailure] {
        &self.failures
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_new_file_is_hinted_and_an_absent_directory_is_only_told() {
        let dir = tempfile::tempdir().unwrap();
        let (sender, receiver) = mpsc::channel();
        let root = |directory| WatchRoot { directory, recursive: false };
        let roots = [root(dir.path().to_owned()), root(dir.path().join("absent"))];
        let hint = Hint::watch(&roots, Box::new(move || sender.send(()).unwrap_or_default()));
        let failed: Vec<_> = hint.failures().iter().map(|failure| failure.directory.clone()).collect();
        assert_eq!(vec![Some(dir.path().join("absent"))], failed);
        std::fs::write(dir.path().join("a.log"), "x").unwrap();
        receiver.recv_timeout(Duration::from_secs(10)).unwrap();
    }
}
