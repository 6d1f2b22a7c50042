//! PyTorch state dicts saved as safetensors: torchvision's AlexNet, VGG16, ResNet-18, ResNet-101 and GoogLeNet, known by the names of their weights.

use std::collections::BTreeMap;
use std::path::Path;

use super::{Head, find, torchvision};
use crate::error::{Error, Result};
use crate::graph::{Graph, Network, parameters};
use crate::weights::Imported;
use crate::weights::file::Tensors;

/// A network of torchvision: a weight that no other has, the weight of its last layer, and how it is built.
struct Known {
    name: &'static str,
    mark: &'static str,
    head: &'static str,
    build: fn(Head) -> Network,
    /// Name of a layer of the network in the state dict.
    called: fn(&str) -> String,
}

fn same(name: &str) -> String {
    name.to_owned()
}

/// VGG16's convolutions are numbered with their activations and pools between them.
fn vgg16(name: &str) -> String {
    const CONVOLUTIONS: [(&str, usize); 13] = [
        ("conv1_1", 0),
        ("conv1_2", 2),
        ("conv2_1", 5),
        ("conv2_2", 7),
        ("conv3_1", 10),
        ("conv3_2", 12),
        ("conv3_3", 14),
        ("conv4_1", 17),
        ("conv4_2", 19),
        ("conv4_3", 21),
        ("conv5_1", 24),
        ("conv5_2", 26),
        ("conv5_3", 28),
    ];
    match (name, CONVOLUTIONS.iter().find(|(layer, _)| *layer == name)) {
        (_, Some((_, index))) => format!("features.{index}"),
        ("fc6", _) => "classifier.0".to_owned(),
        ("fc7", _) => "classifier.3".to_owned(),
        _ => "classifier.6".to_owned(),
    }
}

/// Ordered so that the first whose mark is there is meant: ResNet-101 has all layers of ResNet-18's names.
const KNOWN: [Known; 5] = [
    Known {
        name: "googlenet",
        mark: "inception3a.branch1.conv.weight",
        head: "fc.weight",
        build: torchvision::googlenet,
        called: same,
    },
    Known {
        name: "resnet101",
        mark: "layer3.22.conv3.weight",
        head: "fc.weight",
        build: |head| zoo_network("resnet101", head),
        called: same,
    },
    Known {
        name: "resnet18",
        mark: "layer4.1.conv2.weight",
        head: "fc.weight",
        build: |head| zoo_network("resnet18", head),
        called: same,
    },
    Known {
        name: "vgg16",
        mark: "features.28.weight",
        head: "classifier.6.weight",
        build: |head| zoo_network("vgg16", head),
        called: vgg16,
    },
    Known { name: "alexnet", mark: "features.10.weight", head: "classifier.6.weight", build: torchvision::alexnet, called: same },
];

fn zoo_network(name: &str, head: Head) -> Network {
    let network = find(name).and_then(|architecture| architecture.network(Some(head)));
    network.unwrap_or_else(|_| Network { inputs: BTreeMap::new(), outputs: Vec::new(), ops: Vec::new() })
}

/// Reads a state dict from its file. Weights that the network does not read, such as those of training-time classifiers and `num_batches_tracked`, are
/// left out; those of a large file stay in it.
///
/// # Errors
/// [`Error::Io`] where it cannot be read; [`Error::Model`] where it is no safetensors file, no network that is known, or has a weight of another shape.
pub fn load(path: &Path) -> Result<Imported> {
    import(&path.display().to_string(), &Tensors::open(path)?)
}

/// As [`load`], from the bytes of a file called `name`.
///
/// # Errors
/// As [`load`].
pub fn read(name: &str, bytes: &[u8]) -> Result<Imported> {
    import(name, &Tensors::parse(name, bytes)?)
}

fn import(name: &str, file: &Tensors) -> Result<Imported> {
    let wrong = |at: &str, reason: String| Error::Model { model: name.to_owned(), at: at.to_owned(), reason };
    if file.is_model() {
        return Err(wrong("file", "it is a model of moue already: give it to `--model`".into()));
    }
    let known = KNOWN.iter().find(|known| file.shape(known.mark).is_some()).ok_or_else(|| {
        let names: Vec<&str> = KNOWN.iter().map(|known| known.name).collect();
        let shown: Vec<String> = file.names().into_iter().take(4).map(|name| format!("`{name}`")).collect();
        let reason = format!(
            "its names ({} ...) are those of none of torchvision's {}. Export the network to ONNX: a state dict does not say what is computed",
            shown.join(", "),
            names.join(", ")
        );
        wrong("names", reason)
    })?;
    let head = file
        .shape(known.head)
        .ok_or_else(|| wrong(known.head, "the file has no such weight: the last layer is missing".into()))?;
    let classes = head.first().copied().filter(|n| (1..=1 << 16).contains(n));
    let classes = classes.ok_or_else(|| wrong(known.head, format!("its shape is {head:?}: 1 to 65536 classes are possible")))?;
    let network = (known.build)(Head::Classes(classes));
    let mut tensors = BTreeMap::new();
    for parameter in parameters(&Graph::new(&network)?) {
        let (layer, part) = parameter.name.rsplit_once('.').unwrap_or((&parameter.name, ""));
        let called = format!("{}.{part}", (known.called)(layer));
        let Some(array) = file.array(&called)? else { continue };
        if array.shape != parameter.shape {
            return Err(wrong(
                &called,
                format!("its shape is {:?}, {} of {classes} classes wants {:?}", array.shape, known.name, parameter.shape),
            ));
        }
        tensors.insert(parameter.name, array);
    }
    let source = format!("state dict `{name}` of torchvision's {}", known.name);
    Ok(Imported { name: known.name.to_owned(), network, tensors, source, representation: None })
}
