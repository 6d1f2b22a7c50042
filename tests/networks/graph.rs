//! Whole networks: the schedule on the GPU against the operators one by one, random networks and those with every shape of fusion.

use std::collections::HashMap;

use crate::common::{Random, by_engine, gpus, open_all, run_graph, run_graph_in, shaders_of};
use moue::Error;
use moue::Precision;
use moue::gpu::{Gpu, Plan, Recording, Scratch};
use moue::graph::schedule::StepKind;
use moue::graph::slabs::Work;
use moue::graph::{Graph, Kind, Network, Prepared, Schedule, Slabs, TensorId, Weights, interpret};
use moue::kernels::{self, View};
use moue::operators::Unary;
use moue::tensor::Tensor;

struct Random0(HashMap<String, Tensor>);

impl Weights for Random0 {
    fn tensor(&self, name: &str) -> Result<Tensor, Error> {
        self.0.get(name).cloned().ok_or_else(|| Error::Argument(format!("no {name}")))
    }
}

/// Random weights of every layer, of a size that keeps activations near 1.
fn weights(graph: &Graph, random: &mut Random) -> Random0 {
    let mut all = HashMap::new();
    for node in &graph.nodes {
        let [channels, ..] = graph.tensors[node.inputs[0]].shape;
        let mut put = |name: String, shape: &[usize], scale: f32, offset: f32| {
            let mut tensor = random.tensor(shape);
            tensor.data.iter_mut().for_each(|v| *v = *v * scale + offset);
            all.insert(name, tensor);
        };
        match &node.kind {
            Kind::Conv { name, channels: out, window, groups, .. } => {
                let fan = channels / groups * window.kernel[0] * window.kernel[1];
                put(
                    format!("{name}.weight"),
                    &[*out, channels / groups, window.kernel[0], window.kernel[1]],
                    (3.0 / fan as f32).sqrt(),
                    0.0,
                );
                put(format!("{name}.bias"), &[*out], 0.2, 0.0);
            }
            Kind::Dense { name, channels: out, .. } => {
                put(format!("{name}.weight"), &[*out, channels], (3.0 / channels as f32).sqrt(), 0.0);
                put(format!("{name}.bias"), &[*out], 0.2, 0.0);
            }
            Kind::BatchNorm { name, .. } => {
                for (part, scale, offset) in
                    [("weight", 0.3, 1.0), ("bias", 0.3, 0.0), ("running_mean", 0.3, 0.0), ("running_var", 0.3, 1.0)]
                {
                    put(format!("{name}.{part}"), &[channels], scale, offset);
                }
            }
            _ => {}
        }
    }
    for parameter in moue::graph::parameters(graph) {
        let value = || random.tensor(&parameter.shape);
        all.entry(parameter.name.clone()).or_insert_with(value);
    }
    Random0(all)
}

/// The tensors `wanted` of every member on the GPU.
fn run(gpu: &Gpu, graph: &Graph, members: &[Random0], inputs: &[Tensor], wanted: &[TensorId]) -> Vec<Vec<Tensor>> {
    let weights: Vec<&dyn Weights> = members.iter().map(|m| m as &dyn Weights).collect();
    run_graph(gpu, graph, &weights, inputs, wanted)
}

fn network(json: &str) -> Network {
    serde_json::from_str(json).unwrap_or_else(|e| panic!("{e}: {json}"))
}

fn check(name: &str, network: &Network, pinned: &[&str], members: usize, images: usize, seed: u64) {
    let graph = Graph::new(network).unwrap_or_else(|e| panic!("{name}: {e}"));
    let mut random = Random(seed);
    let weights: Vec<Random0> = (0..members).map(|_| weights(&graph, &mut random)).collect();
    let [c, h, w] = graph.tensors[0].shape;
    let inputs: Vec<Tensor> = (0..members).map(|_| random.tensor(&[images, c, h, w])).collect();
    let mut wanted = graph.outputs.clone();
    wanted.extend(pinned.iter().map(|p| graph.find(p).unwrap()));
    let twin: Vec<Vec<Tensor>> = weights.iter().zip(&inputs).map(|(w, i)| interpret(&graph, w, &[i], &wanted).unwrap()).collect();
    let members: Vec<&dyn Weights> = weights.iter().map(|weights| weights as &dyn Weights).collect();
    let on_gpus = gpus().into_iter().map(|gpu| (gpu.name().to_owned(), run(&gpu, &graph, &weights, &inputs, &wanted)));
    let on_cpu = [1, 3].map(|threads| (format!("{threads} threads"), by_engine(threads, &graph, &members, &inputs, &wanted)));
    for (device, got) in on_gpus.chain(on_cpu) {
        for (member, (got, want)) in got.iter().zip(&twin).enumerate() {
            for ((&id, got), want) in wanted.iter().zip(got).zip(want) {
                assert_eq!(got.shape, want.shape, "{name} {}", graph.tensors[id].name);
                let largest = want.data.iter().fold(0.0_f32, |m, v| m.max(v.abs()));
                for (g, w) in got.data.iter().zip(&want.data) {
                    // The bound of model-format: 1e-4 of the largest.
                    assert!(
                        (g - w).abs() <= 1e-4 * largest,
                        "{name} on {device}, member {member}, `{}`: {g} and {w}",
                        graph.tensors[id].name
                    );
                }
            }
        }
    }
}

