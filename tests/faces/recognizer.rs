//! The library's facade: every form gives the same answers, in order, and what fails costs its own answer only.

use crate::common;

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Waker};
use std::time::{Duration, Instant};

use crate::common::{engine, gpus, open_all, thorough};
use image::RgbImage;
use moue::face::{Detector, Face};
use moue::gpu::Gpu;
use moue::recognizer::{Builder, Faces};
use moue::{Analysis, Device, Error, Recognizer, Rect, Result, wgpu};

/// Blobs of light, different for every seed.
fn soft(seed: u64, width: u32, height: u32) -> RgbImage {
    let noise = RgbImage::from_raw(9, 11, common::Random(seed).bytes(3 * 9 * 11)).unwrap();
    image::imageops::resize(&noise, width, height, image::imageops::FilterType::Triangle)
}

/// As many faces as the first pixel's red says, modulo 4; slow, or panicking, where asked.
#[derive(Default)]
struct Counting {
    sleep: Duration,
    panics_on: Option<u32>,
}

impl Detector for Counting {
    fn detect(&mut self, photo: &RgbImage) -> Result<Vec<Face>> {
        std::thread::sleep(self.sleep);
        assert_ne!(Some(photo.width()), self.panics_on, "this detector cannot count");
        let count = i32::from(photo.get_pixel(0, 0).0[0] % 4);
        let rect = |i| Rect { x: 3 * i, y: 2 * i, width: 30 + i as u32, height: 30 + i as u32 };
        Ok((0..count)
            .map(|i| Face { rect: rect(i), score: 9.0 - f64::from(i), landmarks: None, blendshapes: None, track: None })
            .collect())
    }
}

/// Recognizers of every device: the adapters, or the processor where there is none.
fn recognizers(with: impl Fn(Builder) -> Builder) -> Vec<Recognizer> {
    let mut devices: Vec<Device> = gpus().into_iter().map(Device::Gpu).collect();
    if devices.is_empty() {
        devices.push(engine());
    }
    devices.into_iter().map(|device| with(Recognizer::builder().device(device)).build().unwrap()).collect()
}

fn counted() -> Vec<RgbImage> {
    (0..9).map(|seed| soft(seed, 50 + seed as u32, 60)).collect()
}

#[test]
fn it_can_be_sent_and_so_can_its_futures() {
    fn send<T: Send>(_: &T) {}
    let mut recognizer = Recognizer::builder().device(engine()).faces(Faces::None).build().unwrap();
    send(&recognizer);
    let photo = soft(1, 50, 50);
    send(&recognizer.analyze_async(&photo));
    send(&Recognizer::builder().build_async());
    send(&Recognizer::builder());
}

#[test]
fn one_a_batch_a_stream_and_async_give_the_same_answers() {
    let photos = counted();
    let views: Vec<&RgbImage> = photos.iter().collect();
    for mut recognizer in recognizers(|builder| builder.detector(Box::new(Counting::default()))) {
        let single: Vec<Analysis> = photos.iter().map(|photo| recognizer.analyze(photo).unwrap()).collect();
        assert!(single.iter().map(|analysis| analysis.faces.len()).collect::<std::collections::BTreeSet<_>>().len() > 2);
        for face in single.iter().flat_map(|analysis| &analysis.faces) {
            let label = &recognizer.description().labels[face.label_index];
            assert_eq!(**label, *face.label);
            assert!(face.probabilities.iter().all(|&p| p <= face.probabilities[face.label_index]));
            assert_eq!(face.members.len(), recognizer.description().members.len());
        }
        let batch: Vec<Analysis> = recognizer.analyze_batch(&views).into_iter().map(Result::unwrap).collect();
        assert_eq!(batch, single, "{recognizer:?}");
        let asynchronous = pollster::block_on(recognizer.analyze_batch_async(&views));
        assert_eq!(asynchronous.into_iter().map(Result::unwrap).collect::<Vec<_>>(), single);
        assert_eq!(pollster::block_on(recognizer.analyze_async(&photos[3])).unwrap(), single[3]);
        let sources: Vec<_> = photos.clone().into_iter().map(|photo| move || Ok(photo.clone())).collect();
        let prefetch = recognizer.prefetch(sources).unwrap();
        let stream: Vec<Analysis> = recognizer.analyze_stream(prefetch).map(|answer| answer.analysis.unwrap()).collect();
        assert_eq!(stream, single);
    }
}

#[test]
fn the_largest_face_and_the_whole_photograph() {
    let photo = (0..).map(|seed| soft(seed, 70, 60)).find(|photo| photo.get_pixel(0, 0).0[0] % 4 == 3).unwrap();
    for mut recognizer in recognizers(|builder| builder.faces(Faces::Largest).detector(Box::new(Counting::default()))) {
        let faces = recognizer.analyze(&photo).unwrap().faces;
        assert_eq!(faces.iter().map(|face| (face.rect.width, face.score)).collect::<Vec<_>>(), [(32, Some(7.0))]);
    }
    for mut recognizer in recognizers(|builder| builder.faces(Faces::None)) {
        let faces = recognizer.analyze(&photo).unwrap().faces;
        assert_eq!(faces.iter().map(|face| (face.rect, face.score)).collect::<Vec<_>>(), [(Rect::whole(70, 60), None)]);
    }
}

