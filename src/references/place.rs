//! Where a profile is: a path or an https URL, with the model and the version of a stream put into it.
//!
//! Model and version come from the log, so they are hostile: nothing but one plain word is ever put into a place, and
//! never into the host of a URL.

use super::ReferencesError;
use crate::event::StreamKey;
use reqwest::Url;
use std::fmt;
use std::path::PathBuf;

const MODEL: &str = "{model}";
const VERSION: &str = "{version}";
/// The longest name of a file.
const LONGEST_WORD: usize = 255;
/// So much of a refused word is shown.
const SHOWN: usize = 64;

/// Where one profile is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    File(PathBuf),
    Url(Url),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::File(path) => write!(f, "{}", path.display()),
            // A query may be a secret.
            Place::Url(url) => f.write_str(without_query(url.as_str())),
        }
    }
}

/// The places of a model's profiles, as written in the config.
#[derive(Clone, Debug)]
pub(super) struct Template {
    text: String,
    is_url: bool,
}

impl Template {
    pub(super) fn new(model: &str, text: &str) -> Result<Template, ReferencesError> {
        let template = Template { text: text.to_owned(), is_url: text.contains("://") };
        let at = |what| ReferencesError::Place { model: model.to_owned(), place: template.shown(), what };
        if !template.is_url {
            return Ok(template);
        }
        let (scheme, rest) = text.split_once("://").unwrap_or_default();
        if !scheme.eq_ignore_ascii_case("https") {
            return Err(at("is neither a path nor an https URL"));
        }
        let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
        if host.contains('{') {
            return Err(at("has a placeholder in its host, which the log would choose"));
        }
        let url = Url::parse(&template.filled("model", "version")).map_err(|_| at("is not a URL"))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(at("holds credentials"));
        }
        Ok(template)
    }

    pub(super) fn is_url(&self) -> bool {
        self.is_url
    }

    /// For messages: as written, without what may be secret.
    pub(super) fn shown(&self) -> String {
        if self.is_url { without_query(&self.text).to_owned() } else { self.text.clone() }
    }

    /// The place when it is the same for every stream.
    pub(super) fn fixed(&self) -> Option<Place> {
        let varies = self.text.contains(MODEL) || self.text.contains(VERSION);
        if varies { None } else { self.parse(self.text.clone()) }
    }

    /// The place of a stream's profile, or why there is none.
    pub(super) fn place(&self, key: &StreamKey) -> Result<Place, String> {
        for (placeholder, what, word) in [(MODEL, "model", &key.model), (VERSION, "version", &key.version)] {
            if self.text.contains(placeholder) && !is_plain(word) {
                let word: String = word.chars().take(SHOWN).collect();
                return Err(format!(
                    "the {what} {word:?} is not put into a place: only letters, digits, '.', '_' and '-' are"
                ));
            }
        }
        self.parse(self.filled(&key.model, &key.version)).ok_or_else(|| "not a URL".to_owned())
    }

    /// Each placeholder replaced once: a word has no braces.
    fn filled(&self, model: &str, version: &str) -> String {
        self.text.replace(MODEL, model).replace(VERSION, version)
    }

    fn parse(&self, text: String) -> Option<Place> {
        if self.is_url { Url::parse(&text).ok().map(Place::Url) } else { Some(Place::File(text.into())) }
    }
}

/// Whether a word names an entry of a directory and nothing else.
fn is_plain(word: &str) -> bool {
    let plain = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'.' | b'_' | b'-');
    (1..=LONGEST_WORD).contains(&word.len()) && word.bytes().all(plain) && word != "." && word != ".."
}

fn without_query(url: &str) -> &str {
    let url = url.split(['?', '#']).next().unwrap_or_default();
    match (url.find("://"), url.rfind('@')) {
        // Credentials are refused, and shown by no message that says so.
        (Some(_), Some(end)) => &url[end + 1..],
        _ => url,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(model: &str, version: &str) -> StreamKey {
        StreamKey { model: model.into(), version: version.into() }
    }

    #[test]
    fn model_and_version_are_put_in() {
        for (template, expected) in [
            ("p.json", "p.json"),
            ("{model}/{version}.json", "credit/v1.2.json"),
            ("/p/{version}/{version}", "/p/v1.2/v1.2"),
            ("https://h/{model}/p.json", "https://h/credit/p.json"),
            ("https://h/p?token=secret&v={version}", "https://h/p"),
        ] {
            let template = Template::new("credit", template).unwrap();
            assert_eq!(expected, template.place(&key("credit", "v1.2")).unwrap().to_string());
        }
    }

    #[test]
    fn hostile_words_are_not_put_in() {
        let long = "a".repeat(256);
        for word in ["", ".", "..", "../../etc", "a/b", "a\\b", "a\0b", "%2e%2e", "a b", "{model}", "ä", "?x", &long] {
            for (template, key) in [("p/{version}", key("m", word)), ("https://h/{model}", key(word, "v"))] {
                let template = Template::new("m", template).unwrap();
                assert!(template.place(&key).is_err(), "{word:?}");
            }
        }
        let unused = Template::new("m", "p/{model}").unwrap().place(&key("m", "../..")).unwrap();
        assert_eq!("p/m", unused.to_string());
    }

    #[test]
    fn only_some_urls_are_taken() {
        for (place, message) in [
            ("http://h/p.json", "the profile of model \"m\", http://h/p.json, is neither a path nor an https URL"),
            ("file:///p.json", "the profile of model \"m\", file:///p.json, is neither a path nor an https URL"),
            (
                "https://{model}.h/p",
                "the profile of model \"m\", https://{model}.h/p, has a placeholder in its host, which the log would \
                 choose",
            ),
            ("https://user:secret@h/p?token", "the profile of model \"m\", h/p, holds credentials"),
            ("https://", "the profile of model \"m\", https://, is not a URL"),
        ] {
            assert_eq!(message, Template::new("m", place).unwrap_err().to_string());
        }
    }
}
