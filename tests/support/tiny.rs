//! A model of a few kilobytes that has something of everything: two networks, two representations, a table, three members.

use std::collections::BTreeMap;

use moue::Model;
use moue::graph::{Graph, parameters};
use moue::weights::{Array, Description, Type};

pub const TEXT: &str = r#"{
  "moue": 1, "name": "tiny", "labels": ["happy", "sad", "calm"], "licence": "MIT", "source": "a test", "card": "none",
  "canonical": {"size": [8, 8], "margin": 0.1, "colour": "rgb"},
  "representations": {
    "rgb": [{"resize": [8, 8]}, {"normalise": {"mean": [128.0, 127.0, 126.0], "scale": [0.0078125, 0.0078125, 0.01]}}],
    "codes": [{"enlarge": [10, 10]}, {"gray": "matlab"}, {"lbp": {"radius": 1}}, {"lookup": "tables/colours"}, {"resize": [8, 8]},
              {"normalise": {"mean": [128.0, 128.0, 128.0], "scale": [0.01, 0.01, 0.01]}}]
  },
  "networks": {
    "folded": {"inputs": {"data": [3, 6, 6]}, "outputs": ["prob"], "ops": [
      {"op": "conv", "name": "conv1", "in": ["data"], "out": ["conv1"], "channels": 4, "kernel": [3, 3], "pad": [1, 1, 1, 1], "bias": false},
      {"op": "batch_norm", "name": "bn1", "in": ["conv1"], "out": ["bn1"]},
      {"op": "relu", "in": ["bn1"], "out": ["relu1"]},
      {"op": "conv", "name": "conv2", "in": ["relu1"], "out": ["conv2"], "channels": 4, "kernel": [3, 3], "pad": "same_upper", "groups": 2},
      {"op": "add", "in": ["relu1", "conv2"], "out": ["sum"]},
      {"op": "concat", "in": ["sum", "relu1"], "out": ["both"]},
      {"op": "max_pool", "in": ["both"], "out": ["pool"], "kernel": [2, 2], "stride": [2, 2], "ceil": true},
      {"op": "sigmoid", "in": ["pool"], "out": ["gate"]},
      {"op": "mul", "in": ["pool", "gate"], "out": ["gated"]},
      {"op": "global_average_pool", "in": ["gated"], "out": ["average"]},
      {"op": "flatten", "in": ["average"], "out": ["flat"]},
      {"op": "dropout", "in": ["flat"], "out": ["kept"], "rate": 0.5},
      {"op": "dense", "name": "fc", "in": ["kept"], "out": ["logits"], "channels": 3},
      {"op": "softmax", "in": ["logits"], "out": ["prob"]}
    ]},
    "plain": {"inputs": {"data": [3, 8, 8]}, "outputs": ["prob"], "ops": [
      {"op": "average_pool", "in": ["data"], "out": ["pool"], "kernel": [2, 2], "stride": [2, 2], "count_include_pad": true},
      {"op": "flatten", "in": ["pool"], "out": ["flat"]},
      {"op": "dense", "name": "fc", "in": ["flat"], "out": ["logits"], "channels": 3},
      {"op": "softmax", "in": ["logits"], "out": ["prob"]}
    ]}
  },
  "members": [
    {"name": "rgb", "representation": "rgb", "network": "folded", "weights": "rgb/"},
    {"name": "codes", "representation": "codes", "network": "folded", "weights": "codes/"},
    {"name": "plain", "representation": "codes", "network": "plain", "weights": "plain/"}
  ],
  "fusion": {"rule": "weighted_mean", "weights": [0.5, 0.3, 0.2], "temperature": 1.0}, "oversample": "none"
}"#;

/// splitmix64, uniform in [-1, 1).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn unit(&mut self) -> f32 {
        (self.next() >> 40) as f32 / (1 << 23) as f32 - 1.0
    }
}

/// The weights that a description asks for, and its tables, random.
pub fn tensors(description: &Description, seed: u64) -> BTreeMap<String, Array> {
    let mut random = Random(seed);
    let mut tensors = BTreeMap::new();
    let table = (0..768).map(|_| random.next() as u8).collect();
    tensors.insert("tables/colours".into(), Array::new(Type::U8, vec![256, 3], table));
    for member in &description.members {
        let graph = Graph::new(&description.networks[&member.network]).unwrap();
        for parameter in parameters(&graph) {
            let count = parameter.shape.iter().product::<usize>();
            let value = |v: f32| if parameter.above.is_some() { v.abs() + 0.1 } else { v };
            let bytes = (0..count).flat_map(|_| value(random.unit()).to_le_bytes()).collect();
            let array = Array::new(Type::F32, parameter.shape, bytes);
            tensors.insert(format!("{}{}", member.weights, parameter.name), array);
        }
    }
    tensors
}

/// The model of [`TEXT`] with random weights.
pub fn model(seed: u64) -> Model {
    let description = Description::parse(TEXT).unwrap();
    let tensors = tensors(&description, seed);
    Model::new(description, tensors).unwrap()
}
