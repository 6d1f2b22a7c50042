//! The suite of `moue bench` in a browser.

use js_sys::{Date, Function};
use wasm_bindgen::prelude::*;

use super::failure::failure;
use super::{Answer, Said, gpu_of, precision_of};
use crate::bench::measure::{self, Watch};
use crate::bench::report::{BenchReport, Measurement};
use crate::bench::suite::{self, Case, Suite};
use crate::device::Device;
use crate::error::{Error, Result};
use crate::gpu::Wait;
use crate::tensor::Precision;
use crate::weights::Model;

/// Images of a batch at most.
const MOST_IMAGES: u32 = 4096;

/// `moue.bench/1` of `nets` at `batches` in `precisions`, what suits the adapter in place of empty ones, as JSON. `model`: bytes of the model that `default` is.
/// `power` to `cpu` as in `Engine.open`. `progress` is called with a line, the networks done and all of them; `stopped` says whether to leave out the
/// rest. The adapter's own caches of compiled shaders are not moue's: a first answer may find them warm.
#[wasm_bindgen]
#[expect(clippy::too_many_arguments, reason = "wasm-bindgen takes no struct by its fields")]
pub async fn bench(
    model: &[u8],
    power: Option<String>,
    name: String,
    vendor: String,
    architecture: String,
    cpu: bool,
    nets: Vec<String>,
    batches: Vec<u32>,
    precisions: Vec<String>,
    progress: Function,
    stopped: Function,
) -> Answer<String> {
    let watch = Page { progress, stopped, done: 0, all: 0 };
    let said = Said { name, vendor, architecture, cpu };
    let report = measured(model, power.as_deref(), said, (nets, batches, precisions), watch).await.map_err(failure)?;
    serde_json::to_string(&report).map_err(|error| failure(Error::Defect(error.to_string())))
}

async fn measured(
    model: &[u8],
    power: Option<&str>,
    said: Said,
    (nets, batches, precisions): (Vec<String>, Vec<u32>, Vec<String>),
    mut watch: Page,
) -> Result<BenchReport> {
    suite::check(&nets)?;
    if let Some(batch) = batches.iter().find(|batch| !(1..=MOST_IMAGES).contains(*batch)) {
        return Err(Error::Argument(format!("a batch of {batch}: 1 to {MOST_IMAGES} images are possible")));
    }
    let precisions = precisions.iter().map(|name| precision_of(name)).collect::<Result<Vec<Precision>>>()?;
    let device = Device::Gpu(gpu_of(power, said).await?);
    for &precision in &precisions {
        device.check(precision)?;
    }
    let suite = Suite::new(&nets, &batches, &precisions, &device, None);
    if suite.remark.is_some() {
        watch.say("This adapter is a CPU: less is measured, and briefly.");
    }
    let default = || Model::parse("default", model);
    let mut report = measure::run(&suite, &device, &default, false, Wait::Elsewhere, &mut watch).await?;
    // Of ISO 8601 the day.
    report.date = String::from(Date::new_0().to_iso_string()).chars().take(10).collect();
    Ok(report)
}

/// The page that looks on.
struct Page {
    progress: Function,
    stopped: Function,
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

    fn stopped(&self) -> bool {
        self.stopped.call0(&JsValue::NULL).is_ok_and(|value| value.is_truthy())
    }
}
