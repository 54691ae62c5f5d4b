//! A list that grows by pieces of a fixed size: nothing is moved when it grows.

/// Elements of a piece.
const PIECE: usize = 1 << 11;

/// The list.
#[derive(Clone, Debug)]
pub(super) struct Chunks<T> {
    /// All but the last are full; the last is not empty.
    pieces: Vec<Vec<T>>,
}

impl<T> Chunks<T> {
    pub(super) fn new() -> Chunks<T> {
        Chunks { pieces: Vec::new() }
    }

    pub(super) fn len(&self) -> usize {
        self.pieces.last().map_or(0, |last| (self.pieces.len() - 1) * PIECE + last.len())
    }

    pub(super) fn get(&self, index: usize) -> Option<&T> {
        self.pieces.get(index / PIECE)?.get(index % PIECE)
    }

    pub(super) fn get_mut(&mut self, index: usize) -> Option<&mut T> {
        self.pieces.get_mut(index / PIECE)?.get_mut(index % PIECE)
    }

    pub(super) fn push(&mut self, element: T) {
        match self.pieces.last_mut().filter(|last| last.len() < PIECE) {
            Some(last) => last.push(element),
            None => {
                let mut piece = Vec::with_capacity(PIECE);
                piece.push(element);
                self.pieces.push(piece);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_pieces_is_a_list() {
        let mut list = Chunks::new();
        let count = 2 * PIECE + 1;
        (0..count).for_each(|n| list.push(n));
        *list.get_mut(PIECE).unwrap() += 1;
        assert_eq!((count, Some(&(PIECE + 1)), None), (list.len(), list.get(PIECE), list.get(count)));
    }
}
