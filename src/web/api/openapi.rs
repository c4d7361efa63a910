//! The description of the API (OpenAPI 3.1): the operations as the handlers describe themselves, and
//! what all of them share.

use std::sync::OnceLock;

use axum::http::HeaderMap;
use axum::response::Response;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;
use utoipa::openapi::OpenApi;

use super::problem;
use crate::web::conditional;

const ABOUT: &str = "\
Everything that the pages do for programs: publications, topics, feeds, articles, digests, issues and \
who got them, readers, what keeps mail from them, and the service itself. Each request brings a token, which has a role \
and may be limited to some publications; what lies outside of those is as if it were not there. Lists \
come in pages. Problems are problem+json (RFC 9457). A POST with an Idempotency-Key is carried out \
once, however often it is sent.";

/// What every operation may answer, by its name among the components.
const SHARED: [(&str, &str, &str); 12] = [
    (
        "400",
        "BadRequest",
        "The address, a header or the syntax of the body is wrong.",
    ),
    ("401", "NoToken", "No token, or one that is not in force."),
    (
        "403",
        "Forbidden",
        "The token's role may not do this, it may not send, or it reaches too little.",
    ),
    (
        "404",
        "NotFound",
        "There is no such thing, as far as the token reaches.",
    ),
    ("405", "NoMethod", "The address does not know the method."),
    (
        "409",
        "Conflict",
        "It does not go together with what there is, or the same request is being carried out.",
    ),
    (
        "412",
        "Changed",
        "It has changed since the program read it.",
    ),
    ("413", "TooLarge", "The body is too large."),
    (
        "415",
        "MediaType",
        "The body is not of the media type that is needed.",
    ),
    (
        "422",
        "Invalid",
        "The body can be read and is wrong; errors says where.",
    ),
    ("429", "TooMany", "The token has sent too many requests."),
    ("503", "Busy", "The database is busy."),
];

/// Which of them each method may answer.
fn shared_by(method: &str) -> &'static [&'static str] {
    match method {
        "get" => &["400", "401", "403", "404", "405", "429", "503"],
        "delete" => &["400", "401", "403", "404", "405", "409", "429", "503"],
        "patch" => &[
            "400", "401", "403", "404", "405", "409", "412", "413", "415", "422", "429", "503",
        ],
        _ => &[
            "400", "401", "403", "404", "405", "409", "413", "415", "422", "429", "503",
        ],
    }
}

static DOCUMENT: OnceLock<String> = OnceLock::new();

/// Keeps what the handlers say of themselves, completed.
pub(super) fn keep(collected: &OpenApi) {
    DOCUMENT.get_or_init(|| {
        let document = serde_json::to_value(collected).unwrap_or_default();
        completed(document).to_string()
    });
}

/// The document, for whoever asks: it holds nothing of anybody.
pub(super) async fn show(headers: HeaderMap) -> Response {
    let document = DOCUMENT.get().cloned().unwrap_or_default();
    conditional::answer(&headers, "application/json", None, document)
}

fn completed(mut document: Value) -> Value {
    document["info"] = json!({
        "title": "Paperround", "description": ABOUT, "version": env!("CARGO_PKG_VERSION"),
        "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
    });
    document["servers"] = json!([{ "url": "/" }]);
    document["tags"] = tags();
    let components = &mut document["components"];
    components["securitySchemes"] = json!({ "token": {
        "type": "http", "scheme": "bearer", "bearerFormat": "paperround_ and 64 digits",
        "description": "`paperround token create` prints one. The role that an operation names is the least that it needs; `send` is the right to send, which a token has or has not whatever its role.",
    } });
    describe_problems(components);
    components["parameters"] = parameters();
    components["headers"] = json!({
        "ETag": { "description": "The version of the thing, for If-None-Match and If-Match.", "schema": { "type": "string" } },
        "Location": { "description": "Where to find what was made.", "schema": { "type": "string", "format": "uri-reference" } },
    });
    for (path, methods) in objects(&mut document["paths"]) {
        for (method, operation) in objects(methods) {
            complete(&path, &method, operation);
        }
    }
    document
}

/// The fields of an object.
fn objects(value: &mut Value) -> impl Iterator<Item = (String, &mut Value)> {
    let fields = value.as_object_mut().map(Map::iter_mut);
    fields
        .into_iter()
        .flatten()
        .map(|(name, value)| (name.clone(), value))
}

