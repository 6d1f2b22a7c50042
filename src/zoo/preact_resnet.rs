//! He, Zhang, Ren, Sun, "Identity Mappings in Deep Residual Networks", 2016, for small faces as Marrero-Fernandez et al. use it.

use super::layers::{Head, Layers, kernel};
use crate::graph::Network;

/// PreActResNet-18: pre-activation blocks 2, 2, 2, 2 on 48 x 48.
pub(super) fn preactresnet18(head: Head) -> Network {
    let mut n = Layers::new(3, 48, 48);
    n.bare_conv("conv1", 64, kernel(3).pad(1));
    for layer in 1..=4 {
        for index in 0..2 {
            let stride = if index == 0 && layer > 1 { 2 } else { 1 };
            block(&mut n, &format!("layer{layer}.{index}"), 32 << layer, stride);
        }
    }
    n.global_average("avgpool");
    n.head("fc", head)
}

/// A shortcut that changes the shape starts at the pre-activated tensor, any other at the block's input.
fn block(n: &mut Layers, name: &str, width: usize, stride: usize) {
    let mut shortcut = n.last();
    let activated = n.batch_norm(&format!("{name}.bn1")).relu(&format!("{name}.relu1")).last();
    if stride > 1 {
        shortcut = n.bare_conv(&format!("{name}.shortcut.0"), width, kernel(1).stride(stride)).last();
    }
    n.from(&activated).bare_conv(&format!("{name}.conv1"), width, kernel(3).stride(stride).pad(1));
    n.batch_norm(&format!("{name}.bn2")).relu(&format!("{name}.relu2"));
    n.bare_conv(&format!("{name}.conv2"), width, kernel(3).pad(1)).add(&format!("{name}.add"), &shortcut);
}
