//! He, Zhang, Ren, Sun, "Deep Residual Learning for Image Recognition", 2015, in the form and with the names of torchvision: the pool padded, a
//! bottleneck's stride on its 3x3.

use super::layers::{Head, Layers, kernel};
use crate::graph::Network;

/// ResNet-18: basic blocks 2, 2, 2, 2.
pub(super) fn resnet18(head: Head) -> Network {
    resnet([2, 2, 2, 2], false, head)
}

/// ResNet-101: bottlenecks 3, 4, 23, 3.
pub(super) fn resnet101(head: Head) -> Network {
    resnet([3, 4, 23, 3], true, head)
}

fn resnet(counts: [usize; 4], bottlenecks: bool, head: Head) -> Network {
    let mut n = Layers::new(3, 224, 224);
    n.bare_conv("conv1", 64, kernel(7).stride(2).pad(3)).batch_norm("bn1").relu("relu");
    n.max_pool("maxpool", kernel(3).stride(2).pad(1));
    for (layer, count) in (1..).zip(counts) {
        for index in 0..count {
            let (width, stride) = (32 << layer, if index == 0 && layer > 1 { 2 } else { 1 });
            block(&mut n, &format!("layer{layer}.{index}"), width, stride, bottlenecks, index == 0);
        }
    }
    n.global_average("avgpool");
    n.head("fc", head)
}

fn block(n: &mut Layers, name: &str, width: usize, stride: usize, bottleneck: bool, first: bool) {
    let input = n.last();
    let whole = if bottleneck { 4 * width } else { width };
    let mut shortcut = input.clone();
    if first && (bottleneck || stride > 1) {
        n.bare_conv(&format!("{name}.downsample.0"), whole, kernel(1).stride(stride));
        shortcut = n.batch_norm(&format!("{name}.downsample.1")).last();
    }
    let parts = if bottleneck {
        vec![(width, kernel(1)), (width, kernel(3).stride(stride).pad(1)), (whole, kernel(1))]
    } else {
        vec![(width, kernel(3).stride(stride).pad(1)), (width, kernel(3).pad(1))]
    };
    n.from(&input);
    let last = parts.len();
    for (index, (channels, window)) in (1..).zip(parts) {
        n.bare_conv(&format!("{name}.conv{index}"), channels, window).batch_norm(&format!("{name}.bn{index}"));
        if index < last {
            n.relu(&format!("{name}.relu{index}"));
        }
    }
    n.add(&format!("{name}.add"), &shortcut).relu(&format!("{name}.relu"));
}
