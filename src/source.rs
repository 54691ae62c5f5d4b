//! One followed source: tail, decode and schema in a row. Counts what is lost and what is rejected.

use crate::decode::Format;
use crate::event::{Batch, Event};
use crate::schema::{self, ColumnSource, FileDecoder, LineCounts, Position, Reject, Role, Schema};
use crate::tail::{self, Checkpoint, FileKey, FileLines, LineSink, LostReason, Progress, Tail, TailError};
use hashbrown::{HashMap, HashSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// Bytes read between two batches.
const BLOCK_BYTES: usize = 1 << 18;
/// Lines read of one file between two batches of a replay.
const BLOCK_LINES: usize = 1_024;
/// Rejected lines remembered of a block, for the log.
const KEPT_REJECTS: usize = 3;

/// What a source is told.
#[derive(Clone, Debug)]
pub struct Config {
    /// The label `source`.
    pub name: Arc<str>,
    /// What to follow.
    pub tail: tail::Config,
    /// How lines are written.
    pub format: &'static Format,
    /// Which lines it holds.
    pub role: Role,
    /// Where the parts of a record are.
    pub schema: schema::Config,
    /// Columns of a stream without a profile.
    pub most_features: usize,
}

/// Events of one source with its counts.
#[derive(Debug, Default)]
pub struct Block {
    /// The events.
    pub batch: Batch,
    /// The counts of the lines they came from.
    pub counts: LineCounts,
    /// Some of the rejected lines: file, offset of the line's end, and why.
    pub rejects: Vec<(PathBuf, u64, Reject)>,
}

impl Block {
    /// Whether no line was read or lost.
    pub fn is_empty(&self) -> bool {
        self.counts == LineCounts::default()
    }

    fn line(
        &mut self,
        line: &[u8],
        schema: &mut Schema,
        file: &mut FileDecoder,
        known: &dyn ColumnSource,
        place: (&Path, u64),
    ) {
        self.counts.lines += 1;
        self.counts.bytes += line.len() as u64 + 1;
        if let Err(reject) = schema.read(line, file, known, &mut self.batch) {
            *self.counts.rejected.entry(reject.reason).or_insert(0) += 1;
            if self.rejects.len() < KEPT_REJECTS {
                self.rejects.push((place.0.to_owned(), place.1, reject));
            }
        }
    }
}

/// A source that is followed.
pub struct Source {
    tail: Tail,
    reader: Reader,
    reads_stdin: bool,
}

/// The lines of a source on their way to a block.
struct Reader {
    schema: Schema,
    files: HashMap<FileKey, (FileDecoder, PathBuf)>,
    known: Arc<dyn ColumnSource>,
    block: Block,
    /// Files that were told of since the last block.
    told: HashSet<FileKey>,
}

impl Source {
    /// Opens a source.
    pub fn new(config: &Config, known: Arc<dyn ColumnSource>) -> Result<Source, TailError> {
        let schema = Schema::new(config.schema.clone(), config.role, config.format, config.most_features);
        let (files, told) = (HashMap::new(), HashSet::new());
        let reader = Reader { schema, files, known, block: Block::default(), told };
        let reads_stdin = config.tail.paths.iter().any(|path| path == "-");
        Ok(Source { tail: Tail::new(config.tail.clone())?, reader, reads_stdin })
    }

    /// Goes on from these positions, as blocks gave them; before the first poll. Returns the numbers that their files
    /// have now, in the same order. One that cannot be read is left out, and has none.
    pub fn resume<'a>(&mut self, positions: impl Iterator<Item = &'a Position>) -> Vec<Option<u64>> {
        let read = |position: &Position| postcard::from_bytes::<Checkpoint>(position).ok();
        let read: Vec<Option<Checkpoint>> = positions.map(read).collect();
        let mut keys = self.tail.resume(read.iter().flatten().cloned().collect()).into_iter();
        read.iter().map(|checkpoint| checkpoint.as_ref().and_then(|_| keys.next()).map(FileKey::number)).collect()
    }

    /// Looks for files, at a time of a monotonic clock.
    pub fn discover(&mut self, now: Duration) {
        self.tail.discover(now);
    }

    /// Whether everything that was there at the first look was read, and files of positions gone on from that are not
    /// there any more. Standard input cannot be read again, and counts as one.
    pub fn past(&self) -> (bool, usize) {
        (self.tail.caught_up(), self.tail.unclaimed() + usize::from(self.reads_stdin))
    }

    /// Reads a few hundred kilobytes; the block may be empty.
    pub fn poll(&mut self) -> (Block, Progress) {
        self.reader.schema.begin_batch();
        let progress = self.tail.poll(BLOCK_BYTES, &mut self.reader);
        let told: Vec<FileKey> = self.reader.told.drain().chain(self.tail.take_forgotten()).collect();
        for file in told {
            let written = self.tail.checkpoint(file).and_then(|at| postcard::to_stdvec(&at).ok());
            self.reader.block.counts.positions.insert(file.number(), written.map(Position::from));
        }
        (std::mem::take(&mut self.reader.block), progress)
    }

    /// Bytes not read yet, files followed, files that could not be read.
    pub fn standing(&self) -> (u64, u64, u64) {
        (self.tail.pending_bytes(), self.tail.files() as u64, self.tail.problems().len() as u64)
    }

    /// Files that could not be read at the last look.
    pub fn problems(&self) -> &[tail::Problem] {
        self.tail.problems()
    }
}

