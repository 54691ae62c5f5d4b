//! A look at profiles behind https URLs.
//!
//! Only what the config names is asked: redirects are not followed and the environment's proxies are not used. Time and
//! size of an answer are bounded.

use super::look::{Look, Stamp, chain, read};
use super::shelf::Id;
use super::{Config, ReferencesError};
use crate::engine::config::Model;
use reqwest::header::{ETAG, HeaderMap, HeaderName, HeaderValue, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED};
use reqwest::{Client, StatusCode, Url};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use std::path::Path;
use std::sync::Arc;
use tokio::task::JoinSet;

/// Asked at one time: so many answers are in memory together.
const AT_ONCE: usize = 4;

/// One question.
#[derive(Clone, Debug)]
pub(super) struct Ask {
    pub(super) id: Id,
    pub(super) url: Url,
    /// The stamp of the last time.
    pub(super) last: Option<Stamp>,
    pub(super) model: Arc<Model>,
}

enum Answer {
    Unchanged,
    Body(Stamp, Vec<u8>),
    TooLarge(Stamp),
}

#[derive(Debug, thiserror::Error)]
enum AskError {
    #[error("cannot be fetched")]
    Fetch(#[source] reqwest::Error),
    #[error("the server answers {0}; redirects are not followed")]
    Redirect(StatusCode),
    #[error("the server answers {0}")]
    Status(StatusCode),
}

impl From<reqwest::Error> for AskError {
    fn from(error: reqwest::Error) -> AskError {
        // A query may be a secret.
        AskError::Fetch(error.without_url())
    }
}

/// The client of one round: connections end with it, and the next one reads a renewed CA file.
pub(super) fn client(config: &Config) -> Result<Client, ReferencesError> {
    let roots = match &config.ca_file {
        Some(path) => roots_of_file(path)?,
        None => roots_of_system()?,
    };
    let tls = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(ReferencesError::Tls)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Client::builder()
        .tls_backend_preconfigured(tls)
        .https_only(true)
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .timeout(config.timeout)
        .user_agent(concat!("driftgauge/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(ReferencesError::Client)
}

/// The authorities of a file, and no others.
fn roots_of_file(path: &Path) -> Result<RootCertStore, ReferencesError> {
    let place = || path.display().to_string();
    let pem = std::fs::read(path).map_err(|source| ReferencesError::CaFile { path: place(), source })?;
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        let certificate = certificate.map_err(|source| ReferencesError::CaSyntax { path: place(), source })?;
        roots.add(certificate).map_err(|source| ReferencesError::CaCertificate { path: place(), source })?;
    }
    if roots.is_empty() { Err(ReferencesError::CaEmpty { path: place() }) } else { Ok(roots) }
}

fn roots_of_system() -> Result<RootCertStore, ReferencesError> {
    let mut roots = RootCertStore::empty();
    // Systems carry certificates that are out of use; one that cannot be read does not spoil the others.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() { Err(ReferencesError::NoRoots) } else { Ok(roots) }
}

/// Asks all, a few at a time, and tells what was found of each.
pub(super) fn look(client: &Client, asks: Vec<Ask>, max_bytes: u64, tell: impl Fn(&Id, Look)) {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            asks.iter().for_each(|ask| tell(&ask.id, Look::Nothing(chain(&error))));
            return;
        }
    };
    for some in asks.chunks(AT_ONCE) {
        let answers = runtime.block_on(async {
            let mut running = JoinSet::new();
            for ask in some.iter().cloned() {
                let client = client.clone();
                running.spawn(async move {
                    let answer = answer(&client, &ask, max_bytes).await;
                    (ask, answer)
                });
            }
            let mut answers = Vec::new();
            while let Some(answer) = running.join_next().await {
                answers.extend(answer);
            }
            answers
        });
        // Read only now: a long profile does not use up the time of the others.
        for (ask, answer) in answers {
            let look = match answer {
                Ok(Answer::Unchanged) => Look::Unchanged,
                Ok(Answer::Body(stamp, bytes)) => Look::Content(stamp, read(&bytes, &ask.model)),
                Ok(Answer::TooLarge(stamp)) => Look::Content(stamp, Err(format!("larger than {max_bytes} bytes"))),
                Err(error) => Look::Nothing(chain(&error)),
            };
            tell(&ask.id, look);
        }
    }
    // A name that is still being looked up is not waited for.
    runtime.shutdown_background();
}

async fn answer(client: &Client, ask: &Ask, max_bytes: u64) -> Result<Answer, AskError> {
    let conditions = conditions(ask.last.as_ref());
    let conditional = !conditions.is_empty();
    let mut response = client.get(ask.url.clone()).headers(conditions).send().await?;
    match response.status() {
        StatusCode::OK => {}
        StatusCode::NOT_MODIFIED if conditional => return Ok(Answer::Unchanged),
        status if status.is_redirection() => return Err(AskError::Redirect(status)),
        status => return Err(AskError::Status(status)),
    }
    let header = |name: HeaderName| response.headers().get(name).map(|value| value.as_bytes().to_vec());
    let stamp = Stamp::Response { etag: header(ETAG), last_modified: header(LAST_MODIFIED) };
    if response.content_length().is_some_and(|length| length > max_bytes) {
        return Ok(Answer::TooLarge(stamp));
    }
    let mut body = Vec::new();
    while let Some(piece) = response.chunk().await? {
        if (body.len() + piece.len()) as u64 > max_bytes {
            return Ok(Answer::TooLarge(stamp));
        }
        body.extend_from_slice(&piece);
    }
    Ok(Answer::Body(stamp, body))
}

/// Asks for the content only if it is not the last one.
fn conditions(last: Option<&Stamp>) -> HeaderMap {
    let mut conditions = HeaderMap::new();
    let Some(Stamp::Response { etag, last_modified }) = last else { return conditions };
    for (name, value) in [(IF_NONE_MATCH, etag), (IF_MODIFIED_SINCE, last_modified)] {
        if let Some(value) = value.as_ref().and_then(|value| HeaderValue::from_bytes(value).ok()) {
            conditions.insert(name, value);
        }
    }
    conditions
}
