//! The two-stream system against tests/goldens/two_stream.py, which is written from what its report says in short and computed by OpenCV and ONNX Runtime: stage by stage on the twins, the
//! processor and every adapter, with networks of a few values; the whole, with its own networks, on the processor.

use std::time::Duration;

use image::{RgbImage, imageops};
use moue::two_stream::{Beyond, Counted, Equalised, Inputs, Means, Options, Outside, TwoStream};
use moue::video::Frame;
use moue::{Device, Error, Model, Rect, zoo};
use safetensors::SafeTensors;
use serde_json::Value;

use crate::common::devices;
use crate::tiny;

struct Goldens {
    bytes: Vec<u8>,
    metadata: std::collections::HashMap<String, String>,
}

impl Goldens {
    fn read() -> Self {
        let bytes = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/goldens/two_stream.safetensors")).unwrap();
        let (_, header) = SafeTensors::read_metadata(&bytes).unwrap();
        let metadata = header.metadata().clone().unwrap();
        Self { bytes, metadata }
    }

    fn of(&self, name: &str) -> Value {
        serde_json::from_str(&self.metadata[name]).unwrap()
    }

    fn tensor<T: bytemuck::Pod>(&self, name: &str) -> Vec<T> {
        let file = SafeTensors::deserialize(&self.bytes).unwrap();
        bytemuck::pod_collect_to_vec(file.tensor(name).unwrap().data())
    }

