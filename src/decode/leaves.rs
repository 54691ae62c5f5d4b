//! Every leaf of a JSON object with its path, wanted or not.

use super::json::{Scanner, string};
use super::{DecodeError, MAX_DEPTH, Record, Value, Visitor, line};

/// The path to where the walk is: strings that are used again, of which the first `depth` count.
#[derive(Debug, Default)]
pub(super) struct Path {
    keys: Vec<String>,
    depth: usize,
    unescaped: Vec<u8>,
}

impl Path {
    /// Opens a level; its key is set with [`Path::set_key`].
    fn enter(&mut self) {
        self.depth += 1;
        if self.keys.len() < self.depth {
            self.keys.push(String::new());
        }
    }

    fn leave(&mut self) {
        self.depth -= 1;
    }

    fn set_key(&mut self, key: &str) {
        if let Some(last) = self.depth.checked_sub(1).and_then(|last| self.keys.get_mut(last)) {
            last.clear();
            last.push_str(key);
        }
    }

    fn show(&self, value: Value, record: &Record, visitor: &mut Visitor<'_>) {
        let mut names = [""; MAX_DEPTH];
        names.iter_mut().zip(&self.keys).for_each(|(name, key)| *name = key);
        visitor(names.get(..self.depth).unwrap_or_default(), value, record);
    }
}

/// A walk through one line.
pub(super) struct Walk<'a, 'v> {
    pub(super) scanner: Scanner<'a>,
    pub(super) path: &'a mut Path,
    pub(super) record: &'a mut Record,
    pub(super) visitor: &'a mut Visitor<'v>,
}

impl Walk<'_, '_> {
    /// Walks the object that comes next and shows what is in it.
    pub(super) fn record(&mut self) -> Result<(), DecodeError> {
        self.path.depth = 0;
        self.object().map(drop)
    }

    fn value(&mut self) -> Result<(), DecodeError> {
        let start = self.scanner.position();
        let value = match self.scanner.peek() {
            Some(b'{') if self.object()? => return Ok(()),
            Some(b'[') if self.array()? => return Ok(()),
            Some(b'{' | b'[') => Value::Nested(self.scanner.span_since(start)),
            Some(b'"') => self.scanner.text(self.record)?,
            _ => self.scanner.scalar()?,
        };
        self.path.show(value, self.record, self.visitor);
        Ok(())
    }

    /// Says whether the object had members.
    fn object(&mut self) -> Result<bool, DecodeError> {
        if !self.scanner.enter_object()? {
            return Ok(false);
        }
        self.path.enter();
        loop {
            self.key()?;
            self.scanner.colon()?;
            self.value()?;
            if !self.scanner.next_member()? {
                break;
            }
        }
        self.path.leave();
        Ok(true)
    }

    fn key(&mut self) -> Result<(), DecodeError> {
        let raw = self.scanner.string()?;
        if !raw.escaped {
            self.path.set_key(line::text(raw.bytes));
            return Ok(());
        }
        let mut unescaped = std::mem::take(&mut self.path.unescaped);
        unescaped.clear();
        string::unescape(raw.bytes, &mut unescaped);
        self.path.set_key(line::text(&unescaped));
        self.path.unescaped = unescaped;
        Ok(())
    }

    /// Says whether the array had elements.
    fn array(&mut self) -> Result<bool, DecodeError> {
        if !self.scanner.enter_array()? {
            return Ok(false);
        }
        self.path.enter();
        let mut position = 0_usize;
        loop {
            self.path.set_key(&position.to_string());
            self.value()?;
            position += 1;
            if !self.scanner.next_element()? {
                break;
            }
        }
        self.path.leave();
        Ok(true)
    }
}
