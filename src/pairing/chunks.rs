//! A list that grows by pieces of a fixed size: nothing is moved when it grows, and at its end nothing is held for long
//! that is not needed.

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

    pub(super) fn pop(&mut self) -> Option<T> {
        let last = self.pieces.last_mut()?;
        let element = last.pop();
        if last.is_empty() {
            self.pieces.pop();
        }
        element
    }

    /// Keeps the first `len` elements.
    pub(super) fn truncate(&mut self, len: usize) {
        if len >= self.len() {
            return;
        }
        self.pieces.truncate(len.div_ceil(PIECE));
        if let Some(last) = self.pieces.last_mut().filter(|_| !len.is_multiple_of(PIECE)) {
            last.truncate(len % PIECE);
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        self.pieces.iter().flatten()
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
        assert_eq!(count, list.iter().count());
        assert_eq!((Some(count - 1), 2), (list.pop(), list.pieces.len()));
        list.truncate(2 * PIECE);
        assert_eq!(2 * PIECE, list.len());
        list.truncate(PIECE + 2);
        assert_eq!((PIECE + 2, 2), (list.len(), list.pieces.len()));
        list.truncate(PIECE);
        assert_eq!((PIECE, 1), (list.len(), list.pieces.len()));
        (0..PIECE).for_each(|_| assert!(list.pop().is_some()));
        assert_eq!((0, None), (list.len(), list.pop()));
    }
}
