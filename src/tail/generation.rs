//! One generation of a followed file: the bytes of one inode from the moment we found it until it is finished or cut.

use std::fs::{File, Metadata};
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::PathBuf;
use std::time::{Duration, UNIX_EPOCH};

use memchr::{memchr_iter, memrchr};

use super::checkpoint::Checkpoint;
use super::copies::Former;
use super::discovery::{Boundary, Found};
use super::file_id::{self, FileId, HEAD_BYTES, Marker, hash, next_data, read_range};
use super::reader::LineReader;
use super::records::Records;
use super::roster::parent;
use super::{Config, FileKey, LineSink, LostReason};

/// An unfinished line up to this length stays in memory while the descriptor is closed.
const PARKED_LINE_BYTES: usize = 4096;
/// Step of the search for the end of the first line.
const FIRST_LINE_BYTES: usize = 4096;
/// Step of the backward search for the start of a line.
const BACKWARD_BYTES: u64 = 8192;

/// Where a file just found is to be read from.
pub(super) enum Start {
    Beginning,
    /// The start of the last, possibly unfinished line.
    LastLine,
    /// Where a checkpoint that holds says.
    Resumed(Checkpoint),
    /// At the beginning, because the checkpoint for this file does not hold: it was cut or rewritten meanwhile, and so
    /// many bytes are known to be lost.
    Rewritten(u64),
    /// At the end, because it is a copy of what was given from another file.
    Known,
}

/// What one look at a file brought.
#[derive(Default)]
pub(super) struct Step {
    pub(super) bytes: u64,
    pub(super) more: bool,
    /// The file holds something else than what was read, and was so long before; nothing was done yet.
    pub(super) rewritten: Option<u64>,
}

/// What changes when a file is written.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Look {
    size: u64,
    modified: (i64, i64),
}

impl Look {
    fn of(metadata: &Metadata) -> Look {
        Look { size: metadata.size(), modified: (metadata.mtime(), metadata.mtime_nsec()) }
    }
}

fn born(metadata: &Metadata) -> Option<(i64, i64)> {
    let since = metadata.created().ok()?.duration_since(UNIX_EPOCH).ok()?;
    Some((i64::try_from(since.as_secs()).ok()?, i64::from(since.subsec_nanos())))
}

pub(super) struct Generation {
    pub(super) key: FileKey,
    /// The path it was found under; groups generations that follow each other.
    pub(super) origin: PathBuf,
    /// The path it has now.
    pub(super) path: PathBuf,
    pub(super) id: FileId,
    /// Its own path when it was opened, if a link led to it.
    real: Option<PathBuf>,
    /// So many discoveries in a row did not find it.
    pub(super) missing: u32,
    /// The descriptor is closed and no name leads to the file any more.
    pub(super) gone: bool,
    /// Another file was found to have its inode number.
    pub(super) replaced: bool,
    /// When something was last read of it, or it was last in sight: the time of a discovery.
    pub(super) active_at: Duration,
    /// All bytes there were at the last look are read.
    pub(super) at_end: bool,
    /// The last look failed, or found nothing under the path.
    pub(super) unreachable: bool,
    /// What a link that leads to it may not leave.
    pub(super) boundary: Boundary,
    /// Whether it is known not to be a copy that is to be passed over.
    pub(super) vetted: bool,
    /// Since when it has looked like a copy, and how long it was.
    pub(super) suspected: Option<(Duration, u64)>,
    /// What it held when it was found was given from another file.
    known_copy: bool,
    /// Begins with a byte order mark of an encoding that is not read.
    refused: bool,
    handle: Option<File>,
    announced: bool,
    /// Bytes of an earlier content that are known to be lost, if there was one.
    rewritten: Option<u64>,
    /// How far it has to be read until the start of the tail is caught up with.
    goal: u64,
    /// When it was made, in seconds and nanoseconds, where the file system tells.
    born: Option<(i64, i64)>,
    looked: Look,
    looked_before: Look,
    verified: Option<Look>,
    /// The first bytes, up to [`HEAD_BYTES`] of what was read.
    head: Vec<u8>,
    marker: Marker,
    line_marker: Marker,
    lines: LineReader,
    records: Records,
    /// The checkpoint to go on from, until what was given before is read again.
    resumed: Option<Box<Checkpoint>>,
}

