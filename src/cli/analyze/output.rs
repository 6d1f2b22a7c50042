//! Where the records of a run go, and how they are written.

use std::io::Write;
use std::ops::Range;

use super::args::Args;
use super::json::Wanted;
use super::made::Made;
use super::record::Record;
use super::resume::Resumed;
use super::{csv, human, json};
use crate::cli::outcome::Failure;
use crate::cli::terminal::{self, Stdout};
use crate::weights::Description;

/// The records' way out.
pub struct Output {
    form: Form,
    labels: Vec<String>,
    members: Vec<String>,
    wanted: Wanted,
    stdout: Stdout,
    file: Option<(Resumed, Made)>,
}

enum Form {
    Human,
    Json,
    Csv,
}

impl Output {
    /// As the flags say; the header of a table is written at once.
    pub fn new(args: &Args, file: Option<(Resumed, Made)>, description: &Description) -> Result<Self, Failure> {
        let form = match (args.json || file.is_some(), args.csv) {
            (true, _) => Form::Json,
            (false, true) => Form::Csv,
            (false, false) => Form::Human,
        };
        let labels = description.labels.clone();
        let wanted = Wanted {
            top: args.top.map(|k| labels.len().min(k as usize)),
            landmarks: args.landmarks.as_ref().and_then(|count| count.parse().ok()),
        };
        let members = description.members.iter().map(|member| member.name.clone()).collect();
        let mut stdout = terminal::stdout();
        if matches!(form, Form::Csv) {
            csv::header(&mut stdout, &labels)?;
        }
        Ok(Self { form, labels, members, wanted, stdout, file })
    }

    /// Whether a progress bar over `count` inputs is of use: records on a terminal show the progress themselves.
    pub fn shows_progress(&self, count: usize) -> bool {
        count > 1 && (self.file.is_some() || !self.stdout.is_terminal())
    }

    /// One record, whole; in the place of an earlier one where there was one.
    pub fn write(&mut self, record: &Record, again: Option<Range<u64>>) -> Result<(), Failure> {
        let mut text = Vec::new();
        let made = self.file.as_ref().map(|(_, made)| made);
        match self.form {
            Form::Human => human::write(&mut text, record, &self.labels, self.wanted.top)?,
            Form::Json => json::write(&mut text, record, &self.labels, &self.members, self.wanted, made)?,
            Form::Csv => csv::write(&mut text, record, &self.labels, self.wanted.top.unwrap_or(self.labels.len()))?,
        }
        match (&mut self.file, again) {
            (Some((file, _)), Some(place)) => file.replace(place, &text),
            (Some((file, _)), None) => file.append(&text),
            (None, _) => {
                self.stdout.write_all(&text)?;
                Ok(self.stdout.flush()?)
            }
        }
    }

    /// The last record was written.
    pub fn finish(&mut self) -> Result<(), Failure> {
        self.file.as_mut().map_or(Ok(()), |(file, _)| file.settle())
    }
}
