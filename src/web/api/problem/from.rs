//! How the errors of the services become problems. Their hints at the command line are left out.

use axum::extract::rejection::{BytesRejection, QueryRejection};
use axum::http::StatusCode;

use super::Problem;
use crate::domain::text::LineError;
use crate::services::add_reader::AddError;
use crate::services::approve_issue::ApproveError;
use crate::services::article_input::InputError;
use crate::services::change_run::RunError;
use crate::services::control_issue::ControlError;
use crate::services::discover_feed::DiscoverError;
use crate::services::edit_article::EditError;
use crate::services::edit_draft::DraftError;
use crate::services::import::{ImportError, StepError, UploadError};
use crate::services::ingest_article::IngestError;
use crate::services::manage_digest::DigestError;
use crate::services::manage_feed::ManageFeedError;
use crate::services::manage_publication::PublicationError;
use crate::services::manage_subscription::SubscriptionError;
use crate::services::manage_token::TokenError;
use crate::services::plan_issue::PlanError;
use crate::services::preview_digest::PreviewError;
use crate::services::remove_topic::RemoveTopicError;
use crate::services::sign_up::ResendError;
use crate::services::test_digest::TestError;
use crate::store::StoreError;

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<QueryRejection> for Problem {
    fn from(rejection: QueryRejection) -> Self {
        Self::Request(rejection.body_text())
    }
}

impl From<BytesRejection> for Problem {
    fn from(rejection: BytesRejection) -> Self {
        match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => Self::TooLarge,
            _ => Self::Request("The request broke off.".to_owned()),
        }
    }
}

impl Problem {
    /// What was wrong with articles.
    pub(in crate::web::api) fn of_articles(error: InputError, is_list: bool) -> Self {
        match error {
            InputError::Json(error) => Self::Request(format!("The body is not JSON: {error}.")),
            InputError::Articles(mistakes) => Self::Wrong { mistakes, is_list },
            InputError::Store(error) => Self::Store(error),
        }
    }

    /// A text that is too long, or none; services name the fields with blanks and an article.
    fn of_line(error: &LineError) -> Self {
        let (LineError::Empty { field }
        | LineError::TooLong { field, .. }
        | LineError::Control { field }) = error;
        let name = match *field {
            "the sender's name" => "from",
            "the logo's description" => "look/logo/alt",
            "the notice's label" => "notice_label",
            other => other.trim_start_matches("the "),
        };
        Self::field(&name.replace(' ', "_"), error)
    }

    pub(super) fn no_topic(field: &str, given: &str) -> Self {
        Self::field(
            field,
            format!("there is no topic {given:?} in the publication"),
        )
    }
}

/// A sentence of an error's text.
pub(super) fn sentence(error: &impl ToString) -> String {
    let text = error.to_string();
    let mut chars = text.chars();
    let first = chars.next().map(char::to_uppercase);
    let mut sentence: String = first.into_iter().flatten().chain(chars).collect();
    if !sentence.ends_with('.') {
        sentence.push('.');
    }
    sentence
}

impl From<IngestError> for Problem {
    fn from(error: IngestError) -> Self {
        match error {
            IngestError::Store(error) => Self::Store(error),
            IngestError::Lost(_) => Self::Running,
            other => Self::Refused(sentence(&other)),
        }
    }
}

impl From<PublicationError> for Problem {
    fn from(error: PublicationError) -> Self {
        use PublicationError as E;
        match error {
            E::Exists(_) | E::TopicExists(_) => Self::Conflict(sentence(&error)),
            E::Unknown(slug) => Self::NotFound(format!("There is no publication {slug:?}.")),
            E::UnknownTopic(slug) => Self::NotFound(format!("There is no topic {slug:?}.")),
            E::Changed => Self::Changed,
            E::Language(_) => Self::field("language", error),
            E::Offered { .. } | E::OwnLanguage(_) => Self::field("languages", error),
            E::Relay { .. } => Self::field("relays", error),
            E::PrivacyUrl(_) => Self::field("privacy_url", error),
            E::NoLogo => Self::field("look/logo/url", "there is no logo yet: name its address"),
            E::Logo(error) => Self::field("look/logo", error),
            E::Line(error) => Self::of_line(&error),
            E::Store(error) => Self::Store(error),
        }
    }
}

