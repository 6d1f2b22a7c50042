//! Which action units pictures show: a table, as people who code faces have them.

use std::collections::HashSet;
use std::fs::File;
use std::path::{Path, PathBuf};

use image::RgbImage;

use crate::cli::{names, terminal};
use crate::error::{Error, plain};
use crate::photo;
use crate::recognizer::Source;

/// What the column of pictures may be called.
const FILES: [&str; 7] = ["file", "filename", "image", "picture", "path", "input", "name"];
/// What is written of a unit that nobody could see, beside nothing.
const UNKNOWN: [&str; 6] = ["", "nan", "na", "n/a", "9", "?"];
/// FACS has intensities A to E.
pub const MOST: f64 = 5.0;

/// A column of the table.
#[derive(Debug, Clone, PartialEq)]
struct Column {
    at: usize,
    label: String,
    /// Whether it says presence alone, as `AU12_c`.
    presence: bool,
}

/// One picture.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// As the table names it.
    pub name: String,
    path: PathBuf,
    /// One a label of the table: whether the picture shows it; none where nobody could see.
    pub shows: Vec<Option<bool>>,
}

impl Source for Row {
    fn read(&mut self) -> Result<RgbImage, Error> {
        let photo = photo::read_remarked(&self.path)?;
        if let Some(remark) = photo.remark {
            terminal::warning(format!("{}: {remark}", names::shown(&self.path)));
        }
        Ok(photo.picture)
    }
}

/// The table.
#[derive(Debug)]
pub struct Labels {
    /// Units as a model names them: `1`, `12`, `46L`.
    pub labels: Vec<String>,
    pub rows: Vec<Row>,
}

impl Labels {
    /// A CSV table with a column of files, below `pictures` or beside the table, and one a unit; others are passed over. A unit is shown from `present` on.
    ///
    /// # Errors
    /// A table that cannot be read, lacks one of these columns, or has something else in them, in words.
    pub fn read(table: &Path, pictures: Option<&Path>, present: f64) -> Result<Self, String> {
        let at = |reason: String| format!("{}: {reason}", names::shown(table));
        let malformed = |error: csv::Error| at(format!("{error}: give a CSV table in UTF-8, with as many cells a line"));
        if table.is_dir() {
            return Err(at("it is a folder: with --actions give a CSV table of labels".into()));
        }
        let file = File::open(table).map_err(|error| at(format!("{}: give a CSV table of labels", plain(&error))))?;
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(file);
        let heads = reader.headers().map_err(malformed)?.clone();
        let heads: Vec<&str> = heads.iter().map(|head| head.trim_start_matches('\u{feff}')).collect();
        let file = FILES.iter().find_map(|name| heads.iter().position(|head| head.eq_ignore_ascii_case(name)));
        let file =
            file.ok_or_else(|| at(format!("it has no column `file` of pictures, nor one called {}", FILES[1..].join(", "))))?;
        let columns = columns(&heads).map_err(at)?;
        if columns.is_empty() {
            let found = heads.join(", ");
            return Err(at(format!("none of its columns is an action unit, as AU12, AU12_c or AU12_r: it has {found}")));
        }
        let folder = pictures.or_else(|| table.parent()).unwrap_or(Path::new(""));
        let (mut rows, mut seen) = (Vec::new(), HashSet::new());
        for record in reader.records() {
            let record = record.map_err(malformed)?;
            let line = record.position().map_or(0, csv::Position::line);
            let name = record.get(file).unwrap_or_default().to_owned();
            if name.is_empty() {
                return Err(at(format!("line {line} names no picture in its column `{}`", heads[file])));
            }
            let said = |column: &Column| {
                let text = record.get(column.at).unwrap_or_default();
                shown(text, if column.presence { 1.0 } else { present }, column.presence)
                    .map_err(|reason| at(format!("line {line}, column `{}`: {reason}", heads[column.at])))
            };
            let shows = columns.iter().map(said).collect::<Result<_, _>>()?;
            if !seen.insert(name.clone()) {
                return Err(at(format!("line {line}: `{name}` is there twice")));
            }
            rows.push(Row { path: folder.join(name.replace('\\', "/")), name, shows });
        }
        if rows.is_empty() {
            return Err(at("it has no row: give one a picture".into()));
        }
        Ok(Self { labels: columns.into_iter().map(|column| column.label).collect(), rows })
    }
}

/// Whether a cell says that a unit is shown, or nothing.
fn shown(text: &str, present: f64, presence: bool) -> Result<Option<bool>, String> {
    if UNKNOWN.iter().any(|unknown| text.eq_ignore_ascii_case(unknown)) {
        return Ok(None);
    }
    let value = text.parse::<f64>().ok();
    match value.filter(|value| if presence { [0.0, 1.0].contains(value) } else { (0.0..=MOST).contains(value) }) {
        Some(value) => Ok(Some(value >= present)),
        None if presence => Err(format!("`{text}` is neither 0 nor 1: leave unknown units empty")),
        None => Err(format!("`{text}` is no intensity of 0 to 5: leave unknown units empty")),
    }
}

