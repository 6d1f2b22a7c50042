//! `--resume`: a file of records that an earlier run began.
//!
//! A record is appended in one piece. Killed while it writes, a run leaves part of a line at the end, which is cut off. Everything else that is no
//! record of this model says that the file is another's: it is refused before anything is changed.

use std::collections::HashMap;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::json::{HEAD, SCHEMA};
use crate::cli::files;
use crate::cli::outcome::Failure;
use crate::weights::Description;

/// No record is longer, in bytes: what is, is not read to its end.
const MOST: u64 = 1 << 26;

/// The file, and what it holds.
pub struct Resumed {
    path: PathBuf,
    file: File,
    /// Whether each of an input's records says that it could not be answered, first record last: the same name may be given several times.
    answered: HashMap<String, Vec<bool>>,
}

impl Resumed {
    /// Opens the file, or begins it.
    ///
    /// # Errors
    /// Another run is writing it, or it holds something else than records of this model.
    pub fn open(path: &Path, description: &Description) -> Result<Self, Failure> {
        let refuse = |reason: String| Failure::at("--resume", format!("{}: {reason}", path.display()));
        files::make_room(path).map_err(|error| Failure::at("--resume", error))?;
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path);
        let mut file = file.map_err(|error| refuse(error.to_string()))?;
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => {
                return Err(refuse("another run is writing it: wait for it, or name another file".into()));
            }
            // Some file systems have no locks.
            Ok(()) | Err(TryLockError::Error(_)) => {}
        }
        let (whole, mut answered) = records(&file, description).map_err(refuse)?;
        answered.values_mut().for_each(|records| records.reverse());
        file.set_len(whole).and_then(|()| file.seek(SeekFrom::End(0))).map_err(|error| refuse(error.to_string()))?;
        Ok(Self { path: path.to_path_buf(), file, answered })
    }

    /// Takes a record of the input, where there is one left: whether it says that the input could not be answered.
    pub fn answered(&mut self, input: &str) -> Option<bool> {
        self.answered.get_mut(input)?.pop()
    }

    /// Appends a record.
    pub fn append(&mut self, line: &[u8]) -> Result<(), Failure> {
        let written = self.file.write_all(line);
        written.map_err(|error| Failure::at("--resume", format!("{}: {error}", self.path.display())))
    }
}

type Records = (u64, HashMap<String, Vec<bool>>);

/// Length of the whole records, and which inputs they answer; or why this is no such file.
fn records(file: &File, description: &Description) -> Result<Records, String> {
    let mut reader = BufReader::new(file);
    let mut answered: HashMap<String, Vec<bool>> = HashMap::new();
    let (mut whole, mut number) = (0, 0);
    let mut line = Vec::new();
    loop {
        line.clear();
        let length = reader.by_ref().take(MOST).read_until(b'\n', &mut line).map_err(|error| error.to_string())?;
        if length == 0 {
            return Ok((whole, answered));
        }
        number += 1;
        let value = if line.ends_with(b"\n") { serde_json::from_slice::<Value>(&line).ok() } else { None };
        let Some(value) = value else {
            if is_torn(&line) && reader.fill_buf().map_err(|error| error.to_string())?.is_empty() {
                return Ok((whole, answered));
            }
            return Err(foreign(number));
        };
        let (input, failed) = record(&value, description).map_err(|reason| reason.unwrap_or_else(|| foreign(number)))?;
        answered.entry(input).or_default().push(failed);
        whole += length as u64;
    }
}

fn foreign(number: usize) -> String {
    format!("line {number} is no {SCHEMA} record, so the file is left as it is: name another file, or remove that line")
}

/// Whether a line is the beginning of a record.
fn is_torn(line: &[u8]) -> bool {
    let line = line.trim_ascii_end();
    let shared = line.len().min(HEAD.len());
    line[..shared] == HEAD.as_bytes()[..shared]
}

/// The input that a record answers, and whether it says that it could not; or why it is another model's; or nothing where it is no record.
fn record(value: &Value, description: &Description) -> Result<(String, bool), Option<String>> {
    let text = |key: &str| value.get(key).and_then(Value::as_str);
    let (Some(SCHEMA), Some(input), Some(faces)) = (text("schema"), text("input"), value.get("faces").and_then(Value::as_array))
    else {
        return Err(None);
    };
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
    Ok((input.to_owned(), value.get("error").is_some_and(|error| !error.is_null())))
}

fn are(found: &Map<String, Value>, labels: &[String]) -> bool {
    found.len() == labels.len() && labels.iter().all(|label| found.contains_key(label))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_beginning_of_a_record_is_torn() {
        assert!(
            is_torn(b"{")
                && is_torn(b"{\"schema\":\n")
                && is_torn(HEAD.as_bytes())
                && is_torn(format!("{HEAD}\"a.png\",\"wid").as_bytes())
        );
        assert!(!is_torn(b"x") && !is_torn(b"{\"schema\":\"moue.analyze/2\"") && !is_torn(b"[1]\n"));
    }
}
