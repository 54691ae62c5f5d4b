//! Who is let in, over which transport, and with which headers: the web config file.
//!
//! The file is that of Prometheus and its exporters (`--web.config.file`): YAML with `tls_server_config`,
//! `http_server_config`, `basic_auth_users` and `rate_limit`. [`Access::load`] reads it and what it names, checks all of
//! it, and makes one value of it, which is swapped as a whole. Without a file everyone is let in.

mod bucket;
mod certificate;
mod file;
mod names;
mod tls;
mod users;

use std::fmt;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use hyper::HeaderMap;
use hyper::header::{HeaderName, HeaderValue};
use tokio_rustls::TlsAcceptor;

use crate::time::Timestamp;
use bucket::Shared;
use tls::Tls;
use users::Users;

/// What is asked of clients and given to them.
#[derive(Debug, Default)]
pub struct Access {
    tls: Option<Tls>,
    users: Option<Users>,
    rate: Option<Shared>,
    headers: Vec<(HeaderName, Option<HeaderValue>)>,
}

/// Why a request gets no answer of a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// It has no name and password of a user.
    Unauthorized,
    /// There were too many, of all clients or of attempts of this one.
    Limited,
    /// Its password did not come to its turn in time.
    Busy,
}

/// What is wrong with a web config file or what it names: at least one problem. Displays as one line each, which begins
/// with the place. No content of the files is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problems(Vec<String>);

impl Problems {
    /// One problem of a place.
    pub fn one(place: impl fmt::Display, message: impl fmt::Display) -> Problems {
        Problems(vec![format!("{place}: {message}")])
    }

    /// The problems.
    pub fn iter(&self) -> std::slice::Iter<'_, String> {
        self.0.iter()
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("\n"))
    }
}

impl std::error::Error for Problems {}

impl Access {
    /// Reads a web config file and the files it names; relative paths in it are relative to its folder.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with them.
    pub fn load(path: &Path) -> Result<Access, Problems> {
        file::load(path)
    }

    /// From and until when the certificate is valid, of a chain that of its first; none without TLS.
    pub fn validity(&self) -> Option<(Timestamp, Timestamp)> {
        self.tls.as_ref().and_then(Tls::validity)
    }

    pub(super) fn acceptor(&self) -> Option<TlsAcceptor> {
        self.tls.as_ref().map(Tls::acceptor)
    }

    pub(super) fn headers(&self) -> &[(HeaderName, Option<HeaderValue>)] {
        &self.headers
    }

    /// Whether a request with these headers is let in. The rate of all requests comes first, then the user.
    pub(super) async fn admit(&self, headers: &HeaderMap, peer: IpAddr) -> Result<(), Refusal> {
        if self.rate.as_ref().is_some_and(|rate| !rate.take()) {
            return Err(Refusal::Limited);
        }
        match &self.users {
            Some(users) => users.admit(headers, peer).await,
            None => Ok(()),
        }
    }
}

/// The files that a web config file names; none when it cannot be read.
pub fn named_files(path: &Path) -> Vec<PathBuf> {
    file::named(path)
}
