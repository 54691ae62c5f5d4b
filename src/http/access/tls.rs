//! `tls_server_config`: the certificate that is shown and those that are asked for.

use super::certificate;
use super::file;
use super::names::AllowedNames;
use crate::time::Timestamp;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerifier;
use rustls::version::{TLS12, TLS13};
use rustls::{ProtocolVersion, RootCertStore, ServerConfig, SupportedProtocolVersion};
use serde::Deserialize;
use std::path::Path;
use std::sync::Arc;
use tokio_rustls::TlsAcceptor;

/// As written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Written {
    cert: Option<String>,
    key: Option<String>,
    cert_file: Option<String>,
    key_file: Option<String>,
    client_auth_type: Option<String>,
    client_ca: Option<String>,
    client_ca_file: Option<String>,
    client_allowed_sans: Vec<String>,
    min_version: Option<String>,
    max_version: Option<String>,
    cipher_suites: Vec<String>,
    curve_preferences: Vec<String>,
    prefer_server_cipher_suites: Option<bool>,
}

impl Written {
    /// The files it names.
    pub(super) fn files(&self) -> impl Iterator<Item = &String> {
        [&self.cert_file, &self.key_file, &self.client_ca_file].into_iter().flatten()
    }
}

/// What TLS connections are accepted with.
pub(super) struct Tls {
    acceptor: TlsAcceptor,
    validity: Option<(Timestamp, Timestamp)>,
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tls").field("validity", &self.validity).finish_non_exhaustive()
    }
}

/// A key of `tls_server_config`, and what is wrong with its value.
type Problem = (&'static str, String);

/// Names of key exchanges, as the file has them and as TLS does.
const CURVES: &[(&str, rustls::NamedGroup)] = &[
    ("X25519", rustls::NamedGroup::X25519),
    ("CurveP256", rustls::NamedGroup::secp256r1),
    ("CurveP384", rustls::NamedGroup::secp384r1),
];
const VERSIONS: &[(&str, &SupportedProtocolVersion)] = &[("TLS12", &TLS12), ("TLS13", &TLS13)];
/// Types of client authentication: whether a certificate is asked for, and whether it has to be there. Those that
/// take any certificate, unverified, prove nothing and are not among them.
const CLIENT_AUTH: &[(&str, Option<bool>)] =
    &[("NoClientCert", None), ("VerifyClientCertIfGiven", Some(false)), ("RequireAndVerifyClientCert", Some(true))];

impl Tls {
    /// What is written, with its files in `folder`; `None` when there is nothing of TLS in it.
    pub(super) fn new(written: &Written, folder: &Path) -> Result<Option<Tls>, Vec<Problem>> {
        let names = [&written.cert, &written.cert_file, &written.key, &written.key_file, &written.client_ca];
        let more = [&written.client_ca_file, &written.client_auth_type];
        if names.into_iter().chain(more).all(Option::is_none) {
            return Ok(None);
        }
        let mut problems = Vec::new();
        let mut keep = |problem: Problem| problems.push(problem);
        let chain = certificates(("cert", &written.cert), ("cert_file", &written.cert_file), folder).map_err(&mut keep);
        let key = private_key(written, folder).map_err(&mut keep);
        let provider = provider(written).map_err(&mut keep);
        let versions = versions(written).map_err(&mut keep);
        let provider = Arc::new(provider.unwrap_or_else(|()| ring::default_provider()));
        let clients = clients(written, folder, &provider).map_err(&mut keep);
        let (Ok(chain), Ok(key), Ok(versions), Ok(clients), true) =
            (chain, key, versions, clients, problems.is_empty())
        else {
            return Err(problems);
        };
        let unusable = |error: rustls::Error| vec![(cert_key(written), error.to_string())];
        let validity = chain.first().and_then(|certificate| certificate::validity(certificate));
        let builder = ServerConfig::builder_with_provider(provider).with_protocol_versions(&versions);
        let builder = builder.map_err(|error| vec![("cipher_suites", error.to_string())])?;
        let builder = match clients {
            Some(clients) => builder.with_client_cert_verifier(clients),
            None => builder.with_no_client_auth(),
        };
        let mut config = builder.with_single_cert(chain, key).map_err(unusable)?;
        config.ignore_client_order = written.prefer_server_cipher_suites.unwrap_or(true);
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Some(Tls { acceptor: TlsAcceptor::from(Arc::new(config)), validity }))
    }

    pub(super) fn acceptor(&self) -> TlsAcceptor {
        self.acceptor.clone()
    }

    pub(super) fn validity(&self) -> Option<(Timestamp, Timestamp)> {
        self.validity
    }
}

fn cert_key(written: &Written) -> &'static str {
    if written.cert_file.is_some() { "cert_file" } else { "cert" }
}

