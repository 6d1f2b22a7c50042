//! What ffmpeg says on its standard error.

use std::io::{BufRead, BufReader, Read};
use std::sync::mpsc::Sender;

/// Bytes of a line that are kept.
const MOST_BYTES: usize = 4096;
/// Lines about trouble that are kept.
const MOST_LINES: usize = 16;

/// A line, understood.
#[derive(Debug, PartialEq)]
pub enum Told {
    /// Of the next frame: its time in units of the base, where it has one, and its size.
    Frame { pts: Option<i64>, width: u32, height: u32 },
    /// The unit of times, as a fraction of a second; frames a second.
    Base([u64; 2], Option<f64>),
    /// How long the file is, and when it begins, in seconds.
    Length { seconds: Option<f64>, start: f64 },
    /// Frames a second of the video, on average.
    Rate(f64),
    /// A warning or an error.
    Line(String),
}

/// Sends on what is understood, until there is no more or nobody hears it.
pub fn listen(words: impl Read, heard: &Sender<Told>) {
    let mut reader = BufReader::new(words);
    let mut line = Vec::new();
    while let Some(()) = read(&mut reader, &mut line) {
        if let Some(told) = understood(&String::from_utf8_lossy(&line))
            && heard.send(told).is_err()
        {
            // The program must not wait for somebody who reads what it says.
            let _ = std::io::copy(&mut reader, &mut std::io::sink());
            return;
        }
    }
}

/// A line, or as much of it as is kept.
fn read(reader: &mut impl BufRead, line: &mut Vec<u8>) -> Option<()> {
    line.clear();
    reader.by_ref().take(MOST_BYTES as u64).read_until(b'\n', line).ok()?;
    if line.is_empty() {
        return None;
    }
    if !line.ends_with(b"\n") {
        reader.skip_until(b'\n').ok()?;
    }
    Some(())
}

fn understood(line: &str) -> Option<Told> {
    let line = line.trim_end();
    if line.starts_with("[Parsed_showinfo") {
        let (_, said) = line.split_once("] [info] ")?;
        if let Some(said) = said.strip_prefix("config in time_base:") {
            return base(said);
        }
        return if said.starts_with("n:") { frame(said) } else { None };
    }
    if let Some(said) = line.strip_prefix("[info]   Duration: ") {
        let number = |text: &str| text.split(',').next().and_then(|text| text.trim().parse().ok());
        let start = said.split_once("start: ").and_then(|(_, said)| number(said)).unwrap_or(0.0);
        return Some(Told::Length { seconds: seconds(said.split(',').next()?), start });
    }
    if line.starts_with("[info]   Stream #0:") && line.contains(": Video: ") {
        let rate = line.split(", ").find_map(|part| part.strip_suffix(" fps")?.trim().parse().ok())?;
        return Some(Told::Rate(rate));
    }
    let grave = ["[warning] ", "[error] ", "[fatal] ", "[panic] "];
    let (at, mark) = grave.iter().filter_map(|mark| Some((line.find(mark)?, mark))).min()?;
    Some(Told::Line(format!("{}{}", mark.trim_start(), &line[at + mark.len()..])))
}

/// ` 1/15360, frame_rate: 30/1`
fn base(said: &str) -> Option<Told> {
    let fraction = |text: &str| {
        let (part, whole) = text.trim().split_once('/')?;
        Some([part.parse().ok()?, whole.parse().ok()?]).filter(|[part, whole]: &[u64; 2]| *part > 0 && *whole > 0)
    };
    let (base, rate) = said.split_once(',')?;
    let rate = rate.split_once(':').and_then(|(_, rate)| fraction(rate)).map(|[part, whole]| part as f64 / whole as f64);
    Some(Told::Base(fraction(base)?, rate))
}

/// `n:   0 pts:      0 pts_time:0 ... s:640x360 ...`
fn frame(said: &str) -> Option<Told> {
    let after = |key: &str| said.split_once(key).and_then(|(_, rest)| rest.split_whitespace().next());
    let (width, height) = after(" s:")?.split_once('x')?;
    Some(Told::Frame { pts: after(" pts:")?.parse().ok(), width: width.parse().ok()?, height: height.parse().ok()? })
}

/// `00:01:02.50`
fn seconds(text: &str) -> Option<f64> {
    text.trim().split(':').try_fold(0.0, |sum, part| Some(60.0 * sum + part.parse::<f64>().ok()?))
}

/// Warnings and errors: the first ones, and the last.
#[derive(Default)]
pub struct Words {
    lines: Vec<String>,
}

impl Words {
    pub fn add(&mut self, line: String) {
        if self.lines.len() >= MOST_LINES {
            self.lines.remove(MOST_LINES / 2);
        }
        self.lines.push(line);
    }

    fn says(&self, what: &str) -> bool {
        self.lines.iter().any(|line| line.to_lowercase().contains(what))
    }

