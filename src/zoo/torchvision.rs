//! Networks that torchvision has in a form of its own, with its names.

use super::layers::{Head, Layers, kernel};
use crate::graph::Network;

/// AlexNet after Krizhevsky, "One weird trick for parallelizing convolutional neural networks", 2014: one column, no normalisation.
pub(super) fn alexnet(head: Head) -> Network {
    let mut n = Layers::new(3, 224, 224);
    n.conv("features.0", 64, kernel(11).stride(4).pad(2)).relu("features.1").max_pool("features.2", kernel(3).stride(2));
    n.conv("features.3", 192, kernel(5).pad(2)).relu("features.4").max_pool("features.5", kernel(3).stride(2));
    n.conv("features.6", 384, kernel(3).pad(1)).relu("features.7");
    n.conv("features.8", 256, kernel(3).pad(1)).relu("features.9");
    n.conv("features.10", 256, kernel(3).pad(1)).relu("features.11").max_pool("features.12", kernel(3).stride(2));
    n.dropout("classifier.0", 0.5).dense("classifier.1", 4096).relu("classifier.2");
    n.dropout("classifier.3", 0.5).dense("classifier.4", 4096).relu("classifier.5");
    n.head("classifier.6", head)
}

/// Name; channels of branch 1, branch 2 reduced, branch 2, branch 3 reduced, branch 3, branch 4; the pool that follows.
type Inception = (&'static str, [usize; 6], Option<(&'static str, usize)>);

const INCEPTIONS: [Inception; 9] = [
    ("inception3a", [64, 96, 128, 16, 32, 32], None),
    ("inception3b", [128, 128, 192, 32, 96, 64], Some(("maxpool3", 3))),
    ("inception4a", [192, 96, 208, 16, 48, 64], None),
    ("inception4b", [160, 112, 224, 24, 64, 64], None),
    ("inception4c", [128, 128, 256, 24, 64, 64], None),
    ("inception4d", [112, 144, 288, 32, 64, 64], None),
    ("inception4e", [256, 160, 320, 32, 128, 128], Some(("maxpool4", 2))),
    ("inception5a", [256, 160, 320, 32, 128, 128], None),
    ("inception5b", [384, 192, 384, 48, 128, 128], None),
];

/// GoogLeNet with batch-norms, and 3 x 3 windows where the paper has 5 x 5; without its two training-time classifiers.
pub(super) fn googlenet(head: Head) -> Network {
    let mut n = Layers::new(3, 224, 224);
    let pool = |size| kernel(size).stride(2).ceil();
    normed(&mut n, "conv1", 64, kernel(7).stride(2).pad(3));
    n.max_pool("maxpool1", pool(3));
    normed(&mut n, "conv2", 64, kernel(1));
    normed(&mut n, "conv3", 192, kernel(3).pad(1));
    n.max_pool("maxpool2", pool(3));
    for (name, [one, reduced2, two, reduced3, three, four], then) in INCEPTIONS {
        let input = n.last();
        let branch = |n: &mut Layers, name: String, layers: &[(&str, usize, usize)]| {
            for &(part, channels, size) in layers {
                normed(n, &format!("{name}{part}"), channels, kernel(size).pad(size / 2));
            }
            n.last()
        };
        let parts = [
            branch(n.from(&input), format!("{name}.branch1"), &[("", one, 1)]),
            branch(n.from(&input), format!("{name}.branch2"), &[(".0", reduced2, 1), (".1", two, 3)]),
            branch(n.from(&input), format!("{name}.branch3"), &[(".0", reduced3, 1), (".1", three, 3)]),
            {
                n.from(&input).max_pool(&format!("{name}.branch4.0"), kernel(3).pad(1).ceil());
                branch(&mut n, format!("{name}.branch4"), &[(".1", four, 1)])
            },
        ];
        n.concat(name, &parts);
        if let Some((name, size)) = then {
            n.max_pool(name, pool(size));
        }
    }
    n.global_average("avgpool").dropout("dropout", 0.2);
    n.head("fc", head)
}

/// A convolution, its batch-norm and a ReLU: torchvision's BasicConv2d.
fn normed(n: &mut Layers, name: &str, channels: usize, window: super::layers::Window) {
    n.bare_conv(&format!("{name}.conv"), channels, window)
        .batch_norm_eps(&format!("{name}.bn"), 1e-3)
        .relu(&format!("{name}.relu"));
}
