//! Facial action units: what is asked of them, and how a person's own rest is taken off.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use crate::actions::{Baseline, Resting};
use crate::cli::outcome::Failure;
use crate::cli::{files, units};
use crate::face::TrackId;
use crate::recognizer::Builder;
use crate::records::Record;
use crate::weights::{Description, Model};

/// `--actions` and what belongs to it.
#[derive(Debug, clap::Args)]
pub struct UnitArgs {
    /// Read facial action units (FACS) too, by the model that moue carries or by a model file: of each a probability, an intensity of 0 to 5 and whether it is present.
    /// In videos motion tells too, and the answers come five frames later
    #[arg(long, value_name = "FILE", num_args = 0..=1, require_equals = true, default_missing_value = units::CARRIED)]
    pub actions: Option<PathBuf>,
    /// A unit is present from this probability on; `learned`: from one of its own, which was learned on renders and finds more, of what is not there too
    #[arg(long, value_name = "P|learned", requires = "actions", default_value = "0.5", value_parser = units::threshold)]
    pub threshold: units::Asked,
    /// Subtract what a person shows at rest: `auto`, in videos the median of each face's quiet frames so far; or a file of --save-baseline. A unit as at rest then has 0.05,
    /// and is present from 0.5 on
    #[arg(long, value_name = "auto|FILE|none", default_value = "none", requires = "actions")]
    pub baseline: PathBuf,
    /// Write the median of the quiet frames of the face that is seen most, or of the faces of all pictures, to this file, for --baseline
    #[arg(long, value_name = "FILE.json", requires = "actions", conflicts_with = "resume")]
    pub save_baseline: Option<PathBuf>,
    /// Write when units begin, are strongest and end to this table (CSV): blinks, winks and all others of videos
    #[arg(long, value_name = "FILE.csv", requires = "actions", conflicts_with = "resume")]
    pub events: Option<PathBuf>,
}

impl UnitArgs {
    /// The model that reads them, where they are asked for.
    pub fn model(&self) -> Result<Option<Model>, Failure> {
        self.actions.as_deref().map(units::model).transpose()
    }

    /// With what was asked for.
    pub fn build(&self, builder: Builder, model: Option<Model>) -> Builder {
        let builder = if let Some(model) = model { builder.actions(model) } else { builder };
        builder.threshold(self.threshold.0)
    }

    /// Refuses what does not go together.
    pub fn check(&self, videos: bool, pictures: bool, resumed: bool) -> Result<(), Failure> {
        let auto = self.baseline.as_os_str() == "auto";
        if auto && pictures {
            return Err(Failure::at(
                "--baseline",
                "`auto` follows the faces of videos: for pictures give a file of --save-baseline",
            ));
        }
        if auto && resumed {
            return Err(Failure::at(
                "--baseline",
                "`auto` goes by the frames before, which --resume does not read again: give a file",
            ));
        }
        if self.events.is_some() && !videos {
            return Err(Failure::at("--events", "it is for videos, and none of the inputs is one"));
        }
        let personal = self.save_baseline.is_some() || self.baseline.as_os_str() != "none";
        if personal && videos && pictures {
            return Err(Failure::at(
                "--baseline",
                "what motion tells of videos nobody sees in pictures: give them in runs of their own",
            ));
        }
        for (flag, path) in [("--save-baseline", &self.save_baseline), ("--events", &self.events)] {
            if let Some(path) = path {
                files::check_replaced(path).map_err(|error| Failure::at(flag, error))?;
            }
        }
        files::apart(
            &[("--save-baseline", self.save_baseline.as_deref()), ("--events", self.events.as_deref())],
            &[("--baseline", Some(&self.baseline).filter(|path| path.is_file()).map(PathBuf::as_path))],
        )
    }
}

/// The rest of people, and what is to be done with it.
pub struct Persons {
    labels: Vec<String>,
    model: String,
    videos: bool,
    how: How,
    /// Medians so far, where they are needed.
    resting: Option<HashMap<Option<TrackId>, Resting>>,
}

enum How {
    AsItIs,
    SoFar,
    Known(Box<Baseline>),
}

impl Persons {
    /// As the flags say.
    pub fn new(args: &UnitArgs, description: &Description, videos: bool) -> Result<Self, Failure> {
        let model = description.name.clone();
        let how = match args.baseline.as_os_str().to_str() {
            Some("none") => How::AsItIs,
            Some("auto") => How::SoFar,
            _ => How::Known(Box::new(read(&args.baseline, &model, videos)?)),
        };
        let resting = (matches!(how, How::SoFar) || args.save_baseline.is_some()).then(HashMap::new);
        Ok(Self { labels: description.labels.clone(), model, videos, how, resting })
    }

    /// Takes the rest off what the faces of a record show.
    pub fn subtract(&mut self, record: &mut Record) {
        for face in &mut record.faces {
            let Some(actions) = &mut face.actions else { continue };
            let own = self.resting.as_mut().map(|all| {
                let own = all.entry(face.track).or_insert_with(|| Resting::new(&self.labels));
                own.add(actions);
                &*own
            });
            match (&self.how, own) {
                (How::Known(baseline), _) => baseline.subtract(&self.labels, actions),
                (How::SoFar, Some(own)) => {
                    if let Some(baseline) = own.baseline(&self.model, self.videos) {
                        baseline.subtract(&self.labels, actions);
                    }
                }
                _ => {}
            }
        }
    }

    /// The next video has other people.
    pub fn forget(&mut self) {
        if let (How::SoFar, Some(resting)) = (&self.how, &mut self.resting) {
            resting.clear();
        }
    }

    /// Writes the rest of the face that was seen most.
    pub fn save(&self, path: &Path) -> Result<(), Failure> {
        let most = self
            .resting
            .iter()
            .flatten()
            .max_by_key(|(track, own)| (own.frames(), std::cmp::Reverse(track.map(|track| track.0))));
        let baseline = most.and_then(|(_, own)| own.baseline(&self.model, self.videos));
        let baseline = baseline.ok_or_else(|| Failure::at("--save-baseline", "no face was read, so there is no rest to save"))?;
        files::replace(path, baseline.to_json().as_bytes()).map_err(|error| Failure::at("--save-baseline", error))
    }
}

fn read(path: &Path, model: &str, videos: bool) -> Result<Baseline, Failure> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        Failure::at("--baseline", format!("{}: {error}: give `auto`, `none` or a file of --save-baseline", path.display()))
    })?;
    let wrong = |reason: &str| Failure::at("--baseline", format!("{}: {reason}", path.display()));
    let baseline = Baseline::parse(&text, model).map_err(|reason| wrong(&reason))?;
    match (baseline.videos, videos) {
        (true, false) => Err(wrong("it was saved of videos, where motion tells too: save one of pictures of the person at rest")),
        (false, true) => {
            Err(wrong("it was saved of pictures, where motion tells nothing: save one of a video of the person at rest"))
        }
        _ => Ok(baseline),
    }
}
