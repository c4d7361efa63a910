//! Settings are changed while the real program sends: nobody is missed, nothing goes out twice.

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::sync::Arc;
use std::time::Duration;

use paperround::demo::mailbox::Mailbox;
use paperround::demo::smtp::{Action, ReceivedMail, Script, SmtpServer};

use crate::support::program::{KEY, Stage, until};

const READERS: usize = 2000;

/// Answers each mail after a while, so that a change finds mails in flight.
struct Slow(Mailbox);

impl Script for Slow {
    fn on_message(&self, mail: &ReceivedMail) -> Action {
        self.0.keep(mail.clone());
        Action::Delay(Duration::from_millis(4), Box::new(Action::Accept))
    }
}

/// The program and its log; killed when the test ends.
struct Served {
    child: Child,
    folder: PathBuf,
}

impl Served {
    fn start(folder: &Path, url: &str) -> Self {
        let log = std::fs::File::create(folder.join("log")).unwrap();
        let child = Command::new(env!("CARGO_BIN_EXE_paperround"))
            .args(["serve", "--only", "worker,scheduler"])
            .current_dir(folder)
            .env("PAPERROUND__DATABASE__URL", url)
            .env("PAPERROUND__SECURITY__SECRET_KEY", KEY)
            .stderr(log)
            .spawn()
            .unwrap();
        Self {
            child,
            folder: folder.to_owned(),
        }
    }

    fn hang_up(&self) {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args(["-HUP", &pid]).status().unwrap();
        assert!(sent.success());
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.join("log")).unwrap()
    }

    async fn logged(&self, text: &str) {
        until(text, async || self.log().contains(text)).await;
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

async fn relay() -> (Mailbox, SmtpServer) {
    let mailbox = Mailbox::new();
    let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let smtp = SmtpServer::start(listen, Arc::new(Slow(mailbox.clone())));
    (mailbox, smtp.await.unwrap())
}

fn write(folder: &Path, listen: u16, relay: &str) {
    let text = format!("[http]\nlisten = \"127.0.0.1:{listen}\"\n[[relay]]\n{relay}\n");
    std::fs::write(folder.join("paperround.toml"), text).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn relays_change_in_the_middle_of_a_send() {
    let (one, smtp_one) = relay().await;
    let (two, smtp_two) = relay().await;
    let stage = Stage::new(READERS).await;
    let at = stage.folder.path();
    let first = format!("url = \"smtp://{}\"", smtp_one.address());
    let second = format!("url = \"smtp://{}\"", smtp_two.address());

    write(
        at,
        8080,
        &format!("{first}\nconnections = 4\nper_second = 100"),
    );
    let served = Served::start(at, &stage.database.url);
    until("the send to get under way", async || one.list().len() > 50).await;

    write(at, 8080, "url = \"http://nowhere\"");
    served.hang_up();
    served.logged("are wrong; the old ones stay in force").await;
    let before = one.list().len();
    until("the send to go on", async || one.list().len() > before + 20).await;

    write(
        at,
        8081,
        &format!("{second}\nconnections = 8\nper_second = 200"),
    );
    served.hang_up();
    served.logged("needs a restart: http.listen").await;
    until("the other relay", async || two.list().len() > 50).await;
    let left_behind = one.list().len();
    until("more of it", async || two.list().len() > 150).await;
    assert_eq!(one.list().len(), left_behind, "the old relay is left alone");

    // Without a signal: the file's time is enough.
    write(at, 8080, &format!("{first}\nconnections = 8"));
    until("the first relay again", async || {
        one.list().len() > left_behind
    })
    .await;
    let left_behind = two.list().len();
    stage.ended().await;
    assert!(
        two.list().len() <= left_behind + 8,
        "only what was on its way"
    );

    let mut copies: HashMap<String, usize> = HashMap::new();
    for mail in one.list().iter().chain(&two.list()) {
        *copies.entry(mail.envelope().to[0].clone()).or_default() += 1;
    }
    assert_eq!(copies.len(), READERS, "somebody was missed");
    assert!(
        copies.values().all(|count| *count == 1),
        "a mail went out twice"
    );
    let (_, counts) = stage.state().await;
    assert_eq!(counts.sent, i64::try_from(READERS).unwrap());
    assert!(
        !served
            .log()
            .contains("claims of an interrupted turn were freed")
    );
}
