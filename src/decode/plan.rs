//! Which fields of a line somebody wants, and where they are found.

use std::fmt;

/// Where a field is found: `features.age`, `features.embedding.3`, or a JSON pointer (`/features/a.b`) when a key
/// holds a dot. In flat formats (CSV, logfmt) the whole dotted text is the name of the column.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FieldPath {
    segments: Vec<String>,
}

impl FieldPath {
    /// Reads a dotted path, or a JSON pointer when the text begins with `/`.
    pub fn parse(text: &str) -> FieldPath {
        let segments = match text.strip_prefix('/') {
            Some(pointer) => pointer.split('/').map(|s| s.replace("~1", "/").replace("~0", "~")).collect(),
            None => text.split('.').map(str::to_owned).collect(),
        };
        FieldPath { segments }
    }

    /// A path from its steps.
    pub fn from_segments(segments: Vec<String>) -> FieldPath {
        FieldPath { segments }
    }

    /// This path with one more step.
    pub fn child(&self, key: &str) -> FieldPath {
        let mut segments = self.segments.clone();
        segments.push(key.to_owned());
        FieldPath { segments }
    }

    /// The steps, outermost first.
    pub fn segments(&self) -> &[String] {
        &self.segments
    }
}

impl fmt::Display for FieldPath {
    /// Dotted, as the name of a column in a flat format.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.segments.join("."))
    }
}

/// The fields somebody wants, each with a slot. A slot has one or more paths; of those present in a line the first
/// in the list wins.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldPlan {
    slots: Vec<Vec<FieldPath>>,
    /// Whether a slot is one for a number.
    numbers: Vec<bool>,
}

impl FieldPlan {
    /// Asks for a field found at the first present of `alternatives`; returns its slot. The same list asked twice is
    /// one slot.
    pub fn slot(&mut self, alternatives: Vec<FieldPath>) -> usize {
        self.place(alternatives, false)
    }

    /// Asks for a field that most lines have a number in, whose text nobody wants to see: a slot for a
    /// [number](super::Record::number).
    pub fn number(&mut self, alternatives: Vec<FieldPath>) -> usize {
        self.place(alternatives, true)
    }

    fn place(&mut self, alternatives: Vec<FieldPath>, is_number: bool) -> usize {
        let mut known = self.slots.iter().zip(&self.numbers);
        match known.position(|(paths, number)| *paths == alternatives && *number == is_number) {
            Some(slot) => slot,
            None => {
                self.slots.push(alternatives);
                self.numbers.push(is_number);
                self.slots.len() - 1
            }
        }
    }

    /// Whether a slot is one for a number.
    pub fn is_number(&self, slot: usize) -> bool {
        self.numbers.get(slot).copied().unwrap_or(false)
    }

    /// The paths of each slot.
    pub fn slots(&self) -> &[Vec<FieldPath>] {
        &self.slots
    }
}