const INCEPTION: &str = r#"{"inputs": {"data": [5, 9, 11]}, "outputs": ["prob", "flat"], "ops": [
    {"op": "conv", "name": "stem", "in": ["data"], "out": ["stem"], "channels": 8, "kernel": [3, 3], "stride": [2, 2], "pad": "same_upper"},
    {"op": "relu", "in": ["stem"], "out": ["stem_relu"]},
    {"op": "conv", "name": "a", "in": ["stem_relu"], "out": ["a"], "channels": 8, "kernel": [1, 1]},
    {"op": "relu", "in": ["a"], "out": ["a_relu"]},
    {"op": "conv", "name": "b", "in": ["stem_relu"], "out": ["b"], "channels": 6, "kernel": [3, 3], "pad": [1, 1, 1, 1]},
    {"op": "max_pool", "in": ["stem_relu"], "out": ["p"], "kernel": [3, 3], "pad": [1, 1, 1, 1]},
    {"op": "conv", "name": "c", "in": ["p"], "out": ["c"], "channels": 7, "kernel": [1, 1]},
    {"op": "concat", "in": ["a_relu", "b", "c", "p"], "out": ["cat"]},
    {"op": "average_pool", "in": ["cat"], "out": ["avg"], "kernel": [2, 2], "stride": [2, 2], "ceil": true},
    {"op": "flatten", "in": ["avg"], "out": ["flat"]},
    {"op": "flatten", "in": ["avg"], "out": ["flat2"]},
    {"op": "dense", "name": "fc", "in": ["flat2"], "out": ["fc"], "channels": 5},
    {"op": "dropout", "in": ["fc"], "out": ["drop"], "rate": 0.5},
    {"op": "softmax", "in": ["drop"], "out": ["prob"]}]}"#;

/// `a` and `b` are read by convolutions alone, and so is `f`, which has another window; `c` goes into a concatenation, `d` has no ReLU, `e` is read by a pool.
const SIBLINGS: &str = r#"{"inputs": {"data": [6, 9, 7]}, "outputs": ["out"], "ops": [
    {"op": "conv", "name": "a", "in": ["data"], "out": ["a"], "channels": 12, "kernel": [1, 1], "bias": false},
    {"op": "batch_norm", "name": "an", "in": ["a"], "out": ["an"]},
    {"op": "relu", "in": ["an"], "out": ["ar"]},
    {"op": "conv", "name": "a2", "in": ["ar"], "out": ["a2"], "channels": 8, "kernel": [3, 3], "pad": [1, 1, 1, 1]},
    {"op": "relu", "in": ["a2"], "out": ["a2r"]},
    {"op": "conv", "name": "b", "in": ["data"], "out": ["b"], "channels": 20, "kernel": [1, 1]},
    {"op": "relu", "in": ["b"], "out": ["br"]},
    {"op": "conv", "name": "b2", "in": ["br"], "out": ["b2"], "channels": 16, "kernel": [5, 5], "pad": [2, 2, 2, 2]},
    {"op": "conv", "name": "b3", "in": ["br"], "out": ["b3"], "channels": 4, "kernel": [1, 1]},
    {"op": "conv", "name": "b4", "in": ["br"], "out": ["b4"], "channels": 4, "kernel": [1, 1]},
    {"op": "conv", "name": "c", "in": ["data"], "out": ["c"], "channels": 8, "kernel": [1, 1]},
    {"op": "relu", "in": ["c"], "out": ["cr"]},
    {"op": "conv", "name": "d", "in": ["data"], "out": ["d"], "channels": 4, "kernel": [1, 1]},
    {"op": "conv", "name": "d2", "in": ["d"], "out": ["d2"], "channels": 4, "kernel": [1, 1]},
    {"op": "conv", "name": "e", "in": ["data"], "out": ["e"], "channels": 8, "kernel": [1, 1]},
    {"op": "relu", "in": ["e"], "out": ["er"]},
    {"op": "max_pool", "in": ["er"], "out": ["ep"], "kernel": [3, 3], "pad": [1, 1, 1, 1]},
    {"op": "conv", "name": "f", "in": ["data"], "out": ["f"], "channels": 8, "kernel": [3, 3], "pad": [1, 1, 1, 1]},
    {"op": "relu", "in": ["f"], "out": ["fr"]},
    {"op": "conv", "name": "f2", "in": ["fr"], "out": ["f2"], "channels": 4, "kernel": [1, 1]},
    {"op": "conv", "name": "b5", "in": ["b3"], "out": ["b5"], "channels": 4, "kernel": [1, 1]},
    {"op": "conv", "name": "b6", "in": ["b4"], "out": ["b6"], "channels": 4, "kernel": [3, 3], "pad": [1, 1, 1, 1]},
    {"op": "concat", "in": ["a2r", "b2", "cr", "d2", "ep", "f2", "b5", "b6"], "out": ["out"]}]}"#;

