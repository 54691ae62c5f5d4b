//! The places that connections take, and who gives way when all are taken.
//!
//! A client that keeps us waiting gives way to one that comes: the one we have waited for the longest, if that is long
//! enough to tell it from one whose bytes are on the way. So clients that hold connections without using them keep
//! nobody out. When everyone is being served, the new one is refused.

use std::collections::HashMap;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::task::{AbortHandle, Id, JoinError, JoinSet};
use tokio::time::Instant;

use super::Traffic;

/// A client whose request (or next request, or handshake) has not come for this long gives way: 100 ms is more than a
/// way through a data centre and less than a scraper notices.
const PATIENCE: Duration = Duration::from_millis(100);
/// A client that has read nothing of its response for this long gives way: 1 s, for a lost packet is sent again sooner.
const PATIENCE_WITH_READERS: Duration = Duration::from_secs(1);

/// Whom a connection waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wait {
    /// The client, to send.
    Request,
    /// Us.
    Answer,
    /// The client, to read.
    Reader,
}

/// What a connection says of itself: whom it waits for, since when.
#[derive(Debug)]
pub(super) struct Standing {
    base: Instant,
    /// Milliseconds since `base`, and the wait in the two lowest bits.
    state: AtomicU64,
}

impl Standing {
    fn new(base: Instant) -> Standing {
        let standing = Standing { base, state: AtomicU64::new(0) };
        standing.note(Wait::Request);
        standing
    }

    /// From now on the connection waits for this.
    pub(super) fn note(&self, wait: Wait) {
        let since = u64::try_from(self.base.elapsed().as_millis()).unwrap_or(u64::MAX >> 2);
        self.state.store(since << 2 | wait as u64, Ordering::Relaxed);
    }

    /// Whether it waits for this.
    pub(super) fn is(&self, wait: Wait) -> bool {
        self.state.load(Ordering::Relaxed) & 3 == wait as u64
    }

    /// How long a client has kept us waiting beyond our patience, or `Err` with what is left of it. `None` when it
    /// does not, or reads too steadily to be told.
    fn overdue(&self) -> Option<Result<Duration, Duration>> {
        let state = self.state.load(Ordering::Relaxed);
        let waited = self.base.elapsed().saturating_sub(Duration::from_millis(state >> 2));
        match state & 3 {
            wait if wait == Wait::Request as u64 => {
                Some(waited.checked_sub(PATIENCE).ok_or_else(|| PATIENCE.saturating_sub(waited)))
            }
            wait if wait == Wait::Reader as u64 => waited.checked_sub(PATIENCE_WITH_READERS).map(Ok),
            _ => None,
        }
    }
}

/// The connections there are.
#[derive(Debug)]
pub(super) struct Places {
    base: Instant,
    most: usize,
    tasks: JoinSet<()>,
    standings: HashMap<Id, (Arc<Standing>, AbortHandle)>,
}

impl Places {
    /// So many places, all free.
    pub(super) fn new(most: usize) -> Places {
        Places { base: Instant::now(), most, tasks: JoinSet::new(), standings: HashMap::new() }
    }

    /// Gives a place to a connection.
    pub(super) fn take<F>(&mut self, connection: impl FnOnce(Arc<Standing>) -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let standing = Arc::new(Standing::new(self.base));
        let handle = self.tasks.spawn(connection(standing.clone()));
        self.standings.insert(handle.id(), (standing, handle));
    }

    /// Waits until a connection has ended; for ever when there is none.
    pub(super) async fn one_ended(&mut self) {
        match self.tasks.join_next_with_id().await {
            Some(ended) => self.forget(&ended),
            None => std::future::pending().await,
        }
    }

    /// Waits until every connection has ended.
    pub(super) async fn all_ended(&mut self) {
        while self.tasks.join_next().await.is_some() {}
    }

