//! `moue evaluate --actions`.

mod labels;
mod plot;
mod score;
mod table;

use std::io::Write;
use std::path::{Path, PathBuf};

use crate::cli::outcome::{Failure, Outcome, Status};
use crate::cli::session::{self, DeviceArgs};
use crate::cli::{files, terminal, units};
use crate::recognizer::{Answer, Faces};
use crate::weights::Model;
use labels::Labels;
use score::Score;

/// `--actions` and what belongs to it.
#[derive(Debug, clap::Args)]
pub struct UnitArgs {
    /// Measure action units (FACS), by the model that moue carries or by a model file, against a table: --data LABELS.csv
    #[arg(long, value_name = "FILE", num_args = 0..=1, require_equals = true, default_missing_value = units::CARRIED,
          conflicts_with_all = ["votes", "oversample", "faces"])]
    actions: Option<PathBuf>,
    /// With --actions: the folder that the table's pictures lie below [default: the table's own]
    #[arg(long, value_name = "DIR", requires = "actions")]
    pictures: Option<PathBuf>,
    /// With --actions: a unit is there from this intensity of the table on; columns of presence are 0 or 1
    #[arg(long, value_name = "INTENSITY", requires = "actions", default_value = "1", value_parser = intensity)]
    present_from: f64,
    /// With --actions: a unit is said from this probability on; `learned`: from one of its own
    #[arg(long, value_name = "P|learned", requires = "actions", default_value = "0.5", value_parser = units::threshold)]
    threshold: units::Asked,
}

impl UnitArgs {
    /// Whether action units are measured.
    pub fn asked(&self) -> bool {
        self.actions.is_some()
    }
}

fn intensity(text: &str) -> Result<f64, String> {
    let value = text.parse().ok().filter(|value| *value > 0.0 && *value <= labels::MOST);
    value.ok_or_else(|| "give an intensity above 0, up to 5".into())
}

/// Where the figures go.
#[derive(Debug, Clone, Copy)]
pub struct Output<'a> {
    pub json: bool,
    pub plot: Option<&'a Path>,
}

/// Measures the units of the largest face of every picture of the table `data`. `expressions` is the recognizer's model.
pub fn run(own: &UnitArgs, data: &Path, expressions: Model, device: &DeviceArgs, output: Output<'_>) -> Outcome {
    let model = units::model(own.actions.as_deref().unwrap_or(Path::new(units::CARRIED)))?;
    if let Some(folder) = own.pictures.as_deref().filter(|folder| !folder.is_dir()) {
        return Err(Failure::at("--pictures", format!("{} is no folder", folder.display())));
    }
    files::apart(&[("--plot", output.plot)], &[("--data", Some(data)), ("--actions", own.actions.as_deref())])?;
    let Labels { labels, rows } =
        Labels::read(data, own.pictures.as_deref(), own.present_from).map_err(|reason| Failure::at("--data", reason))?;
    let names = model.description.labels.clone();
    if !labels.iter().any(|label| model.description.actions.as_ref().is_some_and(|own| own.reads.contains_key(label))) {
        let reason = format!("{}: the model reads none of its units ({})", data.display(), labels.join(", "));
        return Err(Failure::at("--data", reason));
    }
    let count = rows.len();
    let ((mut recognizer, photos), patience) = session::recognizer(expressions, device, |builder| {
        builder.faces(Faces::Largest).actions(model).threshold(own.threshold.0).build_and_prefetch(rows)
    })?;
    session::warn(&recognizer);
    let bar = terminal::progress(count, 0);
    let (mut score, mut failures, mut patience) = (Score::new(&labels), 0, Some(patience));
    for Answer { source, analysis, .. } in recognizer.analyze_stream(photos) {
        patience.take();
        match analysis {
            Ok(analysis) => match analysis.faces.into_iter().next().and_then(|face| face.actions) {
                Some(actions) => score.count(&source.shows, &names, &actions),
                None => {
                    score.miss();
                    terminal::warning(format!("{}: no face found", source.name));
                }
            },
            // Figures of what happened to be read before would be no measurement.
            Err(error) if error.is_of_device() => return Err(error.into()),
            Err(error) => {
                failures += 1;
                terminal::error(format!("{}: {error}", source.name));
            }
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    if failures > 0 {
        terminal::note(format!("{failures} of {count} pictures could not be read and are not counted"));
    }
    if score.faces() == 0 {
        let reason = format!(
            "{}: no face of its {count} pictures was read, so there is nothing to measure; they are looked for beside it, or below --pictures DIR",
            data.display()
        );
        return Err(Failure::at("--data", reason));
    }
    let report = score.report(failures, own.present_from, own.threshold.to_string());
    let mut out = terminal::stdout();
    if output.json {
        writeln!(out, "{}", serde_json::to_string(&report)?)?;
    } else {
        table::write(&mut out, &report)?;
    }
    if let Some(path) = output.plot {
        files::write(path, plot::units(&report).as_bytes()).map_err(|error| Failure::at("--plot", error))?;
    }
    Ok(Status::of(failures))
}
