//! `--resume`: a file of records that an earlier run began.
//!
//! A record is appended in one piece. Killed while it writes, a run leaves part of a line at the end, which is cut off. Everything else that is no
//! record of this model and these options says that the file is another's: it is refused before anything is changed. A record that says that its input
//! could not be answered is made again, and takes the place of the old one.
//!
//! Of a video that was begun, what its frames say together is added up from their records. Faces are followed from its first frame on again, so that they get
//! the names that they had, and read from where the records end.

use std::collections::HashMap;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::made::Made;
use crate::cli::outcome::Failure;
use crate::cli::{files, terminal};
use crate::error::plain;
use crate::records::Summary;
use crate::records::json::{FRAME, HEADS, SCHEMA, VIDEO};
use crate::weights::Description;

/// No record is longer, in bytes: what is, is not read to its end.
const MOST: u64 = 1 << 26;

/// A record of an earlier run, or those of a video.
#[derive(Debug)]
pub enum Before {
    /// It answers.
    Answered,
    /// Those of a video that could not be read whole.
    Spoiled,
    /// Those of a video whose end is not there.
    Begun(Box<Summary>),
    /// It says that the input could not be answered, in these bytes of the file.
    Failed(Range<u64>),
}

/// The file, and what it holds.
pub struct Resumed {
    path: PathBuf,
    file: File,
    /// An input's records, first record last: the same name may be given several times.
    records: HashMap<String, Vec<Before>>,
    /// Records for the place of older ones.
    again: Vec<(Range<u64>, Vec<u8>)>,
}

impl Resumed {
    /// Opens the file, or begins it.
    ///
    /// # Errors
    /// Another run is writing it, or it holds something else than records of this model and these options.
    pub fn open(path: &Path, description: &Description, actions: Option<&Description>, made: &Made) -> Result<Self, Failure> {
        let refuse = |reason: String| Failure::at("--resume", format!("{}: {reason}", path.display()));
        files::make_room(path).map_err(|error| Failure::at("--resume", error))?;
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path);
        let file = file.map_err(|error| refuse(files::remedied(&error)))?;
        lock(&file).map_err(|reason| refuse(reason.into()))?;
        let Records { whole, mut records, begun, unsaid } = records(&file, description, actions, made).map_err(refuse)?;
        if unsaid > 0 {
            terminal::warning(format!(
                "--resume: {}: {unsaid} of its records do not say with which options they were made: they are taken as made with these",
                path.display()
            ));
        }
        for (input, summary) in begun {
            records.entry(input).or_default().push(Before::Begun(Box::new(summary)));
        }
        records.values_mut().for_each(|records| records.reverse());
        file.set_len(whole).map_err(|error| refuse(plain(&error)))?;
        Ok(Self { path: path.to_path_buf(), file, records, again: Vec::new() })
    }

    /// Takes a record of the input, where there is one left.
    pub fn before(&mut self, input: &str) -> Option<Before> {
        self.records.get_mut(input)?.pop()
    }

    /// Appends a record.
    pub fn append(&mut self, line: &[u8]) -> Result<(), Failure> {
        self.settle()?;
        let written = self.file.seek(SeekFrom::End(0)).and_then(|_| self.file.write_all(line));
        written.map_err(|error| self.failed(&error))
    }

    /// Keeps a record for the place of another, until [`Resumed::settle`].
    pub fn replace(&mut self, place: Range<u64>, line: &[u8]) -> Result<(), Failure> {
        let mut old = Vec::new();
        let read = part(&self.file, &place).and_then(|mut part| part.read_to_end(&mut old));
        read.map_err(|error| self.failed(&error))?;
        if old != line {
            self.again.push((place, line.to_vec()));
        }
        Ok(())
    }

    /// Puts the records kept by [`Resumed::replace`] into their places, all in one step.
    pub fn settle(&mut self) -> Result<(), Failure> {
        if self.again.is_empty() {
            return Ok(());
        }
        let mut again = std::mem::take(&mut self.again);
        again.sort_by_key(|(place, _)| place.start);
        let path = files::target(&self.path);
        match rewritten(&self.file, &again, &path) {
            Ok(file) => {
                self.file = file;
                Ok(())
            }
            Err(error) => Err(self.failed(&error)),
        }
    }

    fn failed(&self, error: &std::io::Error) -> Failure {
        Failure::at("--resume", format!("{}: {}", self.path.display(), plain(error)))
    }
}

fn lock(file: &File) -> Result<(), &'static str> {
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => Err("another run is writing it: wait for it, or name another file"),
        // Some file systems have no locks.
        Ok(()) | Err(TryLockError::Error(_)) => Ok(()),
    }
}

fn part<'f>(mut file: &'f File, place: &Range<u64>) -> std::io::Result<std::io::Take<&'f File>> {
    file.seek(SeekFrom::Start(place.start))?;
    Ok(file.take(place.end - place.start))
}

/// A file at `path` of what `old` holds, some of it replaced.
fn rewritten(old: &File, again: &[(Range<u64>, Vec<u8>)], path: &Path) -> std::io::Result<File> {
    let beside = files::part(path);
    let mut new = OpenOptions::new().read(true).write(true).create(true).truncate(true).open(&beside)?;
    let _ = lock(&new);
    let mut from = 0;
    for (place, line) in again {
        std::io::copy(&mut part(old, &(from..place.start))?, &mut new)?;
        new.write_all(line)?;
        from = place.end;
    }
    std::io::copy(&mut part(old, &(from..old.metadata()?.len()))?, &mut new)?;
    new.sync_all()?;
    std::fs::rename(&beside, path)?;
    Ok(new)
}

