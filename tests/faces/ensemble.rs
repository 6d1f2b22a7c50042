//! The whole way from a photograph to the fused answer: GPU against twins, batches, poison, pipelines, failures.

use crate::common::{Random, devices, gpus, open_all};
use image::RgbImage;
use moue::{Device, Ensemble, Error, Model, Precision, Reading, Rect};

fn picture(seed: u64, width: u32, height: u32) -> RgbImage {
    RgbImage::from_raw(width, height, Random(seed).bytes((3 * width * height) as usize)).unwrap()
}

/// Blobs of light: something smoother than noise.
fn soft(seed: u64, width: u32, height: u32) -> RgbImage {
    image::imageops::resize(&picture(seed, 9, 11), width, height, image::imageops::FilterType::Triangle)
}

fn same(what: &str, got: &Reading, want: &Reading) {
    let rows = |r: &Reading| [vec![r.probabilities.clone()], r.members.clone()].concat();
    for (g, w) in rows(got).concat().iter().zip(rows(want).concat()) {
        assert!((g - w).abs() < 1e-5, "{what}: {g} and {w}\n{got:?}\n{want:?}");
    }
}

#[test]
fn gpu_and_twins_answer_alike() {
    let (a, b) = (soft(1, 200, 170), soft(2, 40, 33));
    let faces = [
        (&a, Rect { x: 10, y: 20, width: 90, height: 95 }),
        (&a, Rect { x: -30, y: 100, width: 120, height: 120 }),
        (&b, Rect::whole(40, 33)),
        (&b, Rect { x: 500, y: -300, width: 20, height: 20 }),
        (&a, Rect { x: 5, y: 5, width: 48, height: 48 }),
    ];
    let mut twin = Ensemble::new(Model::embedded().unwrap(), Device::Reference).unwrap();
    // Ten crops of a face take the twin ten times as long.
    for (oversample, faces) in [(false, &faces[..]), (true, &faces[..2])] {
        let want = twin.read(faces, oversample).unwrap();
        for device in devices().into_iter().skip(1) {
            let name = device.name().to_owned();
            let mut ensemble = Ensemble::new(Model::embedded().unwrap(), device).unwrap();
            let got = ensemble.read(faces, oversample).unwrap();
            assert_eq!(got.len(), faces.len());
            for (index, (got, want)) in got.iter().zip(&want).enumerate() {
                same(&format!("{name} face {index} oversample {oversample}"), got, want);
                let sum: f32 = got.probabilities.iter().sum();
                assert!((sum - 1.0).abs() < 1e-5, "the fused probabilities sum to {sum}");
            }
        }
    }
}

#[test]
fn only_what_ran_last_is_profiled() {
    let picture = soft(3, 64, 64);
    let faces = |count| vec![(&picture, Rect::whole(64, 64)); count];
    for gpu in gpus() {
        let timestamps = gpu.capabilities().timestamps;
        let mut ensemble = Ensemble::new(Model::embedded().unwrap(), Device::Gpu(gpu)).unwrap();
        let profiled = |ensemble: &mut Ensemble| ensemble.profile().unwrap().map(|(faces, timings)| (faces, timings.is_empty()));
        ensemble.warm_up(2, false).unwrap();
        assert_eq!((profiled(&mut ensemble), ensemble.cost()), (None, None), "nothing was read");
        ensemble.read(&faces(2), false).unwrap();
        let cost = ensemble.cost().unwrap();
        assert_eq!((cost.submissions, cost.images), (1, 2));
        let found = profiled(&mut ensemble);
        assert_eq!(found, timestamps.then_some((2, false)));
        ensemble.warm_up(1, false).unwrap();
        assert_eq!(profiled(&mut ensemble), found, "a plan that was only made ready is not profiled");
        ensemble.warm_up(16, false).unwrap();
        assert_eq!(profiled(&mut ensemble), None, "a larger plan took the memory");
        ensemble.read(&faces(6), false).unwrap();
        let cost = ensemble.cost().unwrap();
        assert!(cost.work.flops > 0 && [(1, 8), (2, 4)].contains(&(cost.submissions, cost.images)), "{cost:?}");
    }
}

#[test]
fn a_face_answers_the_same_alone_and_in_a_batch() {
    let pictures: Vec<RgbImage> = (0..66).map(|seed| soft(seed, 64, 64)).collect();
    let faces: Vec<(&RgbImage, Rect)> = pictures.iter().map(|p| (p, Rect::whole(64, 64))).collect();
    for gpu in gpus() {
        let mut ensemble = Ensemble::new(Model::embedded().unwrap(), Device::Gpu(gpu)).unwrap();
        let all = ensemble.read(&faces, false).unwrap();
        assert_eq!(all.len(), 66);
        for at in [0, 63, 64, 65] {
            let alone = ensemble.read(&faces[at..=at], false).unwrap();
            same(&format!("face {at}"), &alone[0], &all[at]);
        }
    }
}

