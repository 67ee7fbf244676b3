//! A request and a response of HTTP/1.1, as far as tests need them.

use std::io::{BufRead, Read, Write};
use std::net::TcpStream;

/// In bytes: no test sends more.
const MAX_BODY: usize = 16 << 20;
/// What is said of a connection, and not of what is in it.
const HOP: [&str; 4] = ["connection", "content-length", "transfer-encoding", "host"];

/// What was asked.
#[derive(Debug, Clone)]
pub struct Request {
    /// `GET`, …
    pub method: String,
    /// With its query.
    pub path: String,
    /// Their names in lower case.
    pub headers: Vec<(String, String)>,
    /// What came with it.
    pub body: Vec<u8>,
}

/// What is answered.
#[derive(Debug, Clone, Default)]
pub struct Response {
    /// 200, …
    pub status: u16,
    /// The length is added.
    pub headers: Vec<(String, String)>,
    /// What goes with it.
    pub body: Vec<u8>,
}

impl Request {
    /// The value of a header.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The next request on a connection; none when it was closed.
    pub(super) fn read(from: &mut impl BufRead) -> std::io::Result<Option<Self>> {
        let Some((line, headers)) = head(from)? else { return Ok(None) };
        let mut words = line.split(' ').map(ToOwned::to_owned);
        let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let mut request = Self { method, path, headers, body: Vec::new() };
        let length = request.header("content-length").and_then(|length| length.parse().ok());
        let length: usize = length.unwrap_or_default();
        if length > MAX_BODY {
            return Ok(None);
        }
        request.body = vec![0; length];
        from.read_exact(&mut request.body)?;
        Ok(Some(request))
    }

    /// Asks `host` the same, over plain HTTP.
    pub(super) fn forward(&self, host: &str) -> std::io::Result<Response> {
        let mut connection = TcpStream::connect(host)?;
        // HTTP/1.0: the answer comes in one piece, and ends with the connection.
        write!(connection, "{} {} HTTP/1.0\r\nhost: {host}\r\n", self.method, self.path)?;
        write!(connection, "content-length: {}\r\n", self.body.len())?;
        for (name, value) in self.headers.iter().filter(|(name, _)| !HOP.contains(&name.as_str())) {
            write!(connection, "{name}: {value}\r\n")?;
        }
        connection.write_all(b"\r\n")?;
        connection.write_all(&self.body)?;
        let mut connection = std::io::BufReader::new(connection);
        let (line, headers) = head(&mut connection)?.unwrap_or_default();
        let status = line.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(502);
        let mut body = Vec::new();
        connection.read_to_end(&mut body)?;
        Ok(Response { status, headers, body })
    }
}

impl Response {
    /// One with nothing in it.
    #[must_use]
    pub fn new(status: u16) -> Self {
        Self { status, ..Self::default() }
    }

    /// The same with a header.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// The same with a body.
    #[must_use]
    pub fn body(self, body: impl Into<Vec<u8>>) -> Self {
        Self { body: body.into(), ..self }
    }

    pub(super) fn write(&self, is_head: bool, to: &mut impl Write) -> std::io::Result<()> {
        let mut text = format!("HTTP/1.1 {} S\r\n", self.status);
        for (name, value) in self.headers.iter().filter(|(name, _)| !HOP.contains(&name.as_str())) {
            text.extend([name, ": ", value, "\r\n"]);
        }
        let of_head = self.headers.iter().find(|(name, _)| is_head && name == "content-length");
        let length = of_head.map_or(self.body.len().to_string(), |(_, length)| length.clone());
        text.extend(["content-length: ", &length, "\r\n\r\n"]);
        let mut bytes = text.into_bytes();
        if !is_head {
            bytes.extend_from_slice(&self.body);
        }
        to.write_all(&bytes)?;
        to.flush()
    }
}

type Head = (String, Vec<(String, String)>);

fn head(from: &mut impl BufRead) -> std::io::Result<Option<Head>> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if from.take(64 << 10).read_line(&mut line)? == 0 {
            return Ok(None);
        }
        match line.trim_end() {
            "" => break,
            line => lines.push(line.to_owned()),
        }
    }
    let mut lines = lines.into_iter();
    let first = lines.next().unwrap_or_default();
    let headers = lines.filter_map(|line| {
        let (name, value) = line.split_once(':')?;
        Some((name.to_ascii_lowercase(), value.trim().to_owned()))
    });
    Ok(Some((first, headers.collect())))
}
