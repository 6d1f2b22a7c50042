//! `moue model`.

mod quantise;

use super::outcome::Outcome;

/// Works on model files
#[derive(Debug, clap::Args)]
#[command(disable_help_subcommand = true)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    Quantise(quantise::Args),
}

/// The subcommand's.
pub fn run(args: &Args) -> Outcome {
    match &args.command {
        Command::Quantise(args) => quantise::run(args),
    }
}
