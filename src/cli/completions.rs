//! `moue completions`.

use std::io::Write;

use clap::CommandFactory;
use clap_complete::Shell;

use super::Cli;
use super::outcome::{Outcome, Status};

/// Prints the completions of a shell
#[derive(Debug, clap::Args)]
pub struct Args {
    #[arg(value_enum)]
    shell: Shell,
}

/// The script of [`Args::shell`] on stdout.
pub fn run(args: &Args) -> Outcome {
    // clap_complete panics where it cannot write: it writes to memory, and this to stdout.
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "moue", &mut script);
    std::io::stdout().write_all(&script)?;
    Ok(Status::Complete)
}
