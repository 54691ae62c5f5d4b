//! The shipped dashboards, and what their queries mean.

use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What the variables of a dashboard stand for.
pub type Bound = BTreeMap<String, String>;

/// A folder of the repository.
pub fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// A dashboard as Grafana reads it.
pub struct Board {
    pub uid: String,
    pub json: Value,
}

/// All of them, by name.
pub fn boards() -> Vec<Board> {
    let files = std::fs::read_dir(folder("dashboards")).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> =
        files.filter(|path| path.extension().is_some_and(|extension| extension == "json")).collect();
    files.sort();
    let read = |path: &PathBuf| {
        let json: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        let uid = text(&json["uid"]).to_owned();
        assert_eq!(path.file_stem().unwrap().to_str(), Some(&*uid), "a file is named like its uid");
        Board { uid, json }
    };
    files.iter().map(read).collect()
}

pub fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

pub fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], |list| list)
}

impl Board {
    pub fn panels(&self) -> &[Value] {
        list(&self.json["panels"])
    }

    /// The panels that show something.
    pub fn charts(&self) -> impl Iterator<Item = &Value> {
        self.panels().iter().filter(|panel| panel["type"] != "row")
    }

    pub fn variables(&self) -> &[Value] {
        list(&self.json["templating"]["list"])
    }

    pub fn annotations(&self) -> impl Iterator<Item = &Value> {
        list(&self.json["annotations"]["list"]).iter().filter(|annotation| annotation.get("expr").is_some())
    }

    /// What a panel is called in a complaint.
    pub fn name(&self, panel: &Value) -> String {
        format!("{}: {}", self.uid, text(&panel["title"]))
    }
}

/// The names that the regular expression of a variable can yield, of those it is matched against: it has one group.
pub fn captured<'a>(pattern: &str, names: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let pattern = pattern.trim_matches('/').trim_start_matches('^').trim_end_matches('$');
    let (before, rest) = pattern.split_once('(').unwrap_or((pattern, ")"));
    let (inside, after) = rest.rsplit_once(')').unwrap();
    let group = |name: &'a str| name.strip_prefix(before)?.strip_suffix(after);
    let wanted = |group: &&str| inside == ".+" || inside.split('|').any(|choice| choice == *group);
    names.into_iter().filter_map(group).filter(wanted).map(str::to_owned).collect()
}

/// A query with its variables replaced: `$name`, `${name}` and `${name:format}`.
pub fn expanded(query: &str, bound: &Bound) -> String {
    let mut out = String::new();
    let mut rest = query;
    while let Some((before, after)) = rest.split_once('$') {
        out.push_str(before);
        let braced = after.strip_prefix('{').and_then(|inside| inside.split_once('}'));
        let (name, next) = braced.unwrap_or_else(|| {
            let end = after.find(|letter: char| !letter.is_alphanumeric() && letter != '_').unwrap_or(after.len());
            after.split_at(end)
        });
        let bare = name.split(':').next().unwrap();
        match bound.get(bare) {
            Some(value) => out.push_str(value),
            None => out.push_str(&rest[before.len()..rest.len() - next.len()]),
        }
        rest = next;
    }
    out + rest
}

/// One selector of a query: `before name{matchers}[range]`.
#[derive(Debug)]
pub struct Selector {
    pub before: String,
    pub name: String,
    pub matchers: String,
    pub range: Option<String>,
}

fn is_name(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_' || letter == ':'
}

/// The selectors of a query, and the names of series that stand outside of any.
pub fn selectors(query: &str) -> (Vec<Selector>, Vec<String>) {
    let letters: Vec<char> = query.chars().collect();
    let (mut found, mut bare) = (Vec::new(), Vec::new());
    let mut at = 0;
    let string_end = |from: usize| {
        let mut end = from + 1;
        while letters[end] != '"' {
            end += if letters[end] == '\\' { 2 } else { 1 };
        }
        end
    };
    let mut word = String::new();
    while at < letters.len() {
        match letters[at] {
            '"' => at = string_end(at),
            '{' => {
                let start = at;
                while letters[at] != '}' {
                    at = if letters[at] == '"' { string_end(at) + 1 } else { at + 1 };
                }
                let rest: String = letters[at + 1..].iter().collect();
                let range =
                    rest.strip_prefix('[').and_then(|rest| rest.split_once(']')).map(|(range, _)| range.to_owned());
                let before: String = letters[..start - word.len()].iter().collect();
                let matchers = letters[start + 1..at].iter().collect();
                found.push(Selector { before, name: std::mem::take(&mut word), matchers, range });
            }
            letter if is_name(letter) => word.push(letter),
            _ => word.clear(),
        }
        let ends = letters.get(at + 1).is_none_or(|next| !is_name(*next) && *next != '{');
        if ends && word.starts_with("driftgauge_") {
            bare.push(std::mem::take(&mut word));
        }
        at += 1;
    }
    (found, bare)
}

/// The labels that a legend or a title names.
pub fn labels_of(legend: &str) -> Vec<&str> {
    legend.split("{{").skip(1).filter_map(|rest| rest.split_once("}}")).map(|(label, _)| label.trim()).collect()
}
