//! KServe's protocol, version 2: files as BYTES, or crops of faces as UINT8; in JSON, or behind it as the extension for binary tensors has it, which Triton's clients
//! use. Answers are JSON.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use image::RgbImage;
use serde::Deserialize;
use serde_json::{Value, json};

use super::asked::{Asked, How};
use super::queue::{Picture, Told};
use super::refusal::Refusal;
use super::service::{Sent, Service};
use super::{body, encoded, health};
use crate::recognizer::Faces;

/// How long the JSON before binary tensors is.
const LENGTH: &str = "inference-header-content-length";

#[derive(Deserialize)]
struct Asking {
    id: Option<String>,
    inputs: Vec<Input>,
}

#[derive(Deserialize)]
struct Input {
    name: String,
    shape: Vec<usize>,
    datatype: String,
    #[serde(default)]
    data: Value,
    #[serde(default)]
    parameters: Parameters,
}

#[derive(Deserialize, Default)]
struct Parameters {
    binary_data_size: Option<usize>,
}

/// `GET /v2`.
pub async fn server() -> Response {
    Json(json!({"name": "moue", "version": env!("CARGO_PKG_VERSION"), "extensions": ["binary_tensor_data"]})).into_response()
}

/// `GET /v2/health/live`.
pub async fn live() -> Response {
    health::live().await
}

/// `GET /v2/health/ready`.
pub async fn ready(service: State<Arc<Service>>) -> Response {
    health::ready(service).await
}

/// `GET /v2/models/{model}`.
///
/// # Errors
/// There is no such model.
pub async fn model(State(service): State<Arc<Service>>, Path(name): Path<String>) -> Result<Response, Refusal> {
    known(&service, &name)?;
    let tensor = |name: &str, datatype: &str, shape: &[i64]| json!({"name": name, "datatype": datatype, "shape": shape});
    let labels = service.labels.len() as i64;
    Ok(Json(json!({
        "name": service.model,
        "versions": ["1"],
        "platform": "moue",
        "inputs": [tensor("image", "BYTES", &[-1]), tensor("crop", "UINT8", &[-1, -1, -1, 3])],
        "outputs": [
            tensor("record", "BYTES", &[-1]),
            tensor("probabilities", "FP32", &[-1, labels]),
            tensor("label", "BYTES", &[-1])
        ],
        "parameters": {"labels": service.labels},
    }))
    .into_response())
}

/// `GET /v2/models/{model}/ready`.
///
/// # Errors
/// There is no such model.
pub async fn model_ready(service: State<Arc<Service>>, Path(name): Path<String>) -> Result<Response, Refusal> {
    known(&service, &name)?;
    Ok(health::ready(service).await)
}

/// `POST /v2/models/{model}/infer`: of files a record each, of crops their probabilities.
///
/// # Errors
/// As [`Service::answer`]; there is no such model, or the tensors are not as its description says.
pub async fn infer(State(service): State<Arc<Service>>, Path(name): Path<String>, request: Request) -> Result<Response, Refusal> {
    known(&service, &name)?;
    let (head, body) = request.into_parts();
    let received = body::whole(&service, &head.headers, body).await?;
    let (json, binary) = split(&head.headers, &received.bytes)?;
    let asking: Asking = serde_json::from_slice(&json).map_err(|error| Refusal::bad(format!("the request: {error}")))?;
    let [input] = &asking.inputs[..] else { return Err(Refusal::bad("give one input: `image` or `crop`")) };
    let binary = match input.parameters.binary_data_size {
        Some(size) => {
            Some(binary.get(..size).map(|_| binary.slice(..size)).ok_or_else(|| Refusal::bad("the tensor is cut short"))?)
        }
        None => None,
    };
    let outputs = match (&input.name[..], &input.datatype[..]) {
        ("image", "BYTES") => {
            let files = files(input, binary)?;
            let sent = files.into_iter().map(|file| Sent::file("image", file)).collect();
            let told = service.answer(sent, How::default()).await?;
            let records: Vec<String> = told.iter().map(|told| record(&service, told)).collect();
            vec![json!({"name": "record", "datatype": "BYTES", "shape": [records.len()], "data": records})]
        }
        ("crop", "UINT8") => {
            let sent = crops(&service, input, binary)?.into_iter();
            let sent = sent.map(|crop| Sent { name: "crop".into(), picture: Picture::Crop(crop) }).collect();
            let told = service.answer(sent, How { faces: Faces::None, ..How::default() }).await?;
            let faces = told.iter().map(|told| {
                let error = || Refusal::unavailable(told.record.error.clone().unwrap_or_default());
                told.record.faces.first().ok_or_else(error)
            });
            let faces = faces.collect::<Result<Vec<_>, _>>()?;
            let values: Vec<f32> = faces.iter().flat_map(|face| face.probabilities.iter().copied()).collect();
            let labels: Vec<&str> = faces.iter().map(|face| &face.label[..]).collect();
            vec![
                json!({"name": "probabilities", "datatype": "FP32", "shape": [faces.len(), service.labels.len()], "data": values}),
                json!({"name": "label", "datatype": "BYTES", "shape": [faces.len()], "data": labels}),
            ]
        }
        (name, datatype) => {
            return Err(Refusal::bad(format!("`{name}` of {datatype}: give `image` of BYTES or `crop` of UINT8")));
        }
    };
    let mut answer = json!({"model_name": service.model, "model_version": "1", "outputs": outputs});
    if let (Some(id), Some(fields)) = (asking.id, answer.as_object_mut()) {
        fields.insert("id".into(), id.into());
    }
    Ok(Json(answer).into_response())
}