/// The text of a key, or of the file that another names; exactly one of them. The key it came from.
fn text(
    (key, text): (&'static str, &Option<String>),
    (file_key, file): (&'static str, &Option<String>),
    folder: &Path,
) -> Result<(&'static str, Vec<u8>), Problem> {
    match (text, file) {
        (Some(_), Some(_)) => Err((key, format!("excludes {file_key}"))),
        (None, None) => Err((file_key, "missing".to_owned())),
        (Some(text), None) => Ok((key, text.as_bytes().to_vec())),
        (None, Some(name)) => {
            let path = folder.join(name);
            let bytes = file::read(&path).map_err(|error| (file_key, format!("{}: {error}", path.display())))?;
            Ok((file_key, bytes))
        }
    }
}

fn certificates(
    inline: (&'static str, &Option<String>),
    file: (&'static str, &Option<String>),
    folder: &Path,
) -> Result<Vec<CertificateDer<'static>>, Problem> {
    let (key, pem) = text(inline, file, folder)?;
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    match found {
        Ok(found) if found.is_empty() => Err((key, "holds no certificate".to_owned())),
        Ok(found) => Ok(found),
        Err(_) => Err((key, "is not PEM".to_owned())),
    }
}

fn private_key(written: &Written, folder: &Path) -> Result<PrivateKeyDer<'static>, Problem> {
    let (key, pem) = text(("key", &written.key), ("key_file", &written.key_file), folder)?;
    PrivateKeyDer::from_pem_slice(&pem).map_err(|_| (key, "holds no private key in PEM".to_owned()))
}

/// The cryptography, without what is not wanted.
fn provider(written: &Written) -> Result<CryptoProvider, Problem> {
    let mut provider = ring::default_provider();
    if !written.cipher_suites.is_empty() {
        let name = |suite: &rustls::SupportedCipherSuite| format!("{:?}", suite.suite());
        // Those of TLS 1.3 are not chosen by anyone.
        let (fixed, choice): (Vec<_>, Vec<_>) =
            provider.cipher_suites.into_iter().partition(|suite| suite.version().version == ProtocolVersion::TLSv1_3);
        let known: Vec<String> = choice.iter().map(name).collect();
        if let Some(unknown) = written.cipher_suites.iter().find(|wanted| !known.contains(wanted)) {
            return Err(("cipher_suites", format!("expected one of {}, found {unknown:?}", known.join(", "))));
        }
        let chosen = choice.into_iter().filter(|suite| written.cipher_suites.contains(&name(suite)));
        provider.cipher_suites = fixed.into_iter().chain(chosen).collect();
    }
    if !written.curve_preferences.is_empty() {
        let mut groups = Vec::new();
        for name in &written.curve_preferences {
            let curve = one_of("curve_preferences", name, CURVES)?;
            groups.extend(provider.kx_groups.iter().find(|group| group.name() == curve).copied());
        }
        provider.kx_groups = groups;
    }
    Ok(provider)
}

fn versions(written: &Written) -> Result<Vec<&'static SupportedProtocolVersion>, Problem> {
    let read = |key: &'static str, text: &Option<String>, default: &'static str| {
        let version = one_of(key, text.as_deref().unwrap_or(default), VERSIONS)?;
        Ok(u16::from(version.version))
    };
    let least = read("min_version", &written.min_version, "TLS12")?;
    let most = read("max_version", &written.max_version, "TLS13")?;
    if least > most {
        return Err(("max_version", "below min_version".to_owned()));
    }
    let versions = VERSIONS.iter().map(|(_, version)| *version);
    Ok(versions.filter(|version| (least..=most).contains(&u16::from(version.version))).collect())
}

fn clients(
    written: &Written,
    folder: &Path,
    provider: &Arc<CryptoProvider>,
) -> Result<Option<Arc<dyn ClientCertVerifier>>, Problem> {
    let authentication = written.client_auth_type.as_deref().filter(|text| !text.is_empty()).unwrap_or("NoClientCert");
    let Some(required) = one_of("client_auth_type", authentication, CLIENT_AUTH)? else {
        let named = [("client_ca", &written.client_ca), ("client_ca_file", &written.client_ca_file)];
        return match named.into_iter().find(|(_, value)| value.is_some()) {
            Some((key, _)) => Err((key, "has no meaning without a client_auth_type that verifies".to_owned())),
            None if !written.client_allowed_sans.is_empty() => {
                Err(("client_allowed_sans", "has no meaning without a client_auth_type that verifies".to_owned()))
            }
            None => Ok(None),
        };
    };
    let inline = ("client_ca", &written.client_ca);
    let mut roots = RootCertStore::empty();
    for authority in certificates(inline, ("client_ca_file", &written.client_ca_file), folder)? {
        roots.add(authority).map_err(|error| ("client_ca_file", error.to_string()))?;
    }
    let builder = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone());
    let builder = if required { builder } else { builder.allow_unauthenticated() };
    let trusted = builder.build().map_err(|error| ("client_ca_file", error.to_string()))?;
    if written.client_allowed_sans.is_empty() {
        return Ok(Some(trusted));
    }
    let name = |text: &String| {
        let name = ServerName::try_from(text.as_str()).map(|name| name.to_owned());
        name.map_err(|_| ("client_allowed_sans", format!("expected DNS names and IP addresses, found {text:?}")))
    };
    let names = written.client_allowed_sans.iter().map(name).collect::<Result<_, _>>()?;
    Ok(Some(Arc::new(AllowedNames { trusted, names })))
}

