//! What clients of other services send: a picture and its options, as JSON or as a form.

use std::collections::BTreeMap;

use axum::body::{Body, Bytes};
use axum::http::request::Parts;
use serde_json::Value;

use super::body::{self, Received};
use super::encoded;
use super::refusal::Refusal;
use super::service::Service;

/// Parts of such a form at most.
const MOST: usize = 32;

/// A picture and its options.
pub struct Given {
    /// The picture, where one was sent.
    pub picture: Option<Bytes>,
    /// What else was sent.
    pub options: BTreeMap<String, Value>,
    _received: Received,
}

impl Given {
    /// Of a request whose picture has this name.
    ///
    /// # Errors
    /// As [`body::whole`]; it is neither JSON nor a form, or the picture in it is none.
    pub async fn read(service: &Service, head: &Parts, body: Body, name: &str) -> Result<Self, Refusal> {
        let received = body::whole(service, &head.headers, body).await?;
        let (mut picture, mut options) = (None, BTreeMap::new());
        if body::is_multipart(&head.headers) {
            for part in body::parts(&head.headers, &received, MOST).await? {
                let text = || std::str::from_utf8(&part.bytes).map_err(|_| Refusal::bad(format!("`{}` is no text", part.field)));
                match (part.field == name, &part.file) {
                    (true, Some(_)) => picture = Some(part.bytes.clone()),
                    (true, None) => picture = Some(encoded::picture(text()?).map_err(Refusal::bad)?),
                    (false, _) => {
                        options.insert(part.field.clone(), Value::String(text()?.to_owned()));
                    }
                }
            }
        } else {
            options = if body::kind(&head.headers) == Some("application/x-www-form-urlencoded") {
                let pairs = form_urlencoded::parse(&received.bytes);
                pairs.map(|(name, value)| (name.into_owned(), Value::String(value.into_owned()))).collect()
            } else if body::is_json(&head.headers) {
                let wrong = |error| Refusal::bad(format!("the body is no JSON object: {error}"));
                serde_json::from_slice(&received.bytes).map_err(wrong)?
            } else {
                return Err(Refusal::bad("send JSON or a form, and say so by Content-Type"));
            };
            match options.remove(name) {
                None | Some(Value::Null) => {}
                Some(Value::String(text)) => picture = Some(encoded::picture(&text).map_err(Refusal::bad)?),
                Some(_) => return Err(Refusal::bad(format!("`{name}` is one picture in base64"))),
            }
        }
        Ok(Self { picture, options, _received: received })
    }

    /// The picture.
    ///
    /// # Errors
    /// There is none.
    pub fn picture(&self, name: &str) -> Result<Bytes, Refusal> {
        self.picture.clone().ok_or_else(|| Refusal::bad(format!("there is no `{name}`: send a picture")))
    }

    /// A word that is true or false.
    ///
    /// # Errors
    /// It is neither.
    pub fn switch(&self, name: &str, default: bool) -> Result<bool, Refusal> {
        match self.options.get(name) {
            None | Some(Value::Null) => Ok(default),
            Some(Value::Bool(value)) => Ok(*value),
            Some(Value::String(word)) if ["true", "1"].contains(&&word.to_lowercase()[..]) => Ok(true),
            Some(Value::String(word)) if ["false", "0"].contains(&&word.to_lowercase()[..]) => Ok(false),
            Some(other) => Err(Refusal::bad(format!("{name}={other}: give true or false"))),
        }
    }

    /// Words, as a list or with commas between them.
    pub fn words(&self, name: &str) -> Option<Vec<String>> {
        let clean = |text: &str| {
            let words = text.split(',').map(|word| word.trim_matches(|sign: char| !sign.is_alphanumeric()).to_owned());
            words.filter(|word| !word.is_empty()).collect()
        };
        match self.options.get(name)? {
            Value::String(text) => Some(clean(text)),
            Value::Array(all) => Some(all.iter().filter_map(Value::as_str).map(str::to_owned).collect()),
            _ => None,
        }
    }
}
