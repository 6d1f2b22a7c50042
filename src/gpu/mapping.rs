//! Waiting for the device: the results are there when a buffer is mapped. A callback says so; natively somebody must poll for it to be called.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_channel::oneshot;

use super::device::Gpu;
use crate::error::{Error, Result};

/// Polls after which a callback that was not called never will be.
const CALLBACK_TRIES: usize = 1000;

/// Who polls the device while its results are awaited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wait {
    /// The calling thread, which blocks: the future is ready when it is first polled.
    Here,
    /// Another thread, or the browser.
    Elsewhere,
}

/// A buffer whose mapping was asked for; unmapped when dropped, also before it is mapped.
#[derive(Debug)]
pub(super) struct Mapped<'b> {
    gpu: &'b Gpu,
    buffer: Option<&'b wgpu::Buffer>,
    size: u64,
}

/// Waits until `submission`, or everything submitted so far, is done and `size` bytes of `buffer` are mapped; none where `size` is 0.
///
/// # Errors
/// The device's failures since the last check; [`Error::DeviceLost`] where the results never come.
pub(super) async fn map<'b>(
    gpu: &'b Gpu,
    buffer: &'b wgpu::Buffer,
    size: u64,
    submission: Option<wgpu::SubmissionIndex>,
    wait: Wait,
) -> Result<Mapped<'b>> {
    let (sender, receiver) = oneshot::channel();
    // Dropped by whoever polled, so that a callback that is never called does not leave the receiver waiting.
    let sender = Arc::new(Mutex::new(Some(sender)));
    let answer = {
        let sender = Arc::clone(&sender);
        move |result| {
            if let Some(sender) = taken(&sender) {
                let _ = sender.send(result);
            }
        }
    };
    let mut mapped = Mapped { gpu, buffer: None, size };
    // What is done is said of everything that was submitted.
    let submission = submission.filter(|_| size > 0);
    if size == 0 {
        gpu.shared.queue.on_submitted_work_done(move || answer(Ok(())));
    } else {
        buffer.map_async(wgpu::MapMode::Read, 0..size, answer);
        mapped.buffer = Some(buffer);
    }
    match wait {
        Wait::Here => poll(&gpu.shared.device, submission, &sender),
        Wait::Elsewhere => elsewhere(gpu, submission, sender)?,
    }
    let arrived = receiver.await;
    let failed = gpu.check("running");
    if !matches!(arrived, Ok(Ok(())))
        && let Some(buffer) = mapped.buffer.take()
    {
        // It is not mapped, which wgpu says; but it counts as mapped until then.
        buffer.unmap();
        let _ = gpu.check("unmapping");
    }
    failed?;
    match arrived {
        Ok(Ok(())) => Ok(mapped),
        Ok(Err(error)) => Err(lost(gpu, &error.to_string())),
        Err(_) => Err(lost(gpu, "the results never came")),
    }
}

type Sender = Mutex<Option<oneshot::Sender<Result<(), wgpu::BufferAsyncError>>>>;

fn taken(sender: &Sender) -> Option<oneshot::Sender<Result<(), wgpu::BufferAsyncError>>> {
    sender.lock().unwrap_or_else(PoisonError::into_inner).take()
}

fn poll(device: &wgpu::Device, submission: Option<wgpu::SubmissionIndex>, sender: &Sender) {
    for _ in 0..CALLBACK_TRIES {
        // What a failed poll has to say arrives as the device's failure, or as results that never came.
        let polled = device.poll(wgpu::PollType::Wait { submission_index: submission.clone(), timeout: None });
        if sender.lock().unwrap_or_else(PoisonError::into_inner).is_none() {
            return;
        }
        if polled.is_err() {
            break;
        }
        // The poll of another thread has taken the callback, and is about to call it.
        std::thread::sleep(Duration::from_millis(1));
    }
    drop(taken(sender));
}

#[cfg(not(target_family = "wasm"))]
fn elsewhere(gpu: &Gpu, submission: Option<wgpu::SubmissionIndex>, sender: Arc<Sender>) -> Result<()> {
    let device = gpu.shared.device.clone();
    crate::host::offload::thread("moue poll", move || poll(&device, submission, &sender))
}

/// The browser polls by itself.
#[cfg(target_family = "wasm")]
fn elsewhere(_: &Gpu, _: Option<wgpu::SubmissionIndex>, _: Arc<Sender>) -> Result<()> {
    Ok(())
}

fn lost(gpu: &Gpu, reason: &str) -> Error {
    Error::DeviceLost { adapter: gpu.name().to_owned(), reason: reason.to_owned() }
}

impl Mapped<'_> {
    /// The bytes; the buffer is unmapped.
    pub fn bytes(self) -> Result<Vec<u8>> {
        match self.buffer {
            None => Ok(Vec::new()),
            Some(buffer) => match buffer.get_mapped_range(0..self.size) {
                Ok(view) => Ok(view.to_vec()),
                Err(error) => Err(lost(self.gpu, &error.to_string())),
            },
        }
    }
}

impl Drop for Mapped<'_> {
    fn drop(&mut self) {
        if let Some(buffer) = self.buffer {
            buffer.unmap();
        }
    }
}
