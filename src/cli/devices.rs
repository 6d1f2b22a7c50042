//! `moue devices`.

use std::io::Write;

use serde::Serialize;

use super::outcome::{Outcome, Status};
use super::terminal::{self, Paint};
use crate::cpu::Cpu;
use crate::gpu::{self, Adapter};

/// Lists the adapters of this machine, best first
#[derive(Debug, clap::Args)]
pub struct Args {
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Line<'a> {
    schema: &'static str,
    index: usize,
    name: &'a str,
    backend: &'a str,
    kind: &'a str,
    driver: &'a str,
    /// Where the backend says it.
    #[serde(skip_serializing_if = "str::is_empty")]
    pci_bus: &'a str,
    subgroup: [u32; 2],
    max_binding_bytes: u64,
    features: &'a [String],
}

/// The list on stdout.
pub fn run(args: &Args) -> Outcome {
    let mut out = terminal::stdout();
    gpu::environment()?.into_iter().for_each(terminal::warning);
    let adapters = gpu::adapters();
    for adapter in &adapters {
        if args.json {
            serde_json::to_writer(&mut out, &line(adapter))?;
            writeln!(out)?;
        } else {
            describe(&mut out, adapter)?;
        }
    }
    if !args.json {
        if adapters.is_empty() {
            writeln!(out, "{}", gpu::no_adapter())?;
        }
        let processor = Cpu::new(None)?.words();
        writeln!(
            out,
            "{}  the processor, always there: {processor}; what runs where there is no GPU: --device cpu",
            Paint::stdout().bold("cpu")
        )?;
        writeln!(
            out,
            "{}  slow and exact, what the others are held against: --device reference",
            Paint::stdout().bold("reference")
        )?;
    }
    Ok(Status::Complete)
}

fn line(adapter: &Adapter) -> Line<'_> {
    Line {
        schema: "moue.devices/1",
        index: adapter.index,
        name: &adapter.name,
        backend: &adapter.backend,
        kind: &adapter.kind,
        driver: &adapter.driver,
        pci_bus: &adapter.pci_bus,
        subgroup: adapter.subgroup,
        max_binding_bytes: adapter.max_binding_bytes,
        features: &adapter.features,
    }
}

fn describe(out: &mut impl Write, adapter: &Adapter) -> std::io::Result<()> {
    let paint = Paint::stdout();
    let [least, most] = adapter.subgroup;
    let subgroup = match (least, most) {
        (_, 0) => "of unknown size".to_string(),
        (a, b) if a == b => format!("of {a}"),
        (a, b) => format!("of {a} to {b}"),
    };
    let features = if adapter.features.is_empty() { "none".to_string() } else { adapter.features.join(", ") };
    writeln!(out, "{:>3}  {}", adapter.index, paint.bold(&adapter.name))?;
    let bus = if adapter.pci_bus.is_empty() { String::new() } else { format!("; PCI bus {}", adapter.pci_bus) };
    writeln!(out, "     {}, {}; driver {}{bus}", adapter.backend, adapter.kind, adapter.driver)?;
    let mebibytes = adapter.max_binding_bytes >> 20;
    writeln!(out, "     {}", paint.dim(format!("subgroups {subgroup}; bindings up to {mebibytes} MiB; features: {features}")))
}
