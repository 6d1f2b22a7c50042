//! `POST /analyze` as deepface's service has it. What it does beyond expressions is refused by its name, where it is asked for.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use super::asked::How;
use super::given::Given;
use super::refusal::Refusal;
use super::service::{Sent, Service, status};
use crate::recognizer::{AnalyzedFace, Faces};

/// Emotions in the order of deepface's answers.
const EMOTIONS: [&str; 7] = ["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"];

/// The seven emotions of every face, in per cent.
///
/// # Errors
/// As [`Service::answer`]; what is asked for is not done here; there is no face, and there must be one.
pub async fn analyze(State(service): State<Arc<Service>>, request: Request) -> Result<Response, Refusal> {
    let (head, body) = request.into_parts();
    let given = Given::read(&service, &head, body, "img").await?;
    let bytes = given.picture("img")?;
    for action in given.words("actions").unwrap_or_default() {
        if action != "emotion" {
            return Err(Refusal::bad(format!("actions: `{action}` is not done here, `emotion` is")));
        }
    }
    if given.switch("anti_spoofing", false)? {
        return Err(Refusal::bad("anti_spoofing: that is not done here"));
    }
    if !given.switch("align", true)? {
        return Err(Refusal::bad("align=false: faces are always aligned here"));
    }
    let expand = given.options.get("expand_percentage").filter(|value| !value.is_null());
    if expand.is_some_and(|value| value != &json!(0) && value != &json!("0")) {
        return Err(Refusal::bad("expand_percentage: the model has its own margin here"));
    }
    let enforced = given.switch("enforce_detection", true)?;
    let skip = given.options.get("detector_backend").and_then(Value::as_str) == Some("skip");
    let how = How { faces: if skip { Faces::None } else { Faces::All }, ..How::default() };
    let places = places(&service)?;
    let mut told = service.one(Sent::file("img", bytes.clone()), how).await?;
    if told.code.is_none() && told.record.faces.is_empty() {
        if enforced {
            return Err(Refusal::bad(
                "Face could not be detected in img: set enforce_detection to false to read the whole picture",
            ));
        }
        told = service.one(Sent::file("img", bytes), How { faces: Faces::None, ..how }).await?;
    }
    if let Some(error) = &told.record.error {
        let failed = status(told.code);
        return Err(if failed.is_server_error() { Refusal::new(failed, error) } else { Refusal::bad(error) });
    }
    let results: Vec<Value> = told.record.faces.iter().map(|face| result(face, &places)).collect();
    Ok(Json(json!({"results": results})).into_response())
}

/// Where the seven are among the model's labels.
fn places(service: &Service) -> Result<[usize; 7], Refusal> {
    let mut places = [0; 7];
    for (place, emotion) in places.iter_mut().zip(EMOTIONS) {
        let at = service.labels.iter().position(|label| label == emotion);
        *place = at.ok_or_else(|| Refusal::bad(format!("the model `{}` has no label `{emotion}`", service.model)))?;
    }
    Ok(places)
}

/// The seven made to sum 100: the model may know more.
fn result(face: &AnalyzedFace, places: &[usize; 7]) -> Value {
    let values = places.map(|at| f64::from(face.probabilities.get(at).copied().unwrap_or(0.0)));
    let sum = values.iter().sum::<f64>().max(f64::MIN_POSITIVE);
    let emotion: Map<String, Value> =
        EMOTIONS.iter().zip(values).map(|(name, value)| ((*name).to_owned(), json!(100.0 * value / sum))).collect();
    let best = (0..7).reduce(|best, at| if values[at] > values[best] { at } else { best }).unwrap_or(0);
    let eye = |at: usize| face.landmarks.as_ref().map(|all| all.five()[at]).map(|[x, y, _]| [x.round() as i64, y.round() as i64]);
    let rect = face.rect;
    json!({
        "emotion": emotion,
        "dominant_emotion": EMOTIONS[best],
        // Of the person: what is left of the face is right in the picture.
        "region": {"x": rect.x, "y": rect.y, "w": rect.width, "h": rect.height, "left_eye": eye(1), "right_eye": eye(0)},
        "face_confidence": face.score.unwrap_or(0.0),
    })
}
