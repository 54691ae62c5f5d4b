//! `driftgauge profile`

mod importance;

use super::{ConfigArgument, Failure, load_config, start_log};
use crate::app::{self, source_configs};
use crate::config::Config;
use crate::decode::Format;
use crate::derive::Wanted;
use crate::engine::config::{Model, name_matches};
use crate::event::{Columns, StreamKey};
use crate::profile::{Builder, Options, Reference, Survey, Warning};
use crate::schema::{ColumnSource, Known, LineCounts, Reject, Role};
use crate::source::{self, Whole};
use crate::time::Timestamp;
pub(super) use importance::ImportanceError;
use std::io::{IsTerminal, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Build a reference profile from CSV or JSON lines, in three passes over files of any size.
///
/// Mapping, kinds of columns and task come from the config; the profile named there need not exist yet.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: driftgauge profile --config driftgauge.toml --input reference.csv -o profile.json")]
pub(super) struct Arguments {
    #[command(flatten)]
    config: ConfigArgument,
    /// The reference data: .csv, .jsonl or .logfmt, perhaps with .gz
    #[arg(long, value_name = "FILE", required = true)]
    input: Vec<PathBuf>,
    /// Where the profile goes; `-` is standard output
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// The model it is for, when the config has several
    #[arg(long, value_name = "NAME")]
    model: Option<String>,
    /// What each feature matters to the model, as a JSON object or as CSV of name and number; otherwise it is estimated
    #[arg(long, value_name = "FILE")]
    importance: Option<PathBuf>,
}

/// Draws for the null constants of a column: enough for the quantile passed once in 1000.
const DRAWS: usize = 20_000;

/// What the records of a reference are mapped to.
pub(super) struct Target {
    model: Arc<str>,
    columns: Option<Arc<Columns>>,
    generation: u64,
}

impl ColumnSource for Target {
    fn columns(&self, key: &StreamKey) -> Option<Known> {
        let known = self.columns.clone().map_or(Known::Discover, Known::Columns);
        name_matches(&self.model, &key.model).then_some(known)
    }

    fn only_model(&self) -> Option<Arc<str>> {
        Some(self.model.clone())
    }

    fn generation(&self) -> u64 {
        self.generation
    }
}

/// What was read.
pub(super) struct Built {
    /// The reference.
    pub(super) reference: Reference,
    /// Doubts about it.
    pub(super) warnings: Vec<Warning>,
    /// Lines read, lines that held no event, and the first of those.
    pub(super) lines: u64,
    pub(super) rejected: u64,
    pub(super) first_reject: Option<(PathBuf, u64, Reject)>,
}

pub(super) fn profile(arguments: &Arguments) -> Result<(), Failure> {
    let config = load_config(&arguments.config.config)?;
    start_log(config.log_format);
    let model = choose(&config, arguments.model.as_deref())?;
    let terminal = std::io::stderr().is_terminal();
    let mut built = build(&config, model, &arguments.input, app::now(), |pass, passes, lines| {
        if terminal {
            eprint!("\rpass {pass} of {passes}, {lines} lines");
        }
    })?;
    if terminal {
        eprint!("\r");
    }
    if let Some(path) = &arguments.importance {
        let text = std::fs::read_to_string(path).map_err(|error| Failure::file(path, error))?;
        let features = built.reference.observer.frame.features.iter().map(|(name, _)| &**name);
        let given = importance::parse(path, &text, &features.collect::<Vec<_>>())
            .map_err(|source| Failure::Importance { path: path.display().to_string(), source })?;
        built.reference = built.reference.with_importance(given);
    }
    let text = built.reference.to_json();
    if arguments.output.as_os_str() == "-" {
        std::io::stdout().write_all(text.as_bytes()).map_err(Failure::Output)?;
    } else {
        write_whole(&arguments.output, text.as_bytes()).map_err(|error| Failure::file(&arguments.output, error))?;
    }
    let columns = built.reference.observer.inputs.columns.len() - 1;
    eprintln!("profile of {} rows, {columns} columns, sha {}", built.reference.rows, built.reference.sha);
    if let Some((path, offset, reject)) = &built.first_reject {
        let (n, path) = (built.rejected, path.display());
        eprintln!(
            "warning: {n} of {} lines held no row, the first ends at byte {offset} of {path}: {reject}",
            built.lines
        );
    }
    for warning in &built.warnings {
        eprintln!("warning: {warning}");
    }
    Ok(())
}

/// The table of the model the profile is for.
fn choose<'a>(config: &'a Config, name: Option<&str>) -> Result<&'a Model, Failure> {
    let names = || config.models.iter().map(|m| m.name.as_str()).collect::<Vec<_>>().join(", ");
    match (name, config.models.as_slice()) {
        (None, [model]) => Ok(model),
        (None, _) => Err(Failure::Usage(format!("the config has several models, name one with --model: {}", names()))),
        (Some(name), models) => {
            let exact = models.iter().find(|model| model.name == name);
            let matching = exact.or_else(|| models.iter().find(|model| name_matches(&model.name, name)));
            matching.ok_or_else(|| Failure::Usage(format!("no model {name:?} in the config, it has {}", names())))
        }
    }
}

