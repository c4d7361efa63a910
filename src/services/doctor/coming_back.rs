//! Checks of the domain of the return paths: whether what comes back finds its way, and is read.

use super::{Case, ComingBackCase, Finding, dns, domain, limited, spf};

/// SPF and MX of the domain, and whether anybody reads what comes; nothing where none is set.
pub(super) async fn check(case: &Case) -> Vec<Finding> {
    let Some(back) = &case.coming_back else {
        return Vec::new();
    };
    let name = back.domain.as_str();
    // What SPF looks at is the return path (RFC 7208, 2.4).
    let (spf, mx) = tokio::join!(
        limited("SPF", name, async {
            match dns(case, "SPF", name) {
                Ok(dns) => spf::check(dns, name).await,
                Err(finding) => finding,
            }
        }),
        limited("MX", name, async {
            match dns(case, "MX", name) {
                Ok(dns) => domain::exchanges(dns, name).await,
                Err(finding) => finding,
            }
        }),
    );
    vec![spf, mx, reading(back)]
}

fn reading(back: &ComingBackCase) -> Finding {
    let (check, domain) = ("bounces", back.domain.as_str());
    if back.is_read {
        return Finding::ok(check, domain, "what comes back is read");
    }
    Finding::warn(
        check,
        domain,
        "the mails name it, and nothing here reads what comes back",
        "set bounces.lmtp_listen or bounces.maildir, or take mailboxes in with `paperround bounce \
         ingest`; who leaves by mail is not heard before",
    )
}
