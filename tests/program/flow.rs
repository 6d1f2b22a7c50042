//! `moue flow`: two pictures or a video in, displacements or their picture out.

use std::fs;
use std::path::{Path, PathBuf};

use image::{GrayImage, Luma};
use serde_json::{Value, json};

use crate::support::{moue, read_npy, scratch, text};

const WIDTH: u32 = 72;
const HEIGHT: u32 = 66;

/// A pattern that has moved by two pixels to the right and one down a frame.
fn frame(number: u32) -> GrayImage {
    let wave = |place: f32| 60.0 * (place * 0.31).sin() + 50.0 * (place * 0.17 + 1.0).cos();
    GrayImage::from_fn(WIDTH, HEIGHT, |x, y| {
        let (x, y) = (x as f32 - 2.0 * number as f32, y as f32 - number as f32);
        Luma([(128.0 + 0.5 * (wave(x + 0.3 * y) + wave(y - 0.4 * x))) as u8])
    })
}

fn frames(folder: &Path, count: u32) -> Vec<PathBuf> {
    let paths: Vec<PathBuf> = (0..count).map(|number| folder.join(format!("{number:02}.png"))).collect();
    paths.iter().zip(0..).for_each(|(path, number)| frame(number).save(path).unwrap());
    paths
}

fn flow(arguments: &[&str]) -> crate::support::Ran {
    moue(&[&["flow", "--device", "cpu"], arguments].concat())
}

/// What a `.flo` file holds.
fn read_flo(path: &Path) -> (u32, u32, Vec<f32>) {
    let bytes = fs::read(path).unwrap();
    let word = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
    assert_eq!(&bytes[..4], b"PIEH");
    (word(4), word(8), bytes[12..].chunks_exact(4).map(|four| f32::from_le_bytes(four.try_into().unwrap())).collect())
}

