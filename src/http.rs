//! The endpoint: hands out the bytes of the latest publication.
//!
//! Nothing is computed per request. The engine publishes finished bytes through a [`Publisher`]; every response is a
//! clone of a pointer to them. What a request can choose is one of four paths, the method, and through `Accept` and
//! `Accept-Encoding` one of a few prepared forms. Query parameters are not looked at, bodies are refused, and no byte
//! of a request is ever part of a response.
//!
//! Every wait for a client is bounded ([`Config`]), as is the number of clients, so that a stalled or hostile one costs
//! a connection for a short while and nothing else.

mod accept;
mod connection;
mod negotiation;
mod pace;
mod publication;
mod response;
pub mod status_page;

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

pub use publication::{Publication, Published, Publisher, Traffic, channel};

/// The bounds of the endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Connections at one time; one more is answered 503 and closed. 128: a handful of servers scrape a sidecar.
    pub max_connections: usize,
    /// From the first byte of a request to the end of its header. 10 s: it fits into one packet.
    pub header_timeout: Duration,
    /// Between two requests. 5 min: longer than any usual scrape interval, so that scrapers keep their connection.
    pub idle_timeout: Duration,
    /// From the first byte of a response to its last. 30 s: servers give up on a scrape after 10 s by default.
    pub write_timeout: Duration,
    /// After it a connection is closed when its running response is complete. 1 h: no client owns a place for ever.
    pub max_lifetime: Duration,
    /// How long running responses may take once a shutdown is asked for. 5 s: half of what is left after a `SIGTERM`
    /// under the shortest grace period in use.
    pub shutdown_timeout: Duration,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            max_connections: 128,
            header_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(300),
            write_timeout: Duration::from_secs(30),
            max_lifetime: Duration::from_secs(3600),
            shutdown_timeout: Duration::from_secs(5),
        }
    }
}

/// Serves what is published until `shutdown` completes; then accepts no more, lets running responses finish for
/// [`Config::shutdown_timeout`], and returns.
///
/// # Errors
///
/// When the listener is unusable. A shortage of file descriptors or memory is waited out.
pub async fn serve(
    listener: TcpListener,
    published: Published,
    shutdown: impl Future<Output = ()>,
    config: Config,
) -> io::Result<()> {
    let config = Arc::new(config);
    let traffic = published.traffic();
    let (stop, stopped) = watch::channel(());
    let mut connections = JoinSet::new();
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        let stream = tokio::select! {
            biased;
            () = &mut shutdown => break,
            Some(_) = connections.join_next() => continue,
            accepted = accept::accept(async || listener.accept().await, &traffic) => accepted?.0,
        };
        if connections.len() < config.max_connections {
            traffic.count_accepted();
            connections.spawn(connection::serve(stream, published.clone(), stopped.clone(), Arc::clone(&config)));
        } else {
            traffic.count_refused();
            connection::refuse(stream);
        }
    }
    drop(listener);
    drop(stop);
    // Those still running when the time is over are cut off when the set is dropped.
    let _ =
        tokio::time::timeout(config.shutdown_timeout, async { while connections.join_next().await.is_some() {} }).await;
    Ok(())
}
