//! Nearest neighbours by every device: the bits of the twin's distances, and its order, whatever the vectors are.

use moue::device::Device;
use moue::embed::{Gallery, Index, Metric, Neighbour};
use moue::reference;

use crate::common::{Random, devices};

fn wanted(queries: &[f32], vectors: &[f32], size: usize, k: usize, metric: Metric) -> Vec<Vec<Neighbour>> {
    let measure = if metric == Metric::Cosine { reference::cosine_distance } else { reference::squared_distance };
    let found = reference::nearest(queries, vectors, size, k, measure);
    let distance = |value: f64| if metric == Metric::Cosine { value } else { value.sqrt() };
    let one = |&(value, row): &(f64, u32)| Neighbour { index: row as usize, distance: distance(value) };
    found.iter().map(|all| all.iter().map(one).collect()).collect()
}

/// (rows, queries, numbers, k): one row, vectors that are no whole vec4s, a tile that is not full, more neighbours than rows, the most a device looks for.
const SIZES: [(usize, usize, usize, usize); 5] =
    [(1, 1, 3, 1), (77, 5, 5, 100), (4099, 9, 64, 16), (5000, 70, 64, 1), (300, 3, 64, 64)];

#[test]
fn every_device_finds_the_same_neighbours_to_the_bit() {
    let mut random = Random(7);
    for (rows, count, size, k) in SIZES {
        let mut vectors = random.values(rows * size);
        // Every seventh row is as another: equally near.
        for row in (7..rows).step_by(7) {
            vectors.copy_within((row - 7) * size..(row - 6) * size, row * size);
        }
        let queries = [&vectors[..size], &random.values((count - 1) * size)].concat();
        for metric in [Metric::Euclidean, Metric::Cosine] {
            let want = wanted(&queries, &vectors, size, k, metric);
            for device in devices() {
                let mut index = Index::new(&device, vectors.clone(), size, metric).unwrap();
                let got = index.nearest(&queries, k).unwrap();
                assert!(got == want, "{rows} x {size}, {k} by {metric:?} on {}", device.name());
                assert!(rows < 4000 || index.rescanned() <= 1, "scores tell enough of these: {}", index.rescanned());
            }
        }
    }
}

/// Where the scores of f32 cannot tell rows apart, or overflow, the answer is the same all the same.
#[test]
fn neighbours_that_f32_does_not_tell_apart_are_told_apart() {
    let (size, rows) = (8, 900);
    let mut random = Random(8);
    let near: Vec<f32> = (0..rows * size).map(|_| 4096.0 + random.unit() / 64.0).collect();
    let huge: Vec<f32> = (0..rows * size).map(|_| 1e30 * random.unit()).collect();
    let zeros = vec![0.0; rows * size];
    for vectors in [near, huge, zeros] {
        let queries = &vectors[3 * size..5 * size];
        for metric in [Metric::Euclidean, Metric::Cosine] {
            let want = wanted(queries, &vectors, size, 5, metric);
            for device in devices() {
                let mut index = Index::new(&device, vectors.clone(), size, metric).unwrap();
                assert!(index.nearest(queries, 5).unwrap() == want, "{metric:?} on {}", device.name());
            }
        }
    }
}

#[test]
fn a_face_is_not_its_own_neighbour_and_bad_vectors_are_refused() {
    let gallery = Gallery::made_up(40, 4, 5);
    let size = moue::embed::DIMENSIONS;
    let mut index = Index::new(&Device::cpu().unwrap(), gallery.embedding.clone(), size, Metric::Euclidean).unwrap();
    for (own, nearest) in index.others(9).unwrap().iter().enumerate() {
        assert!(nearest.len() == 9 && nearest.iter().all(|one| one.index != own && one.index % 4 == own % 4), "{nearest:?}");
    }
    let mut wrong = gallery.embedding;
    wrong[size + 2] = f32::NAN;
    let said = Index::new(&Device::Reference, wrong, size, Metric::Cosine).unwrap_err().to_string();
    assert!(said.contains("vector 1 has NaN at 2"), "{said}");
    assert!(index.nearest(&[0.0; 3], 1).unwrap_err().to_string().contains("no whole vectors"));
}
