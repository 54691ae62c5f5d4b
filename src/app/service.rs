//! The engine's thread: takes blocks, and commits on a timer.

use super::committer::{Committer, Done, Job, State};
use super::reading::{Message, Standings};
use super::{instant, lost_reasons, now, process, reload};
use crate::engine::{Engine, Live};
use crate::http::Traffic;
use crate::references::References;
use crate::report::{Edition, Of, Report, families};
use crate::schema::RejectReason;
use crate::snapshot::{Frame, Outcome};
use crate::telemetry::RateLimit;
use crate::time::{Length, Timestamp};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};

/// A commit that is due while another is under way is tried again after this.
const BUSY: Duration = Duration::from_millis(20);
/// Changed ids that make a commit due before its time: few enough that their record is a few megabytes.
const MUCH: usize = 1 << 17;
/// Bytes of records that are handed over at a time.
const PIECE: usize = 1 << 19;
/// After the commit before the last was restored, the files have to be read again up to what they held at the start
/// within this time.
const CATCH_UP: Duration = Duration::from_secs(120);

/// What the service is given.
pub(super) struct Service {
    pub(super) engine: Engine,
    pub(super) references: Arc<References>,
    pub(super) committer: Committer,
    pub(super) receiver: Receiver<Message>,
    pub(super) interval: Duration,
    pub(super) standings: Standings,
    pub(super) traffic: Arc<Traffic>,
    pub(super) reloads: Arc<reload::Standing>,
    /// What belongs to the state besides the engine.
    pub(super) frame: Frame,
    pub(super) outcome: Outcome,
    pub(super) last: Instant,
    pub(super) rejects: RateLimit<RejectReason>,
    /// Commits that failed.
    pub(super) unwritten: RateLimit<()>,
    /// The next state has to be of everything.
    pub(super) all: bool,
    /// Learned references that are not durable yet.
    pub(super) unkept: Vec<(String, String)>,
}

