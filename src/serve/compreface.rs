//! `POST /api/v1/detection/detect` as CompreFace has it, with a plugin `emotion` beside its own.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Query, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::asked::How;
use super::given::Given;
use super::refusal::Refusal;
use super::service::{Sent, Service, status};
use crate::face::Search;
use crate::recognizer::AnalyzedFace;

/// What CompreFace says where there is no face.
const NO_FACE: u16 = 28;
const PLUGINS: [&str; 3] = ["landmarks", "emotion", "pose"];

/// The faces of a picture.
pub async fn detect(
    State(service): State<Arc<Service>>,
    Query(pairs): Query<Vec<(String, String)>>,
    request: Request,
) -> Response {
    let found = faces(&service, &pairs, request).await;
    found.map_or_else(
        |refusal| {
            let code = if refusal.reason.starts_with("No face") { NO_FACE } else { refusal.status.as_u16() };
            refusal.with(Json(json!({"message": refusal.reason, "code": code})))
        },
        |result| Json(json!({"result": result})).into_response(),
    )
}

async fn faces(service: &Service, pairs: &[(String, String)], request: Request) -> Result<Vec<Value>, Refusal> {
    let (mut limit, mut least, mut plugins) = (0, None, Vec::new());
    for (name, value) in pairs {
        let wrong = |give: &str| Refusal::bad(format!("{name}={value}: give {give}"));
        match &name[..] {
            "limit" => limit = value.parse::<usize>().map_err(|_| wrong("a number, 0 for all"))?,
            "det_prob_threshold" => {
                let score = value.parse().ok().filter(|score| (0.0..=1.0).contains(score));
                least = Some(score.ok_or_else(|| wrong("a number from 0 to 1"))?);
            }
            "face_plugins" => plugins = value.split(',').map(str::trim).filter(|name| !name.is_empty()).collect(),
            "status" | "detect_faces" => {}
            _ => return Err(Refusal::bad(format!("`{name}` is no parameter of this request"))),
        }
    }
    if let Some(unknown) = plugins.iter().find(|name| !PLUGINS.contains(name)) {
        return Err(Refusal::bad(format!("face_plugins: `{unknown}` is not done here, {} are", PLUGINS.join(", "))));
    }
    let (head, body) = request.into_parts();
    let given = Given::read(service, &head, body, "file").await?;
    let how = How { search: Search { min_score: least, ..Search::default() }, ..How::default() };
    let told = service.one(Sent::file("file", given.picture("file")?), how).await?;
    if let Some(error) = &told.record.error {
        let failed = status(told.code);
        let failed = if failed.is_server_error() { failed } else { StatusCode::BAD_REQUEST };
        return Err(Refusal::new(failed, error));
    }
    if told.record.faces.is_empty() {
        return Err(Refusal::bad("No face is found in the given image"));
    }
    let most = if limit == 0 { usize::MAX } else { limit };
    Ok(told.record.faces.iter().take(most).map(|face| result(service, face, &plugins)).collect())
}

fn result(service: &Service, face: &AnalyzedFace, plugins: &[&str]) -> Value {
    let (rect, mut result) = (face.rect, Map::new());
    let (right, bottom) = (i64::from(rect.x) + i64::from(rect.width), i64::from(rect.y) + i64::from(rect.height));
    result.insert(
        "box".into(),
        json!({"probability": digits(face.score.unwrap_or(1.0)), "x_max": right, "y_max": bottom, "x_min": rect.x, "y_min": rect.y}),
    );
    if let Some(landmarks) = face.landmarks.as_ref().filter(|_| plugins.contains(&"landmarks")) {
        let points = landmarks.five().map(|[x, y, _]| [x.round() as i64, y.round() as i64]);
        result.insert("landmarks".into(), json!(points));
    }
    if let Some(pose) = face.pose.filter(|_| plugins.contains(&"pose")) {
        result.insert("pose".into(), digits(pose));
    }
    if plugins.contains(&"emotion") {
        let all: Map<String, Value> =
            service.labels.iter().zip(&face.probabilities).map(|(label, value)| (label.clone(), digits(value))).collect();
        let probability = digits(face.probabilities.get(face.label_index));
        let label = &face.label[..];
        result.insert("emotion".into(), json!({"value": label, "probability": probability, "probabilities": all}));
    }
    Value::Object(result)
}

/// With the digits that records have: a value of JSON would make numbers of 32 bits longer.
fn digits(value: impl Serialize) -> Value {
    serde_json::to_string(&value).and_then(|text| serde_json::from_str(&text)).unwrap_or(Value::Null)
}