impl Generation {
    pub(super) fn new(
        key: FileKey,
        path: PathBuf,
        (file, metadata): (File, Metadata),
        start: Start,
        config: &Config,
    ) -> io::Result<Generation> {
        let rewritten = match &start {
            Start::Rewritten(unread) => Some(*unread),
            _ => None,
        };
        let mut generation = Generation {
            key,
            origin: path.clone(),
            real: file_id::current_path(&file).ok().filter(|real| *real != path),
            path,
            id: FileId::of_file(&file, &metadata),
            missing: 0,
            gone: false,
            replaced: false,
            active_at: Duration::ZERO,
            at_end: false,
            unreachable: false,
            boundary: None,
            vetted: true,
            suspected: None,
            known_copy: false,
            refused: false,
            handle: None,
            announced: false,
            rewritten,
            goal: 0,
            born: born(&metadata),
            looked: Look::of(&metadata),
            looked_before: Look::of(&metadata),
            verified: None,
            head: Vec::new(),
            marker: Marker::default(),
            line_marker: Marker::default(),
            lines: LineReader::new(config.longest_line()),
            records: Records::new(config),
            resumed: None,
        };
        match start {
            Start::Beginning | Start::Rewritten(_) => {}
            Start::Known => generation.skip_known(&file, metadata.size())?,
            Start::LastLine => generation.go_to_last_line(&file, metadata.size())?,
            Start::Resumed(checkpoint) => {
                generation.lines.restart(checkpoint.offset);
                generation.records.restart(checkpoint.offset, checkpoint.given);
                generation.load_context(&file)?;
                generation.resumed = Some(checkpoint).filter(|c| c.given > c.offset).map(Box::new);
            }
        }
        generation.handle = Some(file);
        Ok(generation)
    }

    pub(super) fn is_open(&self) -> bool {
        self.handle.is_some()
    }

    /// Whether it is the file that was found to be `id`. The inode number of an open file is not given away.
    pub(super) fn is_found_as(&self, id: FileId) -> bool {
        self.is_open() || (!self.replaced && self.id.agrees(id))
    }

    /// It is in sight.
    pub(super) fn found(&mut self, found: Found, now: Duration) {
        if found.path != self.path {
            self.real = std::fs::canonicalize(&found.path).ok().filter(|real| *real != found.path);
        }
        (self.path, self.boundary) = (found.path, found.boundary);
        (self.missing, self.gone, self.active_at) = (0, false, now);
    }

    /// Where to look for it when its path leads elsewhere.
    pub(super) fn directories(&self) -> Vec<PathBuf> {
        let mut directories = vec![parent(&self.path)];
        directories.extend(self.real.as_deref().map(parent).filter(|real| !directories.contains(real)));
        directories
    }

    /// Takes down where the open file is now, whatever it was called.
    pub(super) fn note_path(&mut self) {
        let path = self.handle.as_ref().and_then(|file| file_id::current_path(file).ok());
        if let Some(path) = path.filter(|_| self.missing > 0) {
            self.path = path;
        }
    }

    pub(super) fn is_refused(&self) -> bool {
        self.refused
    }

    pub(super) fn file(&self) -> Option<&File> {
        self.handle.as_ref()
    }

    /// The first bytes, as far as they were read.
    pub(super) fn head(&self) -> &[u8] {
        &self.head
    }

    pub(super) fn position(&self) -> u64 {
        self.lines.position()
    }

    /// What it held, to know a copy of it.
    pub(super) fn former(&self, seed: u64) -> Former {
        let checkpoint = Checkpoint { size: self.looked_before.size, ..self.checkpoint(seed) };
        Former::new(checkpoint, self.head.clone())
    }

    /// It is a copy of what was given from another file up to a position: goes on there.
    pub(super) fn go_on_after(&mut self, former: &Former, size: u64) -> io::Result<()> {
        let Some(file) = self.handle.take() else { return Ok(()) };
        let result = match former.position_in(size) {
            Some(checkpoint) => {
                self.lines.restart(checkpoint.offset);
                self.records.restart(checkpoint.offset, checkpoint.given);
                self.resumed = Some(checkpoint.clone()).filter(|c| c.given > c.offset).map(Box::new);
                self.load_context(&file)
            }
            None => self.skip_known(&file, size),
        };
        self.handle = Some(file);
        result
    }

