//! Whose a link is that was asked for by mail, for its page.

use crate::domain::fresh_link::LinkPurpose;
use crate::render::contexts::PublicationView;
use crate::services::fresh_link::{self, Holder};
use crate::web::Web;
use crate::web::error::WebError;
use crate::web::language::Asked;

/// Looks a link up; changes nothing.
pub(super) async fn find(web: &Web, token: &str, purpose: LinkPurpose) -> Result<Holder, WebError> {
    let found = fresh_link::find(&web.deps, token, purpose).await?;
    found.ok_or(WebError::OldLink)
}

/// The publication that wrote the mail, in the language that its reader asked in or chooses now.
pub(super) fn view(web: &Web, asked: &Asked, holder: &Holder) -> PublicationView {
    let own = holder.link.language.as_deref();
    let language = asked.of_reader(web, own, &holder.publication);
    PublicationView::new(&holder.publication, &web.deps.limits.public_url).told_in(language)
}
