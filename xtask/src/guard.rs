//! Whether a kernel has become slower: its share of the roof, within one run, against the share that is kept in benches/guard.json. Seconds are
//! never compared: those of a shared machine vary several times over, and its ceilings with them.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, ExitCode};

use serde_json::{Value, json};

use crate::{kept, system};

const NETS: &str = "googlenet,resnet18,vgg_s";
/// Runs at most; the best of them counts, and no more are made once all is well.
const ROUNDS: usize = 5;
/// Of the kept share, what is no loss.
const LEAST: f64 = 0.75;
/// Kernels of a smaller part of their network's time are left out.
const PART: f64 = 0.03;

/// Shares of each round, by network and shader.
type Shares = BTreeMap<(String, String), Vec<f64>>;

/// Measures; with `write` keeps the shares of this adapter instead of comparing.
pub fn guard(root: &Path, target: &Path, write: bool) -> ExitCode {
    match compare(root, target, write) {
        Ok(code) => code,
        Err(reason) => {
            eprintln!("error: {reason}");
            ExitCode::from(2)
        }
    }
}

fn compare(root: &Path, target: &Path, write: bool) -> Result<ExitCode, String> {
    if !system::run(kept::cargo().args(["build", "--release", "--package", "moue"]).current_dir(root))? {
        return Err("moue did not build".into());
    }
    let program = target.join("release").join(format!("moue{}", std::env::consts::EXE_SUFFIX));
    let file = root.join("benches/guard.json");
    let text = std::fs::read_to_string(&file).unwrap_or_else(|_| "{}".into());
    let mut kept: Value = serde_json::from_str(&text).map_err(|error| format!("{}: {error}", file.display()))?;
    let mut shares = Shares::new();
    let mut adapter = String::new();
    for round in 1..=ROUNDS {
        adapter = measure(&program, &mut shares)?;
        println!("round {round} of {ROUNDS} at most, on {adapter}");
        if !write && slower(&shares, &kept[&adapter]).is_empty() {
            break;
        }
    }
    if write {
        let mut own = json!({});
        for ((net, shader), rounds) in &shares {
            own[net][shader] = json!((median(rounds) * 1000.0).round() / 1000.0);
        }
        kept[&adapter] = own;
        let text = serde_json::to_string_pretty(&kept).map_err(|error| error.to_string())? + "\n";
        std::fs::write(&file, text).map_err(|error| format!("{}: {error}", file.display()))?;
        println!("{}: the medians of {ROUNDS} rounds on {adapter}", file.display());
        return Ok(ExitCode::SUCCESS);
    }
    if kept[&adapter].is_null() {
        println!(
            "no shares are kept for {adapter}: `cargo xtask bench-guard --write` keeps those of a state that is known to be good"
        );
        return Ok(ExitCode::SUCCESS);
    }
    println!("{:<12} {:<24} {:>8} {:>8} {:>8}", "network", "kernel", "kept", "best", "worst");
    for ((net, shader), rounds) in &shares {
        let kept = kept[&adapter][net][shader].as_f64().map_or("-".to_string(), |share| format!("{:.1} %", 100.0 * share));
        println!("{net:<12} {shader:<24} {kept:>8} {:>6.1} % {:>6.1} %", 100.0 * best(rounds), 100.0 * worst(rounds));
    }
    let unkept = unkept(&shares, &kept[&adapter]);
    for (net, shader) in &unkept {
        eprintln!("warning: {net}, {shader}: no share is kept, nothing guards it: --write keeps one");
    }
    for (net, kernels) in kept[&adapter].as_object().into_iter().flatten() {
        for (shader, _) in kernels.as_object().into_iter().flatten() {
            if !shares.contains_key(&(net.clone(), shader.clone())) {
                println!("{net:<12} {shader:<24} kept, but it did not run, or took less than {:.0} %", 100.0 * PART);
            }
        }
    }
    let slower = slower(&shares, &kept[&adapter]);
    for (net, shader) in &slower {
        println!("{net}, {shader}: below {:.0} % of the kept share in each of {ROUNDS} rounds", 100.0 * LEAST);
    }
    let restless = |key: &(String, String)| shares.get(key).is_some_and(|rounds| worst(rounds) < LEAST * best(rounds));
    if slower.is_empty() {
        let others = if unkept.is_empty() { String::new() } else { format!("; {} are not guarded", unkept.len()) };
        println!("no kernel is slower than was kept, as far as the best of the rounds says{others}");
        Ok(ExitCode::SUCCESS)
    } else if slower.iter().all(restless) {
        println!(
            "inconclusive: their own rounds differ by more than what is to be found; repeat it on a machine with less to do"
        );
        Ok(ExitCode::from(2))
    } else {
        Ok(ExitCode::FAILURE)
    }
}

