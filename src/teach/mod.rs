//! Labels of one's own, taught by a few faces each: a linear layer on the features of networks that stay as they are, the optimum of a convex problem.
//!
//! Features are what goes into the last layer of each member of the default model, and the embedding: the mean over a face and its mirror image, so that a face and
//! its mirror image are one. Faces of one burst, of one folder below a label's, or of one video never stand on both sides of a test.

mod bursts;
mod choose;
mod folds;
mod interval;
mod logistic;
pub mod meant;
mod report;

use image::RgbImage;

use crate::error::{Error, Result};
use crate::recognizer::AnalyzedFace;
use crate::tensor::Tensor;
use crate::weights::{Base, Head, Lesson, Model, Taught, combine};

pub use bursts::Origin;
pub use interval::Gain;
pub use logistic::{Linear, solve};
pub use report::{Against, Report, Tested};

use bursts::Likeness;
use choose::Faces;

/// Faces that a label needs.
pub const LEAST: usize = 5;
/// Faces of a label that are learned of at most.
pub const MOST: usize = 1000;
/// Labels at most.
const MOST_LABELS: usize = 100;

/// A face to learn of.
#[derive(Debug, Clone)]
struct Sample {
    label: usize,
    features: Vec<f32>,
    crop: RgbImage,
    origin: Origin,
    /// Whether the base answers it rightly, where that is known.
    right: Option<bool>,
}

/// Collects faces, and teaches.
///
/// ```
/// # fn main() -> moue::Result<()> {
/// use moue::teach::{Origin, Teacher};
/// let mut teacher = Teacher::new(&["left", "right"], moue::weights::Base::carried()?)?;
/// // What reads the features of faces is a recognizer of a model of its own.
/// let mut reader = moue::Recognizer::builder().device_name("cpu").model(teacher.reader()?).build()?;
/// let photo = moue::photo::read("examples/astronaut.png".as_ref())?;
/// for face in reader.analyze(&photo)?.faces {
///     teacher.add(0, &face, reader.crop(&photo, &face)?, Origin::default())?;
/// }
/// // Five faces a label at least.
/// assert!(teacher.teach("mine", |_, _| {}).is_err());
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Teacher {
    labels: Vec<String>,
    bases: Vec<Base>,
    widths: Vec<Vec<usize>>,
    samples: Vec<Sample>,
}

/// What was taught, what is said of it, and what was left out.
#[derive(Debug)]
#[non_exhaustive]
pub struct Outcome {
    /// The file to keep.
    pub taught: Taught,
    /// How good it is.
    pub report: Report,
    /// Sentences about faces that were not learned of.
    pub remarks: Vec<String>,
}

impl Teacher {
    /// Teaches `labels` on `bases`, whose crops must be the same.
    ///
    /// # Errors
    /// [`Error::Argument`] for fewer than two labels, or more than 100, an empty one, or two that differ in case only; [`Error::Model`] where nothing can be taught on a base.
    pub fn new(labels: &[impl AsRef<str>], bases: Vec<Base>) -> Result<Self> {
        let labels: Vec<String> = labels.iter().map(|label| label.as_ref().to_owned()).collect();
        check(&labels)?;
        Ok(Self { labels, ..Self::on(bases)? })
    }

    /// Without labels: they are added one by one.
    ///
    /// # Errors
    /// [`Error::Argument`] without a base, [`Error::Model`] where nothing can be taught on one.
    pub fn on(bases: Vec<Base>) -> Result<Self> {
        let widths = bases.iter().map(|base| base.model.features()).collect::<Result<_>>()?;
        if bases.is_empty() {
            return Err(Error::Argument("there is no model to teach on: give one".into()));
        }
        Ok(Self { labels: Vec::new(), bases, widths, samples: Vec::new() })
    }

