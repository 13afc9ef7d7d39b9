//! A mail server that keeps what it gets: the protocol is `mailin`'s.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};

use mail_parser::MessageParser;
use mailin::response::{Action, OK, Response};
use mailin::{Handler, SessionBuilder};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

use crate::support::PATIENCE;

/// A mail as it arrived.
pub struct Received {
    pub to: String,
    pub raw: String,
    pub subject: String,
    pub text: String,
    pub html: String,
}

impl Received {
    /// The link in the plain text.
    pub fn link(&self) -> &str {
        let mut words = self.text.split_whitespace();
        words.find(|word| word.contains("#acceptInvite=")).unwrap()
    }

    pub fn key(&self) -> &str {
        self.link().split_once("#acceptInvite=").unwrap().1
    }
}

/// A mail server for the life of the test.
pub struct Post {
    pub url: String,
    mails: mpsc::UnboundedReceiver<Received>,
}

impl Post {
    pub async fn open() -> Self {
        Self::answering(&[]).await
    }

    /// The first recipients are answered with these codes; the rest are welcome.
    pub async fn answering(codes: &[u16]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (give, mails) = mpsc::unbounded_channel();
        let codes = Arc::new(Mutex::new(codes.iter().rev().copied().collect::<Vec<_>>()));
        tokio::spawn(async move {
            while let Ok((stream, peer)) = listener.accept().await {
                let clerk = Clerk {
                    codes: Arc::clone(&codes),
                    to: String::new(),
                    bytes: Vec::new(),
                    give: give.clone(),
                };
                tokio::spawn(serve(stream, peer, clerk));
            }
        });
        Self {
            url: format!("smtp://{address}"),
            mails,
        }
    }

    pub async fn next(&mut self) -> Received {
        let mail = tokio::time::timeout(PATIENCE * 3, self.mails.recv()).await;
        mail.expect("a mail in time").unwrap()
    }

    /// Whether nothing has arrived that was not asked for.
    pub fn is_empty(&mut self) -> bool {
        self.mails.try_recv().is_err()
    }
}

struct Clerk {
    codes: Arc<Mutex<Vec<u16>>>,
    to: String,
    bytes: Vec<u8>,
    give: mpsc::UnboundedSender<Received>,
}

impl Handler for Clerk {
    fn rcpt(&mut self, to: &str) -> Response {
        self.to = to.to_owned();
        match self.codes.lock().unwrap().pop() {
            // What it says repeats what it was sent: none of it is to be found in our log.
            Some(code) => Response::custom(code, format!("not now, said of {to}")),
            None => OK,
        }
    }

    fn data(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }

    fn data_end(&mut self) -> Response {
        let bytes = std::mem::take(&mut self.bytes);
        let mail = MessageParser::default().parse(&bytes).unwrap();
        let _ = self.give.send(Received {
            to: self.to.clone(),
            raw: String::from_utf8_lossy(&bytes).into_owned(),
            subject: mail.subject().unwrap_or_default().to_owned(),
            text: mail.body_text(0).unwrap_or_default().into_owned(),
            html: mail.body_html(0).unwrap_or_default().into_owned(),
        });
        OK
    }
}

async fn serve(stream: TcpStream, peer: SocketAddr, clerk: Clerk) {
    let address: IpAddr = peer.ip();
    let mut session = SessionBuilder::new("mail.example").build(address, clerk);
    let mut stream = BufReader::new(stream);
    let mut answer = Some(session.greeting());
    loop {
        if let Some(response) = answer {
            let mut bytes = Vec::new();
            response.write_to(&mut bytes).unwrap();
            if stream.write_all(&bytes).await.is_err() || response.action == Action::Close {
                return;
            }
        }
        let mut line = Vec::new();
        match stream.read_until(b'\n', &mut line).await {
            Ok(1..) => {}
            _ => return,
        }
        let response = session.process(&line);
        answer = (response.action != Action::NoReply).then_some(response);
    }
}
