//! Videos as jobs: their records are those of the command line, and nothing of them stays.

use std::time::{Duration, Instant};

use image::codecs::gif::GifEncoder;
use image::{Delay, Frame};
use serde_json::Value;

use crate::client::{Serving, portrait};
use crate::support::{moue, scratch, text};

/// Three frames, an animated GIF, which needs no ffmpeg.
fn clip() -> Vec<u8> {
    let face = image::load_from_memory(&portrait()).unwrap().crop_imm(100, 0, 300, 300).thumbnail(160, 160);
    let mut bytes = Vec::new();
    let mut encoder = GifEncoder::new(&mut bytes);
    for turn in 0..3 {
        let frame = if turn == 1 { face.fliph() } else { face.clone() };
        let delay = Delay::from_saturating_duration(Duration::from_millis(100));
        encoder.encode_frame(Frame::from_parts(frame.to_rgba8(), 0, 0, delay)).unwrap();
    }
    drop(encoder);
    bytes
}

fn done(serving: &Serving, place: &str) -> Value {
    let begin = Instant::now();
    loop {
        let progress = serving.get(place).json();
        if progress["state"] == "done" {
            return progress;
        }
        assert!(begin.elapsed() < Duration::from_secs(60), "{progress}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_video_has_the_records_of_the_command_line_and_leaves_nothing() {
    let (folder, clip) = (scratch("videos"), clip());
    let file = folder.join("video");
    std::fs::write(&file, &clip).unwrap();
    let temporary = folder.join("temporary");
    std::fs::create_dir(&temporary).unwrap();
    let mut serving = Serving::with(&["--max-videos", "2"], &[("TMPDIR", &text(&temporary))]);
    let files = || {
        let own = std::fs::read_dir(&temporary).unwrap().next().unwrap().unwrap().path();
        std::fs::read_dir(own).unwrap().count()
    };
    let sent = serving.post("/v1/videos?top=2&landmarks=5", &clip);
    assert_eq!(sent.status, 202, "{}", sent.text());
    let place = sent.header("location").unwrap().to_owned();
    assert_eq!(done(&serving, &place)["frames"], 3);
    let result = serving.get(&format!("{place}/result"));
    assert_eq!((result.status, result.header("content-type")), (200, Some("application/x-ndjson")));
    let ran = moue(&["analyze", &text(&file), "--json", "--device", "cpu", "--top", "2", "--landmarks", "5"]);
    let name = serde_json::to_string(&text(&file)).unwrap();
    // The answer comes in chunks, whose sizes stand on lines of their own.
    let lines: Vec<String> = result.text().lines().filter(|line| line.starts_with('{')).map(str::to_owned).collect();
    assert_eq!(lines, ran.text().replace(&name, "\"video\"").lines().collect::<Vec<_>>());
    assert_eq!(files(), 1, "the video itself is gone, its records are there");
    // No video, and what would make others be opened.
    for wrong in [&b"no video"[..], b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n", b"ffconcat version 1.0\nfile /etc/passwd\n"] {
        let place = serving.post("/v1/videos", wrong).header("location").unwrap().to_owned();
        let error = done(&serving, &place)["error"].as_str().unwrap().to_owned();
        assert!(error.contains("no video of a kind") && !error.contains("moue-serve"), "{error}");
        assert_eq!(serving.get(&format!("{place}/result")).status, 422);
        let full = serving.post("/v1/videos", &clip);
        assert_eq!((full.status, full.header("retry-after")), (429, Some("60")));
        assert_eq!(serving.send("DELETE", &place, &[], b"").unwrap().status, 204);
        assert_eq!(serving.get(&place).status, 404);
    }
    assert_eq!(serving.post("/v1/videos?every=0", &clip).status, 400);
    assert_eq!(serving.post("/v1/videos", b"").status, 400);
    assert_eq!(serving.send("DELETE", &place, &[], b"").unwrap().status, 204);
    assert_eq!(files(), 0);
    #[cfg(unix)]
    {
        serving.signal("TERM");
        assert_eq!(serving.ended(), Some(0));
        assert_eq!(std::fs::read_dir(&temporary).unwrap().count(), 0, "the folder is gone");
    }
    let _ = &mut serving;
}

#[test]
fn frames_bytes_and_time_of_videos_are_bounded() {
    let clip = clip();
    let serving = Serving::start(&["--max-frames", "2", "--keep-videos", "1"]);
    let place = serving.post("/v1/videos?faces=none", &clip).header("location").unwrap().to_owned();
    let progress = done(&serving, &place);
    assert!(progress["frames"] == 2 && progress["error"].as_str().unwrap().contains("the 2 frames"), "{progress}");
    let result = serving.get(&format!("{place}/result")).text();
    assert_eq!(result.lines().filter(|line| line.starts_with("{\"schema\":\"moue.frame/1\"")).count(), 2);
    std::thread::sleep(Duration::from_millis(1100));
    assert_eq!(serving.get(&place).status, 404, "its time is over");
    let mut large = clip;
    large.resize((1 << 20) + 1, 0);
    assert_eq!(Serving::start(&["--max-video", "1"]).post("/v1/videos", &large).status, 413);
    let full = Serving::start(&["--max-disk", "1"]);
    assert_eq!(full.post("/v1/videos", &large).status, 507);
    assert_eq!(full.post("/v1/videos", &large).status, 507, "and the room came back");
    large.truncate(1 << 19);
    assert_eq!(full.post("/v1/videos", &large).status, 202);
}

#[test]
fn the_two_stream_demo_has_the_strongest_units_of_every_frame_and_its_video() {
    let clip = clip();
    let serving = Serving::start(&["--max-videos", "1"]);
    let send = |field: &str, bytes: &[u8]| serving.form("/api/upload", &[("title", None, b"a"), (field, Some("a.gif"), bytes)]);
    let answer = send("video", &clip);
    assert_eq!(answer.status, 200, "{}", answer.text());
    let answer = answer.json();
    assert_eq!(answer["video"]["framerate"], 10.0);
    let place = answer["video"]["url"].as_str().unwrap().to_owned();
    let own = serving.post("/v1/videos?actions=true", &clip);
    assert_eq!(own.status, 202, "what is kept gives way: {}", own.text());
    assert_eq!(serving.get(&place).status, 404);
    let own = own.header("location").unwrap().to_owned();
    done(&serving, &own);
    let result = serving.get(&format!("{own}/result")).text();
    let records: Vec<Value> =
        result.lines().filter(|line| line.contains("moue.frame/1")).map(|line| serde_json::from_str(line).unwrap()).collect();
    let frames = answer["frames"].as_array().unwrap();
    assert_eq!((frames.len(), records.len()), (3, 3));
    for (frame, record) in frames.iter().zip(&records) {
        assert_eq!(frame["frameNumber"], record["frame"]);
        // The second frame has no face: it is elsewhere all at once.
        let actions = &record["faces"][0]["actions"];
        let strongest = actions["strongest"].as_array().cloned().unwrap_or_default();
        let probability = |unit: &Value| actions["units"][unit.as_str().unwrap()]["probability"].clone();
        let expected: Value =
            strongest.iter().map(|unit| serde_json::json!({"label": unit, "prob": probability(unit)})).collect();
        assert_eq!(frame["predictions"], expected);
    }
    assert_eq!(frames[0]["predictions"].as_array().unwrap().len(), 5);
    assert_eq!(send("video", &clip).status, 429, "records do not give way");
    assert_eq!(serving.send("DELETE", &own, &[], b"").unwrap().status, 204);
    assert_eq!(send("film", &clip).status, 400);
    assert!(serving.post("/api/upload", &clip).text().contains("`video`"), "a form is asked for by name");
    assert_eq!(send("video", b"").status, 400);
    assert_eq!(send("video", &portrait()).status, 422);
    let again = send("video", &clip).json();
    let place = again["video"]["url"].as_str().unwrap();
    assert_eq!(again["frames"], answer["frames"]);
    let part = serving.send("GET", place, &[("range", "bytes=6-9")], b"").unwrap();
    assert_eq!((part.status, &part.body[..], part.header("content-type")), (206, &clip[6..10], Some("image/gif")));
    assert_eq!(serving.get(place).body, clip);
    // What others sent is not to be had by this way.
    assert_eq!(serving.get(&own.replace("/v1", "")).status, 404);
}