fn tags() -> Value {
    let tags = [
        ("Publications", "What people subscribe to."),
        ("Topics", "The parts of a publication that readers choose."),
        ("Feeds", "Where articles come from."),
        ("Articles", "What the mails are made of."),
        ("Digests", "The recipes of recurring mails."),
        ("Issues", "What goes out, and to whom it went."),
        ("Subscribers", "Readers and their subscriptions."),
        ("Suppressions", "Addresses that get no mail."),
        ("Sign-up rules", "Whom the form lets in."),
        (
            "Templates",
            "The parts of mails that a publication has of its own.",
        ),
        ("Tokens", "The ways into this API."),
        ("Operators", "Who signs in to the pages."),
        ("Webhooks", "Programs elsewhere that are told of events."),
        ("Service", "How the service is doing, and who changed what."),
    ];
    tags.map(|(name, about)| json!({ "name": name, "description": about }))
        .into_iter()
        .collect()
}

fn parameters() -> Value {
    let header = |name: &str, about: &str, schema: Value| json!({ "name": name, "in": "header", "description": about, "schema": schema });
    let tag = json!({ "type": "string" });
    json!({
        "IfNoneMatch": header("If-None-Match", "ETags that the program has: 304 where one of them is the present one.", tag.clone()),
        "IfMatch": header("If-Match", "The ETag of what the program has read: 412 where it has changed since.", tag),
        "IdempotencyKey": header(
            "Idempotency-Key",
            "Another for each request: a repetition with the same key gets the first answer, for a day.",
            json!({ "type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!#-~]+$" }),
        ),
    })
}

/// The schema of a problem, and the answers that have one.
fn describe_problems(components: &mut Value) {
    let mut schemas = vec![(
        problem::Body::name().into_owned(),
        <problem::Body as utoipa::PartialSchema>::schema(),
    )];
    <problem::Body as ToSchema>::schemas(&mut schemas);
    for (name, schema) in schemas {
        components["schemas"][name] = serde_json::to_value(schema).unwrap_or_default();
    }
    for (status, name, about) in SHARED {
        let mut answer = json!({
            "description": about,
            "content": { "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } },
        });
        let header = match status {
            "401" => Some(("WWW-Authenticate", "string")),
            "405" => Some(("Allow", "string")),
            "429" | "503" => Some(("Retry-After", "integer")),
            _ => None,
        };
        if let Some((header, kind)) = header {
            answer["headers"][header] = json!({ "schema": { "type": kind } });
        }
        components["responses"][name] = answer;
    }
}

/// A parameter that is left out is not null.
fn without_null(schema: &mut Value) {
    let before = schema.clone();
    let of = |name: &str, is_null: fn(&Value) -> bool| -> Vec<Value> {
        let all = before[name].as_array().into_iter().flatten();
        all.filter(|one| !is_null(one)).cloned().collect()
    };
    let kinds = of("type", |kind| kind == "null");
    let choices = of("oneOf", |choice| choice["type"] == "null");
    if let [only] = kinds.as_slice() {
        schema["type"] = only.clone();
    }
    if let [only] = choices.as_slice() {
        *schema = only.clone();
    }
}

fn complete(path: &str, method: &str, operation: &mut Value) {
    if path == "/api/v1/openapi.json" {
        return;
    }
    // Of the other methods, those that heed If-Match say that they may find a change.
    let takes_match = method == "patch" || operation["responses"].get("412").is_some();
    let shared = SHARED.iter().filter(|(status, ..)| {
        shared_by(method).contains(status) || (takes_match && *status == "412")
    });
    for (status, name, _) in shared {
        operation["responses"][status] =
            json!({ "$ref": format!("#/components/responses/{name}") });
    }
    let parameter = match method {
        "get" => "IfNoneMatch",
        _ if takes_match => "IfMatch",
        "post" => "IdempotencyKey",
        _ => "",
    };
    if !parameter.is_empty() {
        let reference = json!({ "$ref": format!("#/components/parameters/{parameter}") });
        match &mut operation["parameters"] {
            Value::Array(all) => all.push(reference),
            none => *none = json!([reference]),
        }
    }
    let responses = &mut operation["responses"];
    let tag = json!({ "$ref": "#/components/headers/ETag" });
    if method == "get" {
        responses["304"] =
            json!({ "description": "The program has it.", "headers": { "ETag": tag } });
    }
    if method == "get" || takes_match {
        responses["200"]["headers"]["ETag"] = tag;
    }
    if responses.get("201").is_some() {
        responses["201"]["headers"]["Location"] =
            json!({ "$ref": "#/components/headers/Location" });
    }
    for parameter in operation["parameters"].as_array_mut().into_iter().flatten() {
        if parameter["in"] == "path" && parameter["name"] == "id" {
            parameter["schema"]["format"] = json!("uuid");
        }
        if parameter["in"] == "query" {
            without_null(&mut parameter["schema"]);
        }
    }
}
