//! Raw tensors through networks: several members in one dispatch, several inputs, ensembles of the zoo.

use std::collections::BTreeMap;

use crate::tiny;

use crate::common::{Random, devices, gpus, open_all};
use moue::gpu::{Gpu, adapters};
use moue::runner::{self, Input, Options, Runner};
use moue::tensor::Tensor;
use moue::{Device, Error, Model, Precision, zoo};

/// The two members of the tiny model that share a network.
fn shared() -> Model {
    let whole = tiny::model(5);
    let mut description = whole.description.clone();
    description.members.truncate(2);
    description.fusion.weights = vec![0.5; 2];
    let tensors = whole.arrays().map(|(name, array)| (name.to_owned(), array.clone())).collect();
    Model::new(description, tensors).unwrap()
}

#[test]
fn members_of_one_network_answer_as_they_do_alone() {
    let model = shared();
    let input = Input { name: None, tensor: Random(41).tensor(&[5, 3, 6, 6]) };
    let twin = runner::run(&model, &Device::Reference, std::slice::from_ref(&input), Options::default()).unwrap();
    assert_eq!(twin.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["rgb.prob", "codes.prob"]);
    for device in devices().into_iter().skip(1) {
        for batch in [None, Some(2)] {
            let got =
                runner::run(&model, &device, std::slice::from_ref(&input), Options { batch, ..Options::default() }).unwrap();
            for ((name, got), (other, want)) in got.iter().zip(&twin) {
                assert_eq!((name, &got.shape), (other, &want.shape));
                let worst = got.data.iter().zip(&want.data).fold(0.0_f32, |most, (a, b)| most.max((a - b).abs()));
                assert!(worst < 1e-5, "{name} on {}: {worst}", device.name());
            }
        }
    }
}

#[test]
fn the_last_submission_is_profiled_with_its_images() {
    let model = shared();
    let input = Input { name: None, tensor: Random(42).tensor(&[5, 3, 6, 6]) };
    for gpu in gpus() {
        let timestamps = gpu.capabilities().timestamps;
        let options = Options { batch: Some(3), ..Options::default() };
        let device = Device::Gpu(gpu);
        let mut runner = Runner::new(&model, &device, options).unwrap();
        assert!(runner.profile().unwrap().is_none(), "nothing ran");
        runner.run(std::slice::from_ref(&input)).unwrap();
        assert_eq!(runner.cost().map(|cost| (cost.submissions, cost.images)), Some((2, 3)));
        let found = runner.profile().unwrap().map(|(images, timings)| (images, timings.is_empty()));
        assert_eq!(found, timestamps.then_some((2, false)), "three images went first, then two");
    }
}

#[test]
fn f16_answers_nearly_as_f32() {
    let model = shared();
    let input = Input { name: None, tensor: Random(43).tensor(&[5, 3, 6, 6]) };
    let half = Options { precision: Precision::F16, batch: Some(3), ..Options::default() };
    let twin = runner::run(&model, &Device::Reference, std::slice::from_ref(&input), Options::default()).unwrap();
    let refused = runner::run(&model, &Device::Reference, std::slice::from_ref(&input), half);
    assert!(matches!(&refused, Err(Error::Argument(text)) if text.contains("f32 only")), "{refused:?}");
    for gpu in gpus() {
        let mut large = input.clone();
        large.tensor.data[7] = 1e6;
        let refused = runner::run(&model, &Device::Gpu(gpu.clone()), &[large], half);
        assert!(
            matches!(&refused, Err(Error::Argument(text)) if text.contains("value 7") && text.contains("use f32")),
            "{refused:?}"
        );
        let got = runner::run(&model, &Device::Gpu(gpu.clone()), std::slice::from_ref(&input), half).unwrap();
        for ((name, got), (_, want)) in got.iter().zip(&twin) {
            let worst = got.data.iter().zip(&want.data).fold(0.0_f32, |most, (a, b)| most.max((a - b).abs()));
            assert!(worst > 1e-7 && worst < 2e-3, "{name} on {}: {worst}", gpu.name());
        }
    }
}

#[test]
fn numbers_of_images_that_come_in_turns_are_answered_alike() {
    let model = shared();
    let inputs = [2, 5].map(|images| [Input { name: None, tensor: Random(7).tensor(&[images, 3, 6, 6]) }]);
    for gpu in gpus() {
        let mut runner = Runner::new(&model, &Device::Gpu(gpu.clone()), Options::default()).unwrap();
        let first: Vec<_> = inputs.iter().map(|input| runner.run(input).unwrap()).collect();
        for _ in 0..2 {
            for (input, before) in inputs.iter().zip(&first) {
                assert_eq!(runner.run(input).unwrap(), *before, "{}", gpu.name());
                assert_eq!(runner.cost().unwrap().images, input[0].tensor.shape[0]);
            }
        }
    }
}

