//! Servers that are not there, do not greet, or do not know us: faults of the relay.

use paperround::mail::{ConnectError, Fault};

use super::*;

async fn connect_error(script: Arc<Once>) -> ConnectError {
    let limit = script.limit();
    let server = SmtpServer::start(ANY_PORT.parse().unwrap(), script)
        .await
        .unwrap();
    let relay = Relay::parse(&config(server.address(), limit)).unwrap();
    relay.connect().await.unwrap_err()
}

#[tokio::test]
async fn a_server_that_does_not_greet_is_a_fault_of_the_relay() {
    for (action, fault, says) in [
        (Action::Close, Fault::Network, "no greeting"),
        (Action::Hang, Fault::Network, "the greeting took longer"),
        (
            Action::Raw("SSH-2.0-x\r\n".into()),
            Fault::Network,
            "SMTP server",
        ),
        (
            Action::Reply(554, "5.7.1 go away".into()),
            Fault::Server,
            "554 5.7.1 go away",
        ),
        (
            Action::Reply(421, "4.3.2 busy".into()),
            Fault::Server,
            "421 4.3.2 busy",
        ),
    ] {
        let error = connect_error(Once::new("connect", action)).await;
        assert_eq!(error.fault, fault, "{error}");
        assert!(error.to_string().contains("relay main at 127.0.0.1:"));
        assert!(error.problem.contains(says), "{error}");
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_is_named() {
    let listener = TcpListener::bind(ANY_PORT).await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let relay = Relay::parse(&config(address, LONG)).unwrap();
    let error = relay.connect().await.unwrap_err();
    assert_eq!(error.fault, Fault::Network);
    assert!(error.to_string().contains(&address.to_string()), "{error}");
}

#[tokio::test]
async fn a_refused_password_is_a_fault_of_the_relay() {
    for (mechanisms, answer, says) in [
        (
            "PLAIN LOGIN",
            "535 5.7.8 wrong\r\n",
            "refused user name or password",
        ),
        (
            "PLAIN",
            "454 4.7.0 later\r\n",
            "cannot check the password now",
        ),
        ("CRAM-MD5", "", "neither AUTH PLAIN nor AUTH LOGIN"),
    ] {
        let offer = format!("250-hi\r\n250 AUTH {mechanisms}\r\n");
        let address = replies(&["220 hi\r\n", &offer, answer]).await;
        let mut config = config(address, LONG);
        config.url = format!("smtp://ann:gehe%69m@{address}");
        let error = Relay::parse(&config).unwrap().connect().await.unwrap_err();
        assert_eq!(error.fault, Fault::SignIn, "{error}");
        assert!(error.problem.contains(says), "{error}");
        assert!(!error.to_string().contains("geheim"));
    }
}

#[tokio::test]
async fn login_is_spoken_where_plain_is_not() {
    let address = replies(&[
        "220 hi\r\n",
        "250-hi\r\n250 AUTH LOGIN\r\n",
        "334 VXNlcm5hbWU6\r\n",
        "334 UGFzc3dvcmQ6\r\n",
        "235 2.7.0 welcome\r\n",
    ])
    .await;
    let mut config = config(address, LONG);
    config.url = format!("smtp://ann:geheim@{address}");
    assert!(Relay::parse(&config).unwrap().connect().await.is_ok());
}