    pub(super) fn reopened(&mut self, file: File) {
        self.handle = Some(file);
    }

    /// Closes the descriptor; reading goes on by path when there is something to read.
    pub(super) fn park(&mut self) {
        self.handle = None;
        if self.lines.release(PARKED_LINE_BYTES) {
            self.context_at_offset();
        }
    }

    /// Whether nothing more can be got for now.
    pub(super) fn is_exhausted(&self) -> bool {
        self.at_end || self.unreachable || self.gone
    }

    /// When it was last written, as far as we looked, and not before it was made: a copy may say so.
    pub(super) fn written(&self) -> (i64, i64) {
        self.born.map_or(self.looked.modified, |born| born.max(self.looked.modified))
    }

    /// Whether it was made after another file was last written then: the other one comes first.
    pub(super) fn follows(&self, written: (i64, i64)) -> bool {
        self.born.is_some_and(|born| written < born || (written == born && born < self.written()))
    }

    /// Whether the file looks as it did when its end was reached.
    pub(super) fn is_idle(&self, metadata: &Metadata) -> bool {
        self.at_end && self.verified == Some(Look::of(metadata))
    }

    /// Bytes known to be there and not yet in a record that was given.
    pub(super) fn pending_bytes(&self) -> u64 {
        self.looked.size.saturating_sub(self.records.offset(self.lines.offset()))
    }

    /// What there is now has to be read before the tail has caught up.
    pub(super) fn is_from_the_start(&mut self) {
        self.goal = self.looked.size;
    }

    /// Whether that is done.
    pub(super) fn is_caught_up(&self) -> bool {
        self.lines.position() >= self.goal
    }

    /// Tells the sink about this file, once.
    pub(super) fn announce(&mut self, sink: &mut dyn LineSink) -> io::Result<()> {
        if std::mem::replace(&mut self.announced, true) {
            return Ok(());
        }
        sink.opened(self.key, &self.path);
        if let Some(unread) = self.rewritten.take() {
            sink.lost(self.key, LostReason::Truncated, 0, unread);
        }
        match &self.handle {
            Some(file) if self.lines.position() > 0 => self.tell_first_line(file, sink),
            _ => Ok(()),
        }
    }

    /// Looks at the open file once, and reads at most one block.
    pub(super) fn step(&mut self, block: &mut [u8], sink: &mut dyn LineSink) -> io::Result<Step> {
        let Some(file) = self.handle.take() else { return Ok(Step::default()) };
        let result = self.step_in(&file, block, sink);
        // A descriptor that fails may do so for ever, as on a network file system, when the path would not.
        self.handle = Some(file).filter(|_| result.is_ok() || self.missing > 0);
        self.at_end = matches!(result, Ok(Step { more: false, .. }));
        self.unreachable = result.is_err();
        result
    }

    /// Gives the unfinished last line, reports what is known to be lost, and ends the generation.
    pub(super) fn finish(&mut self, sink: &mut dyn LineSink) {
        self.announce(sink).ok(); // a file that is over needs no first line
        if !self.known_copy {
            self.lines.finish(&mut self.records.giving(self.key, sink));
        }
        self.records.finish(self.key, sink);
        let unread = self.looked.size.saturating_sub(self.lines.position());
        if unread > 0 {
            sink.lost(self.key, LostReason::Vanished, 0, unread);
        }
        self.line_marker = self.marker.clone();
        sink.closed(self.key);
    }

    pub(super) fn checkpoint(&self, seed: u64) -> Checkpoint {
        let line_end = self.lines.offset();
        if let Some(resumed) = self.resumed.as_ref().filter(|r| r.given > line_end) {
            return Checkpoint { path: self.path.clone(), size: self.looked.size, ..Checkpoint::clone(resumed) };
        }
        let head = &self.head[..self.head.len().min(usize::try_from(line_end).unwrap_or(HEAD_BYTES))];
        Checkpoint {
            path: self.real.as_ref().unwrap_or(&self.path).clone(),
            device: self.id.device,
            inode: self.id.inode,
            generation: self.id.generation,
            born: self.id.born,
            head_hash: hash(head, seed),
            head_length: head.len() as u16,
            offset: self.records.offset(line_end),
            given: line_end,
            marker_hash: self.line_marker.hash(seed),
            marker_length: self.line_marker.len() as u16,
            size: self.looked.size,
            finished: false,
        }
    }

