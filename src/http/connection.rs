//! The life of one connection.

use std::convert::Infallible;
use std::io::Write;
use std::pin::pin;
use std::sync::Arc;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use tokio::net::TcpStream;
use tokio::sync::watch;

use super::pace::Paced;
use super::publication::Published;
use super::{Config, response};

/// Header bytes of a request: the longest `Accept` of a Prometheus server has 300.
const MAX_HEADER_BYTES: usize = 16 * 1024;
/// Header lines of a request: a Prometheus server behind two proxies sends about 15.
const MAX_HEADERS: usize = 64;
/// What a client above the cap gets.
const REFUSAL: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";

/// Serves requests until the client is done, too slow, or `stop` has no sender any more.
pub(super) async fn serve(stream: TcpStream, published: Published, mut stop: watch::Receiver<()>, config: Arc<Config>) {
    // Without it the last packet of a response may wait for an acknowledgement; it works as well without.
    let _ = stream.set_nodelay(true);
    let service = service_fn(|request| {
        let response = response::respond(&request, &published.latest());
        async move { Ok::<_, Infallible>(response) }
    });
    let lifetime = tokio::time::sleep(config.max_lifetime);
    let mut connection = pin!(
        http1::Builder::new()
            // Deadlines are those of `Paced`, which tells a slow header from a pause between requests.
            .header_read_timeout(None)
            .max_buf_size(MAX_HEADER_BYTES)
            .max_headers(MAX_HEADERS)
            .serve_connection(Paced::new(stream, Arc::clone(&config), published.traffic()), service)
    );
    // How a connection ended is the client's affair; what concerns us is counted where it happens.
    let _ = tokio::select! {
        result = connection.as_mut() => result,
        () = async { tokio::select! { _ = stop.changed() => {}, () = lifetime => {} } } => {
            connection.as_mut().graceful_shutdown();
            connection.as_mut().await
        }
    };
}

/// Tells the client to come back and closes. The answer fits into the empty send buffer, or is not sent.
pub(super) fn refuse(stream: TcpStream) {
    if let Ok(mut stream) = stream.into_std() {
        let _ = stream.write(REFUSAL);
    }
}
