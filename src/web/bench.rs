//! The suite of `moue bench` in a browser.

use std::pin::Pin;

use js_sys::{Date, Function, Promise};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

use super::browser;
use super::failure::{Answer, failure};
use super::place::Place;
use super::precision_of;
use crate::bench::measure;
use crate::bench::measurement::Measurement;
use crate::bench::names;
use crate::bench::report::BenchReport;
use crate::bench::suite::{Case, Suite};
use crate::bench::watch::Watch;
use crate::device::Device;
use crate::error::{Error, Result};
use crate::gpu::Wait;
use crate::tensor::Precision;
use crate::weights::Model;

/// Images of a batch at most.
const MOST_IMAGES: u32 = 4096;

/// `moue.bench/1` of `nets` at `batches` in `precisions`, what suits the device in place of empty ones, as JSON; where all are empty the fixed suite and its score. `model`: bytes of the model that `default` is.
/// `progress` is called with a line, the networks done and all of them; `stopped` promises whether to leave out the rest, and is asked before every network and every round of the suite: a
/// worker that computes by itself hears nothing meanwhile. The adapter's own caches of compiled shaders are not moue's: a first answer may find them warm.
#[wasm_bindgen]
pub async fn bench(
    model: &[u8],
    place: Place,
    nets: Vec<String>,
    batches: Vec<u32>,
    precisions: Vec<String>,
    progress: Function,
    stopped: Function,
) -> Answer<String> {
    let watch = Page { progress, ask: stopped, stopped: false, done: 0, all: 0 };
    let report = measured(model, place, (nets, batches, precisions), watch).await.map_err(failure)?;
    serde_json::to_string(&report).map_err(|error| failure(Error::Defect(error.to_string())))
}

async fn measured(
    model: &[u8],
    place: Place,
    (nets, batches, precisions): (Vec<String>, Vec<u32>, Vec<String>),
    mut watch: Page,
) -> Result<BenchReport> {
    names::check(&nets)?;
    if let Some(batch) = batches.iter().find(|batch| !(1..=MOST_IMAGES).contains(*batch)) {
        return Err(Error::Argument(format!("a batch of {batch}: 1 to {MOST_IMAGES} images are possible")));
    }
    let precisions = precisions.iter().map(|name| precision_of(name)).collect::<Result<Vec<Precision>>>()?;
    let device = place.open().await?;
    for &precision in &precisions {
        device.check(precision)?;
    }
    let chosen = !(nets.is_empty() && batches.is_empty() && precisions.is_empty());
    let suite = if chosen { Suite::new(&nets, &batches, &precisions, &device, None) } else { Suite::fixed(&device, false) };
    if suite.remark.is_some() {
        let what = if matches!(device, Device::Gpu(_)) { "This adapter is a CPU" } else { "The processor computes" };
        watch.say(&format!("{what}: less is measured, and briefly."));
    }
    let default = || Model::parse("default", model);
    let mut report = measure::run(&suite, &device, &default, false, Wait::Elsewhere, &mut watch).await?;
    let agent = browser::agent();
    report.system.browser = browser::name(&agent);
    report.system.os = browser::system(&agent).unwrap_or("unknown").into();
    // Of ISO 8601 the day.
    report.date = String::from(Date::new_0().to_iso_string()).chars().take(10).collect();
    Ok(report)
}

/// The page that looks on.
struct Page {
    progress: Function,
    /// Promises whether it is to stop.
    ask: Function,
    stopped: bool,
    done: usize,
    all: usize,
}

impl Page {
    fn say(&self, text: &str) {
        // What the page throws of its own is not the benchmark's.
        let _ = self.progress.call3(&JsValue::NULL, &text.into(), &self.done.into(), &self.all.into());
    }
}

impl Watch for Page {
    fn case(&mut self, done: usize, all: usize, case: &Case) {
        (self.done, self.all) = (done, all);
        self.say(&case.describe());
    }

    fn result(&mut self, result: &Measurement) {
        self.say(&result.describe());
    }

    fn note(&mut self, text: &str) {
        self.say(text);
    }

    fn warning(&mut self, text: &str) {
        self.say(text);
    }

    fn rest(&mut self) -> Pin<Box<dyn Future<Output = ()> + '_>> {
        Box::pin(async {
            if let Ok(promise) = self.ask.call0(&JsValue::NULL) {
                self.stopped = JsFuture::from(Promise::resolve(&promise)).await.is_ok_and(|value| value.is_truthy());
            }
        })
    }

    fn stopped(&self) -> bool {
        self.stopped
    }
}