    fn step_in(&mut self, file: &File, block: &mut [u8], sink: &mut dyn LineSink) -> io::Result<Step> {
        let look = Look::of(&file.metadata()?);
        self.looked_before = std::mem::replace(&mut self.looked, look);
        if self.verified == Some(look) && look.size == self.lines.position() {
            return Ok(Step::default());
        }
        let before = self.looked_before.size;
        let same = match look.size < self.lines.position() {
            true => self.shrunk(file, before, look.size, sink)?,
            false => self.is_same(file)?,
        };
        if !same {
            return Ok(Step { more: true, rewritten: Some(before), ..Step::default() });
        }
        self.verified = Some(look);
        let position = self.lines.position();
        let wanted = look.size.saturating_sub(position).min(block.len() as u64) as usize;
        let read = if wanted == 0 { 0 } else { file.read_at(&mut block[..wanted], position)? };
        if position == 0 && is_half_a_mark(&block[..read]) {
            self.verified = None;
            return Ok(Step::default());
        }
        self.take(&block[..read], sink);
        if read == block.len() && self.lines.can_skip() && block[..read].iter().all(|b| *b == 0) {
            self.skip_hole(file, look.size, sink)?;
        }
        if read > 0 {
            self.missing = self.missing.min(1);
        }
        let more = read > 0 && look.size > self.lines.position();
        Ok(Step { bytes: read as u64, more, rewritten: None })
    }

    fn take(&mut self, bytes: &[u8], sink: &mut dyn LineSink) {
        let start = self.lines.position();
        self.refused |= start == 0 && is_foreign_mark(bytes);
        if self.refused && !bytes.is_empty() {
            let lines = memchr_iter(b'\n', bytes).count() as u64;
            sink.lost(self.key, LostReason::NotUtf8, lines, bytes.len() as u64);
            self.lines.restart(start + bytes.len() as u64);
            self.records.restart(self.lines.position(), 0);
            self.extend_context(bytes);
            self.line_marker = self.marker.clone();
            return;
        }
        let offset = self.lines.offset();
        self.lines.feed(bytes, &mut self.records.giving(self.key, sink));
        if self.lines.offset() > offset {
            let in_lines = usize::try_from(self.lines.offset().saturating_sub(start)).unwrap_or(0);
            self.line_marker = self.marker.clone();
            self.line_marker.push(&bytes[..in_lines.min(bytes.len())]);
        }
        self.extend_context(bytes);
    }

    fn extend_context(&mut self, bytes: &[u8]) {
        self.marker.push(bytes);
        let room = HEAD_BYTES.saturating_sub(self.head.len()).min(bytes.len());
        self.head.extend_from_slice(&bytes[..room]);
    }

    /// A writer that keeps its offset over a truncation leaves a hole, which may be huge.
    fn skip_hole(&mut self, file: &File, size: u64, sink: &mut dyn LineSink) -> io::Result<()> {
        let data = next_data(file, self.lines.position(), size).min(size);
        self.lines.skip_hole(data, &mut self.records.giving(self.key, sink));
        self.load_context(file)
    }

    /// Whether the file still holds what was read, as far as its head and the last bytes tell.
    pub(super) fn is_same(&self, file: &File) -> io::Result<bool> {
        Ok(read_range(file, 0, self.head.len())? == self.head && self.marker.holds(file, self.lines.position())?)
    }

    /// The file is shorter than what was read. If what is left begins as before, it was cut and its lines are known;
    /// otherwise it is new content, and nothing is done. Lines are never given twice: new content that is shorter than
    /// the old and begins with the same bytes (up to 1 KiB) is taken as known.
    fn shrunk(&mut self, file: &File, size_before: u64, size: u64, sink: &mut dyn LineSink) -> io::Result<bool> {
        let known = self.head.len().min(usize::try_from(size).unwrap_or(HEAD_BYTES));
        if size == 0 || read_range(file, 0, known)? != self.head[..known] {
            return Ok(false);
        }
        let kept = size.max(self.lines.offset());
        let unread = size_before.max(self.lines.position()).saturating_sub(kept);
        sink.lost(self.key, LostReason::Truncated, 0, unread);
        self.goal = 0;
        self.resumed = None;
        let offset = self.lines.offset();
        if size >= offset && self.line_marker.holds(file, offset)? {
            self.lines.restart(offset);
            self.records.restart_line();
            self.context_at_offset();
        } else {
            self.go_to_last_line(file, size)?;
        }
        Ok(true)
    }

