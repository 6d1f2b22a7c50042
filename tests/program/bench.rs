//! `moue bench`, by running the binary: what it reports, and how it refuses. How fast anything is is none of these tests' business.

use crate::support;

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use crate::support::{Ran, moue, scratch, text};
use serde_json::{Value, json};

/// The best adapter; where there is none the test says that it was skipped.
fn adapter() -> Option<moue::gpu::Adapter> {
    let best = moue::gpu::adapters().into_iter().next();
    if best.is_none() {
        assert!(std::env::var_os("MOUE_REQUIRE_ADAPTER").is_none(), "no GPU adapter, and MOUE_REQUIRE_ADAPTER is set");
        eprintln!("SKIPPED: no GPU adapter on this machine");
    }
    best
}

fn number(value: &Value, key: &str) -> f64 {
    value[key].as_f64().unwrap_or_else(|| panic!("{key}: {value}"))
}

/// The one report on stdout.
fn report(ran: &Ran) -> Value {
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let mut records = ran.records();
    assert_eq!(records.len(), 1, "one JSON object");
    records.remove(0)
}

/// What every result keeps.
fn figures_hold(result: &Value) {
    figures_of_any_precision_hold(result);
    assert_eq!(result["precision"], "f32");
}

fn figures_of_any_precision_hold(result: &Value) {
    let batch = number(result, "batch");
    let [min, median, p90] = ["min_ms", "median_ms", "p90_ms"].map(|key| number(result, key));
    assert!(0.0 < min && min <= median && median <= p90, "{result}");
    assert!((number(result, "images_per_s") * median / 1e3 / batch - 1.0).abs() < 1e-9, "{result}");
    assert!(number(result, "first_ms") > 0.0 && number(result, "repeats") >= 1.0, "{result}");
    let ends = ["low_ms", "high_ms"].map(|key| result[key].as_f64());
    if let [Some(low), Some(high)] = ends {
        assert!(min <= low && low <= median && median <= high, "{result}");
        assert_eq!(result["steady"], (high - low) / 2.0 <= 0.03 * median, "{result}");
    } else {
        assert!(ends == [None; 2] && number(result, "repeats") < 6.0 && result["steady"] == false, "{result}");
    }
}

/// What a report from an adapter keeps, wherever that is: its fields, and figures that agree with one another.
fn report_holds(found: &Value) {
    assert_eq!(
        fields(found),
        [
            "adapter",
            "date",
            "moue",
            "not_measured",
            "peak",
            "peak_memory_kib",
            "quick",
            "remarks",
            "results",
            "schema",
            "score",
            "suite",
            "system",
            "tuned_layers"
        ]
    );
    system_holds(&found["system"]);
    assert!(found["remarks"].as_array().unwrap().iter().all(Value::is_string), "{}", found["remarks"]);
    assert_eq!((&found["schema"], &found["moue"]), (&json!("moue.bench/1"), &json!(env!("CARGO_PKG_VERSION"))));
    assert_eq!(fields(&found["adapter"]), ["backend", "driver", "name"]);
    assert_eq!(fields(&found["peak"]), ["gbytes_per_s", "gflops_f16_matrix", "gflops_f32"]);
    let date = found["date"].as_str().unwrap();
    assert!(date.len() == 10 && date.starts_with("20") && date.matches('-').count() == 2, "{date}");
    let peak = ["gflops_f32", "gbytes_per_s"].map(|key| number(&found["peak"], key));
    assert!(peak.iter().all(|&v| v > 0.0), "{peak:?}");
    for result in found["results"].as_array().unwrap() {
        figures_hold(result);
        if ["photograph", "video"].contains(&result["net"].as_str().unwrap()) {
            continue;
        }
        let seconds = number(result, "median_ms") / 1e3;
        let roof = (result["gflops"].as_f64().unwrap_or(0.0) * seconds / peak[0])
            .max(number(result, "gbytes_per_s") * seconds / peak[1]);
        assert!((number(result, "share_of_roof") / (roof / seconds) - 1.0).abs() < 1e-9, "{result}");
        // The processor compiles no pipelines.
        let keys: &[&str] = if found["adapter"]["backend"] == "cpu" {
            &[]
        } else {
            &["pipelines", "dispatches", "slab_bytes", "images_a_submission"]
        };
        for key in keys {
            assert!(number(result, key) > 0.0, "{key}: {result}");
        }
    }
    for missing in found["not_measured"].as_array().unwrap() {
        assert_eq!(fields(missing), ["batch", "error", "net", "precision"]);
    }
}

