//! The web config file as written, and what it means.

use super::bucket::Shared;
use super::tls::{self, Tls};
use super::users::{Users, cost};
use super::{Access, Problems};
use crate::time::Length;
use hyper::header::{
    CONTENT_SECURITY_POLICY, HeaderName, HeaderValue, STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS, X_XSS_PROTECTION,
};
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap};
use std::fs::OpenOptions;
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// No file of this kind is larger than 1 MiB: a chain of certificates has some kilobytes.
const MAX_BYTES: u64 = 1 << 20;
/// The highest cost of a hash: 15 is two seconds of a core, longer than anyone should wait.
const MAX_COST: u32 = 15;

/// The headers that may be set, and their values where these are a closed set. An empty value leaves the header out.
const HEADERS: &[(&str, HeaderName, &[&str])] = &[
    ("Content-Security-Policy", CONTENT_SECURITY_POLICY, &[]),
    ("X-Frame-Options", X_FRAME_OPTIONS, &["deny", "sameorigin"]),
    ("X-Content-Type-Options", X_CONTENT_TYPE_OPTIONS, &["nosniff"]),
    ("X-XSS-Protection", X_XSS_PROTECTION, &[]),
    ("Strict-Transport-Security", STRICT_TRANSPORT_SECURITY, &[]),
];

/// The file as written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct File {
    tls_server_config: Option<tls::Written>,
    http_server_config: Option<Server>,
    basic_auth_users: Option<BTreeMap<String, String>>,
    rate_limit: Option<Rate>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Server {
    /// Read for the sake of shared files: HTTP/1.1 is what is spoken.
    #[allow(dead_code, reason = "part of the format")]
    http2: Option<bool>,
    headers: BTreeMap<String, String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Rate {
    interval: Option<String>,
    burst: Option<u32>,
}

/// Reads a file and what it names.
pub(super) fn load(path: &Path) -> Result<Access, Problems> {
    let (file, shown) = (parse(path)?, path.display());
    let folder = path.parent().unwrap_or(Path::new(""));
    let mut problems = Vec::new();
    let mut problem = |key: String, message: String| problems.push(format!("{shown} {key}: {message}"));
    let access = Access {
        tls: file.tls_server_config.and_then(|written| match Tls::new(&written, folder) {
            Ok(tls) => tls,
            Err(found) => {
                found.into_iter().for_each(|(key, message)| problem(format!("tls_server_config.{key}"), message));
                None
            }
        }),
        users: users(file.basic_auth_users.unwrap_or_default(), &mut problem),
        rate: file.rate_limit.and_then(|rate| self::rate(&rate, &mut problem)),
        headers: headers(file.http_server_config.unwrap_or_default().headers, &mut problem),
    };
    if problems.is_empty() { Ok(access) } else { Err(Problems(problems)) }
}

/// The other files that a file names; none when it cannot be read.
pub(super) fn named(path: &Path) -> Vec<PathBuf> {
    let folder = path.parent().unwrap_or(Path::new(""));
    let tls = parse(path).ok().and_then(|file| file.tls_server_config);
    tls.map(|written| written.files().map(|file| folder.join(file)).collect()).unwrap_or_default()
}

fn parse(path: &Path) -> Result<File, Problems> {
    let shown = &path.display();
    let text = read(path).map_err(|error| Problems::one(shown, format!("cannot be read: {error}")))?;
    let text = String::from_utf8(text).map_err(|_| Problems::one(shown, "is not UTF-8"))?;
    serde_saphyr::from_str(&text).map_err(|error| {
        let line = error.location().map(|location| location.line());
        let message = error.without_snippet().to_string();
        // The place comes first here.
        let message = message.rsplit_once(" at line ").map_or(message.as_str(), |(message, _)| message);
        match line {
            Some(line) => Problems::one(format!("{shown}:{line}"), message),
            None => Problems::one(shown, message),
        }
    })
}

/// All of a file of reasonable size.
pub(super) fn read(path: &Path) -> io::Result<Vec<u8>> {
    // Opening a pipe would wait for its writer.
    let file = OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK).open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("not a file"));
    }
    let mut bytes = Vec::new();
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    match bytes.len() as u64 > MAX_BYTES {
        true => Err(io::Error::other(format!("larger than {MAX_BYTES} bytes"))),
        false => Ok(bytes),
    }
}

fn users(written: BTreeMap<String, String>, problem: &mut impl FnMut(String, String)) -> Option<Users> {
    for (name, hash) in &written {
        let message = match cost(hash) {
            None => "not a bcrypt hash".to_owned(),
            Some(cost) if cost > MAX_COST => format!("a cost of {cost} is more than {MAX_COST}, too slow to be served"),
            Some(_) => continue,
        };
        problem(format!("basic_auth_users.{name}"), message);
    }
    if written.is_empty() {
        return None;
    }
    let mut key = [0; 32];
    match rustls::crypto::ring::default_provider().secure_random.fill(&mut key) {
        Ok(()) => Some(Users::new(HashMap::from_iter(written), key)),
        Err(_) => {
            problem("basic_auth_users".to_owned(), "the system has no randomness".to_owned());
            None
        }
    }
}