/// One run; the adapter's name.
fn measure(program: &Path, shares: &mut Shares) -> Result<String, String> {
    let mut command = Command::new(program);
    command.args(["bench", "--net", NETS, "--batch", "1", "--kernels", "--json"]);
    // The rules' kernels are what is guarded, not those that the user's cache names.
    command.env("MOUE_TUNING", "");
    let text = system::output(&mut command).ok_or("moue bench failed: run it to see why")?;
    let report: Value = serde_json::from_str(&text).map_err(|error| format!("what moue bench wrote is no JSON: {error}"))?;
    for result in report["results"].as_array().into_iter().flatten() {
        // Time, and the time that the ceilings alone would take.
        let mut spent: BTreeMap<&str, (f64, f64)> = BTreeMap::new();
        for kernel in result["kernels"].as_array().into_iter().flatten() {
            let (Some(shader), Some(ms), Some(share)) =
                (kernel["shader"].as_str(), kernel["ms"].as_f64(), kernel["share_of_roof"].as_f64())
            else {
                continue;
            };
            let (time, roof) = spent.entry(shader).or_default();
            *time += ms;
            *roof += ms * share;
        }
        let total: f64 = spent.values().map(|(time, _)| time).sum();
        for (shader, (time, roof)) in spent.into_iter().filter(|(_, (time, _))| *time >= PART * total) {
            let net = result["net"].as_str().unwrap_or_default().to_owned();
            shares.entry((net, shader.to_owned())).or_default().push(roof / time);
        }
    }
    if shares.is_empty() {
        return Err("this adapter gives no timestamps: kernels cannot be told apart".into());
    }
    Ok(report["adapter"]["name"].as_str().unwrap_or_default().to_owned())
}

/// The kernels whose best share is less than [`LEAST`] of the kept one.
fn slower(shares: &Shares, kept: &Value) -> Vec<(String, String)> {
    let less = |((net, shader), rounds): (&(String, String), &Vec<f64>)| {
        let kept = kept[net][shader].as_f64()?;
        (best(rounds) < LEAST * kept).then(|| (net.clone(), shader.clone()))
    };
    shares.iter().filter_map(less).collect()
}

/// The kernels that ran and of which no share is kept.
fn unkept(shares: &Shares, kept: &Value) -> Vec<(String, String)> {
    shares.keys().filter(|(net, shader)| kept[net][shader].as_f64().is_none()).cloned().collect()
}

fn best(rounds: &[f64]) -> f64 {
    rounds.iter().copied().fold(0.0, f64::max)
}

fn worst(rounds: &[f64]) -> f64 {
    rounds.iter().copied().fold(f64::INFINITY, f64::min)
}

fn median(rounds: &[f64]) -> f64 {
    let mut sorted = rounds.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_round_decides() {
        let kept = json!({"net": {"conv": 0.8, "pool": 0.4}});
        let key = |shader: &str| ("net".to_string(), shader.to_string());
        let shares = |conv: &[f64], pool: &[f64]| Shares::from([(key("conv"), conv.to_vec()), (key("pool"), pool.to_vec())]);
        assert!(slower(&shares(&[0.3, 0.61], &[0.31]), &kept).is_empty());
        assert_eq!(slower(&shares(&[0.59, 0.3], &[0.5]), &kept), [key("conv")]);
        assert!(slower(&shares(&[0.1], &[0.1]), &Value::Null).is_empty());
        assert!(unkept(&shares(&[0.1], &[0.1]), &kept).is_empty());
        assert_eq!(unkept(&shares(&[0.1], &[0.1]), &json!({"net": {"pool": 0.4}})), [key("conv")]);
    }
}
