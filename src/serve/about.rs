//! What the service says of itself to a page: its models, and whether it wants a token. Of models in the shapes of web/src/types/.

use std::sync::Arc;

use axum::Extension;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::config::Config;
use crate::actions::{self, column, words};
use crate::weights::Model;

/// JSON of what a service is.
#[derive(Debug, Clone)]
pub struct About(Arc<str>);

impl About {
    /// As the configuration says.
    pub fn new(config: &Config) -> Self {
        let about = json!({
            "service": "moue",
            "version": env!("CARGO_PKG_VERSION"),
            "token": config.token.is_some(),
            "model": model(&config.model),
            "actions": Model::actions().ok().map(|model| units(&model)),
        });
        Self(about.to_string().into())
    }
}

fn model(Model { description, .. }: &Model) -> Value {
    let members = description.members.iter().zip(&description.fusion.weights);
    let member = |(member, weight): (&crate::weights::Member, &f64)| json!({"name": member.name, "representation": member.representation, "weight": weight});
    json!({
        "name": description.name,
        "labels": description.labels,
        "members": members.map(member).collect::<Vec<_>>(),
        "licence": description.licence,
        "source": description.source,
        "card": description.card,
    })
}

fn units(model: &Model) -> Value {
    let description = &model.description;
    let reads = actions::reads(model).unwrap_or_default();
    let unit = |(label, [photographs, videos]): (&String, [bool; 2])| json!({"name": column(label), "words": words(label), "photographs": photographs, "videos": videos});
    json!({
        "name": description.name,
        "licence": description.licence,
        "source": description.source,
        "card": description.card,
        "intensity": description.actions.as_ref().map(|actions| actions.intensity),
        "units": description.labels.iter().zip(reads).map(unit).collect::<Vec<_>>(),
    })
}

/// `GET /v1/service`.
pub async fn service(Extension(About(about)): Extension<About>) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], about.to_string()).into_response()
}
