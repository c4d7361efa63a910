use super::*;
#[test]
fn dump() {
    let r = Renderer::new().unwrap();
    std::fs::create_dir_all("/tmp/look-out").unwrap();
    let w = |n: &str, s: &str| std::fs::write(format!("/tmp/look-out/{n}"), s).unwrap();
    let d = r.digest(&contexts::DigestMail::sample()).unwrap();
    println!("digest html {} text {}", d.html.len(), d.text.len());
    w("digest.edition.html", &d.html);
    let v = slots::SlotValues::sample();
    w("digest.html", &slots::fill_html(&d.html, &v));
    w("digest.txt", &slots::fill_text(&d.text, &v));
    w("archived.html", &slots::without_reader(&d.html));
    let mut c = contexts::ConfirmationMail::sample();
    let m = r.confirmation(&c).unwrap();
    println!(
        "confirm html {} text {} {}",
        m.html.len(),
        m.text.len(),
        m.subject
    );
    w("mail-confirm.html", &m.html);
    w("mail-confirm.txt", &m.text);
    c.changes = true;
    w("mail-changes.html", &r.confirmation(&c).unwrap().html);
}
#[test]
fn dump_pages() {
    use pages::*;
    let r = Renderer::new().unwrap();
    std::fs::create_dir_all("/tmp/look-out").unwrap();
    fn go<P: Page>(r: &Renderer, n: &str, p: P) {
        let s = r.page(&p).unwrap();
        println!("page {n} {}", s.len());
        std::fs::write(format!("/tmp/look-out/p-{n}.html"), s).unwrap();
    }
    go(&r, "sign-up", SignUpPage::sample());
    go(&r, "sign-up-wrong", SignUpPage::wrong_sample());
    go(&r, "check-inbox", CheckInboxPage::sample());
    go(&r, "confirm", ConfirmPage::sample());
    go(
        &r,
        "confirm-already",
        ConfirmPage {
            state: ConfirmState::AlreadyConfirmed,
            ..ConfirmPage::sample()
        },
    );
    go(
        &r,
        "confirm-expired",
        ConfirmPage {
            state: ConfirmState::Expired,
            ..ConfirmPage::sample()
        },
    );
    go(&r, "confirmed", ConfirmedPage::sample());
    go(&r, "leave", LeavePage::sample());
    go(&r, "goodbye", GoodbyePage::sample());
    go(&r, "returned", ReturnedPage::sample());
    go(&r, "preferences", PreferencesPage::sample());
    go(
        &r,
        "preferences-left",
        PreferencesPage {
            subscribed: false,
            ..PreferencesPage::sample()
        },
    );
    go(&r, "archive", ArchivePage::sample());
    go(
        &r,
        "archive-empty",
        ArchivePage {
            issues: vec![],
            ..ArchivePage::sample()
        },
    );
    go(&r, "message", MessagePage::sample());
}
