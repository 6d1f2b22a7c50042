//! `--events`: a row a unit of a face, as soon as it has ended.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use super::csv::quoted;
use crate::actions::{Event, Events, Moment, Threshold, column, words};
use crate::records::Record;

const COLUMNS: &str = "input,track,unit,name,onset_frame,onset,apex_frame,apex,offset_frame,offset,probability,intensity";

/// The table, and the events that have not ended.
pub struct EventTable {
    out: BufWriter<File>,
    labels: Vec<String>,
    events: Events,
}

impl EventTable {
    /// Begins the table, for a model of action units of these labels.
    pub fn create(path: &Path, labels: &[String], threshold: Threshold) -> io::Result<Self> {
        let events = match threshold {
            Threshold::Fixed(from) => Events::from_threshold(from),
            // Each unit has another.
            Threshold::Learned => Events::default(),
        };
        let mut out = BufWriter::new(File::create(path)?);
        writeln!(out, "{COLUMNS}")?;
        Ok(Self { out, labels: labels.to_vec(), events })
    }

    /// The faces of the next frame.
    pub fn push(&mut self, record: &Record) -> io::Result<()> {
        let Some(at) = record.at else { return Ok(()) };
        let faces = record.faces.iter().filter_map(|face| Some((face.track?, face.actions.as_deref()?)));
        let ended = self.events.push(Moment { frame: at.frame, timestamp: at.timestamp }, faces);
        self.write(&record.input, &ended)
    }

    /// The video is over.
    pub fn finish(&mut self, input: &str) -> io::Result<()> {
        let ended = self.events.finish();
        self.write(input, &ended)?;
        self.out.flush()
    }

    fn write(&mut self, input: &str, events: &[Event]) -> io::Result<()> {
        for event in events {
            let label = self.labels.get(event.unit).map_or("", String::as_str);
            let mut cells = vec![quoted(input), event.track.0.to_string(), column(label), quoted(words(label).unwrap_or(label))];
            for moment in [event.onset, event.apex, event.offset] {
                cells.extend([moment.frame.to_string(), moment.timestamp.as_secs_f64().to_string()]);
            }
            cells.push(event.probability.to_string());
            cells.push(event.intensity.map(|intensity| intensity.to_string()).unwrap_or_default());
            writeln!(self.out, "{}", cells.join(","))?;
        }
        Ok(())
    }
}
