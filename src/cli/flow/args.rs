//! What `moue flow` is asked for.

use std::path::PathBuf;

use super::record::Form;
use super::target::Format;
use crate::cli::moving::FrameArgs;
use crate::cli::outcome::Failure;
use crate::cli::session::DeviceArgs;
use crate::flow::{Parameters, Window};

/// Computes the dense optical flow between two pictures, or between the frames of a video
///
/// Farneback's method, as OpenCV's calcOpticalFlowFarneback computes it on gray pictures: for every pixel how far what lies there has moved, in pixels to the right
/// and down. The flow of a video is one a pair of successive frames; the first of both gives it its number and time.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Two pictures of one size, or one video, animated picture, Y4M on `-`, `camera:0` or, with --fps, folder of numbered pictures
    #[arg(required = true, num_args = 1..=2, value_name = "INPUT")]
    pub inputs: Vec<PathBuf>,
    /// Where to write it: .npy ([H, W, 2] float32), .flo (Middlebury's) or .png (a picture, by the usual wheel of colours); of a video .npy ([N, H, W, 2]), or a folder of one file a pair
    #[arg(short, long, value_name = "FILE|FOLDER")]
    pub output: PathBuf,
    /// Format, where the name of the output does not say it: for a folder [default: flo]
    #[arg(long, value_enum)]
    pub format: Option<Format>,
    /// Parameters by name: `opencv` are those of its documentation, `two-stream` those of a network for action units (Bocklisch and others, 2015). Those below replace single ones
    #[arg(long, value_enum, default_value_t = Preset::Opencv)]
    pub preset: Preset,
    /// How large a level of the pyramid is beside the one below it [default: 0.5]
    #[arg(long, value_name = "SCALE")]
    pub pyr_scale: Option<f64>,
    /// Levels beyond the pictures themselves; fewer where one would have a side below 32 pixels [default: 3]
    #[arg(long, value_name = "N")]
    pub levels: Option<u32>,
    /// Pixels of the side of the window that equations are summed over [default: 15]
    #[arg(long, value_name = "PIXELS")]
    pub winsize: Option<u32>,
    /// How often each level is solved [default: 3]
    #[arg(long, value_name = "N")]
    pub iterations: Option<u32>,
    /// Neighbours on either side of a pixel that its polynomial is fitted to [default: 5, of `two-stream` 2]
    #[arg(long, value_name = "N")]
    pub poly_n: Option<u32>,
    /// Pixels of the Gaussian under which it is fitted; 0 is 0.3 times --poly-n [default: 1.2, of `two-stream` 1.1]
    #[arg(long, value_name = "PIXELS")]
    pub poly_sigma: Option<f64>,
    /// A Gaussian window in the place of a box: OpenCV's flag 256
    #[arg(long)]
    pub gaussian: bool,
    /// Begin with this flow, a .npy or .flo of the pictures' size: OpenCV's flag 4. For two pictures
    #[arg(long, value_name = "FILE")]
    pub initial: Option<PathBuf>,
    /// Pixels that have the full colour in pictures [default: what 99 of 100 of a flow do not exceed]
    #[arg(long, value_name = "PIXELS", value_parser = full)]
    pub full: Option<f32>,
    #[command(flatten)]
    pub moving: FrameArgs,
    /// One JSON object a flow, with its mean and largest length in pixels
    #[arg(long)]
    pub json: bool,
    /// One line a flow, with frames, times and lengths
    #[arg(long, conflicts_with = "json")]
    pub csv: bool,
    #[command(flatten)]
    pub device: DeviceArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Preset {
    Opencv,
    TwoStream,
}

impl Args {
    /// The preset with what was asked for in its place.
    ///
    /// # Errors
    /// [`Failure::Refused`] that names the flag and what it may be.
    pub fn parameters(&self) -> Result<Parameters, Failure> {
        let preset = match self.preset {
            Preset::Opencv => Parameters::OPENCV,
            Preset::TwoStream => Parameters::TWO_STREAM,
        };
        let parameters = Parameters {
            pyr_scale: self.pyr_scale.unwrap_or(preset.pyr_scale),
            levels: self.levels.unwrap_or(preset.levels),
            winsize: self.winsize.unwrap_or(preset.winsize),
            iterations: self.iterations.unwrap_or(preset.iterations),
            poly_n: self.poly_n.unwrap_or(preset.poly_n),
            poly_sigma: self.poly_sigma.unwrap_or(preset.poly_sigma),
            window: if self.gaussian { Window::Gaussian } else { preset.window },
        };
        parameters.check().map_err(|error| {
            // The library's names are those of the flags, but for how they are spelled.
            let text = error.to_string();
            let (name, reason) = text.split_once(": ").unwrap_or(("", &text));
            Failure::at(&format!("--{}", name.replace('_', "-")), reason)
        })?;
        Ok(parameters)
    }

    /// How records are written.
    pub fn form(&self) -> Form {
        match (self.json, self.csv) {
            (true, _) => Form::Json,
            (_, true) => Form::Csv,
            _ => Form::People,
        }
    }
}

fn full(text: &str) -> Result<f32, String> {
    let value = text.parse().map_err(|_| "give pixels, as 2.5".to_owned())?;
    if (1e-3..=1e5).contains(&value) { Ok(value) } else { Err("give 0.001 to 100000 pixels".into()) }
}
