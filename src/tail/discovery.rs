//! Which files match.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::os::unix::fs::DirEntryExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Config;
use super::file_id::FileId;

/// Names that end so are copies made by rotation, not logs that grow.
const COMPRESSED: [&str; 4] = ["gz", "zst", "bz2", "xz"];

/// A path that could not be looked at or read.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Problem {
    /// Which.
    pub path: PathBuf,
    /// Why.
    pub kind: io::ErrorKind,
    /// Why, in words.
    pub message: String,
}

impl Problem {
    pub(super) fn new(path: PathBuf, error: &io::Error) -> Problem {
        Problem { path, kind: error.kind(), message: error.to_string() }
    }
}

/// The real path of the directory that links may not lead out of; `None` where they may lead anywhere.
pub(super) type Boundary = Option<Arc<Path>>;

/// A file that matches.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) path: PathBuf,
    pub(super) id: FileId,
    pub(super) boundary: Boundary,
}

/// The paths that match any of the patterns now: sorted, each once, of any type. `-` and what cannot be listed are
/// left out.
pub fn matches(patterns: &[String]) -> Vec<PathBuf> {
    expand(patterns).0
}

/// Whether the name is that of a compressed file.
pub fn is_compressed(path: &Path) -> bool {
    path.extension().is_some_and(|e| COMPRESSED.iter().any(|c| e == *c))
}

/// Whether the name is that of a gzip file.
pub fn is_gzip(path: &Path) -> bool {
    path.extension().is_some_and(|e| e == "gz")
}

/// The regular, uncompressed files that match, by path. What cannot be looked at is added to the problems.
pub(super) fn scan(config: &Config) -> (Vec<Found>, Vec<Problem>) {
    let (mut files, mut problems) = (Vec::new(), Vec::new());
    for pattern in config.paths.iter().filter(|p| *p != "-") {
        let (paths, unlisted) = expand(std::slice::from_ref(pattern));
        problems.extend(unlisted);
        let mut boundary = None;
        for path in paths.into_iter().filter(|p| !is_compressed(p)) {
            #[cfg(test)]
            super::tests::between(super::tests::Moment::Listed, &path);
            match fs::metadata(&path) {
                Ok(metadata) if metadata.is_file() => {
                    let boundary = boundary.get_or_insert_with(|| boundary_of(pattern, config.follow_links)).clone();
                    files.push(Found { path, id: FileId::of(&metadata), boundary });
                }
                Ok(_) => {}
                Err(error) => problems.push(Problem::new(path, &error)),
            }
        }
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files.dedup_by(|a, b| a.path == b.path);
    (files, problems)
}

/// The directory of the pattern, as far as the pattern names it, links resolved.
fn boundary_of(pattern: &str, follow_links: bool) -> Boundary {
    (!follow_links).then(|| fs::canonicalize(fixed_directory(pattern).0).unwrap_or_default().into())
}

/// Directories that were listed, by inode number, so that many files that were renamed cost one listing.
#[derive(Default)]
pub(super) struct Listings(HashMap<PathBuf, Result<HashMap<u64, PathBuf>, io::ErrorKind>>);

impl Listings {
    /// The name in `directory` that leads to the file: after a rename it is usually still beside its old name.
    pub(super) fn find(&mut self, directory: &Path, id: FileId) -> Result<Option<PathBuf>, io::ErrorKind> {
        if !self.0.contains_key(directory) {
            let listing = list(directory).map_err(|error| error.kind());
            self.0.insert(directory.to_owned(), listing);
        }
        let Some(listing) = self.0.get(directory) else { return Ok(None) };
        let path = listing.as_ref().map_err(|kind| *kind)?.get(&id.inode);
        let is_it =
            |path: &&PathBuf| fs::symlink_metadata(path).is_ok_and(|m| m.is_file() && FileId::of(&m).agrees(id));
        Ok(path.filter(is_it).cloned())
    }
}

fn list(directory: &Path) -> io::Result<HashMap<u64, PathBuf>> {
    fs::read_dir(directory)?.map(|entry| entry.map(|entry| (entry.ino(), entry.path()))).collect()
}

/// A directory worth watching for a pattern.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct WatchRoot {
    /// The deepest existing directory above all that the pattern can match.
    pub directory: PathBuf,
    /// Whether matches may lie deeper than directly in it.
    pub recursive: bool,
}

/// The directories to watch for the patterns: sorted, each once.
pub fn watch_roots(patterns: &[String]) -> Vec<WatchRoot> {
    let mut roots: Vec<WatchRoot> = patterns.iter().filter(|p| *p != "-").map(|p| watch_root(p)).collect();
    roots.sort();
    // the recursive one sorts last and covers the other
    roots.reverse();
    roots.dedup_by(|a, b| a.directory == b.directory);
    roots.reverse();
    roots
}

/// What of the pattern is before the first component that has a wildcard, and whether matches lie directly in it.
fn fixed_directory(pattern: &str) -> (PathBuf, bool) {
    let components: Vec<_> = Path::new(pattern).components().collect();
    let fixed = components
        .iter()
        .position(|c| c.as_os_str().to_string_lossy().contains(['*', '?', '[']))
        .unwrap_or(components.len())
        .min(components.len().saturating_sub(1));
    let parent: PathBuf = components.iter().take(fixed).collect();
    let parent = if parent.as_os_str().is_empty() { PathBuf::from(".") } else { parent };
    (parent, components.len() <= fixed + 1)
}

fn watch_root(pattern: &str) -> WatchRoot {
    let (parent, direct) = fixed_directory(pattern);
    let recursive = !direct;
    match parent.ancestors().find(|a| a.is_dir()) {
        Some(existing) => WatchRoot { recursive: recursive && existing == parent, directory: existing.to_owned() },
        None => WatchRoot { directory: PathBuf::from("."), recursive: false },
    }
}

fn expand(patterns: &[String]) -> (Vec<PathBuf>, Vec<Problem>) {
    let (mut paths, mut problems) = (Vec::new(), Vec::new());
    for pattern in patterns.iter().filter(|p| *p != "-") {
        // a pattern that does not parse was refused when the tail was made
        for found in glob::glob(pattern).into_iter().flatten() {
            match found {
                Ok(path) => paths.push(path),
                Err(error) => problems.push(Problem::new(error.path().to_owned(), error.error())),
            }
        }
    }
    paths.sort();
    paths.dedup();
    (paths, problems)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches_are_sorted_and_named_once() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["b.log", "a.log", "c.txt"] {
            fs::write(dir.path().join(name), "").unwrap();
        }
        let pattern = |p: &str| dir.path().join(p).display().to_string();
        let expected: Vec<PathBuf> = ["a.log", "b.log"].iter().map(|n| dir.path().join(n)).collect();
        assert_eq!(expected, matches(&[pattern("*.log"), pattern("a*"), "-".to_owned()]));
    }

    #[test]
    fn the_deepest_existing_parent_is_watched() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("pods")).unwrap();
        let pods = dir.path().join("pods");
        let top = dir.path().to_owned();
        for (pattern, directory, recursive) in [
            ("pods/*.log", &pods, false),
            ("pods/app.log", &pods, false),
            ("pods/*/0.log", &pods, true),
            ("pods/later/*.log", &pods, false),
            ("absent/*/0.log", &top, false),
        ] {
            let root = WatchRoot { directory: directory.clone(), recursive };
            assert_eq!(root, watch_root(&top.join(pattern).display().to_string()), "{pattern}");
        }
    }
}