impl From<RemoveTopicError> for Problem {
    fn from(error: RemoveTopicError) -> Self {
        match error {
            RemoveTopicError::Unknown(slug) => {
                Self::NotFound(format!("There is no topic {slug:?}."))
            }
            RemoveTopicError::Digest { .. } => Self::Conflict(sentence(&error)),
            RemoveTopicError::Store(error) => Self::Store(error),
        }
    }
}

impl From<DigestError> for Problem {
    fn from(error: DigestError) -> Self {
        use DigestError as E;
        match error {
            E::Exists(_) => Self::Conflict(sentence(&error)),
            E::Topic { given, .. } => Self::no_topic("topics", &given),
            E::Unknown => Self::NotFound("There is no such digest any more.".to_owned()),
            E::Changed => Self::Changed,
            E::Items => Self::field(
                "max_items",
                "max_items and full_items must be 1 to 100, min_items 1 to max_items",
            ),
            E::SectionTwice(_) => Self::field("sections", error),
            E::TwoWays => Self::field(
                "breaking",
                "a digest goes out by its cron or when there is news, not both; null takes away",
            ),
            E::LocalTime => Self::field("local_time", "needs a schedule: give cron"),
            E::MostADay => Self::field("breaking/most_a_day", "must be 1 to 100"),
            E::Subject(error) => Self::field("subject", error),
            E::Schedule(error) => Self::field("cron", error),
            E::Line(error) => Self::of_line(&error),
            E::Store(error) => Self::Store(error),
        }
    }
}

impl From<RunError> for Problem {
    fn from(error: RunError) -> Self {
        use RunError as E;
        match error {
            E::Unknown => Self::NotFound("There is no such digest any more.".to_owned()),
            E::Store(error) => Self::Store(error),
            other => Self::Conflict(sentence(&other)),
        }
    }
}

impl From<DraftError> for Problem {
    fn from(error: DraftError) -> Self {
        use DraftError as E;
        match error {
            E::Changed { .. } => Self::Changed,
            E::Unknown => Self::NotFound("There is no such digest any more.".to_owned()),
            E::Article(_) => Self::field("articles", error),
            E::Subject(error) => Self::field("subject", error),
            E::Line(error) => match Self::of_line(&error) {
                Self::Invalid(fields) if !fields.iter().any(|f| is_of_draft(&f.pointer)) => {
                    Self::field("articles", error)
                }
                other => other,
            },
            E::Store(error) => Self::Store(error),
        }
    }
}

/// Whether a field is one of the draft, and not of its articles.
fn is_of_draft(pointer: &str) -> bool {
    matches!(pointer, "/subject" | "/intro")
}

impl From<ManageFeedError> for Problem {
    fn from(error: ManageFeedError) -> Self {
        use ManageFeedError as E;
        match error {
            E::Exists(_) => Self::Conflict(sentence(&error)),
            E::Unknown(id) => Self::NotFound(format!("There is no feed {id:?}.")),
            E::Changed => Self::Changed,
            E::Topic { given, .. } => Self::no_topic("topics", &given),
            E::Url(error) => Self::field("url", error),
            E::Store(error) => Self::Store(error),
        }
    }
}

impl From<DiscoverError> for Problem {
    fn from(error: DiscoverError) -> Self {
        Self::field("url", error)
    }
}

impl From<EditError> for Problem {
    fn from(error: EditError) -> Self {
        use EditError as E;
        match error {
            E::Unknown(id) => Self::NotFound(format!("There is no article \"{id}\".")),
            E::Changed => Self::Changed,
            E::Language(_) => Self::field("language", error),
            E::Title(error) => Self::field("title", error),
            E::Url(error) => Self::field("url", error),
            E::Times(error) => Self::field("not_before", error),
            E::Topic(IngestError::Topic { given, .. }) => Self::no_topic("topics", &given),
            E::Topic(error) => error.into(),
            E::Store(error) => Self::Store(error),
        }
    }
}

impl From<ControlError> for Problem {
    fn from(error: ControlError) -> Self {
        match error {
            ControlError::Store(error) => Self::Store(error),
            ControlError::Unknown(id) => Self::NotFound(format!("There is no issue \"{id}\".")),
            other => Self::Conflict(sentence(&other)),
        }
    }
}