    /// Whether there is a place, after those who gave way; waits for the patience with them to end.
    pub(super) async fn make_room(&mut self, traffic: &Traffic) -> bool {
        while let Some(ended) = self.tasks.try_join_next_with_id() {
            self.forget(&ended);
        }
        while self.tasks.len() >= self.most {
            let waits = self.standings.values().filter_map(|(standing, handle)| Some((standing.overdue()?, handle)));
            // The longest overdue, or else the one that is overdue first.
            let order = |overdue: &Result<Duration, Duration>| match overdue {
                Ok(over) => (0, Duration::MAX - *over),
                Err(left) => (1, *left),
            };
            match waits.min_by_key(|(overdue, _)| order(overdue)) {
                None => return false,
                Some((Ok(_), handle)) => {
                    handle.abort();
                    traffic.count_cut_off();
                    let id = handle.id();
                    self.standings.remove(&id);
                    self.one_ended().await;
                }
                Some((Err(left), _)) => {
                    // Dropped half-way, neither loses anything.
                    tokio::select! {
                        () = self.one_ended() => {}
                        () = tokio::time::sleep(left) => {}
                    }
                }
            }
        }
        true
    }

    fn forget(&mut self, ended: &Result<(Id, ()), JoinError>) {
        let id = match ended {
            Ok((id, ())) => *id,
            Err(error) => error.id(),
        };
        self.standings.remove(&id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs with time that passes only when everything waits.
    fn paused(test: impl Future<Output = ()>) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(test);
    }

    /// A connection that stands like this for ever.
    fn standing(places: &mut Places, wait: Wait) {
        places.take(|standing| async move {
            standing.note(wait);
            std::future::pending::<()>().await;
        });
    }

    #[test]
    fn who_waits_for_nothing_is_refused_at_once() {
        paused(async {
            let (mut places, traffic) = (Places::new(2), Traffic::default());
            for wait in [Wait::Answer, Wait::Reader] {
                assert!(places.make_room(&traffic).await);
                standing(&mut places, wait);
            }
            tokio::task::yield_now().await;
            assert!(!places.make_room(&traffic).await);
            assert_eq!(0, traffic.cut_off());
        });
    }

    #[test]
    fn the_client_that_keeps_us_waiting_for_longest_gives_way() {
        paused(async {
            let (mut places, traffic) = (Places::new(2), Traffic::default());
            let (told, mut gone) = tokio::sync::mpsc::unbounded_channel();
            for name in ["first", "second", "third"] {
                let began = Instant::now();
                assert!(places.make_room(&traffic).await);
                let waits = began.elapsed() > PATIENCE / 2;
                assert_eq!((name == "third", true), (waits, began.elapsed() <= PATIENCE), "{name}");
                let told = told.clone();
                places.take(|_| async move {
                    struct Told(tokio::sync::mpsc::UnboundedSender<&'static str>, &'static str);
                    impl Drop for Told {
                        fn drop(&mut self) {
                            self.0.send(self.1).ok();
                        }
                    }
                    let _told = Told(told, name);
                    std::future::pending::<()>().await;
                });
                tokio::time::sleep(Duration::from_millis(10) / if name == "first" { 1 } else { 1_000 }).await;
            }
            assert_eq!(Some("first"), gone.recv().await);
            assert_eq!(1, traffic.cut_off());
        });
    }

    #[test]
    fn a_reader_that_stalls_gives_way_after_a_longer_time() {
        paused(async {
            let (mut places, traffic) = (Places::new(1), Traffic::default());
            standing(&mut places, Wait::Reader);
            tokio::time::sleep(PATIENCE_WITH_READERS / 2).await;
            assert!(!places.make_room(&traffic).await);
            tokio::time::sleep(PATIENCE_WITH_READERS).await;
            assert!(places.make_room(&traffic).await);
        });
    }

    #[test]
    fn an_ended_connection_leaves_its_place() {
        paused(async {
            let (mut places, traffic) = (Places::new(1), Traffic::default());
            places.take(|_| async {});
            tokio::task::yield_now().await;
            assert!(places.make_room(&traffic).await);
            assert_eq!((0, 0), (traffic.cut_off(), places.standings.len()));
        });
    }
}
