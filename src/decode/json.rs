//! A strict, validating scanner of JSON: one pass, no allocation, no tree.
//!
//! Beyond RFC 8259 it takes `NaN`, `Infinity` and `-Infinity` as numbers, because Python's `json` writes them. It is
//! stricter in one place: objects and arrays nest [`MAX_DEPTH`] deep at most. Who walks a document asks for one step
//! after the other (`enter_object`, `key`, `colon`, a value, `next_member`), so that decoding, visiting and skipping
//! share one grammar.

use super::number;
use super::{DecodeError, DecodeReason, MAX_DEPTH, Record, Span, Value};

pub(super) mod string;

/// A position in one line that is valid UTF-8, or whose text its user checks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scanner<'a> {
    line: &'a [u8],
    at: usize,
    depth: usize,
}

/// A string as written, without its quotes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Raw<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) span: Span,
    pub(super) escaped: bool,
}

type Step<T> = Result<T, DecodeError>;

impl<'a> Scanner<'a> {
    pub(super) fn new(line: &'a [u8], at: usize) -> Scanner<'a> {
        Scanner { line, at, depth: 0 }
    }

    /// A scanner inside of so many open objects and arrays.
    #[inline]
    pub(super) fn inside(line: &'a [u8], at: usize, depth: usize) -> Scanner<'a> {
        Scanner { line, at, depth }
    }

    /// The byte it stands at.
    pub(super) fn position(&self) -> usize {
        self.at
    }

    #[inline]
    pub(super) fn peek(&self) -> Option<u8> {
        self.line.get(self.at).copied()
    }

    /// What was scanned since `start`.
    #[inline]
    pub(super) fn span_since(&self, start: usize) -> Span {
        Span { start: start as u32, length: (self.at - start) as u32, unescaped: false }
    }

    /// The bytes scanned since `start`.
    pub(super) fn passed_since(&self, start: usize) -> &'a [u8] {
        self.line.get(start..self.at).unwrap_or_default()
    }

    #[inline]
    pub(super) fn skip_whitespace(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    #[cold]
    pub(super) fn syntax<T>(&self) -> Step<T> {
        Err(DecodeError { reason: DecodeReason::Syntax, offset: self.at })
    }

    #[inline]
    fn expect(&mut self, byte: u8) -> Step<()> {
        if self.peek() != Some(byte) {
            return self.syntax();
        }
        self.at += 1;
        Ok(())
    }

    /// Passes `text` if it comes next.
    #[inline]
    pub(super) fn take(&mut self, text: &[u8]) -> bool {
        let found = self.line.get(self.at..).is_some_and(|rest| rest.starts_with(text));
        if found {
            self.at += text.len();
        }
        found
    }

    /// Passes `{`; says whether a key comes next (and not the end of the object).
    #[inline]
    pub(super) fn enter_object(&mut self) -> Step<bool> {
        self.enter(b'{', b'}')
    }

    /// Passes `[`; says whether an element comes next.
    #[inline]
    pub(super) fn enter_array(&mut self) -> Step<bool> {
        self.enter(b'[', b']')
    }

    /// After a member's value: says whether another key comes next.
    #[inline]
    pub(super) fn next_member(&mut self) -> Step<bool> {
        self.next(b'}')
    }

    /// After an element: says whether another one comes next.
    #[inline]
    pub(super) fn next_element(&mut self) -> Step<bool> {
        self.next(b']')
    }

    #[inline]
    fn enter(&mut self, open: u8, close: u8) -> Step<bool> {
        if self.depth == MAX_DEPTH {
            return Err(DecodeError { reason: DecodeReason::TooDeep, offset: self.at });
        }
        self.expect(open)?;
        self.skip_whitespace();
        if self.peek() == Some(close) {
            self.at += 1;
            return Ok(false);
        }
        self.depth += 1;
        Ok(true)
    }

    #[inline]
    fn next(&mut self, close: u8) -> Step<bool> {
        self.skip_whitespace();
        match self.peek() {
            Some(b',') => {
                self.at += 1;
                self.skip_whitespace();
                Ok(true)
            }
            Some(byte) if byte == close => {
                self.at += 1;
                self.depth -= 1;
                Ok(false)
            }
            _ => self.syntax(),
        }
    }

    /// Passes the colon after a key, and the space around it.
    #[inline]
    pub(super) fn colon(&mut self) -> Step<()> {
        if self.peek() != Some(b':') {
            self.skip_whitespace();
        }
        self.expect(b':')?;
        self.skip_whitespace();
        Ok(())
    }

    /// Passes a string, a key or a value.
    #[inline]
    pub(super) fn string(&mut self) -> Step<Raw<'a>> {
        self.expect(b'"')?;
        let start = self.at;
        let mut escaped = false;
        loop {
            self.at = string::find_special(self.line, self.at);
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => {
                    let rest = self.line.get(self.at..).unwrap_or_default();
                    let Some(length) = string::escape_length(rest) else { return self.syntax() };
                    escaped = true;
                    self.at += length;
                }
                _ => return self.syntax(),
            }
        }
        let span = self.span_since(start);
        let bytes = self.line.get(start..self.at).unwrap_or_default();
        self.at += 1;
        Ok(Raw { bytes, span, escaped })
    }

