//! One thread per source.

use super::AppError;
use crate::engine::Engine;
use crate::schema::ColumnSource;
use crate::source::{self, Block, Source};
use crate::tail::{Change, Hint, Problem, TailError, discovery};
use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// Blocks on their way to the engine.
const CHANNEL: usize = 2;
/// Files are looked at again at least this often, hint or not.
const POLL: Duration = Duration::from_millis(250);
/// What is there at the stop is read for at most this long.
const DRAIN: Duration = Duration::from_secs(3);
/// Between two searches for new files, unless a hint comes.
const DISCOVERY: Duration = Duration::from_secs(1);
/// Hints come in crowds: so long passes at least between one that was followed and the next, and so many times longer
/// than it took to follow it.
const REST: Duration = Duration::from_millis(10);
const REST_FACTOR: u32 = 4;

/// A block and the index of its source.
pub(super) struct Message {
    pub(super) source: usize,
    pub(super) block: Block,
}

/// Gauges of one source.
#[derive(Debug, Default)]
struct Standing {
    lag: AtomicU64,
    files: AtomicU64,
    problems: AtomicU64,
    /// Everything that was there at the start was read, and given to the engine.
    caught_up: AtomicBool,
    /// Files that were known and are not there any more.
    gone: AtomicU64,
}

/// Gauges of all sources.
#[derive(Clone, Debug)]
pub(super) struct Standings(Arc<Vec<Standing>>);

impl Standings {
    /// Bytes not read, files, problems, by source.
    pub(super) fn read(&self) -> Vec<(u64, u64, u64)> {
        let load = |value: &AtomicU64| value.load(Ordering::Relaxed);
        self.0.iter().map(|s| (load(&s.lag), load(&s.files), load(&s.problems))).collect()
    }

    /// Whether every source has read, and sent, all that was there at its start.
    pub(super) fn caught_up(&self) -> bool {
        self.0.iter().all(|standing| standing.caught_up.load(Ordering::Acquire))
    }

    /// Whether files that were known are not there any more. Means something once the sources have caught up.
    pub(super) fn has_unread_past(&self) -> bool {
        self.0.iter().any(|standing| standing.gone.load(Ordering::Acquire) > 0)
    }
}

/// Wakes a reader: something may have changed, or it is time to stop.
#[derive(Debug, Default)]
struct Waker {
    changed: Mutex<Option<Change>>,
    condition: Condvar,
    stop: AtomicBool,
}

impl Waker {
    fn wake(&self, change: Change) {
        let mut changed = self.changed.lock().unwrap_or_else(PoisonError::into_inner);
        if *changed != Some(Change::Names) {
            *changed = Some(change);
        }
        self.condition.notify_all();
    }

    fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
        self.wake(Change::Content);
    }

    /// Waits at least for `rest` (unless it is time to stop), then for a wake-up or until [`POLL`] has passed; says
    /// what has changed.
    fn wait(&self, rest: Duration) -> Option<Change> {
        let stopped = |_: &mut Option<Change>| !self.stop.load(Ordering::Relaxed);
        let changed = self.changed.lock().unwrap_or_else(PoisonError::into_inner);
        let rested = self.condition.wait_timeout_while(changed, rest, stopped);
        let (changed, _) = rested.unwrap_or_else(PoisonError::into_inner);
        let waited = self.condition.wait_timeout_while(changed, POLL, |changed| changed.is_none());
        let (mut changed, _) = waited.unwrap_or_else(PoisonError::into_inner);
        changed.take()
    }
}

/// Sources that are open and not read yet.
pub(super) struct Readers {
    sources: Vec<(Source, Vec<String>)>,
}

/// Sources that are read.
pub(super) struct Running {
    threads: Vec<(JoinHandle<()>, Arc<Waker>)>,
    standings: Standings,
}