impl LineSink for Reader {
    fn opened(&mut self, file: FileKey, path: &Path) {
        self.files.insert(file, (self.schema.decoder(), path.to_owned()));
        self.told.insert(file);
    }

    fn resumed(&mut self, file: FileKey, first_line: &[u8]) {
        if let Some((decoder, _)) = self.files.get_mut(&file) {
            self.schema.resume(first_line, decoder);
        }
    }

    fn line(&mut self, file: FileKey, line: &[u8], end_offset: u64) {
        let Reader { schema, files, known, block, told } = self;
        let (decoder, path) = files.entry(file).or_insert_with(|| (schema.decoder(), PathBuf::new()));
        block.line(line, schema, decoder, known.as_ref(), (path, end_offset));
        told.insert(file);
    }

    fn lost(&mut self, file: FileKey, reason: LostReason, lines: u64, _bytes: u64) {
        self.told.insert(file);
        // Where lines cannot be told the loss is counted once.
        *self.block.counts.lost.entry(reason.as_str().into()).or_insert(0) += lines.max(1);
    }

    fn closed(&mut self, file: FileKey) {
        self.files.remove(&file);
        self.told.insert(file);
    }
}

/// One file of a source, read once from its beginning to its end, block by block.
pub struct Whole {
    /// Index of its source.
    pub source: usize,
    path: PathBuf,
    /// None at the end: the file is closed.
    lines: Option<FileLines>,
    schema: Schema,
    decoder: FileDecoder,
    known: Arc<dyn ColumnSource>,
    buffer: Vec<u8>,
    block: Block,
    next: usize,
}

impl Whole {
    /// Opens one file.
    pub fn open(source: usize, config: &Config, path: PathBuf, known: Arc<dyn ColumnSource>) -> io::Result<Whole> {
        let lines = FileLines::open(&path, &config.tail)?;
        Ok(Whole::new(source, config, path, lines, known))
    }

