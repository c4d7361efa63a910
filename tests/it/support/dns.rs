//! A DNS server on loopback that answers from a table.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use hickory_proto::op::{Message, OpCode, ResponseCode};
use hickory_proto::rr::rdata::{A, AAAA, MX, PTR, TXT};
use hickory_proto::rr::{Name, RData, Record};
use tokio::net::UdpSocket;

/// The records; a name without any does not exist.
#[derive(Debug, Clone, Default)]
pub struct Zone(HashMap<String, Vec<RData>>);

impl Zone {
    /// Adds a text, cut as zone files have it.
    pub fn txt(self, name: &str, text: &str) -> Self {
        let strings: Vec<&[u8]> = text.as_bytes().chunks(255).collect();
        self.add(name, RData::TXT(TXT::from_bytes(strings)))
    }

    pub fn address(self, name: &str, address: &str) -> Self {
        let data = match address.parse().unwrap() {
            IpAddr::V4(v4) => RData::A(A(v4)),
            IpAddr::V6(v6) => RData::AAAA(AAAA(v6)),
        };
        self.add(name, data)
    }

    pub fn mx(self, name: &str, host: &str) -> Self {
        self.add(name, RData::MX(MX::new(10, absolute(host))))
    }

    /// A domain that says that it takes no mail (RFC 7505).
    pub fn null_mx(self, name: &str) -> Self {
        self.add(name, RData::MX(MX::new(0, Name::root())))
    }

    pub fn ptr(self, address: &str, name: &str) -> Self {
        let address: IpAddr = address.parse().unwrap();
        let key = Name::from(address).to_ascii();
        self.add(key.trim_end_matches('.'), RData::PTR(PTR(absolute(name))))
    }

    /// Takes everything of a name out again.
    pub fn without(mut self, name: &str) -> Self {
        self.0.remove(name);
        self
    }

    fn add(mut self, name: &str, data: RData) -> Self {
        self.0.entry(name.to_owned()).or_default().push(data);
        self
    }

    /// Starts the server.
    pub async fn serve(self) -> SocketAddr {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let address = socket.local_addr().unwrap();
        let zone = Arc::new(self);
        tokio::spawn(async move {
            let mut room = [0; 4096];
            while let Ok((length, from)) = socket.recv_from(&mut room).await {
                let answer = zone.answer(&room[..length]);
                let _ = socket.send_to(&answer, from).await;
            }
        });
        address
    }

    /// Names that begin with `broken.` find the server in trouble.
    fn answer(&self, question: &[u8]) -> Vec<u8> {
        let question = Message::from_vec(question).unwrap();
        let query = question.queries[0].clone();
        let key = query.name.to_ascii().to_lowercase();
        let key = key.trim_end_matches('.');
        let mut answer = Message::response(question.metadata.id, OpCode::Query);
        answer.metadata.recursion_available = true;
        answer.metadata.response_code = match self.0.get(key) {
            _ if key.starts_with("broken.") => ResponseCode::ServFail,
            None => ResponseCode::NXDomain,
            Some(_) => ResponseCode::NoError,
        };
        for data in self.0.get(key).into_iter().flatten() {
            if data.record_type() == query.query_type {
                let record = Record::from_rdata(query.name.clone(), 60, data.clone());
                answer.add_answer(record);
            }
        }
        answer.add_query(query);
        answer.to_vec().unwrap()
    }
}

fn absolute(name: &str) -> Name {
    let mut name = Name::from_ascii(name).unwrap();
    name.set_fqdn(true);
    name
}
