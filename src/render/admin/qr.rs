//! A text as a picture that phones read.

use fast_qr::convert::Builder;
use fast_qr::convert::svg::SvgBuilder;
use fast_qr::qr::QRBuilder;

/// The SVG of a text; `None` where it is too long for a picture.
pub fn svg(text: &str) -> Option<String> {
    let code = QRBuilder::new(text).build().ok()?;
    Some(SvgBuilder::default().margin(2).to_str(&code))
}
