//! Form fields in the body: how clients send bound parameters that are too long for a URL.
//!
//! A field counts as a URL parameter of its name. In ClickHouse a field with a file name is an
//! external table; there is no way to hand one to the embedded engine, so that is refused.

use axum::{
    body::Body,
    extract::{FromRequest, Multipart},
    http::{HeaderMap, header, request::Parts},
};

use crate::exception::Exception;

/// The body holds form fields.
pub fn is_form(headers: &HeaderMap) -> bool {
    let content_type = headers.get(header::CONTENT_TYPE).map(|value| value.as_bytes());
    let start = content_type.and_then(|value| value.get(..b"multipart/form-data".len()));
    start.is_some_and(|start| start.eq_ignore_ascii_case(b"multipart/form-data"))
}

/// Names and values of the fields, in order. The router bounds the size of the body.
pub async fn fields(parts: &Parts, body: Body) -> Result<Vec<(String, String)>, Exception> {
    let broken = |text: String| Exception::bad_arguments(format!("Cannot parse the form: {text}"));
    let request = axum::extract::Request::from_parts(parts.clone(), body);
    let mut form = Multipart::from_request(request, &())
        .await
        .map_err(|rejection| broken(rejection.body_text()))?;
    let mut fields = Vec::new();
    while let Some(field) = form.next_field().await.map_err(|error| broken(error.body_text()))? {
        let name = field.name().unwrap_or_default().to_owned();
        if field.file_name().is_some() {
            let text = "External tables are not supported by the embedded engine";
            return Err(Exception::not_implemented(text));
        }
        let value = field.bytes().await.map_err(|error| broken(error.body_text()))?;
        fields.push((name, String::from_utf8_lossy(&value).into_owned()));
    }
    Ok(fields)
}
