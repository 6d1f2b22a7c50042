//! The rules of the house: what a room may use, and no circles.

use std::collections::{BTreeMap, BTreeSet};

use crate::tree::Use;

/// A row of the table: its rooms, and those that they may use, with all that these may use.
#[derive(Debug, PartialEq)]
pub struct Floor {
    pub rooms: Vec<String>,
    pub uses: Vec<String>,
}

/// The rows whose first cell names `src/`, of which `src/room/` and `src/file.rs` are rooms; the last cell says what they may use.
pub fn floors(document: &str) -> Vec<Floor> {
    let quoted = |cell: &str| cell.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>();
    let rows = document.lines().filter(|line| line.starts_with("| `src/"));
    let cells = rows.map(|row| row.trim_matches(['|', ' ']).split('|').collect::<Vec<_>>());
    cells
        .map(|cells| Floor {
            rooms: quoted(cells[0]).iter().map(|path| room(path)).collect(),
            uses: cells.get(2).map_or(Vec::new(), |cell| quoted(cell)),
        })
        .collect()
}

/// The room of a path that begins with `src/`.
fn room(path: &str) -> String {
    let inner = path.strip_prefix("src/").unwrap_or(path);
    inner.split('/').next().unwrap_or(inner).trim_end_matches(".rs").to_owned()
}

/// Rooms that are there and not in the table, or the other way round; and what a row may use that does not stand above it.
pub fn misplaced<'f>(files: impl Iterator<Item = &'f String>, floors: &[Floor]) -> Vec<String> {
    let there: BTreeSet<String> = files.map(|file| room(file)).collect();
    let mut told = BTreeSet::new();
    let mut found = Vec::new();
    for Floor { rooms, uses } in floors {
        let strange = uses.iter().filter(|used| !told.contains(*used));
        found.extend(strange.map(|used| format!("`{used}` stands in no row above `{}`, which may use it", rooms.join("`, `"))));
        told.extend(rooms.iter().cloned());
    }
    found.extend(there.difference(&told).map(|room| format!("`{room}` is in no row")));
    found.extend(told.difference(&there).map(|room| format!("`{room}` has a row, and is not in src/")));
    found
}

/// Uses of another room that the table does not have.
pub fn upwards(uses: &[Use], floors: &[Floor]) -> Vec<String> {
    let mut may: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for floor in floors {
        let below = floor.uses.iter().flat_map(|used| may.get(used.as_str()).into_iter().flatten().copied());
        let all: BTreeSet<&str> = below.chain(floor.uses.iter().map(String::as_str)).collect();
        may.extend(floor.rooms.iter().map(|room| (room.as_str(), all.clone())));
    }
    let allowed = |one: &&Use| {
        let (from, to) = (room(&one.from), room(&one.to));
        from == to || may.get(from.as_str()).is_some_and(|rooms| rooms.contains(to.as_str()))
    };
    uses.iter().filter(|one| !allowed(one)).map(told).collect()
}

/// Circles of files, each as the uses that make it.
pub fn circles(uses: &[Use]) -> Vec<Vec<String>> {
    let mut next: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for one in uses {
        next.entry(&one.from).or_default().insert(&one.to);
    }
    let reached: BTreeMap<&str, BTreeSet<&str>> = next.keys().map(|&file| (file, reach(&next, file))).collect();
    let reaches = |from: &str, to: &str| reached.get(from).is_some_and(|files| files.contains(to));
    let mut found: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for one in uses.iter().filter(|one| reaches(&one.to, &one.from)) {
        let first = next.keys().copied().find(|&file| reaches(file, &one.from) && reaches(&one.from, file));
        found.entry(first.unwrap_or(&one.from)).or_default().push(told(one));
    }
    found.into_values().collect()
}

/// Files that one uses, and those that these use.
fn reach<'u>(next: &BTreeMap<&'u str, BTreeSet<&'u str>>, from: &'u str) -> BTreeSet<&'u str> {
    let mut seen = BTreeSet::new();
    let mut open = vec![from];
    while let Some(file) = open.pop() {
        open.extend(next.get(file).into_iter().flatten().copied().filter(|&file| seen.insert(file)));
    }
    seen
}

fn told(one: &Use) -> String {
    let Use { from, to, line, name } = one;
    format!("{from}:{line}: `{name}` of {to}")
}
