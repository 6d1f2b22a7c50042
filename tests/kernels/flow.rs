//! Dense flow against OpenCV's own, on the twins, the processor and every adapter: tests/goldens/flow.py. How near two programs can come is the method's: sums of
//! equations that are nearly of one direction are divided by next to nothing.

use std::path::PathBuf;

use image::GrayImage;
use moue::flow::{Field, Flow, Parameters, Window};
use moue::{Device, Error};
use safetensors::SafeTensors;
use serde_json::Value;

use crate::common::{Random, devices, gpus};

struct Goldens(Vec<u8>);

impl Goldens {
    fn read() -> Self {
        Self(std::fs::read(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/goldens/flow.safetensors")).unwrap())
    }

    fn cases(&self) -> Vec<Value> {
        let (_, metadata) = SafeTensors::read_metadata(&self.0).unwrap();
        serde_json::from_str(&metadata.metadata().as_ref().unwrap()["cases"]).unwrap()
    }

    fn frame(&self, name: &Value) -> GrayImage {
        let file = SafeTensors::deserialize(&self.0).unwrap();
        let tensor = file.tensor(&format!("frames/{}", name.as_str().unwrap())).unwrap();
        GrayImage::from_raw(tensor.shape()[1] as u32, tensor.shape()[0] as u32, tensor.data().to_vec()).unwrap()
    }

    fn flow(&self, name: &str) -> Vec<[f32; 2]> {
        let file = SafeTensors::deserialize(&self.0).unwrap();
        bytemuck::pod_collect_to_vec(file.tensor(&format!("flows/{name}")).unwrap().data())
    }
}

fn parameters(case: &Value) -> Parameters {
    let of = |at: usize| case["parameters"][at].as_f64().unwrap();
    Parameters {
        pyr_scale: of(0),
        levels: of(1) as u32,
        winsize: of(2) as u32,
        iterations: of(3) as u32,
        poly_n: of(4) as u32,
        poly_sigma: of(5),
        window: if of(6) as u32 & 256 == 0 { Window::Box } else { Window::Gaussian },
    }
}

/// Distances in pixels: the largest, what 999 of 1000 do not exceed, and the root of the mean square.
fn apart(got: &[[f32; 2]], want: &[[f32; 2]]) -> [f64; 3] {
    assert_eq!(got.len(), want.len());
    let mut all: Vec<f64> = got.iter().zip(want).map(|(g, w)| f64::from(g[0] - w[0]).hypot((g[1] - w[1]).into())).collect();
    assert!(all.iter().all(|distance| distance.is_finite()));
    all.sort_by(f64::total_cmp);
    let square: f64 = all.iter().map(|distance| distance * distance).sum();
    [all[all.len() - 1], all[(all.len() - 1) * 999 / 1000], (square / all.len() as f64).sqrt()]
}

#[test]
fn it_is_that_of_opencv() {
    let goldens = Goldens::read();
    for device in devices() {
        for case in goldens.cases() {
            let (name, first, second) =
                (case["name"].as_str().unwrap(), goldens.frame(&case["first"]), goldens.frame(&case["second"]));
            let mut flow = Flow::new(&device, parameters(&case)).unwrap();
            let fields = match case["initial"].as_array() {
                None => flow.between(&[&first, &second], &[[0, 1]]).unwrap(),
                Some(begin) => {
                    let begin = [0, 1].map(|i| begin[i].as_f64().unwrap() as f32);
                    let begin = Field::new(first.width(), first.height(), vec![begin; first.as_raw().len()]).unwrap();
                    flow.between_from(&[&first, &second], &[[0, 1]], &[begin]).unwrap()
                }
            };
            let got = &fields[0].data;
            let class = case["class"].as_str().unwrap();
            if class == "one-dimensional" {
                assert!(got.as_flattened().iter().all(|value| value.is_finite()), "{name} on {}", device.name());
                continue;
            }
            let [largest, most, square] = apart(got, &goldens.flow(name));
            println!("{name} on {}: {largest:.1e} {most:.1e} {square:.1e}", device.name());
            let near = match class {
                "face" => largest <= 1e-3 && square <= 2e-5,
                "poly" => largest <= 1e-2 && most <= 1e-3,
                other => panic!("no class {other}"),
            };
            assert!(near, "{name} on {}: {largest:.1e} at most, {most:.1e} of 999 in 1000, {square:.1e} rms", device.name());
        }
    }
}

fn random_frames(count: usize, width: u32, height: u32) -> Vec<GrayImage> {
    let mut random = Random(21);
    // Blocks, so that there is something to follow.
    let blocks = random.bytes(((width / 4 + 9) * (height / 4 + 9)) as usize);
    let of = |frame: u32| {
        let frame = frame % 9;
        GrayImage::from_fn(width, height, |x, y| {
            image::Luma([blocks[((y + frame) / 4 * (width / 4 + 9) + (x + 2 * frame) / 4) as usize]])
        })
    };
    (0..count as u32).map(of).collect()
}

#[test]
fn what_is_all_of_one_brightness_does_not_move() {
    for device in devices() {
        let mut flow = Flow::new(&device, Parameters::OPENCV).unwrap();
        let frames = [0, 97, 201].map(|value| GrayImage::from_pixel(70, 66, image::Luma([value])));
        for field in flow.between(&frames.each_ref(), &[[0, 0], [1, 1], [0, 2], [2, 1]]).unwrap() {
            assert!(field.data.iter().all(|own| *own == [0.0, 0.0]), "on {}", device.name());
        }
    }
}

/// A stream, a batch and pairs one by one are the same numbers, whatever is computed together.
#[test]
fn it_does_not_matter_what_is_computed_together() {
    let frames = random_frames(7, 71, 66);
    let all: Vec<&GrayImage> = frames.iter().collect();
    let pairs: Vec<[usize; 2]> = (0..6).map(|at| [at, at + 1]).collect();
    for device in devices() {
        let mut flow = Flow::new(&device, Parameters::TWO_STREAM).unwrap();
        let batch = flow.between(&all, &pairs).unwrap();
        let alone: Vec<Field> =
            pairs.iter().map(|&[a, b]| flow.between(&[all[a], all[b]], &[[0, 1]]).unwrap().remove(0)).collect();
        assert_eq!(batch, alone, "one by one on {}", device.name());
        // Frames come by ones and by threes, and other pairs between them; memory grows then.
        assert_eq!(flow.push(&all[..1]).unwrap(), []);
        let mut stream = flow.push(&all[1..2]).unwrap();
        let other = flow.between(&[all[6], all[0]], &[[0, 1], [1, 0], [0, 0]]).unwrap();
        stream.extend(flow.push(&all[2..3]).unwrap());
        stream.extend(flow.push(&all[3..6]).unwrap());
        stream.extend(flow.push(&all[6..]).unwrap());
        assert_eq!(stream, batch, "as a stream on {}", device.name());
        assert_ne!(other[0], other[1]);
        flow.restart();
        assert_eq!(flow.push(&all[..3]).unwrap(), batch[..2]);
    }
}

/// More pairs than a submission takes, of more frames than there are slots at first.
#[test]
fn many_pairs_are_several_submissions() {
    let frames = random_frames(70, 16, 12);
    let all: Vec<&GrayImage> = frames.iter().collect();
    let pairs: Vec<[usize; 2]> = (0..69).map(|at| [at, at + 1]).chain((0..70).map(|at| [69 - at, at])).collect();
    let mut reference = Flow::new(&Device::Reference, Parameters::TWO_STREAM).unwrap();
    let want = reference.between(&all, &pairs).unwrap();
    for gpu in gpus() {
        let mut flow = Flow::new(&Device::Gpu(gpu.clone()), Parameters::TWO_STREAM).unwrap();
        let got = flow.between(&all, &pairs).unwrap();
        assert_eq!(got.len(), want.len());
        for (index, (got, want)) in got.iter().zip(&want).enumerate() {
            let [_, most, _] = apart(&got.data, &want.data);
            assert!(most < 1e-2, "pair {index} on {}: {most}", gpu.name());
        }
        assert_eq!(flow.push(&all).unwrap(), got[..69], "{}", gpu.name());
    }
}

#[test]
fn what_cannot_be_is_refused_with_the_remedy() {
    let [small, large] = [[40, 40], [41, 40]].map(|[width, height]| GrayImage::new(width, height));
    let empty = GrayImage::new(0, 5);
    for device in devices() {
        let mut flow = Flow::new(&device, Parameters::OPENCV).unwrap();
        let said = |error: Error| error.to_string();
        assert!(said(flow.between(&[&small, &large], &[[0, 1]]).unwrap_err()).contains("40 x 40 and of 41 x 40"));
        assert!(said(flow.between(&[&small], &[[0, 1]]).unwrap_err()).contains("frame 1"));
        assert!(said(flow.between(&[], &[[0, 0]]).unwrap_err()).contains("frame 0"));
        assert!(said(flow.between(&[&empty], &[[0, 0]]).unwrap_err()).contains("without pixels"));
        assert!(flow.between(&[], &[]).unwrap().is_empty() && flow.push(&[]).unwrap().is_empty());
        flow.push(&[&small]).unwrap();
        assert!(said(flow.push(&[&large]).unwrap_err()).contains("one size"));
        // What was refused did not disturb the stream.
        assert_eq!(flow.push(&[&small]).unwrap().len(), 1);
        let begin = Field::new(40, 40, vec![[0.0; 2]; 1600]).unwrap();
        assert!(said(flow.between_from(&[&large], &[[0, 0]], &[begin]).unwrap_err()).contains("to begin with"));
        assert!(said(flow.between_from(&[&large], &[[0, 0]], &[]).unwrap_err()).contains("0 flows"));
        assert!(Flow::new(&device, Parameters { winsize: 1, ..Parameters::OPENCV }).is_err());
    }
}