#[test]
fn one_bad_photograph_costs_its_own_answer_only() {
    let photos = [soft(1, 50, 60), RgbImage::new(0, 7), soft(2, 51, 60)];
    let views: Vec<&RgbImage> = photos.iter().collect();
    for mut recognizer in recognizers(|builder| builder.faces(Faces::None)) {
        let answers = recognizer.analyze_batch(&views);
        assert!(matches!(answers[1], Err(Error::Argument(_))), "{:?}", answers[1]);
        for at in [0, 2] {
            assert_eq!(*answers[at].as_ref().unwrap(), recognizer.analyze(&photos[at]).unwrap());
        }
    }
}

#[test]
fn a_detector_that_panics_is_an_error_and_is_asked_again() {
    let photos = [soft(1, 50, 60), soft(2, 55, 60), soft(3, 51, 60)];
    let views: Vec<&RgbImage> = photos.iter().collect();
    let detector = || Box::new(Counting { panics_on: Some(55), ..Counting::default() });
    for mut recognizer in recognizers(|builder| builder.detector(detector())) {
        for answers in [recognizer.analyze_batch(&views), pollster::block_on(recognizer.analyze_batch_async(&views))] {
            assert!(matches!(&answers[1], Err(Error::Defect(why)) if why.contains("cannot count")), "{:?}", answers[1]);
            assert!(answers[0].is_ok() && answers[2].is_ok());
        }
    }
}

/// Polls once: how long that took, and whether the answer was there.
fn poll_once<F: Future>(future: std::pin::Pin<&mut F>) -> (Duration, bool) {
    let start = Instant::now();
    let polled = future.poll(&mut Context::from_waker(Waker::noop()));
    (start.elapsed(), polled.is_ready())
}

#[test]
fn an_async_answer_does_not_keep_the_executor_waiting() {
    let sleep = Duration::from_secs(2);
    let photo = soft(5, 60, 60);
    for mut recognizer in recognizers(|builder| builder.detector(Box::new(Counting { sleep, ..Counting::default() }))) {
        let mut future = pin!(recognizer.analyze_async(&photo));
        let (time, ready) = poll_once(future.as_mut());
        assert!(!ready && time < sleep / 2, "{time:?}");
        pollster::block_on(future).unwrap();
    }
}

#[test]
fn a_future_dropped_half_way_leaves_the_recognizer_fit() {
    let photo = soft(5, 60, 60);
    for mut recognizer in recognizers(|builder| builder.faces(Faces::None)) {
        let want = recognizer.analyze(&photo).unwrap();
        for _ in 0..3 {
            poll_once(pin!(recognizer.analyze_async(&photo)));
            assert_eq!(recognizer.analyze(&photo).unwrap(), want);
        }
    }
}

#[test]
fn a_lost_device_is_an_error_in_every_form() {
    let photo = soft(3, 50, 50);
    for gpu in open_all() {
        let mut recognizer = Recognizer::builder().device(Device::Gpu(gpu.clone())).faces(Faces::None).build().unwrap();
        recognizer.analyze(&photo).unwrap();
        gpu.destroy();
        let asynchronous = pollster::block_on(recognizer.analyze_async(&photo));
        for answer in [recognizer.analyze(&photo), asynchronous] {
            assert!(matches!(answer, Err(Error::DeviceLost { .. })), "{answer:?}");
        }
    }
}

#[test]
fn a_callers_device_needs_no_features_and_no_more_than_the_default_limits() {
    let instance = wgpu::Instance::new(wgpu::InstanceDescriptor::new_without_display_handle_from_env());
    let photo = soft(8, 90, 80);
    let adapters = pollster::block_on(instance.enumerate_adapters(wgpu::Backends::PRIMARY));
    assert_eq!(adapters.is_empty(), gpus().is_empty());
    for adapter in adapters {
        let (device, queue) = pollster::block_on(adapter.request_device(&wgpu::DeviceDescriptor::default())).unwrap();
        let build = || Recognizer::builder().faces(Faces::None);
        let mut recognizer = build().wgpu(&adapter, device.clone(), queue).build().unwrap();
        assert_eq!(recognizer.device_name(), adapter.get_info().name);
        let answer = recognizer.analyze(&photo).unwrap();
        let own = build().device_name(adapter.get_info().name).build().unwrap().analyze(&photo).unwrap();
        for (a, b) in answer.faces[0].probabilities.iter().zip(&own.faces[0].probabilities) {
            assert!((a - b).abs() < 1e-5, "{a} and {b}");
        }
        device.destroy();
        assert!(matches!(recognizer.analyze(&photo), Err(Error::DeviceLost { .. })));
    }
}

