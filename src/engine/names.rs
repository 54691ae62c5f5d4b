//! Texts that become label values, admitted up to a limit.

use hashbrown::HashMap;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The label value of what was not admitted.
pub const OTHER: &str = "__other__";
/// The longest label value in bytes; a longer one is not admitted.
const LONGEST: usize = 128;

/// A bounded table of texts; what is beyond the limit shares one index.
#[derive(Clone, Debug)]
pub struct Names {
    names: Vec<Arc<str>>,
    by_text: HashMap<Arc<str>, u32>,
    limit: usize,
    overflowed: u64,
}

/// The texts in the order of their indices, and how often one was not admitted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SavedNames {
    names: Vec<Arc<str>>,
    overflowed: u64,
}

impl Names {
    /// The texts, for a state file.
    pub fn save(&self) -> SavedNames {
        SavedNames { names: self.names.clone(), overflowed: self.overflowed }
    }

    /// The table again; texts beyond a smaller limit stay, so that their indices hold.
    pub fn restore(limit: usize, saved: SavedNames) -> Names {
        let mut names = Names { overflowed: saved.overflowed, ..Names::new(limit) };
        for name in saved.names.into_iter().skip(1) {
            names.by_text.entry(name.clone()).or_insert(names.names.len() as u32);
            names.names.push(name);
        }
        names
    }

    /// Counts from zero again.
    pub fn reset_count(&mut self) {
        self.overflowed = 0;
    }

    /// A table of at most `limit` texts, and [`OTHER`], which is index 0.
    pub fn new(limit: usize) -> Names {
        let other: Arc<str> = OTHER.into();
        Names { names: vec![other.clone()], by_text: HashMap::from([(other, 0)]), limit, overflowed: 0 }
    }

    /// The index of a text; 0 when it is not admitted, which is counted.
    pub fn index(&mut self, text: &str) -> u32 {
        if let Some(index) = self.by_text.get(text) {
            return *index;
        }
        if self.names.len() > self.limit || text.len() > LONGEST {
            self.overflowed += 1;
            return 0;
        }
        self.admit(text)
    }

    /// The index of a text that is admitted whatever the limit is: one that the configuration or a reference has.
    pub fn admit(&mut self, text: &str) -> u32 {
        if let Some(index) = self.by_text.get(text) {
            return *index;
        }
        let name: Arc<str> = text.into();
        self.by_text.insert(name.clone(), self.names.len() as u32);
        self.names.push(name);
        self.names.len() as u32 - 1
    }

    /// The text of an index.
    pub fn text(&self, index: u32) -> Arc<str> {
        self.names.get(index as usize).or_else(|| self.names.first()).cloned().unwrap_or_else(|| OTHER.into())
    }

    /// The same for a look.
    pub fn get(&self, index: u32) -> &str {
        self.names.get(index as usize).or_else(|| self.names.first()).map_or(OTHER, |name| name)
    }

    /// The index that its text has: of texts that are there twice, and of indices without one, there is one only.
    pub fn canonical(&self, index: u32) -> u32 {
        self.by_text.get(self.get(index)).copied().unwrap_or(0)
    }

    /// How often a text was not admitted.
    pub fn overflowed(&self) -> u64 {
        self.overflowed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_text_has_one_index_however_often_it_was_saved() {
        let saved = SavedNames { names: [OTHER, "a", "b", "a", OTHER].map(Arc::from).to_vec(), overflowed: 0 };
        let names = Names::restore(9, saved);
        assert_eq!([0, 1, 2, 1, 0, 0], [0, 1, 2, 3, 4, 5].map(|index| names.canonical(index)));
    }

    #[test]
    fn texts_beyond_the_limit_share_one_name() {
        let mut names = Names::new(2);
        let indices: Vec<u32> = ["a", "b", "c", "a", &"x".repeat(200)].iter().map(|text| names.index(text)).collect();
        assert_eq!(vec![1, 2, 0, 1, 0], indices);
        assert_eq!(("a", OTHER, 2), (&*names.text(1), &*names.text(0), names.overflowed()));
        assert_eq!((3, 3, 1), (names.admit("c"), names.index("c"), names.admit("a")));
    }
}
