//! `moue.suite/1`: the figures that a score is made of, and the reference that they are held against. Another list is another version.

use super::names::{DEFAULT, FRAME, PHOTOGRAPH, VIDEO};
use crate::tensor::Precision;

/// Name of the suite.
pub const SUITE: &str = "moue.suite/1";
/// The report of `benches/results/` whose score is 100.
pub const REFERENCE: &str = "llvmpipe-mesa-22.3.6-xeon-2-cores-suite-1";

/// What a figure says most about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// How long one image is waited for.
    Latency,
    /// How many images are answered where there are several.
    Throughput,
    /// Bytes rather than operations: pixels, and weights of dense layers that one image reads.
    Memory,
    /// From the pixels of a photograph or a frame to the answer.
    EndToEnd,
}

impl Part {
    /// As reports have it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Latency => "latency",
            Self::Throughput => "throughput",
            Self::Memory => "memory",
            Self::EndToEnd => "end_to_end",
        }
    }
}

/// One measurement of the suite.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Figure {
    /// Name of the network.
    pub net: &'static str,
    /// Of its weights and tensors.
    pub precision: Precision,
    /// Images that are answered together.
    pub batch: u32,
    /// What it counts for.
    pub part: Part,
    /// The median of the reference, in milliseconds.
    pub reference_ms: f64,
}

const fn figure(part: Part, net: &'static str, precision: Precision, batch: u32, reference_ms: f64) -> Figure {
    Figure { net, precision, batch, part, reference_ms }
}

/// In the order in which they are made ready; those of one network and precision stand together.
pub const FIGURES: [Figure; 13] = [
    figure(Part::Latency, DEFAULT, Precision::F32, 1, 91.4014),
    figure(Part::Throughput, DEFAULT, Precision::F32, 8, 662.828),
    figure(Part::Throughput, DEFAULT, Precision::F16, 8, 718.95),
    figure(Part::Latency, "resnet18", Precision::F32, 1, 154.21),
    figure(Part::Throughput, "resnet18", Precision::F32, 8, 1056.59),
    figure(Part::Latency, "resnet18", Precision::F16, 1, 157.833),
    figure(Part::Throughput, "resnet18", Precision::F16, 8, 1142.11),
    figure(Part::Latency, "googlenet", Precision::F32, 1, 190.736),
    figure(Part::Memory, "alexnet", Precision::F32, 1, 97.1247),
    figure(Part::Memory, "alexnet", Precision::F16, 1, 96.5099),
    figure(Part::Memory, FRAME, Precision::F32, 1, 287.548),
    figure(Part::EndToEnd, PHOTOGRAPH, Precision::F32, 1, 439.281),
    figure(Part::EndToEnd, VIDEO, Precision::F32, 1, 162.91),
];

/// The figure of a measurement, where the suite has it.
pub fn find(net: &str, precision: &str, batch: u32) -> Option<&'static Figure> {
    FIGURES.iter().find(|figure| figure.net == net && figure.precision.name() == precision && figure.batch == batch)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_figure_is_there_once_and_every_part_has_some() {
        for (at, figure) in FIGURES.iter().enumerate() {
            let found = find(figure.net, figure.precision.name(), figure.batch);
            assert_eq!(found, Some(figure), "{at}");
            assert!(figure.reference_ms > 0.0, "{figure:?}");
        }
        for part in [Part::Latency, Part::Throughput, Part::Memory, Part::EndToEnd] {
            assert!(FIGURES.iter().filter(|figure| figure.part == part).count() >= 2, "{part:?}");
        }
        assert_eq!(find("resnet18", "f32", 64), None);
    }
}
