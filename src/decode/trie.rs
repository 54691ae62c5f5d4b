//! The compiled plan: the wanted keys as a tree, each leaf with the slots that want it.
//!
//! Lines of one server have one shape. So every node remembers which of its keys followed which in the last line, and
//! the next key is first compared with that one; only if the guess is wrong is it searched.

use std::ops::Range;

use super::{FieldPath, FieldPlan, LAST_RANK, Record, Span, Value};

/// A slot that wants a field, and the rank of the path it is wanted under.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) slot: usize,
    pub(super) rank: u8,
    /// Whether the slot is one for a number.
    pub(super) is_number: bool,
}

impl Target {
    /// Gives the slot a value.
    #[inline]
    pub(super) fn set(self, value: Value, record: &mut Record) {
        match self.is_number {
            true => record.set_number(self.slot, self.rank, value),
            false => record.set(self.slot, self.rank, value),
        }
    }
}

/// A key below a node.
#[derive(Debug)]
pub(super) struct Child {
    key: Box<[u8]>,
    /// The key as JSON writes it, quotes included; empty when it needs escapes.
    quoted: Box<[u8]>,
    /// Whether it has neither space, quotes nor `=`, and is not empty.
    is_bare: bool,
    node: usize,
    /// The child that came after this one in the last line.
    next: usize,
}

/// A step of one or more wanted paths.
#[derive(Debug, Default)]
pub(super) struct Node {
    targets: Vec<Target>,
    /// By length and bytes of their keys.
    children: Vec<Child>,
    /// The children whose keys are positions of an array, in order: position and node.
    elements: Vec<(usize, usize)>,
    /// The child that came first in the last line.
    first: usize,
}

/// The wanted paths; node 0 is the record itself.
#[derive(Debug)]
pub(super) struct Trie {
    nodes: Vec<Node>,
}

/// The last wanted key seen in an object, from which the next one is guessed.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Cursor {
    last: Option<usize>,
}

/// The node of the record itself.
pub(super) const ROOT: usize = 0;

impl Trie {
    /// A tree with a level for each step of a path.
    pub(super) fn nested(plan: &FieldPlan) -> Trie {
        Trie::build(plan, |path, trie| path.segments().iter().fold(ROOT, |node, key| trie.child(node, key)))
    }

    /// A tree of one level: the dotted text of a path is the name of a column.
    pub(super) fn flat(plan: &FieldPlan) -> Trie {
        Trie::build(plan, |path, trie| trie.child(ROOT, &path.to_string()))
    }

    fn build(plan: &FieldPlan, place: impl Fn(&FieldPath, &mut Trie) -> usize) -> Trie {
        let mut trie = Trie { nodes: vec![Node::default()] };
        for (slot, paths) in plan.slots().iter().enumerate() {
            for (rank, path) in paths.iter().enumerate() {
                let node = place(path, &mut trie);
                let (rank, is_number) = (u8::try_from(rank).unwrap_or(LAST_RANK), plan.is_number(slot));
                let target = Target { slot, rank, is_number };
                if let Some(node) = trie.nodes.get_mut(node) {
                    node.targets.push(target);
                }
            }
        }
        trie.nodes.iter_mut().for_each(|node| node.elements.sort_unstable());
        trie
    }

    /// The child of `node` with this key, made if it is new.
    fn child(&mut self, node: usize, key: &str) -> usize {
        let fresh = self.nodes.len();
        let Some(parent) = self.nodes.get_mut(node) else { return ROOT };
        match parent.position(key.as_bytes()) {
            Ok(at) => parent.children.get(at).map_or(ROOT, |child| child.node),
            Err(at) => {
                parent.children.insert(at, Child::new(key, fresh));
                parent.elements.extend(array_position(key).map(|position| (position, fresh)));
                self.nodes.push(Node::default());
                fresh
            }
        }
    }

    #[inline]
    pub(super) fn node(&self, node: usize) -> Option<&Node> {
        self.nodes.get(node)
    }

    /// The key guessed to come next below `node`, as JSON writes it, and its node.
    #[inline]
    pub(super) fn guess(&self, node: usize, cursor: Cursor) -> Option<(&[u8], usize, Cursor)> {
        let node = self.nodes.get(node)?;
        let guess = node.guess(cursor)?;
        let child = node.children.get(guess)?;
        (!child.quoted.is_empty()).then_some((&child.quoted, child.node, Cursor { last: Some(guess) }))
    }

    /// The key guessed to come next below `node` and its node, when formats without quotes can write it.
    #[inline]
    pub(super) fn guess_bare(&self, node: usize, cursor: Cursor) -> Option<(&[u8], usize, Cursor)> {
        let node = self.nodes.get(node)?;
        let guess = node.guess(cursor)?;
        let child = node.children.get(guess)?;
        child.is_bare.then_some((&child.key, child.node, Cursor { last: Some(guess) }))
    }

    /// The node of `key` below `node`; remembers that it came after the key at `cursor`.
    #[inline]
    pub(super) fn find(&mut self, node: usize, cursor: &mut Cursor, key: &[u8]) -> Option<usize> {
        let node = self.nodes.get_mut(node)?;
        if let Some(guess) = node.guess(*cursor)
            && let Some(child) = node.children.get(guess)
            && *child.key == *key
        {
            cursor.last = Some(guess);
            return Some(child.node);
        }
        node.search(cursor, key)
    }