/// The system, and nothing that names a person or a place on the disk.
fn system_holds(system: &Value) {
    assert_eq!(fields(system), ["arch", "browser", "os", "os_version"]);
    assert!(["arch", "os"].iter().all(|key| system[*key].as_str().is_some_and(|text| !text.is_empty())), "{system}");
    for key in ["os_version", "browser"] {
        assert!(
            system[key].is_null() || system[key].as_str().is_some_and(|text| !text.is_empty() && text.len() < 80),
            "{system}"
        );
    }
    let person = ["USER", "HOSTNAME", "HOME"].map(|name| std::env::var(name).unwrap_or_default());
    assert!(person.iter().filter(|word| word.len() > 4).all(|word| !system.to_string().contains(word)), "{system}");
}

/// A score, its parts and its figures agree.
fn score_holds(score: &Value) {
    assert_eq!(fields(score), ["figures", "high", "low", "parts", "reference", "value"]);
    assert_eq!(fields(&score["parts"]), ["end_to_end", "latency", "memory", "throughput"]);
    let within = |value: &Value, middle: &str| {
        let [low, middle, high] = ["low", middle, "high"].map(|key| number(value, key));
        assert!(0.0 < low && low <= middle && middle <= high, "{value}");
    };
    within(score, "value");
    score["parts"].as_object().unwrap().values().filter(|part| !part.is_null()).for_each(|part| within(part, "value"));
    let figures = score["figures"].as_array().unwrap();
    figures.iter().for_each(|figure| within(figure, "ratio"));
    let mean = |part: Option<&str>| {
        let chosen = figures.iter().filter(|figure| part.is_none_or(|part| figure["part"] == part));
        let logs: Vec<f64> = chosen.map(|figure| number(figure, "ratio").ln()).collect();
        100.0 * (logs.iter().sum::<f64>() / logs.len() as f64).exp()
    };
    assert!((number(score, "value") / mean(None) - 1.0).abs() < 1e-9, "{score}");
    for (name, part) in score["parts"].as_object().unwrap().iter().filter(|(_, part)| !part.is_null()) {
        assert!((number(part, "value") / mean(Some(name)) - 1.0).abs() < 1e-9, "{name}: {score}");
    }
}

/// Half a minute on the processor: the only test that runs the suite.
#[test]
fn the_suite_has_a_score_and_says_what_it_left_out() {
    let ran = moue(&["bench", "--device", "cpu", "--quick", "--json"]);
    let found = report(&ran);
    report_holds(&found);
    assert_eq!((&found["suite"], &found["quick"]), (&json!("moue.suite/1"), &json!(true)));
    score_holds(&found["score"]);
    // The processor computes in f32, and has no frame to wait for.
    let left: Vec<_> = found["not_measured"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["net"].as_str().unwrap(), one["precision"].as_str().unwrap()))
        .collect();
    let halves = [("default", "f16"), ("resnet18", "f16"), ("resnet18", "f16"), ("alexnet", "f16")];
    assert_eq!(left, halves.into_iter().chain([("lbp", "f32")]).collect::<Vec<_>>());
    let figures = found["score"]["figures"].as_array().unwrap();
    let counted = found["results"].as_array().unwrap().iter().filter(|result| !result["low_ms"].is_null()).count();
    assert_eq!((figures.len(), found["results"].as_array().unwrap().len()), (counted, 8));
    let remarks = found["remarks"].to_string();
    assert!(remarks.contains(&format!("{} of the 13 figures", figures.len())), "{remarks}");
    for name in ["photograph, f32, batch 1", "video, f32, batch 1"] {
        assert!(figures.iter().any(|figure| figure["name"] == name && figure["part"] == "end_to_end"), "{name}: {figures:?}");
    }
}

