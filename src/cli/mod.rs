//! The command line: one file a subcommand, thin over the library.
//!
//! Results go to stdout, everything else to stderr. Exit status 0: every input was answered; 1: some could not be read;
//! 2: misuse, or nothing could run.

mod album;
mod analyze;
mod annotate;
mod bench;
mod completions;
mod devices;
mod embed;
mod ensemble;
mod evaluate;
mod files;
mod flow;
mod fuse;
mod gallery;
mod groups;
mod import;
mod inputs;
mod labelled;
mod lbp;
mod lut;
mod man;
mod map;
mod memory;
mod model;
mod moving;
mod names;
mod npy;
mod outcome;
mod palette;
mod run;
mod search;
#[cfg(feature = "serve")]
mod serve;
mod session;
mod svg;
mod teach;
mod terminal;
mod two_stream;
mod units;
mod walk;
mod zoo;

use std::ffi::OsString;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue};
use clap::{CommandFactory, Parser, Subcommand};

use crate::host::guard;
use outcome::{Failure, Outcome, Status};

/// Reads facial expressions on any GPU.
#[derive(Parser)]
#[command(name = "moue", version, max_term_width = 110)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Analyze(analyze::Args),
    Evaluate(evaluate::Args),
    Embed(embed::Args),
    Search(search::Args),
    Groups(groups::Args),
    Map(map::Args),
    Album(album::Args),
    Fuse(fuse::Args),
    Teach(teach::Args),
    Ensemble(ensemble::Args),
    Import(import::Args),
    Model(model::Args),
    Run(run::Args),
    Zoo(zoo::Args),
    Flow(flow::Args),
    TwoStream(two_stream::Args),
    Lbp(lbp::Args),
    Lut(lut::Args),
    Devices(devices::Args),
    Bench(bench::Args),
    #[cfg(feature = "serve")]
    Serve(serve::Args),
    Completions(completions::Args),
    Man(man::Args),
}

impl Command {
    fn run(self) -> Outcome {
        match self {
            Self::Analyze(args) => analyze::run(&args),
            Self::Evaluate(args) => evaluate::run(&args),
            Self::Embed(args) => embed::run(&args),
            Self::Search(args) => search::run(&args),
            Self::Groups(args) => groups::run(&args),
            Self::Map(args) => map::run(&args),
            Self::Album(args) => album::run(&args),
            Self::Fuse(args) => fuse::run(&args),
            Self::Teach(args) => teach::run(&args),
            Self::Ensemble(args) => ensemble::run(&args),
            Self::Import(args) => import::run(&args),
            Self::Model(args) => model::run(&args),
            Self::Run(args) => run::run(&args),
            Self::Zoo(args) => zoo::run(&args),
            Self::Flow(args) => flow::run(&args),
            Self::TwoStream(args) => two_stream::run(&args),
            Self::Lbp(args) => lbp::run(&args),
            Self::Lut(args) => lut::run(&args),
            Self::Devices(args) => devices::run(&args),
            Self::Bench(args) => bench::run(&args),
            #[cfg(feature = "serve")]
            Self::Serve(args) => serve::run(&args),
            Self::Completions(args) => completions::run(&args, Cli::command()),
            Self::Man(args) => man::run(&args, Cli::command()),
        }
    }
}

/// As [`run`], of the arguments of the process.
pub fn main(closed: bool) -> ExitCode {
    ExitCode::from(run(std::env::args_os(), closed))
}

/// Parses arguments, of which the first is the program's name, runs the subcommand and answers the exit status. `closed`: standard output was closed when the
/// process began. The process is the program's own from then on: what panics in it is kept for its errors.
pub fn run(arguments: impl IntoIterator<Item = OsString>, closed: bool) -> u8 {
    if closed {
        terminal::close();
    }
    guard::install();
    let outcome = match Cli::try_parse_from(arguments) {
        Ok(cli) => guard::run(|| Ok(cli.command.run())).unwrap_or_else(|defect| Err(defect.into())),
        Err(error) if error.use_stderr() => {
            let _ = error.print();
            if let Some(ContextValue::String(word)) = error.get(ContextKind::InvalidSubcommand)
                && Path::new(word).exists()
            {
                terminal::note(format!("`moue analyze {word}` reads the expressions in it"));
            }
            return u8::try_from(error.exit_code()).unwrap_or(2);
        }
        // Help and version go to stdout.
        Err(error) => terminal::stdout().check().and_then(|()| error.print()).map(|()| Status::Complete).map_err(Failure::from),
    };
    let flushed = outcome.and_then(|status| {
        terminal::stdout().flush()?;
        Ok(status)
    });
    match flushed {
        Ok(Status::Complete) | Err(Failure::PipeClosed) => 0,
        Ok(Status::Incomplete) => 1,
        Err(Failure::Refused(reason)) => {
            terminal::error(&reason);
            2
        }
    }
}