    /// One label more; its position.
    ///
    /// # Errors
    /// [`Error::Argument`] for an empty name, one that differs from another's in case at most, and the 101st.
    pub fn add_label(&mut self, name: &str) -> Result<usize> {
        distinct(&self.labels, name)?;
        if self.labels.len() == MOST_LABELS {
            return Err(too_many(MOST_LABELS + 1));
        }
        self.labels.push(name.to_owned());
        Ok(self.labels.len() - 1)
    }

    /// Another name for the label at position `label`.
    ///
    /// # Errors
    /// As [`Teacher::add_label`].
    pub fn rename_label(&mut self, label: usize, name: &str) -> Result<()> {
        let others = self.labels.iter().enumerate().filter(|(at, _)| *at != label);
        distinct(others.map(|(_, other)| other), name)?;
        *self.labels.get_mut(label).ok_or_else(|| no_label(label))? = name.to_owned();
        Ok(())
    }

    /// Forgets the label at position `label` and its faces: those after it move up.
    ///
    /// # Errors
    /// [`Error::Argument`] where there is no such label.
    pub fn remove_label(&mut self, label: usize) -> Result<()> {
        if label >= self.labels.len() {
            return Err(no_label(label));
        }
        self.labels.remove(label);
        self.samples.retain(|sample| sample.label != label);
        self.samples.iter_mut().filter(|sample| sample.label > label).for_each(|sample| sample.label -= 1);
        Ok(())
    }

    /// Forgets the face at a place of [`Teacher::crops`]: those after it move up.
    ///
    /// # Errors
    /// [`Error::Argument`] where there is none.
    pub fn remove(&mut self, at: usize) -> Result<()> {
        if at >= self.samples.len() {
            return Err(Error::Argument(format!("face {at}: there are {}", self.samples.len())));
        }
        self.samples.remove(at);
        Ok(())
    }

    /// The labels.
    pub fn labels(&self) -> &[String] {
        &self.labels
    }

    /// The model that reads the features of faces: its members answer them, what is fused of them means nothing.
    ///
    /// # Errors
    /// [`Error::Model`] where the bases read different crops.
    pub fn reader(&self) -> Result<Model> {
        let most = self.widths.iter().flatten().copied().max().unwrap_or(1);
        let models: Vec<Model> = self.bases.iter().map(|base| base.model.answering_features(most)).collect::<Result<_>>()?;
        combine("features", &models, &vec![1.0; models.len()], None)
    }

    /// A face of the label at position `label`, as the [`Teacher::reader`] answered it, and its canonical crop ([`crate::Recognizer::crop`]). Its place among those added.
    ///
    /// # Errors
    /// [`Error::Argument`] where there is no such label, or the face was read by another model.
    pub fn add(&mut self, label: usize, face: &AnalyzedFace, crop: RgbImage, origin: Origin) -> Result<usize> {
        self.add_features(label, &face.members, crop, origin)
    }

    /// As [`Teacher::add`], by what the members answered.
    ///
    /// # Errors
    /// As [`Teacher::add`].
    pub fn add_features(&mut self, label: usize, members: &[Vec<f32>], crop: RgbImage, origin: Origin) -> Result<usize> {
        let widths: Vec<usize> = self.widths.iter().flatten().copied().collect();
        if label >= self.labels.len() {
            return Err(no_label(label));
        }
        if members.len() != widths.len() || members.iter().zip(&widths).any(|(own, &width)| own.len() < width) {
            return Err(Error::Argument("the face was not read by the teacher's reader: analyze it with that".into()));
        }
        let features: Vec<f32> = members.iter().zip(&widths).flat_map(|(own, &width)| own[..width].to_vec()).collect();
        if features.iter().any(|value| !value.is_finite()) {
            return Err(Error::Argument("the face has features that are no numbers: leave it out".into()));
        }
        self.samples.push(Sample { label, features, crop, origin, right: None });
        Ok(self.samples.len() - 1)
    }

    /// The canonical crops of the faces added, and their labels: another model, looking for no faces, answers them as it answers the photographs.
    pub fn crops(&self) -> impl Iterator<Item = (&RgbImage, usize)> {
        self.samples.iter().map(|sample| (&sample.crop, sample.label))
    }

