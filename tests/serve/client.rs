//! The program on a free port, and a client that says exactly what it is told to.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support;

/// The whole portrait.
pub fn portrait() -> Vec<u8> {
    std::fs::read("examples/astronaut.png").unwrap()
}

/// A running service; it ends with the test.
pub struct Serving {
    child: Child,
    pub address: SocketAddr,
    stderr: Arc<Mutex<String>>,
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    head: String,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// A header of this name, in small letters.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}

impl Serving {
    /// Starts it on the processor, and waits until it reads.
    pub fn start(arguments: &[&str]) -> Self {
        Self::with(arguments, &[])
    }

    /// The same with variables.
    pub fn with(arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        Self::on("cpu", arguments, variables)
    }

    /// The same on a device.
    pub fn on(device: &str, arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let all = [&["serve", "--port", "0", "--device", device], arguments].concat();
        let mut command = support::command(&all);
        command.envs(variables.iter().copied()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        let address = loop {
            line.clear();
            assert!(lines.read_line(&mut line).unwrap() > 0, "it ended: {:?}", child.wait());
            if let Some((_, address)) = line.trim().split_once("listens on http://") {
                break address.parse().unwrap();
            }
        };
        let stderr = Arc::new(Mutex::new(String::new()));
        let kept = Arc::clone(&stderr);
        std::thread::spawn(move || {
            let mut line = String::new();
            while lines.read_line(&mut line).is_ok_and(|read| read > 0) {
                kept.lock().unwrap().push_str(&std::mem::take(&mut line));
            }
        });
        let serving = Self { child, address, stderr };
        serving.wait();
        serving
    }

    /// Waits until it reads.
    pub fn wait(&self) {
        let begin = Instant::now();
        while self.get("/health/ready").status != 200 {
            assert!(begin.elapsed() < Duration::from_secs(60), "it does not get ready: {}", self.stderr());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    pub fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], b"").unwrap()
    }

    pub fn post(&self, path: &str, body: &[u8]) -> Answer {
        self.send("POST", path, &[], body).unwrap()
    }

    /// One request; none where the connection ends without an answer.
    pub fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Option<Answer> {
        send(self.address, method, path, headers, body)
    }

    /// A form of files: field, file name, bytes.
    pub fn form(&self, path: &str, parts: &[(&str, Option<&str>, &[u8])]) -> Answer {
        let (kind, body) = form(parts);
        self.send("POST", path, &[("content-type", &kind)], &body).unwrap()
    }

    /// A sum of `/metrics`, over all its labels.
    pub fn metric(&self, name: &str) -> u64 {
        let text = self.get("/metrics").text();
        let own = text.lines().filter(|line| line.strip_prefix(name).is_some_and(|rest| rest.starts_with(['{', ' '])));
        own.map(|line| line.rsplit_once(' ').unwrap().1.parse::<f64>().unwrap() as u64).sum()
    }

    pub fn stderr(&self) -> String {
        self.stderr.lock().unwrap().clone()
    }

    /// Resident bytes, where the system tells.
    pub fn resident(&self) -> Option<u64> {
        let text = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        Some(line.trim().trim_end_matches(" kB").parse::<u64>().ok()? * 1024)
    }

    /// Sends a signal by its name.
    #[cfg(unix)]
    pub fn signal(&self, name: &str) {
        let sent = std::process::Command::new("kill").args([&format!("-{name}"), &self.child.id().to_string()]).status();
        assert!(sent.unwrap().success());
    }

    /// How it ends, within a minute.
    pub fn ended(&mut self) -> Option<i32> {
        let begin = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            assert!(begin.elapsed() < Duration::from_secs(60), "it does not end");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// One request to this address; none where there is no answer.
pub fn send(address: SocketAddr, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Option<Answer> {
    let mut stream = TcpStream::connect(address).ok()?;
    let more: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let head =
        format!("{method} {path} HTTP/1.1\r\nhost: moue\r\nconnection: close\r\ncontent-length: {}\r\n{more}\r\n", body.len());
    stream.write_all(head.as_bytes()).ok()?;
    // Who is refused early need not have sent all.
    let _ = stream.write_all(body);
    answer(&mut stream)
}

/// What comes back, until the connection ends.
pub fn answer(stream: &mut TcpStream) -> Option<Answer> {
    stream.set_read_timeout(Some(Duration::from_secs(120))).unwrap();
    let mut all = Vec::new();
    let mut some = [0; 4096];
    while let Ok(read @ 1..) = stream.read(&mut some) {
        all.extend_from_slice(&some[..read]);
    }
    let end = all.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&all[..end]).into_owned();
    let status = head.split(' ').nth(1)?.parse().ok()?;
    Some(Answer { status, head, body: all[end + 4..].to_vec() })
}

/// A form's content type and body.
pub fn form(parts: &[(&str, Option<&str>, &[u8])]) -> (String, Vec<u8>) {
    let mut body = Vec::new();
    for (field, file, bytes) in parts {
        let file = file.map(|file| format!("; filename=\"{file}\"")).unwrap_or_default();
        body.extend_from_slice(format!("--limit\r\ncontent-disposition: form-data; name=\"{field}\"{file}\r\n\r\n").as_bytes());
        body.extend_from_slice(bytes);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"--limit--\r\n");
    ("multipart/form-data; boundary=limit".into(), body)
}

/// The head of a PNG that claims this size, and nothing behind it.
pub fn claimed(width: u32, height: u32) -> Vec<u8> {
    let mut chunk = b"IHDR".to_vec();
    chunk.extend([width.to_be_bytes(), height.to_be_bytes()].concat());
    chunk.extend([8, 2, 0, 0, 0]);
    let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\x0d".to_vec();
    png.extend_from_slice(&chunk);
    png.extend(crc(&chunk).to_be_bytes());
    let data = b"IDAT";
    png.extend([0; 4]);
    png.extend_from_slice(data);
    png.extend(crc(data).to_be_bytes());
    png
}

/// A small PNG whose colour profile has so many zeros, and nothing behind it.
pub fn profiled(zeros: usize) -> Vec<u8> {
    let mut png = claimed(8, 8);
    // The picture's data goes behind the profile.
    let data = png.split_off(png.len() - 12);
    let mut packed = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    let piece = vec![0; 1 << 20];
    (0..zeros >> 20).for_each(|_| packed.write_all(&piece).unwrap());
    let chunk = [b"iCCPa\0\0", &packed.finish().unwrap()[..]].concat();
    png.extend((chunk.len() as u32 - 4).to_be_bytes());
    png.extend_from_slice(&chunk);
    png.extend(crc(&chunk).to_be_bytes());
    png.extend(data);
    png
}

fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0u32, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg()))
    })
}

/// A picture that takes the processor a while: large, and of noise.
pub fn slow() -> Vec<u8> {
    let mut state = 1u32;
    let picture = image::RgbImage::from_fn(3400, 3000, |x, y| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        image::Rgb([(x / 16) as u8, (y / 16) as u8, (state >> 30) as u8])
    });
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut bytes, image::ImageFormat::Bmp).unwrap();
    bytes.into_inner()
}
