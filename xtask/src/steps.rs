//! A heading a step, and a table at the end.

use std::process::ExitCode;
use std::time::Instant;

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