    /// Passes a string and gives it as a value; what had to be unescaped goes to the record's buffer.
    #[inline]
    pub(super) fn text(&mut self, record: &mut Record) -> Step<Value> {
        let raw = self.string()?;
        if !raw.escaped {
            return Ok(Value::Text(raw.span));
        }
        let buffer = record.buffer_mut();
        let start = buffer.len();
        string::unescape(raw.bytes, buffer);
        let length = (buffer.len() - start) as u32;
        Ok(Value::Text(Span { start: start as u32, length, unescaped: true }))
    }

    /// Passes a number, `true`, `false`, `null` or one of the tokens that are not quite JSON.
    #[inline]
    pub(super) fn scalar(&mut self) -> Step<Value> {
        let start = self.at;
        match self.number() {
            Some(value) => Ok(Value::Number { value, text: self.span_since(start) }),
            None => self.word(),
        }
    }

    /// Passes a number of JSON if it comes next.
    #[inline]
    pub(super) fn number(&mut self) -> Option<f64> {
        let (value, length) = number::scan(self.line.get(self.at..)?)?;
        self.at += length;
        Some(value)
    }

    /// Passes what [`Scanner::scalar`] takes beside numbers of JSON.
    pub(super) fn word(&mut self) -> Step<Value> {
        let start = self.at;
        let value = match self.peek() {
            Some(b't') if self.take(b"true") => return Ok(Value::Bool(true)),
            Some(b'f') if self.take(b"false") => return Ok(Value::Bool(false)),
            Some(b'n') if self.take(b"null") => return Ok(Value::Null),
            Some(b'N') if self.take(b"NaN") => f64::NAN,
            Some(b'I') if self.take(b"Infinity") => f64::INFINITY,
            Some(b'-') if self.take(b"-Infinity") => f64::NEG_INFINITY,
            _ => return self.syntax(),
        };
        Ok(Value::Number { value, text: self.span_since(start) })
    }

    /// Passes any value, checking it.
    pub(super) fn skip_value(&mut self) -> Step<()> {
        match self.peek() {
            Some(b'{') => self.skip_object(),
            Some(b'[') => self.skip_array(),
            Some(b'"') => self.string().map(drop),
            _ => self.scalar().map(drop),
        }
    }

    fn skip_object(&mut self) -> Step<()> {
        let mut more = self.enter_object()?;
        while more {
            self.string()?;
            self.colon()?;
            self.skip_value()?;
            more = self.next_member()?;
        }
        Ok(())
    }

    fn skip_array(&mut self) -> Step<()> {
        let mut more = self.enter_array()?;
        while more {
            self.skip_value()?;
            more = self.next_element()?;
        }
        Ok(())
    }

    /// Nothing but space may follow.
    pub(super) fn end(&mut self) -> Step<()> {
        self.skip_whitespace();
        if self.at < self.line.len() { self.syntax() } else { Ok(()) }
    }
}
