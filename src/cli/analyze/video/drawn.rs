//! `--annotate` of a video: its frames, drawn into, at their true times, as a video by ffmpeg with the sound as it is, or as a GIF.

use std::ffi::OsString;
use std::fs::File;
use std::io::{BufWriter, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::thread::JoinHandle;
use std::time::Duration;

use image::codecs::gif::{GifEncoder, Repeat};
use image::imageops::{FilterType, resize};
use image::{Delay, DynamicImage, RgbImage};

use super::matroska::Matroska;
use crate::cli::analyze::args::Args;
use crate::cli::files;
use crate::cli::inputs::{Input, Source};
use crate::error::{Error, Result, plain};
use crate::video::{self, Kind, Report};

/// Bytes of ffmpeg's errors that are kept.
const MOST_WORDS: u64 = 4096;
/// Hundredths of a second that the last picture of a GIF is shown, where there is but one.
const LAST: u32 = 10;

/// A video in the making; its size is that of the first frame.
pub struct Drawn {
    path: PathBuf,
    /// Whose sound is taken.
    sound: Option<PathBuf>,
    from: f64,
    length: Option<f64>,
    report: Report,
    size: (u32, u32),
    /// Of the first frame that is drawn.
    first: Duration,
    way: Option<Way>,
}

enum Way {
    Gif(Box<Gif>),
    Program(Box<Program>),
}

struct Gif {
    encoder: GifEncoder<BufWriter<File>>,
    /// It is written when the next one's time is known.
    waiting: Option<(RgbImage, Duration)>,
    delay: u32,
}

struct Program {
    child: Child,
    stream: Matroska<BufWriter<ChildStdin>>,
    words: JoinHandle<String>,
}

impl Drawn {
    pub fn new(path: &Path, input: &Input, args: &Args, report: Report) -> Self {
        let sound = match &input.source {
            Source::Video(path) if path.is_file() => {
                Some(path).filter(|path| !matches!(Kind::of(path), Ok(Some(Kind::Animation(_) | Kind::Y4m))))
            }
            _ => None,
        };
        let from = args.moving.from.unwrap_or(0.0);
        let length = args.moving.to.map(|to| (to - from).max(0.0));
        Self { path: path.into(), sound: sound.cloned(), from, length, report, size: (0, 0), first: Duration::ZERO, way: None }
    }

    /// The next frame, at its time since the first one of the video.
    pub fn add(&mut self, picture: RgbImage, timestamp: Duration) -> Result<()> {
        if self.way.is_none() {
            (self.size, self.first) = (picture.dimensions(), timestamp);
            files::make_room(&self.path)?;
            let gif = self.path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("gif"));
            self.way = Some(if gif { Way::Gif(Box::new(Gif::new(&self.path)?)) } else { Way::Program(Box::new(self.start()?)) });
        }
        let (width, height) = self.size;
        let picture =
            if picture.dimensions() == self.size { picture } else { resize(&picture, width, height, FilterType::Triangle) };
        match &mut self.way {
            Some(Way::Gif(gif)) => gif.add(picture, timestamp).map_err(|reason| self.failed(reason)),
            Some(Way::Program(program)) => {
                match program.stream.add(&picture, timestamp.saturating_sub(self.first)) {
                    Ok(()) => Ok(()),
                    // Why is what it says itself.
                    Err(error) => Err(match self.way.take() {
                        Some(Way::Program(program)) => match program.finish() {
                            Err(reason) => self.failed(reason),
                            Ok(()) => self.failed(plain(&error)),
                        },
                        _ => self.failed(plain(&error)),
                    }),
                }
            }
            None => Ok(()),
        }
    }

    /// There is no other frame.
    pub fn finish(self) -> Result<()> {
        let path = self.path.clone();
        let failed = |reason: String| Error::Video(format!("{}: {reason}", path.display()));
        match self.way {
            None => Err(failed("there is no frame to draw".into())),
            Some(Way::Gif(gif)) => gif.finish().map_err(failed),
            Some(Way::Program(program)) => program.finish().map_err(failed),
        }
    }

    fn failed(&self, reason: String) -> Error {
        Error::Video(format!("{}: {reason}", self.path.display()))
    }

    fn start(&self) -> Result<Program> {
        let file = |path: &Path| {
            let mut name = OsString::from("file:");
            name.push(path);
            name
        };
        let mut command = Command::new(video::ffmpeg());
        // How much later than the sound the first frame is shown: ffmpeg lets every input begin at 0.
        let delay = self.report.delay().as_secs_f64();
        let (skipped, later) =
            if self.from > 0.0 { (self.from + delay, self.first.as_secs_f64() - self.from) } else { (0.0, delay) };
        command.args(["-nostdin", "-hide_banner", "-loglevel", "error", "-y", "-itsoffset"]).arg(later.max(0.0).to_string());
        command.args(["-f", "matroska", "-i", "pipe:0"]);
        if let Some(sound) = &self.sound {
            command.args(["-protocol_whitelist", "file,pipe", "-ss"]).arg(skipped.to_string());
            if let Some(length) = self.length {
                command.args(["-t"]).arg(length.to_string());
            }
            command.arg("-i").arg(file(sound)).args(["-map", "0:v:0", "-map", "1:a?", "-c:a", "copy"]);
        }
        // Encoders want even sides, and take times for those of a constant rate unless they are told finer ones.
        command.args([
            "-fps_mode",
            "passthrough",
            "-enc_time_base",
            "1:90000",
            "-vf",
            "pad=ceil(iw/2)*2:ceil(ih/2)*2",
            "-pix_fmt",
            "yuv420p",
        ]);
        if !self.path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("mkv")) {
            command.args(["-video_track_timescale", "90000", "-movflags", "+faststart"]);
        }
        command.arg(file(&self.path)).env_remove("FFREPORT").env_remove("AV_LOG_FORCE_COLOR");
        let spawned = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn();
        let mut child =
            spawned.map_err(|error| self.failed(format!("ffmpeg, which writes videos, does not start: {}", plain(&error))))?;
        let (Some(stdin), Some(stderr)) = (child.stdin.take(), child.stderr.take()) else {
            return Err(Error::Defect("ffmpeg without pipes".into()));
        };
        let listen = move || {
            let (mut kept, mut stderr) = (Vec::new(), stderr);
            let _ = stderr.by_ref().take(MOST_WORDS).read_to_end(&mut kept);
            let _ = std::io::copy(&mut stderr, &mut std::io::sink());
            String::from_utf8_lossy(&kept).into_owned()
        };
        let words = std::thread::Builder::new().name("moue annotate".into()).spawn(listen);
        let words = words.map_err(|error| Error::Defect(format!("the system gives no thread: {error}")))?;
        let stream =
            Matroska::new(BufWriter::new(stdin), self.size.0, self.size.1).map_err(|error| self.failed(plain(&error)))?;
        Ok(Program { child, stream, words })
    }
}

