//! The endpoint: hands out the bytes of the latest publication.
//!
//! Nothing is computed twice. The engine publishes an exposition of finished bytes through a [`Publisher`]; the first
//! request for one of its forms puts the pieces together or compresses them, or makes the status page, and every response
//! is a clone of a pointer to what came of it. What a request can choose is one of four paths, the method, and through
//! `Accept` and `Accept-Encoding` one of a few forms. Query parameters are not looked at, bodies are refused, and no byte
//! of a request is ever part of a response.
//!
//! Every wait for a client is bounded ([`Config`]), as is the number of clients, so that a stalled or hostile one costs
//! a connection for a short while and nothing else. Who is let in, and over which transport, is [`Access`].

mod accept;
pub mod access;
mod connection;
mod negotiation;
mod pace;
mod places;
mod publication;
mod response;
pub mod status_page;

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;

pub use access::Access;
pub use publication::{Publication, Published, Publisher, Traffic, channel};

/// The bounds of the endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Connections at one time. One more takes the place of a client that keeps us waiting, or is answered 503. 128: a
    /// handful of servers scrape a sidecar.
    pub max_connections: usize,
    /// From the first byte of a request to the end of its header, and for a TLS handshake. 5 s: each fits into a few
    /// packets.
    pub header_timeout: Duration,
    /// From the first byte of a request to the first of its response: a password may have to wait for its turn. 10 s:
    /// servers give up on a scrape then by default.
    pub request_timeout: Duration,
    /// How long a client may take no byte of a response. 10 s: as for a scrape.
    pub stall_timeout: Duration,
    /// From the first byte of a response to its last, however steadily it drips. 30 s.
    pub write_timeout: Duration,
    /// Between two requests. 30 s: a place is worth more than the handshake of one scrape in a minute.
    pub idle_timeout: Duration,
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
            header_timeout: Duration::from_secs(5),
            request_timeout: Duration::from_secs(10),
            stall_timeout: Duration::from_secs(10),
            write_timeout: Duration::from_secs(30),
            idle_timeout: Duration::from_secs(30),
            max_lifetime: Duration::from_secs(3600),
            shutdown_timeout: Duration::from_secs(5),
        }
    }
}

/// Serves what is published until `shutdown` completes; then accepts no more, lets running responses finish for
/// [`Config::shutdown_timeout`], and returns. Each change of `access` holds from the next request on, and ends the
/// connections that began before it.
///
/// # Errors
///
/// When the listener is unusable. A shortage of file descriptors or memory is waited out.
pub async fn serve(
    listener: TcpListener,
    published: Published,
    access: watch::Receiver<Arc<Access>>,
    shutdown: impl Future<Output = ()>,
    config: Config,
) -> io::Result<()> {
    let traffic = published.traffic();
    let (stop, stopped) = watch::channel(());
    let mut places = places::Places::new(config.max_connections);
    let shutdown_timeout = config.shutdown_timeout;
    let client = connection::Served { published, access, stopped, config: Arc::new(config) };
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        let (stream, peer) = tokio::select! {
            biased;
            () = &mut shutdown => break,
            () = places.one_ended() => continue,
            accepted = accept::accept(async || listener.accept().await, &traffic) => accepted?,
        };
        let room = tokio::select! {
            biased;
            () = &mut shutdown => break,
            room = places.make_room(&traffic) => room,
        };
        if room {
            traffic.count_accepted();
            places.take(|standing| client.clone().serve(stream, peer.ip(), standing));
        } else {
            traffic.count_refused();
            connection::refuse(stream);
        }
    }
    drop(listener);
    drop(stop);
    // Those still running when the time is over are cut off when their places are dropped.
    let _ = tokio::time::timeout(shutdown_timeout, places.all_ended()).await;
    Ok(())
}
