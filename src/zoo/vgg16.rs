//! Simonyan, Zisserman, "Very Deep Convolutional Networks for Large-Scale Image Recognition", 2014: configuration D.

use super::layers::{Head, Layers, kernel};
use crate::graph::Network;

/// VGG16.
pub(super) fn vgg16(head: Head) -> Network {
    let mut n = Layers::new(3, 224, 224);
    for (block, (convolutions, channels)) in (1..).zip([(2, 64), (2, 128), (3, 256), (3, 512), (3, 512)]) {
        for index in 1..=convolutions {
            n.conv(&format!("conv{block}_{index}"), channels, kernel(3).pad(1)).relu(&format!("relu{block}_{index}"));
        }
        n.max_pool(&format!("pool{block}"), kernel(2).stride(2).ceil());
    }
    n.dense("fc6", 4096).relu("relu6").dropout("drop6", 0.5);
    n.dense("fc7", 4096).relu("relu7").dropout("drop7", 0.5);
    n.head("fc8", head)
}
