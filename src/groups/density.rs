//! Groups by density: R. Campello, D. Moulavi and J. Sander, "Density-Based Clustering Based on Hierarchical Density Estimates", PAKDD 2013 (HDBSCAN), by the crate
//! `hdbscan`: two licences moue allows, four dependencies, a release a year.

use hdbscan::{Hdbscan, HdbscanHyperParams, NnAlgorithm};

use super::points::Points;
use crate::error::{Error, Result};
use crate::host::guard;

/// Of every vector its group, or none where it lies in no dense place. `least`: members of a group at least, 2 or more.
///
/// # Errors
/// [`Error::Argument`] where `least` is below 2 or nothing is to be grouped.
pub fn density(points: Points<'_>, least: usize) -> Result<Vec<Option<u32>>> {
    if least < 2 || points.is_empty() {
        return Err(Error::Argument(format!("{} vectors, {least} at least a group: give 2 or more", points.len())));
    }
    if points.len() <= least {
        return Ok(vec![None; points.len()]);
    }
    let rows: Vec<Vec<f32>> = points.rows().map(<[f32]>::to_vec).collect();
    // A tree of 64 dimensions leaves nothing out.
    let how = HdbscanHyperParams::builder().min_cluster_size(least).min_samples(least).nn_algorithm(NnAlgorithm::BruteForce);
    let labels = guard::run(|| {
        Hdbscan::new(&rows, how.build()).cluster_par().map_err(|error| Error::Argument(format!("HDBSCAN: {error}")))
    })?;
    Ok(labels.into_iter().map(|label| u32::try_from(label).ok()).collect())
}
