//! What is handed out, and the cell through which the engine replaces it.

use std::fmt;
use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use flate2::Compression;
use flate2::write::GzEncoder;
use hyper::body::Bytes;
use tokio::sync::watch;

use super::access::Refusal;
use crate::exposition::Pieces;

/// Below this length compression saves no packet.
const COMPRESS_FROM_BYTES: usize = 1024;

/// The bytes of one commit, rendered once and handed out until the next.
#[derive(Debug)]
pub struct Publication {
    pub(super) text: Body,
    pub(super) openmetrics: Body,
    pub(super) page: Body,
    pub(super) ready: Result<(), String>,
    /// Whether the exposition may be handed out.
    pub(super) is_available: bool,
}

impl Publication {
    /// A publication of the exposition in both formats and the status page (HTML). `ready` is what `/-/ready` says:
    /// an error is a text of ours that names what is waited for.
    pub fn new(text: Vec<u8>, openmetrics: Vec<u8>, page: Vec<u8>, ready: Result<(), String>) -> Publication {
        let [text, openmetrics, page] = [text, openmetrics, page].map(Body::new);
        Publication { text, openmetrics, page, ready, is_available: true }
    }

    /// The same of an exposition in pieces, first in the text format, then in OpenMetrics, and of a page that is made
    /// when somebody asks for it.
    pub fn of(exposition: [Pieces; 2], page: impl Fn() -> Vec<u8> + Send + Sync + 'static) -> Publication {
        let [text, openmetrics] = exposition.map(|pieces| Body::of(Content::Pieces(pieces)));
        Publication {
            text,
            openmetrics,
            page: Body::of(Content::Made(Box::new(page))),
            ready: Ok(()),
            is_available: true,
        }
    }

    /// No exposition, and why: a text of ours.
    pub fn unavailable(reason: &str) -> Publication {
        let page = format!("<!DOCTYPE html><title>driftgauge</title><p>Nothing to show: {reason}.</p>\n");
        let publication = Publication::new(Vec::new(), Vec::new(), page.into(), Err(reason.to_owned()));
        Publication { is_available: false, ..publication }
    }
}

/// Bytes and, once somebody asked for them, their two forms.
#[derive(Debug)]
pub(super) struct Body {
    content: Content,
    plain: OnceLock<Bytes>,
    gzip: OnceLock<Option<Bytes>>,
}

/// Where the bytes come from.
enum Content {
    Whole(Bytes),
    Pieces(Pieces),
    Made(Box<dyn Fn() -> Vec<u8> + Send + Sync>),
}

impl Body {
    fn new(plain: Vec<u8>) -> Body {
        Body::of(Content::Whole(plain.into()))
    }

    fn of(content: Content) -> Body {
        Body { content, plain: OnceLock::new(), gzip: OnceLock::new() }
    }

    /// All bytes in one, put together at the first call.
    pub(super) fn plain(&self) -> Bytes {
        let plain = self.plain.get_or_init(|| match &self.content {
            Content::Whole(bytes) => bytes.clone(),
            Content::Pieces(pieces) => pieces.to_vec().into(),
            Content::Made(make) => make().into(),
        });
        plain.clone()
    }

    /// The compressed form, made at the first call; `None` for bodies too short to profit.
    pub(super) fn gzip(&self) -> Option<Bytes> {
        let compressed = self.gzip.get_or_init(|| match &self.content {
            Content::Pieces(pieces) => compress(pieces.len(), pieces.iter()),
            _ => compress(self.plain().len(), [&*self.plain()].into_iter()),
        });
        compressed.clone()
    }
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Content::Whole(_) => "Whole",
            Content::Pieces(_) => "Pieces",
            Content::Made(_) => "Made",
        })
    }
}

fn compress<'a>(length: usize, mut pieces: impl Iterator<Item = &'a [u8]>) -> Option<Bytes> {
    if length < COMPRESS_FROM_BYTES {
        return None;
    }
    let mut encoder = GzEncoder::new(Vec::with_capacity(length / 8), Compression::fast());
    pieces.try_for_each(|piece| encoder.write_all(piece)).ok()?;
    encoder.finish().ok().map(Bytes::from)
}

/// A cell that holds the latest publication, `first` until another one is published.
pub fn channel(first: Publication) -> (Publisher, Published) {
    let (sender, receiver) = watch::channel(Arc::new(first));
    let traffic = Arc::new(Traffic::default());
    (Publisher { cell: sender, traffic: Arc::clone(&traffic) }, Published { cell: receiver, traffic })
}

/// The writing end of the cell.
#[derive(Debug)]
pub struct Publisher {
    cell: watch::Sender<Arc<Publication>>,
    traffic: Arc<Traffic>,
}

impl Publisher {
    /// Replaces the publication. Responses under way keep the bytes they began with.
    pub fn publish(&self, publication: Publication) {
        self.cell.send_replace(Arc::new(publication));
    }

    /// What the endpoint has seen so far, for the next publication.
    pub fn traffic(&self) -> Arc<Traffic> {
        Arc::clone(&self.traffic)
    }
}

/// The reading end of the cell.
#[derive(Clone, Debug)]
pub struct Published {
    cell: watch::Receiver<Arc<Publication>>,
    traffic: Arc<Traffic>,
}

impl Published {
    /// The latest publication. The cell is locked for the copy of a pointer only.
    pub(super) fn latest(&self) -> Arc<Publication> {
        Arc::clone(&self.cell.borrow())
    }

    pub(super) fn traffic(&self) -> Arc<Traffic> {
        Arc::clone(&self.traffic)
    }
}

/// Connections since the start, by what became of them.
#[derive(Debug, Default)]
pub struct Traffic {
    accepted: AtomicU64,
    refused: AtomicU64,
    cut_off: AtomicU64,
    accept_failures: AtomicU64,
    handshake_failures: AtomicU64,
    unauthorized: AtomicU64,
    limited: AtomicU64,
}

impl Traffic {
    /// Connections that were served.
    pub fn accepted(&self) -> u64 {
        self.accepted.load(Ordering::Relaxed)
    }

    /// Connections closed at once because there were too many.
    pub fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    /// Connections closed because the client took too long to send a header or to read a response, or kept us waiting
    /// when others came.
    pub fn cut_off(&self) -> u64 {
        self.cut_off.load(Ordering::Relaxed)
    }

    /// Connections that did not get through the TLS handshake, those that were too slow left out.
    pub fn handshake_failures(&self) -> u64 {
        self.handshake_failures.load(Ordering::Relaxed)
    }

    /// Requests without the name and password of a user.
    pub fn unauthorized(&self) -> u64 {
        self.unauthorized.load(Ordering::Relaxed)
    }

    /// Requests, and attempts at a password, beyond their rate.
    pub fn limited(&self) -> u64 {
        self.limited.load(Ordering::Relaxed)
    }

    /// Failed attempts to accept a connection.
    pub fn accept_failures(&self) -> u64 {
        self.accept_failures.load(Ordering::Relaxed)
    }

    pub(super) fn count_accepted(&self) {
        self.accepted.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn count_refused(&self) {
        self.refused.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn count_cut_off(&self) {
        self.cut_off.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn count_handshake_failure(&self) {
        self.handshake_failures.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn count_denied(&self, refusal: Refusal) {
        let counter = match refusal {
            Refusal::Unauthorized => &self.unauthorized,
            Refusal::Limited | Refusal::Busy => &self.limited,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn count_accept_failure(&self) {
        self.accept_failures.fetch_add(1, Ordering::Relaxed);
    }
}
