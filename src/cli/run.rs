//! `driftgauge run`

use super::{ConfigArgument, Failure, load_config, references, start_log};
use crate::app;

/// Follow the logs and serve metrics: the sidecar.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: driftgauge run --config driftgauge.toml")]
pub(super) struct Arguments {
    #[command(flatten)]
    config: ConfigArgument,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let config = load_config(&arguments.config.config)?;
    start_log(config.log_format);
    if app::process::is_root() {
        if config.require_non_root {
            return Err(Failure::Usage("process.require_non_root is set, and this is root".to_owned()));
        }
        tracing::warn!("running as root, which driftgauge does not need");
    }
    let references = references(&config, false)?;
    app::run(&config, Some(&arguments.config.config), references, std::future::pending(), |address| {
        tracing::info!(%address, "serving /metrics and the status page");
    })?;
    Ok(())
}