/// On CPU adapters twenty faces of ten crops go in submissions of eight, eight and four. One adapter shows it: it is the host that overlaps them.
#[test]
fn submissions_that_overlap_answer_in_their_order() {
    let pictures: Vec<RgbImage> = (0..20).map(|seed| soft(seed, 64, 64)).collect();
    let faces: Vec<(&RgbImage, Rect)> = pictures.iter().map(|p| (p, Rect::whole(64, 64))).collect();
    if let Some(gpu) = gpus().into_iter().next() {
        let cpu = gpu.capabilities().cpu;
        let mut ensemble = Ensemble::new(Model::embedded().unwrap(), Device::Gpu(gpu)).unwrap();
        let all = ensemble.read(&faces, true).unwrap();
        let cost = ensemble.cost().unwrap();
        assert!(all.len() == 20 && (cost.submissions > 2 || !cpu), "{cost:?}");
        for at in [0, 7, 8, 15, 16, 19] {
            let alone = ensemble.read(&faces[at..=at], true).unwrap();
            same(&format!("face {at}"), &alone[0], &all[at]);
        }
    }
}

#[test]
fn f16_reads_nearly_as_f32_in_half_the_memory() {
    let pictures: Vec<RgbImage> = (0..5).map(|seed| soft(seed, 64, 64)).collect();
    let faces: Vec<(&RgbImage, Rect)> = pictures.iter().map(|p| (p, Rect::whole(64, 64))).collect();
    for gpu in gpus() {
        let mut whole = Ensemble::new(Model::embedded().unwrap(), Device::Gpu(gpu.clone())).unwrap();
        let mut half = Ensemble::with(Model::embedded().unwrap(), Device::Gpu(gpu.clone()), Precision::F16).unwrap();
        for (want, got) in whole.read(&faces, false).unwrap().iter().zip(half.read(&faces, false).unwrap()) {
            let all = |reading: &Reading| -> Vec<f32> {
                reading.probabilities.iter().chain(reading.members.iter().flatten()).copied().collect()
            };
            let worst = all(want).iter().zip(all(&got)).fold(0.0_f32, |most, (a, b)| most.max((a - b).abs()));
            assert!(worst > 1e-7 && worst < 1e-2, "{worst} on {}", gpu.name());
        }
        let bytes = [&mut whole, &mut half].map(|ensemble| ensemble.layout(4).unwrap().unwrap().slab_bytes);
        assert!(bytes[1] < bytes[0] * 6 / 10, "{bytes:?}");
    }
    let refused = Ensemble::with(Model::embedded().unwrap(), Device::Reference, Precision::F16).map(drop);
    assert!(matches!(&refused, Err(Error::Argument(text)) if text.contains("f32 only")), "{refused:?}");
}

#[test]
fn a_photograph_beyond_the_kernel_is_read_all_the_same() {
    let long = soft(5, 40, 65_535);
    let wide = soft(6, 9000, 8000);
    let faces = [
        (&long, Rect::whole(40, 65_535)),
        (&wide, Rect::whole(9000, 8000)),
        (&wide, Rect { x: 100, y: 100, width: 60, height: 60 }),
    ];
    let want = Ensemble::new(Model::embedded().unwrap(), Device::Reference).unwrap().read(&faces, false).unwrap();
    for device in devices().into_iter().skip(1) {
        let got = Ensemble::new(Model::embedded().unwrap(), device).unwrap().read(&faces, false).unwrap();
        got.iter().zip(&want).for_each(|(got, want)| same("large", got, want));
    }
}

#[test]
fn the_default_model_keeps_its_budget() {
    for gpu in open_all() {
        let mut ensemble = Ensemble::new(Model::embedded().unwrap(), Device::Gpu(gpu)).unwrap();
        let layout = ensemble.layout(5).unwrap().unwrap();
        println!("{layout:?}");
        assert!(layout.pipelines <= 24, "{} pipelines", layout.pipelines);
        assert!(layout.read_bytes <= 5 * 256, "{} bytes come back for 5 faces", layout.read_bytes);
    }
}

#[test]
fn a_lost_device_is_an_error() {
    for gpu in open_all() {
        let mut ensemble = Ensemble::new(Model::embedded().unwrap(), Device::Gpu(gpu.clone())).unwrap();
        let p = soft(3, 50, 50);
        ensemble.read(&[(&p, Rect::whole(50, 50))], false).unwrap();
        gpu.destroy();
        let answer = ensemble.read(&[(&p, Rect::whole(50, 50))], false);
        assert!(matches!(answer, Err(Error::DeviceLost { .. })), "{answer:?}");
    }
}

#[test]
fn what_cannot_be_read_is_said() {
    let mut twin = Ensemble::new(Model::embedded().unwrap(), Device::Reference).unwrap();
    let p = picture(4, 10, 10);
    let empty = RgbImage::new(0, 5);
    for (picture, rect) in [
        (&p, Rect { x: 0, y: 0, width: 0, height: 4 }),
        (&empty, Rect::whole(3, 3)),
        (&p, Rect { x: 0, y: 0, width: 70_000, height: 4 }),
    ] {
        assert!(matches!(twin.read(&[(picture, rect)], false), Err(Error::Argument(_))), "{rect:?}");
    }
}
