//! `moue zoo`.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::files;
use super::outcome::{Failure, Outcome, Status};
use super::terminal;
use crate::error::Error;
use crate::graph::{Graph, Kind, Network};
use crate::zoo::{self, ARCHITECTURES, Architecture, ENSEMBLES, Head};

/// Lists the networks of the papers, or writes one with seeded random weights
///
/// Without NAME: every architecture with its input, learned values and work for one image. With NAME: its layers. With --output: a
/// model file, whose random weights are the same on every machine: for benchmarks, tests and as a start for training.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// An architecture, or an ensemble of several
    name: Option<String>,
    /// Classes that it tells apart [default: as its paper]
    #[arg(long, value_name = "N", requires = "name", conflicts_with = "embedding", value_parser = clap::value_parser!(u32).range(1..=65536))]
    classes: Option<u32>,
    /// End in an embedding of N values instead of classes
    #[arg(long, value_name = "N", requires = "name", num_args = 0..=1, default_missing_value = "64", value_parser = clap::value_parser!(u32).range(1..=65536))]
    embedding: Option<u32>,
    /// Seed of the weights
    #[arg(long, value_name = "S", requires = "output", default_value_t = 1)]
    seed: u64,
    /// The model file to write
    #[arg(short, long, value_name = "FILE", requires = "name")]
    output: Option<PathBuf>,
    /// One JSON object an architecture
    #[arg(long, conflicts_with = "output")]
    json: bool,
}

#[derive(Serialize)]
struct Line<'a> {
    schema: &'static str,
    name: &'a str,
    source: &'a str,
    input: [usize; 3],
    output: usize,
    parameters: u64,
    gflop: f64,
    layers: Vec<Layer<'a>>,
}

#[derive(Serialize)]
struct Layer<'a> {
    name: &'a str,
    op: &'static str,
    shape: &'a [usize; 3],
    parameters: u64,
    mflop: f64,
}

/// The list, the layers or the file.
pub fn run(args: &Args) -> Outcome {
    if let Some((name, what)) = args.name.as_ref().and_then(|name| ENSEMBLES.iter().find(|(own, _)| own == name)) {
        return whole(args, name, what);
    }
    let chosen: Vec<Architecture> = match &args.name {
        Some(name) => vec![zoo::find(name).map_err(|error| Failure::at("NAME", error))?],
        None => ARCHITECTURES.to_vec(),
    };
    let classes = args.classes.map(|n| Head::Classes(n as usize));
    let head = classes.or(args.embedding.map(|n| Head::Embedding(n as usize)));
    let mut text = String::new();
    for architecture in &chosen {
        let network = architecture.network(head).map_err(|error| Failure::at("--embedding", error))?;
        if let Some(path) = &args.output {
            return write(architecture, network, args.seed, path);
        }
        let graph = Graph::new(&network)?;
        let line = line(architecture, &graph);
        if args.json {
            text += &(serde_json::to_string(&line)? + "\n");
        } else if args.name.is_some() {
            text += &layers(&line);
        } else {
            text += &summary(&line, text.is_empty());
        }
    }
    if args.name.is_none() && !args.json {
        text += "\nENSEMBLES\n";
        ENSEMBLES.iter().for_each(|(name, what)| text += &format!("{name:22} {what}\n"));
    }
    terminal::stdout().write_all(text.as_bytes())?;
    Ok(Status::Complete)
}

/// An ensemble: its file, or what is in it.
fn whole(args: &Args, name: &str, what: &str) -> Outcome {
    if args.classes.is_some() || args.embedding.is_some() || args.json {
        return Err(Failure::at(
            "NAME",
            format!("`{name}` is an ensemble with a head of its own: leave --classes, --embedding and --json out"),
        ));
    }
    let model = zoo::ensemble(name, args.seed)?;
    let Some(path) = &args.output else {
        let members: Vec<&str> = model.description.members.iter().map(|member| member.name.as_str()).collect();
        let bytes: u64 = model.arrays().map(|(_, array)| array.length() as u64).sum();
        let text = format!("{name}: {what}.\n{:.1} GB of weights; members: {}\n", bytes as f64 / 1e9, members.join(", "));
        terminal::stdout().write_all(text.as_bytes())?;
        return Ok(Status::Complete);
    };
    let failed = |error: Error| Failure::at("--output", error);
    files::check(path).map_err(failed)?;
    model.save(path).map_err(failed)?;
    terminal::note(format!("{}: {}; it has learned nothing", path.display(), model.description.source));
    Ok(Status::Complete)
}

fn write(architecture: &Architecture, network: Network, seed: u64, path: &Path) -> Outcome {
    let failed = |error: Error| Failure::at("--output", error);
    files::check(path).map_err(failed)?;
    zoo::model(architecture, network, seed)?.save(path).map_err(failed)?;
    terminal::note(format!(
        "{}: `{}` with random weights of seed {seed}; it has learned nothing",
        path.display(),
        architecture.name
    ));
    Ok(Status::Complete)
}

fn line<'a>(architecture: &'a Architecture, graph: &'a Graph) -> Line<'a> {
    let cost = graph.cost();
    let layers = graph.nodes.iter().filter(|node| node.kind != Kind::Identity && node.kind != Kind::Reshape);
    let layers = layers.map(|node| {
        let (info, cost) = (&graph.tensors[node.output], graph.cost_of(node));
        let mflop = 2e-6 * cost.multiply_adds as f64;
        Layer { name: &info.name, op: node.kind.name(), shape: &info.shape, parameters: cost.parameters, mflop }
    });
    Line {
        schema: "moue.zoo/1",
        name: architecture.name,
        source: architecture.source,
        input: graph.tensors[0].shape,
        output: graph.outputs.first().map_or(0, |&id| graph.tensors[id].shape[0]),
        parameters: cost.parameters,
        gflop: 2e-9 * cost.multiply_adds as f64,
        layers: layers.collect(),
    }
}

fn size([channels, height, width]: [usize; 3]) -> String {
    if height * width == 1 { channels.to_string() } else { format!("{channels} x {height} x {width}") }
}

fn summary(line: &Line<'_>, first: bool) -> String {
    let mut text = String::new();
    if first {
        let _ = writeln!(text, "{:16} {:>14} {:>6} {:>12} {:>7}  SOURCE", "NAME", "INPUT", "OUTPUT", "PARAMETERS", "GFLOP");
    }
    let Line { name, source, output, parameters, gflop, .. } = line;
    let _ = writeln!(text, "{name:16} {:>14} {output:>6} {parameters:>12} {gflop:>7.2}  {source}", size(line.input));
    text
}

fn layers(line: &Line<'_>) -> String {
    let mut text = format!("{}: {}. Input {}\n", line.name, line.source, size(line.input));
    let widest = line.layers.iter().map(|layer| layer.name.len()).max().unwrap_or(0);
    for Layer { name, op, shape, parameters, mflop } in &line.layers {
        let cost = if *parameters > 0 { format!("{parameters:>10} {mflop:>9.1} MFLOP") } else { String::new() };
        let line = format!("{name:widest$}  {op:16} {:>15} {cost}", size(**shape));
        let _ = writeln!(text, "{}", line.trim_end());
    }
    let _ = writeln!(text, "{} learned values, {:.2} GFLOP an image", line.parameters, line.gflop);
    text
}
