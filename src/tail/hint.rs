//! Notifications of the file system, as a hint that looking early is worth it.
//!
//! Nothing depends on them: they may be late, merged, lost or unavailable (limits on watches, network file systems),
//! and the timer of the caller finds the same changes a little later.

use std::path::PathBuf;

use notify::event::ModifyKind;
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};

use super::discovery::WatchRoot;

/// What a notification is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// A file was written: it is worth reading.
    Content,
    /// Files came, went or were renamed, or it is not known what happened: it is worth looking for files.
    Names,
}

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
    pub fn watch(roots: &[WatchRoot], changed: Box<dyn Fn(Change) + Send>) -> Hint {
        let handler = move |event: notify::Result<Event>| match event {
            // the queue was too short for what happened, so anything may have
            Ok(event) if event.need_rescan() => changed(Change::Names),
            // our own opens and reads are events too, and must not wake us
            Ok(Event { kind: EventKind::Access(_), .. }) => {}
            Ok(Event { kind: EventKind::Modify(ModifyKind::Data(_) | ModifyKind::Metadata(_)), .. }) => {
                changed(Change::Content);
            }
            _ => changed(Change::Names),
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
        let hint = Hint::watch(&roots, Box::new(move |change| sender.send(change).unwrap_or_default()));
        let failed: Vec<_> = hint.failures().iter().map(|failure| failure.directory.clone()).collect();
        assert_eq!(vec![Some(dir.path().join("absent"))], failed);
        std::fs::write(dir.path().join("a.log"), "x").unwrap();
        assert_eq!(Change::Names, receiver.recv_timeout(Duration::from_secs(10)).unwrap());
        while receiver.recv_timeout(Duration::from_secs(10)).unwrap() != Change::Content {}
    }
}
