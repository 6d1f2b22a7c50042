//! Where the records of a run go, and how they are written.

use std::io::Write;
use std::ops::Range;

use super::args::{Args, Table};
use super::csv::Columns;
use super::events::EventTable;
use super::made::Made;
use super::resume::Resumed;
use super::units::Persons;
use super::{csv, human, openface, pyfeat};
use crate::cli::outcome::Failure;
use crate::cli::terminal::{self, Stdout};
use crate::error::Error;
use crate::records::json::{self, Wanted};
use crate::records::{Record, Summary};
use crate::weights::Description;

/// The records' way out.
pub struct Output {
    form: Form,
    labels: Vec<String>,
    members: Vec<String>,
    wanted: Wanted,
    stdout: Stdout,
    file: Option<(Resumed, Made)>,
    /// Labels of action units, where they are read.
    units: Option<Vec<String>>,
    persons: Option<Persons>,
    events: Option<EventTable>,
}

#[derive(Clone, Copy, PartialEq)]
enum Form {
    Human,
    Json,
    Csv(Columns),
    OpenFace,
    PyFeat,
}

impl Output {
    /// As the flags say; the header of a table is written at once. `videos`: there are some among the inputs.
    pub fn new(
        args: &Args,
        videos: bool,
        file: Option<(Resumed, Made)>,
        description: &Description,
        actions: Option<&Description>,
    ) -> Result<Self, Failure> {
        let form = match (args.json || file.is_some(), args.csv) {
            (true, _) => Form::Json,
            (false, Some(Table::Moue)) => Form::Csv(Columns { videos, smoothed: args.smooth.is_some() }),
            (false, Some(Table::OpenFace)) => Form::OpenFace,
            (false, Some(Table::PyFeat)) => Form::PyFeat,
            (false, None) => Form::Human,
        };
        let labels = description.labels.clone();
        let wanted = Wanted {
            top: args.top.map(|k| labels.len().min(k as usize)),
            landmarks: args.landmarks.as_ref().and_then(|count| count.parse().ok()),
        };
        let members = description.members.iter().map(|member| member.name.clone()).collect();
        let mut stdout = terminal::stdout();
        let units = actions.map(|actions| actions.labels.clone());
        let persons = actions.map(|actions| Persons::new(&args.units, actions, videos)).transpose()?;
        let events = match (&args.units.events, &units) {
            (Some(path), Some(labels)) => {
                let table = EventTable::create(path, labels, args.units.threshold.0);
                Some(table.map_err(|error| Failure::at("--events", Error::io(path, error)))?)
            }
            _ => None,
        };
        match form {
            Form::Csv(columns) => csv::header(&mut stdout, &labels, units.as_deref(), columns)?,
            Form::OpenFace => openface::header(&mut stdout)?,
            Form::PyFeat => pyfeat::header(&mut stdout)?,
            Form::Human | Form::Json => {}
        }
        Ok(Self { form, labels, members, wanted, stdout, file, units, persons, events })
    }

    /// Whether a progress bar over `count` inputs is of use: records on a terminal show the progress themselves.
    pub fn shows_progress(&self, count: usize) -> bool {
        count > 1 && (self.file.is_some() || !self.stdout.is_terminal())
    }

    /// Whether one over the frames of a video is.
    pub fn shows_frames(&self) -> bool {
        self.form == Form::Human || self.shows_progress(usize::MAX)
    }

    /// Labels of action units, where they are read.
    pub fn units(&self) -> Option<&[String]> {
        self.units.as_deref()
    }

    /// The rest of the people that were read.
    pub fn persons(&self) -> Option<&Persons> {
        self.persons.as_ref()
    }

    /// What is said of a record beyond what networks answered: a person's rest is taken off, and units end.
    pub fn prepare(&mut self, record: &mut Record) -> Result<(), Failure> {
        if let Some(persons) = &mut self.persons {
            persons.subtract(record);
        }
        let pushed = self.events.as_mut().map_or(Ok(()), |events| events.push(record));
        pushed.map_err(|error| Failure::at("--events", error))
    }

    /// One record, whole; in the place of an earlier one where there was one.
    pub fn write(&mut self, record: &Record, again: Option<Range<u64>>) -> Result<(), Failure> {
        let mut text = Vec::new();
        let made = self.file.as_ref().map(|(_, made)| made);
        match self.form {
            // Of a video what its frames say together.
            Form::Human if record.at.is_some() => {}
            Form::Human => human::write(&mut text, record, &self.labels, self.units.as_deref(), self.wanted.top)?,
            Form::Json => json::write(&mut text, record, &self.labels, &self.members, self.units.as_deref(), self.wanted, made)?,
            Form::Csv(columns) => csv::write(
                &mut text,
                record,
                &self.labels,
                self.units.as_deref(),
                self.wanted.top.unwrap_or(self.labels.len()),
                columns,
            )?,
            Form::OpenFace => openface::write(&mut text, record, self.units.as_deref())?,
            Form::PyFeat => pyfeat::write(&mut text, record, &self.labels, self.units.as_deref())?,
        }
        self.put(&text, again)
    }

    /// What is at the end of a video.
    pub fn end(&mut self, summary: &Summary, again: Option<Range<u64>>) -> Result<(), Failure> {
        if let Some(persons) = &mut self.persons {
            persons.forget();
        }
        let finished = self.events.as_mut().map_or(Ok(()), |events| events.finish(&summary.input));
        finished.map_err(|error| Failure::at("--events", error))?;
        let mut text = Vec::new();
        match self.form {
            Form::Human => human::video(&mut text, summary)?,
            Form::Json => json::video(&mut text, summary, self.file.as_ref().map(|(_, made)| made))?,
            // As a picture that could not be read.
            Form::Csv(columns) if summary.frames == 0 => {
                let (input, error) = (summary.input.clone(), summary.error.clone());
                let record = Record { input, at: None, size: None, faces: Vec::new(), error };
                csv::write(&mut text, &record, &self.labels, self.units.as_deref(), 0, columns)?;
            }
            Form::Csv(_) | Form::OpenFace | Form::PyFeat => {}
        }
        self.put(&text, again)
    }

    /// Takes an earlier record away.
    pub fn forget(&mut self, place: Range<u64>) -> Result<(), Failure> {
        self.file.as_mut().map_or(Ok(()), |(file, _)| file.replace(place, b""))
    }

    fn put(&mut self, text: &[u8], again: Option<Range<u64>>) -> Result<(), Failure> {
        match (&mut self.file, again) {
            (Some((file, _)), Some(place)) => file.replace(place, text),
            (Some((file, _)), None) => file.append(text),
            (None, _) => {
                self.stdout.write_all(text)?;
                Ok(self.stdout.flush()?)
            }
        }
    }

    /// The last record was written.
    pub fn finish(&mut self) -> Result<(), Failure> {
        self.file.as_mut().map_or(Ok(()), |(file, _)| file.settle())
    }
}