impl Program {
    fn finish(self) -> Result<(), String> {
        let Self { mut child, stream, words } = self;
        // Closed, it says that there is no more.
        drop(stream.into_inner().into_inner().map_err(|error| plain(error.error())));
        let status = child.wait().map_err(|error| plain(&error))?;
        let words = words.join().unwrap_or_default();
        if status.success() {
            return Ok(());
        }
        let reason = words.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("it does not say why").trim().to_owned();
        let sound = words.contains("codec") && words.contains("not currently supported in container");
        let remedy = if sound { ": its sound does not fit there, give a name that ends in .mkv" } else { "" };
        Err(format!("ffmpeg could not write it ({reason}){remedy}"))
    }
}

impl Gif {
    fn new(path: &Path) -> Result<Self> {
        let file = File::create(path).map_err(|error| Error::io(path, error))?;
        let mut encoder = GifEncoder::new_with_speed(BufWriter::new(file), 10);
        let _ = encoder.set_repeat(Repeat::Infinite);
        Ok(Self { encoder, waiting: None, delay: LAST })
    }

    fn add(&mut self, picture: RgbImage, time: Duration) -> Result<(), String> {
        // Of times, and not of what lies between them, hundredths: they do not run away.
        let hundredths = |time: Duration| ((time.as_millis() + 5) / 10) as u32;
        if let Some((before, since)) = self.waiting.take() {
            self.delay = hundredths(time).saturating_sub(hundredths(since));
            self.encode(before)?;
        }
        self.waiting = Some((picture, time));
        Ok(())
    }

    fn encode(&mut self, picture: RgbImage) -> Result<(), String> {
        let delay = Delay::from_numer_denom_ms(10 * self.delay, 1);
        let frame = image::Frame::from_parts(DynamicImage::ImageRgb8(picture).into_rgba8(), 0, 0, delay);
        self.encoder.encode_frame(frame).map_err(|error| error.to_string())
    }

    fn finish(mut self) -> Result<(), String> {
        self.waiting.take().map_or(Ok(()), |(picture, _)| self.encode(picture))
    }
}
