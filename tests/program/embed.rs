//! `moue embed`, `moue search` and `moue evaluate --embedding`: a folder in, a file that is gone on with, neighbours and figures out.

use std::fs;
use std::path::Path;

use image::{Rgb, RgbImage, imageops};
use moue::embed::Gallery;

use crate::support::{moue, scratch, text};

const ASTRONAUT: &str = "examples/astronaut.png";

/// The astronaut, her mirror image, a picture without a face, and one that is broken.
fn pictures(folder: &Path) {
    for below in ["faces", "others"] {
        fs::create_dir_all(folder.join(below)).unwrap();
    }
    let astronaut = image::open(ASTRONAUT).unwrap().into_rgb8();
    astronaut.save(folder.join("faces/a.png")).unwrap();
    imageops::flip_horizontal(&astronaut).save(folder.join("faces/mirrored.png")).unwrap();
    RgbImage::from_pixel(64, 64, Rgb([90; 3])).save(folder.join("others/gray.png")).unwrap();
    fs::write(folder.join("others/broken.png"), b"\x89PNG\r\n\x1a\nno more").unwrap();
}

/// Guards what no library test runs: a run goes on where the file ends, reads what was changed, and says what is broken; a face finds itself.
#[test]
fn a_folder_becomes_a_file_that_is_gone_on_with_and_searched() {
    let folder = scratch("embed");
    let (data, file, sheet) = (folder.join("data"), text(folder.join("faces.safetensors")), text(folder.join("sheet.png")));
    pictures(&data);
    let folder_name = text(&data);
    let embed = ["embed", &folder_name, "-o", &file, "--labels", "--device", "cpu"];
    let ran = moue(&embed);
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    assert!(ran.stderr.contains("broken.png") && ran.stderr.contains("2 faces of 3 pictures"), "{}", ran.stderr);
    let gallery = Gallery::load(Path::new(&file)).unwrap();
    assert_eq!((gallery.len(), gallery.label_of(0), gallery.images.len()), (2, Some("faces"), 3));
    assert!(gallery.eyes_open[0] > 0.0 && gallery.smile[0] > 0.3, "she smiles: {} {}", gallery.eyes_open[0], gallery.smile[0]);
    let sum: f32 = gallery.expression(0).iter().sum();
    assert!((sum - 1.0).abs() < 1e-5 && gallery.time[0].is_nan());

    // Nothing is read again but what is new or was changed; what is broken is said again.
    fs::copy(data.join("faces/mirrored.png"), data.join("faces/third.png")).unwrap();
    fs::write(data.join("faces/a.png"), fs::read(data.join("others/gray.png")).unwrap()).unwrap();
    let ran = moue(&embed);
    assert!(
        ran.stderr.contains("2 of 5 inputs were read before") && ran.stderr.contains("2 faces of 4 pictures"),
        "{}",
        ran.stderr
    );
    let again = Gallery::load(Path::new(&file)).unwrap();
    assert_eq!(again.vector(0), gallery.vector(1), "the mirrored face stays as it was");
    assert_eq!(again.vector(1), again.vector(0), "of the same picture the same numbers");

    let ran = moue(&["embed", &text(&data), "-o", &file, "--device", "cpu"]);
    assert_eq!(ran.code, Some(2), "{}", ran.stderr);
    assert!(ran.stderr.contains("labels true") && ran.stderr.contains("another name"), "{}", ran.stderr);

    let search = ["search", ASTRONAUT, "--in", &file, "--device", "cpu"];
    let ran = moue(&[&search[..], &["--json", "--top", "2", "--sheet", &sheet]].concat());
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let found = &ran.records()[0]["neighbours"];
    // The vector is the mean over a crop and its mirror image, and landmarks of the mirror image lie a little elsewhere.
    assert!(found[0]["input"].as_str().unwrap().ends_with("mirrored.png") && found[1]["index"] == 1, "{found}");
    assert_eq!(found[0]["distance"], found[1]["distance"], "equally near ones come by their number");
    assert!(image::open(&sheet).unwrap().width() > 400);
    assert!(moue(&search).text().contains("happy"));

    let ran = moue(&["search", &text(data.join("others/gray.png")), "--in", &file, "--device", "cpu"]);
    assert!(ran.code == Some(1) && ran.stderr.contains("no face was found"), "{}", ran.stderr);
    let ran = moue(&["search", ASTRONAUT, "--in", ASTRONAUT]);
    assert!(ran.code == Some(2) && ran.stderr.contains("it is a picture. `moue embed`"), "{}", ran.stderr);
}

/// Guards that the figures are told of the right faces: classes far apart are all found, and none where labels say nothing.
#[test]
fn embeddings_are_measured_by_their_neighbours() {
    let folder = scratch("evaluate-embedding");
    let [test, train, single] = ["test", "train", "single"].map(|name| folder.join(format!("{name}.safetensors")));
    Gallery::made_up(90, 3, 4).save(&test).unwrap();
    Gallery::made_up(120, 3, 4).save(&train).unwrap();
    let ran = moue(&["evaluate", "--embedding", "--data", &text(&test), "--gallery", &text(&train), "--json", "--device", "cpu"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let report = &ran.records()[0];
    assert!(
        report["nmi"].as_f64().unwrap() > 0.999_999 && report["map_at_r"] == 1.0 && report["by_neighbours"][4]["accuracy"] == 1.0,
        "{report}"
    );
    Gallery::made_up(80, 1, 4).save(&single).unwrap();
    let ran = moue(&["evaluate", "--embedding", "--data", &text(&single), "--device", "cpu"]);
    assert!(ran.text().contains("among each other") && ran.text().contains("100.00 %"), "{}", ran.text());
    let ran = moue(&["evaluate", "--embedding", "--data", &text(&folder)]);
    assert!(ran.code == Some(2) && ran.stderr.contains("moue embed"), "{}", ran.stderr);
}
