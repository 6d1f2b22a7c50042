//! Which adapter a name means: an index, a part of a name, a place on the PCI bus, or a number of CUDA's.
//!
//! Schedulers hand out NVIDIA's GPUs by `CUDA_VISIBLE_DEVICES`, which Vulkan does not read: where four processes of a machine with four equal GPUs ask for the
//! best, all would get the first.

use super::adapter::Adapter;
use super::cuda::{Cards, Place};

/// Where the adapter that `choice` means is among `found`, best first; why there is none, and what to try. `cards` are NVIDIA's that CUDA sees, where that is asked.
pub(super) fn chosen(
    found: &[Adapter],
    choice: Option<&str>,
    cards: impl FnOnce() -> Result<Cards, String>,
) -> Result<usize, Why> {
    let Some(text) = choice else {
        let cards = seen(found, cards)?;
        return first(found, &cards, |_| true).ok_or_else(|| hidden(&cards).map_or(Why::None, Why::Said));
    };
    if let Ok(index) = text.parse::<usize>() {
        return (index < found.len()).then_some(index).ok_or(Why::None);
    }
    let lower = text.to_lowercase();
    if let Some(number) = lower.strip_prefix("cuda").and_then(|rest| rest.strip_prefix(':').or(rest.is_empty().then_some("0"))) {
        let number: usize = number.parse().map_err(|_| Why::Said(format!("`{text}`: `cuda:0` is the first of CUDA's GPUs")))?;
        return by_number(found, number, &cards().map_err(Why::Said)?).map_err(Why::Said);
    }
    if let Some(place) = Place::parse(&lower) {
        let at = found.iter().position(|adapter| Place::parse(&adapter.pci_bus) == Some(place));
        return at.ok_or_else(|| Why::Said(format!("no adapter lies at {place} of the PCI bus")));
    }
    let named = |adapter: &Adapter| adapter.name.to_lowercase().contains(&lower);
    if !found.iter().any(named) {
        return Err(Why::None);
    }
    let cards = seen(found, cards)?;
    first(found, &cards, named).ok_or_else(|| {
        let hides = hidden(&cards).unwrap_or_default();
        Why::Said(format!("`{text}`: {hides}; its index or its place on the PCI bus is taken all the same"))
    })
}

/// Why there is no adapter.
#[derive(Debug, PartialEq)]
pub(super) enum Why {
    /// None of those that were found is meant.
    None,
    Said(String),
}

/// The cards that CUDA sees, where one of the adapters is NVIDIA's and the environment says which.
fn seen(found: &[Adapter], cards: impl FnOnce() -> Result<Cards, String>) -> Result<Option<Cards>, Why> {
    if !found.iter().any(Adapter::is_nvidia) {
        return Ok(None);
    }
    let cards = cards().map_err(Why::Said)?;
    Ok(cards.narrowed.is_some().then_some(cards))
}

/// The first of those wanted; among NVIDIA's that which CUDA would call the first.
fn first(found: &[Adapter], cards: &Option<Cards>, wanted: impl Fn(&Adapter) -> bool) -> Option<usize> {
    let Some(cards) = cards else { return found.iter().position(wanted) };
    let rank = |adapter: &Adapter| cards.places.iter().position(|place| Place::parse(&adapter.pci_bus) == Some(*place));
    let allowed = |adapter: &Adapter| wanted(adapter) && (!adapter.is_nvidia() || rank(adapter).is_some());
    let best = found.iter().position(allowed)?;
    let alike = |adapter: &Adapter| allowed(adapter) && adapter.is_nvidia() && adapter.backend == found[best].backend;
    if !found[best].is_nvidia() {
        return Some(best);
    }
    (0..found.len()).filter(|&at| alike(&found[at])).min_by_key(|&at| rank(&found[at]))
}

fn by_number(found: &[Adapter], number: usize, cards: &Cards) -> Result<usize, String> {
    let Some(place) = cards.places.get(number) else {
        let narrowed = cards.narrowed.as_ref().map(|text| format!(", as CUDA_VISIBLE_DEVICES={text} says")).unwrap_or_default();
        return Err(format!("`cuda:{number}`: CUDA sees {} GPUs{narrowed}", cards.places.len()));
    };
    let at = found.iter().position(|adapter| adapter.is_nvidia() && Place::parse(&adapter.pci_bus) == Some(*place));
    at.ok_or_else(|| {
        format!("`cuda:{number}` lies at {place} of the PCI bus, where no adapter is: is its Vulkan driver installed?")
    })
}

