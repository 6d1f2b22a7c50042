//! `moue evaluate --embedding`: how well neighbours tell classes.

use std::io::Write;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::cli::outcome::{Failure, Outcome, Status};
use crate::cli::session::DeviceArgs;
use crate::cli::terminal;
use crate::device::Device;
use crate::embed::scores::{self, Classified, Ranked, Retrieved};
use crate::embed::{DIMENSIONS, Gallery, Index, Metric, Neighbour};
use crate::groups::{Points, kmeans};

/// Neighbours that classes are voted by, and among which faces are retrieved.
const COUNTS: [usize; 8] = [1, 2, 4, 8, 11, 16, 32, 64];
/// Faces whose whole rankings are computed: their number grows with the square.
const MOST_RANKED: usize = 30_000;
/// Of k-means.
const SEED: u64 = 22;

/// `--embedding` and `--gallery`.
#[derive(Debug, clap::Args)]
pub struct EmbeddingArgs {
    /// Measure embeddings: --data is then a file of `moue embed --labels`
    #[arg(long)]
    embedding: bool,
    /// With --embedding: classes are told by the neighbours in this file of `moue embed --labels`, of other pictures. Without, by those in --data, each face left out for itself
    #[arg(long, value_name = "FACES.safetensors", requires = "embedding")]
    gallery: Option<PathBuf>,
}

impl EmbeddingArgs {
    /// Whether embeddings are measured.
    pub fn asked(&self) -> bool {
        self.embedding
    }
}

/// The vectors that have a label, and the number of each's.
struct Labelled {
    vectors: Vec<f32>,
    classes: Vec<usize>,
}

#[derive(Serialize)]
struct Row {
    k: usize,
    #[serde(flatten)]
    classified: Classified,
    recall_at_k: f64,
    acc_at_k: f64,
}

#[derive(Serialize)]
struct Report<'a> {
    schema: &'static str,
    model: &'a str,
    faces: usize,
    gallery: Option<usize>,
    labels: &'a [String],
    by_neighbours: Vec<Row>,
    #[serde(flatten)]
    ranked: Option<Ranked>,
    nmi: f64,
    /// Of k-means with as many centres as there are labels, of every face that has one.
    clusters: Vec<usize>,
}

/// The figures, on stdout.
pub fn run(args: &EmbeddingArgs, data: &Path, device: &DeviceArgs, json: bool) -> Outcome {
    let faces = load("--data", data)?;
    let gallery = args.gallery.as_deref().map(|path| load("--gallery", path)).transpose()?;
    let mut labels = faces.labels.clone();
    if let Some(gallery) = &gallery {
        gallery.made_by(&faces.model).map_err(|error| Failure::at("--gallery", error))?;
        labels.extend(gallery.labels.iter().filter(|label| !faces.labels.contains(label)).cloned());
    }
    let own = labelled("--data", &faces, &labels)?;
    let others = gallery.as_ref().map(|gallery| labelled("--gallery", gallery, &labels)).transpose()?;
    let device = device.open()?;
    let ranked = own.classes.len() <= MOST_RANKED;
    if !ranked {
        terminal::note(format!("R-precision and MAP@R are left out: they are computed of {MOST_RANKED} faces at most"));
    }
    let within = within(&own, &device, labels.len(), ranked)?;
    let votes = match &others {
        None => within.clone(),
        Some(others) => {
            let mut index = Index::new(&device, others.vectors.clone(), DIMENSIONS, Metric::Euclidean)?;
            classes(&index.nearest(&own.vectors, most())?, &others.classes)
        }
    };
    let row = |k: usize| {
        let answers: Vec<usize> =
            votes.iter().map(|nearest| scores::voted(&nearest[..k.min(nearest.len())], labels.len())).collect();
        let Retrieved { recall, share } = scores::retrieved(&within, &own.classes, k);
        let classified = scores::classified(&answers, &own.classes, labels.len());
        Row { k, classified, recall_at_k: recall, acc_at_k: share }
    };
    let there = (0..labels.len()).filter(|class| own.classes.contains(class)).count();
    let grouped = kmeans(Points::new(&own.vectors, DIMENSIONS)?, there, SEED)?;
    let clusters: Vec<usize> = grouped.assigned.iter().map(|&cluster| cluster as usize).collect();
    let report = Report {
        schema: "moue.evaluate-embedding/1",
        model: &faces.model.name,
        faces: own.classes.len(),
        gallery: others.as_ref().map(|others| others.classes.len()),
        labels: &labels,
        by_neighbours: COUNTS.into_iter().filter(|&k| k < own.classes.len()).map(row).collect(),
        ranked: ranked.then(|| scores::ranked(&within, &own.classes, labels.len())),
        nmi: scores::mutual_information(&clusters, &own.classes),
        clusters,
    };
    let mut out = terminal::stdout();
    if json {
        writeln!(out, "{}", serde_json::to_string(&report)?)?;
    } else {
        table(&mut out, &report)?;
    }
    Ok(Status::Complete)
}

