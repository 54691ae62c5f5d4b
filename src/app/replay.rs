//! Reads every file of every source once, merged by the time of events, and evaluates at the end.

use super::lanes::Lanes;
use super::{AppError, longest_delay, lost_reasons, source_configs};
use crate::config::Config;
use crate::engine::{Engine, Live};
use crate::event::{Event, Happening};
use crate::references::References;
use crate::report::Report;
use crate::source::{self, Whole};
use crate::tail;
use crate::time::Timestamp;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;

/// What a replay is asked.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Predictions from this time on are left out, and windows end at it.
    pub until: Option<Timestamp>,
    /// Actuals that became known at or after this time are left out.
    pub known_before: Option<Timestamp>,
    /// Threads that read ahead of the one that takes events in: as many as there are cores but one, if nothing is said.
    pub threads: Option<usize>,
}

/// Events between two times that memory is tidied.
const TIDY: u64 = 65_536;

/// Reads to the end once. `progress` is told the number of events now and then.
pub fn replay(
    config: &Config,
    references: &Arc<References>,
    options: Options,
    progress: impl FnMut(u64),
) -> Result<(Engine, Report), AppError> {
    let configs = source_configs(config);
    let names: Vec<Arc<str>> = configs.iter().map(|config| config.name.clone()).collect();
    let mut engine = Engine::new(config.engine.clone(), longest_delay(&config.models), &names)?;
    // A reference that is learned changes what is read of the lines behind it, so that these have to wait for it.
    let spare_cores = || std::thread::available_parallelism().map_or(0, |cores| cores.get() - 1);
    let threads = if references.learns() { 0 } else { options.threads.unwrap_or_else(spare_cores) };
    std::thread::scope(|scope| {
        let mut lanes = Lanes::start(threads, scope);
        read(&configs, references, options, &mut lanes, &mut engine, progress)
    })?;
    if let Some(end) = options.until.map(|until| Timestamp(until.0.saturating_sub(1))).or(engine.now()) {
        engine.advance(end);
    }
    let report = engine.evaluate(&Live { sources: Vec::new(), lost_reasons: lost_reasons() });
    Ok((engine, report))
}

/// Merges the events of all files into the engine.
fn read(
    configs: &[source::Config],
    references: &Arc<References>,
    options: Options,
    lanes: &mut Lanes,
    engine: &mut Engine,
    mut progress: impl FnMut(u64),
) -> Result<(), AppError> {
    // The next event of each file by its time; events without a time come at once, ties go to the first file.
    let mut queue = BinaryHeap::new();
    // A file is read as far as its first events before the next one is opened, and closed at its end, so that many
    // small files need few descriptors.
    let mut add = |file: Whole, lanes: &mut Lanes, engine: &mut Engine| -> Result<(), AppError> {
        let first = lanes.add(file, engine)?.and_then(|index| Some((lanes.events(index).first()?.at, index)));
        queue.extend(first.map(Reverse));
        Ok(())
    };
    for (index, config) in configs.iter().enumerate() {
        if config.tail.paths.iter().any(|path| path == "-") {
            let lines = tail::FileLines::from_reader(std::io::stdin(), &config.tail);
            add(Whole::new(index, config, "-".into(), lines, references.clone()), lanes, engine)?;
        }
        let whole = tail::Config { read_gz: true, ..config.tail.clone() };
        for path in whole.files() {
            let place = path.display().to_string();
            let file = Whole::open(index, config, path, references.clone())
                .map_err(|source| AppError::Read { path: place, source })?;
            add(file, lanes, engine)?;
        }
    }
    let mut events = 0u64;
    // What is learned of an event is known to the next one.
    let most = if references.learns() { 1 } else { TIDY };
    while let Some(Reverse((_, index))) = queue.pop() {
        let next = queue.peek().map(|Reverse(next)| *next);
        let (run, is_wanted) = run(lanes.events(index), index, next, options, most.min(TIDY - events % TIDY));
        if let Some((batch, places)) = lanes.take(index, run).filter(|_| is_wanted) {
            engine.ingest_some(batch, places, references.as_ref(), None);
        }
        events += run as u64;
        if events.is_multiple_of(TIDY) {
            engine.tidy();
            progress(events);
        }
        for (key, reference) in engine.take_learned() {
            references.learned(&key, reference);
        }
        if lanes.fill(index, engine)? {
            queue.extend(lanes.events(index).first().map(|event| Reverse((event.at, index))));
        }
    }
    Ok(())
}

/// How many of the events of a file come before the `next` one of any other file, `most` at most, and are all wanted or
/// all not.
fn run(
    events: &[Event],
    index: usize,
    next: Option<(Option<Timestamp>, usize)>,
    options: Options,
    most: u64,
) -> (usize, bool) {
    let is_wanted = events.first().is_some_and(|event| wanted(event, options));
    let belongs =
        |event: &&Event| next.is_none_or(|next| (event.at, index) <= next) && wanted(event, options) == is_wanted;
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    (events.iter().take(most).take_while(belongs).count().max(1), is_wanted)
}

fn wanted(event: &Event, options: Options) -> bool {
    let limit = match event.happening {
        Happening::Prediction(_) => options.until,
        Happening::Actual(_) => options.known_before,
    };
    match (event.at, limit) {
        (Some(at), Some(limit)) => at < limit,
        _ => true,
    }
}
