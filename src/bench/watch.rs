//! Who looks on while a suite is measured.

use std::pin::Pin;

use super::measurement::Measurement;
use super::report::{BenchReport, NotMeasured};
use super::suite::Case;

/// Who looks on while a suite is measured.
pub trait Watch {
    /// A case is begun.
    fn case(&mut self, done: usize, all: usize, case: &Case);
    /// A measurement, without shares of the roof still.
    fn result(&mut self, result: &Measurement);
    /// The report so far; its date, memory and system are the watcher's to set.
    fn so_far(&mut self, _report: &mut BenchReport) {}
    /// What a user should know.
    fn note(&mut self, text: &str);
    /// What went wrong.
    fn warning(&mut self, text: &str);
    /// Says why some batches are not measured.
    fn fail(&mut self, report: &mut BenchReport, case: &Case, batches: &[u32], error: &str) {
        let precision = case.precision.name();
        for &batch in batches {
            self.warning(&format!("{}, {precision}, batch {batch}: {error}", case.net));
            report.not_measured.push(NotMeasured {
                net: case.net.clone(),
                batch,
                precision: precision.into(),
                error: error.to_owned(),
            });
        }
    }
    /// Before every network, and before every round of a suite: whoever looks on from the same thread gets a turn.
    fn rest(&mut self) -> Pin<Box<dyn Future<Output = ()> + '_>> {
        Box::pin(std::future::ready(()))
    }
    /// Whether the rest is to be left out.
    fn stopped(&self) -> bool {
        false
    }
}