const RESIDUAL: &str = r#"{"inputs": {"data": [6, 10, 8]}, "outputs": ["out", "gate"], "ops": [
    {"op": "conv", "name": "c1", "in": ["data"], "out": ["c1"], "channels": 12, "kernel": [3, 3], "pad": [1, 1, 1, 1], "bias": false},
    {"op": "batch_norm", "name": "b1", "in": ["c1"], "out": ["b1"]},
    {"op": "relu", "in": ["b1"], "out": ["r1"]},
    {"op": "conv", "name": "c2", "in": ["r1"], "out": ["c2"], "channels": 12, "kernel": [3, 3], "pad": [1, 1, 1, 1], "groups": 3},
    {"op": "batch_norm", "name": "b2", "in": ["c2"], "out": ["b2"]},
    {"op": "conv", "name": "s", "in": ["data"], "out": ["s"], "channels": 12, "kernel": [1, 1]},
    {"op": "batch_norm", "name": "bs", "in": ["s"], "out": ["bs"]},
    {"op": "add", "in": ["b2", "bs"], "out": ["sum"]},
    {"op": "relu", "in": ["sum"], "out": ["r2"]},
    {"op": "batch_norm", "name": "pre", "in": ["r2"], "out": ["pre"]},
    {"op": "relu", "in": ["pre"], "out": ["pre_relu"]},
    {"op": "conv", "name": "d", "in": ["r2"], "out": ["d"], "channels": 12, "kernel": [3, 3], "pad": [1, 1, 1, 1], "groups": 12},
    {"op": "add", "in": ["d", "pre_relu"], "out": ["sum2"]},
    {"op": "global_average_pool", "in": ["sum2"], "out": ["squeeze"]},
    {"op": "dense", "name": "e1", "in": ["squeeze"], "out": ["e1"], "channels": 3},
    {"op": "relu", "in": ["e1"], "out": ["e1r"]},
    {"op": "dense", "name": "e2", "in": ["e1r"], "out": ["e2"], "channels": 12},
    {"op": "sigmoid", "in": ["e2"], "out": ["gate"]},
    {"op": "mul", "in": ["sum2", "gate"], "out": ["scaled"]},
    {"op": "conv", "name": "w", "in": ["scaled"], "out": ["w"], "channels": 3, "kernel": [5, 3], "stride": [2, 1], "pad": [2, 0, 1, 3], "dilation": [1, 2]},
    {"op": "add", "in": ["w", "w"], "out": ["twice"]},
    {"op": "relu", "in": ["twice"], "out": ["out"]}]}"#;

#[test]
fn concatenations_flattens_and_pools() {
    for (members, images) in [(1, 1), (3, 2)] {
        check("inception", &network(INCEPTION), &[], members, images, 1);
        check("inception, pinned", &network(INCEPTION), &["a", "b", "cat", "stem", "fc"], members, images, 2);
    }
}

#[test]
fn residuals_gates_and_norms() {
    for (members, images) in [(1, 7), (2, 1)] {
        check("residual", &network(RESIDUAL), &[], members, images, 3);
        check("residual, pinned", &network(RESIDUAL), &["c2", "b2", "sum", "pre", "w", "squeeze"], members, images, 4);
    }
}