fn rate(written: &Rate, problem: &mut impl FnMut(String, String)) -> Option<Shared> {
    let interval = match written.interval.as_deref().unwrap_or("0") {
        "0" => Length::ZERO,
        text => Length::parse(text).unwrap_or_else(|| {
            problem("rate_limit.interval".to_owned(), "expected a duration such as 1s".to_owned());
            Length::ZERO
        }),
    };
    // Without an interval there is no limit.
    (interval > Length::ZERO).then(|| Shared::new(interval.to_std(), written.burst.unwrap_or(1).max(1)))
}

fn headers(
    written: BTreeMap<String, String>,
    problem: &mut impl FnMut(String, String),
) -> Vec<(HeaderName, Option<HeaderValue>)> {
    let mut headers = Vec::new();
    for (name, value) in written {
        let key = format!("http_server_config.headers.{name}");
        let Some((_, header, allowed)) = HEADERS.iter().find(|(known, _, _)| *known == name) else {
            let known: Vec<&str> = HEADERS.iter().map(|(known, _, _)| *known).collect();
            problem(key, format!("expected one of {}", known.join(", ")));
            continue;
        };
        if !(value.is_empty() || allowed.is_empty() || allowed.contains(&value.as_str())) {
            problem(key, format!("expected one of {}", allowed.join(", ")));
            continue;
        }
        match HeaderValue::from_str(&value) {
            Ok(set) => headers.push((header.clone(), Some(set).filter(|set| !set.is_empty()))),
            Err(_) => problem(key, "not the value of a header".to_owned()),
        }
    }
    headers
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(text: &str) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("web.yml");
        std::fs::write(&path, text).unwrap();
        let place = format!("{}/", folder.path().display());
        match load(&path) {
            Ok(_) => Vec::new(),
            Err(found) => found.iter().map(|problem| problem.replace(&place, "")).collect(),
        }
    }

    #[test]
    fn problems_name_their_place_and_what_is_allowed() {
        let hash = "$2a$06$If6bvum7DFjUnE9p2uDeDu0YHzrHM6tf.iqN8.yx.jNN1ILEf7h0i";
        let costly = hash.replace("$06$", "$16$");
        for (text, place, message) in [
            ("tls:\n  a: 1\n", "web.yml:1", "unknown field `tls`, expected one of tls_server_config"),
            ("# x\ntls_server_config:\n  cert_fil: a\n", "web.yml:3", "unknown field `cert_fil`, expected one of cert"),
            ("http_server_config:\n  http3: true\n", "web.yml:2", "unknown field `http3`"),
            ("rate_limit:\n  interval: fast\n", "web.yml rate_limit.interval", "a duration such as 1s"),
            ("rate_limit:\n  burst: -1\n", "web.yml:2", "invalid"),
            ("basic_auth_users:\n  ada: secret\n", "web.yml basic_auth_users.ada", "not a bcrypt hash"),
            (&format!("basic_auth_users:\n  ada: {costly}\n"), "web.yml basic_auth_users.ada", "cost of 16"),
            ("basic_auth_users:\n  ada: a\n  ada: b\n", "web.yml:3", "duplicate"),
            (
                "http_server_config:\n  headers:\n    Server: x\n",
                "web.yml http_server_config.headers.Server",
                "expected one of Content-Security-Policy, X-Frame-Options",
            ),
            (
                "http_server_config:\n  headers:\n    X-Frame-Options: allow\n",
                "web.yml http_server_config.headers.X-Frame-Options",
                "deny, sameorigin",
            ),
            ("http_server_config:\n  headers: {X-XSS-Protection: \"a\\nb\"}\n", "X-XSS-Protection", "not the value"),
            ("[", "web.yml:1", ""),
            ("- a\n", "web.yml:1", "mapping"),
        ] {
            let found = problems(text);
            assert_eq!(1, found.len(), "{text}: {found:?}");
            assert!(found[0].contains(place) && found[0].contains(message), "{text}: {found:?}");
            assert!(!found[0].contains("secret") && !found[0].contains(&costly), "{found:?}");
        }
    }

    #[test]
    fn a_file_without_content_asks_for_nothing() {
        for text in ["", "# nothing\n", "tls_server_config: {}\n", "basic_auth_users: {}\n", "rate_limit: {burst: 3}\n"]
        {
            assert_eq!(Vec::<String>::new(), problems(text), "{text}");
        }
    }

    #[test]
    fn what_is_no_file_is_named() {
        let folder = tempfile::tempdir().unwrap();
        for name in [".", "nowhere.yml"] {
            let path = folder.path().join(name);
            let found = load(&path).unwrap_err().to_string();
            assert!(found.starts_with(&path.display().to_string()) && found.contains("cannot be read"), "{found}");
        }
    }
}
