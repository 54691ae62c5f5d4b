//! `driftgauge replay`

use super::{ConfigArgument, Failure, load_config, references, start_log};
use crate::app::replay::{self, Options};
use crate::exposition;
use crate::time::Timestamp;
use std::io::{IsTerminal, Write};

/// Read the logs to their end once and print the metrics as of the end.
///
/// "Now" is the newest prediction. Sources are merged by event time; .gz files are read, too.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: driftgauge replay --config driftgauge.toml --until 2025-03-09T00:00:00Z")]
pub(super) struct Arguments {
    #[command(flatten)]
    config: ConfigArgument,
    /// Only predictions before this time (RFC 3339), and windows that end at it; their actuals whenever they came
    #[arg(long, value_name = "TIME", value_parser = time)]
    until: Option<Timestamp>,
    /// Only actuals that were known before this time: what could be known then
    #[arg(long, value_name = "TIME", value_parser = time)]
    known_before: Option<Timestamp>,
    /// Print OpenMetrics instead of the Prometheus text format
    #[arg(long)]
    openmetrics: bool,
}

fn time(text: &str) -> Result<Timestamp, String> {
    Timestamp::parse_rfc3339(text.as_bytes())
        .ok_or_else(|| "not an RFC 3339 time such as 2025-03-09T00:00:00Z".to_owned())
}

pub(super) fn replay(arguments: &Arguments) -> Result<(), Failure> {
    let config = load_config(&arguments.config.config)?;
    start_log(config.log_format);
    let references = references(&config, true)?;
    let options = Options { until: arguments.until, known_before: arguments.known_before, threads: None };
    let terminal = std::io::stderr().is_terminal();
    let (_, report) = replay::replay(&config, &references, options, |events| {
        if terminal {
            eprint!("\r{events} events");
        }
    })?;
    if terminal {
        eprint!("\r");
    }
    let (text, openmetrics) = exposition::render(&report);
    std::io::stdout().write_all(if arguments.openmetrics { &openmetrics } else { &text }).map_err(Failure::Output)
}
