//! Reads forms that carry a file (`multipart/form-data`, RFC 7578) as they come in, so that a file of
//! any size needs no memory.

use axum::body::{Body, BodyDataStream, Bytes};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use futures_util::StreamExt as _;

/// The most that stands between two parts.
const MOST_HEAD: usize = 8 * 1024;

/// Why a form cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Broken {
    /// It is no form with a file.
    Kind,
    /// It ended in the middle, or is not built as it should be.
    Off,
}

/// A form that is being read.
pub(super) struct Multipart {
    coming: BodyDataStream,
    waiting: Vec<u8>,
    /// What stands between two parts, with the end of the line before it.
    boundary: Vec<u8>,
}

/// A field of the form; its value follows.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Field {
    pub(super) name: String,
    /// Of the file, where it is one.
    pub(super) file_name: Option<String>,
}

impl Multipart {
    pub(super) fn of(headers: &HeaderMap, body: Body) -> Result<Self, Broken> {
        let kind = headers
            .get(CONTENT_TYPE)
            .and_then(|kind| kind.to_str().ok());
        let boundary = kind.and_then(boundary).ok_or(Broken::Kind)?;
        Ok(Self {
            coming: body.into_data_stream(),
            // The first boundary has no line before it.
            waiting: b"\r\n".to_vec(),
            boundary: format!("\r\n--{boundary}").into_bytes(),
        })
    }

    async fn more(&mut self) -> Result<(), Broken> {
        let bytes: Bytes = match self.coming.next().await {
            Some(Ok(bytes)) => bytes,
            Some(Err(_)) | None => return Err(Broken::Off),
        };
        self.waiting.extend_from_slice(&bytes);
        Ok(())
    }

    /// The next field, behind the whole value of the one before; `None` at the end.
    pub(super) async fn field(&mut self) -> Result<Option<Field>, Broken> {
        while self.piece().await?.is_some() {}
        self.waiting.drain(..self.boundary.len());
        while self.waiting.len() < 2 {
            self.more().await?;
        }
        if self.waiting.starts_with(b"--") {
            return Ok(None);
        }
        let end = loop {
            if let Some(end) = find(&self.waiting, b"\r\n\r\n") {
                break end;
            }
            if self.waiting.len() > MOST_HEAD {
                return Err(Broken::Off);
            }
            self.more().await?;
        };
        let head = String::from_utf8_lossy(&self.waiting[..end]).into_owned();
        self.waiting.drain(..end + 4);
        field(&head).map(Some).ok_or(Broken::Off)
    }

    /// The next bytes of a value; `None` at its end.
    pub(super) async fn piece(&mut self) -> Result<Option<Vec<u8>>, Broken> {
        loop {
            let border = match find(&self.waiting, &self.boundary) {
                Some(0) => return Ok(None),
                Some(at) => at,
                // What may be the beginning of a boundary waits for the rest.
                None => (self.waiting.len() + 1).saturating_sub(self.boundary.len()),
            };
            if border > 0 {
                let rest = self.waiting.split_off(border);
                return Ok(Some(std::mem::replace(&mut self.waiting, rest)));
            }
            self.more().await?;
        }
    }

    /// A value that is short.
    pub(super) async fn text(&mut self) -> Result<String, Broken> {
        let mut bytes = Vec::new();
        while let Some(piece) = self.piece().await? {
            bytes.extend_from_slice(&piece);
            if bytes.len() > MOST_HEAD {
                return Err(Broken::Off);
            }
        }
        String::from_utf8(bytes).map_err(|_| Broken::Off)
    }
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    let first = *wanted.first()?;
    let mut from = 0;
    loop {
        let at = from + bytes[from..].iter().position(|byte| *byte == first)?;
        if bytes[at..].starts_with(wanted) {
            return Some(at);
        }
        from = at + 1;
    }
}

fn boundary(kind: &str) -> Option<String> {
    let mut parts = kind.split(';').map(str::trim);
    if !parts.next()?.eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let value = parts.find_map(|part| {
        let (name, value) = part.split_once('=')?;
        name.eq_ignore_ascii_case("boundary").then_some(value)
    })?;
    let value = value.trim_matches('"');
    (1..=70).contains(&value.len()).then(|| value.to_owned())
}

/// Browsers write quotes and line ends in names as `%22`, `%0D` and `%0A`.
fn field(head: &str) -> Option<Field> {
    let line = head.split("\r\n").find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-disposition")
            .then_some(value)
    })?;
    let value = |name: &str| {
        let (_, rest) = line.split_once(&format!("; {name}=\""))?;
        let text = rest.split('"').next()?;
        Some(
            text.replace("%22", "\"")
                .replace("%0D", "")
                .replace("%0A", " "),
        )
    };
    Some(Field {
        name: value("name")?,
        file_name: value("filename"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;
    use futures_util::stream;

    /// Reads a form that comes in pieces of a size.
    async fn read(form: &[u8], size: usize) -> Result<Vec<(Field, Vec<u8>)>, Broken> {
        let mut headers = HeaderMap::new();
        let kind = "multipart/form-data; boundary=\"x-Y\"";
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        let pieces: Vec<_> = form
            .chunks(size)
            .map(|c| Ok::<_, std::io::Error>(c.to_vec()))
            .collect();
        let mut form = Multipart::of(&headers, Body::from_stream(stream::iter(pieces)))?;
        let mut fields = Vec::new();
        while let Some(field) = form.field().await? {
            let mut value = Vec::new();
            while let Some(piece) = form.piece().await? {
                value.extend(piece);
            }
            fields.push((field, value));
        }
        Ok(fields)
    }

    #[tokio::test]
    async fn a_form_is_read_however_it_is_cut() {
        let form =
            b"--x-Y\r\nContent-Disposition: form-data; name=\"form_token\"\r\n\r\nabc\r\n--x-Y\r\n\
            content-disposition: form-data; name=\"file\"; filename=\"a %22b%22.csv\"\r\n\
            Content-Type: text/csv\r\n\r\nemail\r\n--x-\r\n\r\nann@b.org\r\n\r\n--x-Y--\r\n";
        for size in [1, 2, 3, 7, 20, 1000] {
            let fields = read(form, size).await.unwrap();
            assert_eq!(fields.len(), 2);
            assert_eq!(
                (fields[0].0.name.as_str(), &fields[0].1[..]),
                ("form_token", &b"abc"[..])
            );
            assert_eq!(fields[1].0.file_name.as_deref(), Some("a \"b\".csv"));
            assert_eq!(fields[1].1, b"email\r\n--x-\r\n\r\nann@b.org\r\n");
        }
        assert_eq!(read(&form[..form.len() - 8], 5).await, Err(Broken::Off));
        assert_eq!(read(b"--x-Y--\r\n", 4).await.unwrap(), []);
        assert_eq!(read(b"", 1).await, Err(Broken::Off));
        assert_eq!(
            read(b"--x-Y\r\nX: y\r\n\r\n\r\n--x-Y--", 4).await,
            Err(Broken::Off)
        );
    }

    #[test]
    fn other_bodies_are_no_such_form() {
        for kind in [
            "text/csv",
            "multipart/form-data",
            "multipart/form-data; boundary=",
            "multipart/mixed; boundary=a",
        ] {
            assert_eq!(boundary(kind), None, "{kind}");
        }
    }
}
