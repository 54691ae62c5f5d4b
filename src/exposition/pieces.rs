//! An exposition in pieces, most of which it shares with the one before.

use super::block::Block;
use std::ops::Range;
use std::sync::Arc;

/// Bytes in pieces.
#[derive(Clone, Debug, Default)]
pub struct Pieces {
    blocks: Arc<Vec<Arc<Block>>>,
    /// Each by its block and its place there.
    pieces: Vec<(usize, Range<usize>)>,
    length: usize,
}

impl Pieces {
    /// Pieces of these blocks, none yet.
    pub(super) fn of(blocks: Arc<Vec<Arc<Block>>>) -> Pieces {
        Pieces { blocks, pieces: Vec::new(), length: 0 }
    }

    /// Appends bytes of a block.
    pub(super) fn push(&mut self, block: usize, bytes: Range<usize>) {
        self.length += bytes.len();
        self.pieces.push((block, bytes));
    }

    /// How many bytes there are.
    pub fn len(&self) -> usize {
        self.length
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// One piece after the other.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        self.pieces.iter().filter_map(|(block, bytes)| self.blocks.get(*block)?.text.get(bytes.clone()))
    }

    /// All of them in one.
    pub fn to_vec(&self) -> Vec<u8> {
        let mut all = Vec::with_capacity(self.length);
        self.iter().for_each(|piece| all.extend_from_slice(piece));
        all
    }
}

impl From<Vec<u8>> for Pieces {
    fn from(text: Vec<u8>) -> Pieces {
        let whole = 0..text.len();
        let mut pieces = Pieces::of(Arc::new(vec![Arc::new(Block { text, runs: Vec::new() })]));
        pieces.push(0, whole);
        pieces
    }
}
