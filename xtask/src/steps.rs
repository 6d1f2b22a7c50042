//! A heading a step, and a table at the end.

use std::process::ExitCode;
use std::time::Instant;

use crate::system;

/// How a step went.
pub enum Done {
    Passed,
    /// Why it did not run.
    Skipped(String),
    /// Why it failed, where its own output does not say.
    Failed(String),
}

impl Done {
    /// From whether a command ended well, or why it did not start.
    pub fn of(result: Result<bool, String>) -> Self {
        match result {
            Ok(true) => Self::Passed,
            Ok(false) => Self::Failed(String::new()),
            Err(reason) => Self::Failed(reason),
        }
    }
}

/// The steps so far.
pub struct Steps {
    begin: Instant,
    done: Vec<(&'static str, Done, f64)>,
}

impl Steps {
    pub fn new() -> Self {
        Self { begin: Instant::now(), done: Vec::new() }
    }

    /// Runs a step under its heading; whether it did not fail.
    pub fn run(&mut self, name: &'static str, step: impl FnOnce() -> Done) -> bool {
        println!("\n=== {name} ===");
        let begin = Instant::now();
        let done = step();
        let seconds = begin.elapsed().as_secs_f64();
        match &done {
            Done::Skipped(reason) => println!("skipped: {reason}"),
            Done::Failed(reason) if !reason.is_empty() => println!("failed: {reason}"),
            Done::Passed | Done::Failed(_) => {}
        }
        let passed = !matches!(done, Done::Failed(_));
        self.done.push((name, done, seconds));
        passed
    }

    /// The same, but that CI leaves it out where more than so many minutes have gone: on a slow machine the steps before it are to end in time.
    pub fn run_within(&mut self, minutes: f64, name: &'static str, step: impl FnOnce() -> Done) -> bool {
        let gone = self.begin.elapsed().as_secs_f64() / 60.0;
        let late = system::ci() && gone > minutes;
        self.run(name, || {
            if late { Done::Skipped(format!("{gone:.0} minutes have gone: it begins within {minutes:.0}")) } else { step() }
        })
    }

    /// The table, and the exit status.
    pub fn finish(self) -> ExitCode {
        println!("\n=== summary ===");
        println!("{:<24} {:<8} {:>8}", "step", "result", "seconds");
        let mut failed = false;
        for (name, done, seconds) in &self.done {
            let (result, reason) = match done {
                Done::Passed => ("passed", ""),
                Done::Skipped(reason) => ("skipped", reason.as_str()),
                Done::Failed(reason) => ("FAILED", reason.as_str()),
            };
            failed |= matches!(done, Done::Failed(_));
            println!("{}", format!("{name:<24} {result:<8} {seconds:>8.1}  {reason}").trim_end());
        }
        println!("{:<33} {:>8.1}", "all", self.begin.elapsed().as_secs_f64());
        if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
    }
}
