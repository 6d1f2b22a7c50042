//! Files that would make ffmpeg open others, and ffmpeg that is not there.

use crate::clips::{EXACT, clip, ffmpeg, folder, frame};
use crate::support::{Ran, command, moue, text};

/// What another file's frames would be answered with.
#[test]
fn a_playlist_opens_nothing() {
    if !ffmpeg() {
        return;
    }
    let (folder, model) = folder("hostile");
    let other = clip(&folder, "other.mkv", 3, [64, 48], EXACT);
    let lists = [
        ("concat.mp4", format!("ffconcat version 1.0\nfile {}\n", text(&other))),
        ("hls.mp4", format!("#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{}\n#EXT-X-ENDLIST\n", text(&other))),
        ("dash.mp4", "<?xml version=\"1.0\"?><MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\" type=\"static\"></MPD>".to_owned()),
        (
            "sdp.mp4",
            "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\na=rtpmap:96 H264/90000\n"
                .to_owned(),
        ),
    ];
    for (name, list) in lists {
        let path = folder.join(name);
        std::fs::write(&path, list).unwrap();
        let ran = moue(&["analyze", &text(&path), "--json", "--device", "cpu", "--model", &model, "--faces", "none"]);
        assert_eq!(ran.code, Some(1), "{name}: {}", ran.stderr);
        let [record] = &ran.records()[..] else { panic!("{name}: {}", ran.text()) };
        assert_eq!((&record["schema"], &record["frames"]), (&"moue.video/1".into(), &0.into()), "{name}");
        let error = record["error"].as_str().unwrap();
        assert!(error.contains("give the video itself") || error.contains("convert it to MP4"), "{name}: {error}");
    }
}

#[test]
fn without_ffmpeg_the_error_says_what_to_install_and_others_are_answered() {
    let (folder, model) = folder("without");
    let (video, picture) = (folder.join("a.mp4"), folder.join("a.png"));
    std::fs::write(&video, b"\0\0\0\x20ftypisom\0\0\0\0").unwrap();
    frame(0, 64, 48).save(&picture).unwrap();
    let inputs = [text(&video), text(&picture)];
    let arguments = ["analyze", &inputs[0], &inputs[1], "--json", "--device", "cpu", "--model", &model, "--faces", "none"];
    let ran = Ran::of(command(&arguments).env("MOUE_FFMPEG", folder.join("not there")).output().unwrap());
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    let records = ran.records();
    let error = records[0]["error"].as_str().unwrap();
    assert!(["a.mp4", "install ffmpeg", "MOUE_FFMPEG"].iter().all(|word| error.contains(word)), "{error}");
    assert_eq!((&records[1]["schema"], records[1]["faces"].as_array().unwrap().len()), (&"moue.analyze/1".into(), 1));
}
