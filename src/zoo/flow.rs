//! The flow network of Bocklisch et al., 2015: ten optical flows, x and y in turn, to 37 action units; after Simonyan and Zisserman,
//! "Two-Stream Convolutional Networks for Action Recognition in Videos", 2014.

use super::layers::{Layers, kernel};
use crate::graph::Network;

/// Twenty channels of flow to a sigmoid for each unit.
pub(super) fn flow(units: usize) -> Network {
    let mut n = Layers::new(20, 227, 227);
    let pool = kernel(2).stride(2).ceil();
    n.conv("conv1", 96, kernel(7).stride(2)).relu("relu1").max_pool("pool1", pool).lrn("norm1", 1e-4, 1.0);
    n.conv("conv2", 256, kernel(5).stride(2).pad(2).groups(2)).relu("relu2").max_pool("pool2", pool).lrn("norm2", 1e-4, 1.0);
    n.conv("conv3", 512, kernel(3).pad(1)).relu("relu3");
    n.conv("conv4", 512, kernel(3).pad(1).groups(2)).relu("relu4");
    n.conv("conv5", 512, kernel(3).pad(1).groups(2)).relu("relu5").max_pool("pool5", pool);
    n.dense("fc6", 4096).relu("relu6").dropout("drop6", 0.5);
    n.dense("fc7", 2048).relu("relu7").dropout("drop7", 0.5);
    n.dense("fc8", units).sigmoid("prob");
    n.end()
}