    /// Whether the first base answers the face at a place of [`Teacher::crops`] rightly: what was taught is compared with it then.
    pub fn compare(&mut self, at: usize, right: bool) {
        if let Some(sample) = self.samples.get_mut(at) {
            sample.right = Some(right);
        }
    }

    /// What was taught is compared with the most frequent label again.
    pub fn compare_no_more(&mut self) {
        self.samples.iter_mut().for_each(|sample| sample.right = None);
    }

    /// How many faces were added of each label.
    pub fn counts(&self) -> Vec<usize> {
        let mut counts = vec![0; self.labels.len()];
        self.samples.iter().for_each(|sample| counts[sample.label] += 1);
        counts
    }

    /// Learns of the faces: `name` is that of the model, `step` is told of what is done, of so many.
    ///
    /// # Errors
    /// [`Error::Argument`] where there are fewer than two labels, one has fewer than five faces, or two have the same pictures.
    pub fn teach(&self, name: &str, step: impl Fn(usize, usize) + Sync) -> Result<Outcome> {
        check(&self.labels)?;
        enough(&self.labels, &self.counts(), "")?;
        let pictures: Vec<(&RgbImage, &Origin)> = self.samples.iter().map(|sample| (&sample.crop, &sample.origin)).collect();
        let likeness = Likeness::of(&pictures);
        let (kept, remarks) = self.kept(&likeness)?;
        let features: Vec<&[f32]> = kept.iter().map(|&at| &self.samples[at].features[..]).collect();
        let labels: Vec<usize> = kept.iter().map(|&at| self.samples[at].label).collect();
        let bursts: Vec<usize> = kept.iter().map(|&at| likeness.bursts[at]).collect();
        let faces = Faces { features: &features, labels: &labels, bursts: &bursts, classes: self.labels.len() };
        let chosen = faces.choose(folds::MOST, step);
        let rights: Option<Vec<bool>> = kept.iter().map(|&at| self.samples[at].right).collect();
        let report = Report::of(&self.labels, faces, &chosen, rights.as_deref());
        let tested = report.tested.as_ref().map(|tested| {
            let right = (0..self.labels.len()).map(|label| tested.confusion[label][label]).sum();
            [right, labels.len()]
        });
        let lesson = Lesson {
            moue: 1,
            taught: 1,
            name: name.to_owned(),
            labels: self.labels.clone(),
            bases: self.bases.iter().map(Base::named).collect(),
            temperature: chosen.temperature,
            faces: report.faces.clone(),
            tested,
        };
        Ok(Outcome { taught: Taught { lesson, heads: self.heads(&chosen.linear) }, report, remarks })
    }

    /// The faces that are learned of, and what is said of the others.
    fn kept(&self, likeness: &Likeness) -> Result<(Vec<usize>, Vec<String>)> {
        let mut left = vec![false; self.samples.len()];
        let mut remarks = Vec::new();
        let (mut torn, mut doubled) = (Vec::new(), 0);
        for &(first, second) in &likeness.same {
            let [a, b] = [first, second].map(|at| &self.samples[at]);
            if a.label != b.label {
                (left[first], left[second]) = (true, true);
                torn.push((first, second));
            }
        }
        let stay = |left: &[bool], label: usize| (0..left.len()).any(|at| self.samples[at].label == label && !left[at]);
        for &(first, second) in &torn {
            let [a, b] = [first, second].map(|at| self.samples[at].label);
            if !stay(&left, a) || !stay(&left, b) {
                let [a, b] = [a, b].map(|label| &self.labels[label]);
                return Err(Error::Argument(format!(
                    "`{a}` and `{b}` have the same pictures: a face shows one label. Sort them anew"
                )));
            }
        }
        for &(first, second) in &likeness.same {
            if !left[first] && !left[second] && self.samples[first].label == self.samples[second].label {
                left[second] = true;
                doubled += 1;
            }
        }
        if let Some(&(first, second)) = torn.first() {
            let [a, b] = [first, second].map(|at| &self.samples[at].origin.name);
            let count = torn.len();
            let of = if count == 1 { "1 picture is".into() } else { format!("{count} pictures are") };
            remarks.push(format!(
                "{of} there under two labels, and left out of both: {a} and {b}{}",
                if count > 1 { ", and others" } else { "" }
            ));
        }
        if doubled > 0 {
            let of = if doubled == 1 { "1 picture is" } else { &format!("{doubled} pictures are") };
            remarks.push(format!("{of} there more than once, and counted once"));
        }
        let kept: Vec<usize> = (0..left.len()).filter(|&at| !left[at]).collect();
        let mut counts = vec![0; self.labels.len()];
        kept.iter().for_each(|&at| counts[self.samples[at].label] += 1);
        enough(&self.labels, &counts, " once those are left out that are there twice")?;
        Ok((kept, remarks))
    }

