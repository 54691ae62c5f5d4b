//! Builds the stages from the config and runs them: the only place that spawns, ticks or reads the clock.
//!
//! One thread per source reads, decodes and maps; one thread owns the engine, commits on a timer and publishes; the
//! main thread serves HTTP and waits for signals; one thread looks for changed files. Sources send blocks over one
//! bounded channel: when it is full they wait, the log file is the buffer. They stop in the order of the flow:
//! sources, engine, HTTP.

mod committer;
mod descriptors;
mod lanes;
pub mod process;
mod reading;
mod reload;
pub mod replay;
mod service;
mod signals;
mod stamp;
mod start;

use crate::config::Config;
use crate::engine;
use crate::http::{self, Publication};
use crate::references::References;
use crate::source;
use crate::tail::{self, LostReason, StartAt};
use crate::telemetry::RateLimit;
use crate::time::{Length, Timestamp};
use committer::Committer;
use reading::Readers;
use reload::{Hangup, Reloader};
use service::Service;
use signals::Signals;
use start::{Start, StartError};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Instant, SystemTime};
use tokio::net::TcpListener;

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
    /// The web config file, or what it names, cannot be used.
    #[error("{0}")]
    WebConfig(http::access::Problems),
    /// A window has no pane.
    #[error("plan the windows")]
    Windows(#[from] crate::window::PaneError),
    /// The state cannot be used.
    #[error("begin")]
    Start(#[from] StartError),
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
            container: source.container,
            follow_links: source.follow_links,
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

/// Follows the logs and serves until `stop` or a signal; `listening` is told the address. What may change of the config
/// is read again from `path`.
pub fn run(
    config: &Config,
    path: Option<&Path>,
    references: Arc<References>,
    stop: impl Future<Output = ()>,
    listening: impl FnOnce(SocketAddr),
) -> Result<(), AppError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    // A request to end that comes while the state is read waits until then.
    let Signals { end, hangups } = {
        let _context = runtime.enter();
        Signals::listen()?
    };
    let (reloader, access) = Reloader::new(config, path, references.clone()).map_err(AppError::WebConfig)?;
    let shares = descriptors::reserve(config);
    let listener = runtime
        .block_on(TcpListener::bind(config.listen))
        .map_err(|source| AppError::Listen { address: config.listen, source })?;
    let address = listener.local_addr()?;
    let mut configs = source_configs(config);
    configs.iter_mut().for_each(|config| config.tail.max_open_files = shares.open_files);
    let names: Vec<Arc<str>> = configs.iter().map(|config| config.name.clone()).collect();
    let Start { snapshot, outcome, mut engine, frame } = start::start(config, &references, &names)?;
    configs.iter_mut().for_each(|config| config.tail.seed = frame.seed);
    let readers = Readers::open(&configs, references.clone(), &mut engine)
        .map_err(|(name, source)| AppError::Source { name: name.to_string(), source })?;
    let (publisher, published) = http::channel(Publication::unavailable("starting"));
    let traffic = publisher.traffic();
    let committer = Committer::start(snapshot, publisher, config.max_stale)?;
    let (receiver, readers) = readers.start()?;
    let service = Service {
        engine,
        references: references.clone(),
        committer,
        receiver,
        interval: config.commit_interval.to_std(),
        standings: readers.standings(),
        traffic,
        frame,
        outcome,
        reloads: reloader.standing(),
        last: instant(),
        rejects: RateLimit::new(10, Length::from_seconds(60)),
        unwritten: RateLimit::new(10, Length::from_seconds(60)),
        all: true,
        unkept: Vec::new(),
    };
    let (reload, looker) = reloader.start()?;
    let engine = std::thread::Builder::new().name("engine".to_owned()).spawn(move || service.run())?;
    listening(address);
    let http = http::Config { max_connections: shares.connections, ..http::Config::default() };
    let (stop_http, http_stopped) = tokio::sync::oneshot::channel::<()>();
    let served = runtime.block_on(async move {
        let hung_up = hangups.pass_on(move || drop(reload.send(Hangup)));
        let server = http::serve(listener, published, access, async { http_stopped.await.unwrap_or(()) }, http);
        tokio::pin!(server);
        tokio::select! {
            broken = &mut server => return broken,
            () = stop => {}
            () = end.asked() => {}
            () = hung_up => {}
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
    looker.join().ok();
    Ok(served?)
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