#[test]
fn two_pictures_give_numbers_and_their_picture() {
    let folder = scratch("flow-pictures");
    let paths = frames(&folder, 2);
    let [a, b] = [text(&paths[0]), text(&paths[1])];
    let out = |name: &str| text(folder.join(name));
    let ran = flow(&[&a, &b, "-o", &out("new/flow.npy"), "--json"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let [record] = &ran.records()[..] else { panic!("{}", ran.text()) };
    let own = |key: &str| record[key].clone();
    assert_eq!((own("schema"), own("input"), own("to")), (json!("moue.flow/1"), json!(a), json!(b)));
    assert_eq!((own("width"), own("height"), own("error")), (json!(WIDTH), json!(HEIGHT), Value::Null));
    let values = read_npy(&folder.join("new/flow.npy"));
    assert_eq!(values.len(), (2 * WIDTH * HEIGHT) as usize);
    let middle = 2 * (HEIGHT / 2 * WIDTH + WIDTH / 2) as usize;
    assert!((values[middle] - 2.0).abs() < 0.1 && (values[middle + 1] - 1.0).abs() < 0.1, "{:?}", &values[middle..middle + 2]);
    let lengths: Vec<f64> = values.chunks_exact(2).map(|own| f64::from(own[0]).hypot(own[1].into())).collect();
    let mean = lengths.iter().sum::<f64>() / lengths.len() as f64;
    assert!((record["mean"].as_f64().unwrap() - mean).abs() < 1e-9 && record["largest"].as_f64().unwrap() >= mean);

    assert_eq!(flow(&[&a, &b, "-o", &out("flow.flo")]).code, Some(0));
    assert_eq!(read_flo(&folder.join("flow.flo")), (WIDTH, HEIGHT, values.clone()));

    let ran = flow(&[&a, &b, "-o", &out("flow.png"), "--full", "4"]);
    assert!(ran.text().contains("the full colour is 4 px"), "{}", ran.text());
    let picture = image::open(folder.join("flow.png")).unwrap().into_rgb8();
    assert_eq!(picture.dimensions(), (WIDTH, HEIGHT));
    let [r, g, b_] = picture.get_pixel(WIDTH / 2, HEIGHT / 2).0;
    assert!(r == 255 && g > b_ && b_ > 80, "to the right and a little down is a light orange: {r} {g} {b_}");

    // A flow to begin with, of either kind, leads to one that is near; and so do the adapter's twins.
    for begin in ["new/flow.npy", "flow.flo"] {
        assert_eq!(flow(&[&a, &b, "-o", &out("again.npy"), "--initial", &out(begin)]).code, Some(0));
        let again = read_npy(&folder.join("again.npy"));
        assert!((again[middle] - 2.0).abs() < 0.1 && again != values);
    }
    let ran = moue(&["flow", &a, &b, "-o", &out("twin.npy"), "--device", "reference", "--preset", "two-stream"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert_eq!(flow(&[&a, &b, "-o", &out("preset.npy"), "--poly-n", "2", "--poly-sigma", "1.1"]).code, Some(0));
    assert_eq!(read_npy(&folder.join("preset.npy")), read_npy(&folder.join("twin.npy")), "the preset is those parameters");
}

#[test]
fn a_video_gives_a_flow_a_pair_of_frames() {
    let folder = scratch("flow-video");
    let clip = folder.join("clip");
    fs::create_dir(&clip).unwrap();
    // More than are sent together.
    let paths = frames(&clip, 19);
    let (source, all, each) = (text(&clip), text(folder.join("all.npy")), text(folder.join("each")));
    let ran = flow(&[&source, "--fps", "10", "-o", &all, "--json"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let records = ran.records();
    assert_eq!(records.len(), 18);
    for (number, record) in records.iter().enumerate() {
        assert_eq!((&record["frame"], &record["next_frame"]), (&json!(number), &json!(number + 1)), "{record}");
        let time = |key: &str| record[key].as_f64().unwrap();
        assert!((time("timestamp") - 0.1 * number as f64).abs() < 1e-9, "{record}");
        assert!((time("next_timestamp") - 0.1 * (number + 1) as f64).abs() < 1e-9, "{record}");
    }
    let values = read_npy(&PathBuf::from(&all));
    let size = (2 * WIDTH * HEIGHT) as usize;
    assert_eq!(values.len(), 18 * size);

    let ran = flow(&[&source, "--fps", "10", "-o", &each, "--csv", "--every", "2"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert_eq!(ran.text().lines().count(), 10);
    assert!(ran.text().starts_with("input,to,frame,pts,timestamp,next_frame,"), "{}", ran.text());
    let second = ran.text().lines().nth(2).unwrap().split(',').map(String::from).collect::<Vec<_>>();
    assert_eq!((&second[2], &second[5]), (&"2".to_owned(), &"4".to_owned()));
    assert_eq!(fs::read_dir(&each).unwrap().count(), 9);
    // Each is that of its two pictures.
    for (number, path) in [(0, "000000.flo"), (16, "000016.flo")] {
        let pair = text(folder.join("pair.flo"));
        assert_eq!(flow(&[&text(&paths[number]), &text(&paths[number + 2]), "-o", &pair]).code, Some(0));
        assert_eq!(read_flo(&PathBuf::from(&each).join(path)), read_flo(&PathBuf::from(&pair)));
    }
    let pair = folder.join("pair.npy");
    assert_eq!(flow(&[&text(&paths[16]), &text(&paths[17]), "-o", &text(&pair)]).code, Some(0));
    assert_eq!(read_npy(&pair), values[16 * size..17 * size]);

    let ran = flow(&[&source, "--fps", "10", "-o", &each, "--format", "png", "--to", "0.25"]);
    assert_eq!((ran.code, ran.text().lines().count()), (Some(0), 2), "{}", ran.stderr);
    assert!(PathBuf::from(&each).join("000001.png").is_file() && ran.text().contains("frame 1 at 0.100 s"), "{}", ran.text());
    let ran = flow(&[&source, "--fps", "10", "-o", &each, "--to", "0.05"]);
    assert!(ran.code == Some(1) && ran.stderr.contains("fewer than two frames"), "{}", ran.stderr);
}

#[test]
fn what_cannot_be_answered_is_said_with_the_remedy() {
    let folder = scratch("flow-refused");
    let paths = frames(&folder, 2);
    let [a, b] = [text(&paths[0]), text(&paths[1])];
    let (small, broken, clip) = (text(folder.join("small.png")), text(folder.join("broken.png")), text(folder.join("clip")));
    GrayImage::new(30, 20).save(&small).unwrap();
    fs::write(&broken, b"no picture").unwrap();
    fs::create_dir(&clip).unwrap();
    frames(Path::new(&clip), 3);
    let (npy, png) = (text(folder.join("o.npy")), text(folder.join("o.png")));
    let cases: &[(&[&str], i32, &str)] = &[
        (&[&a, "-o", &npy], 2, "give the other one, or a video"),
        (&[&a, &b], 2, "--output"),
        (&[&a, &b, &a, "-o", &npy], 2, "no more were expected"),
        (&[&a, &b, "-o", "flow.mp4"], 2, ".npy (numbers), .flo (Middlebury's) or .png"),
        (&[&a, &b, "-o", "flow"], 2, "end the name so"),
        (&[&a, &b, "-o", &a], 2, "give another name"),
        (&[&a, &b, "-o", &npy, "--winsize", "1"], 2, "--winsize: 1 cannot be computed: a window has 2 to 1001"),
        (&[&a, &b, "-o", &npy, "--pyr-scale", "1"], 2, "--pyr-scale"),
        (&[&a, &b, "-o", &npy, "--poly-n", "17"], 2, "--poly-n"),
        (&[&a, &b, "-o", &npy, "--iterations", "0"], 2, "--iterations"),
        (&[&a, &b, "-o", &npy, "--every", "2"], 2, "--every"),
        (&[&a, &b, "-o", &npy, "--initial", &broken], 2, "--initial"),
        (&[&a, &b, "-o", &npy, "--device", "no such adapter"], 2, "--device"),
        (&[&clip, "--fps", "5", "-o", &png], 2, "would hold one flow, and a video has many"),
        (&[&clip, "--fps", "5", "-o", &npy, "--initial", &npy], 2, "--initial"),
        (&[&clip, &a, "-o", &npy], 2, "two pictures, or the frames of one video"),
        (&[&a, &small, "-o", &npy], 1, "72 x 66 and of 30 x 20 pixels: flow is between frames of one size"),
        (&[&a, &broken, "-o", &npy], 1, "broken.png"),
        (&[&a, "nothing.png", "-o", &npy], 1, "no such file"),
        (&["nothing.mp4", "-o", &npy], 1, "no such file"),
    ];
    for &(arguments, code, word) in cases {
        let ran = if arguments.contains(&"--device") { moue(&[&["flow"], arguments].concat()) } else { flow(arguments) };
        assert_eq!(ran.code, Some(code), "{arguments:?}: {}", ran.stderr);
        assert!(ran.stderr.contains(word), "{arguments:?}: {}", ran.stderr);
        assert!(!Path::new(&npy).exists(), "{arguments:?} wrote its output");
    }
    // Whoever reads records finds why.
    let ran = flow(&[&a, &small, "-o", &npy, "--json"]);
    let [record] = &ran.records()[..] else { panic!("{}", ran.text()) };
    assert!(record["error"].as_str().unwrap().contains("one size") && record["width"].is_null(), "{record}");
}
