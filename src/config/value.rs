//! Reading one value of the file: the types a key can have, and what is said when a value is not of its type.
//!
//! A reader returns `None` once it has reported why, so that reading goes on and every problem is found.

use super::{Problem, suggest};
use crate::time::Length;
use std::cell::RefCell;
use std::fmt::Write as _;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A value of the file and where it stands.
#[derive(Clone, Debug)]
pub(super) struct Value<'a> {
    node: &'a DeValue<'a>,
    place: Place,
    report: &'a Report<'a>,
}

/// Where something stands: its key path and its offset in the text. The file as a whole has neither.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Place {
    path: String,
    offset: Option<usize>,
}

/// What was read, with its place.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct At<T> {
    /// What was read.
    pub value: T,
    /// Where.
    pub place: Place,
}

/// Collects problems.
#[derive(Debug)]
pub(super) struct Report<'a> {
    file_name: &'a str,
    text: &'a str,
    /// The path of every key there is, to tell where a misplaced one belongs.
    paths: Vec<String>,
    problems: RefCell<Vec<(Option<usize>, Problem)>>,
}

/// A table of the file: a struct that is filled key by key.
pub(super) trait Table: Default + 'static {
    /// Every key, in the order it is documented in.
    const KEYS: &'static [Key<Self>];

    /// The path of every key, those of inner tables included.
    fn paths() -> Vec<String> {
        let mut paths = Vec::new();
        for key in Self::KEYS {
            paths.push(key.name.to_owned());
            paths.extend((key.inner)().iter().map(|path| format!("{}.{path}", key.name)));
        }
        paths
    }
}

/// A key of a table.
pub(super) struct Key<T> {
    name: &'static str,
    /// What is expected of it, when it cannot be left out.
    required: Option<fn() -> String>,
    inner: fn() -> Vec<String>,
    read: fn(&mut T, &Value<'_>),
}

impl<T> Key<T> {
    /// A key with a value.
    pub const fn value(name: &'static str, read: fn(&mut T, &Value<'_>)) -> Key<T> {
        Key { name, required: None, inner: Vec::new, read }
    }

    /// A key with a table, or with a list of tables, of `U`.
    pub const fn table<U: Table>(name: &'static str, read: fn(&mut T, &Value<'_>)) -> Key<T> {
        Key { name, required: None, inner: U::paths, read }
    }

    /// The same key, which cannot be left out.
    pub const fn required(self, expected: fn() -> String) -> Key<T> {
        Key { required: Some(expected), ..self }
    }
}

impl<'a> Report<'a> {
    /// Nothing yet; `paths` are those of every key there is.
    pub fn new(file_name: &'a str, text: &'a str, paths: Vec<String>) -> Report<'a> {
        Report { file_name, text, paths, problems: RefCell::default() }
    }

    /// Notes a problem.
    pub fn problem(&self, place: &Place, message: impl Into<String>) {
        let mut text = self.file_name.to_owned();
        if let Some(offset) = place.offset {
            let line = self.text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1;
            let _ = write!(text, ":{line}");
        }
        if !place.path.is_empty() {
            let _ = write!(text, " {}", place.path);
        }
        self.problems.borrow_mut().push((place.offset, Problem { place: text, message: message.into() }));
    }

    /// Every problem, in the order of the file; those of the file as a whole come first.
    pub fn into_problems(self) -> Vec<Problem> {
        let mut problems = self.problems.into_inner();
        problems.sort_by_key(|(offset, _)| *offset);
        problems.into_iter().map(|(_, problem)| problem).collect()
    }

    /// Reads the text into the table of the whole file. A text that is not TOML is one problem, and `None`.
    pub fn read<T: Table>(&self) -> Option<T> {
        match DeTable::parse(self.text) {
            Ok(root) => Some(Value::fill(root.get_ref(), &Place::default(), self)),
            Err(error) => {
                let place = Place { path: String::new(), offset: error.span().map(|span| span.start) };
                self.problem(&place, format!("not TOML: {}", error.message().replace('\n', " ")));
                None
            }
        }
    }
}