    /// Other content in the same inode: ends this generation and begins a new one at 0. The unfinished line is not
    /// given, since it may have been cut. Of what was there a copy has the first `copied` bytes.
    pub(super) fn rewritten(
        &mut self,
        size_before: u64,
        copied: u64,
        next_key: &mut dyn FnMut() -> FileKey,
        sink: &mut dyn LineSink,
    ) {
        let known = self.records.offset(self.lines.offset()).max(copied);
        let unread = size_before.max(self.lines.position()).saturating_sub(known);
        sink.lost(self.key, LostReason::Truncated, 0, unread);
        sink.closed(self.key);
        self.key = next_key();
        self.goal = 0;
        self.lines.restart(0);
        self.records.restart(0, 0);
        self.resumed = None;
        self.refused = false;
        self.verified = None;
        self.looked = Look { size: 0, ..self.looked };
        self.head.clear();
        self.marker = Marker::default();
        self.line_marker = Marker::default();
        sink.opened(self.key, &self.path);
    }

    /// Goes behind the lines that are there, as all are known. Should it grow, the unfinished one is given whole.
    fn skip_known(&mut self, file: &File, size: u64) -> io::Result<()> {
        self.known_copy = true;
        self.go_to_last_line(file, size)
    }

    /// Goes to the start of the line that is unfinished at `size`, so that it is given whole.
    fn go_to_last_line(&mut self, file: &File, size: u64) -> io::Result<()> {
        let lowest = size.saturating_sub(self.lines.max_line_bytes() as u64 + 1);
        let mut end = size;
        loop {
            let start = end.saturating_sub(BACKWARD_BYTES).max(lowest);
            let bytes = read_range(file, start, (end - start) as usize)?;
            if let Some(newline) = memrchr(b'\n', &bytes) {
                self.lines.restart(start + newline as u64 + 1);
                break;
            }
            if start == 0 {
                self.lines.restart(0);
                break;
            }
            if start == lowest {
                self.lines.restart_dropping(lowest, size);
                break;
            }
            end = start;
        }
        self.records.restart(self.lines.offset(), 0);
        self.load_context(file)
    }

    /// Gives the first line of the file, which a decoder may need to understand those that follow. A line that is not
    /// complete or too long is not given.
    fn tell_first_line(&self, file: &File, sink: &mut dyn LineSink) -> io::Result<()> {
        let most = self.lines.max_line_bytes();
        let (mut lines, mut first) = (LineReader::new(most), self.records.first());
        while first.is_wanted() && lines.position() <= most as u64 {
            let block = read_range(file, lines.position(), FIRST_LINE_BYTES)?;
            if block.is_empty() {
                break;
            }
            lines.feed(&block, &mut first);
        }
        if let Some(line) = first.record() {
            sink.resumed(self.key, line);
        }
        Ok(())
    }

    /// Reads head and markers for the present position from the file.
    fn load_context(&mut self, file: &File) -> io::Result<()> {
        let position = self.lines.position();
        self.head = read_range(file, 0, position.min(HEAD_BYTES as u64) as usize)?;
        self.marker = Marker::read(file, position)?;
        self.line_marker = Marker::read(file, self.lines.offset())?;
        self.refused = is_foreign_mark(&self.head);
        Ok(())
    }

    /// Makes head and marker fit after the position went back to the offset.
    fn context_at_offset(&mut self) {
        self.marker = self.line_marker.clone();
        self.head.truncate(usize::try_from(self.lines.offset()).unwrap_or(HEAD_BYTES));
    }
}

/// Whether the text begins with the byte order mark of UTF-16 or UTF-32 of either order.
fn is_foreign_mark(text: &[u8]) -> bool {
    text.starts_with(b"\xff\xfe") || text.starts_with(b"\xfe\xff")
}

/// Whether the text is one byte that may become such a mark.
fn is_half_a_mark(text: &[u8]) -> bool {
    matches!(text, [0xff | 0xfe])
}
