//! The document that describes the API, and whether it is true.

use std::collections::{BTreeSet, HashSet};

use axum::http::{Method, StatusCode};
use paperround::domain::api_token::Role;
use serde_json::{Value, json};

use super::{Program, call, header, problem, read};
use crate::support::TestApp;

const PLACE: &str = "/api/v1/openapi.json";

/// An operation of the document.
struct Operation {
    method: Method,
    /// With something in place of what stands in braces.
    path: String,
    about: Value,
}

async fn document(app: &TestApp) -> Value {
    let answer = call(app, Method::GET, PLACE, &[], "").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(header(&answer, "content-type"), "application/json");
    read(&answer)
}

fn operations(document: &Value) -> Vec<Operation> {
    let mut all = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        let path = path
            .replace("{publication}", "ledger")
            .replace("{id}", "0190-none");
        let path = path.replace(['{', '}'], "");
        for (method, about) in methods.as_object().unwrap() {
            all.push(Operation {
                method: method.to_uppercase().parse().unwrap(),
                path: path.clone(),
                about: about.clone(),
            });
        }
    }
    all
}

fn references(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            if let Some(Value::String(text)) = fields.get("$ref") {
                found.insert(text.clone());
            }
            fields.values().for_each(|value| references(value, found));
        }
        Value::Array(items) => items.iter().for_each(|value| references(value, found)),
        _ => {}
    }
}

#[tokio::test]
async fn the_document_is_whole() {
    let app = TestApp::new().await;
    let document = document(&app).await;
    assert_eq!(document["openapi"], "3.1.0");
    let mut used = BTreeSet::new();
    references(&document, &mut used);
    for reference in &used {
        let place = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(place).is_some(), "{reference}");
    }
    let tags: HashSet<&str> = document["tags"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tag| tag["name"].as_str().unwrap())
        .collect();
    let mut names = HashSet::new();
    for Operation {
        method,
        path,
        about,
    } in operations(&document)
    {
        let place = format!("{method} {path}");
        let summary = about["summary"].as_str().unwrap_or_default();
        assert!(summary.ends_with('.'), "{place}: {summary:?}");
        let name = about["operationId"].as_str().unwrap().to_owned();
        assert!(names.insert(name.clone()), "{place}: {name} is there twice");
        assert!(tags.contains(about["tags"][0].as_str().unwrap()), "{place}");
        let role = about["security"][0]["token"][0].as_str().unwrap();
        let is_known = role == "send" || role.parse::<Role>().is_ok();
        assert!(is_known, "{place}: {role}");
        for parameter in about["parameters"].as_array().unwrap() {
            let is_told = parameter["$ref"].is_string() || parameter["description"].is_string();
            assert!(is_told, "{place}: {parameter}");
        }
        let answers = about["responses"].as_object().unwrap();
        for status in ["400", "401", "403", "404", "405", "429", "503"] {
            assert!(answers.contains_key(status), "{place}: {status}");
        }
    }
    assert!(names.len() > 110, "{}", names.len());
}

#[tokio::test]
async fn every_operation_that_is_described_is_there_and_asks_for_a_token_and_a_role() {
    let app = TestApp::new().await;
    let viewer = Program::new(&app, Role::Viewer).await;
    let editor = Program::new(&app, Role::Editor).await;
    let silent = Program::silent(&app, Role::Owner).await;
    for operation in operations(&document(&app).await) {
        let Operation {
            method,
            path,
            about,
        } = operation;
        let refused = call(&app, method.clone(), &path, &[], "").await;
        problem(&refused, 401);
        let role = about["security"][0]["token"][0].as_str().unwrap();
        let below = match role {
            "editor" => &viewer,
            "owner" => &editor,
            "send" => &silent,
            _ => continue,
        };
        let path = path.strip_prefix("/api/v1").unwrap();
        let refused = below.call(method.clone(), path, &[], &json!({})).await;
        let told = problem(&refused, 403);
        let words = match role {
            "send" => "the right to send".to_owned(),
            role => format!("the role {role}"),
        };
        assert!(
            told["detail"].as_str().unwrap().contains(&words),
            "{method} {path}"
        );
    }
}

#[tokio::test]
async fn what_is_not_described_is_not_there() {
    let app = TestApp::new().await;
    let owner = Program::new(&app, Role::Owner).await;
    let all = operations(&document(&app).await);
    let known: HashSet<(String, Method)> = all
        .iter()
        .map(|o| (o.path.clone(), o.method.clone()))
        .collect();
    let paths: BTreeSet<&str> = all.iter().map(|o| o.path.as_str()).collect();
    for path in paths {
        for method in [
            Method::GET,
            Method::POST,
            Method::PUT,
            Method::PATCH,
            Method::DELETE,
        ] {
            if known.contains(&(path.to_owned(), method.clone())) {
                continue;
            }
            let short = path.strip_prefix("/api/v1").unwrap();
            let refused = owner.call(method.clone(), short, &[], &Value::Null).await;
            problem(&refused, 405);
            let allowed = header(&refused, "allow");
            for (known, method) in &known {
                assert!(
                    known != path || allowed.contains(method.as_str()),
                    "{path}: {allowed}"
                );
            }
        }
    }
    for path in ["", "/", "/nothing", "/publications/", "/openapi.json/x"] {
        problem(&owner.get(path).await, 404);
    }
    problem(&call(&app, Method::GET, "/api", &[], "").await, 404);
}