    /// The node of `key` below `node`.
    pub(super) fn look_up(&self, node: usize, key: &[u8]) -> Option<usize> {
        let node = self.nodes.get(node)?;
        node.children.get(node.position(key).ok()?).map(|child| child.node)
    }

    /// The number of nodes.
    pub(super) fn nodes(&self) -> usize {
        self.nodes.len()
    }

    /// Gives `value` to every slot that wants `node`.
    #[inline(always)]
    pub(super) fn fill(&self, node: usize, value: Value, record: &mut Record) {
        for target in self.targets(node) {
            target.set(value, record);
        }
    }

    /// [`Trie::fill`] with a number that stands at `place` in the line.
    ///
    /// Most of a line are numbers. Put together right where it is stored, a number does not go through memory in
    /// pieces first, which costs as much as reading its digits.
    #[inline]
    pub(super) fn fill_number(&self, node: usize, value: f64, place: Range<usize>, record: &mut Record) {
        for target in self.targets(node) {
            let text = Span { start: place.start as u32, length: place.len() as u32, unescaped: false };
            target.set(Value::Number { value, text }, record);
        }
    }

    /// The slots that want `node`.
    #[inline]
    pub(super) fn targets(&self, node: usize) -> &[Target] {
        self.nodes.get(node).map(|node| node.targets.as_slice()).unwrap_or_default()
    }
}

impl Node {
    /// Whether the value itself is wanted.
    pub(super) fn is_wanted(&self) -> bool {
        !self.targets.is_empty()
    }

    /// Whether something inside of an object is wanted.
    pub(super) fn has_keys(&self) -> bool {
        !self.children.is_empty()
    }

    /// The wanted positions of an array, ascending: position and node.
    pub(super) fn elements(&self) -> &[(usize, usize)] {
        &self.elements
    }

    #[inline]
    fn guess(&self, cursor: Cursor) -> Option<usize> {
        match cursor.last {
            Some(last) => self.children.get(last).map(|child| child.next),
            None => Some(self.first),
        }
    }

    fn search(&mut self, cursor: &mut Cursor, key: &[u8]) -> Option<usize> {
        let found = self.position(key).ok()?;
        match cursor.last.replace(found) {
            Some(last) => self.children.get_mut(last)?.next = found,
            None => self.first = found,
        }
        self.children.get(found).map(|child| child.node)
    }

    fn position(&self, key: &[u8]) -> Result<usize, usize> {
        self.children.binary_search_by(|child| child.key.len().cmp(&key.len()).then_with(|| (*child.key).cmp(key)))
    }
}

impl Child {
    fn new(key: &str, node: usize) -> Child {
        let plain = key.bytes().all(|byte| byte != b'"' && byte != b'\\' && byte >= 0x20);
        let quoted = if plain { format!("\"{key}\"") } else { String::new() };
        let is_bare = !key.is_empty() && key.bytes().all(|byte| byte > b' ' && byte != b'=' && byte != b'"');
        Child { key: key.as_bytes().into(), quoted: quoted.into_bytes().into(), is_bare, node, next: 0 }
    }
}

/// The position a key stands for in an array: decimal, without leading zeros.
fn array_position(key: &str) -> Option<usize> {
    let position: usize = key.parse().ok()?;
    (position.to_string() == key).then_some(position)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(paths: &[&str]) -> FieldPlan {
        let mut plan = FieldPlan::default();
        for path in paths {
            plan.slot(vec![FieldPath::parse(path)]);
        }
        plan
    }

    #[test]
    fn order_of_the_last_line_is_guessed() {
        let mut trie = Trie::nested(&plan(&["b", "a", "c"]));
        let mut cursor = Cursor::default();
        for key in ["c", "a", "b"] {
            trie.find(ROOT, &mut cursor, key.as_bytes()).unwrap();
        }
        let mut cursor = Cursor::default();
        for quoted in [r#""c""#, r#""a""#, r#""b""#] {
            let (guess, _, next) = trie.guess(ROOT, cursor).unwrap();
            assert_eq!(quoted.as_bytes(), guess);
            cursor = next;
        }
    }

    #[test]
    fn keys_that_need_escapes_are_not_guessed() {
        let mut trie = Trie::nested(&plan(&["a\"b"]));
        assert!(trie.guess(ROOT, Cursor::default()).is_none());
        assert!(trie.find(ROOT, &mut Cursor::default(), b"a\"b").is_some());
    }

    #[test]
    fn only_plain_decimals_are_array_positions() {
        let trie = Trie::nested(&plan(&["a.10", "a.2", "a.02", "a.+1", "a.x", "a.-1"]));
        let node = trie.nodes[ROOT].children[0].node;
        let positions: Vec<usize> = trie.nodes[node].elements.iter().map(|(position, _)| *position).collect();
        assert_eq!(vec![2, 10], positions);
    }

    #[test]
    fn flat_names_are_dotted_text() {
        let mut trie = Trie::flat(&plan(&["features.age", "/features/a.b"]));
        for name in ["features.age", "features.a.b"] {
            assert!(trie.find(ROOT, &mut Cursor::default(), name.as_bytes()).is_some(), "{name}");
        }
    }
}
