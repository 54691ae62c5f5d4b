//! Editions -> bytes, one after the other: the lines of a part are written once, as long as it is the same one.
//!
//! An exposition is put together from pieces: for each family the header, and the lines that each part has of it. The
//! lines of a stream stand together, because the labels of all its samples begin with its model and version; within it
//! those of one window come before those of another, because the next label is that of the window. Where that does not
//! hold, the lines of a stream, or all of them, are sorted anew.

use super::block::{Block, Numbers, Run, all_begin_with};
use super::pieces::Pieces;
use super::{families, openmetrics, render, text};
use crate::report::{Edition, Of, Part, StreamEdition};
use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, Weak};

/// Renders editions, and keeps what the next one may have as well.
#[derive(Debug, Default)]
pub struct Renderer {
    numbers: Numbers,
    streams: HashMap<(Arc<str>, Arc<str>), Rendered>,
}

/// A stream as it was rendered.
#[derive(Debug)]
struct Rendered {
    /// The lines of each part, which is not kept for that: what tells it is its place in memory.
    parts: Vec<(Weak<Part>, Arc<Block>)>,
    /// The same in the order to be written.
    blocks: Vec<Arc<Block>>,
}

impl Renderer {
    /// An edition in both formats: first the text format, then OpenMetrics.
    pub fn render(&mut self, edition: &Edition) -> [Pieces; 2] {
        let assembled = self.blocks(edition).and_then(|blocks| self.assemble(blocks));
        assembled.unwrap_or_else(|| {
            let (text, open) = render(&edition.clone().into_report());
            [text, open].map(Pieces::from)
        })
    }

    /// The lines of what is of no stream, then those of each stream; `None` when streams cannot be told by their labels.
    fn blocks(&mut self, edition: &Edition) -> Option<Vec<Arc<Block>>> {
        let mut before = std::mem::take(&mut self.streams);
        let mut blocks = vec![Arc::new(Block::new(&edition.rest.samples, &mut self.numbers))];
        for StreamEdition { view, parts } in &edition.streams {
            let key = (view.key.model.clone(), view.key.version.clone());
            let rendered = match before.remove(&key) {
                Some(rendered) if rendered.is_of(parts) => rendered,
                rendered => {
                    let labels = [("model", &*key.0), ("version", &*key.1)];
                    Rendered::new(parts, rendered.as_ref(), labels, &mut self.numbers)?
                }
            };
            blocks.extend(rendered.blocks.iter().cloned());
            if self.streams.insert(key, rendered).is_some() {
                return None;
            }
        }
        Some(blocks)
    }

    /// Both formats from blocks in the order of their streams; `None` when a family is of streams and of none.
    fn assemble(&self, mut blocks: Vec<Arc<Block>>) -> Option<[Pieces; 2]> {
        let known = self.numbers.families();
        let mut families: Vec<Family> = known.iter().map(|of| Family::new(*of)).collect();
        for (place, block) in blocks.iter().enumerate() {
            for Run { family, lines, all_are_one, .. } in &block.runs {
                let family = families.get_mut(*family)?;
                if family.runs.first().is_some_and(|(first, _)| *first == 0) {
                    return None;
                }
                family.runs.push((place, lines.clone()));
                family.all_are_one &= all_are_one;
            }
        }
        families.retain(|family| !family.runs.is_empty());
        families.sort_unstable_by(|left, right| left.name.cmp(&right.name));
        let mut headers = Vec::new();
        let mut header = |write: &dyn Fn(&mut Vec<u8>)| {
            let from = headers.len();
            write(&mut headers);
            from..headers.len()
        };
        let with_headers: Vec<([Range<usize>; 2], Family)> = families
            .into_iter()
            .map(|family| {
                let empty = families::family(family.name.clone(), family.of, &[]);
                let plain = header(&|out| text::write_header(out, &empty));
                let open = header(&|out| openmetrics::write_header(out, &empty, family.all_are_one));
                ([plain, open], family)
            })
            .collect();
        let end = header(&|out| openmetrics::write_end(out));
        let above = blocks.len();
        blocks.push(Arc::new(Block { text: headers, runs: Vec::new() }));
        let blocks = Arc::new(blocks);
        let mut formats = [Pieces::of(blocks.clone()), Pieces::of(blocks)];
        for (headers, family) in with_headers {
            for (pieces, header) in formats.iter_mut().zip(headers) {
                pieces.push(above, header);
                family.runs.iter().for_each(|(block, lines)| pieces.push(*block, lines.clone()));
            }
        }
        let [_, open] = &mut formats;
        open.push(above, end);
        Some(formats)
    }
}

