//! A browser of an operator: keeps cookies, sends forms as browsers do, and reads pages.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use paperround::domain::operator::{Operator, Password, Role, sends_by_default};
use paperround::services::manage_operator::{self, NewOperator};
use url::form_urlencoded::Serializer;

use super::{Answer, TestApp};

pub const PASSWORD: &str = "seven gulls on the quay";

/// A browser that has come to the service.
pub struct Browser<'a> {
    app: &'a TestApp,
    pub address: String,
    pub cookies: BTreeMap<String, String>,
}

impl<'a> Browser<'a> {
    pub fn new(app: &'a TestApp) -> Self {
        Self {
            app,
            address: "203.0.113.7".to_owned(),
            cookies: BTreeMap::new(),
        }
    }

    /// One that has signed in as an operator who is made for it.
    pub async fn of(app: &'a TestApp, email: &str, role: Role) -> Self {
        operator(app, email, role).await;
        let mut browser = Self::new(app);
        let answer = browser.sign_in(email, PASSWORD).await;
        assert_eq!(answer.location(), "/admin", "{}", answer.body);
        browser
    }

    pub async fn get(&mut self, path: &str) -> Answer {
        let request = Request::get(path).header("cookie", self.cookie());
        self.send(request, String::new()).await
    }

    /// Sends a form as a page of ours does, without the session's token.
    pub async fn post_raw(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.post_from("https://news.example", path, fields).await
    }

    /// The same from a page of another site.
    pub async fn post_from(&mut self, origin: &str, path: &str, fields: &[(&str, &str)]) -> Answer {
        let request = Request::post(path)
            .header("cookie", self.cookie())
            .header("origin", origin)
            .header("content-type", "application/x-www-form-urlencoded");
        let body = Serializer::new(String::new()).extend_pairs(fields).finish();
        self.send(request, body).await
    }

    /// Opens a page and sends a form with the token that stands there.
    pub async fn post(&mut self, page: &str, path: &str, fields: &[(&str, &str)]) -> Answer {
        let opened = self.get(page).await;
        assert_eq!(opened.status, StatusCode::OK, "{page}: {}", opened.body);
        let token = opened.form_token();
        let mut all = vec![("form_token", token.as_str())];
        all.extend_from_slice(fields);
        self.post_raw(path, &all).await
    }

    /// Opens a page and sends a file with the token that stands there.
    pub async fn upload(&mut self, page: &str, path: &str, name: &str, file: &str) -> Answer {
        let token = self.get(page).await.form_token();
        self.upload_with(&token, path, name, file).await
    }

    /// The same with a token of one's own.
    pub async fn upload_with(&mut self, token: &str, path: &str, name: &str, file: &str) -> Answer {
        let request = Request::post(path)
            .header("cookie", self.cookie())
            .header("origin", "https://news.example")
            .header("content-type", "multipart/form-data; boundary=-----x7");
        let body = format!(
            "-------x7\r\nContent-Disposition: form-data; name=\"form_token\"\r\n\r\n{token}\r\n\
             -------x7\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
             Content-Type: text/csv\r\n\r\n{file}\r\n-------x7--\r\n"
        );
        self.send(request, body).await
    }

    pub async fn sign_in(&mut self, email: &str, password: &str) -> Answer {
        let fields = [("email", email), ("password", password)];
        self.post_raw("/admin/sign-in", &fields).await
    }

    /// Goes where an answer sends to.
    pub async fn follow(&mut self, answer: &Answer) -> Answer {
        let to = answer.location();
        self.get(&to).await
    }

    fn cookie(&self) -> String {
        let pairs = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"));
        pairs.collect::<Vec<_>>().join("; ")
    }

    async fn send(&mut self, request: axum::http::request::Builder, body: String) -> Answer {
        let request = request
            .header(
                "user-agent",
                "Mozilla/5.0 (X11; Linux x86_64) Firefox/130.0",
            )
            .body(Body::from(body))
            .unwrap();
        let answer = self.app.request_from(&self.address, request).await;
        for cookie in answer.headers.get_all("set-cookie") {
            let cookie = cookie.to_str().unwrap();
            let (name, rest) = cookie.split_once('=').unwrap();
            let value = rest.split(';').next().unwrap();
            if rest.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        answer
    }
}

impl Answer {
    /// Where it sends to; empty where it does not.
    pub fn location(&self) -> String {
        let to = self.headers.get("location");
        to.map_or(String::new(), |to| to.to_str().unwrap().to_owned())
    }

    /// The token of the page's forms.
    pub fn form_token(&self) -> String {
        let (_, rest) = self
            .body
            .split_once("name=\"form_token\" value=\"")
            .unwrap();
        rest.split('"').next().unwrap().to_owned()
    }
}

/// Takes an operator on, with the usual password.
pub async fn operator(app: &TestApp, email: &str, role: Role) -> Operator {
    operator_who(app, email, role, sends_by_default(role)).await
}

/// The same with or without the right to send.
pub async fn operator_who(app: &TestApp, email: &str, role: Role, may_send: bool) -> Operator {
    let new = NewOperator {
        email: email.parse().unwrap(),
        role,
        may_send,
    };
    let password = Password::new(PASSWORD, &new.email).unwrap();
    let made = manage_operator::add(&app.deps, new, Some(&password)).await;
    made.unwrap().0
}