impl Readers {
    /// Opens every source, to go on from where the engine is.
    pub(super) fn open(
        configs: &[source::Config],
        known: Arc<dyn ColumnSource>,
        engine: &mut Engine,
    ) -> Result<Readers, (Arc<str>, TailError)> {
        let mut sources = Vec::new();
        for (index, config) in configs.iter().enumerate() {
            let mut source = Source::new(config, known.clone()).map_err(|error| (config.name.clone(), error))?;
            let files = source.resume(engine.positions(index).map(|(_, position)| position));
            engine.resumed(index, &files);
            sources.push((source, config.tail.paths.clone()));
        }
        Ok(Readers { sources })
    }

    /// Starts a thread for each.
    pub(super) fn start(self) -> Result<(Receiver<Message>, Running), AppError> {
        let (sender, receiver) = sync_channel(CHANNEL);
        let standings = Standings(Arc::new(self.sources.iter().map(|_| Standing::default()).collect()));
        let mut threads = Vec::new();
        for (index, (source, paths)) in self.sources.into_iter().enumerate() {
            let waker = Arc::new(Waker::default());
            let (sender, standings, woken) = (sender.clone(), standings.clone(), waker.clone());
            let read = move || read(index, source, &paths, &sender, &standings, &woken);
            let thread = std::thread::Builder::new().name(format!("source-{index}")).spawn(read)?;
            threads.push((thread, waker));
        }
        Ok((receiver, Running { threads, standings }))
    }
}

impl Running {
    /// Gauges of all sources.
    pub(super) fn standings(&self) -> Standings {
        self.standings.clone()
    }

    /// Stops every thread after the block it is at.
    pub(super) fn stop(self) {
        for (_, waker) in &self.threads {
            waker.stop();
        }
        for (thread, _) in self.threads {
            thread.join().ok();
        }
    }
}

fn read(
    index: usize,
    mut source: Source,
    paths: &[String],
    sender: &SyncSender<Message>,
    standings: &Standings,
    waker: &Arc<Waker>,
) {
    let woken = waker.clone();
    let hint = Hint::watch(&discovery::watch_roots(paths), Box::new(move |change| woken.wake(change)));
    for failure in hint.failures() {
        tracing::info!(?failure, "no hints for a directory, polling only");
    }
    let started = super::instant();
    let (mut discovered, mut problems) = (Duration::ZERO, HashSet::new());
    while !waker.stop.load(Ordering::Relaxed) {
        let before = started.elapsed();
        let (block, progress) = source.poll();
        if let Some(standing) = standings.0.get(index) {
            let (lag, files, problems) = source.standing();
            standing.lag.store(lag, Ordering::Relaxed);
            standing.files.store(files, Ordering::Relaxed);
            standing.problems.store(problems, Ordering::Relaxed);
        }
        if !block.is_empty() && sender.send(Message { source: index, block }).is_err() {
            return;
        }
        if let Some(standing) = standings.0.get(index).filter(|standing| !standing.caught_up.load(Ordering::Relaxed)) {
            let (caught_up, gone) = source.past();
            standing.gone.store(gone as u64, Ordering::Release);
            standing.caught_up.store(caught_up, Ordering::Release);
        }
        if progress.finished && !progress.more {
            // Standard input has ended: nothing can come any more.
            return;
        }
        if !progress.more {
            let rest = ((started.elapsed() - before) * REST_FACTOR).clamp(REST, POLL);
            let names = waker.wait(rest) == Some(Change::Names);
            let now = started.elapsed();
            if names || now - discovered >= DISCOVERY {
                source.discover(now);
                discovered = now;
                problems = tell(source.problems(), &problems);
            }
        }
    }
    // What was written until now belongs to the last commit, if it can be read in time.
    source.discover(started.elapsed());
    let until = super::instant() + DRAIN;
    while super::instant() < until {
        let (block, progress) = source.poll();
        if !block.is_empty() && sender.send(Message { source: index, block }).is_err() {
            return;
        }
        if !progress.more {
            return;
        }
    }
}

/// Logs the problems that were not there before, and gives all.
fn tell(problems: &[Problem], before: &HashSet<Problem>) -> HashSet<Problem> {
    for problem in problems.iter().filter(|problem| !before.contains(problem)) {
        let path = problem.path.display();
        tracing::warn!(%path, error = problem.message, "cannot follow a file");
    }
    problems.iter().cloned().collect()
}
