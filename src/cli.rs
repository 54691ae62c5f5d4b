//! Subcommands.

mod catalog;
mod check;
mod demo;
mod profile;
mod replay;
mod run;

use crate::app::AppError;
use crate::config::{self, Config};
use crate::profile::{ProfileError, SurveyError};
use crate::references::{References, ReferencesError};
use crate::telemetry::{self, LogFormat};
use clap::{Parser, Subcommand};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

/// Done.
const DONE: u8 = 0;
/// Failed while running.
const FAILED: u8 = 1;
/// Wrong usage or config.
const USAGE: u8 = 2;

/// Follows prediction logs of models, compares them with a reference and with late actuals, and serves the result as
/// Prometheus metrics.
#[derive(Debug, Parser)]
#[command(version, disable_help_subcommand = true, after_help = "Example: driftgauge demo")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Follow the logs and serve metrics (the sidecar)
    Run(run::Arguments),
    /// Report every problem in config, profiles and mapping, with its place
    Check(check::Arguments),
    /// Build a reference profile from CSV or JSON lines
    Profile(profile::Arguments),
    /// Read the logs to their end once and print the metrics as of the end
    Replay(replay::Arguments),
    /// Serve a bundled real log, re-stamped to now
    Demo(demo::Arguments),
    /// List every metric family that can be exposed
    Catalog(catalog::Arguments),
}

/// Why a subcommand failed.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("{0}")]
    Config(config::Problems),
    #[error("{0}")]
    Problems(String),
    #[error(transparent)]
    References(#[from] ReferencesError),
    #[error(transparent)]
    App(#[from] AppError),
    #[error("build the profile")]
    Survey(#[from] SurveyError),
    #[error("read the profile")]
    Profile(#[from] ProfileError),
    #[error("{path}")]
    File { path: String, source: std::io::Error },
    #[error("{0}")]
    Usage(String),
    #[error("{path}")]
    Importance { path: String, source: profile::ImportanceError },
    #[error("write the output")]
    Output(#[source] std::io::Error),
}

impl Failure {
    fn file(path: &Path, source: std::io::Error) -> Failure {
        Failure::File { path: path.display().to_string(), source }
    }

    fn exit_code(&self) -> u8 {
        match self {
            Failure::Config(_) | Failure::Problems(_) | Failure::References(_) | Failure::Usage(_) => USAGE,
            Failure::Survey(_) | Failure::Profile(_) | Failure::Importance { .. } => USAGE,
            Failure::App(AppError::Source { .. } | AppError::WebConfig(_)) => USAGE,
            Failure::App(_) | Failure::File { .. } | Failure::Output(_) => FAILED,
        }
    }
}

/// Runs the program; the exit code is 0 done, 1 failed while running, 2 wrong usage or config.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let result = match arguments.command {
        Command::Run(arguments) => run::run(&arguments),
        Command::Check(arguments) => check::check(&arguments),
        Command::Profile(arguments) => profile::profile(&arguments),
        Command::Replay(arguments) => replay::replay(&arguments),
        Command::Demo(arguments) => demo::demo(&arguments),
        Command::Catalog(arguments) => catalog::catalog(&arguments),
    };
    match result {
        Ok(()) => ExitCode::from(DONE),
        // The reader went away: it has what it wanted.
        Err(Failure::Output(error)) if error.kind() == std::io::ErrorKind::BrokenPipe => ExitCode::from(DONE),
        Err(failure) => {
            let mut message = format!("driftgauge: {failure}");
            let mut source = std::error::Error::source(&failure);
            while let Some(error) = source {
                message.push_str(&format!(": {error}"));
                source = error.source();
            }
            eprintln!("{message}");
            ExitCode::from(failure.exit_code())
        }
    }
}

fn load_config(path: &Path) -> Result<Config, Failure> {
    config::load(path).map_err(Failure::Config)
}

fn start_log(format: config::LogFormat) {
    let format = match format {
        config::LogFormat::Text => LogFormat::Text,
        config::LogFormat::Json => LogFormat::Json,
    };
    // A second start (in tests) keeps the first.
    telemetry::init(format, tracing::level_filters::LevelFilter::INFO).ok();
}

/// The profiles of the config; those that cannot be loaded are told as `Failure::Problems` when `strict`.
fn references(config: &Config, strict: bool) -> Result<Arc<References>, Failure> {
    let references = Arc::new(References::new(config.models.clone(), crate::references::Config::default())?);
    let problems = references.load_all();
    let told: Vec<String> = problems.iter().map(ToString::to_string).collect();
    if strict && !told.is_empty() {
        return Err(Failure::Problems(told.join("\n")));
    }
    for problem in told {
        tracing::warn!(problem, "profile not loaded");
    }
    Ok(references)
}

/// The option every subcommand with a config has.
#[derive(Debug, clap::Args)]
struct ConfigArgument {
    /// The config file
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
}
