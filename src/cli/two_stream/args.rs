//! What `moue two-stream` is asked for.

use std::path::PathBuf;

use crate::cli::moving::FrameArgs;
use crate::cli::session::DeviceArgs;
use crate::flow::Parameters;
use crate::operators::Rect;
use crate::two_stream::{Beyond, Counted, Equalised, Faces, Means, Options, Outside};

/// Reads 37 facial action units of a video by the two-stream system of Bocklisch and others, 2015
///
/// One network reads the face of a frame, the other the optical flow of ten around it; the mean of both is a unit's probability, and above 0.5 it is there. A model is
/// `moue zoo two_stream -o FILE`, with random weights, or has imported ones. A video is read three times: for the rectangle of its face, for the means of its
/// channels, and for its answers. Where the report and the program of the system differ, the report's way is the default.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A video, animated picture or, with --fps, folder of numbered pictures; with --rect and --means also Y4M on `-`, or `camera:0`
    #[arg(value_name = "INPUT")]
    pub input: PathBuf,
    /// A model file with the members `still` and `motion`
    #[arg(long, value_name = "FILE")]
    pub model: PathBuf,
    /// The rectangle of the face in every frame, in pixels; faces are not looked for then
    #[arg(long, value_name = "X,Y,WIDTH,HEIGHT", value_parser = rect, allow_hyphen_values = true)]
    pub rect: Option<Rect>,
    /// Which face is the video's: the one counted most in every tenth frame, or the one followed longest
    #[arg(long, value_enum, default_value_t = By::Counted, conflicts_with = "rect")]
    pub faces: By,
    /// Means of the channels, 0 to 255: those that a model was trained with, instead of the video's own
    #[arg(long, value_name = "RED,GREEN,BLUE,X,Y", value_parser = means)]
    pub means: Option<Means>,
    /// Over what the luma is equalised: the face in its ellipse, or, as the program does, the whole frame
    #[arg(long, value_enum, default_value_t = Over::Face)]
    pub equalise: Over,
    /// What becomes of motion of more than 10.6 pixels, which a byte does not hold: its end, or, as the program has it to the left and up, what it is beyond 0
    #[arg(long, value_enum, default_value_t = Far::Clamp)]
    pub beyond: Far,
    /// Over which bytes the means of the video are taken: all, or, as the program does, those that are not 0
    #[arg(long, value_enum, default_value_t = Of::All, conflicts_with = "means")]
    pub means_of: Of,
    /// What the networks read around the face: what is left there less the mean, or, as the program has it, 0
    #[arg(long, value_enum, default_value_t = Around::Kept)]
    pub outside: Around,
    /// Neighbours on either side of a pixel that the flow's polynomials are fitted to; OpenCV's usual is 5
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=16))]
    pub poly_n: u32,
    /// Labels of a frame
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub top: usize,
    /// With --json: the probabilities of all labels too, and those of either network
    #[arg(long, requires = "json")]
    pub all: bool,
    #[command(flatten)]
    pub moving: FrameArgs,
    /// One JSON object for the video, then one a frame
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub device: DeviceArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum By {
    Counted,
    Followed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Over {
    Face,
    Frame,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Far {
    Clamp,
    Fold,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Of {
    All,
    Nonzero,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Around {
    Kept,
    Zero,
}

impl Args {
    /// As the library takes them.
    pub fn options(&self) -> Options {
        Options {
            flow: Parameters { poly_n: self.poly_n, ..Parameters::TWO_STREAM },
            equalised: if self.equalise == Over::Frame { Equalised::Frame } else { Equalised::Face },
            beyond: if self.beyond == Far::Fold { Beyond::Folded } else { Beyond::Clamped },
            counted: if self.means_of == Of::Nonzero { Counted::Nonzero } else { Counted::All },
            outside: if self.outside == Around::Zero { Outside::Zero } else { Outside::Kept },
        }
    }

    /// Which face is the video's.
    pub fn faces(&self) -> Faces {
        match self.faces {
            By::Counted => Faces::Counted,
            By::Followed => Faces::Followed,
        }
    }
}

fn rect(text: &str) -> Result<Rect, String> {
    let parts: Vec<i64> = text
        .split(',')
        .map(|part| part.trim().parse())
        .collect::<Result<_, _>>()
        .map_err(|_| "give four whole numbers, as 10,20,200,220")?;
    let [x, y, width, height] = parts[..] else { return Err("give four whole numbers, as 10,20,200,220".into()) };
    let place = -65_535..=65_535_i64;
    if !place.contains(&x) || !place.contains(&y) || !(1..=65_535).contains(&width) || !(1..=65_535).contains(&height) {
        return Err("a rectangle has 1 to 65535 pixels a side".into());
    }
    Ok(Rect { x: x as i32, y: y as i32, width: width as u32, height: height as u32 })
}

fn means(text: &str) -> Result<Means, String> {
    let parts: Option<Vec<f64>> = text.split(',').map(|part| part.trim().parse().ok()).collect();
    let Some([r, g, b, x, y]) = parts.as_deref().map(<[f64]>::to_owned).and_then(|all| <[f64; 5]>::try_from(all).ok()) else {
        return Err("give five numbers, as 120.5,97.2,88.1,128.3,127.9".into());
    };
    if [r, g, b, x, y].iter().any(|mean| !(0.0..=255.0).contains(mean)) {
        return Err("a mean lies between 0 and 255".into());
    }
    Ok(Means { colours: [r, g, b], flows: [x, y] })
}
