//! Groups in words, JSON and CSV.

use std::io::Write;
use std::path::Path;

use serde::Serialize;

use crate::album::{expression, shares};
use crate::cli::gallery::{counted, face_name, mix};
use crate::cli::outcome::Failure;
use crate::cli::terminal;
use crate::embed::Gallery;
use crate::groups::Group;

/// What was found.
pub struct Report<'a> {
    pub file: &'a Path,
    /// How they were grouped.
    pub method: &'static str,
    pub gallery: &'a Gallery,
    pub groups: &'a [Group],
    pub alone: &'a [usize],
}

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    input: String,
    method: &'static str,
    faces: usize,
    groups: Vec<GroupRecord<'a>>,
    /// Faces of no group.
    alone: &'a [usize],
}

#[derive(Serialize)]
struct GroupRecord<'a> {
    group: usize,
    size: usize,
    medoid: FaceRecord<'a>,
    /// Which expressions the faces show, and how many each.
    expressions: Vec<(&'a str, usize)>,
    members: Vec<Member>,
}

#[derive(Serialize)]
struct FaceRecord<'a> {
    index: usize,
    input: &'a str,
    #[serde(rename = "box")]
    bounds: [f32; 4],
    #[serde(skip_serializing_if = "Option::is_none")]
    time: Option<f64>,
}

#[derive(Serialize)]
struct Member {
    index: usize,
    /// From the medoid.
    distance: f32,
}

#[derive(Serialize)]
struct Line<'a> {
    group: Option<usize>,
    index: usize,
    input: &'a str,
    time: Option<f64>,
    x: f32,
    y: f32,
    w: f32,
    h: f32,
    label: Option<&'a str>,
    medoid: bool,
    distance: Option<f32>,
}

impl Report<'_> {
    fn face(&self, index: usize) -> FaceRecord<'_> {
        FaceRecord {
            index,
            input: self.gallery.image_of(index).map_or("", |image| &image.path),
            bounds: self.gallery.boxes[index],
            time: Some(self.gallery.time[index]).filter(|time| !time.is_nan()),
        }
    }

    /// One object, without a line's end.
    pub fn json(&self, out: &mut impl Write) -> Result<(), Failure> {
        let record = |(at, group): (usize, &Group)| GroupRecord {
            group: at + 1,
            size: group.members.len(),
            medoid: self.face(group.medoid),
            expressions: shares(self.gallery, group.members.iter().map(|(at, _)| *at))
                .into_iter()
                .map(|(label, count)| (&*self.gallery.expressions[label], count))
                .collect(),
            members: group.members.iter().map(|&(index, distance)| Member { index, distance }).collect(),
        };
        let document = Document {
            schema: "moue.groups/1",
            input: crate::cli::names::shown(self.file),
            method: self.method,
            faces: self.gallery.len(),
            groups: self.groups.iter().enumerate().map(record).collect(),
            alone: self.alone,
        };
        Ok(serde_json::to_writer(out, &document)?)
    }

    /// A line a face, group by group; those of no group last.
    pub fn csv(&self, out: &mut impl Write) -> Result<(), Failure> {
        let mut writer = csv::Writer::from_writer(out);
        let failed = |error: csv::Error| Failure::at("--output", error);
        let own = self.groups.iter().enumerate().flat_map(|(at, group)| {
            group.members.iter().map(move |&(index, distance)| (index, Some(at + 1), index == group.medoid, Some(distance)))
        });
        for (index, group, medoid, distance) in own.chain(self.alone.iter().map(|&index| (index, None, false, None))) {
            let FaceRecord { input, bounds: [x, y, w, h], time, .. } = self.face(index);
            let label = expression(self.gallery, index).map(|(label, _)| &*self.gallery.expressions[label]);
            writer.serialize(Line { group, index, input, time, x, y, w, h, label, medoid, distance }).map_err(failed)?;
        }
        writer.flush()?;
        Ok(())
    }

    /// What a group is called: its number, its size and what it shows.
    pub fn title(&self, at: usize) -> [String; 2] {
        let members: Vec<usize> = self.groups[at].members.iter().map(|(at, _)| *at).collect();
        [format!("{}   {}", at + 1, counted(members.len(), "face")), mix(self.gallery, &members)]
    }

    pub fn people(&self, out: &mut impl Write) -> Result<(), Failure> {
        let paint = terminal::Paint::stdout();
        for (at, group) in self.groups.iter().enumerate() {
            let members: Vec<usize> = group.members.iter().map(|(at, _)| *at).collect();
            let size = counted(members.len(), "face");
            let medoid = face_name(self.gallery, group.medoid);
            writeln!(out, "{:>4}  {size:>11}  {:<28}  {medoid}", paint.bold(at + 1), mix(self.gallery, &members))?;
        }
        match (self.gallery.len(), self.alone.len()) {
            (0, _) => writeln!(out, "no face in it")?,
            (_, 0) => {}
            (_, alone) => writeln!(out, "{} in no group", counted(alone, "face"))?,
        }
        Ok(())
    }
}