/// The lines of a family.
struct Family {
    name: String,
    of: Of,
    all_are_one: bool,
    /// By their blocks.
    runs: Vec<(usize, Range<usize>)>,
}

impl Family {
    fn new(of: Of) -> Family {
        let (name, suffix) = of.name();
        Family { name: format!("{name}{suffix}"), of, all_are_one: true, runs: Vec::new() }
    }
}

impl Rendered {
    /// Whether it is of these parts.
    fn is_of(&self, parts: &[Arc<Part>]) -> bool {
        self.parts.len() == parts.len() && self.parts.iter().zip(parts).all(|((old, _), new)| is_same(old, new))
    }

    /// Writes the parts that are not those of `before`; `None` when their samples are not all of one stream.
    fn new(
        parts: &[Arc<Part>],
        before: Option<&Rendered>,
        stream: [(&str, &str); 2],
        numbers: &mut Numbers,
    ) -> Option<Rendered> {
        let known: &[_] = before.map_or(&[], |before| &before.parts);
        let mut written = Vec::with_capacity(parts.len());
        for part in parts {
            let block = match known.iter().find(|(old, _)| is_same(old, part)) {
                Some((_, block)) => Arc::clone(block),
                None if all_begin_with(&part.samples, stream) => Arc::new(Block::new(&part.samples, numbers)),
                None => return None,
            };
            written.push((Arc::downgrade(part), block));
        }
        let windows = parts.iter().map(|part| part.window.as_deref());
        let mut blocks: Vec<_> = windows.zip(&written).map(|(window, (_, block))| (window, block.clone())).collect();
        blocks.sort_by_key(|(window, _)| window.map(|window| &window.name));
        let mut blocks: Vec<_> = blocks.into_iter().map(|(_, block)| block).collect();
        if !are_in_order(&blocks) {
            let samples: Vec<_> = parts.iter().flat_map(|part| &part.samples).cloned().collect();
            blocks = vec![Arc::new(Block::new(&samples, numbers))];
        }
        Some(Rendered { parts: written, blocks })
    }
}

fn is_same(old: &Weak<Part>, new: &Arc<Part>) -> bool {
    std::ptr::eq(old.as_ptr(), Arc::as_ptr(new))
}

