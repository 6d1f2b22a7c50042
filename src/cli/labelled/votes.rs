//! How many people gave each picture each label: a table.

use std::collections::HashMap;
use std::path::Path;

use crate::ensemble::Truth;

/// What the table says of a picture.
#[derive(Debug, Clone, PartialEq)]
pub enum Said {
    Shows(Truth),
    /// More people gave another answer than any label.
    Another,
}

/// Rows by the picture's path below the folder, with `/`.
#[derive(Debug)]
pub struct Votes {
    rows: HashMap<String, Said>,
}

impl Votes {
    /// A CSV table with a column `file`, one for each of `labels`, and any others, which are other answers.
    ///
    /// # Errors
    /// A table that cannot be read, lacks a column, or has something else than counts, in words.
    pub fn read(path: &Path, labels: &[String]) -> Result<Self, String> {
        let at = |reason: String| format!("{}: {reason}", path.display());
        let mut table = csv::Reader::from_path(path)
            .map_err(|error| at(format!("{error}: give a CSV table in UTF-8, with as many cells a line")))?;
        let names = table
            .headers()
            .map_err(|error| at(format!("{error}: give a CSV table in UTF-8, with as many cells a line")))?
            .clone();
        let column = |name: &str| names.iter().position(|other| other.trim().eq_ignore_ascii_case(name));
        let file = column("file").ok_or_else(|| at("it has no column `file`: each picture's path below --data".into()))?;
        let places: Vec<usize> = labels
            .iter()
            .map(|label| column(label).ok_or_else(|| at(format!("it has no column `{label}`, a label of the model"))))
            .collect::<Result<_, _>>()?;
        let others: Vec<usize> = (0..names.len()).filter(|place| *place != file && !places.contains(place)).collect();
        let mut rows = HashMap::new();
        for row in table.records() {
            let row = row.map_err(|error| at(format!("{error}: give a CSV table in UTF-8, with as many cells a line")))?;
            let line = row.position().map_or(0, csv::Position::line);
            let count = |&place: &usize| {
                let text = row.get(place).unwrap_or_default().trim();
                text.parse::<u32>().ok().filter(|count| *count <= 1_000_000).ok_or_else(|| {
                    at(format!("line {line}, column `{}`: `{text}` is no count of people", names.get(place).unwrap_or_default()))
                })
            };
            let counts: Vec<u32> = places.iter().map(count).collect::<Result<_, _>>()?;
            let others: Vec<u32> = others.iter().map(count).collect::<Result<_, _>>()?;
            let name = row.get(file).unwrap_or_default().replace('\\', "/");
            let said = Truth::votes(&counts, &others).map_or(Said::Another, Said::Shows);
            if rows.insert(name.clone(), said).is_some() {
                return Err(at(format!("line {line}: `{name}` is there twice")));
            }
        }
        Ok(Self { rows })
    }

    /// What is said of the picture at `path` below `root`.
    pub fn of(&self, root: &Path, path: &Path) -> Option<&Said> {
        let below = path.strip_prefix(root).ok()?;
        let parts: Vec<_> = below.components().map(|part| part.as_os_str().to_string_lossy()).collect();
        self.rows.get(&parts.join("/"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str, text: &str) -> Result<Votes, String> {
        let path = std::env::temp_dir().join(format!("moue-votes-{}-{name}.csv", std::process::id()));
        std::fs::write(&path, text).unwrap();
        Votes::read(&path, &["happy".into(), "sad".into()])
    }

    #[test]
    fn a_row_is_found_by_the_place_of_its_picture() {
        let votes = read("rows", "sad,file,unknown,Happy\n2,happy/a.png,0,8\n1,\"sad/b, c.png\",9,0\n").unwrap();
        let root = Path::new("data");
        assert_eq!(votes.of(root, &root.join("happy").join("a.png")), Some(&Said::Shows(Truth::votes(&[8, 2], &[0]).unwrap())));
        assert_eq!(votes.of(root, &root.join("sad").join("b, c.png")), Some(&Said::Another));
        assert_eq!(votes.of(root, &root.join("sad").join("a.png")), None);
    }

    #[test]
    fn what_is_no_table_of_votes_is_named() {
        for (name, text, part) in [
            ("file", "happy,sad\n1,2\n", "no column `file`"),
            ("label", "file,happy\na.png,2\n", "no column `sad`"),
            ("count", "file,happy,sad\na.png,2,few\n", "line 2, column `sad`: `few`"),
            ("twice", "file,happy,sad\na.png,2,1\na.png,2,1\n", "line 3: `a.png` is there twice"),
            ("short", "file,happy,sad\na.png,2\n", "line"),
        ] {
            let error = read(name, text).unwrap_err();
            assert!(error.contains(part), "{error}");
        }
    }
}
