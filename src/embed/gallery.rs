//! Faces of many pictures, as columns: what groups, maps and neighbours read.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// Numbers of a face.
pub const DIMENSIONS: usize = 64;
/// Labels of the default model.
pub const EXPRESSIONS: usize = 8;

/// The faces of many pictures. Face i of N has entry i of every column; one column or two are a matrix, row-major.
///
/// [`Gallery::push`] is how faces come in; who changes columns alone calls [`Gallery::check`].
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Gallery {
    /// What made the vectors: those of another model cannot be compared.
    pub model: ModelId,
    /// Names of the columns of `probabilities`.
    pub expressions: Vec<String>,
    /// What `label` counts: folders, where they were asked for.
    pub labels: Vec<String>,
    /// The pictures and videos that were read, also those without a face.
    pub images: Vec<Image>,
    /// What decides what a run reads, by option: a file is gone on with where these are the same.
    pub options: std::collections::BTreeMap<String, String>,
    /// `[N, 64]`, finite: [`DIMENSIONS`] of each face.
    pub embedding: Vec<f32>,
    /// `[N]`: x, y, width, height in pixels of the picture, as records of `moue analyze` say it; it may reach beyond the picture.
    pub boxes: Vec<[f32; 4]>,
    /// `[N]`: seconds since the beginning of the video; NaN in a photograph.
    pub time: Vec<f64>,
    /// `[N]`: position in `images`.
    pub image: Vec<u32>,
    /// `[N]`: position in `labels`; -1 without one.
    pub label: Vec<i32>,
    /// `[N, E]`: of the default model, sum 1, or NaN where it was not asked. E is the number of `expressions`.
    pub probabilities: Vec<f32>,
    /// `[N]`: how far the eyes are open, the height between the lids over the width, about 0.3 of open ones, the mean of both; NaN where it is not known.
    pub eyes_open: Vec<f32>,
    /// `[N]`: the mean of the blendshapes of both corners of the mouth drawn up, 0 to 1; NaN where it is not known.
    pub smile: Vec<f32>,
}

/// A model, as a gallery knows it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelId {
    /// The name of its description.
    pub name: String,
    /// Of its file, in hexadecimal digits.
    pub sha256: String,
}

/// A picture or a video.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Image {
    /// As it was given: from where the program was started, or absolute.
    pub path: String,
    /// In pixels, upright.
    pub width: u32,
    /// In pixels, upright.
    pub height: u32,
    /// Bytes of the file.
    #[serde(default)]
    pub size: u64,
    /// When the file was changed, in seconds since 1970 (UTC).
    #[serde(default)]
    pub modified: Option<f64>,
    /// When the picture was taken, in seconds since 1970, by its own clock: of its EXIF.
    #[serde(default)]
    pub taken: Option<f64>,
    /// Whether it is a video.
    #[serde(default)]
    pub video: bool,
}

impl Image {
    /// When it was taken, or else when its file was changed.
    pub fn moment(&self) -> Option<f64> {
        self.taken.or(self.modified)
    }
}

/// One face: a row of a [`Gallery`].
#[derive(Debug, Clone, PartialEq)]
pub struct Face {
    /// [`DIMENSIONS`] numbers.
    pub embedding: Vec<f32>,
    /// x, y, width, height in pixels of the picture.
    pub bounds: [f32; 4],
    /// Seconds since the beginning of the video; `None` in a photograph.
    pub time: Option<f64>,
    /// Position in [`Gallery::images`].
    pub image: usize,
    /// Position in [`Gallery::labels`].
    pub label: Option<usize>,
    /// In the order of [`Gallery::expressions`]; empty where they are not known.
    pub probabilities: Vec<f32>,
    /// How far the eyes are open, 0 to 1.
    pub eyes_open: Option<f32>,
    /// How far the corners of the mouth are drawn up, 0 to 1.
    pub smile: Option<f32>,
}

impl Gallery {
    /// One without faces, for vectors of this model.
    pub fn new(model: ModelId, expressions: Vec<String>) -> Self {
        Self { model, expressions, ..Self::default() }
    }

    /// Number of faces.
    pub fn len(&self) -> usize {
        self.image.len()
    }

    /// Whether it has no face.
    pub fn is_empty(&self) -> bool {
        self.image.is_empty()
    }

    /// The vector of face `index`.
    pub fn vector(&self, index: usize) -> &[f32] {
        self.embedding.get(index * DIMENSIONS..(index + 1) * DIMENSIONS).unwrap_or(&[])
    }

    /// The probabilities of face `index`.
    pub fn expression(&self, index: usize) -> &[f32] {
        let count = self.expressions.len();
        self.probabilities.get(index * count..(index + 1) * count).unwrap_or(&[])
    }

    /// The picture that face `index` is in.
    pub fn image_of(&self, index: usize) -> Option<&Image> {
        self.images.get(*self.image.get(index)? as usize)
    }

    /// The name of the label of face `index`.
    pub fn label_of(&self, index: usize) -> Option<&str> {
        self.labels.get(usize::try_from(*self.label.get(index)?).ok()?).map(String::as_str)
    }

