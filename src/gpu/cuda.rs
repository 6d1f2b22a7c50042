//! NVIDIA's cards as CUDA counts them, and where each lies on the PCI bus.

use std::fmt;
use std::process::Command;

use super::adapter::Adapter;

const VISIBLE: &str = "CUDA_VISIBLE_DEVICES";

/// A place on the PCI bus: domain, bus, device, function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place([u32; 4]);

impl Place {
    /// `[DOMAIN:]BUS:DEVICE[.FUNCTION]`, in hexadecimal digits as every program writes it.
    pub fn parse(text: &str) -> Option<Self> {
        let hex = |part: &str| u32::from_str_radix(part, 16).ok();
        let (place, function) = text.split_once('.').unwrap_or((text, "0"));
        let parts: Vec<&str> = place.split(':').collect();
        let (domain, bus, device) = match parts[..] {
            [domain, bus, device] => (domain, bus, device),
            [bus, device] => ("0", bus, device),
            _ => return None,
        };
        Some(Self([hex(domain)?, hex(bus)?, hex(device)?, hex(function)?]))
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [domain, bus, device, function] = self.0;
        write!(f, "{domain:04x}:{bus:02x}:{device:02x}.{function}")
    }
}

/// NVIDIA's cards that CUDA sees.
#[derive(Debug)]
pub(super) struct Cards {
    /// Where each is, in CUDA's order.
    pub places: Vec<Place>,
    /// What `CUDA_VISIBLE_DEVICES` says, where it is there.
    pub narrowed: Option<String>,
}

/// Those of this machine.
pub(super) fn of_machine(found: &[Adapter]) -> Result<Cards, String> {
    let narrowed = std::env::var_os(VISIBLE).map(|text| text.to_string_lossy().into_owned());
    cards(found, narrowed, listed)
}

/// NVIDIA's own list, where its program is there.
fn listed() -> Option<String> {
    let mut command = Command::new("nvidia-smi");
    command.args(["--query-gpu=index,uuid,pci.bus_id", "--format=csv,noheader"]);
    let output = command.output().ok().filter(|output| output.status.success())?;
    String::from_utf8(output.stdout).ok()
}

/// `narrowed` by name and number, of what `listed` says; without that, of the adapters in the order of the bus, as CUDA has equal cards.
pub(super) fn cards(
    found: &[Adapter],
    narrowed: Option<String>,
    listed: impl FnOnce() -> Option<String>,
) -> Result<Cards, String> {
    let entries: Option<Vec<&str>> = narrowed.as_ref().map(|text| text.split(',').map(str::trim).collect());
    if entries.as_ref().is_some_and(|entries| entries.first().is_none_or(|first| first.is_empty() || *first == "-1")) {
        return Ok(Cards { places: Vec::new(), narrowed });
    }
    let listed = listed();
    let all: Vec<(String, Place)> = match &listed {
        Some(text) => text.lines().filter_map(line).collect(),
        None => {
            let mut places: Vec<Place> =
                found.iter().filter(|a| a.is_nvidia()).filter_map(|a| Place::parse(&a.pci_bus)).collect();
            places.sort_unstable();
            places.dedup();
            places.into_iter().map(|place| (String::new(), place)).collect()
        }
    };
    let Some(entries) = entries else { return Ok(Cards { places: all.into_iter().map(|(_, place)| place).collect(), narrowed }) };
    let mut places = Vec::new();
    for entry in entries {
        let at = match entry.parse::<usize>() {
            Ok(number) => Some(number),
            Err(_) if entry.starts_with("GPU-") && listed.is_none() => {
                return Err(format!(
                    "{VISIBLE}={entry}: `nvidia-smi`, which says where that is, is not there: name an adapter by its index or its place on the PCI bus"
                ));
            }
            Err(_) if entry.starts_with("MIG-") => {
                return Err(format!("{VISIBLE}={entry}: Vulkan knows no parts of a GPU: give a whole one"));
            }
            Err(_) => all.iter().position(|(uuid, _)| entry.starts_with("GPU-") && uuid.starts_with(entry)),
        };
        // What is wrong hides all after it.
        let Some((_, place)) = at.and_then(|at| all.get(at)) else { break };
        places.push(*place);
    }
    Ok(Cards { places, narrowed })
}

/// Name and place of `INDEX, UUID, BUS`.
fn line(text: &str) -> Option<(String, Place)> {
    let mut cells = text.split(',').map(str::trim);
    let (_, uuid, bus) = (cells.next()?, cells.next()?, cells.next()?);
    Some((uuid.to_owned(), Place::parse(&bus.to_lowercase())?))
}
