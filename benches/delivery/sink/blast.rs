//! A sender that waits for nobody: it shows what a sink can take at most.

use std::io::{self, Read as _, Write as _};
use std::net::TcpStream;
use std::thread;
use std::time::Instant;

use super::Settings;

/// Mails written at a time.
const BATCH: u64 = 8;
const ENVELOPE: &str = "MAIL FROM:<blast@example.org>\r\nRCPT TO:<reader@example.org>\r\nDATA\r\n";

/// Sends over all connections at once and prints the rate.
pub(crate) fn run(target: &str, settings: &Settings) -> io::Result<()> {
    let each = settings.messages / settings.connections.max(1);
    let mail = mail(settings.size);
    let begun = Instant::now();
    let senders: Vec<_> = (0..settings.connections)
        .map(|_| {
            let (target, mail) = (target.to_owned(), mail.clone());
            thread::spawn(move || send(&target, &mail, each))
        })
        .collect();
    for sender in senders {
        sender
            .join()
            .map_err(|_| io::Error::other("a sender panicked"))??;
    }
    let seconds = begun.elapsed().as_secs_f64();
    let sent = each * settings.connections;
    println!(
        "{{\"messages\":{sent},\"seconds\":{seconds:.3},\"per_second\":{:.0}}}",
        f64::from(u32::try_from(sent).unwrap_or(u32::MAX)) / seconds
    );
    Ok(())
}

/// A mail of about this size, its final dot, and no envelope.
fn mail(size: usize) -> String {
    let line = format!("{}\r\n", "x".repeat(76));
    let lines = line.repeat(size / line.len());
    format!(
        "From: <blast@example.org>\r\nMessage-ID: <blast@example.org>\r\nSubject: blast\r\n\r\n\
         {lines}.\r\n"
    )
}

fn send(target: &str, mail: &str, messages: u64) -> io::Result<()> {
    let mut stream = TcpStream::connect(target)?;
    stream.write_all(format!("EHLO blast.invalid\r\n{ENVELOPE}").as_bytes())?;
    let mut replies = stream.try_clone()?;
    // The replies are read so that the sink never waits, and are not looked at.
    let reader = thread::spawn(move || {
        let mut buffer = vec![0; 64 * 1024];
        while let Ok(1..) = replies.read(&mut buffer) {}
    });
    let one = format!("{mail}{ENVELOPE}");
    let batch = one.repeat(usize::try_from(BATCH).unwrap_or(1));
    let mut left = messages.saturating_sub(1);
    while left >= BATCH {
        stream.write_all(batch.as_bytes())?;
        left -= BATCH;
    }
    for _ in 0..left {
        stream.write_all(one.as_bytes())?;
    }
    stream.write_all(format!("{mail}QUIT\r\n").as_bytes())?;
    reader
        .join()
        .map_err(|_| io::Error::other("the reader panicked"))
}
