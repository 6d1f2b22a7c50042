//! Barsoum, Zhang, Canton Ferrer, Zhang, "Training Deep Networks for Facial Expression Recognition with Crowd-Sourced Label Distribution", 2016:
//! the network of FER+.

use super::layers::{Head, Layers, kernel};
use crate::graph::Network;

/// CVGG13. With classes two hidden layers of 1024 units; an embedding has one.
pub(super) fn cvgg13(head: Head) -> Network {
    let mut n = Layers::new(1, 64, 64);
    for (block, (convolutions, channels)) in (1..).zip([(2, 64), (2, 128), (3, 256), (3, 256)]) {
        for index in 1..=convolutions {
            n.conv(&format!("conv{block}_{index}"), channels, kernel(3).pad(1)).relu(&format!("relu{block}_{index}"));
        }
        n.max_pool(&format!("pool{block}"), kernel(2).stride(2)).dropout(&format!("drop{block}"), 0.25);
    }
    n.dense("fc5", 1024).relu("relu5").dropout("drop5", 0.5);
    if matches!(head, Head::Classes(_)) {
        n.dense("fc6", 1024).relu("relu6").dropout("drop6", 0.5);
    }
    n.head("fc7", head)
}
