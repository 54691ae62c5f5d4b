//! The frozen categories of a categorical column.
//!
//! The most frequent categories of the reference have a cell of their own. Others that the reference knew share the
//! cell OTHER; those it did not know fall into UNSEEN. Categories of fewer than [`OPEN_ROWS`] reference rows are kept
//! by their hash only, so that a rare value that could name a person is not written into a profile.

use hashbrown::HashMap;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

/// Reference rows below which a category is stored hashed.
pub const OPEN_ROWS: u64 = 20;

/// One category with a cell of its own, as written in a profile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Category {
    /// Its text.
    Text(String),
    /// The hash of its text, as 16 hexadecimal digits.
    Hash(String),
}

impl Category {
    /// The category as a profile may hold it: open when at least [`OPEN_ROWS`] rows had it.
    pub fn new(text: &str, rows: u64) -> Category {
        if rows >= OPEN_ROWS { Category::Text(text.to_owned()) } else { Category::Hash(hash_text(text)) }
    }

    /// The text when it is open.
    pub fn text(&self) -> Option<&str> {
        match self {
            Category::Text(text) => Some(text),
            Category::Hash(_) => None,
        }
    }
}

fn hash_text(text: &str) -> String {
    format!("{:016x}", xxh3_64(text.as_bytes()))
}

/// Category text -> cell.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Stored", into = "Stored")]
pub struct Dictionary {
    categories: Vec<Category>,
    others: Vec<u64>,
    cells: HashMap<u64, u32>,
}

#[derive(Serialize, Deserialize)]
struct Stored {
    categories: Vec<Category>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    others: Vec<String>,
}

impl From<Dictionary> for Stored {
    fn from(dictionary: Dictionary) -> Stored {
        let others = dictionary.others.iter().map(|hash| format!("{hash:016x}")).collect();
        Stored { categories: dictionary.categories, others }
    }
}

impl TryFrom<Stored> for Dictionary {
    type Error = String;

    fn try_from(stored: Stored) -> Result<Dictionary, String> {
        let hex = |text: &String| {
            u64::from_str_radix(text, 16).map_err(|_| "a hashed category is not hexadecimal".to_owned())
        };
        let others = stored.others.iter().map(hex).collect::<Result<Vec<u64>, String>>()?;
        let mut cells = HashMap::new();
        for (cell, category) in stored.categories.iter().enumerate() {
            let hash = match category {
                Category::Text(text) => xxh3_64(text.as_bytes()),
                Category::Hash(text) => hex(text)?,
            };
            if cells.insert(hash, cell as u32).is_some() {
                return Err("a category is listed twice".to_owned());
            }
        }
        for hash in &others {
            cells.entry(*hash).or_insert(stored.categories.len() as u32);
        }
        Ok(Dictionary { categories: stored.categories, others, cells })
    }
}

impl Dictionary {
    /// A dictionary of categories with their reference rows; all beyond the first `limit` go to OTHER. The order
    /// given is the order of the cells.
    pub fn new<'a>(categories: impl IntoIterator<Item = (&'a str, u64)>, limit: usize) -> Dictionary {
        Dictionary::of(categories.into_iter().map(|(text, rows)| (Dictionary::hash(text), Some(text), rows)), limit)
    }

    /// The hash that stands for a text.
    pub fn hash(text: &str) -> u64 {
        xxh3_64(text.as_bytes())
    }

    /// The same of categories of which some are known by their hash only: hash, text and reference rows.
    pub fn of<'a>(categories: impl IntoIterator<Item = (u64, Option<&'a str>, u64)>, limit: usize) -> Dictionary {
        let mut dictionary = Dictionary::default();
        let mut others = Vec::new();
        for (hash, text, rows) in categories {
            if dictionary.categories.len() < limit {
                dictionary.cells.insert(hash, dictionary.categories.len() as u32);
                let category = text.map(|text| Category::new(text, rows));
                dictionary.categories.push(category.unwrap_or_else(|| Category::Hash(format!("{hash:016x}"))));
            } else {
                others.push(hash);
            }
        }
        let other = dictionary.categories.len() as u32;
        for hash in &others {
            dictionary.cells.entry(*hash).or_insert(other);
        }
        others.sort_unstable();
        dictionary.others = others;
        dictionary
    }

    /// Categories with a cell of their own.
    pub fn categories(&self) -> &[Category] {
        &self.categories
    }

    /// Cells of categories: own cells, then OTHER, then UNSEEN.
    pub fn cells(&self) -> usize {
        self.categories.len() + 2
    }

    /// The cell OTHER: known in the reference, without a cell of its own.
    pub fn other(&self) -> usize {
        self.categories.len()
    }

    /// The cell UNSEEN: not known in the reference.
    pub fn unseen(&self) -> usize {
        self.categories.len() + 1
    }

    /// The cell of a category's text.
    pub fn cell(&self, text: &str) -> usize {
        self.cell_of(Dictionary::hash(text))
    }

    /// The cell of a category by the hash of its text.
    pub fn cell_of(&self, hash: u64) -> usize {
        self.cells.get(&hash).map_or(self.unseen(), |cell| *cell as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rare_categories_are_stored_hashed_and_still_found() {
        let dictionary = Dictionary::new([("petrol", 900), ("jane@example.org", 3), ("steam", 2)], 2);
        let text = serde_json::to_string(&dictionary).unwrap();
        assert!(text.contains("petrol") && !text.contains("jane") && !text.contains("steam"), "{text}");
        let read: Dictionary = serde_json::from_str(&text).unwrap();
        for dictionary in [dictionary, read] {
            assert_eq!(0, dictionary.cell("petrol"));
            assert_eq!(1, dictionary.cell("jane@example.org"));
            assert_eq!(dictionary.other(), dictionary.cell("steam"));
            assert_eq!(dictionary.unseen(), dictionary.cell("water"));
        }
    }
}