/// Whether, of each family, the lines of one block come before those of the next.
fn are_in_order(blocks: &[Arc<Block>]) -> bool {
    let mut last: HashMap<usize, &Run> = HashMap::new();
    let mut runs = blocks.iter().flat_map(|block| &block.runs);
    runs.all(|run| last.insert(run.family, run).is_none_or(|before| before.is_before(run)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{StreamKey, Task};
    use crate::report::families::{BUILD_INFO, PREDICTIONS, WINDOW_OBSERVATIONS};
    use crate::report::{Report, Sample, StreamView, Value, WindowView};

    type Given<'a> = (&'a str, &'a str, &'a [&'a [(Of, &'a str, f64)]]);

    /// A part; of a sample the family, its window, and its value.
    fn part(model: &str, version: &str, samples: &[(Of, &str, f64)]) -> Arc<Part> {
        let sample = |(of, window, value): &(Of, &str, f64)| Sample {
            of: *of,
            labels: Arc::new(vec![("model", model.into()), ("version", version.into()), ("window", (*window).into())]),
            value: Value::Number(*value),
        };
        let window = samples.first().filter(|(_, window, _)| !window.is_empty()).map(|(_, window, _)| WindowView {
            name: (*window).into(),
            observations: 0,
            failed: 0,
            pairs: 0,
            columns: Vec::new(),
            performance: Vec::new(),
        });
        Arc::new(Part::new(samples.iter().map(sample).collect(), window))
    }

    fn edition(streams: &[Given<'_>]) -> Edition {
        let mut rest = Report::default();
        rest.push(Of::Family(&BUILD_INFO), vec![("version", "1".into())], 1.0);
        let streams = streams.iter().map(|(model, version, parts)| StreamEdition {
            view: StreamView {
                key: StreamKey { model: (*model).into(), version: (*version).into() },
                task: Task::Binary,
                reference: None,
                warmup: None,
                predictions: 0,
                failures: 0,
                last_prediction: None,
                windows: Vec::new(),
            },
            parts: parts.iter().map(|samples| part(model, version, samples)).collect(),
        });
        Edition { rest, streams: streams.collect() }
    }

    fn check(renderer: &mut Renderer, edition: &Edition) {
        let (text, open) = render(&edition.clone().into_report());
        let pieces = renderer.render(edition).map(|pieces| String::from_utf8(pieces.to_vec()).unwrap());
        assert_eq!([text, open].map(|all| String::from_utf8(all).unwrap()), pieces);
    }

    const COUNT: Of = Of::Family(&PREDICTIONS);
    const HELD: Of = Of::Family(&WINDOW_OBSERVATIONS);

    #[test]
    fn an_edition_is_written_as_the_report_of_it() {
        let windows: &[&[(Of, &str, f64)]] =
            &[&[(COUNT, "", 3.0)], &[(HELD, "5m", 1.0)], &[(HELD, "1h", 2.0)], &[(HELD, "24h", 3.0)]];
        let table: [(&str, &[Given<'_>]); 6] = [
            ("nothing", &[]),
            ("windows out of order", &[("a", "1", windows), ("a", "10", windows), ("a", "9", windows)]),
            ("nothing in a part", &[("a", "1", &[&[], &[(COUNT, "", 1.0)], &[]]), ("b", "1", &[])]),
            ("parts that cross", &[("a", "1", &[&[(HELD, "1", 1.0), (HELD, "3", 3.0)], &[(HELD, "2", 2.0)]])]),
            ("no version", &[("a", "", windows), ("a", "1", windows)]),
            ("a family of streams and of none", &[("a", "1", &[&[(Of::Family(&BUILD_INFO), "", 1.0)]])]),
        ];
        for (name, streams) in table {
            println!("{name}");
            let (edition, mut renderer) = (edition(streams), Renderer::default());
            check(&mut renderer, &edition);
            check(&mut renderer, &edition);
        }
    }

    #[test]
    fn lines_of_a_part_are_written_once() {
        let mut edition = edition(&[("a", "1", &[&[(COUNT, "", 1.0)], &[(HELD, "1h", 1.0)]])]);
        let mut renderer = Renderer::default();
        check(&mut renderer, &edition);
        let before: Vec<_> = renderer.streams.values().flat_map(|stream| stream.blocks.clone()).collect();
        edition.streams[0].parts[1] = part("a", "1", &[(HELD, "1h", 2.0)]);
        check(&mut renderer, &edition);
        let after: Vec<_> = renderer.streams.values().flat_map(|stream| stream.blocks.clone()).collect();
        let same: Vec<bool> = before.iter().zip(&after).map(|(before, after)| Arc::ptr_eq(before, after)).collect();
        assert_eq!(vec![true, false], same);
        edition.streams.clear();
        check(&mut renderer, &edition);
        assert!(renderer.streams.is_empty());
    }
}