/// The columns of units. Where a unit has one of presence and one of intensity, as OpenFace writes, presence is taken.
fn columns(heads: &[&str]) -> Result<Vec<Column>, String> {
    let mut found: Vec<Column> = Vec::new();
    for (at, head) in heads.iter().enumerate() {
        let Some((label, presence)) = unit(head) else { continue };
        let column = Column { at, label, presence };
        match found.iter_mut().find(|own| own.label == column.label) {
            None => found.push(column),
            Some(own) if own.presence == presence => {
                return Err(format!("its columns `{}` and `{head}` are one unit: leave one of them out", heads[own.at]));
            }
            Some(own) if presence => *own = column,
            Some(_) => {}
        }
    }
    Ok(found)
}

/// The unit that a column's head names, and whether it says presence alone: AU1, AU01, au_12, AU12_r, AU12_c, AU46L, or the number alone.
fn unit(head: &str) -> Option<(String, bool)> {
    let lower = head.to_ascii_lowercase();
    let (named, kind) = lower.rsplit_once('_').filter(|(named, _)| *named != "au").unwrap_or((&lower, ""));
    let presence = match kind {
        "" | "r" | "intensity" => false,
        "c" | "presence" => true,
        _ => return None,
    };
    let named = named.strip_prefix("au").map_or(named, |named| named.strip_prefix('_').unwrap_or(named));
    let digits = named.bytes().take_while(u8::is_ascii_digit).count();
    let (number, side) = named.split_at(digits);
    let number: u8 = number.parse().ok().filter(|number| (1..100).contains(number))?;
    ["", "l", "r", "b", "t"].contains(&side).then(|| (format!("{number}{}", side.to_ascii_uppercase()), presence))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str, text: &str) -> Result<Labels, String> {
        let path = std::env::temp_dir().join(format!("moue-units-{}-{name}.csv", std::process::id()));
        std::fs::write(&path, text).unwrap();
        Labels::read(&path, Some(Path::new("pictures")), 1.0)
    }

    #[test]
    fn units_are_known_by_the_names_that_programs_give_them() {
        let spelled = [
            ("AU1", "1", false),
            ("AU01", "1", false),
            ("au12", "12", false),
            ("AU_12", "12", false),
            ("AU01_r", "1", false),
            ("AU45_c", "45", true),
            ("AU46L", "46L", false),
            ("AU28B_c", "28B", true),
            ("17", "17", false),
            ("AU6_intensity", "6", false),
            ("au_06_presence", "6", true),
        ];
        for (head, label, presence) in spelled {
            assert_eq!(unit(head), Some((label.into(), presence)), "{head}");
        }
        for head in ["file", "yaw", "AU", "AU0", "AU100", "AU12_x", "AU12Q", "", "AUx", "12_34"] {
            assert_eq!(unit(head), None, "{head}");
        }
    }

    #[test]
    fn a_row_says_what_a_picture_shows() {
        let labels =
            read("rows", "\u{feff}frame, AU01_r ,image,AU04_c,AU04_r,AU12\n1,0.9,a.png,1,0,\n2, 1 ,sub\\b.png,0,5,9\n").unwrap();
        assert_eq!(labels.labels, ["1", "4", "12"]);
        assert_eq!(labels.rows[0].shows, [Some(false), Some(true), None]);
        assert_eq!(labels.rows[1].shows, [Some(true), Some(false), None]);
        assert_eq!(labels.rows[1].path, Path::new("pictures/sub/b.png"));
    }

    #[test]
    fn what_is_no_table_of_units_is_named() {
        for (name, text, part) in [
            ("file", "AU01,AU02\n1,0\n", "no column `file`"),
            ("units", "file,happy\na.png,1\n", "it has file, happy"),
            ("value", "file,AU01\na.png,6\n", "line 2, column `AU01`: `6` is no intensity"),
            ("letter", "file,AU01\na.png,x\n", "`x`"),
            ("presence", "file,AU01_c\na.png,0.5\n", "`0.5` is neither 0 nor 1"),
            ("twice", "file,AU01\na.png,1\na.png,1\n", "line 3: `a.png` is there twice"),
            ("both", "file,AU1,AU01\na.png,1,1\n", "`AU1` and `AU01` are one unit"),
            ("none", "file,AU01\n", "it has no row"),
            ("empty", "file,AU01\n,1\n", "line 2 names no picture"),
            ("short", "file,AU01\na.png\n", "as many cells"),
        ] {
            let error = read(name, text).unwrap_err();
            assert!(error.contains(part), "{error}");
        }
    }
}
