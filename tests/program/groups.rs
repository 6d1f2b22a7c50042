//! `moue groups`, `map` and `album` of a file of faces that nobody has. No network runs: all of it takes a second or two.

use std::fs;
use std::path::{Path, PathBuf};

use image::{Rgb, RgbImage};
use moue::embed::{Face, Gallery, Image};
use serde_json::Value;

use crate::support::{moue, scratch, text};

fn faces(folder: &Path, count: usize) -> PathBuf {
    let path = folder.join("two words.safetensors");
    Gallery::made_up(count, 4, 5).save(&path).unwrap();
    path
}

/// Four classes far apart are four groups by every method, and an object, a table and the lines say the same of them.
#[test]
fn classes_that_lie_apart_are_groups() {
    let folder = scratch("groups");
    let (file, json, csv) = (text(faces(&folder, 80)), text(folder.join("g.json")), text(folder.join("g.csv")));
    for by in ["kmeans", "em", "hdbscan"] {
        let ran = moue(&["groups", &file, "--method", by, "--k", "4", "--json", "-o", &json]);
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        let found = ran.records().remove(0);
        assert_eq!(found, serde_json::from_slice::<Value>(&fs::read(&json).unwrap()).unwrap());
        assert_eq!((&found["schema"], &found["method"], &found["faces"]), (&"moue.groups/1".into(), &by.into(), &80.into()));
        let groups = found["groups"].as_array().unwrap();
        assert_eq!(groups.len(), 4, "{by}");
        for group in groups {
            let members: Vec<u64> = group["members"].as_array().unwrap().iter().map(|m| m["index"].as_u64().unwrap()).collect();
            assert_eq!(members.len(), 20, "{by}");
            assert!(members.iter().all(|member| member % 4 == members[0] % 4), "{by}: {members:?}");
            assert_eq!(group["medoid"]["index"], members[0], "the medoid is the first of those nearest to it");
        }
    }
    let ran = moue(&["groups", &file, "--method", "kmeans", "--k", "4", "-o", &csv]);
    assert!(ran.code == Some(0) && ran.text().lines().count() == 4 && ran.text().contains("20 faces"), "{}", ran.text());
    let table = fs::read_to_string(&csv).unwrap();
    assert!(table.starts_with("group,index,input,") && table.lines().count() == 81, "{table}");
}

/// What is not there is said; what is there is answered.
#[test]
fn few_faces_none_and_lost_photographs_are_answered() {
    let folder = scratch("few faces");
    for count in [0, 1, 2, 3, 5] {
        let file = text(faces(&folder, count));
        for by in ["kmeans", "em", "hdbscan"] {
            let ran = moue(&["groups", &file, "--method", by]);
            assert_eq!(ran.code, Some(0), "{count} by {by}: {}", ran.stderr);
        }
        let map = moue(&["map", &file, "-o", &text(folder.join("map.csv")), "--device", "cpu"]);
        assert_eq!(map.code, Some(if count == 0 { 2 } else { 0 }), "{count}: {}", map.stderr);
        let album = moue(&["album", &file, "-o", &text(folder.join("album.html"))]);
        assert_eq!(album.code, Some(i32::from(count > 0)), "{count}: {}", album.stderr);
        assert!(count == 0 || album.stderr.contains("made-up/"), "{}", album.stderr);
    }
    let file = text(folder.join("two words.safetensors"));
    let refused = [
        (vec!["groups", &file, "-o", "groups.txt"], "--output"),
        (vec!["groups", &file, "--sheet", "sheet.xyz"], "--sheet"),
        (vec!["groups", "examples/astronaut.png"], "moue embed"),
        (vec!["map", &file, "-o", "map.png"], "--output"),
        (vec!["map", &file, "-o", "map.svg", "--perplexity", "0.5"], "--perplexity"),
        (vec!["album", &file, "-o", "album.txt"], "--output"),
    ];
    for (arguments, named) in refused {
        let ran = moue(&arguments);
        assert!(ran.code == Some(2) && ran.stderr.contains(named), "{arguments:?}: {}", ran.stderr);
    }
}