/// Two passes over the files, and a third when columns are derived.
pub(super) fn build(
    config: &Config,
    model: &Model,
    inputs: &[PathBuf],
    created: Timestamp,
    mut progress: impl FnMut(u32, u32, u64),
) -> Result<Built, Failure> {
    let embedded = inputs.iter().any(|path| reference_source(config, path).schema.embedding.is_some());
    let wanted = Wanted { embedding: embedded, ..model.multivariate };
    let passes = if wanted.is_nothing() { 2 } else { 3 };
    let mut target = Target { model: model.name.as_str().into(), columns: None, generation: 1 };
    let mut survey = Survey::new(Options {
        task: model.task,
        positive_class: model.performance.positive_class.clone(),
        decision_threshold: model.performance.decision_threshold,
        depth: model.performance.k,
    });
    let (mut lines, mut rejected, mut first_reject) = (0, 0, None);
    pass(config, inputs, Arc::new(target), |file, counts, rejects| {
        lines += counts.lines;
        rejected += counts.rejected.values().sum::<u64>();
        first_reject = first_reject.take().or(rejects.into_iter().next());
        survey.add(file.batch());
        progress(1, passes, lines);
    })?;
    let mut builder = Builder::new(survey)?.deriving(wanted);
    for number in 2..=passes {
        target =
            Target { model: model.name.as_str().into(), columns: Some(builder.columns()), generation: number.into() };
        if number == passes {
            builder = builder.by_season(model.drift.season);
        }
        let mut seen = 0;
        pass(config, inputs, Arc::new(target), |file, counts, _| {
            seen += counts.lines;
            builder.add(file.batch());
            progress(number, passes, seen);
        })?;
        builder = if number < passes { builder.fit() } else { builder };
    }
    let (reference, warnings) = builder.finish(Some(model.name.clone()), created);
    let reference = reference.with_constants(DRAWS);
    Ok(Built { reference, warnings, lines, rejected, first_reject })
}

fn pass(
    config: &Config,
    inputs: &[PathBuf],
    known: Arc<dyn ColumnSource>,
    mut block: impl FnMut(&Whole, LineCounts, Vec<(PathBuf, u64, Reject)>),
) -> Result<(), Failure> {
    for path in inputs {
        let source = reference_source(config, path);
        let mut file =
            Whole::open(0, &source, path.clone(), known.clone()).map_err(|error| Failure::file(path, error))?;
        while let Some((counts, rejects)) = file.refill().map_err(|error| Failure::file(path, error))? {
            block(&file, counts, rejects);
        }
    }
    Ok(())
}

/// How a reference is read: as the first source of predictions is, but in the format its name says.
fn reference_source(config: &Config, path: &Path) -> source::Config {
    let sources = source_configs(config);
    let predictions = sources.iter().find(|source| source.role != Role::Actuals).or(sources.first());
    let format = format_of(path);
    let mut source = predictions.cloned().unwrap_or_else(|| source::Config {
        name: "reference".into(),
        tail: crate::tail::Config::default(),
        format,
        role: Role::Predictions,
        schema: config.sources.first().map(|source| source.schema.clone()).unwrap_or_default(),
        most_features: config.engine.limits.features,
    });
    source.format = format;
    source.role = Role::Predictions;
    source
}

/// The format a file's name ends in; JSON lines when it says nothing.
fn format_of(path: &Path) -> &'static Format {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    let named = crate::decode::FORMATS.iter().find(|format| name.ends_with(&format!(".{}", format.key)));
    named.unwrap_or(&crate::decode::FORMATS[0])
}

/// Writes a file that is never seen half written.
pub(super) fn write_whole(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // Readable by whoever runs the sidecar: a profile holds no rows.
    let readable = std::fs::Permissions::from_mode(0o644);
    let mut file = tempfile::Builder::new().permissions(readable).tempfile_in(directory)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}
