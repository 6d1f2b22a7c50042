//! Videos drawn into, and their plot.

use moue::video::{Frame, Frames, Options};

use crate::clips::{EXACT, H264, clip, ffmpeg, folder, made, portrait, said};
use crate::support::{moue, text};

fn frames(path: &std::path::Path) -> Vec<Frame> {
    Frames::open(path, Options::default()).unwrap().collect::<Result<_, _>>().unwrap()
}

#[test]
fn a_drawn_video_has_the_frames_the_times_and_the_sound_of_its_input() {
    if !ffmpeg() {
        return;
    }
    let (folder, model) = folder("drawn");
    let silent = text(portrait(
        &folder,
        "silent.mkv",
        10,
        &[&["-vf", "settb=1/1000,setpts=N*N*10+40", "-fps_mode", "passthrough", "-enc_time_base", "1:1000"][..], EXACT].concat(),
    ));
    let (input, output) = (folder.join("in.mp4"), folder.join("out.mp4"));
    let mixed = [
        "-i",
        &silent,
        "-f",
        "lavfi",
        "-i",
        "sine=d=1",
        "-map",
        "0:v",
        "-map",
        "1:a",
        "-c:v",
        "libx264",
        "-qp",
        "8",
        "-pix_fmt",
        "yuv420p",
        "-fps_mode",
        "passthrough",
        "-enc_time_base",
        "1:1000",
        "-c:a",
        "aac",
        &text(&input),
    ]
    .map(String::from);
    assert!(made(&mixed.iter().map(String::as_str).collect::<Vec<_>>(), b""));
    let ran = moue(&["analyze", &text(&input), "--json", "--device", "cpu", "--model", &model, "--annotate", &text(&output)]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let [before, after] = [frames(&input), frames(&output)];
    assert_eq!(before.len(), after.len());
    for (before, after) in before.iter().zip(&after) {
        assert!(before.timestamp.abs_diff(after.timestamp).as_micros() <= 1100, "{:?} {:?}", before.timestamp, after.timestamp);
        // A small frame is enlarged by a whole number; the running chart is below it.
        let (size, drawn) = (before.picture.dimensions(), after.picture.dimensions());
        let factor = drawn.0 / size.0;
        assert!(drawn.0 == factor * size.0 && drawn.1 > factor * size.1, "{size:?} {drawn:?}");
        let changed = before
            .picture
            .enumerate_pixels()
            .filter(|&(x, y, pixel)| {
                let there = after.picture.get_pixel(x * factor + factor / 2, y * factor + factor / 2);
                pixel.0.iter().zip(there.0).any(|(a, b)| a.abs_diff(b) > 60)
            })
            .count();
        assert!((300..30_000).contains(&changed), "{changed}");
    }
    // The packets of the sound are the same bytes.
    let sound = |path: &std::path::Path| {
        said("ffmpeg", &["-v", "error", "-i", &text(path), "-map", "0:a", "-c", "copy", "-f", "md5", "-"])
    };
    assert!(sound(&input).starts_with("MD5=") && sound(&input) == sound(&output));
    // What begins together still does, to a frame.
    let starts = |path: &std::path::Path| -> f64 {
        let start = |stream: &str| {
            said(
                "ffprobe",
                &["-v", "error", "-select_streams", stream, "-show_entries", "stream=start_time", "-of", "csv=p=0", &text(path)],
            )
            .trim()
            .parse::<f64>()
            .unwrap()
        };
        start("v") - start("a")
    };
    assert!((starts(&input) - starts(&output)).abs() < 0.03, "{} {}", starts(&input), starts(&output));
}

#[test]
fn a_gif_has_the_frames_and_the_delays() {
    if !ffmpeg() {
        return;
    }
    let (folder, model) = folder("drawn-gif");
    let times = ["-vf", "settb=1/1000,setpts=N*N*20", "-fps_mode", "passthrough", "-enc_time_base", "1:1000"];
    let input = clip(&folder, "a.mkv", 5, [320, 260], &[&times[..], EXACT].concat());
    let output = folder.join("out.gif");
    let ran =
        moue(&["analyze", &text(&input), "--device", "cpu", "--model", &model, "--faces", "none", "--annotate", &text(&output)]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let times: Vec<u128> = frames(&output).iter().map(|frame| frame.timestamp.as_millis()).collect();
    assert_eq!(times, [0, 20, 80, 180, 320]);
}

#[test]
fn other_endings_and_resumed_runs_are_refused() {
    if !ffmpeg() {
        return;
    }
    let (folder, model) = folder("drawn-refused");
    let input = text(clip(&folder, "a.mp4", 2, [64, 48], H264));
    let run =
        |more: &[&str]| moue(&[&["analyze", &input, "--device", "cpu", "--model", &model, "--faces", "none"][..], more].concat());
    for more in [
        &["--annotate", "out.png"][..],
        &["--annotate", "out.mp4", "--resume", &text(folder.join("a.jsonl"))],
        &["--explain", "out.png"],
        &["--annotate", &input],
    ] {
        let ran = run(more);
        assert!(ran.code == Some(2) && ran.stderr.contains(more[0]), "{more:?}: {}", ran.stderr);
    }
}

#[test]
fn the_plot_has_a_line_for_each_of_the_strongest() {
    if !ffmpeg() {
        return;
    }
    let (folder, model) = folder("plot");
    let input = text(portrait(&folder, "a.mp4", 8, H264));
    let plot = folder.join("plot.svg");
    let ran = moue(&["analyze", &input, "--json", "--device", "cpu", "--model", &model, "--plot", &text(&plot)]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let svg = std::fs::read_to_string(&plot).unwrap();
    let top = ran.records().last().unwrap()["top"].as_array().unwrap().len();
    assert_eq!(svg.matches("<path").count(), top);
    // Eight frames in 0.28 s: the fifth is 4/7 to the right.
    assert!(svg.contains(&format!("L{:.2} ", 56.0 + 840.0 * 4.0 / 7.0)), "{svg}");
}
