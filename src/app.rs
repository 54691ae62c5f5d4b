//! Builds the stages from the config and runs them: the only place that spawns, ticks or reads the clock.
//!
//! One thread per source reads, decodes and maps; one thread owns the engine, commits on a timer and publishes; the
//! main thread serves HTTP and waits for signals; one thread looks for changed profiles. Sources send blocks over one
//! bounded channel: when it is full they wait, the log file is the buffer. They stop in the order of the flow:
//! sources, engine, HTTP.

pub mod process;
mod reading;
pub mod replay;

use crate::config::Config;
use crate::engine::{self, Engine, Live};
use crate::exposition;
use crate::http::{self, Publication, Publisher};
use crate::references::References;
use crate::report::{Of, Report, families};
use crate::source;
use crate::tail::{self, LostReason, StartAt};
use crate::telemetry::RateLimit;
use crate::time::{Length, Timestamp};
use reading::{Message, Readers};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant, SystemTime};
use tokio::net::TcpListener;

/// Profiles are looked at again this often.
const PROFILE_INTERVAL: Duration = Duration::from_secs(10);

/// What stops a run.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// The address cannot be listened on.
    #[error("listen on {address}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// A source cannot be followed.
    #[error("follow source {name}")]
    Source {
        /// The label `source`.
        name: String,
        /// Why.
        source: tail::TailError,
    },
    /// A window has no pane.
    #[error("plan the windows")]
    Windows(#[from] crate::window::PaneError),
    /// A thread or the runtime could not be started, or the server broke.
    #[error("run the service")]
    Service(#[from] std::io::Error),
    /// A file of a replay cannot be read.
    #[error("read {path}")]
    Read {
        /// The file.
        path: String,
        /// Why.
        source: std::io::Error,
    },
}

/// The wall clock.
#[allow(clippy::disallowed_methods, reason = "the one place that reads the clock")]
pub fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since.as_nanos()).unwrap_or(i64::MAX))
}

#[allow(clippy::disallowed_methods, reason = "the one place that reads the clock")]
fn instant() -> Instant {
    Instant::now()
}

/// The longest that any model's predictions wait for their actuals.
pub fn longest_delay(models: &[engine::config::Model]) -> Length {
    models.iter().map(|model| model.performance.max_delay).max().unwrap_or_default()
}

/// What each source is told.
pub fn source_configs(config: &Config) -> Vec<source::Config> {
    let of = |source: &crate::config::Source| source::Config {
        name: source.name.as_str().into(),
        tail: tail::Config {
            paths: source.paths.clone(),
            start_at: if source.from_beginning { StartAt::Beginning } else { StartAt::End },
            max_line_bytes: source.max_line_bytes,
            max_open_files: config.max_open_files,
            ..tail::Config::default()
        },
        format: crate::decode::format(source.format).unwrap_or(&crate::decode::FORMATS[0]),
        role: source.role,
        schema: source.schema.clone(),
        most_features: config.engine.limits.features,
    };
    config.sources.iter().map(of).collect()
}

/// Follows the logs and serves until `stop` or a signal; `listening` is told the address.
pub fn run(
    config: &Config,
    references: Arc<References>,
    stop: impl Future<Output = ()>,
    listening: impl FnOnce(SocketAddr),
) -> Result<(), AppError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let listener = runtime
        .block_on(TcpListener::bind(config.listen))
        .map_err(|source| AppError::Listen { address: config.listen, source })?;
    let address = listener.local_addr()?;
    let configs = source_configs(config);
    let names: Vec<Arc<str>> = configs.iter().map(|config| config.name.clone()).collect();
    let engine = Engine::new(config.engine.clone(), longest_delay(&config.models), &names)?;
    let readers = Readers::open(&configs, references.clone())
        .map_err(|(name, source)| AppError::Source { name: name.to_string(), source })?;
    let starting = Publication::new(Vec::new(), b"# EOF\n".to_vec(), Vec::new(), Err("starting".to_owned()));
    let (publisher, published) = http::channel(starting);
    let (receiver, readers) = readers.start()?;
    let service = Service {
        engine,
        references: references.clone(),
        publisher,
        receiver,
        interval: config.commit_interval.to_std(),
        standings: readers.standings(),
        started: now(),
        last: instant(),
        rejects: RateLimit::new(10, Length::from_seconds(60)),
    };
    let (looker_stop, looker) = look_for_profiles(references)?;
    let engine = std::thread::Builder::new().name("engine".to_owned()).spawn(move || service.run())?;
    listening(address);
    let http = http::Config { max_connections: config.max_connections, ..http::Config::default() };
    let (stop_http, http_stopped) = tokio::sync::oneshot::channel::<()>();
    let served = runtime.block_on(async move {
        let server = http::serve(listener, published, async { http_stopped.await.unwrap_or(()) }, http);
        tokio::pin!(server);
        tokio::select! {
            broken = &mut server => return broken,
            () = stop => {}
            () = signalled() => {}
        }
        tracing::info!("stopping");
        // Sources first, then the engine with its last commit, then HTTP.
        let drained = tokio::task::spawn_blocking(move || {
            readers.stop();
            engine.join().is_ok()
        });
        let engine_ended = tokio::select! {
            broken = &mut server => return broken,
            ended = drained => ended.unwrap_or(false),
        };
        if !engine_ended {
            tracing::error!("the engine ended early");
        }
        stop_http.send(()).ok();
        server.await
    });
    drop(looker_stop);
    looker.join().ok();
    Ok(served?)
}

