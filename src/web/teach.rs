//! Labels of one's own: faces are collected one by one, by the GPU as far as networks go; what they teach is solved here, on the processor.

use std::cell::RefCell;

use image::RgbImage;
use js_sys::{Function, Object, Uint8Array};
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;

use super::Engine;
use super::answer::{Rect, text};
use super::asked::Asked;
use super::failure::{Answer, failure};
use super::pictures::{object, picture, picture_of};
use crate::error::{Error, Result};
use crate::photo;
use crate::recognizer::{AnalyzedFace, Faces};
use crate::teach::{MOST, Origin, Report, Teacher, meant};
use crate::weights::Base;

/// Faces in all: what is learned of more takes minutes here, and memory that WebAssembly never gives back.
const MOST_FACES: usize = 5000;
/// Crops that the base answers at once.
const TOGETHER: usize = 16;

thread_local! {
    /// Told of what is done, of so many: what learns may run on several threads elsewhere, so that it takes no function of JavaScript.
    static STEP: RefCell<Option<Function>> = const { RefCell::new(None) };
}

/// Labels and their faces. It outlives a lost GPU.
#[wasm_bindgen]
pub struct Teaching {
    teacher: Teacher,
    /// What the first base answers is compared with what is taught.
    base: Base,
    /// A number each of the teacher's faces, which stays.
    faces: Vec<u32>,
    next: u32,
}

#[derive(Serialize)]
struct Label<'a> {
    label: &'a str,
    faces: usize,
}

/// Where a face comes from, and how it is looked for.
#[derive(Deserialize)]
struct Given {
    label: String,
    name: String,
    together: Option<String>,
    taken: Option<f64>,
    asked: Asked,
}

#[derive(Deserialize)]
struct Wanted {
    name: String,
    same: Vec<String>,
}

#[derive(Serialize)]
struct Lesson<'a> {
    report: &'a Report,
    sentence: Option<String>,
    remarks: &'a [String],
}

#[wasm_bindgen]
impl Teaching {
    /// `model`: bytes of the file that labels are taught on, and its name where others could find it; `bases`: instead those of the models that `model` itself was taught
    /// on. `embedding`: bytes of the model of embeddings, which joins where it reads the same crop.
    pub fn begin(model: &[u8], file: Option<String>, bases: Vec<Uint8Array>, embedding: &[u8]) -> Answer<Teaching> {
        Self::on(model, file, &bases, embedding).map_err(failure)
    }

    /// JSON of the labels: `[{ label, faces }]`.
    pub fn labels(&self) -> Answer<String> {
        let labels = self.teacher.labels().iter().zip(self.teacher.counts());
        let labels: Vec<Label<'_>> = labels.map(|(label, faces)| Label { label, faces }).collect();
        text(&labels).map_err(failure)
    }

    /// One label more.
    pub fn add_label(&mut self, label: &str) -> Answer<()> {
        self.teacher.add_label(label).map(drop).map_err(failure)
    }

    /// Another name for a label.
    pub fn rename_label(&mut self, label: &str, name: &str) -> Answer<()> {
        self.at(label).and_then(|at| self.teacher.rename_label(at, name)).map_err(failure)
    }

    /// Forgets a label and its faces.
    pub fn remove_label(&mut self, label: &str) -> Answer<()> {
        let at = self.at(label).map_err(failure)?;
        let mut own = self.teacher.crops().map(|(_, label)| label == at).collect::<Vec<bool>>().into_iter();
        self.faces.retain(|_| !own.next().unwrap_or(false));
        self.teacher.remove_label(at).map_err(failure)
    }

    /// Forgets a face.
    pub fn remove(&mut self, face: u32) -> Answer<()> {
        let place = self.faces.iter().position(|&own| own == face);
        let at = place.ok_or_else(|| failure(Error::Argument(format!("there is no face {face}"))))?;
        self.faces.remove(at);
        self.teacher.remove(at).map_err(failure)
    }
}

#[wasm_bindgen]
impl Engine {
    /// Adds the face of a picture, `rgba` `[height, width, 4]` bytes. `given`: JSON of its label, origin and `AnalyzeOptions`; `head`: what its file begins with, which may
    /// say when it was taken. `{ face, box, crop }`: its number, JSON of where it lies, and what the networks read.
    pub async fn collect(
        &mut self,
        teaching: &mut Teaching,
        width: u32,
        height: u32,
        rgba: &[u8],
        given: &str,
        head: &[u8],
    ) -> Answer<Object> {
        let photo = picture_of(width, height, rgba);
        let (face, rect, crop) = self.collected(teaching, photo, given, head).await.map_err(failure)?;
        object(&[("face", face.into()), ("box", rect.into()), ("crop", picture(&crop)?.into())])
    }

    /// Learns. `wanted`: JSON of the model's name, and which labels are the base's own. `{ lesson, file }`: JSON of the report, and the bytes to keep. `step` is told of
    /// what is done, of so many.
    pub async fn teach(&mut self, teaching: &mut Teaching, wanted: &str, step: Function) -> Answer<Object> {
        STEP.set(Some(step));
        let taught = self.taught(teaching, wanted).await;
        STEP.set(None);
        let (lesson, file) = taught.map_err(failure)?;
        object(&[("lesson", lesson.into()), ("file", Uint8Array::from(&file[..]).into())])
    }

    /// Frees what reads features, until the next face.
    pub fn rest(&mut self) {
        self.learner = None;
    }
}

