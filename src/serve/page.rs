//! The page at `/`: files of a folder that `cargo xtask web` builds, or without one a few words.

use std::path::Path;
use std::sync::Arc;
use std::{fs, io};

use axum::Extension;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use tower_http::services::ServeDir;

use super::refusal::Refusal;
use crate::error::{Error, Result, plain};

/// Where a built page says which headers its files have, as hosts of static files read it.
const HEADERS: &str = "_headers";

/// Why there is no such file for who asks.
const NOWHERE: [io::ErrorKind; 5] = [
    io::ErrorKind::NotFound,
    io::ErrorKind::NotADirectory,
    io::ErrorKind::PermissionDenied,
    io::ErrorKind::InvalidInput,
    io::ErrorKind::InvalidFilename,
];

/// The folder, where there is one.
pub type Served = Extension<Option<Arc<Page>>>;

/// A folder of files, and the headers that all of them have.
#[derive(Debug)]
pub struct Page {
    files: ServeDir,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl Page {
    /// Of this folder.
    ///
    /// # Errors
    /// It is no built page.
    pub fn open(folder: &Path) -> Result<Self> {
        let wrong = |reason: String| {
            let remedy = "give the folder that `cargo xtask web --no-serve` builds, web/dist-app";
            Error::Argument(format!("--page {}: {reason}: {remedy}", folder.display()))
        };
        let read = |name: &str| fs::read_to_string(folder.join(name));
        read("index.html").map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => wrong("it has no index.html".into()),
            _ => wrong(format!("its index.html cannot be read ({})", plain(&error))),
        })?;
        let text = match read(HEADERS) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            read => read.map_err(|error| wrong(format!("its {HEADERS} cannot be read ({})", plain(&error))))?,
        };
        let headers =
            headers(&text).map_err(|line| wrong(format!("its {HEADERS} has the line `{line}`, which is unknown here")))?;
        // A redirection to a folder would take its address from the request.
        Ok(Self { files: ServeDir::new(folder).redirect_to_trailing_slash(false), headers })
    }

    async fn file(&self, request: Request) -> Response {
        let mut files = self.files.clone();
        let mut response = match files.try_call(request).await {
            Ok(found) if found.status() == StatusCode::NOT_FOUND => return nothing().into_response(),
            Ok(found) => found.map(Body::new),
            Err(error) if NOWHERE.contains(&error.kind()) => return nothing().into_response(),
            Err(_) => return Refusal::unavailable("the file cannot be read at the moment").into_response(),
        };
        let head = response.headers_mut();
        head.extend(self.headers.iter().cloned());
        // It is asked for again each time, and sent where it is another one.
        head.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        head.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        response
    }
}

/// The headers of all files. Rules for some of them are none of the page's.
fn headers(text: &str) -> Result<Vec<(HeaderName, HeaderValue)>, &str> {
    let lines = text.lines().map(str::trim_end).filter(|line| !line.is_empty() && !line.starts_with('#') && *line != "/*");
    let header = |line| {
        let (name, value) = str::strip_prefix(line, "  ")?.split_once(':')?;
        Some((name.trim().parse().ok()?, value.trim().parse().ok()?))
    };
    lines.map(|line| header(line).ok_or(line)).collect()
}

/// `GET /`.
pub async fn root(Extension(page): Served, request: Request) -> Response {
    let Some(page) = page else {
        let head = [(header::CONTENT_SECURITY_POLICY, "default-src 'none'; style-src 'unsafe-inline'")];
        return (head, Html(include_str!("root.html"))).into_response();
    };
    page.file(request).await
}

/// What has no route: a file of the page, or nothing.
pub async fn other(Extension(page): Served, request: Request) -> Response {
    match page {
        Some(page) if matches!(*request.method(), Method::GET | Method::HEAD) => page.file(request).await,
        _ => nothing().into_response(),
    }
}

fn nothing() -> Refusal {
    Refusal::new(StatusCode::NOT_FOUND, "there is nothing here: /docs says what there is")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_headers_of_the_page_are_read_and_another_rule_is_named() {
        let own = headers(include_str!("../../web/app/public/_headers")).unwrap();
        let [(name, value)] = &own[..] else { panic!("{own:?}") };
        assert_eq!(name, "content-security-policy");
        assert!(value.to_str().unwrap().starts_with("default-src 'none'; script-src 'self'"));
        assert_eq!(headers("# all\n/*\n\n  a: b: c\n  d: e\n").unwrap().len(), 2);
        assert_eq!(headers("/*\n  a: b\n/assets/*\n  c: d\n"), Err("/assets/*"));
        assert_eq!(headers("/*\n  a b: c\n"), Err("  a b: c"));
    }
}