fn most() -> usize {
    COUNTS.into_iter().max().unwrap_or(1)
}

fn load(flag: &str, path: &Path) -> Result<Gallery, Failure> {
    if path.is_dir() {
        let reason =
            format!("{}: with --embedding give a file: `moue embed {0} --labels -o FACES.safetensors` makes one", path.display());
        return Err(Failure::at(flag, reason));
    }
    Gallery::load(path).map_err(|error| Failure::at(flag, error))
}

/// The faces of `gallery` that have a label, counted as `labels` are.
fn labelled(flag: &str, gallery: &Gallery, labels: &[String]) -> Result<Labelled, Failure> {
    let mut found = Labelled { vectors: Vec::new(), classes: Vec::new() };
    for index in 0..gallery.len() {
        let class = gallery.label_of(index).and_then(|own| labels.iter().position(|label| label == own));
        if let Some(class) = class {
            found.vectors.extend(gallery.vector(index));
            found.classes.push(class);
        }
    }
    if found.classes.len() < 2 {
        return Err(Failure::at(flag, "fewer than two of its faces have a label: make it with `moue embed --labels`"));
    }
    let without = gallery.len() - found.classes.len();
    if without > 0 {
        terminal::note(format!("{flag}: {without} faces without a label are left out"));
    }
    Ok(found)
}

/// The classes of every face's nearest others: as many as are wanted, or of the whole class.
fn within(own: &Labelled, device: &Device, labels: usize, ranked: bool) -> Result<Vec<Vec<usize>>, Failure> {
    let largest = (0..labels).map(|class| own.classes.iter().filter(|&&other| other == class).count()).max().unwrap_or(0);
    let k = if ranked { largest.saturating_sub(1).max(most()) } else { most() };
    let mut index = Index::new(device, own.vectors.clone(), DIMENSIONS, Metric::Euclidean)?;
    Ok(classes(&index.others(k)?, &own.classes))
}

fn classes(nearest: &[Vec<Neighbour>], classes: &[usize]) -> Vec<Vec<usize>> {
    nearest.iter().map(|nearest| nearest.iter().map(|one| classes[one.index]).collect()).collect()
}

fn table(out: &mut impl Write, report: &Report<'_>) -> Result<(), Failure> {
    let percent = |share: f64| format!("{:.2} %", 100.0 * share);
    let of = report.gallery.map_or_else(|| "each other".to_owned(), |count| format!("{count} others"));
    writeln!(out, "{} faces of {} labels, classes by neighbours among {of}", report.faces, report.labels.len())?;
    writeln!(
        out,
        "{:>3}  {:>8}  {:>9}  {:>8}  {:>8}  {:>8}  {:>8}",
        "K", "accuracy", "precision", "recall", "F1", "Recall@K", "Acc@K"
    )?;
    for Row { k, classified, recall_at_k, acc_at_k } in &report.by_neighbours {
        let [accuracy, precision, recall, f1] =
            [classified.accuracy, classified.precision, classified.recall, classified.f1].map(percent);
        let (hit, share) = (percent(*recall_at_k), percent(*acc_at_k));
        writeln!(out, "{k:>3}  {accuracy:>8}  {precision:>9}  {recall:>8}  {f1:>8}  {hit:>8}  {share:>8}")?;
    }
    writeln!(out, "NMI of k-means   {}", percent(report.nmi))?;
    if let Some(Ranked { r_precision, map_at_r }) = report.ranked {
        writeln!(out, "R-precision      {}\nMAP@R            {}", percent(r_precision), percent(map_at_r))?;
    }
    Ok(())
}
