//! `moue serve`.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::outcome::{Failure, Outcome, Status};
use super::session::{DeviceArgs, ModelArgs};
use super::terminal;
use crate::error::Error;
use crate::serve::{self, Config, Limits};

/// The token's variable: it is no flag, as other programs see those.
const TOKEN: &str = "MOUE_TOKEN";

/// Answers over HTTP: pictures in, the records of `moue analyze --json` out
///
/// POST a picture to /v1/analyze, or several as a form; its parameters are the options of `moue analyze`. /docs says what else there is. Pictures of several clients are
/// read together. SIGTERM and SIGINT: it answers what it took, and ends.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Where it listens; 0.0.0.0 is everywhere
    #[arg(long, env = "MOUE_HOST", value_name = "ADDRESS", default_value = "127.0.0.1")]
    host: String,
    /// Port; 0 is one that is free
    #[arg(long, env = "MOUE_PORT", value_name = "PORT", default_value_t = 5005)]
    port: u16,
    /// A file whose only line is the token that clients must send, as `Authorization: Bearer TOKEN` or `x-api-key: TOKEN` [or MOUE_TOKEN, the token itself]
    #[arg(long, env = "MOUE_TOKEN_FILE", value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// An origin whose pages may ask, as https://example.org; several with commas. By default none may
    #[arg(long, env = "MOUE_CORS", value_name = "ORIGIN", value_delimiter = ',')]
    cors: Vec<String>,
    /// A folder with the page that `cargo xtask web --no-serve` builds, web/dist-app: served at `/`
    #[arg(long, env = "MOUE_PAGE", value_name = "FOLDER")]
    page: Option<PathBuf>,
    /// A model that moue carries, by name, or a model file
    #[arg(long, env = "MOUE_MODEL", value_name = "NAME|FILE", default_value = "default")]
    model: String,
    /// As in `moue analyze`: an adapter of `moue devices`, or `cpu` [default: the best GPU, or `cpu`]
    #[arg(long, env = "MOUE_DEVICE", value_name = "DEVICE")]
    device: Option<String>,
    /// Threads that decode pictures and find faces at most, and as many that compute, where the processor does [default: as many as there are]
    #[arg(long, env = "MOUE_THREADS", value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// As in `moue analyze`: time how each convolution can be computed on this adapter, and keep what is fastest
    #[arg(long, env = "MOUE_TUNE")]
    tune: bool,
    /// Seconds that a request may wait for its answer: 504 then
    #[arg(long, env = "MOUE_DEADLINE", value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=3600))]
    deadline: u64,
    /// Seconds that a client may take to send a request
    #[arg(long, env = "MOUE_READ_TIMEOUT", value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=3600))]
    read_timeout: u64,
    /// Mebibytes of a request's body at most: 413 beyond
    #[arg(long, env = "MOUE_MAX_BODY", value_name = "MIB", default_value_t = 32, value_parser = clap::value_parser!(u64).range(1..=1024))]
    max_body: u64,
    /// Mebibytes of all bodies that are received or wait at most: 429 beyond
    #[arg(long, env = "MOUE_MAX_BODIES", value_name = "MIB", default_value_t = 256, value_parser = clap::value_parser!(u64).range(1..=65_536))]
    max_bodies: u64,
    /// Megapixels of one picture at most, as its head says: 422 beyond
    #[arg(long, env = "MOUE_MAX_PICTURE", value_name = "MP", default_value_t = 64, value_parser = clap::value_parser!(u64).range(1..=134))]
    max_picture: u64,
    /// Megapixels of all pictures that wait or are read at most: 429 beyond
    #[arg(long, env = "MOUE_MAX_WAITING_PIXELS", value_name = "MP", default_value_t = 256, value_parser = clap::value_parser!(u64).range(1..=65_536))]
    max_waiting_pixels: u64,
    /// Pictures that wait or are read at most: 429 beyond
    #[arg(long, env = "MOUE_MAX_WAITING", value_name = "N", default_value_t = 256, value_parser = clap::value_parser!(u64).range(1..=65_536))]
    max_waiting: u64,
    /// Connections at the same time at most
    #[arg(long, env = "MOUE_MAX_CONNECTIONS", value_name = "N", default_value_t = 1024, value_parser = clap::value_parser!(u64).range(1..=65_536))]
    max_connections: u64,
    /// Videos that wait, are read or are kept at most: 429 beyond
    #[arg(long, env = "MOUE_MAX_VIDEOS", value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u64).range(0..=65_536))]
    max_videos: u64,
    /// Mebibytes of a video at most: 413 beyond
    #[arg(long, env = "MOUE_MAX_VIDEO", value_name = "MIB", default_value_t = 512, value_parser = clap::value_parser!(u64).range(1..=1_048_576))]
    max_video: u64,
    /// Mebibytes of the files of all videos and of their records at most: 507 beyond. They lie in the system's folder for temporary files, which TMPDIR names
    #[arg(long, env = "MOUE_MAX_DISK", value_name = "MIB", default_value_t = 4096, value_parser = clap::value_parser!(u64).range(1..=1_048_576))]
    max_disk: u64,
    /// Frames of a video that are read at most
    #[arg(long, env = "MOUE_MAX_FRAMES", value_name = "N", default_value_t = 100_000, value_parser = clap::value_parser!(u64).range(1..))]
    max_frames: u64,
    /// Seconds that the records of a video are kept
    #[arg(long, env = "MOUE_KEEP_VIDEOS", value_name = "SECONDS", default_value_t = 3600, value_parser = clap::value_parser!(u64).range(1..=604_800))]
    keep_videos: u64,
}

