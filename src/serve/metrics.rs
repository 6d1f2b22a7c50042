//! What is counted, as Prometheus reads it.

use std::time::Duration;

use prometheus_client::encoding::text;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;

/// The content type of [`Metrics::text`].
pub const TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

type Labels = Vec<(&'static str, String)>;

/// Counters of a service.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    requests: Family<Labels, Counter>,
    seconds: Histogram,
    pictures: Family<Labels, Counter>,
    faces: Counter,
    opened: Counter,
    waiting: Gauge,
    pixels: Gauge,
    ready: Gauge,
}

impl Default for Metrics {
    fn default() -> Self {
        // 4 ms to 130 s.
        let seconds = Histogram::new(exponential_buckets(0.004, 2.0, 16));
        let mut own = Self {
            registry: Registry::with_prefix("moue"),
            requests: Family::default(),
            seconds,
            pictures: Family::default(),
            faces: Counter::default(),
            opened: Counter::default(),
            waiting: Gauge::default(),
            pixels: Gauge::default(),
            ready: Gauge::default(),
        };
        let registry = &mut own.registry;
        registry.register("requests", "Requests answered, by route and status", own.requests.clone());
        registry.register("request_seconds", "Seconds from a request's head to its answer", own.seconds.clone());
        registry.register("pictures", "Pictures answered, by whether they could be read", own.pictures.clone());
        registry.register("faces", "Faces read", own.faces.clone());
        registry.register("device_opened", "Times that the device was opened", own.opened.clone());
        registry.register("admitted_pictures", "Pictures that wait or are read", own.waiting.clone());
        registry.register("admitted_pixels", "Pixels of pictures that wait or are read", own.pixels.clone());
        registry.register("ready", "Whether the device reads", own.ready.clone());
        own
    }
}

impl Metrics {
    /// A request was answered.
    pub fn request(&self, route: &str, status: u16, took: Duration) {
        self.requests.get_or_create(&vec![("route", route.to_owned()), ("status", status.to_string())]).inc();
        self.seconds.observe(took.as_secs_f64());
    }

    /// A picture was answered.
    pub fn picture(&self, faces: usize, code: Option<&str>) {
        self.pictures.get_or_create(&vec![("error", code.unwrap_or("none").to_owned())]).inc();
        self.faces.inc_by(faces as u64);
    }

    /// The device was opened.
    pub fn opened(&self) {
        self.opened.inc();
    }

    /// All of it.
    pub fn text(&self, (pictures, pixels): (usize, u64), ready: bool) -> String {
        self.waiting.set(pictures as i64);
        self.pixels.set(pixels as i64);
        self.ready.set(i64::from(ready));
        let mut text = String::new();
        // Only a writer fails, and a text does not.
        let _ = text::encode(&mut text, &self.registry);
        text
    }
}