    /// The clip: a window of a photograph that moves.
    fn frames(&self) -> Vec<Frame> {
        let photo = image::open(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/astronaut.png")).unwrap().into_rgb8();
        let [width, height] = serde_json::from_value(self.of("size")).unwrap();
        let places: Vec<[u32; 2]> = serde_json::from_value(self.of("places")).unwrap();
        let cut = |[x, y]: [u32; 2]| imageops::crop_imm(&photo, x, y, width, height).to_image();
        places.into_iter().map(cut).zip(0..).map(|(picture, index)| frame(picture, index)).collect()
    }

    fn rect(&self) -> Rect {
        let [x, y, width, height]: [u32; 4] = serde_json::from_value(self.of("rect")).unwrap();
        Rect { x: x as i32, y: y as i32, width, height }
    }

    /// Blue comes first there.
    fn means(&self, case: &str) -> Means {
        let [b, g, r, x, y] = serde_json::from_value(self.of("cases")[case]["means"].clone()).unwrap();
        Means { colours: [r, g, b], flows: [x, y] }
    }
}

fn frame(picture: RgbImage, index: u64) -> Frame {
    Frame { index, pts: Some(index as i64), timestamp: Duration::from_millis(40 * index), picture }
}

fn video(frames: &[Frame]) -> impl Iterator<Item = moue::Result<Frame>> {
    frames.iter().cloned().map(Ok)
}

/// A model of the system's shape whose networks have a few values.
fn small(members: &[(&str, usize)]) -> Model {
    let network = |channels: usize| {
        format!(
            r#"{{"inputs": {{"data": [{channels}, 227, 227]}}, "outputs": ["prob"], "ops": [
              {{"op": "average_pool", "in": ["data"], "out": ["pool"], "kernel": [32, 32], "stride": [32, 32]}},
              {{"op": "flatten", "in": ["pool"], "out": ["flat"]}},
              {{"op": "dense", "name": "fc", "in": ["flat"], "out": ["fc"], "channels": 4}},
              {{"op": "sigmoid", "in": ["fc"], "out": ["prob"]}}]}}"#
        )
    };
    let networks: Vec<String> = members.iter().map(|(name, channels)| format!(r#""{name}": {}"#, network(*channels))).collect();
    let own = members.iter().map(|(name, _)| format!(r#"{{"name": "{name}", "network": "{name}", "weights": "{name}/"}}"#));
    let weights = vec![(1.0 / members.len() as f64).to_string(); members.len()];
    let text = format!(
        r#"{{"moue": 1, "name": "small", "labels": ["a", "b", "c", "d"], "licence": "MIT", "source": "a test", "card": "none",
          "canonical": {{"size": [227, 227], "margin": 0.0, "colour": "rgb"}}, "representations": {{}}, "networks": {{{}}}, "members": [{}],
          "fusion": {{"rule": "weighted_mean", "weights": [{}], "temperature": 1.0}}, "oversample": "none"}}"#,
        networks.join(","),
        own.collect::<Vec<_>>().join(","),
        weights.join(",")
    );
    let description = moue::weights::Description::parse(&text).unwrap();
    let tensors = tiny::tensors(&description, 5);
    Model::new(description, tensors).unwrap()
}

fn options(case: &str) -> Options {
    match case {
        "report" => Options::default(),
        _ => Options {
            equalised: Equalised::Frame,
            beyond: Beyond::Folded,
            counted: Counted::Nonzero,
            outside: Outside::Zero,
            ..Options::default()
        },
    }
}

/// The kept values of each plane: evenly spread.
fn kept(inputs: &[f32], count: usize) -> Vec<f32> {
    let size = 227 * 227;
    let of = |plane: &[f32]| (0..count).map(|at| plane[(2 * at + 1) * size / (2 * count)]).collect::<Vec<_>>();
    inputs.chunks_exact(size).flat_map(of).collect()
}

#[test]
fn every_stage_is_that_of_opencv() {
    let goldens = Goldens::read();
    let (frames, rect) = (goldens.frames(), goldens.rect());
    for device in devices() {
        for case in ["report", "program"] {
            let at = format!("{case} on {}", device.name());
            let system = TwoStream::new(&small(&[("still", 3), ("motion", 20)]), &device, options(case)).unwrap();
            let (means, want) = (system.means(video(&frames), rect).unwrap(), goldens.means(case));
            // Sums of the faces' bytes are exact; of flows, which have sums of floats behind them, one byte in many may be another.
            assert_eq!(means.colours, want.colours, "{at}");
            for (got, want) in means.flows.iter().zip(want.flows) {
                assert!((got - want).abs() < 1e-3, "{at}: {got} and {want}");
            }
            // Less a mean of 0 planes are bytes.
            let none = Means { colours: [0.0; 3], ..want };
            let Inputs { still, motion } = system.inputs(video(&frames), rect, none).unwrap();
            assert_eq!((still.shape, motion.shape), (vec![12, 3, 227, 227], vec![12, 20, 227, 227]), "{at}");
            let sums: Vec<i64> =
                still.data.chunks_exact(227 * 227).map(|plane| plane.iter().map(|byte| *byte as i64).sum()).collect();
            let bytes: Vec<f32> = goldens.tensor::<u8>(&format!("{case}/still")).into_iter().map(f32::from).collect();
            let found = kept(&still.data, 500);
            if case == "report" {
                assert!(sums == goldens.tensor::<i64>("report/sums"), "{at}: sums of faces");
                assert!(found == bytes, "{at}: faces");
            } else {
                // Around the face there is 0.
                assert!(found.iter().zip(&bytes).all(|(got, want)| got == want || *got == 0.0), "{at}: faces");
                assert!(found.iter().filter(|byte| **byte > 0.0).count() > found.len() / 2, "{at}: faces");
            }
            let (want, largest) =
                (goldens.tensor::<f32>(&format!("{case}/motion")), goldens.tensor::<f32>(&format!("{case}/largest")));
            let found = kept(&motion.data, 100);
            assert_eq!(found.len(), want.len());
            let levels = found.iter().zip(&want).enumerate().map(|(place, (got, want))| {
                let plane = place / 100;
                (got - want).abs() * largest[2 * (plane / 20) + plane % 2]
            });
            let far = levels.clone().filter(|levels| *levels > 1.001).count();
            let other = levels.filter(|levels| *levels > 0.5).count();
            println!("{at}: {other} of {} values of stacks are another level, {far} more than one", want.len());
            assert!(far * 1000 <= want.len(), "{at}: {far} of {} values of stacks", want.len());
        }
    }
}

#[test]
fn the_whole_says_what_onnx_runtime_says() {
    let goldens = Goldens::read();
    let read: Vec<usize> = serde_json::from_value(goldens.of("read")).unwrap();
    let model = zoo::ensemble("two_stream", 1).unwrap();
    let mut system = TwoStream::new(&model, &Device::cpu().unwrap(), Options::default()).unwrap();
    assert_eq!((system.labels().len(), system.labels()[0].as_str(), system.labels()[35].as_str()), (37, "AU25", "unnamed"));
    let (frames, rect) = (goldens.frames(), goldens.rect());
    let means = system.means(video(&frames), rect).unwrap();
    let readings: Vec<_> = system.read(video(&frames), rect, means).unwrap().collect::<Result<_, _>>().unwrap();
    assert_eq!(readings.iter().map(|reading| reading.index).collect::<Vec<_>>(), (0..12).collect::<Vec<_>>());
    for (at, &index) in read.iter().enumerate() {
        let reading = &readings[index];
        for (name, got) in [("still", &reading.still), ("motion", &reading.motion), ("fused", &reading.probabilities)] {
            let want = &goldens.tensor::<f32>(name)[37 * at..37 * (at + 1)];
            let worst = got.iter().zip(want).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            println!("frame {index}, {name}: {worst:.1e}");
            assert!(worst <= 1e-3, "frame {index}, {name}: {worst:e}");
        }
        let best = reading.best(5);
        assert!(best.windows(2).all(|pair| reading.probabilities[pair[0]] >= reading.probabilities[pair[1]]));
        assert!(reading.present().iter().all(|&label| reading.probabilities[label] > 0.5));
    }
}

/// What is read together does not matter, nor that a video is short.
#[test]
fn videos_of_every_length_are_read() {
    let frames: Vec<Frame> = Goldens::read().frames();
    let rect = Rect { x: -5, y: 30, width: 90, height: 400 };
    let means = Means { colours: [90.0, 80.0, 70.0], flows: [128.0, 127.0] };
    let model = small(&[("still", 3), ("motion", 6)]);
    let mut system = TwoStream::new(&model, &Device::cpu().unwrap(), Options::default()).unwrap();
    let mut read = |frames: &[Frame]| -> Vec<Vec<f32>> {
        let readings = system.read(video(frames), rect, means).unwrap();
        readings.map(|reading| reading.unwrap().probabilities).collect()
    };
    let all = read(&frames);
    assert_eq!(all.len(), 12);
    for count in [1, 2, 8, 9] {
        let some = read(&frames[..count]);
        assert_eq!(some.len(), count);
        // A stack of three reaches one frame ahead.
        let same = count.saturating_sub(1);
        for (frame, (a, b)) in some.iter().zip(&all).enumerate().take(same) {
            assert!(a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-5), "frame {frame} of {count}: {a:?}, {b:?}");
        }
    }
    assert!(read(&[]).is_empty());
}