impl From<ApproveError> for Problem {
    fn from(error: ApproveError) -> Self {
        match error {
            ApproveError::Store(error) => Self::Store(error),
            ApproveError::Unknown(id) => Self::NotFound(format!("There is no issue \"{id}\".")),
            ApproveError::State(_) => Self::Conflict(sentence(&error)),
        }
    }
}

impl From<PlanError> for Problem {
    fn from(error: PlanError) -> Self {
        match error {
            PlanError::Store(error) => Self::Store(error),
            PlanError::Lost(_) => Self::Running,
            PlanError::Taken | PlanError::Schedule(_) => Self::Conflict(sentence(&error)),
        }
    }
}

impl From<PreviewError> for Problem {
    fn from(error: PreviewError) -> Self {
        use PreviewError as E;
        match error {
            E::Store(error) => Self::Store(error),
            E::Unknown(id) => Self::NotFound(format!("There is no issue \"{id}\".")),
            E::NotSubscribed(_) => Self::NotFound(sentence(&error)),
            E::NoArticles => Self::Conflict("The publication has had no article yet.".to_owned()),
            E::Nothing(_) | E::NotFrozen(_) | E::Render(_) | E::Compose(_) => {
                Self::Conflict(sentence(&error))
            }
        }
    }
}

impl From<TestError> for Problem {
    fn from(error: TestError) -> Self {
        match error {
            TestError::Store(error) => Self::Store(error),
            TestError::Preview(error) => error.into(),
            TestError::Suppressed(_) => Self::field("to", error),
            other => Self::Refused(sentence(&other)),
        }
    }
}

impl From<TokenError> for Problem {
    fn from(error: TokenError) -> Self {
        match error {
            TokenError::Store(error) => Self::Store(error),
            TokenError::Exists(name) => {
                Self::Conflict(format!("There is a token {name:?} in force already."))
            }
            TokenError::Unknown(name) => {
                Self::NotFound(format!("There is no token {name:?} in force."))
            }
            TokenError::Name(error) => Self::field("name", error),
        }
    }
}

impl From<ImportError> for Problem {
    fn from(error: ImportError) -> Self {
        use ImportError as E;
        match error {
            E::Store(error) => Self::Store(error),
            E::Utf16 | E::Header(_) | E::Empty => Self::Refused(sentence(&error)),
            other => Self::Broken(other.to_string()),
        }
    }
}

impl From<UploadError> for Problem {
    fn from(error: UploadError) -> Self {
        match error {
            UploadError::Store(error) => Self::Store(error),
            UploadError::TooLarge => Self::TooLarge,
            UploadError::Empty => Self::Refused(sentence(&error)),
        }
    }
}

impl From<StepError> for Problem {
    fn from(error: StepError) -> Self {
        match error {
            StepError::Store(error) => Self::Store(error),
            StepError::Unknown => Self::nothing_here(),
            StepError::State(_) => Self::Conflict(sentence(&error)),
            StepError::Columns(_) | StepError::NoConsent => Self::Refused(sentence(&error)),
        }
    }
}

impl From<AddError> for Problem {
    fn from(error: AddError) -> Self {
        match error {
            AddError::Import(error) => error.into(),
            AddError::Rejected { reason, .. } => Self::Refused(sentence(&reason)),
            AddError::Suppressed(_) => {
                Self::Conflict("The address is suppressed and gets no mail.".to_owned())
            }
            AddError::Left(_) => Self::Conflict(
                "The reader has left; only they themselves can come back, by signing up."
                    .to_owned(),
            ),
        }
    }
}

impl From<SubscriptionError> for Problem {
    fn from(error: SubscriptionError) -> Self {
        use SubscriptionError as E;
        match error {
            E::Unknown => Self::NotFound(sentence(&error)),
            E::Changed => Self::Changed,
            E::State(_) => Self::Conflict(sentence(&error)),
            E::Topic(_) => Self::field("topics", error),
            E::Digest(_) => Self::field("digests", error),
            E::Language(_) => Self::field("language", error),
            E::Store(error) => Self::Store(error),
        }
    }
}

impl From<ResendError> for Problem {
    fn from(error: ResendError) -> Self {
        match error {
            ResendError::Unknown => Self::NotFound(sentence(&error)),
            ResendError::Store(error) => Self::Store(error),
            other => Self::Conflict(sentence(&other)),
        }
    }
}
