//! An HTTP server on a loopback port that counts what it is asked, and answers as a test wants it to.
//!
//! - Over TLS? With an [`Authority`] of the test's own.
//! - What may it be? A fake: a hostile registry, say. Or the way to a real one, slowly: [`slowly`].
//! - How much does it take? A thread for each connection, [`MAX_CONNECTIONS`] at a time, until it is dropped.

mod authority;
mod exchange;

use std::io::{BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustls::{ServerConfig, ServerConnection, StreamOwned};

pub use authority::Authority;
pub use exchange::{Request, Response};

/// Far more than any test opens.
const MAX_CONNECTIONS: usize = 256;

/// A running server.
pub struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    answer: Box<dyn Fn(&Request) -> Response + Send + Sync>,
    tls: Option<Arc<ServerConfig>>,
    asked: Mutex<Vec<Request>>,
    now: AtomicUsize,
    most: AtomicUsize,
    connections: AtomicUsize,
    is_over: AtomicBool,
}

impl Server {
    /// Starts one that speaks plain HTTP.
    pub fn http(answer: impl Fn(&Request) -> Response + Send + Sync + 'static) -> Self {
        Self::start(None, Box::new(answer))
    }

    /// Starts one that speaks TLS.
    pub fn https(
        tls: Arc<ServerConfig>,
        answer: impl Fn(&Request) -> Response + Send + Sync + 'static,
    ) -> Self {
        Self::start(Some(tls), Box::new(answer))
    }

    fn start(
        tls: Option<Arc<ServerConfig>>,
        answer: Box<dyn Fn(&Request) -> Response + Send + Sync>,
    ) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            answer,
            tls,
            asked: Mutex::default(),
            now: AtomicUsize::new(0),
            most: AtomicUsize::new(0),
            connections: AtomicUsize::new(0),
            is_over: AtomicBool::new(false),
        });
        let listening = Arc::clone(&shared);
        std::thread::spawn(move || listening.listen(&listener));
        Self { address, shared }
    }

    /// As image references name it.
    #[must_use]
    pub fn host(&self) -> String {
        self.address.to_string()
    }

    /// What was asked so far, in the order in which it came.
    #[must_use]
    pub fn asked(&self) -> Vec<Request> {
        self.shared.asked.lock().unwrap().clone()
    }

    /// The same as lines, `GET /v2/`.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        self.asked().iter().map(|request| format!("{} {}", request.method, request.path)).collect()
    }

    /// Forgets what was asked.
    pub fn forget(&self) {
        self.shared.asked.lock().unwrap().clear();
        self.shared.most.store(0, Ordering::SeqCst);
    }

    /// How many were asked at the same time, at most.
    #[must_use]
    pub fn most_at_once(&self) -> usize {
        self.shared.most.load(Ordering::SeqCst)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.is_over.store(true, Ordering::SeqCst);
        // Wakes the listener up.
        let _ = TcpStream::connect(self.address);
    }
}

/// An answer that takes its time and comes from a real server, over plain HTTP.
pub fn slowly(backend: String, delay: Duration) -> impl Fn(&Request) -> Response + Send + Sync {
    move |request| {
        std::thread::sleep(delay);
        request.forward(&backend).unwrap_or_else(|_error| Response::new(502))
    }
}

impl Shared {
    fn listen(self: &Arc<Self>, listener: &TcpListener) {
        for connection in listener.incoming() {
            if self.is_over.load(Ordering::SeqCst) {
                return;
            }
            let Ok(connection) = connection else { continue };
            if self.connections.fetch_add(1, Ordering::SeqCst) >= MAX_CONNECTIONS {
                self.connections.fetch_sub(1, Ordering::SeqCst);
                continue;
            }
            let shared = Arc::clone(self);
            std::thread::spawn(move || {
                // A client that hangs up has what it wanted.
                let _ = shared.serve(connection);
                shared.connections.fetch_sub(1, Ordering::SeqCst);
            });
        }
    }

    fn serve(&self, connection: TcpStream) -> std::io::Result<()> {
        connection.set_nodelay(true)?;
        match &self.tls {
            None => self.converse(connection),
            Some(tls) => {
                let tls = ServerConnection::new(Arc::clone(tls)).map_err(std::io::Error::other)?;
                self.converse(StreamOwned::new(tls, connection))
            }
        }
    }

    fn converse(&self, connection: impl Read + Write) -> std::io::Result<()> {
        let mut connection = BufReader::new(connection);
        while let Some(request) = Request::read(&mut connection)? {
            if self.is_over.load(Ordering::SeqCst) {
                break;
            }
            let now = self.now.fetch_add(1, Ordering::SeqCst) + 1;
            self.most.fetch_max(now, Ordering::SeqCst);
            self.asked.lock().unwrap().push(request.clone());
            let response = (self.answer)(&request);
            self.now.fetch_sub(1, Ordering::SeqCst);
            response.write(request.method == "HEAD", connection.get_mut())?;
        }
        Ok(())
    }
}
