//! Connections, and the end: what was taken is answered first.

use std::io;
use std::net::{SocketAddr, TcpListener, ToSocketAddrs};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use socket2::{Domain, Protocol, Socket, Type};
use tokio::sync::{Semaphore, mpsc};

use super::config::{Config, Limits};
use super::metrics::Metrics;
use super::queue::Queue;
use super::router::router;
use super::service::Service;
use super::status::{Phase, Status};
use super::worker::{self, Shared};
use super::{film, heap};
use crate::error::{Error, Result, plain};
use crate::host::{guard, offload};

/// Connections that the system keeps until they are let in; it may have its own bound.
const QUEUE: i32 = 4096;
/// Threads that read requests and write answers. What costs time happens elsewhere.
const THREADS: usize = 2;
/// How long nobody is let in where the system gives no more connections.
const BREATH: Duration = Duration::from_millis(100);

/// How long the threads that read have to end what is at hand.
const LAST: Duration = Duration::from_secs(20);

/// What ends the waiting.
enum Event {
    /// Somebody asks for the end.
    Stop,
    /// All connections have ended.
    Done,
    /// The device cannot be opened, or the worker ended.
    Failed(Error),
}

/// The address that connections come to; port 0 is one that is free.
///
/// # Errors
/// [`Error::Argument`] where it is no address of this machine, or in use.
pub fn bind(host: &str, port: u16) -> Result<TcpListener> {
    let wrong = |error: &io::Error| {
        let remedy = match error.kind() {
            io::ErrorKind::AddrInUse => ": end what listens there, or choose another --port",
            io::ErrorKind::PermissionDenied => ": choose a --port from 1024 on",
            _ => ": give an address of this machine as --host",
        };
        Error::Argument(format!("cannot listen on {host}:{port}: {}{remedy}", plain(error)))
    };
    let addresses: Vec<_> = (host, port).to_socket_addrs().map_err(|error| wrong(&error))?.collect();
    let mut found = Err(io::ErrorKind::AddrNotAvailable.into());
    for address in addresses {
        found = listening(address);
        if found.is_ok() {
            break;
        }
    }
    let listener = found.map_err(|error| wrong(&error))?;
    listener.set_nonblocking(true).map_err(|error| wrong(&error))?;
    Ok(listener)
}

/// As the standard library's, but for the queue: of its 128 a flood leaves some without an answer.
fn listening(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    socket.listen(QUEUE)?;
    Ok(socket.into())
}

/// Answers until a signal asks for the end: SIGTERM or SIGINT. Then nobody is let in, what was taken is answered, and it returns; a second signal does not wait for that.
///
/// # Errors
/// The device cannot be opened; the system gives no threads.
pub fn run(config: Config, listener: TcpListener) -> Result<()> {
    heap::own_pages();
    let threads =
        tokio::runtime::Builder::new_multi_thread().worker_threads(THREADS).thread_name("moue serve").enable_all().build();
    let threads = threads.map_err(|error| Error::Defect(format!("the system gives no threads: {error}")))?;
    let served = threads.block_on(serve(config, listener));
    threads.shutdown_background();
    served
}

async fn serve(config: Config, listener: TcpListener) -> Result<()> {
    let shared = Shared {
        queue: Arc::new(Queue::default()),
        status: Arc::new(Status::default()),
        metrics: Arc::new(Metrics::default()),
        device: Arc::new(Mutex::new(None)),
    };
    let service = Arc::new(Service::new(&config, shared.clone())?);
    let router = router(Arc::clone(&service), &config)?;
    let (limits, log) = (config.limits, Arc::clone(&config.log));
    let (events, mut happened) = mpsc::channel(8);
    signals(&events)?;
    let (own, failed) = (shared.clone(), events.clone());
    // Dropped when both threads have ended: a driver does not like to be left at work.
    let (working, ended) = std::sync::mpsc::channel::<()>();
    let (films, model, filming) = (Arc::clone(&service), config.model.clone(), working.clone());
    offload::thread("moue videos", move || {
        film::work(&model, &films);
        drop(filming);
    })?;
    offload::thread("moue recognizer", move || {
        let worked = guard::run(|| worker::work(&config, &own));
        let ended = if own.queue.is_closed() { None } else { Some(Error::Defect("the worker ended".into())) };
        // What waits is told so.
        own.queue.close();
        own.queue.clear();
        if let Some(error) = worked.err().or(ended) {
            let _ = failed.blocking_send(Event::Failed(error));
        }
        drop(working);
    })?;
    let listener = tokio::net::TcpListener::from_std(listener).map_err(|error| Error::Defect(error.to_string()))?;
    let connections = Arc::new(Mutex::new(Some(GracefulShutdown::new())));
    tokio::spawn(async {
        loop {
            tokio::time::sleep(heap::ROUND).await;
            tokio::task::block_in_place(heap::give_back);
        }
    });
    let accepting = tokio::spawn(accept(listener, router, Arc::clone(&connections), limits));
    let first = happened.recv().await;
    accepting.abort();
    let graceful = connections.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(Event::Failed(error)) = first {
        service.jobs.close();
        return Err(error);
    }
    shared.status.set(Phase::Ending);
    let (pictures, _) = service.taken();
    log(&format!("ends, after {pictures} pictures that wait"));
    let done = events.clone();
    tokio::spawn(async move {
        // Nobody has longer than this to send a request and to wait for its answer.
        let most = limits.patience + limits.deadline + Duration::from_secs(5);
        if let Some(graceful) = graceful {
            let _ = tokio::time::timeout(most, graceful.shutdown()).await;
        }
        let _ = done.send(Event::Done).await;
    });
    happened.recv().await;
    shared.queue.close();
    service.jobs.close();
    let _ = ended.recv_timeout(LAST);
    Ok(())
}

/// Lets connections in, as long as there is what will end them.
async fn accept(listener: tokio::net::TcpListener, router: Router, open: Arc<Mutex<Option<GracefulShutdown>>>, limits: Limits) {
    let places = Arc::new(Semaphore::new(limits.connections));
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(_) => {
                tokio::time::sleep(BREATH).await;
                continue;
            }
        };
        let _ = stream.set_nodelay(true);
        let service = TowerToHyperService::new(router.clone());
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(limits.patience)
            .serve_connection(TokioIo::new(stream), service);
        let watched = open.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map(|open| open.watch(connection));
        let Some(watched) = watched else { return };
        tokio::spawn(async move {
            // What breaks off is its client's.
            let _ = watched.await;
            drop(place);
        });
    }
}

#[cfg(unix)]
fn signals(events: &mpsc::Sender<Event>) -> Result<()> {
    use tokio::signal::unix::{SignalKind, signal};

    for kind in [SignalKind::terminate(), SignalKind::interrupt()] {
        let mut signal = signal(kind).map_err(|error| Error::Defect(format!("signals cannot be heard: {error}")))?;
        let events = events.clone();
        tokio::spawn(async move { while signal.recv().await.is_some() && events.send(Event::Stop).await.is_ok() {} });
    }
    Ok(())
}

#[cfg(not(unix))]
fn signals(events: &mpsc::Sender<Event>) -> Result<()> {
    let events = events.clone();
    tokio::spawn(async move { while tokio::signal::ctrl_c().await.is_ok() && events.send(Event::Stop).await.is_ok() {} });
    Ok(())
}