/// Serves until it is told to end.
pub fn run(args: &Args) -> Outcome {
    let token = token(args)?;
    let model = ModelArgs::named(&args.model).load()?;
    let device = DeviceArgs::new(args.device.clone(), args.threads, args.tune);
    let listener = serve::bind(&args.host, args.port)?;
    let address = listener.local_addr().map_err(|error| Error::io("the socket", error))?;
    if !address.ip().is_loopback() && token.is_none() {
        terminal::warning(format!("everybody who reaches {address} may ask: --token-file lets in who has the token"));
    }
    let config = Config {
        model,
        open: Box::new(move || {
            device.open().map_err(|failure| match failure {
                Failure::Refused(reason) => Error::Argument(reason),
                Failure::PipeClosed => Error::Argument("stdout: it is closed".into()),
            })
        }),
        threads: args.threads.map(usize::from),
        token,
        cors: args.cors.iter().filter(|origin| !origin.is_empty()).cloned().collect(),
        page: args.page.clone(),
        limits: limits(args),
        log: Arc::new(|line| terminal::note(format!("moue serve: {line}"))),
    };
    terminal::note(format!("moue serve: listens on http://{address}"));
    serve::run(config, listener)?;
    Ok(Status::Complete)
}

fn limits(args: &Args) -> Limits {
    let size = |count: u64, unit: u64| usize::try_from(count * unit).unwrap_or(usize::MAX);
    Limits {
        body: size(args.max_body, 1 << 20),
        bodies: size(args.max_bodies.max(args.max_body), 1 << 20),
        picture: args.max_picture * 1_000_000,
        pixels: args.max_waiting_pixels.max(args.max_picture) * 1_000_000,
        pictures: size(args.max_waiting, 1),
        connections: size(args.max_connections, 1),
        deadline: Duration::from_secs(args.deadline),
        patience: Duration::from_secs(args.read_timeout),
        videos: size(args.max_videos, 1),
        video: args.max_video << 20,
        disk: args.max_disk << 20,
        frames: args.max_frames,
        keep: Duration::from_secs(args.keep_videos),
    }
}

/// What clients must send, where they must.
fn token(args: &Args) -> Result<Option<String>, Failure> {
    let variable = match std::env::var(TOKEN) {
        Ok(token) if !token.is_empty() => Some(token),
        Err(std::env::VarError::NotUnicode(_)) => return Err(Failure::at(TOKEN, "it is no UTF-8 text: give another token")),
        _ => None,
    };
    let (token, by) = match (&args.token_file, variable) {
        (None, None) => return Ok(None),
        (Some(_), Some(_)) => return Err(Failure::at("--token-file", format!("{TOKEN} has one, too: give one of them"))),
        (None, Some(token)) => (token, TOKEN),
        (Some(path), None) => {
            let text = std::fs::read_to_string(path);
            (text.map_err(|error| Failure::at("--token-file", Error::io(path, error)))?, "--token-file")
        }
    };
    let token = token.trim();
    if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Failure::at(
            by,
            "a token is one line of letters, digits and signs, without spaces: make one by `openssl rand -hex 32`",
        ));
    }
    Ok(Some(token.to_owned()))
}
