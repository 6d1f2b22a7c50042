//! Krizhevsky, Sutskever, Hinton, "ImageNet Classification with Deep Convolutional Neural Networks", 2012, as BVLC published it for Caffe.

use super::layers::{Head, Layers, kernel};
use crate::graph::Network;

/// AlexNet: normalisation before pooling.
pub(super) fn alexnet(head: Head) -> Network {
    let mut n = trunk(true);
    n.dense("fc7", 4096).relu("relu7").dropout("drop7", 0.5);
    n.head("fc8", head)
}

/// CaffeNet: pooling before normalisation.
pub(super) fn caffenet(head: Head) -> Network {
    let mut n = trunk(false);
    n.dense("fc7", 4096).relu("relu7").dropout("drop7", 0.5);
    n.head("fc8", head)
}

/// The spatial network of Bocklisch et al., 2015: AlexNet with a narrow fc7, and a sigmoid for each of 37 action units.
pub(super) fn an_finetune(units: usize) -> Network {
    let mut n = trunk(true);
    n.dense("fc7", 512).relu("relu7").dropout("drop7", 0.5);
    n.dense("fc8", units).sigmoid("prob");
    n.end()
}

/// One-vs-all of Bocklisch et al., 2015, as one network: only fc7 and fc8 were trained, so that all units share what is before them. Of each unit's 512 values
/// fc8 makes two, whether it is not there and whether it is; their softmax is its probability.
pub(super) fn one_vs_all(units: usize) -> Network {
    const WIDTH: usize = 512;
    let mut n = trunk(true);
    n.dense("fc7", WIDTH * units).relu("relu7").dropout("drop7", 0.5);
    n.reshape("fc7_units", &[WIDTH * units, 1, 1]).conv("fc8", 2 * units, kernel(1).groups(units));
    n.reshape("fc8_units", &[units, 2]).transpose("fc8_pairs", &[1, 0]).softmax("pairs");
    n.slice("present", 0, 1, 1).reshape("prob", &[units]);
    n.end()
}

/// Up to fc6.
fn trunk(norm_first: bool) -> Layers {
    let mut n = Layers::new(3, 227, 227);
    let norm_and_pool = |n: &mut Layers, index: usize| {
        let (norm, pool) = (format!("norm{index}"), format!("pool{index}"));
        let window = kernel(3).stride(2).ceil();
        if norm_first {
            n.lrn(&norm, 1e-4, 1.0).max_pool(&pool, window);
        } else {
            n.max_pool(&pool, window).lrn(&norm, 1e-4, 1.0);
        }
    };
    n.conv("conv1", 96, kernel(11).stride(4)).relu("relu1");
    norm_and_pool(&mut n, 1);
    n.conv("conv2", 256, kernel(5).pad(2).groups(2)).relu("relu2");
    norm_and_pool(&mut n, 2);
    n.conv("conv3", 384, kernel(3).pad(1)).relu("relu3");
    n.conv("conv4", 384, kernel(3).pad(1).groups(2)).relu("relu4");
    n.conv("conv5", 256, kernel(3).pad(1).groups(2)).relu("relu5");
    n.max_pool("pool5", kernel(3).stride(2).ceil());
    n.dense("fc6", 4096).relu("relu6").dropout("drop6", 0.5);
    n
}
