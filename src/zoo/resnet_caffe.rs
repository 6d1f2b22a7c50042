//! He, Zhang, Ren, Sun, "Deep Residual Learning for Image Recognition", 2015, as its authors published it for Caffe: pools without pads that
//! round up, the stride on the first 1x1.

use super::layers::{Head, Layers, kernel};
use crate::graph::Network;

/// Names of the blocks of each stage.
fn blocks(stage: usize, count: usize) -> Vec<String> {
    let name = |index: usize| match (count, index) {
        (_, 0) => "a".to_owned(),
        (0..=3, _) => ["b", "c"][index - 1].to_owned(),
        _ => format!("b{index}"),
    };
    (0..count).map(|index| format!("{stage}{}", name(index))).collect()
}

/// ResNet-101: bottlenecks 3, 4, 23, 3.
pub(super) fn resnet101_caffe(head: Head) -> Network {
    let mut n = Layers::new(3, 224, 224);
    n.bare_conv("conv1", 64, kernel(7).stride(2).pad(3)).batch_norm("bn_conv1").relu("conv1_relu");
    n.max_pool("pool1", kernel(3).stride(2).ceil());
    for (stage, (count, width)) in (2..).zip([(3, 64), (4, 128), (23, 256), (3, 512)]) {
        for (index, block) in blocks(stage, count).iter().enumerate() {
            let stride = if index == 0 && stage > 2 { 2 } else { 1 };
            bottleneck(&mut n, block, width, stride, index == 0);
        }
    }
    n.global_average("pool5");
    n.head("fc", head)
}

fn bottleneck(n: &mut Layers, block: &str, width: usize, stride: usize, project: bool) {
    let input = n.last();
    let (conv, norm) = (format!("res{block}_branch"), format!("bn{block}_branch"));
    let mut shortcut = input.clone();
    if project {
        let window = kernel(1).stride(stride);
        shortcut = n.bare_conv(&format!("{conv}1"), 4 * width, window).batch_norm(&format!("{norm}1")).last();
    }
    n.from(&input);
    for (part, channels, window) in [("2a", width, kernel(1).stride(stride)), ("2b", width, kernel(3).pad(1))] {
        let relu = format!("{conv}{part}_relu");
        n.bare_conv(&format!("{conv}{part}"), channels, window).batch_norm(&format!("{norm}{part}")).relu(&relu);
    }
    n.bare_conv(&format!("{conv}2c"), 4 * width, kernel(1)).batch_norm(&format!("{norm}2c"));
    n.add(&format!("res{block}"), &shortcut).relu(&format!("res{block}_relu"));
}