/// Every report that is kept, those of older versions too.
#[test]
fn the_reports_that_are_kept_are_read() {
    for path in kept() {
        let ran = moue(&["bench", "compare", &text(&path)]);
        assert_eq!(ran.code, Some(0), "{}: {}", path.display(), ran.stderr);
        let found: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        assert_eq!(found["schema"], "moue.bench/1", "{}", path.display());
        let results = found["results"].as_array().unwrap();
        assert!(!results.is_empty(), "{}", path.display());
        for result in results {
            let name = result["net"].as_str().unwrap();
            assert!(ran.text().lines().any(|line| line.starts_with(name)), "{name}: {}", ran.text());
            assert!(number(result, "images_per_s") > 0.0 && number(result, "median_ms") > 0.0, "{result}");
            if !result["steady"].is_null() {
                figures_of_any_precision_hold(result);
            }
        }
        if !found["score"].is_null() {
            score_holds(&found["score"]);
            system_holds(&found["system"]);
            assert!(ran.text().lines().any(|line| line.starts_with("score ")), "{}", ran.text());
        }
    }
}

/// Names of an object's fields, sorted.
fn fields(value: &Value) -> Vec<&str> {
    let mut names: Vec<&str> =
        value.as_object().unwrap_or_else(|| panic!("no object: {value}")).keys().map(String::as_str).collect();
    names.sort_unstable();
    names
}

#[test]
fn the_report_of_a_browser_keeps_what_a_native_one_does() {
    let Some(path) = std::env::var_os("MOUE_BROWSER_REPORT").map(PathBuf::from) else {
        eprintln!("SKIPPED: MOUE_BROWSER_REPORT names no report; `cargo xtask web --test` makes one");
        return;
    };
    let found: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    report_holds(&found);
    assert_eq!(found["adapter"]["backend"], "webgpu");
    assert!(found["results"].as_array().is_some_and(|results| results.iter().any(|result| result["net"] == "default")));
    let native = report(&moue(&["bench", "--device", "0", "--net", "default", "--batch", "1", "--json"]));
    assert_eq!(fields(&found["results"][0]), fields(&native["results"][0]));
    compares_with_older_versions(&path);
}