/// Also as GPUs have it, with memory for uploads that stays: whatever of it is stale would be seen in the next inputs' answers.
#[test]
fn submissions_that_overlap_answer_in_their_order() {
    let model = shared();
    let as_gpus = adapters().into_iter().map(|adapter| Gpu::open_as(Some(&adapter.index.to_string()), "discrete").unwrap());
    for gpu in gpus().into_iter().chain(as_gpus) {
        let device = Device::Gpu(gpu.clone());
        let several = Options { batch: Some(2), ..Options::default() };
        let mut runner = Runner::new(&model, &device, several).unwrap();
        let mut alone = Runner::new(&model, &device, Options { batch: Some(1), ..Options::default() }).unwrap();
        for seed in 70..74 {
            let images: Vec<_> = (0..7).map(|image| Random(seed * 10 + image).tensor(&[1, 3, 6, 6])).collect();
            let all = images.iter().flat_map(|image| image.data.clone()).collect();
            let all = Input { name: None, tensor: Tensor::new(vec![7, 3, 6, 6], all).unwrap() };
            let together = runner.run(std::slice::from_ref(&all)).unwrap();
            assert_eq!(runner.cost().unwrap().submissions, 4);
            for (index, image) in images.iter().enumerate() {
                let one = alone.run(&[Input { name: None, tensor: image.clone() }]).unwrap();
                for ((name, got), (_, want)) in together.iter().zip(&one) {
                    let each = want.data.len();
                    let got = &got.data[index * each..(index + 1) * each];
                    let worst = got.iter().zip(&want.data).fold(0.0_f32, |most, (a, b)| most.max((a - b).abs()));
                    assert!(worst < 1e-6, "{name}, image {index} on {}: {worst}", gpu.name());
                }
            }
        }
    }
}

#[test]
fn a_batch_that_no_texture_holds_goes_in_parts() {
    let text = r#"{"inputs": {"data": [3, 512, 512]}, "outputs": ["y"], "ops": [
        {"op": "conv", "name": "c", "in": ["data"], "out": ["c"], "channels": 64, "kernel": [1, 1]},
        {"op": "conv", "name": "d", "in": ["c"], "out": ["d"], "channels": 4, "kernel": [3, 3], "stride": [3, 3]},
        {"op": "global_average_pool", "in": ["d"], "out": ["y"]}]}"#;
    let model = zoo::model(&zoo::find("cvgg13").unwrap(), serde_json::from_str(text).unwrap(), 1).unwrap();
    // 64 MiB an image between the convolutions: SwiftShader binds 1 GiB, and its textures hold a quarter of that.
    let images: Vec<_> = (0..5).map(|seed| Random(seed + 60).tensor(&[1, 3, 512, 512])).collect();
    let all = images.iter().flat_map(|image| image.data.clone()).collect();
    let all = Input { name: None, tensor: Tensor::new(vec![5, 3, 512, 512], all).unwrap() };
    for gpu in gpus() {
        let device = Device::Gpu(gpu.clone());
        let mut runner = Runner::new(&model, &device, Options::default()).unwrap();
        let together = runner.run(std::slice::from_ref(&all)).unwrap().remove(0).1;
        let parts = runner.cost().unwrap();
        println!("{}: {} submissions of {} images at most", gpu.name(), parts.submissions, parts.images);
        assert_eq!(parts.submissions > 1, 5 << 26 > gpu.max_tensor(), "{parts:?}");
        for (image, got) in images.iter().zip(together.data.chunks(4)) {
            let alone = runner.run(&[Input { name: None, tensor: image.clone() }]).unwrap().remove(0).1;
            assert_eq!(got, alone.data);
        }
    }
}

#[test]
fn growing_batches_take_what_the_largest_takes() {
    let cvgg13 = zoo::find("cvgg13").unwrap();
    let model = zoo::model(&cvgg13, cvgg13.network(None).unwrap(), 1).unwrap();
    let input = |images| [Input { name: None, tensor: Random(9).tensor(&[images, 1, 64, 64]) }];
    // Devices of its own: what other tests allocate at the same time would be counted too.
    for gpu in open_all() {
        let taken = |batches: &[usize]| {
            let mut runner = Runner::new(&model, &Device::Gpu(gpu.clone()), Options::default()).unwrap();
            let before = gpu.allocated()?;
            batches.iter().for_each(|&images| drop(runner.run(&input(images)).unwrap()));
            Some(gpu.allocated()? - before)
        };
        let (Some(largest), Some(all)) = (taken(&[9]), taken(&[5, 6, 7, 8, 9, 8, 5])) else {
            eprintln!("SKIPPED: the allocator of {} does not count", gpu.name());
            continue;
        };
        println!("{}: {largest} bytes for the largest batch, {all} after growing ones", gpu.name());
        assert!(all < largest + largest / 50, "{all} for {largest}");
    }
}

#[test]
fn the_ensembles_of_the_papers_have_their_members() {
    let twenty = zoo::ensemble("levi_hassner", 1).unwrap();
    let description = &twenty.description;
    assert_eq!((description.members.len(), description.networks.len(), description.representations.len()), (20, 4, 5));
    let pairs: BTreeMap<_, usize> = description.members.iter().fold(BTreeMap::new(), |mut all, member| {
        *all.entry((member.network.clone(), member.representation.clone())).or_default() += 1;
        all
    });
    assert_eq!(pairs.len(), 20);
    assert_eq!(description.oversample.views().len() * 5, 10, "ten crops");
    let units = zoo::ensemble("an_one_vs_all", 1).unwrap();
    let networks: Vec<_> = units.description.networks.values().map(|network| moue::graph::Graph::new(network).unwrap()).collect();
    assert_eq!((units.description.members.len(), networks.len()), (37, 1));
    assert_eq!(networks[0].tensors[networks[0].outputs[0]].dims, [2]);
    // 57 million values each, and none is held.
    assert!(units.arrays().map(|(_, array)| array.length() as u64).sum::<u64>() > 8_000_000_000);
    let (_, first) = units.arrays().find(|(name, _)| *name == "unit_3/conv1.weight").unwrap();
    let other = zoo::model(&zoo::find("alexnet").unwrap(), zoo::find("alexnet").unwrap().network(None).unwrap(), 3).unwrap();
    assert_eq!(first, other.array("conv1.weight").unwrap(), "member i has seed + i");
    assert!(zoo::ensemble("nothing", 1).unwrap_err().to_string().contains("levi_hassner"));
}
