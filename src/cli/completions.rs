//! `moue completions`.

use std::io::Write;

use clap_complete::Shell;

use super::outcome::{Outcome, Status};
use super::terminal;

/// Prints the completions of a shell
#[derive(Debug, clap::Args)]
pub struct Args {
    #[arg(value_enum)]
    shell: Shell,
}

/// The script of [`Args::shell`] for `moue` on stdout.
pub fn run(args: &Args, mut moue: clap::Command) -> Outcome {
    // clap_complete panics where it cannot write: it writes to memory, and this to stdout.
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut moue, "moue", &mut script);
    terminal::stdout().write_all(&script)?;
    Ok(Status::Complete)
}
