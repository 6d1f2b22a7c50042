//! `moue embed`.

mod reading;
mod store;

use std::path::PathBuf;

use super::inputs::{self, Wanted};
use super::moving::FrameArgs;
use super::outcome::{Failure, Outcome, Status};
use super::session::{self, DeviceArgs, ModelArgs};
use super::{files, terminal};
use crate::embed::Network;
use crate::face::Search;
use crate::recognizer;
pub use reading::row;
use store::Store;

/// Writes the faces of pictures and videos to a file, as numbers whose distances mean likeness of expression
///
/// The file (safetensors) has 64 numbers a face, where it is, its expression, how far its eyes are open and how much it smiles: `moue search` looks for faces in it. It is
/// written several times a minute; a run that was ended goes on where the file ends, and pictures that were not changed since are not read again.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Pictures, videos, folders (with all below them) or patterns
    #[arg(required = true, value_name = "INPUT")]
    inputs: Vec<PathBuf>,
    /// The file; what lies there is gone on with
    #[arg(short, long, value_name = "FACES.safetensors")]
    output: PathBuf,
    /// The name of the folder that a picture or a video lies in is the label of its faces
    #[arg(long)]
    labels: bool,
    #[command(flatten)]
    model: ModelArgs,
    #[command(flatten)]
    embedding: EmbeddingArgs,
    /// Every face found, the largest, or the whole picture as one face, without looking for any
    #[arg(long, value_enum, default_value_t = Faces::All)]
    faces: Faces,
    #[command(flatten)]
    moving: FrameArgs,
    #[command(flatten)]
    device: DeviceArgs,
}

/// `--embedding-model`.
#[derive(Debug, clap::Args)]
pub struct EmbeddingArgs {
    /// A model file of embeddings, instead of the one that moue carries
    #[arg(long = "embedding-model", value_name = "FILE")]
    file: Option<PathBuf>,
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
    fn options(&self) -> [(String, String); 4] {
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

/// Reads what is new; a line at the end says how much there is.
pub fn run(args: &Args) -> Outcome {
    files::check_replaced(&args.output).map_err(|error| Failure::at("--output", error))?;
    if let Some(reason) = args.moving.empty() {
        return Err(Failure::at("--to", reason));
    }
    let network = args.embedding.load()?;
    let model = args.model.load()?;
    let labels = model.description.labels.clone();
    let mut store = Store::open(&args.output, network.id(), &labels, args.options())?;
    let inputs = inputs::expand(&args.inputs, Wanted::Videos { folders: args.moving.fps.is_some() });
    let count = inputs.len();
    let (left, mut failures) = store.left(inputs);
    let skipped = count - left.len() - failures;
    if skipped > 0 {
        terminal::note(format!("{skipped} of {count} inputs were read before and have not changed"));
    }
    if !left.is_empty() {
        let search = Search { blendshapes: true, ..Search::default() };
        let (mut recognizer, patience) = session::recognizer(model, &args.device, |builder| {
            builder.faces(args.faces.into()).search(search).embedding(network).build()
        })?;
        session::warn(&recognizer);
        let bar = terminal::progress(count, count - left.len());
        failures += reading::run(args, left, &mut recognizer, &mut store, patience, || bar.inc(1))?;
        bar.finish_and_clear();
    }
    let gallery = store.finish()?;
    let videos = gallery.images.iter().filter(|image| image.video).count();
    let pictures = gallery.images.len() - videos;
    terminal::note(format!("{}: {} faces of {pictures} pictures and {videos} videos", args.output.display(), gallery.len()));
    if failures > 0 && count > 1 {
        terminal::note(format!("{failures} of {count} inputs could not be read"));
    }
    Ok(Status::of(failures))
}