impl Teaching {
    fn on(model: &[u8], file: Option<String>, bases: &[Uint8Array], embedding: &[u8]) -> Result<Self> {
        let mut own = bases.iter().map(|bytes| Base::parse("base", &bytes.to_vec())).collect::<Result<Vec<Base>>>()?;
        if own.is_empty() {
            let base = Base { file, ..Base::parse("model", model)? };
            if let Some(reason) = base.model.description.no_faces() {
                return Err(Error::Argument(reason));
            }
            let embedding = Some(Base::parse("model of embeddings", embedding)?).filter(|other| other.joins(&base));
            own = [base].into_iter().chain(embedding).collect();
        }
        let base = own[0].clone();
        Ok(Self { teacher: Teacher::on(own)?, base, faces: Vec::new(), next: 0 })
    }

    fn at(&self, label: &str) -> Result<usize> {
        let found = self.teacher.labels().iter().position(|own| own == label);
        found.ok_or_else(|| Error::Argument(format!("there is no label `{label}`")))
    }

    /// The position of a label that has room for a face more.
    fn room(&self, label: &str) -> Result<usize> {
        let (at, counts) = (self.at(label)?, self.teacher.counts());
        if counts[at] == MOST {
            return Err(Error::Argument(format!("`{label}` has {MOST} faces, and more are not learned of: remove some first")));
        }
        if self.faces.len() == MOST_FACES {
            let reason = format!("there are {MOST_FACES} faces, the most here: remove some, or teach with the program `moue`");
            return Err(Error::Argument(reason));
        }
        Ok(at)
    }
}

impl Engine {
    async fn collected(
        &mut self,
        teaching: &mut Teaching,
        photo: Result<RgbImage>,
        given: &str,
        head: &[u8],
    ) -> Result<(u32, String, RgbImage)> {
        let wrong = |error: serde_json::Error| Error::Argument(format!("the options of a face: {error}"));
        let Given { label, name, together, taken, asked } = serde_json::from_str(given).map_err(wrong)?;
        let (photo, at) = (photo?, teaching.room(&label)?);
        if self.learner.is_none() {
            let reader = teaching.teacher.reader()?;
            self.learner = Some(self.recognizer.beside(reader, &self.device, self.precision)?);
        }
        let Some(learner) = &mut self.learner else { return Err(Error::Defect("nothing reads features".into())) };
        learner.set_faces(asked.faces()?);
        learner.set_search(asked.search()?)?;
        let analysis = learner.analyze_async(&photo).await?;
        let face = chosen(&analysis.faces)?;
        let (crop, rect) = (learner.crop(&photo, face)?, text(&Rect::from(face.rect))?);
        let origin = Origin { name, together, taken: taken.or_else(|| photo::taken_of_jpeg(head)) };
        teaching.teacher.add(at, face, crop.clone(), origin)?;
        let number = teaching.next;
        teaching.next += 1;
        teaching.faces.push(number);
        Ok((number, rect, crop))
    }

    async fn taught(&mut self, teaching: &mut Teaching, wanted: &str) -> Result<(String, Vec<u8>)> {
        let wrong = |error: serde_json::Error| Error::Argument(format!("the options of `teach`: {error}"));
        let Wanted { name, same } = serde_json::from_str(wanted).map_err(wrong)?;
        let known = &teaching.base.model.description.labels;
        if let Some(own) = meant::labels(&same, teaching.teacher.labels(), known).map_err(Error::Argument)? {
            self.compare(teaching, &own).await?;
        } else {
            teaching.teacher.compare_no_more();
        }
        let outcome = teaching.teacher.teach(&name, |done, all| {
            STEP.with_borrow(|step| {
                // Who is not told learns of the end.
                let _ = step.as_ref().map(|step| step.call2(&JsValue::NULL, &done.into(), &all.into()));
            });
        })?;
        let sentence = outcome.report.tested.as_ref().map(|tested| tested.sentence());
        let lesson = Lesson { report: &outcome.report, sentence, remarks: &outcome.remarks };
        Ok((text(&lesson)?, outcome.taught.to_bytes()?))
    }

    /// Lets the base answer the faces among the labels that `own` says.
    async fn compare(&self, teaching: &mut Teaching, own: &[usize]) -> Result<()> {
        let mut base = self.recognizer.beside(teaching.base.model.clone(), &self.device, self.precision)?;
        base.set_faces(Faces::None);
        for first in (0..teaching.faces.len()).step_by(TOGETHER) {
            let some: Vec<(&RgbImage, usize)> = teaching.teacher.crops().skip(first).take(TOGETHER).collect();
            let photos: Vec<&RgbImage> = some.iter().map(|(crop, _)| *crop).collect();
            let labels: Vec<usize> = some.iter().map(|&(_, label)| label).collect();
            for (at, (analysis, label)) in base.analyze_batch_async(&photos).await.into_iter().zip(labels).enumerate() {
                let analysis = analysis?;
                let Some(face) = analysis.faces.first() else { continue };
                teaching.teacher.compare(first + at, meant::answer(own, &face.probabilities) == label);
            }
        }
        Ok(())
    }
}

/// The face that is meant.
fn chosen(faces: &[AnalyzedFace]) -> Result<&AnalyzedFace> {
    if faces.is_empty() {
        return Err(Error::Picture("no face was found in it: choose a larger or clearer one".into()));
    }
    let several = || Error::Picture("it has several faces of about a size: cut out the one that is meant".into());
    meant::face(faces).ok_or_else(several)
}