fn one_of<T: Copy>(key: &'static str, text: &str, allowed: &[(&'static str, T)]) -> Result<T, Problem> {
    allowed.iter().find(|(name, _)| *name == text).map(|(_, value)| *value).ok_or_else(|| {
        let names: Vec<&str> = allowed.iter().map(|(name, _)| *name).collect();
        (key, format!("expected one of {}, found {text:?}", names.join(", ")))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::{CertificateParams, KeyPair};

    /// A folder with a pair, a key of another, and no certificate.
    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec!["a.example".to_owned()]).unwrap();
        write("cert.pem", &params.self_signed(&key).unwrap().pem());
        write("key.pem", &key.serialize_pem());
        write("other.pem", &KeyPair::generate().unwrap().serialize_pem());
        write("text.pem", "none");
        folder
    }

    fn read(keys: &str) -> Result<bool, String> {
        let folder = folder();
        let text = format!("cert_file: cert.pem\nkey_file: key.pem\n{keys}");
        let lines: Vec<&str> = text.lines().collect();
        // A later line takes the place of an earlier one with its key.
        let key = |line: &str| line.split(':').next().map(str::to_owned);
        let kept = lines.iter().enumerate().filter(|(at, line)| !lines[at + 1..].iter().any(|l| key(l) == key(line)));
        let text: String = kept.flat_map(|(_, line)| [*line, "\n"]).collect();
        let written: Written = serde_saphyr::from_str(&text).unwrap();
        match Tls::new(&written, folder.path()) {
            Ok(tls) => Ok(tls.is_some()),
            Err(problems) => Err(problems.iter().map(|(key, message)| format!("{key}: {message}\n")).collect()),
        }
    }

    #[test]
    fn what_is_allowed_is_taken() {
        for keys in [
            "",
            "min_version: TLS13",
            "min_version: TLS12\nmax_version: TLS12",
            "client_auth_type: RequireAndVerifyClientCert\nclient_ca_file: cert.pem",
            "client_auth_type: VerifyClientCertIfGiven\nclient_ca_file: cert.pem\nclient_allowed_sans: [a.example, 10.0.0.1]",
            "client_auth_type: NoClientCert",
            "cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256]",
            "curve_preferences: [CurveP384, X25519]",
            "prefer_server_cipher_suites: false",
        ] {
            assert_eq!(Ok(true), read(keys), "{keys}");
        }
    }

    #[test]
    fn what_cannot_be_used_is_told_by_its_key() {
        for (keys, expected) in [
            ("cert_file: nowhere.pem", "cert_file: "),
            ("cert_file: text.pem", "cert_file: holds no certificate"),
            ("cert_file: key.pem", "cert_file: holds no certificate"),
            ("key_file: text.pem", "key_file: holds no private key"),
            ("key_file: other.pem", "cert_file: "),
            ("cert: x", "cert: excludes cert_file"),
            ("min_version: TLS10", "min_version: expected one of TLS12, TLS13"),
            ("min_version: TLS13\nmax_version: TLS12", "max_version: below"),
            ("client_auth_type: RequireAnyClientCert", "client_auth_type: expected one of NoClientCert"),
            ("client_auth_type: RequireAndVerifyClientCert", "client_ca_file: missing"),
            ("client_ca_file: cert.pem", "client_ca_file: has no meaning"),
            ("client_allowed_sans: [a]", "client_allowed_sans: has no meaning"),
            ("cipher_suites: [TLS_RSA_WITH_RC4_128_SHA]", "cipher_suites: expected one of TLS_ECDHE"),
            ("curve_preferences: [CurveP521]", "curve_preferences: expected one of X25519"),
        ] {
            let found = read(keys).unwrap_err();
            assert!(found.contains(expected) && found.lines().count() == 1, "{keys}: {found}");
        }
        let both = read("cert_file: text.pem\nkey_file: text.pem").unwrap_err();
        assert_eq!(2, both.lines().count(), "{both}");
    }
}
