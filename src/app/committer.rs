//! The thread that renders, makes durable, and publishes: in this order, so that nothing is shown that a crash could
//! take back.
//!
//! The engine's thread hands over a finished report and its state and goes on reading. One commit is under way at a
//! time; the next one waits for it.

use crate::engine::Head;
use crate::exposition::Renderer;
use crate::http::{self, Publication, Publisher};
use crate::report::{Edition, Of, families};
use crate::snapshot::{Frame, Snapshot};
use crate::time::{Length, Timestamp};
use std::io;
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::thread::JoinHandle;

/// What is to be shown, and what has to be durable before it is.
pub(super) struct Job {
    /// As of this time.
    pub(super) clock: Timestamp,
    pub(super) edition: Edition,
    /// None when there is nothing to write: no directory, or a state that was just read from it.
    pub(super) state: Option<State>,
}

/// The state of a commit.
pub(super) struct State {
    pub(super) frame: Frame,
    pub(super) head: Head,
    /// Records of the engine's log, one after the other, in pieces that are still to come.
    pub(super) pieces: Receiver<Vec<u8>>,
    /// Whether they are all there are.
    pub(super) all: bool,
    /// Learned references that the state needs: hash and file.
    pub(super) references: Vec<(String, String)>,
}

/// What came of a job.
pub(super) enum Done {
    /// It is durable and shown.
    Published {
        /// The next state has to be of everything.
        wants_all: bool,
    },
    /// It is neither; what is shown is the commit before.
    Failed(io::Error),
}

/// The engine's end.
pub(super) struct Committer {
    jobs: SyncSender<Job>,
    results: Receiver<Done>,
    is_busy: bool,
    thread: JoinHandle<()>,
}

impl Committer {
    /// Starts the thread. After `max_stale` without a commit nothing is shown any more.
    pub(super) fn start(snapshot: Option<Snapshot>, publisher: Publisher, max_stale: Length) -> io::Result<Committer> {
        let (jobs, receiver) = sync_channel(1);
        let (sender, results) = sync_channel(1);
        let commits = Commits { snapshot, publisher, max_stale, renderer: Renderer::default(), shown: None };
        let thread =
            std::thread::Builder::new().name("commit".to_owned()).spawn(move || commits.run(&receiver, &sender))?;
        Ok(Committer { jobs, results, is_busy: false, thread })
    }

    /// What came of the last job, if it is done now.
    pub(super) fn poll(&mut self) -> Option<Done> {
        match self.results.try_recv() {
            Ok(done) => {
                self.is_busy = false;
                Some(done)
            }
            Err(TryRecvError::Empty | TryRecvError::Disconnected) => None,
        }
    }

    /// Waits for what comes of the job under way, if there is one.
    pub(super) fn wait(&mut self) -> Option<Done> {
        if !self.is_busy {
            return None;
        }
        self.is_busy = false;
        self.results.recv().ok()
    }

    /// Whether a job is under way.
    pub(super) fn is_busy(&self) -> bool {
        self.is_busy
    }

    /// Hands over a job; none may be under way.
    pub(super) fn submit(&mut self, job: Job) {
        self.is_busy = self.jobs.send(job).is_ok();
    }

    /// Ends the thread.
    pub(super) fn stop(self) {
        drop(self.jobs);
        self.thread.join().ok();
    }
}

/// The thread's own.
struct Commits {
    snapshot: Option<Snapshot>,
    publisher: Publisher,
    max_stale: Length,
    /// Of all that was shown.
    renderer: Renderer,
    /// What is shown, and as of when, should it have to be shown again.
    shown: Option<(Edition, Timestamp)>,
}

impl Commits {
    fn run(mut self, jobs: &Receiver<Job>, results: &SyncSender<Done>) {
        for Job { clock, edition, state } in jobs {
            let done = match self.keep(state) {
                Ok(()) => {
                    self.show(edition, clock, false);
                    Done::Published { wants_all: self.snapshot.as_ref().is_some_and(Snapshot::wants_all) }
                }
                Err(error) => {
                    self.show_last(clock);
                    Done::Failed(error)
                }
            };
            if results.send(done).is_err() {
                return;
            }
        }
    }

    /// Makes a state durable.
    fn keep(&mut self, state: Option<State>) -> io::Result<()> {
        let (Some(snapshot), Some(state)) = (&mut self.snapshot, state) else { return Ok(()) };
        for (sha, json) in &state.references {
            snapshot.keep_reference(sha, json.as_bytes())?;
        }
        snapshot.commit_pieces(&state.frame, &state.head, state.pieces, state.all)
    }

    fn show(&mut self, edition: Edition, clock: Timestamp, is_failing: bool) {
        let exposition = if self.snapshot.is_some() {
            let mut edition = edition.clone();
            edition.rest.push(Of::Family(&families::COMMIT_FAILING), Vec::new(), f64::from(u8::from(is_failing)));
            self.renderer.render(&edition)
        } else {
            self.renderer.render(&edition)
        };
        let views = edition.views();
        let page = move || http::status_page::render(&views.report(), Some(clock), env!("CARGO_PKG_VERSION"));
        self.publisher.publish(Publication::of(exposition, page));
        // Without a state that could fail to be written it is not shown again.
        self.shown = self.snapshot.is_some().then_some((edition, clock));
    }

    /// Shows the last commit again, and that it is the last.
    fn show_last(&mut self, clock: Timestamp) {
        match self.shown.take() {
            Some((edition, at)) if clock <= at.plus(self.max_stale) => self.show(edition, at, true),
            Some(shown) => {
                self.shown = Some(shown);
                self.publisher.publish(Publication::unavailable("the state cannot be written, for too long now"));
            }
            None => self.publisher.publish(Publication::unavailable("the state cannot be written")),
        }
    }
}
