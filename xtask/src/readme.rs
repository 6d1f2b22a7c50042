//! The README's first command, as it stands there.

use std::fs;
use std::path::Path;

use crate::steps::Done;
use crate::{kept, system};

const BEGIN: &str = "cargo run --release -- analyze ";

/// Runs it; the picture that it draws has to be there afterwards.
pub fn first_command(root: &Path) -> Done {
    let text = fs::read_to_string(root.join("README.md")).unwrap_or_default();
    let Some(line) = text.lines().find(|line| line.starts_with(BEGIN)) else {
        return Done::Failed(format!("README.md has no line that begins with `{BEGIN}`"));
    };
    let words: Vec<&str> = line.split_whitespace().skip(1).collect();
    let Some(picture) = words.iter().skip_while(|word| **word != "--annotate").nth(1).map(|name| root.join(name)) else {
        return Done::Failed(format!("README.md: `{line}` draws nothing: --annotate is missing"));
    };
    let _ = fs::remove_file(&picture);
    match system::run(kept::cargo().args(&words).current_dir(root)) {
        Ok(true) if fs::metadata(&picture).is_ok_and(|file| file.len() > 0) => Done::Passed,
        Ok(true) => Done::Failed(format!("{} is not there", picture.display())),
        other => Done::of(other),
    }
}