    /// Takes lines from wherever they come.
    pub fn new(source: usize, config: &Config, path: PathBuf, lines: FileLines, known: Arc<dyn ColumnSource>) -> Whole {
        let schema = Schema::new(config.schema.clone(), config.role, config.format, config.most_features);
        let decoder = schema.decoder();
        let (buffer, block) = (Vec::new(), Block::default());
        let lines = Some(lines);
        Whole { source, path, lines, schema, decoder, known, buffer, block, next: 0 }
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The batch in hand.
    pub fn batch(&self) -> &Batch {
        &self.block.batch
    }

    /// The next event, if the block in hand has one; otherwise [`Whole::refill`] must be called.
    pub fn event(&self) -> Option<&Event> {
        self.block.batch.events.get(self.next)
    }

    /// The batch in hand and the place of its next event; the event counts as taken.
    pub fn take(&mut self) -> (&Batch, usize) {
        self.next += 1;
        (&self.block.batch, self.next - 1)
    }

    /// Reads the next block when the one in hand is used up. Gives the counts of lines read, and some of the rejects;
    /// `None` at the end of the file.
    #[allow(clippy::type_complexity, reason = "the parts of a block without its batch")]
    pub fn refill(&mut self) -> io::Result<Option<(LineCounts, Vec<(PathBuf, u64, Reject)>)>> {
        self.next = 0;
        let mut block = std::mem::take(&mut self.block);
        let more = self.read(&mut block);
        self.block = block;
        let counts = std::mem::take(&mut self.block.counts);
        let rejects = std::mem::take(&mut self.block.rejects);
        Ok(more?.then_some((counts, rejects)))
    }

    /// Reads the next block into one whose memory is used again; `false` at the end of the file.
    pub fn read(&mut self, block: &mut Block) -> io::Result<bool> {
        block.batch.clear();
        (block.counts, block.rejects) = Default::default();
        let Some(lines) = &mut self.lines else { return Ok(false) };
        self.schema.begin_batch();
        for _ in 0..BLOCK_LINES {
            let Some(info) = lines.next_line(&mut self.buffer)? else {
                self.lines = None;
                break;
            };
            if let Some(reason) = info.lost {
                *block.counts.lost.entry(reason.as_str().into()).or_insert(0) += 1;
                continue;
            }
            let place = (self.path.as_path(), info.end_offset);
            block.line(&self.buffer, &mut self.schema, &mut self.decoder, self.known.as_ref(), place);
        }
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Engine;
    use crate::engine::config;
    use crate::event::StreamKey;
    use crate::schema::Known;
    use crate::time::Length;

    /// One model that nothing is known of.
    struct Unknown;

    impl ColumnSource for Unknown {
        fn columns(&self, _: &StreamKey) -> Option<Known> {
            Some(Known::Discover)
        }

        fn only_model(&self) -> Option<Arc<str>> {
            Some("m".into())
        }

        fn generation(&self) -> u64 {
            1
        }
    }

    #[test]
    fn blocks_say_how_far_they_read_and_the_engine_keeps_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log.jsonl");
        let line = "{\"features\":{\"a\":1},\"prediction\":1}\n";
        std::fs::write(&path, format!("{line}{line}{}", &line[..9])).unwrap();
        let paths = vec![path.display().to_string()];
        let config = Config {
            name: "log".into(),
            tail: tail::Config { paths, grace: Duration::ZERO, ..tail::Config::default() },
            format: &crate::decode::FORMATS[0],
            role: Role::Auto,
            schema: schema::Config::default(),
            most_features: 10,
        };
        let mut source = Source::new(&config, Arc::new(Unknown)).unwrap();
        let mut engine = Engine::new(config::Config::default(), Length::ZERO, &["log".into()]).unwrap();
        let (block, _) = source.poll();
        assert_eq!((2, 2), (block.counts.lines, block.batch.events.len()));
        engine.count(0, &block.counts);
        // The third line is not whole: it is read again from its start.
        let offset = |(_, position): (u64, &Position)| postcard::from_bytes::<Checkpoint>(position).unwrap().offset;
        assert_eq!(vec![2 * line.len() as u64], engine.positions(0).map(offset).collect::<Vec<_>>());
        std::fs::remove_file(&path).unwrap();
        let is_finished = |engine: &Engine| {
            engine.positions(0).all(|(_, at)| postcard::from_bytes::<Checkpoint>(at).unwrap().finished)
        };
        // A file that is over is remembered as such, in case it comes into view again.
        assert!(!is_finished(&engine));
        while !is_finished(&engine) {
            source.discover(Duration::ZERO);
            engine.count(0, &source.poll().0.counts);
        }
        assert_eq!(1, engine.positions(0).count());
    }
}
