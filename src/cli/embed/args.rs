//! The options of `moue embed`.

use std::path::PathBuf;

use crate::cli::moving::FrameArgs;
use crate::cli::outcome::Failure;
use crate::cli::session::{DeviceArgs, ModelArgs};
use crate::embed::Network;
use crate::recognizer;

/// Writes the faces of pictures and videos to a file, as numbers whose distances mean likeness of expression
///
/// The file (safetensors) has 64 numbers a face, where it is, its expression, how far its eyes are open and how much it smiles: `moue search` looks for faces in it. It is
/// written several times a minute; a run that was ended goes on where the file ends, and pictures that were not changed since are not read again.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Pictures, videos, folders (with all below them) or patterns
    #[arg(required = true, value_name = "INPUT")]
    pub inputs: Vec<PathBuf>,
    /// The file; what lies there is gone on with
    #[arg(short, long, value_name = "FACES.safetensors")]
    pub output: PathBuf,
    /// The name of the folder that a picture or a video lies in is the label of its faces
    #[arg(long)]
    pub labels: bool,
    #[command(flatten)]
    pub model: ModelArgs,
    #[command(flatten)]
    pub embedding: EmbeddingArgs,
    /// Every face found, the largest, or the whole picture as one face, without looking for any
    #[arg(long, value_enum, default_value_t = Faces::All)]
    pub faces: Faces,
    #[command(flatten)]
    pub moving: FrameArgs,
    #[command(flatten)]
    pub device: DeviceArgs,
}

/// `--embedding-model`.
#[derive(Debug, clap::Args)]
pub struct EmbeddingArgs {
    /// A model file of embeddings, instead of the one that moue carries
    #[arg(long = "embedding-model", value_name = "FILE")]
    pub file: Option<PathBuf>,
}

impl EmbeddingArgs {
    /// The network that is asked for.
    pub fn load(&self) -> Result<Network, Failure> {
        let network = self.file.as_deref().map_or_else(Network::embedded, Network::load);
        network.map_err(|error| Failure::at("--embedding-model", error))
    }
}

/// Which faces of a picture are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Faces {
    /// Every face found
    All,
    /// The largest
    Largest,
    /// The whole picture
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

impl Args {
    /// What decides what is read, by option.
    pub fn options(&self) -> [(String, String); 4] {
        let faces = match self.faces {
            Faces::All => "all",
            Faces::Largest => "largest",
            Faces::None => "none",
        };
        let every = self.moving.every.unwrap_or(1);
        let seconds = |given: Option<f64>| given.map_or_else(|| "-".to_owned(), |seconds| seconds.to_string());
        [
            ("faces".to_owned(), faces.to_owned()),
            ("labels".to_owned(), self.labels.to_string()),
            ("every".to_owned(), every.to_string()),
            ("from, to".to_owned(), format!("{}, {}", seconds(self.moving.from), seconds(self.moving.to))),
        ]
    }
}
