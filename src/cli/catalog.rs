//! `driftgauge catalog`

use super::Failure;
use crate::report::catalog;
use std::io::Write;

/// List every metric family that can be exposed, from the lists in the code.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: driftgauge catalog --markdown > docs/METRICS.md")]
pub(super) struct Arguments {
    /// As the page docs/METRICS.md
    #[arg(long)]
    markdown: bool,
}

pub(super) fn catalog(arguments: &Arguments) -> Result<(), Failure> {
    let text = if arguments.markdown { catalog::markdown() } else { catalog::plain() };
    std::io::stdout().write_all(text.as_bytes()).map_err(Failure::Output)
}