fn hidden(cards: &Option<Cards>) -> Option<String> {
    let narrowed = cards.as_ref()?.narrowed.as_ref()?;
    Some(format!("CUDA_VISIBLE_DEVICES={narrowed} hides the NVIDIA GPUs of this machine"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gpu::adapter::NVIDIA;
    use crate::gpu::cuda::cards;

    fn adapter(index: usize, name: &str, vendor: u32, bus: &str, kind: &str) -> Adapter {
        Adapter {
            identity: (vendor, 1),
            index,
            name: name.to_owned(),
            backend: "vulkan".to_owned(),
            kind: kind.to_owned(),
            driver: String::new(),
            pci_bus: bus.to_owned(),
            subgroup: [32, 32],
            max_binding_bytes: 0,
            features: Vec::new(),
            converts_f16: true,
            matrices: false,
        }
    }

    /// Four equal GPUs in another order than that of the bus, one of AMD's, one in software.
    fn node() -> Vec<Adapter> {
        let bus = ["0000:c1:00.0", "0000:01:00.0", "0000:41:00.0", "0001:81:00.0"];
        let mut found: Vec<_> =
            bus.iter().enumerate().map(|(i, bus)| adapter(i, "NVIDIA A100", NVIDIA, bus, "discrete")).collect();
        found.push(adapter(4, "AMD Radeon", 0x1002, "0000:21:00.0", "integrated"));
        found.push(adapter(5, "llvmpipe", 0x10005, "", "cpu"));
        found
    }

    const SMI: &str = "0, GPU-aaaa-1, 00000000:01:00.0\n1, GPU-bbbb-2, 00000000:41:00.0\n2, GPU-cccc-3, 00000000:C1:00.0\n3, GPU-dddd-4, 00000001:81:00.0\n";

    fn by(choice: Option<&str>, visible: Option<&str>) -> Result<usize, Why> {
        let found = node();
        chosen(&found, choice, || cards(&found, visible.map(str::to_owned), || Some(SMI.to_owned())))
    }

    #[test]
    fn an_adapter_is_meant_by_index_name_bus_or_number() {
        for (choice, at) in [
            ("3", 3),
            ("radeon", 4),
            ("nvidia", 0),
            ("0000:41:00.0", 2),
            ("41:00.0", 2),
            ("00000001:81:00.0", 3),
            ("C1:00", 0),
            ("cuda:0", 1),
            ("CUDA:2", 0),
            ("cuda", 1),
            ("llvmpipe", 5),
        ] {
            assert_eq!(by(Some(choice), None), Ok(at), "{choice}");
        }
        assert_eq!(by(None, None), Ok(0));
        for wrong in ["9", "geforce"] {
            assert_eq!(by(Some(wrong), None), Err(Why::None), "{wrong}");
        }
        for (wrong, said) in [("cuda:4", "sees 4 GPUs"), ("cuda:x", "`cuda:0` is"), ("99:00.0", "0000:99:00.0")] {
            assert!(matches!(by(Some(wrong), None), Err(Why::Said(why)) if why.contains(said)), "{wrong}");
        }
    }

    #[test]
    fn what_the_scheduler_gave_is_followed() {
        // Each of four processes has a GPU of its own.
        let alone: Vec<_> = ["0", "1", "2", "3"].map(|own| by(None, Some(own)).unwrap()).into();
        assert_eq!(alone, [1, 2, 0, 3]);
        assert_eq!(by(None, Some("GPU-cccc")), Ok(0));
        assert_eq!(by(None, Some("3,1")), Ok(3));
        assert_eq!(by(Some("cuda:1"), Some("3,1")), Ok(2));
        assert_eq!(by(Some("a100"), Some("2")), Ok(0));
        // A wrong entry ends the list, as CUDA has it.
        assert_eq!(by(Some("cuda:0"), Some("1,9,0")), Ok(2));
        assert!(matches!(by(Some("cuda:1"), Some("1,9,0")), Err(Why::Said(why)) if why.contains("1,9,0")));
    }

    #[test]
    fn who_was_given_none_gets_none_of_nvidias() {
        for none in ["", "-1", "NoDevFiles"] {
            assert_eq!(by(None, Some(none)), Ok(4), "{none:?}");
            let said = by(Some("a100"), Some(none));
            assert!(matches!(said, Err(Why::Said(why)) if why.contains("hides")), "{none:?}");
            // Who says exactly which gets it.
            assert_eq!((by(Some("2"), Some(none)), by(Some("41:00"), Some(none))), (Ok(2), Ok(2)));
        }
        let only = [adapter(0, "NVIDIA A100", NVIDIA, "0000:01:00.0", "discrete")];
        let none = chosen(&only, None, || cards(&only, Some(String::new()), || None));
        assert!(matches!(none, Err(Why::Said(why)) if why.contains("CUDA_VISIBLE_DEVICES= hides")));
    }

    #[test]
    fn without_nvidias_program_numbers_go_by_the_bus_and_names_are_refused() {
        let found = node();
        let by =
            |choice: Option<&str>, visible: &str| chosen(&found, choice, || cards(&found, Some(visible.to_owned()), || None));
        assert_eq!((by(None, "2"), by(Some("cuda:0"), "3")), (Ok(0), Ok(3)));
        assert!(matches!(by(None, "GPU-cccc"), Err(Why::Said(why)) if why.contains("nvidia-smi")));
    }

    #[test]
    fn other_makers_gpus_are_not_asked_for_cards() {
        let found = [adapter(0, "AMD Radeon", 0x1002, "0000:21:00.0", "discrete")];
        assert_eq!(chosen(&found, None, || Err("asked".into())), Ok(0));
        assert_eq!(chosen(&found, Some("amd"), || Err("asked".into())), Ok(0));
    }
}