struct Records {
    /// Length of the whole records.
    whole: u64,
    records: HashMap<String, Vec<Before>>,
    /// Videos whose end is not there yet.
    begun: HashMap<String, Summary>,
    /// Records that do not say what made them: those of earlier versions.
    unsaid: usize,
}

/// The records of the file, or why this is no such file.
fn records(file: &File, description: &Description, actions: Option<&Description>, made: &Made) -> Result<Records, String> {
    const MARK: &[u8] = b"\xEF\xBB\xBF";
    let mut reader = BufReader::new(file);
    let mut found = Records { whole: 0, records: HashMap::new(), begun: HashMap::new(), unsaid: 0 };
    let mut number = 0;
    let mut line = Vec::new();
    loop {
        line.clear();
        let length = reader.by_ref().take(MOST).read_until(b'\n', &mut line).map_err(|error| plain(&error))?;
        if length == 0 {
            return Ok(found);
        }
        number += 1;
        let text = line.strip_prefix(MARK).filter(|_| number == 1).unwrap_or(&line);
        let value = if text.ends_with(b"\n") { serde_json::from_slice::<Value>(text).ok() } else { None };
        let Some(value) = value else {
            if is_torn(text) && reader.fill_buf().map_err(|error| plain(&error))?.is_empty() {
                return Ok(found);
            }
            return Err(foreign(number));
        };
        match value.get("options") {
            None => found.unsaid += 1,
            Some(options) => {
                if let Some(difference) = made.differs(options) {
                    return Err(format!(
                        "{difference}, so the file is left as it is: name another file, or give the options that made it"
                    ));
                }
            }
        }
        let place = found.whole..found.whole + length as u64;
        found.whole = place.end;
        let wrong = |reason: Option<String>| reason.unwrap_or_else(|| foreign(number));
        let Written { input, kind, failed } = record(&value, description).map_err(wrong)?;
        let before = match kind {
            Kind::Frame => {
                let units = actions.map(|actions| &actions.labels[..]);
                let new = |input: &String| Summary::new(input.clone(), &description.labels, units);
                let summary = found.begun.entry(input).or_insert_with_key(new);
                summary.add_written(&value).ok_or_else(|| foreign(number))?;
                continue;
            }
            Kind::Picture if failed => Before::Failed(place),
            Kind::Video if failed && found.begun.remove(&input).is_none() => Before::Failed(place),
            Kind::Video if failed => Before::Spoiled,
            Kind::Picture => Before::Answered,
            Kind::Video => {
                found.begun.remove(&input);
                Before::Answered
            }
        };
        found.records.entry(input).or_default().push(before);
    }
}

fn foreign(number: usize) -> String {
    format!(
        "line {number} is no {SCHEMA} record and none of a video, so the file is left as it is: name another file, or remove that line"
    )
}

/// Whether a line is the beginning of a record.
fn is_torn(line: &[u8]) -> bool {
    let line = line.trim_ascii_end();
    HEADS.iter().any(|head| {
        let shared = line.len().min(head.len());
        line[..shared] == head.as_bytes()[..shared]
    })
}

/// A record as it was written.
struct Written {
    /// The input that it answers.
    input: String,
    kind: Kind,
    /// Whether it says that it could not.
    failed: bool,
}

enum Kind {
    Picture,
    Frame,
    /// The end of a video.
    Video,
}

/// A record, or why it is another model's; or nothing where it is none.
fn record(value: &Value, description: &Description) -> Result<Written, Option<String>> {
    let text = |key: &str| value.get(key).and_then(Value::as_str);
    let input = text("input").ok_or(None)?.to_owned();
    let failed = value.get("error").is_some_and(|error| !error.is_null());
    let kind = match text("schema") {
        Some(SCHEMA) => Kind::Picture,
        Some(FRAME) => Kind::Frame,
        Some(VIDEO) => return Ok(Written { input, kind: Kind::Video, failed }),
        _ => return Err(None),
    };
    let faces = value.get("faces").and_then(Value::as_array).ok_or(None)?;
    for face in faces {
        let members = face.get("members").and_then(Value::as_array).ok_or(None)?;
        let names: Vec<&str> = members.iter().filter_map(|member| member.get("name").and_then(Value::as_str)).collect();
        let wanted: Vec<&str> = description.members.iter().map(|member| member.name.as_str()).collect();
        let labels = face.get("probabilities").and_then(Value::as_object).ok_or(None)?;
        if names != wanted || !are(labels, &description.labels) {
            return Err(Some(format!(
                "its records are not of the model `{}` (they have the members {} and the labels {}), so the file is left as it is: name another \
                 file, or the --model that wrote it, without --top",
                description.name,
                names.join(", "),
                labels.keys().map(String::as_str).collect::<Vec<_>>().join(", ")
            )));
        }
    }
    Ok(Written { input, kind, failed })
}

fn are(found: &Map<String, Value>, labels: &[String]) -> bool {
    found.len() == labels.len() && labels.iter().all(|label| found.contains_key(label))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_beginning_of_a_record_is_torn() {
        assert!(is_torn(b"{") && is_torn(b"{\"schema\":\n"));
        assert!(HEADS.iter().all(|head| is_torn(head.as_bytes()) && is_torn(format!("{head}\"a.png\",\"wid").as_bytes())));
        assert!(!is_torn(b"x") && !is_torn(b"{\"schema\":\"moue.analyze/2\"") && !is_torn(b"[1]\n"));
    }
}