#[test]
fn what_is_no_such_model_or_video_is_refused_with_the_remedy() {
    let device = Device::cpu().unwrap();
    let refused = |model: &Model| TwoStream::new(model, &device, Options::default()).unwrap_err().to_string();
    assert!(refused(&small(&[("still", 3)])).contains("`motion`"));
    assert!(refused(&small(&[("still", 1), ("motion", 20)])).contains("[3, H, W]"));
    assert!(refused(&small(&[("still", 3), ("motion", 19)])).contains("two a flow"));
    let many = refused(&zoo::ensemble("an_one_vs_all", 1).unwrap());
    assert!(many.contains("37 networks, which need 8.4 GB") && many.contains("two_stream_one_vs_all"), "{many}");
    let mut system = TwoStream::new(&small(&[("still", 3), ("motion", 20)]), &device, Options::default()).unwrap();
    let [small, large] = [[40, 40], [41, 40]].map(|[width, height]| RgbImage::new(width, height));
    let inside = Rect { x: 2, y: 2, width: 30, height: 30 };
    let beyond = Rect { x: 40, ..inside };
    let error = system.means(video(&[frame(small.clone(), 0)]), beyond).unwrap_err().to_string();
    assert!(error.contains("beyond frames of 40 x 40"), "{error}");
    let error = system.means(video(&[]), inside).unwrap_err().to_string();
    assert!(error.contains("no frame"), "{error}");
    let frames = [frame(small, 0), frame(large, 1)];
    let error = system.means(video(&frames), inside).unwrap_err().to_string();
    assert!(error.contains("frame 1") && error.contains("41 x 40"), "{error}");
    // What comes before an error is read.
    let fails = video(&frames[..1]).chain([Err(Error::Video("it broke".into()))]);
    let means = Means { colours: [0.0; 3], flows: [128.0; 2] };
    let all: Vec<_> = system.read(fails, inside, means).unwrap().collect();
    assert!(matches!(&all[..], [Ok(_), Err(Error::Video(reason))] if reason == "it broke"), "{all:?}");
}
