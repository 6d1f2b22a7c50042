//! Which request goes where.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{Method, StatusCode};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::{MethodRouter, delete, get, post};
use axum::{Extension, Router};

use super::about::{self, About};
use super::config::Config;
use super::page::{self, Page};
use super::refusal::Refusal;
use super::service::Service;
use super::{analyze, compreface, cors, deepface, document, health, kserve, token, two_stream, videos};
use crate::error::Result;

type Route = (Method, &'static str, MethodRouter<Arc<Service>>);

/// What everybody may see: nothing of anybody's pictures.
fn open() -> Vec<Route> {
    vec![
        (Method::GET, "/", get(page::root)),
        (Method::GET, "/v1/service", get(about::service)),
        (Method::GET, "/health/live", get(health::live)),
        (Method::GET, "/health/ready", get(health::ready)),
        (Method::GET, "/openapi.json", get(document::openapi)),
        (Method::GET, "/docs", get(document::docs)),
        // Players send no token; nobody guesses the name.
        (Method::GET, "/videos/{id}", get(two_stream::video)),
        (Method::GET, "/v2", get(kserve::server)),
        (Method::GET, "/v2/health/live", get(kserve::live)),
        (Method::GET, "/v2/health/ready", get(kserve::ready)),
    ]
}

/// What needs the token, where there is one.
fn closed() -> Vec<Route> {
    vec![
        (Method::POST, "/v1/analyze", post(analyze::analyze)),
        (Method::GET, "/metrics", get(health::metrics)),
        (Method::POST, "/v1/videos", post(videos::send)),
        (Method::GET, "/v1/videos/{id}", get(videos::progress)),
        (Method::DELETE, "/v1/videos/{id}", delete(videos::delete)),
        (Method::GET, "/v1/videos/{id}/result", get(videos::result)),
        (Method::POST, "/analyze", post(deepface::analyze)),
        (Method::POST, "/api/upload", post(two_stream::upload)),
        (Method::POST, "/api/v1/detection/detect", post(compreface::detect)),
        (Method::GET, "/v2/models/{model}", get(kserve::model)),
        (Method::GET, "/v2/models/{model}/ready", get(kserve::model_ready)),
        (Method::POST, "/v2/models/{model}/infer", post(kserve::infer)),
    ]
}

/// All of it, and files of the page where there is no route.
///
/// # Errors
/// An origin of `cors` is none, or the folder of the page.
pub fn router(service: Arc<Service>, config: &Config) -> Result<Router> {
    let page = config.page.as_deref().map(Page::open).transpose()?.map(Arc::new);
    let add = |router: Router<Arc<Service>>, (_, path, handler): Route| router.route(path, handler);
    let closed = closed().into_iter().fold(Router::new(), add);
    let closed = closed.route_layer(middleware::from_fn_with_state(Arc::clone(&service), token::check));
    let all = open().into_iter().fold(closed, add);
    let all = all.route_layer(middleware::from_fn_with_state(Arc::clone(&service), count));
    let all = all.fallback(page::other).method_not_allowed_fallback(otherwise);
    let all = all.layer(Extension(page)).layer(Extension(About::new(config)));
    let all = cors::allow(all, &config.cors)?;
    Ok(all.with_state(service))
}

async fn otherwise() -> Refusal {
    Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "this is asked for by another method: /docs says by which")
}

/// Counts a request by its route.
async fn count(State(service): State<Arc<Service>>, path: MatchedPath, request: Request, next: Next) -> Response {
    let begin = Instant::now();
    let response = next.run(request).await;
    service.shared.metrics.request(path.as_str(), response.status().as_u16(), begin.elapsed());
    response
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::*;

    #[test]
    fn the_document_names_every_route_and_no_other() {
        let document: Value = serde_json::from_str(&document::document()).unwrap();
        let told = document["paths"].as_object().unwrap().iter();
        let told = told.flat_map(|(path, methods)| {
            methods.as_object().unwrap().keys().map(move |method| format!("{} {path}", method.to_uppercase()))
        });
        let there = open().into_iter().chain(closed()).map(|(method, path, _)| format!("{method} {path}"));
        assert_eq!(told.collect::<BTreeSet<_>>(), there.collect::<BTreeSet<_>>());
    }
}
