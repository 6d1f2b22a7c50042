//! A lost device is opened again, and readiness says no until it is. In this process: from outside nobody can take a device away.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use moue::serve::{Config, Limits, bind, run};
use moue::{Device, Error, Model};

use crate::client::{portrait, send};

#[test]
fn a_lost_device_is_opened_again() {
    let Some(adapter) = moue::gpu::adapters().into_iter().next() else {
        assert!(std::env::var_os("MOUE_REQUIRE_ADAPTER").is_none(), "no GPU adapter, and MOUE_REQUIRE_ADAPTER is set");
        println!("SKIPPED: no adapter");
        return;
    };
    let (opened, broken) = (Arc::new(Mutex::new(Vec::<Device>::new())), Arc::new(AtomicBool::new(false)));
    let (own, fails, name) = (Arc::clone(&opened), Arc::clone(&broken), adapter.index.to_string());
    let config = Config {
        model: Model::embedded().unwrap(),
        open: Box::new(move || {
            if fails.load(Ordering::Relaxed) {
                return Err(Error::NoAdapter("there is none at the moment".into()));
            }
            let (device, _) = Device::select(Some(&name), None)?;
            own.lock().unwrap().push(device.clone());
            Ok(device)
        }),
        threads: None,
        token: None,
        cors: Vec::new(),
        page: None,
        limits: Limits::default(),
        log: Arc::new(|line| println!("{line}")),
    };
    let listener = bind("127.0.0.1", 0).unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || run(config, listener));
    let ready = || send(address, "GET", "/health/ready", &[], b"").unwrap().status;
    let until = |status: u16| {
        let begin = Instant::now();
        while ready() != status {
            assert!(begin.elapsed() < Duration::from_secs(120), "readiness is not {status}");
            std::thread::sleep(Duration::from_millis(50));
        }
    };
    until(200);
    let read = || send(address, "POST", "/v1/analyze", &[], &portrait()).unwrap();
    let before = read();
    assert_eq!(before.status, 200);
    broken.store(true, Ordering::Relaxed);
    let lost = opened.lock().unwrap().pop().unwrap();
    let Device::Gpu(gpu) = &lost else { panic!("an adapter was asked for") };
    gpu.destroy();
    let unread = read();
    assert_eq!((unread.status, unread.header("retry-after")), (503, Some("5")), "{}", unread.text());
    // Who was being read hears it a moment earlier.
    until(503);
    assert_eq!(send(address, "GET", "/health/live", &[], b"").unwrap().status, 200);
    broken.store(false, Ordering::Relaxed);
    until(200);
    assert_eq!(read().body, before.body);
}