impl Service {
    pub(super) fn run(mut self) {
        let dropped = self.forget_left();
        match self.outcome {
            Outcome::Previous => self.catch_up(),
            // It is durable as it is.
            Outcome::Latest if !dropped => self.show_restored(),
            _ => self.commit(),
        }
        let mut due = instant() + self.interval;
        loop {
            match self.receiver.recv_timeout(due.saturating_duration_since(instant())) {
                Ok(message) => self.take(&message),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            let result = self.committer.poll();
            self.note(result);
            if instant() >= due || (self.engine.unsaved() >= MUCH && !self.committer.is_busy()) {
                let is_busy = self.committer.is_busy();
                if !is_busy {
                    self.commit();
                }
                due = instant() + if is_busy { BUSY } else { self.interval };
            }
        }
        let result = self.committer.wait();
        self.note(result);
        self.commit();
        let result = self.committer.wait();
        self.note(result);
        self.committer.stop();
    }

    /// Takes blocks until every file is read as far as it was at the start: only then is the state at or beyond what was
    /// published before. When that cannot be reached, counters begin anew.
    fn catch_up(&mut self) {
        let until = instant() + CATCH_UP;
        while !self.standings.caught_up() && instant() < until {
            match self.receiver.recv_timeout(BUSY) {
                Ok(message) => self.take(&message),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        // What was sent before the readers said so.
        while let Ok(message) = self.receiver.try_recv() {
            self.take(&message);
        }
        if !self.standings.caught_up() || self.standings.has_unread_past() {
            tracing::warn!(
                "the last commit is damaged and what it held cannot all be read again: counters begin at zero"
            );
            self.engine.reset_counters();
            self.frame.started = now();
            self.frame.failures = 0;
        }
        self.commit();
    }

    fn take(&mut self, message: &Message) {
        let clock = now();
        self.engine.count(message.source, &message.block.counts);
        self.engine.ingest(&message.block.batch, self.references.as_ref(), Some(clock));
        for (path, offset, reject) in &message.block.rejects {
            if let Some(suppressed) = self.rejects.admit(reject.reason, clock) {
                let path = path.display().to_string();
                tracing::warn!(path, end_offset = offset, reason = %reject, suppressed, "line rejected");
            }
        }
    }

    /// Takes in what came of a commit.
    fn note(&mut self, result: Option<Done>) {
        match result {
            Some(Done::Published { wants_all }) => {
                self.all |= wants_all;
                self.unkept.clear();
            }
            Some(Done::Failed(error)) => {
                self.all = true;
                self.frame.failures += 1;
                if let Some(suppressed) = self.unwritten.admit((), now()) {
                    let failures = self.frame.failures;
                    tracing::error!(%error, failures, suppressed, "state not written, the last commit is still shown");
                }
            }
            None => {}
        }
    }

    /// Evaluates, and hands over what is to be kept and shown.
    fn commit(&mut self) {
        let (edition, clock) = self.edition();
        if !self.outcome.is_kept() {
            self.committer.submit(Job { clock, edition, state: None });
            return;
        }
        let all = std::mem::take(&mut self.all) || self.engine.forgot_changes();
        let (sender, pieces) = sync_channel(1);
        let (frame, head) = (self.frame.clone(), self.engine.head());
        let state = State { frame, head, pieces, all, references: self.unkept.clone() };
        self.committer.submit(Job { clock, edition, state: Some(state) });
        self.send_records(all, &sender);
    }

    /// Gives what changed, or `all` there is, to the thread that commits. When it is much, it is written while the rest
    /// is still to be made, so that there is never more than a few pieces of it.
    fn send_records(&mut self, all: bool, pieces: &SyncSender<Vec<u8>>) {
        let mut piece = Vec::new();
        self.engine.save_records(all, &mut |record| {
            if let Ok(longer) = postcard::to_extend(&record, std::mem::take(&mut piece)) {
                piece = longer;
            }
            if piece.len() >= PIECE {
                // Nobody takes it when the commit has failed.
                pieces.send(std::mem::take(&mut piece)).ok();
            }
        });
        pieces.send(piece).ok();
    }

    fn show_restored(&mut self) {
        let (edition, clock) = self.edition();
        self.committer.submit(Job { clock, edition, state: None });
    }

    fn edition(&mut self) -> (Edition, Timestamp) {
        let elapsed = self.last.elapsed();
        self.last = instant();
        self.engine.settle(self.references.as_ref());
        self.engine.pass(Length::from_nanos(i64::try_from(elapsed.as_nanos()).unwrap_or(i64::MAX)));
        self.engine.tidy();
        self.forget_left();
        for (key, reference) in self.engine.take_learned() {
            tracing::info!(model = &*key.model, version = &*key.version, rows = reference.rows, "reference learned");
            if let Some(held) = self.references.learned(&key, reference) {
                self.frame.learned.push((key.model.to_string(), key.version.to_string(), held.sha.clone()));
                self.unkept.push((held.sha.clone(), held.to_json()));
            }
        }
        let live = Live { sources: self.standings.read(), lost_reasons: lost_reasons() };
        let mut edition = self.engine.update(&live);
        let evaluated = self.last.elapsed();
        let clock = now();
        self.describe(&mut edition.rest, clock, evaluated);
        (edition, clock)
    }

    /// Lets the learned references of dropped streams go; whether any stream was dropped.
    fn forget_left(&mut self) -> bool {
        let left = self.engine.take_left();
        for key in &left {
            tracing::info!(model = &*key.model, version = &*key.version, "dropped: silent too long, or not configured");
            self.references.forget_learned(key);
            self.frame.learned.retain(|(model, version, _)| (&**model, &**version) != (&*key.model, &*key.version));
        }
        !left.is_empty()
    }

    /// Adds what concerns the process.
    fn describe(&self, report: &mut Report, clock: Timestamp, evaluated: Duration) {
        for outcome in Outcome::ALL {
            let labels = vec![("outcome", outcome.as_str().into())];
            let value = f64::from(u8::from(*outcome == self.outcome));
            report.push(Of::Family(&families::STATE_RESTORED), labels, value);
        }
        let mut gauge = |family, value| report.push(Of::Family(family), Vec::new(), value);
        gauge(&families::COMMIT, clock.seconds());
        gauge(&families::COMMIT_FAILURES, self.frame.failures as f64);
        gauge(&families::COUNTERS_START, self.frame.started.seconds());
        gauge(&families::MEMORY_MODE, f64::from(u8::from(!self.outcome.is_kept())));
        gauge(&families::EVALUATION, evaluated.as_secs_f64());
        gauge(&families::SCRAPES_REFUSED, self.traffic.refused() as f64);
        gauge(&families::CONNECTIONS_CUT_OFF, self.traffic.cut_off() as f64);
        gauge(&families::HANDSHAKES_FAILED, self.traffic.handshake_failures() as f64);
        gauge(&families::REQUESTS_UNAUTHORIZED, self.traffic.unauthorized() as f64);
        gauge(&families::REQUESTS_LIMITED, self.traffic.limited() as f64);
        self.reloads.describe(report);
        process::describe(report);
    }
}
