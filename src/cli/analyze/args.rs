//! What `moue analyze` is asked for.

use std::path::PathBuf;

use super::units::UnitArgs;
use crate::cli::annotate;
use crate::cli::moving::FrameArgs;
use crate::cli::session::{DeviceArgs, ModelArgs};
use crate::face::{Search, Thoroughness};
use crate::recognizer;

/// Reads the expressions of the faces in pictures and videos
///
/// Videos are decoded by ffmpeg, the program that MOUE_FFMPEG names or that is on the path; animated GIF, WebP and PNG, Y4M and folders of numbered pictures need
/// none. Each frame keeps its true time, in seconds since the first one; faces are followed, and keep their names. 10 bits become 8 without tone mapping.
///
/// A file's name that is no UTF-8 is written with \xHH for each byte that is none, and a backslash before what looks like that as \x5C: names that differ stay
/// apart in every form. What folders hold that is not read is counted on stderr.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Pictures, videos, folders (with all below them), patterns, `-` for a picture or Y4M on standard input, or `camera:0`
    #[arg(required = true, value_name = "INPUT")]
    pub inputs: Vec<PathBuf>,
    #[command(flatten)]
    pub model: ModelArgs,
    /// Give the K most probable labels only, best first
    #[arg(long, value_name = "K", value_parser = clap::value_parser!(u32).range(1..))]
    pub top: Option<u32>,
    /// One JSON object a picture or a frame, one a line; a video ends with one of its own
    #[arg(long, conflicts_with = "csv")]
    pub json: bool,
    /// One line a face, with a header: moue's own table, or the columns and scales of OpenFace or py-feat, for scripts that read those. What moue does not measure
    /// is empty there, and py-feat's seven emotions sum to 1
    #[arg(long, value_enum, value_name = "TABLE", num_args = 0..=1, require_equals = true, default_missing_value = "moue")]
    pub csv: Option<Table>,
    /// Write the JSON records to this file instead, and go on where it ends if it exists: what it answers is not read again, what failed is. Records of another
    /// model or of other options are refused
    #[arg(long, value_name = "OUT.jsonl", conflicts_with_all = ["csv", "top"])]
    pub resume: Option<PathBuf>,
    /// Draw boxes, labels and bars: into a picture file (for one picture), a .mp4, .mov, .mkv (with the sound) or .gif (for one video), or into a folder (a PNG a
    /// picture, an MP4 a video)
    #[arg(long, value_name = "FILE|DIR")]
    pub annotate: Option<PathBuf>,
    /// Draw what the networks looked at, fused and member by member, when they read each face's expression: into a picture file, or into a folder
    #[arg(long, value_name = "FILE|DIR")]
    pub explain: Option<PathBuf>,
    /// Draw a video's five most probable expressions over its time, as a picture (SVG): the mean of the faces of a frame
    #[arg(long, value_name = "FILE.svg")]
    pub plot: Option<PathBuf>,
    #[command(flatten)]
    pub moving: FrameArgs,
    /// Of a video, smooth each face's probabilities: an exponential mean over true time with this time constant, as 0.5. What was smoothed says so
    #[arg(long, value_name = "SECONDS", value_parser = constant, conflicts_with = "resume")]
    pub smooth: Option<f64>,
    /// Every face found, the largest, or the whole picture as one face, without looking for any
    #[arg(long, value_enum, default_value_t = Faces::All)]
    pub faces: Faces,
    /// How thoroughly faces are looked for
    #[arg(long, value_enum, default_value_t = Find::Normal)]
    pub find: Find,
    /// Width of the smallest face that is looked for, in pixels [default: 24, or a 64th of the longer side; thoroughly 16]
    #[arg(long, value_name = "PIXELS", value_parser = clap::value_parser!(u32).range(8..=65_535))]
    pub min_face: Option<u32>,
    /// Least score of a face, 0 to 1 [default: 0.8]
    #[arg(long, value_name = "SCORE")]
    pub min_score: Option<f64>,
    /// With --annotate: draw the points of each face too, joined to its contours, or to the whole mesh
    #[arg(long, value_enum, value_name = "LINES", num_args = 0..=1, require_equals = true, default_missing_value = "contours", requires = "annotate")]
    pub mesh: Option<Mesh>,
    /// In JSON records: the points of each face [x, y, z] in pixels, all 478 of MediaPipe's mesh, or the usual 68 or 5 of them
    #[arg(long, value_name = "N", value_parser = ["5", "68", "478"])]
    pub landmarks: Option<String>,
    /// In JSON records: the 52 blendshapes of each face
    #[arg(long)]
    pub blendshapes: bool,
    /// In JSON records: 64 numbers of each face, whose distances mean likeness of expression
    #[arg(long)]
    pub embed: bool,
    #[command(flatten)]
    pub units: UnitArgs,
    /// Average five crops and their mirrors, whatever the model says: slower, steadier
    #[arg(long)]
    pub oversample: bool,
    /// Say at the end where the time went: stages, kernels, faces a second, memory
    #[arg(long, short)]
    pub verbose: bool,
    #[command(flatten)]
    pub device: DeviceArgs,
}

/// The columns of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Table {
    /// moue's own
    Moue,
    /// Of OpenFace 2
    #[value(name = "openface")]
    OpenFace,
    /// Of py-feat
    #[value(name = "py-feat")]
    PyFeat,
}

/// Which lines of a face are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Mesh {
    /// Lips, eyes, brows, irises and the face's oval.
    Contours,
    /// All edges.
    Whole,
}

impl From<Mesh> for annotate::Mesh {
    fn from(mesh: Mesh) -> Self {
        match mesh {
            Mesh::Contours => Self::Contours,
            Mesh::Whole => Self::Whole,
        }
    }
}

/// How thoroughly faces are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Find {
    /// Large faces, at a glance
    Fast,
    /// Faces of 24 pixels and more, in photographs of more than 1536 pixels of a 64th of the longer side
    Normal,
    /// Faces of 16 pixels and more, of 24 lying and upside down too
    Thorough,
}

impl Args {
    /// How faces are looked for.
    pub fn search(&self) -> Search {
        Search {
            thoroughness: match self.find {
                Find::Fast => Thoroughness::Fast,
                Find::Normal => Thoroughness::Normal,
                Find::Thorough => Thoroughness::Thorough,
            },
            min_face: self.min_face,
            min_score: self.min_score,
            blendshapes: self.blendshapes,
        }
    }
}

/// Which faces of a picture are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Faces {
    /// Every face found.
    All,
    /// The largest box.
    Largest,
    /// The whole picture.
    None,
}

impl From<Faces> for recognizer::Faces {
    fn from(faces: Faces) -> Self {
        match faces {
            Faces::All => Self::All,
            Faces::Largest => Self::Largest,
            Faces::None => Self::None,
        }
    }
}

fn constant(text: &str) -> Result<f64, String> {
    let value = text.parse().map_err(|_| "give seconds, as 0.5".to_owned())?;
    if (0.001..=3600.0).contains(&value) { Ok(value) } else { Err("give 0.001 to 3600 seconds".into()) }
}
