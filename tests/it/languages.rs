//! Readers are written to in the language they signed up in.

use crate::support::TestApp;

#[tokio::test]
async fn the_confirmation_is_in_the_language_of_the_sign_up() {
    let app = TestApp::new().await;
    for (language, subject) in [
        ("it", "Confermi la Sua iscrizione"),
        ("de-AT", "Bitte bestätigen Sie Ihr Abonnement"),
        ("pt", "Confirm your subscription"),
    ] {
        let email = format!("{language}@inbox.example");
        let form = format!("email={language}%40inbox.example&language={language}");
        app.post("/ledger/subscribe", &form).await;
        app.send_notices().await;
        let mail = app.newest(&email);
        let found = mail.subject();
        assert!(found.contains(subject), "{language}: {found}");
    }
}
