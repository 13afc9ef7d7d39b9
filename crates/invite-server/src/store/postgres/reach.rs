//! What PostgreSQL and the way to it say, as an operator may read it: the cause and what to check, and nothing that anybody
//! sent. PostgreSQL's details show the row that failed, and some of its sentences the value.

use std::{error::Error as _, fmt::Write as _, io};

use tokio_postgres::{
    Config, Error,
    config::Host,
    error::{DbError, SqlState},
};

/// Where this leads: the hosts and the database's name, without who and by which password.
pub(in crate::store) fn place(settings: &Config) -> String {
    let mut place = String::new();
    let ports = settings.get_ports();
    for (number, host) in settings.get_hosts().iter().enumerate() {
        let port = ports.get(number).or(ports.first()).unwrap_or(&5432);
        let between = if number == 0 { "" } else { "," };
        let _ = match host {
            Host::Tcp(name) => write!(place, "{between}{name}:{port}"),
            #[cfg(unix)]
            Host::Unix(folder) => write!(place, "{between}{}:{port}", folder.display()),
        };
    }
    if let Some(name) = settings.get_dbname() {
        let _ = write!(place, "/{name}");
    }
    place
}

/// What went wrong.
pub(in crate::store) fn said(error: &Error) -> String {
    if let Some(error) = error.as_db_error() {
        return of_database(error);
    }
    match error.source() {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}

fn of_database(error: &DbError) -> String {
    let code = error.code().code();
    // Of these the sentence itself may quote what was sent.
    if code.starts_with("22") {
        return format!("a value that PostgreSQL does not take ({code})");
    }
    format!("{}: {} ({code})", error.severity(), error.message())
}

/// The same where no connection could be made, and what to check.
pub(in crate::store) fn unreached(error: &Error) -> String {
    match what_to_check(error) {
        Some(check) => format!("{}: {check}", said(error)),
        None => said(error),
    }
}

fn what_to_check(error: &Error) -> Option<&'static str> {
    if let Some(error) = error.as_db_error() {
        if error.message().contains("statement pooling mode") {
            return Some("set pool_mode = transaction in the pooler, as changes are transactions");
        }
        return of_code(error.code());
    }
    let cause = error.source()?;
    if let Some(cause) = cause.downcast_ref::<io::Error>()
        && let Some(check) = of_way(cause)
    {
        return Some(check);
    }
    let said = format!("{error}: {cause}").to_lowercase();
    if said.contains("does not support tls") {
        return Some(
            "switch TLS on there (ssl = on), or allow the way to be open: sslmode=prefer or disable in --database",
        );
    }
    if said.contains("certificate") {
        return Some(
            "name the authority that vouches for its certificate, sslrootcert=FILE in --database, and the host as the \
             certificate has it",
        );
    }
    said.contains("tls")
        .then_some("see what TLS it speaks, or set sslmode in --database")
}

fn of_code(code: &SqlState) -> Option<&'static str> {
    Some(match code.code() {
        "3D000" => "make it (createdb), or name another in --database",
        "28P01" => "see the role and the password in --database",
        "28000" => {
            "see the role in --database, and whether pg_hba.conf lets it in from here, with or without TLS (sslmode)"
        }
        "42501" => "give the role of --database the right: GRANT … ON SCHEMA",
        "53300" => {
            "let it take more (max_connections), or ask for fewer (--database-connections, and two more for each copy)"
        }
        "25006" => {
            "name the primary in --database, or end what makes it read-only (default_transaction_read_only)"
        }
        _ => return None,
    })
}

fn of_way(cause: &io::Error) -> Option<&'static str> {
    Some(match cause.kind() {
        io::ErrorKind::ConnectionRefused => {
            "see that PostgreSQL runs there and listens on that port"
        }
        io::ErrorKind::NotFound => {
            "see that PostgreSQL runs there: its socket is not in that folder"
        }
        io::ErrorKind::PermissionDenied => "see who may enter the folder of its socket",
        io::ErrorKind::TimedOut => {
            "see the address, and whether a firewall in between drops what is sent there"
        }
        io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => {
            "see the address and the network"
        }
        io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset => {
            "see its log: something there ended the connection"
        }
        _ if cause.to_string().contains("lookup") => "see the host's name in --database, and DNS",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::postgres::schema::server::Postgres;

    #[test]
    fn a_place_names_neither_role_nor_password() {
        for (address, expected) in [
            ("postgres://me:secret@db.example/x", "db.example:5432/x"),
            ("postgres://me:secret@a:1,b:2/x", "a:1,b:2/x"),
            ("postgres://me:secret@%2Frun%2Fpg/x", "/run/pg:5432/x"),
            ("postgres://me:secret@a", "a:5432"),
        ] {
            assert_eq!(place(&address.parse().unwrap()), expected);
        }
    }

    /// Each class of errors, on rows and values that hold a mark.
    #[tokio::test(flavor = "multi_thread")]
    async fn nothing_that_was_sent_is_in_what_is_said() {
        let server = Postgres::start(false);
        server.database("marked").await;
        let client = server.connect("marked").await;
        let tables =
            "CREATE TABLE whole (a TEXT PRIMARY KEY, b TEXT NOT NULL, c VARCHAR(4), d BIGINT,
                CHECK (b NOT LIKE '%bad%'));
            CREATE TABLE part (a TEXT REFERENCES whole (a));
            INSERT INTO whole (a, b) VALUES ('MARKED', 'MARKED');
            CREATE FUNCTION fails(said TEXT) RETURNS VOID LANGUAGE plpgsql AS
                $$ BEGIN RAISE EXCEPTION 'no' USING DETAIL = said, HINT = said; END $$";
        client.batch_execute(tables).await.unwrap();
        for (code, sql) in [
            (
                "23505",
                "INSERT INTO whole (a, b) VALUES ('MARKED', 'MARKED')",
            ),
            (
                "23502",
                "INSERT INTO whole (a, c) VALUES ('MARKED2', 'MARK')",
            ),
            (
                "23514",
                "INSERT INTO whole (a, b) VALUES ('MARKED3', 'bad MARKED')",
            ),
            ("23503", "INSERT INTO part VALUES ('MARKED4')"),
            (
                "22001",
                "INSERT INTO whole (a, b, c) VALUES ('MARKED5', 'x', 'MARKED')",
            ),
            ("22P02", "SELECT 'MARKED'::BIGINT"),
            ("22007", "SELECT 'MARKED'::TIMESTAMP"),
            ("22P02", "SELECT '{MARKED'::JSON"),
            ("P0001", "SELECT fails('MARKED')"),
        ] {
            let error = client.batch_execute(sql).await.unwrap_err();
            // PostgreSQL itself does not say what is too long.
            let told = format!("{:?}", error.as_db_error());
            assert!(code == "22001" || told.contains("MARK"), "{sql}: {told}");
            let said = said(&error);
            assert!(said.contains(code), "{sql}: {said}");
            assert!(!said.contains("MARK"), "{sql}: {said}");
            let trouble = crate::store::postgres::trouble::Trouble::from(error);
            assert!(!trouble.to_string().contains("MARK"), "{trouble}");
        }
    }
}