#[test]
fn a_callers_device_is_opened_anew_of_its_own_adapter() {
    let instance = wgpu::Instance::new(wgpu::InstanceDescriptor::new_without_display_handle_from_env());
    let all = moue::gpu::adapters();
    for adapter in pollster::block_on(instance.enumerate_adapters(wgpu::Backends::PRIMARY)) {
        let (device, queue) = pollster::block_on(adapter.request_device(&wgpu::DeviceDescriptor::default())).unwrap();
        let lent = Gpu::from_wgpu(&adapter, device, queue);
        let anew = pollster::block_on(lent.anew()).unwrap();
        let index = anew.adapter().index;
        assert_eq!((&all[index].name, all[index].subgroup), (&lent.adapter().name, lent.adapter().subgroup));
        assert_eq!(anew.capabilities(), Gpu::open(Some(&index.to_string())).unwrap().capabilities());
    }
}

#[test]
fn numbers_of_faces_that_vary_do_not_record_plans_over_and_over() {
    let counts: &[usize] =
        if thorough() { &[1, 40, 7, 23, 2, 31, 11, 5, 3, 16, 40, 13] } else { &[1, 10, 7, 2, 9, 5, 3, 8, 10, 6] };
    let photos: Vec<RgbImage> = (0..40).map(|seed| soft(seed, 48, 48)).collect();
    let views: Vec<&RgbImage> = photos.iter().collect();
    for mut recognizer in recognizers(|builder| builder.faces(Faces::None)) {
        // Plans are a GPU's.
        if recognizer.device_name() == "cpu" {
            continue;
        }
        let prepared = |recognizer: &mut Recognizer| {
            let before = recognizer.times().prepare;
            for &count in counts {
                assert_eq!(recognizer.analyze_batch(&views[..count]).len(), count);
            }
            recognizer.times().prepare - before
        };
        let (first, second) = (prepared(&mut recognizer), prepared(&mut recognizer));
        assert!(second < first / 20, "{first:?}, then {second:?}");
    }
}

#[test]
fn slow_and_fast_sources_are_answered_in_their_order() {
    for mut recognizer in recognizers(|builder| builder.faces(Faces::None)) {
        let source = |i: u32| {
            move || {
                std::thread::sleep(Duration::from_millis(if i.is_multiple_of(7) { 60 } else { u64::from(i % 3) }));
                match i % 5 {
                    3 => Err(Error::Picture(format!("{i}"))),
                    4 => panic!("source {i}"),
                    _ => Ok(soft(u64::from(i), 40 + i, 40)),
                }
            }
        };
        let prefetch = recognizer.prefetch((0..40).map(source)).unwrap();
        let answers: Vec<_> = recognizer.analyze_stream(prefetch).collect();
        assert_eq!(answers.len(), 40);
        for (i, answer) in (0..).zip(answers) {
            match i % 5 {
                3 => assert!(matches!(&answer.analysis, Err(Error::Picture(said)) if *said == i.to_string())),
                4 => assert!(matches!(&answer.analysis, Err(Error::Defect(said)) if said.contains(&format!("source {i}")))),
                _ => assert_eq!(answer.analysis.unwrap().width, 40 + i),
            }
        }
    }
}

#[test]
fn a_stream_runs_ahead_by_a_bounded_number_and_stops_when_it_is_dropped() {
    let taken = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&taken);
    let endless = std::iter::repeat_with(move || {
        counter.fetch_add(1, Ordering::Relaxed);
        || Ok(RgbImage::new(8, 8))
    });
    let mut recognizer = Recognizer::builder().device(engine()).detector(Box::new(Counting::default())).build().unwrap();
    let prefetch = recognizer.prefetch(endless).unwrap();
    let settled = || {
        let mut before = usize::MAX;
        while taken.load(Ordering::Relaxed) != before {
            before = taken.load(Ordering::Relaxed);
            std::thread::sleep(Duration::from_millis(200));
        }
        before
    };
    assert_eq!(settled(), 64);
    assert_eq!(recognizer.analyze_stream(prefetch).take(100).count(), 100);
    let stopped = settled();
    assert!((100..=100 + 2 * 64 + 2).contains(&stopped), "{stopped}");
}

#[test]
fn pixels_bound_it_too() {
    let taken = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&taken);
    let large = std::iter::repeat_with(move || {
        counter.fetch_add(1, Ordering::Relaxed);
        || Ok(RgbImage::new(4096, 2048))
    });
    let recognizer = Recognizer::builder().device(engine()).faces(Faces::None).build().unwrap();
    let prefetch = recognizer.prefetch(large).unwrap();
    std::thread::sleep(Duration::from_secs(2));
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let ahead = taken.load(Ordering::Relaxed);
    assert!(ahead >= 1 && ahead <= 4 + cores, "{ahead}");
    drop(prefetch);
}