fn known(service: &Service, name: &str) -> Result<(), Refusal> {
    if name == service.model {
        return Ok(());
    }
    Err(Refusal::new(StatusCode::NOT_FOUND, format!("there is no model of this name, `{}` is one", service.model)))
}

fn record(service: &Service, told: &Told) -> String {
    String::from_utf8_lossy(&service.line(&told.record, &Asked::default())).trim_end().to_owned()
}

/// The JSON, and what is behind it.
fn split(headers: &HeaderMap, bytes: &Bytes) -> Result<(Bytes, Bytes), Refusal> {
    let Some(length) = headers.get(LENGTH) else { return Ok((bytes.clone(), Bytes::new())) };
    let length = length.to_str().ok().and_then(|length| length.parse().ok()).filter(|&length: &usize| length <= bytes.len());
    let length = length.ok_or_else(|| Refusal::bad(format!("{LENGTH}: the body is not as long")))?;
    Ok((bytes.slice(..length), bytes.slice(length..)))
}

/// The elements of a tensor of BYTES: in JSON base64, behind it each after its length.
fn files(input: &Input, binary: Option<Bytes>) -> Result<Vec<Bytes>, Refusal> {
    let wrong = || Refusal::bad("`image`: its data is not as its shape says");
    let mut files = Vec::new();
    if let Some(mut rest) = binary {
        while !rest.is_empty() {
            let length = rest.get(..4).and_then(|head| head.try_into().ok()).map(u32::from_le_bytes).ok_or_else(wrong)? as usize;
            let end = length.checked_add(4).filter(|&end| end <= rest.len()).ok_or_else(wrong)?;
            files.push(rest.slice(4..end));
            rest = rest.slice(end..);
        }
    } else {
        for text in input.data.as_array().ok_or_else(wrong)? {
            files.push(encoded::picture(text.as_str().ok_or_else(wrong)?).map_err(Refusal::bad)?);
        }
    }
    let told = input.shape.iter().try_fold(1usize, |all, &side| all.checked_mul(side));
    if files.is_empty() || told != Some(files.len()) { Err(wrong()) } else { Ok(files) }
}

/// Crops `[N, H, W, 3]`.
fn crops(service: &Service, input: &Input, binary: Option<Bytes>) -> Result<Vec<RgbImage>, Refusal> {
    let wrong = || Refusal::bad("`crop`: give a shape [N, H, W, 3] and as many bytes");
    let [count, height, width, 3] = input.shape[..] else { return Err(wrong()) };
    if count > service.limits.pictures {
        return Err(Refusal::large(format!("{count} crops: send at most {} at a time", service.limits.pictures)));
    }
    let bytes = match binary {
        Some(bytes) => bytes,
        None => {
            let mut bytes = Vec::new();
            flatten(&input.data, &mut bytes).ok_or_else(wrong)?;
            bytes.into()
        }
    };
    let one = width.checked_mul(height).and_then(|pixels| pixels.checked_mul(3)).filter(|&one| one > 0).ok_or_else(wrong)?;
    if count == 0 || one.checked_mul(count) != Some(bytes.len()) {
        return Err(wrong());
    }
    let (Ok(width), Ok(height)) = (u32::try_from(width), u32::try_from(height)) else { return Err(wrong()) };
    bytes.chunks_exact(one).map(|crop| RgbImage::from_raw(width, height, crop.to_vec()).ok_or_else(wrong)).collect()
}

/// Numbers of lists within lists, in order.
fn flatten(data: &Value, bytes: &mut Vec<u8>) -> Option<()> {
    match data {
        Value::Array(all) => all.iter().try_for_each(|one| flatten(one, bytes)),
        one => {
            bytes.push(u8::try_from(one.as_u64()?).ok()?);
            Some(())
        }
    }
}