impl Place {
    fn key(&self, name: &str, offset: Option<usize>) -> Place {
        let bare = !name.is_empty() && name.bytes().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'_' | b'-'));
        let name = if bare { name.to_owned() } else { format!("{name:?}") };
        let path = if self.path.is_empty() { name } else { format!("{}.{name}", self.path) };
        Place { path, offset }
    }

    fn item(&self, index: usize, offset: Option<usize>) -> Place {
        Place { path: format!("{}[{index}]", self.path), offset }
    }
}

impl<'a> Value<'a> {
    fn new(node: &'a Spanned<DeValue<'a>>, place: Place, report: &'a Report<'a>) -> Value<'a> {
        Value { node: node.get_ref(), place, report }
    }

    /// What was read, with the place of this value.
    pub fn at<T>(&self, value: T) -> At<T> {
        At { value, place: self.place.clone() }
    }

    /// Notes a problem of this value.
    pub fn problem(&self, message: impl Into<String>) {
        self.report.problem(&self.place, message);
    }

    /// Says what was expected instead of this value.
    pub fn expected<T>(&self, expected: &str) -> Option<T> {
        self.problem(format!("expected {expected}, found {}", self.found()));
        None
    }

    fn found(&self) -> String {
        match self.node {
            DeValue::String(text) => format!("{text:?}"),
            DeValue::Integer(number) => format!("the integer {number}"),
            DeValue::Float(number) => format!("the number {number}"),
            DeValue::Boolean(flag) => format!("the boolean {flag}"),
            DeValue::Datetime(time) => format!("the time {time}"),
            DeValue::Array(_) => "a list".to_owned(),
            DeValue::Table(_) => "a table".to_owned(),
        }
    }

    /// A string that is not empty.
    pub fn text(&self) -> Option<&'a str> {
        match self.node {
            DeValue::String(text) if !text.trim().is_empty() => Some(text),
            DeValue::String(_) => self.expected("a string that is not empty"),
            DeValue::Integer(_) | DeValue::Float(_) | DeValue::Boolean(_) => {
                let plain = match self.node {
                    DeValue::Integer(number) => number.to_string(),
                    DeValue::Float(number) => number.to_string(),
                    _ => self.flag().unwrap_or_default().to_string(),
                };
                self.problem(format!("expected a string, found {}; put it in quotes: \"{plain}\"", self.found()));
                None
            }
            _ => self.expected("a string"),
        }
    }

    /// A string in a form of its own.
    pub fn form<T>(&self, expected: &str, read: impl Fn(&str) -> Option<T>) -> Option<T> {
        self.node.as_str().and_then(read).or_else(|| self.expected(expected))
    }

    /// One of these words.
    pub fn one_of<T>(&self, allowed: impl IntoIterator<Item = (&'static str, T)>) -> Option<T> {
        let mut words = Vec::new();
        for (word, value) in allowed {
            if self.node.as_str() == Some(word) {
                return Some(value);
            }
            words.push(word);
        }
        let near = self.node.as_str().and_then(|text| suggest::nearest(text, words.iter().copied()));
        let hint = near.map_or_else(String::new, |word| format!("; did you mean {word:?}?"));
        self.problem(format!("expected {}, found {}{hint}", one_of(&words), self.found()));
        None
    }

    /// `true` or `false`.
    pub fn flag(&self) -> Option<bool> {
        self.node.as_bool().or_else(|| self.expected("true or false"))
    }

    /// A whole number of at least 1.
    pub fn count(&self) -> Option<usize> {
        let number = self.node.as_integer().and_then(|n| usize::from_str_radix(n.as_str(), n.radix()).ok());
        number.filter(|number| *number > 0).or_else(|| self.expected("a whole number of at least 1"))
    }

    /// A whole number from 1 to `most`.
    pub fn count_to(&self, most: usize) -> Option<usize> {
        let number = self.node.as_integer().and_then(|n| usize::from_str_radix(n.as_str(), n.radix()).ok());
        let inside = number.filter(|number| (1..=most).contains(number));
        inside.or_else(|| self.expected(&format!("a whole number from 1 to {most}")))
    }

    /// A number between 0 and 1, neither of them.
    pub fn probability(&self) -> Option<f64> {
        let number = self.node.as_float().and_then(|number| number.as_str().parse::<f64>().ok());
        let inside = number.filter(|number| 0.0 < *number && *number < 1.0);
        inside.or_else(|| self.expected("a number above 0 and below 1"))
    }

    /// A number, whole or not, that is finite.
    pub fn number(&self) -> Option<f64> {
        let number = match self.node {
            DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix()).ok().map(|n| n as f64),
            DeValue::Float(number) => number.as_str().parse::<f64>().ok(),
            _ => None,
        };
        number.filter(|number| number.is_finite())
    }

    /// A number from `least` to `most`.
    pub fn number_in(&self, least: f64, most: f64) -> Option<f64> {
        let inside = self.number().filter(|number| (least..=most).contains(number));
        inside.or_else(|| self.expected(&format!("a number from {least} to {most}")))
    }

    /// A string, without a word about what is none.
    pub fn word(&self) -> Option<&'a str> {
        self.node.as_str()
    }

    /// The items of a table whose keys are names.
    pub fn named(&self) -> Option<Vec<(String, Value<'a>)>> {
        let Some(table) = self.node.as_table() else { return self.expected("a table") };
        let items = table.iter().map(|(name, node)| {
            let place = self.place.key(name.get_ref(), Some(name.span().start));
            (name.get_ref().to_string(), Value::new(node, place, self.report))
        });
        Some(items.collect())
    }

    /// A number from 0 to 1, both included.
    pub fn share(&self) -> Option<f64> {
        let float = self.node.as_float().map(|number| number.as_str().to_owned());
        let written = float.or_else(|| self.node.as_integer().map(|number| number.as_str().to_owned()));
        let inside = written.and_then(|text| text.parse::<f64>().ok()).filter(|number| (0.0..=1.0).contains(number));
        inside.or_else(|| self.expected("a number from 0 to 1"))
    }

    /// A length of time, zero included.
    pub fn duration(&self) -> Option<Length> {
        self.form("a duration such as \"5m\", \"1h30m\" or \"250ms\"", Length::parse)
    }

    /// A length of time above zero.
    pub fn positive_duration(&self) -> Option<Length> {
        match self.duration()? {
            Length::ZERO => self.expected("a duration above zero"),
            length => Some(length),
        }
    }

    /// A size in bytes of at least 1.
    pub fn size(&self) -> Option<usize> {
        let units: Vec<&str> = SIZE_UNITS.iter().map(|(unit, _)| *unit).collect();
        self.form(&format!("a size such as \"16MiB\" (units: {})", units.join(", ")), parse_size)
    }

    /// A list; items that cannot be read are left out.
    pub fn list<T>(&self, read: impl Fn(&Value<'_>) -> Option<T>) -> Option<Vec<At<T>>> {
        let Some(items) = self.node.as_array() else { return self.expected("a list") };
        let items = items
            .iter()
            .enumerate()
            .map(|(index, node)| Value::new(node, self.place.item(index, Some(node.span().start)), self.report));
        Some(items.filter_map(|item| read(&item).map(|value| item.at(value))).collect())
    }

    /// A list with no item twice.
    pub fn set<T: PartialEq>(&self, read: impl Fn(&Value<'_>) -> Option<T>) -> Option<Vec<At<T>>> {
        let items = self.list(read)?;
        for (index, item) in items.iter().enumerate() {
            if items.iter().take(index).any(|earlier| earlier.value == item.value) {
                self.report.problem(&item.place, "listed twice");
            }
        }
        Some(items)
    }

    /// A list with at least one item and no item twice.
    pub fn filled_set<T: PartialEq>(&self, read: impl Fn(&Value<'_>) -> Option<T>) -> Option<Vec<At<T>>> {
        if self.node.as_array().is_some_and(|items| items.is_empty()) {
            self.problem("expected at least one item");
        }
        self.set(read)
    }

    /// A table whose keys are names of the user's.
    pub fn map<T>(&self, read: impl Fn(&Value<'_>) -> Option<T>) -> Option<Vec<(String, T)>> {
        let Some(table) = self.node.as_table() else { return self.expected("a table") };
        let items = table.iter().filter_map(|(name, node)| {
            let place = self.place.key(name.get_ref(), Some(name.span().start));
            read(&Value::new(node, place, self.report)).map(|value| (name.get_ref().to_string(), value))
        });
        Some(items.collect())
    }

    /// Whether the value is a table: of a map, that a name with a dot was not put in quotes.
    pub fn is_table(&self) -> bool {
        self.node.is_table()
    }

    /// A table.
    pub fn table<T: Table>(&self) -> Option<T> {
        let Some(table) = self.node.as_table() else {
            return self.expected(&format!("a table: write [{}]", self.place.path));
        };
        Some(Value::fill(table, &self.place, self.report))
    }

    /// A list of at least one table.
    pub fn tables<T: Table>(&self) -> Option<Vec<At<T>>> {
        let expected = format!("a list of tables: write [[{}]]", self.place.path);
        if self.node.as_array().is_none_or(|items| items.is_empty()) {
            return self.expected(&expected);
        }
        self.list(|item| item.table())
    }

    /// Reads every key of a table.
    fn fill<T: Table>(table: &DeTable<'_>, place: &Place, report: &Report<'_>) -> T {
        let mut filled = T::default();
        for (name, node) in table {
            let place = place.key(name.get_ref(), Some(name.span().start));
            match T::KEYS.iter().find(|key| key.name == name.get_ref()) {
                Some(key) => (key.read)(&mut filled, &Value::new(node, place, report)),
                None => report.problem(&place, unknown_key::<T>(name.get_ref(), &report.paths)),
            }
        }
        for key in T::KEYS {
            if let Some(expected) = key.required
                && !table.iter().any(|(name, _)| name.get_ref() == key.name)
            {
                report.problem(&place.key(key.name, place.offset), format!("missing, expected {}", expected()));
            }
        }
        filled
    }
}

fn unknown_key<T: Table>(name: &str, paths: &[String]) -> String {
    let keys: Vec<&str> = T::KEYS.iter().map(|key| key.name).collect();
    // Of the tables that have it, the outermost: `schema.id` before `source.schema.id`.
    let elsewhere = || {
        let same = paths.iter().filter(|path| path.rsplit('.').next() == Some(name));
        same.min_by_key(|path| path.split('.').count()).map(String::as_str)
    };
    match suggest::nearest(name, keys.iter().copied()).or_else(elsewhere) {
        Some(near) => format!("unknown key; did you mean {near:?}?"),
        None => format!("unknown key, expected {}", one_of(&keys)),
    }
}

/// `one of a, b, c`.
pub(super) fn one_of(words: &[&str]) -> String {
    format!("one of {}", words.join(", "))
}

const SIZE_UNITS: &[(&str, usize)] = &[("B", 1), ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30)];

/// Reads `"16MiB"`. `None` when it is not a size, or zero.
fn parse_size(text: &str) -> Option<usize> {
    let text = text.trim();
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at_checked(digits)?;
    let (_, bytes) = SIZE_UNITS.iter().find(|(name, _)| *name == unit.trim_start())?;
    number.parse::<usize>().ok()?.checked_mul(*bytes).filter(|size| *size > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_a_unit() {
        for (text, expected) in [
            ("1MiB", Some(1_048_576)),
            ("64KiB", Some(65_536)),
            ("512B", Some(512)),
            ("16 MiB", Some(16_777_216)),
            ("0B", None),
            ("16", None),
            ("16MB", None),
            ("MiB", None),
            ("1.5MiB", None),
            ("-1B", None),
            ("99999999999999GiB", None),
            ("", None),
        ] {
            assert_eq!(expected, parse_size(text), "{text}");
        }
    }
}
