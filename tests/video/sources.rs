//! What is read without ffmpeg: animated pictures, Y4M, folders of numbered pictures.

use std::time::{Duration, Instant};

use image::codecs::gif::GifEncoder;
use image::{Delay, DynamicImage};
use moue::video::{Frame, Frames, Options};

use crate::clips::{EXACT, clip, ffmpeg, frame, made};
use crate::read::{all, are, millis, whole};
use crate::support::{scratch, text};

#[test]
fn animated_pictures_have_their_own_delays() {
    let folder = scratch("video-animated");
    let path = folder.join("a.gif");
    let mut encoder = GifEncoder::new(std::fs::File::create(&path).unwrap());
    for (number, delay) in [40, 120, 70, 500].into_iter().enumerate() {
        let picture = DynamicImage::ImageRgb8(frame(number, 40, 30)).into_rgba8();
        encoder.encode_frame(image::Frame::from_parts(picture, 0, 0, Delay::from_numer_denom_ms(delay, 1))).unwrap();
    }
    drop(encoder);
    let frames = whole(&path);
    are(&frames, 0..4);
    assert_eq!(millis(&frames), [0, 40, 160, 230]);
    // Cut short, what is there.
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(folder.join("cut.gif"), &bytes[..bytes.len() * 3 / 4]).unwrap();
    let (frames, remark) = all(&folder.join("cut.gif"), Options::default());
    assert!((2..4).contains(&frames.len()) && remark.is_some(), "{} {remark:?}", frames.len());
    if !ffmpeg() {
        return;
    }
    let source = text(clip(&folder, "a.mkv", 4, [40, 30], EXACT));
    for (name, encoder, format) in [("a.png", "apng", "apng"), ("a.webp", "libwebp_anim", "webp")] {
        let path = folder.join(name);
        if !made(&["-i", &source, "-c:v", encoder, "-f", format, &text(&path)], b"") {
            println!("SKIPPED: this ffmpeg has no {encoder}");
            continue;
        }
        let frames = whole(&path);
        assert_eq!((frames.len(), millis(&frames)), (4, vec![0, 40, 80, 120]), "{name}");
    }
}

#[test]
fn y4m_is_read_without_ffmpeg_as_ffmpeg_reads_it() {
    let head = b"YUV4MPEG2 W5 H3 F30000:1001 Ip A1:1 C420jpeg\n";
    let plain = |gray: u8| [&b"FRAME\n"[..], &[gray; 15], &[128; 12]].concat();
    let stream = [&head[..], &plain(16), &plain(126), &plain(235)].concat();
    let read = |bytes: Vec<u8>, options| Frames::y4m(std::io::Cursor::new(bytes), "a stream", options).unwrap();
    let frames: Vec<Frame> = read(stream.clone(), Options::default()).collect::<Result<_, _>>().unwrap();
    assert_eq!(frames.iter().map(|frame| frame.picture.get_pixel(4, 2).0).collect::<Vec<_>>(), [[0; 3], [128; 3], [255; 3]]);
    assert_eq!(frames[2].timestamp.as_micros(), 66_733);
    // Cut in a frame, the others.
    let cut = read(stream[..stream.len() - 4].to_vec(), Options::default());
    let report = cut.report();
    assert_eq!((cut.count(), report.remark().is_some()), (2, true));
    // Without a rate, the one that is given.
    let rateless = String::from_utf8_lossy(head).replace(" F30000:1001", "").into_bytes();
    let rateless = [rateless, plain(16), plain(16)].concat();
    let error = read(rateless.clone(), Options::default()).next().unwrap().unwrap_err();
    assert!(error.to_string().contains("--fps"), "{error}");
    let timed: Vec<Frame> = read(rateless, Options { fps: Some(10.0), ..Options::default() }).collect::<Result<_, _>>().unwrap();
    assert_eq!(millis(&timed), [0, 100]);
    if !ffmpeg() {
        return;
    }
    let folder = scratch("video-y4m");
    let source = clip(&folder, "a.mkv", 6, [64, 48], &["-c:v", "ffv1", "-pix_fmt", "yuv420p"]);
    assert!(made(&["-i", &text(&source), "-f", "yuv4mpegpipe", &text(folder.join("a.y4m"))], b""));
    let [ours, theirs] = ["a.y4m", "a.mkv"].map(|name| whole(&folder.join(name)));
    are(&ours, 0..6);
    for (ours, theirs) in ours.iter().zip(&theirs) {
        assert_eq!(ours.timestamp, theirs.timestamp);
        let off = ours.picture.iter().zip(theirs.picture.iter()).filter(|(a, b)| a.abs_diff(**b) > 3).count();
        // Chroma is gray, but where white meets it.
        assert!(off * 50 < ours.picture.len(), "{off}");
    }
}

#[test]
fn a_folder_of_numbered_pictures_is_in_the_order_of_its_numbers() {
    let folder = scratch("video-numbered");
    for number in [2, 10, 9, 100] {
        frame(number, 40, 30).save(folder.join(format!("shot_{number}.png"))).unwrap();
    }
    std::fs::write(folder.join("notes.txt"), b"none").unwrap();
    let (frames, remark) = all(&folder, Options { fps: Some(8.0), ..Options::default() });
    are(&frames, [2, 9, 10, 100]);
    assert_eq!((millis(&frames), remark), (vec![0, 125, 250, 375], None));
    assert_eq!(frames.iter().map(|frame| frame.pts).collect::<Vec<_>>(), [2, 9, 10, 100].map(Some));
    assert!(Frames::open(&folder, Options::default()).unwrap_err().to_string().contains("--fps"));
    // A broken one costs itself only, and is said.
    std::fs::write(folder.join("shot_9.png"), b"no picture").unwrap();
    let (frames, remark) = all(&folder, Options { fps: Some(8.0), ..Options::default() });
    assert_eq!((frames.len(), frames[1].index), (3, 2));
    assert!(remark.unwrap().contains("shot_9.png"));
}

#[test]
fn who_waits_too_long_gives_up() {
    struct Stuck;
    impl std::io::Read for Stuck {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            std::thread::sleep(Duration::from_secs(20));
            Ok(0)
        }
    }
    let begin = Instant::now();
    let mut frames =
        Frames::y4m(Stuck, "a stream", Options { patience: Duration::from_millis(200), ..Options::default() }).unwrap();
    let error = frames.next().unwrap().unwrap_err();
    assert!(error.to_string().contains("a stream: no frame came"), "{error}");
    assert!(frames.next().is_none() && begin.elapsed() < Duration::from_secs(10));
}