/// SIGTERM or SIGINT.
async fn signalled() {
    use tokio::signal::unix::{SignalKind, signal};
    match (signal(SignalKind::terminate()), signal(SignalKind::interrupt())) {
        (Ok(mut terminate), Ok(mut interrupt)) => {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
        }
        _ => std::future::pending().await,
    }
}

type Looker = (std::sync::mpsc::Sender<()>, std::thread::JoinHandle<()>);

/// Looks for changed profiles until the sender is dropped.
fn look_for_profiles(references: Arc<References>) -> std::io::Result<Looker> {
    let (sender, receiver) = std::sync::mpsc::channel::<()>();
    let look = move || {
        while let Err(RecvTimeoutError::Timeout) = receiver.recv_timeout(PROFILE_INTERVAL) {
            for problem in references.refresh() {
                tracing::warn!(
                    model = problem.model,
                    location = problem.location,
                    error = problem.message,
                    "profile not loaded"
                );
            }
        }
    };
    Ok((sender, std::thread::Builder::new().name("profiles".to_owned()).spawn(look)?))
}

/// The engine's thread.
struct Service {
    engine: Engine,
    references: Arc<References>,
    publisher: Publisher,
    receiver: Receiver<Message>,
    interval: Duration,
    standings: reading::Standings,
    started: Timestamp,
    last: Instant,
    rejects: RateLimit<crate::schema::RejectReason>,
}

impl Service {
    fn run(mut self) {
        self.commit();
        let mut due = instant() + self.interval;
        loop {
            match self.receiver.recv_timeout(due.saturating_duration_since(instant())) {
                Ok(message) => self.take(&message),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            if instant() >= due {
                self.commit();
                due = instant() + self.interval;
            }
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

    /// Evaluates, renders once, and hands the bytes to HTTP.
    fn commit(&mut self) {
        let elapsed = self.last.elapsed();
        self.last = instant();
        self.engine.settle(self.references.as_ref());
        self.engine.pass(Length::from_nanos(i64::try_from(elapsed.as_nanos()).unwrap_or(i64::MAX)));
        self.engine.tidy();
        for (key, reference) in self.engine.take_learned() {
            tracing::info!(model = &*key.model, version = &*key.version, rows = reference.rows, "reference learned");
            self.references.learned(&key, reference);
        }
        let live = Live { sources: self.standings.read(), lost_reasons: lost_reasons() };
        let mut report = self.engine.evaluate(&live);
        let evaluated = self.last.elapsed();
        let clock = now();
        self.describe(&mut report, clock, evaluated);
        let (text, openmetrics) = exposition::render(&report);
        let page = http::status_page::render(&report, Some(clock), env!("CARGO_PKG_VERSION"));
        self.publisher.publish(Publication::new(text, openmetrics, page, Ok(())));
    }

    /// Adds what concerns the process.
    fn describe(&self, report: &mut Report, clock: Timestamp, evaluated: Duration) {
        let mut gauge = |family, value| report.push(Of::Family(family), Vec::new(), value);
        gauge(&families::COMMIT, clock.seconds());
        gauge(&families::COUNTERS_START, self.started.seconds());
        gauge(&families::MEMORY_MODE, 1.0);
        gauge(&families::EVALUATION, evaluated.as_secs_f64());
        gauge(&families::SCRAPES_REFUSED, self.publisher.traffic().refused() as f64);
        process::describe(report);
    }
}

/// Every reason for which lines can be lost.
pub fn lost_reasons() -> &'static [&'static str] {
    const REASONS: [&str; LostReason::ALL.len()] = {
        let mut reasons = [""; LostReason::ALL.len()];
        let mut index = 0;
        while index < reasons.len() {
            reasons[index] = LostReason::ALL[index].as_str();
            index += 1;
        }
        reasons
    };
    &REASONS
}
