//! Szegedy et al., "Going Deeper with Convolutions", 2014, as BVLC published it for Caffe; without its two training-time classifiers.

use super::layers::{Head, Layers, kernel};
use crate::graph::Network;

/// Name; channels of 1x1, 3x3 reduce, 3x3, 5x5 reduce, 5x5, pool projection; whether a pool follows.
const INCEPTIONS: [(&str, [usize; 6], Option<&str>); 9] = [
    ("inception_3a", [64, 96, 128, 16, 32, 32], None),
    ("inception_3b", [128, 128, 192, 32, 96, 64], Some("pool3/3x3_s2")),
    ("inception_4a", [192, 96, 208, 16, 48, 64], None),
    ("inception_4b", [160, 112, 224, 24, 64, 64], None),
    ("inception_4c", [128, 128, 256, 24, 64, 64], None),
    ("inception_4d", [112, 144, 288, 32, 64, 64], None),
    ("inception_4e", [256, 160, 320, 32, 128, 128], Some("pool4/3x3_s2")),
    ("inception_5a", [256, 160, 320, 32, 128, 128], None),
    ("inception_5b", [384, 192, 384, 48, 128, 128], None),
];

/// GoogLeNet.
pub(super) fn googlenet(head: Head) -> Network {
    let mut n = Layers::new(3, 224, 224);
    let pool = kernel(3).stride(2).ceil();
    n.conv("conv1/7x7_s2", 64, kernel(7).stride(2).pad(3)).relu("conv1/relu_7x7");
    n.max_pool("pool1/3x3_s2", pool).lrn("pool1/norm1", 1e-4, 1.0);
    n.conv("conv2/3x3_reduce", 64, kernel(1)).relu("conv2/relu_3x3_reduce");
    n.conv("conv2/3x3", 192, kernel(3).pad(1)).relu("conv2/relu_3x3");
    n.lrn("conv2/norm2", 1e-4, 1.0).max_pool("pool2/3x3_s2", pool);
    for (name, channels, then) in INCEPTIONS {
        inception(&mut n, name, channels);
        if let Some(name) = then {
            n.max_pool(name, pool);
        }
    }
    n.global_average("pool5/7x7_s1").dropout("pool5/drop_7x7_s1", 0.4);
    n.head("loss3/classifier", head)
}

fn inception(n: &mut Layers, name: &str, [one, reduce3, three, reduce5, five, project]: [usize; 6]) {
    let input = n.last();
    let conv = |n: &mut Layers, part: &str, channels, window| {
        n.conv(&format!("{name}/{part}"), channels, window).relu(&format!("{name}/relu_{part}")).last()
    };
    let parts = [
        conv(n.from(&input), "1x1", one, kernel(1)),
        {
            conv(n.from(&input), "3x3_reduce", reduce3, kernel(1));
            conv(n, "3x3", three, kernel(3).pad(1))
        },
        {
            conv(n.from(&input), "5x5_reduce", reduce5, kernel(1));
            conv(n, "5x5", five, kernel(5).pad(2))
        },
        {
            n.from(&input).max_pool(&format!("{name}/pool"), kernel(3).pad(1).ceil());
            conv(n, "pool_proj", project, kernel(1))
        },
    ];
    n.concat(&format!("{name}/output"), &parts);
}
