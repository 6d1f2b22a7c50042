//! Groups that were found, and those that a person named: nothing confirmed is moved.

use std::collections::HashMap;

use super::names::{FaceKey, NamedGroup, Names};
use crate::embed::Gallery;

/// Where every face of a gallery belongs.
#[derive(Debug, Clone, PartialEq)]
pub struct Placed {
    /// Of every face its group: those with a name first, in the order of their file; then those that were found.
    pub assigned: Vec<Option<u32>>,
    /// Names of the first groups.
    pub names: Vec<String>,
    /// Whether a person said so.
    pub confirmed: Vec<bool>,
}

/// Puts the faces of named groups where a person put them. Of a group that was found, the other faces join a name where more than half of the group bears it;
/// else they stay a group without a name.
pub fn place(gallery: &Gallery, found: &[Option<u32>], names: &Names) -> Placed {
    let named: Vec<&NamedGroup> = names.named().collect();
    let confirmed = confirmed(gallery, &named);
    let mut votes: HashMap<u32, (usize, HashMap<usize, usize>)> = HashMap::new();
    for (group, own) in found.iter().zip(&confirmed).filter_map(|(group, own)| Some(((*group)?, own))) {
        let (all, of) = votes.entry(group).or_default();
        *all += 1;
        if let Some(name) = own {
            *of.entry(*name).or_default() += 1;
        }
    }
    let joins = |group: u32| {
        let (all, of) = votes.get(&group)?;
        of.iter().find(|(_, count)| 2 * **count > *all).map(|(name, _)| *name)
    };
    let of = |(group, own): (&Option<u32>, &Option<usize>)| match (own, group) {
        (Some(name), _) => Some(*name as u32),
        (None, Some(group)) => Some(joins(*group).map_or(named.len() as u32 + group, |name| name as u32)),
        (None, None) => None,
    };
    Placed {
        assigned: found.iter().zip(&confirmed).map(of).collect(),
        names: named.iter().map(|group| group.name.clone()).collect(),
        confirmed: confirmed.iter().map(Option::is_some).collect(),
    }
}

/// Of every face the named group that a person put it into, the first where it stands in two.
fn confirmed(gallery: &Gallery, named: &[&NamedGroup]) -> Vec<Option<usize>> {
    let mut by_image: HashMap<&str, Vec<(usize, &FaceKey)>> = HashMap::new();
    for (at, group) in named.iter().enumerate() {
        group.faces.iter().for_each(|key| by_image.entry(&key.image).or_default().push((at, key)));
    }
    let of = |index: usize| {
        let own = FaceKey::of(gallery, index);
        by_image.get(&*own.image)?.iter().find(|(_, key)| key.is(&own)).map(|(at, _)| *at)
    };
    (0..gallery.len()).map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(gallery: &Gallery, faces: &[usize]) -> Vec<FaceKey> {
        faces.iter().map(|&index| FaceKey::of(gallery, index)).collect()
    }

    /// What a person said survives whatever the next run finds, and spreads only where most of a group says the same.
    #[test]
    fn nothing_confirmed_is_moved() {
        let gallery = Gallery::made_up(8, 2, 3);
        let group =
            |name: &str, faces: &[usize]| NamedGroup { name: name.into(), faces: keys(&gallery, faces), suggested: Vec::new() };
        let names = Names::new(vec![group("", &[7]), group("Grins", &[0, 1, 4]), group("Frowns", &[5])]);
        let found = [0, 0, 0, 1, 1, 1, 1, 2].map(Some);
        let placed = place(&gallery, &found, &names);
        assert_eq!(placed.assigned, [0, 0, 0, 3, 0, 1, 3, 4].map(Some), "2 joins the grins of 0 and 1, 3 and 6 join nobody");
        assert_eq!(placed.names, ["Grins", "Frowns"]);
        assert_eq!(placed.confirmed, [true, true, false, false, true, true, false, false]);
    }

    #[test]
    fn names_come_back_from_their_file_and_what_is_no_such_file_is_refused() {
        let gallery = Gallery::made_up(3, 2, 3);
        let names = Names::new(vec![NamedGroup {
            name: "<Grins> & \"more\"".into(),
            faces: keys(&gallery, &[0, 2]),
            ..Default::default()
        }]);
        let path = std::env::temp_dir().join(format!("moue names {}.json", std::process::id()));
        assert!(Names::load(&path).unwrap().groups.is_empty());
        std::fs::write(&path, names.to_bytes().unwrap()).unwrap();
        assert_eq!(Names::load(&path).unwrap(), names);
        std::fs::write(&path, "{\"schema\":\"moue.names/2\",\"groups\":[]}").unwrap();
        assert!(Names::load(&path).unwrap_err().to_string().contains("moue.names/2"));
        std::fs::remove_file(&path).unwrap();
    }
}