/// A chain of random operators with random residuals and concatenations.
fn random_network(seed: u64) -> (String, Vec<String>) {
    let mut random = Random(seed);
    let mut ops = Vec::new();
    // (name, channels, height, width)
    let mut tensors = vec![("data".to_owned(), 1 + random.below(9), 6 + random.below(9), 6 + random.below(9))];
    let input = tensors[0].clone();
    for index in 0..12 {
        let (from, c, h, w) = tensors[tensors.len() - 1 - random.below(tensors.len().min(3))].clone();
        let name = format!("t{index}");
        let same: Vec<String> = tensors.iter().filter(|t| (t.1, t.2, t.3) == (c, h, w)).map(|t| t.0.clone()).collect();
        let level: Vec<_> = tensors.iter().filter(|t| (t.2, t.3) == (h, w)).cloned().collect();
        let (op, shape) = match random.below(9) {
            0..=2 => {
                let out = [4, 5, 12, 16, c][random.below(5)];
                let k = [1, 3][random.below(2)];
                let groups = if random.below(3) == 0 && out == c { c } else { 1 };
                (
                    format!(
                        r#"{{"op": "conv", "name": "{name}", "in": ["{from}"], "out": ["{name}"], "channels": {out}, "kernel": [{k}, {k}], "pad": [{p}, {p}, {p}, {p}], "groups": {groups}}}"#,
                        p = k / 2
                    ),
                    (out, h, w),
                )
            }
            3 => (format!(r#"{{"op": "batch_norm", "name": "{name}", "in": ["{from}"], "out": ["{name}"]}}"#), (c, h, w)),
            4 => (format!(r#"{{"op": "relu", "in": ["{from}"], "out": ["{name}"]}}"#), (c, h, w)),
            5 => {
                let other = &same[random.below(same.len())];
                (format!(r#"{{"op": "add", "in": ["{from}", "{other}"], "out": ["{name}"]}}"#), (c, h, w))
            }
            6 => {
                let other = &level[random.below(level.len())];
                (format!(r#"{{"op": "concat", "in": ["{from}", "{}"], "out": ["{name}"]}}"#, other.0), (c + other.1, h, w))
            }
            7 if h > 2 && w > 2 => (
                format!(
                    r#"{{"op": "max_pool", "in": ["{from}"], "out": ["{name}"], "kernel": [2, 2], "stride": [2, 2], "ceil": true}}"#
                ),
                (c, h.div_ceil(2), w.div_ceil(2)),
            ),
            _ => (format!(r#"{{"op": "dropout", "in": ["{from}"], "out": ["{name}"], "rate": 0.1}}"#), (c, h, w)),
        };
        ops.push(op);
        tensors.push((name, shape.0, shape.1, shape.2));
    }
    let last = &tensors[tensors.len() - 1].0;
    let pins = tensors[1..].iter().filter(|_| random.below(4) == 0).map(|t| t.0.clone()).collect();
    let text = format!(
        r#"{{"inputs": {{"data": [{}, {}, {}]}}, "outputs": ["{last}"], "ops": [{}]}}"#,
        input.1,
        input.2,
        input.3,
        ops.join(", ")
    );
    (text, pins)
}

#[test]
fn random_networks() {
    for seed in 0..24 {
        let (text, pins) = random_network(seed);
        let pins: Vec<&str> = pins.iter().map(String::as_str).collect();
        check(
            &format!("random network {seed}: {text}"),
            &network(&text),
            &pins,
            1 + (seed % 2) as usize,
            1 + (seed % 3) as usize,
            seed,
        );
    }
}

#[test]
fn a_nan_image_changes_no_other() {
    for text in [INCEPTION, RESIDUAL] {
        let graph = Graph::new(&network(text)).unwrap();
        let mut random = Random(9);
        let weights = [weights(&graph, &mut random), weights(&graph, &mut random)];
        let [c, h, w] = graph.tensors[0].shape;
        let clean = [random.tensor(&[7, c, h, w]), random.tensor(&[7, c, h, w])];
        let mut dirty = clean.clone();
        let each = c * h * w;
        dirty[1].data[3 * each..4 * each].fill(f32::NAN);
        for gpu in gpus() {
            let wanted = graph.outputs.clone();
            let (a, b) = (run(&gpu, &graph, &weights, &clean, &wanted), run(&gpu, &graph, &weights, &dirty, &wanted));
            for member in 0..2 {
                for (a, b) in a[member].iter().zip(&b[member]) {
                    let each = a.data.len() / 7;
                    for image in 0..7 {
                        let (a, b) = (&a.data[image * each..(image + 1) * each], &b.data[image * each..(image + 1) * each]);
                        if (member, image) == (1, 3) {
                            assert!(b.iter().any(|v| !v.is_finite()) || a != b, "the NaN image is as the clean one");
                        } else {
                            assert_eq!(a, b, "member {member} image {image} on {}", gpu.name());
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn siblings_are_one_convolution() {
    for (members, images) in [(1, 1), (3, 2)] {
        check("siblings", &network(SIBLINGS), &[], members, images, 5);
        check("siblings, pinned", &network(SIBLINGS), &["ar", "b4", "d"], members, images, 6);
    }
    let graph = Graph::new(&network(SIBLINGS)).unwrap();
    let together = |pinned: &[&str]| -> Vec<Vec<String>> {
        let pinned: Vec<TensorId> = pinned.iter().map(|name| graph.find(name).unwrap()).collect();
        let names = |step: &moue::graph::Step| match &step.kind {
            StepKind::Conv { layers, .. } if layers.len() > 1 => Some(layers.iter().map(|layer| layer.name.clone()).collect()),
            _ => None,
        };
        Schedule::new(&graph, &pinned).steps.iter().filter_map(names).collect()
    };
    assert_eq!(together(&[]), [["a", "b"], ["b3", "b4"]]);
    assert_eq!(together(&["b4"]), [["a", "b"]]);
    assert!(together(&["ar", "b3"]).is_empty());
}

/// As networks for phones are: zeros around what a convolution reads and behind the channels of a residual, both after the convolution in their order too,
/// activations of every kind, and a residual that lies where the convolution's input may lie.
const PHONE: &str = r#"{"inputs": {"data": [8, 9, 11]}, "outputs": ["out"], "ops": [
    {"op": "pad", "in": ["data"], "out": ["p"], "before": [0, 1, 0], "after": [0, 2, 1]},
    {"op": "conv", "name": "d", "in": ["p"], "out": ["d"], "channels": 8, "kernel": [3, 3], "stride": [2, 2], "groups": 8},
    {"op": "prelu", "name": "slopes", "in": ["d"], "out": ["dr"]},
    {"op": "conv", "name": "e", "in": ["dr"], "out": ["e"], "channels": 14, "kernel": [1, 1]},
    {"op": "pad", "in": ["dr"], "out": ["q"], "before": [0, 0, 0], "after": [6, 0, 0]},
    {"op": "add", "in": ["q", "e"], "out": ["s"]},
    {"op": "clip", "in": ["s"], "out": ["t"], "min": 0.0, "max": 6.0},
    {"op": "conv", "name": "f", "in": ["t"], "out": ["f"], "channels": 16, "kernel": [1, 1]},
    {"op": "hard_swish", "in": ["f"], "out": ["y"]},
    {"op": "conv", "name": "g", "in": ["y"], "out": ["g"], "channels": 24, "kernel": [1, 1]},
    {"op": "leaky_relu", "in": ["g"], "out": ["gr"], "slope": 0.1},
    {"op": "conv", "name": "h", "in": ["gr"], "out": ["h"], "channels": 24, "kernel": [3, 3], "pad": [1, 1, 1, 1], "groups": 24},
    {"op": "hard_sigmoid", "in": ["h"], "out": ["hr"], "alpha": 0.2, "beta": 0.4},
    {"op": "conv", "name": "i", "in": ["hr"], "out": ["i"], "channels": 16, "kernel": [1, 1]},
    {"op": "add", "in": ["i", "y"], "out": ["out"]}]}"#;

#[test]
fn zeros_and_activations_cost_no_dispatch() {
    let graph = Graph::new(&network(PHONE)).unwrap();
    let steps = |pinned: &[&str]| {
        let pinned: Vec<TensorId> = pinned.iter().map(|name| graph.find(name).unwrap()).collect();
        Schedule::new(&graph, &pinned).steps.len()
    };
    assert_eq!([steps(&[]), steps(&["q"]), steps(&["p", "q"]), steps(&["d"])], [6, 7, 8, 7]);
    for (members, images) in [(1, 1), (2, 3)] {
        check("phone", &network(PHONE), &[], members, images, 11);
        check("phone, pinned", &network(PHONE), &["p", "q", "s"], members, images, 12);
    }
}

#[test]
fn batch_norm_residual_and_relu_cost_no_dispatch() {
    let graph = Graph::new(&network(RESIDUAL)).unwrap();
    let schedule = Schedule::new(&graph, &[]);
    let affine = schedule.steps.iter().filter(|s| matches!(s.kind, StepKind::Affine(_))).count();
    assert_eq!(affine, 1, "only the pre-activation norm stands alone");
    assert!(!schedule.steps.iter().any(|s| matches!(s.kind, StepKind::Unary(Unary::Relu))), "{schedule:?}");
    assert_eq!(schedule.steps.iter().filter(|s| matches!(s.kind, StepKind::Conv { .. }) && s.inputs.len() == 2).count(), 2);
    let slabs = Slabs::new(&schedule, |_| 1, |_| Work::default()).sizes.len();
    assert!(slabs <= 4, "{slabs} slabs");
}

#[test]
fn a_dense_layer_is_split_where_one_binding_does_not_hold_it() {
    // 137 MB of weights: more than the 128 MiB that many adapters bind.
    let text = r#"{"inputs": {"data": [1024, 4, 4]}, "outputs": ["y"], "ops": [
        {"op": "flatten", "in": ["data"], "out": ["flat"]},
        {"op": "dense", "name": "fc", "in": ["flat"], "out": ["fc"], "channels": 2101},
        {"op": "relu", "in": ["fc"], "out": ["y"]}]}"#;
    check("large dense layer", &network(text), &[], 1, 2, 77);
    check("large dense layer of two members", &network(&text.replace("2101", "1051")), &[], 2, 1, 76);
    let graph = Graph::new(&network(text)).unwrap();
    let weights = weights(&graph, &mut Random(75));
    for gpu in gpus() {
        let prepared = Prepared::new(&gpu, graph.clone(), &[&weights], &[], Precision::F32).unwrap();
        let tile = kernels::DenseVariant::choose(gpu.capabilities()).tile(2101);
        let most = gpu.most_for(kernels::DenseVariant::choose(gpu.capabilities()).weights(), Precision::F32);
        let tiles = most / (4 * 16384 * 4 * tile as u64);
        let parts = 2101_usize.div_ceil(4 * tile * tiles as usize);
        assert!(parts == 2 || most > 1 << 27, "{parts} parts");
        assert_eq!(shaders_of(&prepared, 1).len(), parts, "on {}", gpu.name());
    }
}

#[test]
fn normalisation_and_drawn_windows_run_in_a_network() {
    let text = r#"{"inputs": {"data": [3, 13, 11]}, "outputs": ["y"], "ops": [
        {"op": "conv", "name": "c", "in": ["data"], "out": ["c"], "channels": 10, "kernel": [3, 3]},
        {"op": "lrn", "in": ["c"], "out": ["l"], "size": 5, "alpha": 0.5, "beta": 0.75},
        {"op": "fractional_max_pool", "in": ["l"], "out": ["p"], "kernel": [3, 3], "size": [5, 4], "sample": [0.3, 0.8]},
        {"op": "flatten", "in": ["p"], "out": ["f"]},
        {"op": "dense", "name": "d", "in": ["f"], "out": ["y"], "channels": 6}]}"#;
    check("lrn and fractional max pool", &network(text), &["l", "p"], 2, 3, 78);
    check("lrn and fractional max pool, nothing pinned", &network(text), &[], 1, 1, 79);
}

#[test]
fn tensors_of_any_rank_run_in_a_network() {
    let text = r#"{"inputs": {"data": [6, 5, 7]}, "outputs": ["scores", "boxes", "big"], "ops": [
        {"op": "conv", "name": "c", "in": ["data"], "out": ["c"], "channels": 8, "kernel": [3, 3], "pad": [1, 1, 1, 1]},
        {"op": "prelu", "name": "slope", "in": ["c"], "out": ["p"]},
        {"op": "reshape", "in": ["p"], "out": ["groups"], "shape": [2, 4, 5, 7]},
        {"op": "transpose", "in": ["groups"], "out": ["swapped"], "axes": [1, 0, 2, 3]},
        {"op": "reshape", "in": ["swapped"], "out": ["shuffled"], "shape": [8, 5, 7]},
        {"op": "slice", "in": ["shuffled"], "out": ["front"], "axis": 0, "start": 0, "count": 4},
        {"op": "slice", "in": ["shuffled"], "out": ["back"], "axis": 0, "start": 7, "count": 2, "step": -2},
        {"op": "conv", "name": "d", "in": ["front"], "out": ["d"], "channels": 6, "kernel": [3, 3], "pad": [1, 1, 1, 1]},
        {"op": "transpose", "in": ["d"], "out": ["d_last"], "axes": [1, 2, 0]},
        {"op": "reshape", "in": ["d_last"], "out": ["d_rows"], "shape": [105, 2]},
        {"op": "transpose", "in": ["back"], "out": ["b_last"], "axes": [1, 2, 0]},
        {"op": "reshape", "in": ["b_last"], "out": ["b_rows"], "shape": [35, 2]},
        {"op": "concat", "in": ["d_rows", "b_rows"], "out": ["rows"]},
        {"op": "transpose", "in": ["rows"], "out": ["classes"], "axes": [1, 0]},
        {"op": "softmax", "in": ["classes"], "out": ["prob"]},
        {"op": "transpose", "in": ["prob"], "out": ["scores"], "axes": [1, 0]},
        {"op": "constant", "name": "anchors", "out": ["anchors"], "shape": [140, 2]},
        {"op": "mul", "in": ["rows", "anchors"], "out": ["scaled"]},
        {"op": "tanh", "in": ["scaled"], "out": ["near"]},
        {"op": "sub", "in": ["anchors", "near"], "out": ["boxes"]},
        {"op": "pad", "in": ["back"], "out": ["padded"], "before": [0, 2, 1], "after": [0, 1, 0], "mode": "reflect"},
        {"op": "resize", "in": ["padded"], "out": ["larger"], "size": [11, 13], "mode": "linear"},
        {"op": "conv_transpose", "name": "up", "in": ["larger"], "out": ["up"], "channels": 3, "kernel": [3, 3], "stride": [2, 2], "pad": [1, 1, 1, 1], "output_pad": [1, 0]},
        {"op": "constant", "name": "offset", "out": ["offset"], "shape": [3]},
        {"op": "add", "in": ["up", "offset"], "out": ["moved"]},
        {"op": "relu", "in": ["moved"], "out": ["big"]}]}"#;
    check("any rank", &network(text), &[], 1, 1, 81);
    check("any rank, two members", &network(text), &[], 2, 3, 82);
    check("any rank, pinned", &network(text), &["groups", "swapped", "d_last", "padded", "up"], 2, 2, 83);
    let graph = Graph::new(&network(text)).unwrap();
    let moves = Schedule::new(&graph, &[]).steps.iter().filter(|s| matches!(s.kind, StepKind::Rearrange(_))).count();
    assert_eq!(moves, 9, "a reshape behind a transpose costs no dispatch");
}

const LOCAL: &str = r#"{"inputs": {"data": [6, 9, 7]}, "outputs": ["prob"], "ops": [
    {"op": "conv", "name": "c", "in": ["data"], "out": ["c"], "channels": 10, "kernel": [3, 3], "stride": [2, 1], "pad": "same_lower"},
    {"op": "relu", "in": ["c"], "out": ["cr"]},
    {"op": "local_conv", "name": "a", "in": ["cr"], "out": ["a"], "channels": 9, "kernel": [3, 3], "pad": "same_upper", "bias": false},
    {"op": "batch_norm", "name": "an", "in": ["a"], "out": ["an"]},
    {"op": "prelu", "name": "slope", "in": ["an"], "out": ["ap"]},
    {"op": "local_conv", "name": "b", "in": ["ap"], "out": ["b"], "channels": 8, "kernel": [2, 3], "stride": [1, 2], "pad": "valid", "dilation": [2, 1]},
    {"op": "batch_norm", "name": "bn", "in": ["b"], "out": ["bn"]},
    {"op": "relu", "in": ["bn"], "out": ["br"]},
    {"op": "local_conv", "name": "d", "in": ["br"], "out": ["d"], "channels": 5, "kernel": [2, 2], "pad": [1, 0, 0, 1]},
    {"op": "concat", "in": ["br", "d"], "out": ["cat"]},
    {"op": "conv", "name": "e", "in": ["cat"], "out": ["e"], "channels": 4, "kernel": [1, 1]},
    {"op": "flatten", "in": ["e"], "out": ["flat"]},
    {"op": "softmax", "in": ["flat"], "out": ["prob"]}]}"#;

#[test]
fn locally_connected_layers_run_in_a_network() {
    check("locally connected", &network(LOCAL), &[], 1, 1, 84);
    check("locally connected, two members", &network(LOCAL), &[], 2, 7, 85);
    check("locally connected, not folded", &network(LOCAL), &["a", "b", "bn", "d"], 2, 2, 86);
    let graph = Graph::new(&network(LOCAL)).unwrap();
    let affine = |pinned: &[TensorId]| {
        Schedule::new(&graph, pinned).steps.iter().filter(|step| matches!(step.kind, StepKind::Affine(_))).count()
    };
    assert_eq!(
        (affine(&[]), affine(&[graph.find("a").unwrap()])),
        (0, 1),
        "batch-norms are folded where nobody sees what is before them"
    );
    // 9 outputs of 5 x 7 pixels of 9 taps of 10 channels; 8 of 3 x 3 of 6 of 9, and 5 of 3 x 3 of 4 of 8, with biases.
    let parameters: Vec<_> =
        graph.nodes.iter().filter(|node| node.kind.name() == "local_conv").map(|node| graph.cost_of(node)).collect();
    let sizes = [(9 * 35 * 90, 0), (8 * 9 * 54, 72), (5 * 9 * 32, 45)];
    let wanted = sizes.map(|(weights, biases)| moue::graph::Cost { parameters: weights + biases, multiply_adds: weights });
    assert_eq!(parameters, wanted);
}

/// Weights of another member's size, or with a channel's bias as a convolution has it, are refused by name.
#[test]
fn weights_of_a_convolution_are_none_of_a_locally_connected_layer() {
    let graph = Graph::new(&network(LOCAL)).unwrap();
    for (name, shape) in [("a.weight", &[9, 10, 3, 3][..]), ("b.bias", &[8])] {
        let mut own = weights(&graph, &mut Random(87));
        own.0.insert(name.to_owned(), Random(88).tensor(shape));
        let cpu = moue::cpu::Cpu::new(Some(1)).unwrap();
        let on_cpu = moue::graph::Engine::new(&cpu, graph.clone(), &[&own], &[]).map(|_| ());
        let on_gpus = gpus().into_iter().map(|gpu| Prepared::new(&gpu, graph.clone(), &[&own], &[], Precision::F32).map(|_| ()));
        for result in on_gpus.chain([on_cpu]) {
            let error = result.unwrap_err().to_string();
            assert!(error.contains(name) && error.contains("the network wants"), "{error}");
        }
    }
}

#[test]
fn convolutions_write_into_their_concatenation() {
    let graph = Graph::new(&network(INCEPTION)).unwrap();
    let schedule = Schedule::new(&graph, &[]);
    let cat = graph.find("cat").unwrap();
    let written: Vec<_> =
        schedule.steps.iter().filter(|s| s.output == cat).map(|s| (matches!(s.kind, StepKind::Conv { .. }), s.channel)).collect();
    // `b` ends within a vec4, so `c` and `p` cannot be written in place, and neither can `b`.
    assert_eq!(written, [(true, 0), (false, 8), (false, 14), (false, 21)]);
}

#[test]
fn a_wrong_description_names_the_tensor() {
    let broken = [
        (r#"{"inputs": {"data": [3, 4, 4]}, "outputs": ["y"], "ops": [{"op": "relu", "in": ["x"], "out": ["y"]}]}"#, "`x`"),
        (r#"{"inputs": {"data": [3, 4, 4]}, "outputs": ["z"], "ops": [{"op": "relu", "in": ["data"], "out": ["y"]}]}"#, "z"),
        (
            r#"{"inputs": {"data": [3, 4, 4]}, "outputs": ["y"], "ops": [{"op": "conv", "name": "c", "in": ["data"], "out": ["y"], "channels": 4, "kernel": [9, 9]}]}"#,
            "fit",
        ),
        (
            r#"{"inputs": {"data": [3, 4, 4]}, "outputs": ["y"], "ops": [{"op": "conv", "name": "c", "in": ["data"], "out": ["y"], "channels": 4, "kernel": [1, 1], "groups": 2}]}"#,
            "groups",
        ),
        (
            r#"{"inputs": {"data": [3, 4, 4]}, "outputs": ["y"], "ops": [{"op": "dense", "name": "c", "in": ["data"], "out": ["y"], "channels": 4}]}"#,
            "flatten",
        ),
        (
            r#"{"inputs": {"data": [3, 0, 4]}, "outputs": ["y"], "ops": [{"op": "relu", "in": ["data"], "out": ["y"]}]}"#,
            "between 1",
        ),
        (
            r#"{"inputs": {"data": [3, 4, 4]}, "outputs": ["y"], "ops": [{"op": "lrn", "in": ["data"], "out": ["y"], "size": 5, "alpha": 1, "beta": 0.75, "k": 0}]}"#,
            "k 1e-12",
        ),
        (
            r#"{"inputs": {"data": [3, 4, 4]}, "outputs": ["y"], "ops": [{"op": "lrn", "in": ["data"], "out": ["y"], "size": 5, "alpha": 1, "beta": 4, "k": 1e-10}]}"#,
            "2^120",
        ),
        (
            r#"{"inputs": {"data": [3, 4, 4]}, "outputs": ["y"], "ops": [{"op": "flatten", "in": ["data"], "out": ["f"]}, {"op": "lrn", "in": ["f"], "out": ["y"], "size": 5, "alpha": 1, "beta": 1}]}"#,
            "flat",
        ),
        (
            r#"{"inputs": {"data": [1, 400, 400]}, "outputs": ["y"], "ops": [{"op": "fractional_max_pool", "in": ["data"], "out": ["y"], "kernel": [300, 300], "size": [3, 2], "sample": [0, 0]}]}"#,
            "65000",
        ),
        (
            r#"{"inputs": {"data": [3, 4, 4]}, "outputs": ["y"], "ops": [{"op": "fractional_max_pool", "in": ["data"], "out": ["y"], "kernel": [3, 3], "size": [3, 2], "sample": [0, 0]}]}"#,
            "3 windows of 3 in 4",
        ),
        (
            r#"{"inputs": {"data": [3, 4, 4]}, "outputs": ["y"], "ops": [{"op": "max_pool", "in": ["data"], "out": ["y"], "kernel": [2, 2], "stride": [0, 1]}]}"#,
            "stride",
        ),
        (
            r#"{"inputs": {"data": [3, 4, 4]}, "outputs": ["y"], "ops": [{"op": "max_pool", "in": ["data"], "out": ["y"], "kernel": [2, 2], "pad": [2, 2, 2, 2]}]}"#,
            "pads",
        ),
        (
            r#"{"inputs": {"data": [3, 4, 4]}, "outputs": ["y"], "ops": [{"op": "local_conv", "name": "l", "in": ["data"], "out": ["y"], "channels": 4, "kernel": [5, 3]}]}"#,
            "fit",
        ),
        (
            r#"{"inputs": {"data": [3, 4, 4]}, "outputs": ["y"], "ops": [{"op": "flatten", "in": ["data"], "out": ["f"]}, {"op": "local_conv", "name": "l", "in": ["f"], "out": ["y"], "channels": 4, "kernel": [1, 1]}]}"#,
            "flatten",
        ),
    ];
    for (text, part) in broken {
        let error = Graph::new(&network(text)).unwrap_err().to_string();
        assert!(error.contains(part), "{error} does not say {part}");
    }
    assert!(
        serde_json::from_str::<Network>(r#"{"inputs": {}, "outputs": [], "ops": [{"op": "mish", "in": ["x"], "out": ["y"]}]}"#)
            .unwrap_err()
            .to_string()
            .contains("mish")
    );
    assert!(
        serde_json::from_str::<Network>(
            r#"{"inputs": {}, "outputs": [], "ops": [{"op": "relu", "in": ["x"], "out": ["y"], "slope": 1}]}"#
        )
        .unwrap_err()
        .to_string()
        .contains("slope")
    );
}

#[test]
fn a_plan_allocates_what_it_says() {
    let resnet18 = moue::zoo::find("resnet18").unwrap();
    let model = moue::zoo::model(&resnet18, resnet18.network(None).unwrap(), 1).unwrap();
    let graph = Graph::new(&model.description.networks["resnet18"]).unwrap();
    // Devices of its own: what other tests allocate at the same time would be counted too.
    for gpu in open_all() {
        let member = model.member("");
        let prepared = Prepared::new(&gpu, graph.clone(), &[&member], &[], Precision::F32).unwrap();
        let mut scratch = Scratch::default();
        let mut plans = Vec::new();
        let before = gpu.allocated();
        for images in [1, 4, 2] {
            let mut recording = Recording::default();
            let slice = recording.upload("input", View::bytes(Precision::F32, images, 3, 224, 224));
            let input = View { slice, images, channels: 3, height: 224, width: 224, precision: Precision::F32 };
            let slabs = recording.pool([prepared.slabs(images)]);
            let outputs = prepared.record(&mut recording, &slabs, &[input], &graph.outputs).unwrap();
            outputs.iter().for_each(|view| recording.read(view.slice));
            if !scratch.holds(&mut recording) {
                plans.clear();
            }
            plans.push(Plan::with(&gpu, recording, &mut scratch).unwrap());
        }
        let (Some(before), Some(after)) = (before, gpu.allocated()) else {
            eprintln!("SKIPPED: the allocator of {} does not count", gpu.name());
            continue;
        };
        // Beside the lent memory each plan has parameters and a buffer to be read back: small.
        let (grown, said) = (after - before, scratch.bytes());
        println!("{}: {grown} bytes allocated, {said} of them lent to {} plans", gpu.name(), plans.len());
        assert_eq!(plans.len(), 2, "the plan for one image had to go before that for four");
        assert!(grown >= said && grown < said + said / 100, "{grown} for {said}");
    }
}

/// What GPUs run, on the adapters that are here: tiles, split sums, streamed dense layers, in both precisions.
#[test]
fn what_a_gpu_would_run_answers_alike() {
    let cvgg13 = moue::zoo::find("cvgg13").unwrap();
    let model = moue::zoo::model(&cvgg13, cvgg13.network(None).unwrap(), 1).unwrap();
    let graph = Graph::new(&model.description.networks["cvgg13"]).unwrap();
    let member = model.member("");
    let Some(adapter) = moue::gpu::adapters().into_iter().next() else {
        eprintln!("SKIPPED: no GPU adapter on this machine");
        return;
    };
    for images in [1, 9] {
        let input = Random(17).tensor(&[images, 1, 64, 64]);
        let want = interpret(&graph, &member, &[&input], &graph.outputs).unwrap().remove(0);
        let largest = want.data.iter().fold(0.0_f32, |most, v| most.max(v.abs()));
        for kind in ["discrete", "integrated"] {
            let gpu = Gpu::open_as(Some(&adapter.index.to_string()), kind).unwrap();
            for (precision, allowed) in [(Precision::F32, 2e-5), (Precision::F16, 5e-3)] {
                let got = run_graph_in(precision, &gpu, &graph, &[&member], std::slice::from_ref(&input), &graph.outputs);
                let worst = got[0][0].data.iter().zip(&want.data).fold(0.0_f32, |most, (a, b)| most.max((a - b).abs())) / largest;
                println!("{kind}, {images} images, {}: {worst:e}, {} pipelines", precision.name(), gpu.pipelines());
                assert!(worst <= allowed, "{kind}, {images} images, {}: {worst:e}", precision.name());
                // It was the kernels of a GPU.
                let prepared = Prepared::new(&gpu, graph.clone(), &[&member], &[], precision).unwrap();
                let names = shaders_of(&prepared, images);
                let ran = |begin: &str| names.iter().any(|name| name.starts_with(begin));
                assert!(ran("conv_tile_") && !ran("conv_broadcast") && !ran("conv_direct"), "{names:?}");
                assert_eq!(ran("conv_split_"), ran("conv_reduce"), "{names:?}");
                assert_eq!(ran("dense_stream_"), images == 1, "{names:?}");
            }
        }
    }
}
