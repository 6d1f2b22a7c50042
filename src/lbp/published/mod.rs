//! The tables behind the weights that the authors published; README.md says where they come from.

// Written by a test, not by hand.
#[rustfmt::skip]
mod cyclic;
#[rustfmt::skip]
mod regular;

use super::{Metric, Table};

/// The table of the published pictures, for whoever runs the published weights. It cannot be computed, as scaling is free up to rotation and
/// reflection.
///
/// Code 255 has the colour of 254, as in the pictures. The regular pictures do not show 47 codes: those are filled from the computed table
/// after Procrustes alignment, and listed in [`Table::filled`].
pub fn published(metric: Metric) -> Table {
    let (colours, filled) = match metric {
        Metric::Regular => (regular::COLOURS, regular::FILLED.to_vec()),
        Metric::Cyclic => (cyclic::COLOURS, cyclic::FILLED.to_vec()),
    };
    Table { colours, stress: None, filled }
}
