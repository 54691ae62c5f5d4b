//! The life of one connection.

use std::convert::Infallible;
use std::io::{Read, Write};
use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use tokio::net::TcpStream;
use tokio::sync::watch;

use super::access::{Access, Refusal};
use super::pace::{Paced, Transport};
use super::places::{Standing, Wait};
use super::publication::Published;
use super::{Config, response};

/// Header bytes of a request: the longest `Accept` of a Prometheus server has 300.
const MAX_HEADER_BYTES: usize = 16 * 1024;
/// Header lines of a request: a Prometheus server behind two proxies sends about 15.
const MAX_HEADERS: usize = 64;
/// What a client above the cap gets.
const REFUSAL: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";

/// What every connection is served from.
#[derive(Clone)]
pub(super) struct Served {
    pub(super) published: Published,
    pub(super) access: watch::Receiver<Arc<Access>>,
    /// Has no sender any more when the endpoint stops.
    pub(super) stopped: watch::Receiver<()>,
    pub(super) config: Arc<Config>,
}

impl Served {
    /// Serves requests until the client is done, too slow, or it is time to stop.
    pub(super) async fn serve(mut self, stream: TcpStream, peer: IpAddr, standing: Arc<Standing>) {
        // Without it the last packet of a response may wait for an acknowledgement; it works as well without.
        let _ = stream.set_nodelay(true);
        let access = Arc::clone(&self.access.borrow_and_update());
        let Some(acceptor) = access.acceptor() else { return self.requests(stream, peer, standing).await };
        let traffic = self.published.traffic();
        match tokio::time::timeout(self.config.header_timeout, acceptor.accept(stream)).await {
            Ok(Ok(stream)) => self.requests(stream, peer, standing).await,
            Ok(Err(_)) => traffic.count_handshake_failure(),
            Err(_) => traffic.count_cut_off(),
        }
    }

    async fn requests(self, stream: impl Transport, peer: IpAddr, standing: Arc<Standing>) {
        let Served { published, mut access, mut stopped, config } = self;
        let traffic = published.traffic();
        let (current, limit) = (access.clone(), config.request_timeout);
        let service = service_fn(|request: hyper::Request<hyper::body::Incoming>| {
            standing.note(Wait::Answer);
            let access = Arc::clone(&current.borrow());
            let (published, traffic) = (&published, &traffic);
            async move {
                let admitted = tokio::time::timeout(limit, access.admit(request.headers(), peer)).await;
                let admitted = admitted.unwrap_or(Err(Refusal::Busy));
                if let Err(refusal) = &admitted {
                    traffic.count_denied(*refusal);
                }
                let response = response::respond(&request, admitted, &published.latest(), access.headers());
                Ok::<_, Infallible>(response)
            }
        });
        let lifetime = tokio::time::sleep(config.max_lifetime);
        let paced = Paced::new(stream, Arc::clone(&config), published.traffic(), standing.clone());
        let mut connection = pin!(
            http1::Builder::new()
                // Deadlines are those of `Paced`, which tells a slow header from a pause between requests.
                .header_read_timeout(None)
                // A client that has no more to ask still reads its answer.
                .half_close(true)
                .max_buf_size(MAX_HEADER_BYTES)
                .max_headers(MAX_HEADERS)
                .serve_connection(paced, service)
        );
        let over = async {
            tokio::select! {
                _ = stopped.changed() => {}
                // Who was let in under other rules comes again. Without a sender the rules stay.
                () = async { if access.changed().await.is_err() { std::future::pending().await } } => {}
                () = lifetime => {}
            }
        };
        // How a connection ended is the client's affair; what concerns us is counted where it happens.
        let _ = tokio::select! {
            result = connection.as_mut() => result,
            () = over => {
                connection.as_mut().graceful_shutdown();
                connection.as_mut().await
            }
        };
    }
}

/// Tells the client to come back and closes. The answer fits into the empty send buffer, or is not sent.
pub(super) fn refuse(stream: TcpStream) {
    if let Ok(mut stream) = stream.into_std() {
        // A close with unread bytes would be a reset, and might overtake the answer.
        let _ = stream.read(&mut [0; MAX_HEADER_BYTES]);
        let _ = stream.write(REFUSAL);
    }
}
