//! The network of Marrero-Fernandez et al. with fractional max pooling (Graham, 2014). Its windows are drawn at random in training; here a fixed
//! seed draws them.

use super::layers::{Head, Layers, kernel};
use crate::graph::Network;
use crate::weights::Stream;

const SEED: u64 = 1;

/// FMPNet on gray faces: three times half the size.
pub(super) fn fmpnet(head: Head) -> Network {
    let mut n = Layers::new(1, 48, 48);
    n.conv("conv1", 64, kernel(5).pad(2)).relu("relu1");
    pool(&mut n, 1, 24);
    for (block, channels) in [(2, 64), (3, 128)] {
        for index in 1..=2 {
            n.conv(&format!("conv{block}_{index}"), channels, kernel(3).pad(1)).relu(&format!("relu{block}_{index}"));
        }
        pool(&mut n, block, 48 >> block);
    }
    n.dense("fc4", 1024).relu("relu4").dense("fc5", 1024).relu("relu5");
    n.head("fc6", head)
}

fn pool(n: &mut Layers, index: usize, size: usize) {
    let draws = Stream::new(SEED, &format!("fmp{index}.sample"));
    // PyTorch draws the columns first.
    n.fractional_max_pool(&format!("fmp{index}"), 3, size, [draws.unit(1) as f32, draws.unit(0) as f32]);
}
