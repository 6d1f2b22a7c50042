//! Chatfield, Simonyan, Vedaldi, Zisserman, "Return of the Devil in the Details", 2014: the slow and the medium network.

use super::layers::{Head, Layers, kernel};
use crate::graph::Network;

/// CNN-S.
pub(super) fn vgg_s(head: Head) -> Network {
    let mut n = Layers::new(3, 224, 224);
    n.conv("conv1", 96, kernel(7).stride(2)).relu("relu1").lrn("norm1", 5e-4, 2.0).max_pool("pool1", kernel(3).stride(3).ceil());
    n.conv("conv2", 256, kernel(5)).relu("relu2").max_pool("pool2", kernel(2).stride(2).ceil());
    wide(&mut n);
    n.max_pool("pool5", kernel(3).stride(3).ceil());
    hidden(&mut n, [4096, 4096]);
    n.head("fc8", head)
}

/// CNN-S as Levi and Hassner published it for EmotiW 2015: k = 1, conv2 padded, 4048 hidden units.
pub(super) fn vgg_s_emotiw(head: Head) -> Network {
    let mut n = Layers::new(3, 224, 224);
    n.conv("conv1", 96, kernel(7).stride(2)).relu("relu1").lrn("norm1", 5e-4, 1.0).max_pool("pool1", kernel(3).stride(3).ceil());
    n.conv("conv2", 256, kernel(5).pad(2)).relu("relu2").max_pool("pool2", kernel(2).stride(2).ceil());
    wide(&mut n);
    n.max_pool("pool5", kernel(3).stride(3).ceil());
    hidden(&mut n, [4048, 4048]);
    n.head_of("fc8", "fc8_cat", head)
}

/// CNN-M, with `fc7` units in its last hidden layer: 2048 or 4096.
pub(super) fn vgg_m(fc7: usize, head: Head) -> Network {
    let mut n = Layers::new(3, 224, 224);
    let pool = kernel(3).stride(2).ceil();
    n.conv("conv1", 96, kernel(7).stride(2)).relu("relu1").lrn("norm1", 5e-4, 2.0).max_pool("pool1", pool);
    n.conv("conv2", 256, kernel(5).stride(2).pad(1)).relu("relu2").lrn("norm2", 5e-4, 2.0).max_pool("pool2", pool);
    wide(&mut n);
    n.max_pool("pool5", pool);
    hidden(&mut n, [4096, fc7]);
    n.head("fc8", head)
}

fn wide(n: &mut Layers) {
    n.conv("conv3", 512, kernel(3).pad(1)).relu("relu3");
    n.conv("conv4", 512, kernel(3).pad(1)).relu("relu4");
    n.conv("conv5", 512, kernel(3).pad(1)).relu("relu5");
}

fn hidden(n: &mut Layers, units: [usize; 2]) {
    n.dense("fc6", units[0]).relu("relu6").dropout("drop6", 0.5);
    n.dense("fc7", units[1]).relu("relu7").dropout("drop7", 0.5);
}