    /// The layer of each member: times as many as there are members, as their mean is what is answered.
    fn heads(&self, linear: &Linear) -> Vec<Vec<Head>> {
        let count = self.widths.iter().flatten().count() as f64;
        let mut first = 0;
        let mut one = |width: usize| {
            let own = first..first + width;
            first += width;
            let rows = linear.weight.iter().map(|row| &row[own.clone()]);
            let data = rows.clone().flatten().map(|weight| (count * weight) as f32).collect();
            let shift = |row: &[f64]| row.iter().zip(&linear.mean[own.clone()]).map(|(weight, mean)| weight * mean).sum::<f64>();
            let bias = rows.zip(&linear.bias).map(|(row, bias)| (bias - count * shift(row)) as f32).collect();
            Head { weight: Tensor { shape: vec![linear.weight.len(), width], data }, bias }
        };
        self.widths.iter().map(|widths| widths.iter().map(|&width| one(width)).collect()).collect()
    }
}

/// Checks the names of labels.
///
/// # Errors
/// As [`Teacher::new`].
pub fn check(labels: &[String]) -> Result<()> {
    let wrong = |reason: String| Err(Error::Argument(reason));
    match labels {
        [] => wrong(format!("there are no labels: give two at least, each with {LEAST} faces or more")),
        [only] => wrong(format!("there is one label, `{only}`: nothing can be told apart. Give two at least")),
        many if many.len() > MOST_LABELS => Err(too_many(many.len())),
        many => many.iter().enumerate().try_for_each(|(at, label)| distinct(&many[..at], label)),
    }
}

/// Checks that a label has a name, and one that none of `others` has.
fn distinct<'l>(others: impl IntoIterator<Item = &'l String>, label: &str) -> Result<()> {
    if label.trim().is_empty() {
        return Err(Error::Argument("a label has no name: give it one".into()));
    }
    let Some(other) = others.into_iter().find(|other| other.to_lowercase() == label.to_lowercase()) else { return Ok(()) };
    Err(Error::Argument(match other == label {
        true => format!("there are two labels `{label}`: rename one, or put them together"),
        false => format!("the labels `{other}` and `{label}` differ in case only: rename one, or put them together"),
    }))
}

fn too_many(count: usize) -> Error {
    Error::Argument(format!("{count} labels: {MOST_LABELS} are possible"))
}

fn no_label(label: usize) -> Error {
    Error::Argument(format!("there is no label {label}"))
}

/// Checks that each label has faces enough; `when` says of which.
fn enough(labels: &[String], counts: &[usize], when: &str) -> Result<()> {
    let few: Vec<String> = labels
        .iter()
        .zip(counts)
        .filter(|(_, count)| **count < LEAST)
        .map(|(label, count)| format!("`{label}` has {count}"))
        .collect();
    if few.is_empty() {
        return Ok(());
    }
    Err(Error::Argument(format!("a label needs {LEAST} faces at least, and {}{when}: add pictures", few.join(", "))))
}