#[test]
fn a_report_has_the_fields_of_its_contract_in_their_order() {
    let Some(adapter) = adapter() else { return };
    let ran = moue(&["bench", "--device", "0", "--net", "cvgg13,default", "--batch", "1,2", "--kernels", "--json"]);
    let found = report(&ran);
    assert!(ran.text().starts_with(r#"{"schema":"moue.bench/1","adapter":{"name":"#), "{}", ran.text());
    assert_eq!((&found["adapter"]["name"], &found["adapter"]["backend"]), (&json!(adapter.name), &json!(adapter.backend)));
    assert_eq!((&found["adapter"]["driver"], &found["moue"]), (&json!(adapter.driver), &json!(env!("CARGO_PKG_VERSION"))));
    report_holds(&found);
    assert_eq!(found["not_measured"], json!([]));
    let results = found["results"].as_array().unwrap();
    let named: Vec<_> =
        results.iter().map(|result| (result["net"].as_str().unwrap(), result["batch"].as_u64().unwrap())).collect();
    assert_eq!(named, [("cvgg13", 1), ("cvgg13", 2), ("default", 1), ("default", 2)]);
    for result in results {
        kernels_hold(result);
    }
    let network = moue::zoo::find("cvgg13").unwrap().network(None).unwrap();
    let direct = 2.0 * moue::graph::Graph::new(&network).unwrap().cost().multiply_adds as f64 / 1e9;
    assert_eq!([0, 1].map(|at| number(&results[at], "direct_gflop")), [direct, 2.0 * direct]);
    assert_eq!(number(&results[3], "direct_gflop"), 2.0 * number(&results[2], "direct_gflop"));
    // One image after another would cost twice as many operations a second; two together are the same work an image.
    let work = |result: &Value| number(result, "gflops") * number(result, "median_ms") / number(result, "batch");
    assert!((work(&results[0]) / work(&results[1]) - 1.0).abs() < 1e-9);
    for word in ["[1/2] cvgg13", "[2/2] default", "batch 2", "first answer"] {
        assert!(ran.stderr.contains(word), "{word}: {}", ran.stderr);
    }
    assert!(!ran.stderr.contains('\x1b') && !ran.stderr.contains('\r'), "nothing but text where there is no terminal");
}

/// Every dispatch is in one of the operators, none of which takes longer than those before it.
fn kernels_hold(result: &Value) {
    let kernels = result["kernels"].as_array().unwrap();
    if kernels.is_empty() {
        return;
    }
    let count: f64 = kernels.iter().map(|kernel| number(kernel, "count")).sum();
    assert_eq!((count, number(result, "kernels_images")), (number(result, "dispatches"), number(result, "batch")));
    assert!(kernels.iter().map(|kernel| number(kernel, "ms")).is_sorted_by(|a, b| a >= b));
    for kernel in kernels {
        assert!(kernel["label"].is_string() && kernel["shader"].is_string(), "{kernel}");
        assert!(number(kernel, "gflops") >= 0.0 && number(kernel, "gbytes_per_s") > 0.0, "{kernel}");
    }
    assert!(kernels.iter().any(|kernel| kernel["shader"].as_str().unwrap().starts_with("conv")));
}

#[test]
fn a_frame_is_held_against_the_copy() {
    if adapter().is_none() {
        return;
    }
    let found = report(&moue(&["bench", "--device", "0", "--net", "lbp", "--json"]));
    let frame = &found["results"][0];
    figures_hold(frame);
    assert_eq!((&frame["net"], &frame["batch"], &frame["dispatches"]), (&json!("lbp"), &json!(1), &json!(3)));
    assert_eq!((&frame["gflops"], &frame["direct_gflop"]), (&Value::Null, &Value::Null));
    let share = number(frame, "gbytes_per_s") / number(&found["peak"], "gbytes_per_s");
    assert!((number(frame, "share_of_roof") / share - 1.0).abs() < 1e-9, "{frame}");
}

#[test]
fn the_reference_is_measured_without_ceilings() {
    let path = scratch("bench_reference").join("below").join("report.json");
    let ran = moue(&["bench", "--device", "reference", "--kernels", "--json", &text(&path)]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(ran.stderr.contains("no timestamps") && ran.stderr.contains("--net"), "{}", ran.stderr);
    assert!(ran.text().contains("images/s") && ran.text().contains("default"), "{}", ran.text());
    let found: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    assert_eq!(found["adapter"], json!({"name": "reference", "backend": "reference", "driver": ""}));
    assert_eq!(found["peak"], json!({"gflops_f32": null, "gflops_f16_matrix": null, "gbytes_per_s": null}));
    let results = found["results"].as_array().unwrap();
    assert_eq!((results.len(), &results[0]["net"], &results[0]["batch"]), (1, &json!("default"), &json!(1)));
    figures_hold(&results[0]);
    assert_eq!((&results[0]["gflops"], &results[0]["share_of_roof"]), (&Value::Null, &Value::Null));
    compares_with_older_versions(&path);
}

#[test]
fn the_processor_is_measured_against_its_own_ceilings() {
    let arguments =
        ["bench", "--device", "cpu", "--threads", "2", "--net", "resnet18,default", "--batch", "1", "--kernels", "--json"];
    let ran = moue(&arguments);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let found = ran.records().remove(0);
    assert_eq!((&found["adapter"]["name"], &found["adapter"]["backend"]), (&json!("cpu"), &json!("cpu")));
    assert!(found["adapter"]["driver"].as_str().unwrap().ends_with("2 threads"), "{}", found["adapter"]);
    assert!(number(&found["peak"], "gflops_f32") > 1.0 && number(&found["peak"], "gbytes_per_s") > 0.1, "{}", found["peak"]);
    for result in found["results"].as_array().unwrap() {
        figures_hold(result);
        assert!(number(result, "gflops") > 0.0 && number(result, "share_of_roof") > 0.0, "{result}");
    }
    let kernels = found["results"][0]["kernels"].as_array().unwrap();
    let codes: Vec<&str> = kernels.iter().map(|kernel| kernel["shader"].as_str().unwrap()).collect();
    assert!(["product", "winograd", "pool", "dense"].iter().all(|code| codes.contains(code)), "{codes:?}");
}

#[test]
fn what_was_measured_outlives_an_interrupt() {
    let path = scratch("bench_interrupt").join("report.json");
    // The reference takes long enough for the second to be interrupted.
    let arguments = ["bench", "--device", "reference", "--net", "default,vgg16", "--json", &text(&path)];
    let mut running = support::command(&arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    while !path.exists() && running.try_wait().unwrap().is_none() {
        std::thread::sleep(Duration::from_millis(20));
    }
    running.kill().unwrap();
    running.wait().unwrap();
    let found: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    let results = found["results"].as_array().unwrap();
    assert_eq!((results.len(), &results[0]["net"], &found["schema"]), (1, &json!("default"), &json!("moue.bench/1")));
}

#[test]
fn a_report_that_cannot_be_written_is_refused_first_or_printed_all_the_same() {
    let folder = scratch("bench_unwritable");
    std::fs::create_dir(folder.join("report.json.part")).unwrap();
    let ran = moue(&["bench", "--device", "cpu", "--net", "default", "--json", &text(folder.join("report.json"))]);
    assert!(ran.code == Some(2) && ran.stdout.is_empty() && ran.stderr.contains("--json"), "{}", ran.stderr);
    assert!(!ran.stderr.contains("[1/1]"), "nothing was measured: {}", ran.stderr);
    if cfg!(target_os = "linux") {
        let ran = moue(&["bench", "--device", "cpu", "--net", "default", "--batch", "1", "--json", "/dev/full"]);
        assert_eq!(ran.code, Some(2), "{}", ran.stderr);
        assert!(ran.text().contains("images/s") && ran.stderr.contains("--json: /dev/full"), "{}", ran.stderr);
    }
}

/// The reports of the repository.
fn kept() -> Vec<PathBuf> {
    let kept = std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/results")).unwrap();
    let kept: Vec<PathBuf> =
        kept.map(|entry| entry.unwrap().path()).filter(|path| path.extension() == Some("json".as_ref())).collect();
    assert!(kept.len() >= 6, "{kept:?}");
    kept
}

/// Reports that are kept were written with fewer fields.
fn compares_with_older_versions(path: &Path) {
    for other in kept() {
        let ran = moue(&["bench", "compare", &text(path), &text(&other)]);
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        assert!(ran.text().lines().any(|line| line.starts_with("default")), "{}", ran.text());
    }
}

#[test]
fn what_cannot_be_measured_is_said_beside_what_can() {
    let ran = moue(&["bench", "--device", "cpu", "--net", "lbp,default", "--batch", "1", "--json"]);
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    let found = ran.records().remove(0);
    assert_eq!((found["results"].as_array().unwrap().len(), &found["results"][0]["net"]), (1, &json!("default")));
    let missing = &found["not_measured"][0];
    assert_eq!((&missing["net"], &missing["batch"], &missing["precision"]), (&json!("lbp"), &json!(1), &json!("f32")));
    assert!(missing["error"].as_str().unwrap().contains("adapter"), "{missing}");
    let ran = moue(&["bench", "--device", "cpu", "--net", "lbp"]);
    assert!(ran.code == Some(2) && ran.stdout.is_empty() && ran.stderr.contains("lbp, f32, batch 1: "), "{}", ran.stderr);
}

#[test]
fn both_precisions_are_measured() {
    let gpus = moue::gpu::adapters();
    let Some(adapter) = gpus.first().filter(|adapter| adapter.converts_f16) else {
        eprintln!("SKIPPED: no adapter that converts f16");
        return;
    };
    let device = adapter.index.to_string();
    let ran = moue(&["bench", "--device", &device, "--net", "default,lbp", "--batch", "1", "--precision", "f32,f16", "--json"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let found = ran.records().remove(0);
    let results = found["results"].as_array().unwrap();
    let kinds: Vec<_> =
        results.iter().map(|result| (result["net"].as_str().unwrap(), result["precision"].as_str().unwrap())).collect();
    assert_eq!(kinds, [("default", "f32"), ("default", "f16"), ("lbp", "f32"), ("lbp", "f16")]);
    let bytes = |at: usize| results[at]["slab_bytes"].as_u64().unwrap();
    assert!(bytes(1) < bytes(0) * 2 / 3, "{} and {}", bytes(0), bytes(1));
}

#[test]
fn misuse_names_the_flag_and_what_there_is() {
    let cases: [(&[&str], &[&str]); 7] = [
        (&["--quick", "--net", "default"], &["--quick", "--net"]),
        (&["--full", "--batch", "1"], &["--full", "--batch"]),
        (&["--net", "resnet19"], &["--net", "`resnet19`", "resnet18", "levi_hassner", "default", "lbp"]),
        (&["--precision", "f32,f16"], &["--precision", "f32 only", "adapter"]),
        (&["--precision", "f8"], &["--precision", "f32"]),
        (&["--batch", "0"], &["--batch"]),
        (&["--json", "tests"], &["--json", "folder"]),
    ];
    for (arguments, words) in cases {
        let arguments: Vec<&str> = ["bench", "--device", "cpu"].iter().chain(arguments).copied().collect();
        let ran = moue(&arguments);
        assert!(ran.code == Some(2) && ran.stdout.is_empty(), "{arguments:?}: {}", ran.stderr);
        assert!(words.iter().all(|word| ran.stderr.contains(word)), "{arguments:?}: {}", ran.stderr);
    }
}

/// A report as another machine would have written it.
fn write_report(folder: &Path, name: &str, adapter: &str, results: &[(&str, u32, f64)]) -> PathBuf {
    let results: Vec<Value> = results
        .iter()
        .map(|&(net, batch, speed)| json!({"net": net, "batch": batch, "precision": "f32", "median_ms": 1.0, "images_per_s": speed}))
        .collect();
    let report = json!({
        "schema": "moue.bench/1",
        "adapter": {"name": adapter, "backend": "vulkan", "driver": "one 1.2"},
        "peak": {"gflops_f32": 100.0, "gbytes_per_s": 10.0},
        "results": results,
    });
    let path = folder.join(name);
    std::fs::write(&path, report.to_string()).unwrap();
    path
}

#[test]
fn machines_stand_side_by_side() {
    let folder = scratch("bench_compare");
    let slow = write_report(&folder, "slow.json", "Slow <1>", &[("default", 1, 20.0), ("resnet18", 1, 4.0)]);
    let fast = write_report(&folder, "fast.json", "Fast & new", &[("default", 1, 1500.0), ("default", 8, 9000.0)]);
    let plot = folder.join("plots").join("both.svg");
    let ran = moue(&["bench", "compare", &text(&slow), &text(&fast), "--plot", &text(&plot)]);
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""));
    let found = ran.text();
    let lines: Vec<Vec<&str>> = found.lines().map(|line| line.split_whitespace().collect()).collect();
    assert!(lines[0].starts_with(&["A", "Slow", "<1>"]) && lines[1].starts_with(&["B", "Fast", "&", "new"]), "{found}");
    assert_eq!(lines[2], ["images/s", "batch", "type", "A", "B", "B", "/", "A"]);
    assert_eq!(lines[3], ["default", "1", "f32", "20.0", "1500", "75.0"]);
    assert_eq!(lines[4], ["default", "8", "f32", "-", "9000", "-"]);
    assert_eq!(lines[5], ["resnet18", "1", "f32", "4.00", "-", "-"]);
    assert_eq!(lines.len(), 6);
    let svg = std::fs::read_to_string(&plot).unwrap();
    assert!(svg.starts_with("<svg") && svg.trim_end().ends_with("</svg>"));
    for word in ["Slow &lt;1&gt;", "Fast &amp; new", "default", "resnet18", "prefers-color-scheme: dark"] {
        assert!(svg.contains(word), "{word}");
    }
    // A mark a machine in the legend, and one a speed.
    assert_eq!((svg.matches("<circle").count(), svg.matches("height=\"10\"").count()), (3, 3));
}

#[test]
fn a_file_that_is_no_report_is_named() {
    let folder = scratch("bench_errors");
    let good = write_report(&folder, "good.json", "Good", &[("default", 1, 20.0)]);
    let odd = write_report(&folder, "odd.json", "Odd", &[("default", 1, 0.0)]);
    let write = |name: &str, content: &str| {
        let path = folder.join(name);
        std::fs::write(&path, content).unwrap();
        path
    };
    let cases = [
        (folder.join("nowhere.json"), "nowhere.json"),
        (write("broken.json", "{\"schema\":"), "no JSON"),
        (write("other.json", r#"{"schema":"moue.devices/1"}"#), "`moue.devices/1`"),
        (write("plain.json", "[1, 2]"), "no schema"),
        (write("half.json", r#"{"schema":"moue.bench/1","results":[]}"#), "adapter"),
        (odd, "0 images a second"),
    ];
    for (path, word) in cases {
        let ran = moue(&["bench", "compare", &text(&good), &text(&path)]);
        assert!(ran.code == Some(2) && ran.stdout.is_empty(), "{}", ran.stderr);
        let name = path.file_name().unwrap().to_str().unwrap();
        assert!(ran.stderr.contains(name) && ran.stderr.contains(word), "{word}: {}", ran.stderr);
    }
    assert_eq!(moue(&["bench", "compare"]).code, Some(2));
}
