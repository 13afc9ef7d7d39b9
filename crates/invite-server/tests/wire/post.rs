//! A mail server that keeps what it gets: the protocol is `mailin`'s.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};

use mail_parser::MessageParser;
use mailin::response::{AUTH_OK, Action, INVALID_CREDENTIALS, OK, Response};
use mailin::{AuthMechanism, Handler, SessionBuilder};
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;

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
    /// What stands in a header, unfolded.
    pub fn header(&self, name: &str) -> Option<String> {
        let head = self.raw.split("\r\n\r\n").next()?.replace("\r\n ", " ");
        let mut lines = head.split("\r\n").filter_map(|line| line.split_once(": "));
        let found = lines.find(|(found, _)| found.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.to_owned())
    }

    /// The link in the plain text.
    pub fn link(&self) -> &str {
        let mut words = self.text.split_whitespace();
        words.find(|word| word.contains("#acceptInvite=")).unwrap()
    }

    pub fn key(&self) -> &str {
        self.link().split_once("#acceptInvite=").unwrap().1
    }
}

/// How a mail server wants to be talked to.
#[derive(Clone, Default)]
pub struct Manner {
    /// The first recipients are answered with these codes, the last of them first; the rest are welcome.
    pub codes: Vec<u16>,
    pub tls: Option<Encrypted>,
    /// Who may send: the user and the password.
    pub login: Option<(AuthMechanism, &'static str, &'static str)>,
    /// Recipients with this host are never answered.
    pub slow: Option<&'static str>,
}

/// When encryption begins.
#[derive(Clone)]
pub enum Encrypted {
    FromTheStart(TlsAcceptor),
    WhenAsked(TlsAcceptor),
}

/// A mail server for the life of the test.
pub struct Post {
    pub url: String,
    mails: mpsc::UnboundedReceiver<Received>,
    overheard: Arc<Mutex<String>>,
}

impl Post {
    pub async fn open() -> Self {
        Self::answering(&[]).await
    }

    /// The first recipients are answered with these codes; the rest are welcome.
    pub async fn answering(codes: &[u16]) -> Self {
        let codes = codes.iter().rev().copied().collect();
        Self::with(Manner {
            codes,
            ..Manner::default()
        })
        .await
    }

    pub async fn with(manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (give, mails) = mpsc::unbounded_channel();
        let codes = Arc::new(Mutex::new(manner.codes.clone()));
        let overheard = Arc::new(Mutex::new(String::new()));
        let heard = Arc::clone(&overheard);
        tokio::spawn(async move {
            while let Ok((stream, peer)) = listener.accept().await {
                let clerk = Clerk {
                    codes: Arc::clone(&codes),
                    login: manner
                        .login
                        .as_ref()
                        .map(|(_, user, password)| (*user, *password)),
                    to: String::new(),
                    bytes: Vec::new(),
                    give: give.clone(),
                };
                tokio::spawn(meet(
                    Box::new(stream),
                    peer,
                    clerk,
                    manner.clone(),
                    Arc::clone(&heard),
                ));
            }
        });
        Self {
            url: format!("smtp://{address}"),
            mails,
            overheard,
        }
    }

    /// All that anybody on the way could read.
    pub fn overheard(&self) -> String {
        self.overheard.lock().unwrap().clone()
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
    login: Option<(&'static str, &'static str)>,
    to: String,
    bytes: Vec<u8>,
    give: mpsc::UnboundedSender<Received>,
}

impl Handler for Clerk {
    fn auth_plain(&mut self, _for_whom: &str, user: &str, password: &str) -> Response {
        self.auth_login(user, password)
    }

    fn auth_login(&mut self, user: &str, password: &str) -> Response {
        if self.login == Some((user, password)) {
            AUTH_OK
        } else {
            INVALID_CREDENTIALS
        }
    }

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

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

async fn meet(
    mut stream: Box<dyn Stream>,
    peer: SocketAddr,
    clerk: Clerk,
    manner: Manner,
    heard: Arc<Mutex<String>>,
) {
    let address: IpAddr = peer.ip();
    let mut builder = SessionBuilder::new("mail.example");
    if manner.tls.is_some() {
        builder.enable_start_tls();
    }
    if let Some((mechanism, ..)) = manner.login {
        builder.enable_auth(mechanism);
    }
    let mut session = builder.build(address, clerk);
    let mut encrypted = false;
    if let Some(Encrypted::FromTheStart(acceptor)) = &manner.tls {
        let Ok(tls) = acceptor.accept(stream).await else {
            return;
        };
        stream = Box::new(tls);
        session.tls_active();
        encrypted = true;
    }
    let mut stream = BufReader::new(stream);
    let mut answer = Some(session.greeting());
    loop {
        if let Some(response) = answer {
            let mut bytes = Vec::new();
            response.write_to(&mut bytes).unwrap();
            if stream.write_all(&bytes).await.is_err()
                || stream.flush().await.is_err()
                || response.action == Action::Close
            {
                return;
            }
            if let (Action::UpgradeTls, Some(Encrypted::WhenAsked(acceptor))) =
                (response.action, &manner.tls)
            {
                let Ok(tls) = acceptor.accept(stream.into_inner()).await else {
                    return;
                };
                stream = BufReader::new(Box::new(tls));
                session.tls_active();
                encrypted = true;
            }
        }
        let mut line = Vec::new();
        match stream.read_until(b'\n', &mut line).await {
            Ok(1..) => {}
            _ => return,
        }
        if !encrypted {
            heard
                .lock()
                .unwrap()
                .push_str(&String::from_utf8_lossy(&line));
        }
        let text = String::from_utf8_lossy(&line);
        if text.starts_with("RCPT") && manner.slow.is_some_and(|slow| text.contains(slow)) {
            return std::future::pending().await;
        }
        let response = session.process(&line);
        answer = (response.action != Action::NoReply).then_some(response);
    }
}
