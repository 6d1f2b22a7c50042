//! What people meet first: folders of phones, files of the wrong kind, variables, closed outputs, names of other systems.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use crate::support::{Ran, command, devices, moue, moue_reading, scratch, text};
use crate::tiny;
use image::{GrayImage, Luma, Rgb, RgbImage};
use serde_json::Value;

const ASTRONAUT: &str = "examples/astronaut.png";

fn picture(path: &Path) {
    GrayImage::from_fn(40, 40, |x, y| Luma([(x * y) as u8])).save(path).unwrap();
}

fn refused(ran: &Ran, words: &[&str]) {
    assert_eq!((ran.code, ran.stdout.len()), (Some(2), 0), "{}", ran.stderr);
    assert!(words.iter().all(|word| ran.stderr.contains(word)), "{words:?}: {}", ran.stderr);
    assert!(!ran.stderr.contains("os error"), "{}", ran.stderr);
}

fn with(variables: &[(&str, &str)], arguments: &[&str]) -> Ran {
    Ran::of(command(arguments).envs(variables.iter().copied()).stdin(Stdio::null()).output().unwrap())
}

/// A folder as a phone and the systems that it met leave it.
fn phone() -> PathBuf {
    let folder = scratch("phone");
    fs::create_dir(folder.join(".thumbnails")).unwrap();
    picture(&folder.join("IMG_1.PNG"));
    for name in ["IMG_2.HEIC", "IMG_3.heic", "sub.heic/IMG_4.HEIC", "IMG_5.avif", "IMG_6.AAE"] {
        fs::create_dir_all(folder.join(name).parent().unwrap()).unwrap();
        fs::write(folder.join(name), b"\0\0\0\x18ftypheic\0\0\0\0mif1heic").unwrap();
    }
    for name in [".hidden.png", "._IMG_1.PNG", "Thumbs.db", "desktop.ini", ".thumbnails/a.png"] {
        fs::write(folder.join(name), b"litter").unwrap();
    }
    folder
}

#[test]
fn what_a_folder_holds_that_is_not_read_is_counted_by_kind() {
    let folder = phone();
    let ran = moue(&["analyze", &text(&folder), "--json", "--device", "cpu"]);
    assert_eq!((ran.code, ran.records().len()), (Some(0), 1), "{}", ran.stderr);
    let said = "5 files of kinds that are not read (heic 3, aae 1, avif 1): convert the pictures among them to PNG or JPEG";
    assert!(ran.stderr.contains(said), "{}", ran.stderr);
    let one = moue(&["analyze", &text(folder.join("IMG_2.HEIC")), "--json", "--device", "cpu"]);
    assert_eq!(one.code, Some(1));
    assert_eq!(
        one.records()[0]["error"],
        format!("cannot read the picture: {}: HEIC is not supported: convert it to PNG or JPEG", text(folder.join("IMG_2.HEIC")))
    );
    let none = moue(&["analyze", &text(folder.join("sub.heic")), "--json", "--device", "cpu"]);
    assert!(none.stderr.contains("1 file of a kind that is not read (heic 1)"), "{}", none.stderr);
    assert!(none.records()[0]["error"].as_str().unwrap().contains("no picture"));
}

