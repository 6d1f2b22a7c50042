//! Which frames of a video are read.

use std::time::Duration;

use crate::video::{Options, Report};

/// `--every`, `--from`, `--to` and `--fps`.
#[derive(Debug, clap::Args)]
pub struct FrameArgs {
    /// Of a video, every N-th frame
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub every: Option<u64>,
    /// Of a video, what is shown from this second on, as of its first frame
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub from: Option<f64>,
    /// Of a video, what is shown before this second
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub to: Option<f64>,
    /// Folders hold the numbered pictures of a video of so many frames a second; also for Y4M that says none. Other videos have their own times
    #[arg(long, value_name = "FRAMES", value_parser = rate)]
    pub fps: Option<f64>,
}

impl FrameArgs {
    /// As the library takes them.
    pub fn options(&self) -> Options {
        let time = |seconds: f64| Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX);
        Options {
            fps: self.fps,
            every: self.every.unwrap_or(1),
            from: time(self.from.unwrap_or(0.0)),
            to: self.to.map(time),
            ..Options::default()
        }
    }

    /// The flags, and whether each was given.
    pub fn given(&self) -> [(&'static str, bool); 4] {
        [
            ("--every", self.every.is_some()),
            ("--from", self.from.is_some()),
            ("--to", self.to.is_some()),
            ("--fps", self.fps.is_some()),
        ]
    }

    /// Why nothing is shown between the times, if so.
    pub fn empty(&self) -> Option<String> {
        let (from, to) = (self.from?, self.to?);
        (to <= from).then(|| format!("nothing is shown from {from} to {to}: give a second after --from"))
    }

    /// How many frames there will be, about, where that can be said.
    pub fn expected(&self, report: &Report) -> Option<u64> {
        let cut = self.from.is_some() || self.to.is_some();
        report.expected().filter(|_| !cut).map(|all| all.div_ceil(self.every.unwrap_or(1)))
    }
}

fn seconds(text: &str) -> Result<f64, String> {
    let value = text.parse().map_err(|_| "give seconds, as 12.5".to_owned())?;
    if (0.0..=1e9).contains(&value) { Ok(value) } else { Err("give seconds from 0 on".into()) }
}

fn rate(text: &str) -> Result<f64, String> {
    let value = text.parse().map_err(|_| "give frames a second, as 25 or 29.97".to_owned())?;
    if (0.001..=10_000.0).contains(&value) { Ok(value) } else { Err("give 0.001 to 10000 frames a second".into()) }
}