    /// The last of ffmpeg's own words about an error, without its names for files.
    fn last(&self) -> Option<&str> {
        let mut errors = self.lines.iter().filter(|line| !line.starts_with("[warning]"));
        let line = errors.next_back()?.split_once("] ")?.1;
        Some(line.rsplit_once(": ").map_or(line, |(_, reason)| reason).trim())
    }

    /// Why there is no frame, and what to do.
    pub fn nothing(&self, good: bool, remedy: &str) -> String {
        if self.says("matches no streams") {
            return "it holds no video, only sound or something else: give a file with pictures".into();
        }
        if self.says("not on whitelist") {
            return "it is a playlist or a format that is not read, which could open other files: give the video itself, as MP4, MKV, WebM, AVI or MPEG".into();
        }
        if self.says("max pixel count") || self.says("picture size") {
            return format!(
                "its frames have more than {} pixels: make a smaller copy of it first",
                crate::video::frame::MAX_PIXELS
            );
        }
        if self.says("moov atom not found") {
            return format!("it is no whole video, as its index is not there (ffmpeg: moov atom not found): {remedy}");
        }
        if good || self.says("cannot determine format of input stream") {
            return format!("it holds no frame: {remedy}");
        }
        match self.last() {
            Some(reason) => format!("no frame of it can be read (ffmpeg: {reason}): {remedy}"),
            None => format!("no frame of it can be read, ffmpeg does not say why: {remedy}"),
        }
    }

    /// What is wrong with a video whose frames were read, where something is.
    pub fn damage(&self, good: bool, cut: bool) -> Option<String> {
        let short = ["partial file", "ended prematurely", "truncat"];
        if cut || short.iter().any(|word| self.says(word)) {
            return Some(
                "the file ends before its video does: the frames that are there were read; copy or download it again".into(),
            );
        }
        let damaged = ["corrupt", "damaged", "error while decoding", "invalid nal", "concealing", "invalid data"];
        if damaged.iter().any(|word| self.says(word)) {
            return Some("the file is damaged: frames may be missing or spoiled; copy or download it again".into());
        }
        match (good, self.last()) {
            (true, _) => None,
            (false, Some(reason)) => Some(format!("ffmpeg gave up before its end ({reason}): frames may be missing")),
            (false, None) => Some("ffmpeg gave up before its end: frames may be missing".into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_both_versions_are_understood() {
        let old = "[Parsed_showinfo_2 @ 0x5] [info] n:   1 pts:    512 pts_time:0.0333333 pos:    17707 fmt:rgb24 sar:1/1 s:640x360 i:P iskey:0 type:B ";
        let new = "[Parsed_showinfo_2 @ 0x5] [info] n:   1 pts:    512 pts_time:0.0333333 duration:    512 duration_time:0.03 fmt:rgb24 cl:left sar:1/1 s:640x360 i:P iskey:0 type:B ";
        for line in [old, new] {
            assert_eq!(understood(line), Some(Told::Frame { pts: Some(512), width: 640, height: 360 }));
        }
        let none = "[Parsed_showinfo_2 @ 0x5] [info] n:   1 pts: NOPTS pts_time:NOPTS pos: 1 fmt:rgb24 sar:1/1 s:64x36 i:P";
        assert_eq!(understood(none), Some(Told::Frame { pts: None, width: 64, height: 36 }));
        let config = "[Parsed_showinfo_2 @ 0x5] [info] config in time_base: 1/15360, frame_rate: 30000/1001";
        assert_eq!(understood(config), Some(Told::Base([1, 15360], Some(30000.0 / 1001.0))));
        assert_eq!(understood("[Parsed_showinfo_2 @ 0x5] [info] config out time_base: 0/0, frame_rate: 0/0"), None);
        let length = "[info]   Duration: 00:01:02.50, start: 5.000000, bitrate: 686 kb/s";
        assert_eq!(understood(length), Some(Told::Length { seconds: Some(62.5), start: 5.0 }));
        assert_eq!(understood("[info]   Duration: N/A, bitrate: N/A"), Some(Told::Length { seconds: None, start: 0.0 }));
        let stream = "[info]   Stream #0:0[0x1](und): Video: h264 (High), yuv420p, 640x360 [SAR 1:1 DAR 16:9], 294 kb/s, 29.97 fps, 30 tbr";
        assert_eq!(understood(stream), Some(Told::Rate(29.97)));
        assert_eq!(understood("[mov @ 0x5] [error] moov atom not found"), Some(Told::Line("[error] moov atom not found".into())));
        assert_eq!(understood("[info]     title           : [Parsed_showinfo n: 0 pts: 0 s:9x9"), None);
    }

    #[test]
    fn a_line_without_end_is_kept_in_part() {
        let (sender, heard) = std::sync::mpsc::channel();
        let long = [vec![b'x'; 1 << 20], b"\n[error] what comes next\n".to_vec()].concat();
        listen(&long[..], &sender);
        drop(sender);
        assert_eq!(heard.into_iter().collect::<Vec<_>>(), [Told::Line("[error] what comes next".into())]);
    }
}