#[test]
fn labelled_folders_are_looked_through_in_the_same_way() {
    let folder = scratch("phone_labelled");
    for label in ["happy", "sad"] {
        fs::create_dir_all(folder.join(label)).unwrap();
        picture(&folder.join(label).join("a.png"));
        fs::write(folder.join(label).join("b.heic"), b"").unwrap();
        fs::write(folder.join(label).join("._a.png"), b"litter").unwrap();
    }
    let ran = moue(&["evaluate", "--data", &text(&folder), "--json", "--device", "cpu"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert_eq!(ran.records()[0]["images"], 2);
    assert!(ran.stderr.contains("2 files of kinds that are not read (heic 2)"), "{}", ran.stderr);
}

#[test]
fn a_jpeg_without_its_end_mark_is_answered_with_a_warning() {
    let path = scratch("unmarked").join("a.jpg");
    RgbImage::from_fn(64, 48, |x, y| Rgb([x as u8, y as u8, 90])).save(&path).unwrap();
    let whole = fs::read(&path).unwrap();
    fs::write(&path, &whole[..whole.len() - 2]).unwrap();
    let ran = moue(&["analyze", &text(&path), "--json", "--device", "cpu"]);
    assert_eq!((ran.code, &ran.records()[0]["error"]), (Some(0), &Value::Null), "{}", ran.stderr);
    assert!(ran.stderr.contains("warning") && ran.stderr.contains("lacks its end mark"), "{}", ran.stderr);
    let piped = moue_reading(&["analyze", "-", "--json", "--device", "cpu"], &whole[..whole.len() - 2]);
    assert!(piped.code == Some(0) && piped.stderr.contains("-: the JPEG file lacks"), "{}", piped.stderr);
}

#[test]
fn an_empty_backend_is_as_unset() {
    let plain = moue(&["devices", "--json"]);
    for value in ["", " "] {
        let ran = with(&[("WGPU_BACKEND", value), ("WGPU_VALIDATION", ""), ("MOUE_DEVICE", "")], &["devices", "--json"]);
        assert_eq!((ran.code, &ran.stdout), (Some(0), &plain.stdout), "{}", ran.stderr);
    }
}

#[test]
fn a_backend_that_is_none_is_refused_with_the_variable() {
    for arguments in [&["devices"][..], &["analyze", ASTRONAUT], &["bench", "--net", "alexnet", "--batch", "1"]] {
        refused(
            &with(&[("WGPU_BACKEND", "nonsense")], arguments),
            &["WGPU_BACKEND=nonsense", "vulkan, metal, dx12 and gl", "unset"],
        );
    }
    // The reference needs no adapter.
    let ran = with(&[("WGPU_BACKEND", "nonsense")], &["analyze", ASTRONAUT, "--device", "cpu"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
}

#[test]
fn a_backend_that_is_not_here_is_named_where_no_adapter_is_found() {
    let elsewhere = if cfg!(target_os = "macos") { "dx12" } else { "metal" };
    let variable = format!("WGPU_BACKEND={elsewhere}");
    let listed = with(&[("WGPU_BACKEND", elsewhere)], &["devices"]);
    assert!(listed.code == Some(0) && listed.text().contains(&variable), "{}", listed.text());
    let small = scratch("elsewhere").join("a.png");
    picture(&small);
    let ran = with(&[("WGPU_BACKEND", elsewhere)], &["analyze", &text(&small)]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(ran.stderr.contains("warning") && ran.stderr.contains(&variable) && ran.stderr.contains("unset"), "{}", ran.stderr);
    let asked = with(&[("WGPU_BACKEND", elsewhere)], &["analyze", &text(&small), "--device", "0"]);
    refused(&asked, &["--device 0", &variable, "`cpu` needs none"]);
}

#[test]
fn variables_that_are_passed_over_are_said() {
    let ran = with(&[("WGPU_ADAPTER_NAME", "nvidia"), ("WGPU_DX12_COMPILER", "gcc")], &["devices"]);
    assert_eq!(ran.code, Some(0));
    assert!(
        ["WGPU_ADAPTER_NAME=nvidia", "--device", "WGPU_DX12_COMPILER=gcc", "dxc"].iter().all(|word| ran.stderr.contains(word)),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_device_that_is_not_there_is_refused_by_what_named_it() {
    refused(&with(&[("MOUE_DEVICE", "no such adapter")], &["analyze", ASTRONAUT]), &["MOUE_DEVICE=no such adapter"]);
    let flag = with(&[("MOUE_DEVICE", "cpu")], &["analyze", ASTRONAUT, "--device", "no such adapter"]);
    refused(&flag, &["--device no such adapter"]);
    let small = scratch("variable").join("a.png");
    picture(&small);
    let ran = with(&[("MOUE_DEVICE", "cpu")], &["analyze", &text(&small), "--verbose"]);
    assert!(ran.code == Some(0) && ran.stderr.contains("on cpu"), "{}", ran.stderr);
}

#[test]
fn a_file_that_is_no_model_is_called_what_it_is() {
    let folder = scratch("foreign_models");
    let cases: [(&str, &[u8], &str); 7] = [
        ("net.onnx", b"\x08\x08\x12\x07pytorch:\x04", "moue import"),
        ("renamed.safetensors", b"\x08\x08\x12\x07pytorch:\x04", "ONNX"),
        ("net.pt", b"PK\x03\x04\0\0\0\0\0\0archive/data.pkl", "torch.onnx.export"),
        ("net.tflite", b"\x1c\0\0\0TFL3\0\0\0\0", "TensorFlow Lite"),
        ("net.h5", b"\x89HDF\r\n\x1a\n\0\0\0\0", "Keras"),
        ("net.moue", b"version https://git-lfs.github.com/spec/v1\n", "git lfs pull"),
        ("empty.moue", b"", "empty"),
    ];
    for (name, bytes, words) in cases {
        let path = folder.join(name);
        fs::write(&path, bytes).unwrap();
        refused(&moue(&["analyze", ASTRONAUT, "--model", &text(&path)]), &["--model", name, words]);
    }
    let picture = moue(&["analyze", ASTRONAUT, "--model", ASTRONAUT]);
    refused(&picture, &["--model", "a picture"]);
    for (name, words) in [("net.pt", "torch.onnx.export"), ("net.tflite", "cut short"), ("net.moue", "git lfs pull")] {
        let out = text(folder.join("out.moue"));
        refused(&moue(&["import", &text(folder.join(name)), "-o", &out]), &["SRC", name, words]);
    }
    let model = folder.join("tiny.safetensors");
    tiny::model(1).save(&model).unwrap();
    refused(&moue(&["import", &text(&model), "-o", &text(folder.join("out.moue"))]), &["a model of moue already"]);
}

#[test]
fn outputs_that_cannot_be_written_are_refused_before_the_work() {
    let folder = scratch("unwritable");
    let (file, data) = (text(folder.join("file.txt")), text(folder.join("data")));
    fs::write(&file, "text").unwrap();
    fs::create_dir_all(folder.join("data/happy")).unwrap();
    picture(&folder.join("data/happy/a.png"));
    let model = text(folder.join("tiny.moue"));
    tiny::model(1).save(Path::new(&model)).unwrap();
    let below = text(folder.join("file.txt/out.svg"));
    let cpu = ["--device", "cpu"];
    let cases: [(&[&str], &str); 8] = [
        (&["analyze", ASTRONAUT, "--annotate", &file], "not a picture format"),
        (&["analyze", ASTRONAUT, "--annotate", &text(folder.join("file.txt/out"))], "--annotate"),
        (&["analyze", ASTRONAUT, "--resume", &text(folder.join("file.txt/r.jsonl"))], "--resume"),
        (&["evaluate", "--data", &data, "--plot", &below], "--plot"),
        (&["fuse", "--data", &data, "--model", &model, "-o", &text(folder.join("m.moue")), "--plot", &below], "--plot"),
        (
            &[
                "fuse",
                "--data",
                &data,
                "--model",
                &model,
                "-o",
                &text(folder.join("m.moue")),
                "--plot",
                &text(folder.join("m.moue")),
            ],
            "--plot",
        ),
        (&["lbp", ASTRONAUT, "-o", &text(folder.join("out.doc")), "--radius", "1"], "--output"),
        (&["lut", "--metric", "regular", "-o", &below], "--output"),
    ];
    for (arguments, words) in cases {
        let takes = matches!(arguments[0], "analyze" | "evaluate" | "fuse");
        let ran = moue(&[arguments, if takes { &cpu[..] } else { &[] }].concat());
        refused(&ran, &[words]);
    }
    assert!(!folder.join("m.moue").exists());
    if cfg!(target_os = "linux") {
        refused(
            &moue(&["analyze", ASTRONAUT, "--annotate", "/dev/full", "--device", "cpu"]),
            &["--annotate /dev/full", "is no folder"],
        );
        refused(
            &moue(&["analyze", ASTRONAUT, "--annotate", "/proc/none/out.png", "--device", "cpu"]),
            &["--annotate", "can be written"],
        );
    }
}

#[test]
fn a_picture_in_the_place_of_a_command_is_told_which_one_reads_it() {
    refused(&moue(&[ASTRONAUT]), &["unrecognized subcommand", &format!("`moue analyze {ASTRONAUT}`")]);
    assert!(!moue(&["frown"]).stderr.contains("moue analyze"));
    refused(&moue(&["evaluate", "--data", ASTRONAUT, "--device", "cpu"]), &["--data", "is no folder", "happy"]);
}

#[test]
fn an_output_is_never_an_input() {
    let folder = scratch("one_file");
    let (labels, model) = (text(folder.join("labels.txt")), text(folder.join("tiny.moue")));
    fs::write(&labels, "happy\nsad\n").unwrap();
    tiny::model(1).save(Path::new(&model)).unwrap();
    refused(&moue(&["import", "net.onnx", "--labels", &labels, "-o", &labels]), &["--output", "--labels"]);
    assert_eq!(fs::read_to_string(&labels).unwrap(), "happy\nsad\n");
    refused(&moue(&["run", "--model", &model, "--input", &labels, "--output", &labels]), &["--output", "--input"]);
    refused(&moue(&["run", "--model", &model, "--input", &labels, "--output", &model]), &["--output", "--model"]);
    let ran = moue(&["analyze", ASTRONAUT, "--annotate", "out.png", "--resume", "out.png"]);
    refused(&ran, &["--annotate", "--resume"]);
}

#[test]
fn the_crops_of_two_models_are_told_apart_in_words() {
    let folder = scratch("words");
    let mut other = tiny::model(2).description;
    other.canonical.margin = 0.25;
    let other = moue::Model::new(other.clone(), tiny::tensors(&other, 2)).unwrap();
    let (a, b) = (text(folder.join("a.moue")), text(folder.join("b.moue")));
    tiny::model(1).save(Path::new(&a)).unwrap();
    other.save(Path::new(&b)).unwrap();
    let ran = moue(&["ensemble", &a, &b, "-o", &text(folder.join("c.moue"))]);
    refused(&ran, &["an RGB crop of 8 x 8 pixels with a margin of 0.25", "with a margin of 0.1"]);
    assert!(!ran.stderr.contains('{'), "{}", ran.stderr);
}

#[cfg(unix)]
#[test]
fn names_that_are_no_utf_8_stay_apart_in_every_output() {
    use std::os::unix::ffi::OsStrExt;
    let folder = scratch("bytes");
    let names: [&[u8]; 4] = [b"a\xE8.png", b"a\xE9.png", b"a\\xE9.png", b"\\a.png"];
    for name in names {
        let path = folder.join(std::ffi::OsStr::from_bytes(name));
        if fs::write(&path, b"").is_err() {
            return eprintln!("SKIPPED: this file system holds no such names");
        }
        GrayImage::from_pixel(30, 30, Luma([7])).save_with_format(&path, image::ImageFormat::Png).unwrap();
    }
    let want: Vec<String> =
        ["\\a.png", "a\\x5CxE9.png", "a\\xE8.png", "a\\xE9.png"].map(|name| format!("{}/{name}", text(&folder))).into();
    let shown =
        |records: Vec<Value>| records.iter().map(|record| record["input"].as_str().unwrap().to_owned()).collect::<Vec<_>>();
    assert_eq!(shown(moue(&["analyze", &text(&folder), "--json", "--device", "cpu"]).records()), want);
    for form in [&["--csv"][..], &[]] {
        let found = moue(&[&["analyze", &text(&folder), "--device", "cpu"], form].concat()).text();
        assert!(want.iter().all(|name| found.contains(name)), "{found}");
    }
    let file = text(scratch("bytes_out").join("r.jsonl"));
    let run = || moue(&["analyze", &text(&folder), "--resume", &file, "--device", "cpu"]);
    assert_eq!(run().code, Some(0));
    assert!(run().stderr.contains("4 of 4 inputs were answered before"));
    let help = moue(&["analyze", "--help"]).text();
    assert!(help.contains("\\xHH"), "{help}");
}

#[cfg(target_os = "linux")]
fn shell(line: &str) -> Ran {
    let script = format!("\"{}\" {line}", env!("CARGO_BIN_EXE_moue"));
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", &script]).current_dir(env!("CARGO_MANIFEST_DIR")).env_remove("MOUE_DEVICE").env("MOUE_TUNING", "");
    Ran::of(shell.stdin(Stdio::null()).output().unwrap())
}

#[cfg(target_os = "linux")]
#[test]
fn an_answer_that_goes_nowhere_is_misuse() {
    let small = scratch("nowhere").join("a.png");
    picture(&small);
    let small = text(&small);
    for line in ["devices >&-", "--help >&-", "lut --metric regular >&-", "zoo >&-", "completions bash >&-", "man >&-"] {
        refused(&shell(line), &["stdout", "closed"]);
    }
    refused(&shell(&format!("analyze '{small}' --device cpu >&-")), &["stdout", "closed"]);
    refused(&shell(&format!("analyze '{small}' --device cpu >/dev/full")), &["stdout"]);
    refused(&shell("--help >/dev/full"), &["stdout"]);
    // What goes into files needs no stdout, and nobody minds what is thrown away.
    let file = text(scratch("nowhere_out").join("r.jsonl"));
    assert_eq!(shell(&format!("analyze '{small}' --device cpu --resume '{file}' >&-")).code, Some(0));
    assert_eq!(shell(&format!("analyze '{small}' --device cpu >/dev/null")).code, Some(0));
    assert_eq!(shell("zoo | head -1").code, Some(0));
}

#[cfg(target_os = "linux")]
#[test]
fn a_machine_without_a_driver_says_what_to_install() {
    let small = scratch("driverless").join("a.png");
    picture(&small);
    let none = [("VK_DRIVER_FILES", "/nonexistent"), ("VK_ICD_FILENAMES", "/nonexistent"), ("WGPU_BACKEND", "vulkan")];
    let listed = with(&none, &["devices"]);
    assert!(listed.text().contains("--device cpu") && listed.text().contains("WGPU_BACKEND=vulkan"), "{}", listed.text());
    assert!(moue::gpu::adapters().is_empty() || devices().len() > 1);
    let ran = with(&none, &["analyze", &text(&small)]);
    assert!(ran.code == Some(0) && ran.stderr.contains("running on the processor"), "{}", ran.stderr);
}

#[cfg(target_os = "linux")]
#[test]
fn no_more_threads_run_than_were_asked_for() {
    let folder = scratch("threads");
    for name in ["a.png", "b.png", "c.png", "d.png"] {
        picture(&folder.join(name));
    }
    let most = |threads: &str| {
        let arguments = ["analyze", &text(&folder), "--device", "cpu", "--faces", "none", "--oversample", "--threads", threads];
        let mut running = command(&arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let mut most = 0;
        while running.try_wait().unwrap().is_none() {
            let there = fs::read_dir(format!("/proc/{}/task", running.id())).map_or(0, Iterator::count);
            most = most.max(there);
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
        assert_eq!(running.wait().unwrap().code(), Some(0));
        most
    };
    // The first thread, one that decodes, one that waits for a signal or shows progress; with three, three more of either kind at most.
    let (one, three) = (most("1"), most("3"));
    assert!(one <= 4 && three <= one + 6 && three > one, "{one} and {three} threads");
}