/// Every form of a map, on the processor; the same every time.
#[test]
fn a_map_keeps_what_is_alike_together() {
    let folder = scratch("map");
    let file = text(faces(&folder, 60));
    let path = |name: &str| text(folder.join(name));
    for name in ["a.csv", "b.csv", "a.svg"] {
        let ran = moue(&["map", &file, "-o", &path(name), "--device", "cpu", "--perplexity", "8"]);
        assert!(ran.code == Some(0) && ran.text().contains("KL divergence"), "{}", ran.stderr);
    }
    let table = fs::read_to_string(path("a.csv")).unwrap();
    assert_eq!(table, fs::read_to_string(path("b.csv")).unwrap());
    let places: Vec<[f64; 2]> = table
        .lines()
        .skip(1)
        .map(|line| {
            let cells: Vec<&str> = line.split(',').collect();
            [cells[2].parse().unwrap(), cells[3].parse().unwrap()]
        })
        .collect();
    for (at, own) in places.iter().enumerate() {
        let far = |other: &usize| (places[*other][0] - own[0]).hypot(places[*other][1] - own[1]);
        let nearest = (0..60).filter(|other| *other != at).min_by(|a, b| far(a).total_cmp(&far(b))).unwrap();
        assert_eq!(nearest % 4, at % 4, "the nearest of face {at} is {nearest}");
    }
    assert_eq!(fs::read_to_string(path("a.svg")).unwrap().matches("<title>made-up/").count(), 60);
}

/// Three photographs of one scene, of which the second is the best, and one whose name would be a script.
fn album(folder: &Path) -> PathBuf {
    let mut gallery = Gallery::made_up(0, 4, 5);
    let many = Gallery::made_up(40, 4, 5);
    let name = |at: usize| if at == 39 { "<script>alert('1 & 2')</script>.png".to_owned() } else { format!("photo {at}.png") };
    for at in 0..40 {
        // The first three show one thing.
        let scene = at.max(2) as u32;
        let picture = RgbImage::from_fn(80, 60, |x, y| Rgb([((x * 3 + y * (scene % 37 + 1)) % 256) as u8, 90, 60]));
        let file = folder.join(name(at).replace('/', "_"));
        picture.save(&file).unwrap();
        gallery.images.push(Image { path: text(&file), width: 80, height: 60, ..many.images[at].clone() });
        let good = [(0.9, 0.1), (0.9, 0.9), (0.1, 0.9)].get(at).copied().unwrap_or((0.5, 0.5));
        let face = many.face(at).unwrap();
        let face = Face { bounds: [20.0, 10.0, 30.0, 30.0], image: at, eyes_open: Some(good.0), smile: Some(good.1), ..face };
        gallery.push(&face).unwrap();
    }
    // Three times within two seconds.
    for at in 0..3 {
        gallery.images[at].taken = Some(1.6e9 + at as f64);
    }
    let path = folder.join("faces.safetensors");
    gallery.save(&path).unwrap();
    path
}

/// A page of its own: no script of a file's name, no address outside, the best shot with its reason; and names that stay.
#[test]
fn an_album_says_the_best_shot_and_keeps_names() {
    let folder = scratch("an album");
    let (file, page, names) = (text(album(&folder)), folder.join("out/album.html"), folder.join("out/album.names.json"));
    let run = |k: &str| {
        let ran = moue(&["album", &file, "-o", &text(&page), "--k", k, "--method", "kmeans"]);
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        fs::read_to_string(&page).unwrap()
    };
    let html = run("4");
    assert!(!html.contains("<script>alert") && html.contains("&lt;script&gt;alert(&#39;1 &amp; 2&#39;)"));
    assert!(!html.contains("http://") && !html.contains("https://"));
    assert_eq!(html.matches("Best shot:</b> the face smiles with open eyes, in this shot only").count(), 1);
    assert!(html.contains("data:image/jpeg;base64,/9j/"));
    let mut said: Value = serde_json::from_slice(&fs::read(&names).unwrap()).unwrap();
    let groups = said["groups"].as_array_mut().unwrap();
    assert!(groups.len() == 4 && groups.iter().all(|group| group["name"] == ""));
    groups[2]["name"] = "Tom's <grins>".into();
    let mut kept = groups[2]["faces"].clone();
    kept.as_array_mut().unwrap().truncate(6);
    groups[2]["faces"] = kept.clone();
    fs::write(&names, said.to_string()).unwrap();
    // Other groups are found, and a second time the file is what the first run wrote.
    for k in ["4", "9"] {
        let html = run(k);
        assert!(html.contains("value=\"Tom&#39;s &lt;grins&gt;\""), "{k}");
        let said: Value = serde_json::from_slice(&fs::read(&names).unwrap()).unwrap();
        let first = &said["groups"][0];
        assert_eq!((&first["name"], &first["faces"]), (&"Tom's <grins>".into(), &kept), "{k}");
        let others = said["groups"].as_array().unwrap()[1..].iter().flat_map(|group| group["faces"].as_array().unwrap());
        assert!(others.clone().all(|face| !kept.as_array().unwrap().contains(face)), "{k}: nothing confirmed is moved");
    }
    fs::write(&names, "[]").unwrap();
    let ran = moue(&["album", &file, "-o", &text(&page)]);
    assert!(ran.code == Some(2) && ran.stderr.contains("album.names.json"), "{}", ran.stderr);
    assert_eq!(fs::read_to_string(&names).unwrap(), "[]", "what is no file of names is not written over");
}