    /// Adds a face.
    ///
    /// # Errors
    /// [`Error::Argument`] where it does not fit: then it is not added.
    pub fn push(&mut self, face: &Face) -> Result<()> {
        let Face { embedding, bounds, time, image, label, probabilities, eyes_open, smile } = face;
        self.fits(face).map_err(Error::Argument)?;
        self.embedding.extend(embedding);
        self.boxes.push(*bounds);
        self.time.push(time.unwrap_or(f64::NAN));
        self.image.push(*image as u32);
        self.label.push(label.map_or(-1, |label| label as i32));
        match probabilities.is_empty() {
            true => self.probabilities.extend(std::iter::repeat_n(f32::NAN, self.expressions.len())),
            false => self.probabilities.extend(probabilities),
        }
        self.eyes_open.push(eyes_open.unwrap_or(f32::NAN));
        self.smile.push(smile.unwrap_or(f32::NAN));
        Ok(())
    }

    fn fits(&self, face: &Face) -> std::result::Result<(), String> {
        let expressions = self.expressions.len();
        if face.embedding.len() != DIMENSIONS {
            return Err(format!("a vector of {} numbers: a gallery's have {DIMENSIONS}", face.embedding.len()));
        }
        if let Some(at) = face.embedding.iter().position(|value| !value.is_finite()) {
            return Err(format!("number {at} of a vector is {}: it must be finite", face.embedding[at]));
        }
        if !face.probabilities.is_empty() && face.probabilities.len() != expressions {
            return Err(format!("{} probabilities: the gallery has {expressions} expressions", face.probabilities.len()));
        }
        if face.image >= self.images.len() {
            return Err(format!("a face of picture {}: the gallery has {}", face.image, self.images.len()));
        }
        match face.label {
            Some(label) if label >= self.labels.len() => {
                Err(format!("a face of label {label}: the gallery has {}", self.labels.len()))
            }
            _ => Ok(()),
        }
    }

    /// Face `index`, as [`Gallery::push`] takes it; `None` beyond the last.
    pub fn face(&self, index: usize) -> Option<Face> {
        let known = |value: f32| Some(value).filter(|value| !value.is_nan());
        Some(Face {
            embedding: self.vector(index).to_vec(),
            bounds: *self.boxes.get(index)?,
            time: Some(*self.time.get(index)?).filter(|time| !time.is_nan()),
            image: *self.image.get(index)? as usize,
            label: usize::try_from(*self.label.get(index)?).ok(),
            probabilities: Some(self.expression(index)).filter(|all| !all.iter().any(|p| p.is_nan())).unwrap_or(&[]).to_vec(),
            eyes_open: known(*self.eyes_open.get(index)?),
            smile: known(*self.smile.get(index)?),
        })
    }

    /// Checks that all columns are as long as each other, that vectors are finite, and that pictures and labels are there.
    ///
    /// # Errors
    /// [`Error::Argument`] that names the column and the face.
    pub fn check(&self) -> Result<()> {
        let faces = self.len();
        let lengths = [
            ("embeddings", self.embedding.len(), faces * DIMENSIONS),
            ("boxes", self.boxes.len(), faces),
            ("time", self.time.len(), faces),
            ("label", self.label.len(), faces),
            ("probabilities", self.probabilities.len(), faces * self.expressions.len()),
            ("eyes_open", self.eyes_open.len(), faces),
            ("smile", self.smile.len(), faces),
        ];
        let wrong = |reason: String| Err(Error::Argument(format!("faces: {reason}: make the file again with `moue embed`")));
        if let Some((name, found, wanted)) = lengths.into_iter().find(|(_, found, wanted)| found != wanted) {
            return wrong(format!("`{name}` has {found} values, {faces} faces want {wanted}"));
        }
        if let Some(at) = self.embedding.iter().position(|value| !value.is_finite()) {
            let (face, place) = (at / DIMENSIONS, at % DIMENSIONS);
            return wrong(format!("the vector of face {face} has {} at {place}", self.embedding[at]));
        }
        if let Some(face) = self.boxes.iter().position(|bounds| bounds.iter().any(|value| !value.is_finite())) {
            return wrong(format!("the box of face {face} is {:?}", self.boxes[face]));
        }
        if let Some(face) = self.image.iter().position(|&image| image as usize >= self.images.len()) {
            return wrong(format!("face {face} is of picture {}, and there are {}", self.image[face], self.images.len()));
        }
        let labels = self.labels.len() as i64;
        match self.label.iter().position(|&label| label < -1 || i64::from(label) >= labels) {
            Some(face) => wrong(format!("face {face} has label {}, and there are {labels}", self.label[face])),
            None => Ok(()),
        }
    }

    /// Refuses vectors that another model made: their distances mean nothing.
    ///
    /// # Errors
    /// [`Error::Argument`] with both models.
    pub fn made_by(&self, model: &ModelId) -> Result<()> {
        if self.model.sha256 == model.sha256 {
            return Ok(());
        }
        let short = |id: &ModelId| format!("`{}` ({}...)", id.name, id.sha256.get(..12).unwrap_or(&id.sha256));
        Err(Error::Argument(format!(
            "the vectors are of the model {}, and this run's is {}: make the file again with `moue embed`, or give that model",
            short(&self.model),
            short(model)
        )))
    }
}
