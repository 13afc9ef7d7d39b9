//! How fast signed keys are verified on one core, beside plain `ed25519-dalek`: ratios within one run.
//!
//! `cargo bench -p invite-key --features issue --bench verify`; with `-- --json`, one line of JSON.
//! Rounds are interleaved, for machines are shared and noisy; each row is the median of its rounds.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a benchmark may panic"
)]

use std::time::Instant;

use ed25519_dalek::{Signature, Signer as _, SigningKey, Verifier as _, VerifyingKey};
use invite_key::Permissions;
use invite_key::signed::ed25519::{self, Signed};
use invite_key::signed::{Audience, Checks, Claims, Issuer, KeySet, PublicKey};

const COUNT: usize = 1_000;
const ROUNDS: usize = 15;
/// So few verifications that a key does not get a table for them.
const COLD: usize = 40;
const NOW: u64 = 1_795_262_400;

/// What a row verifies each round, `COUNT` times.
type Work<'data> = Box<dyn FnMut() + 'data>;

struct Row<'data> {
    name: &'static str,
    work: Work<'data>,
    seconds: Vec<f64>,
}

fn row<'data>(name: &'static str, work: impl FnMut() + 'data) -> Row<'data> {
    Row {
        name,
        work: Box::new(work),
        seconds: Vec::new(),
    }
}

/// Keys of one issuer as a server makes them.
fn issue(issuer: &Issuer) -> Vec<String> {
    (0..COUNT)
        .map(|number| {
            let claims = Claims {
                issuer: "https://invites.example".into(),
                resource: "notes".into(),
                id: format!("invite_{number:022}"),
                issued_at: NOW,
                expires_at: NOW + 604_800,
                permissions: Permissions::READ,
                not_before: None,
                max_uses: Some(5),
                inviter: Some("Alice".into()),
            };
            issuer.issue(&claims).unwrap().reveal().to_owned()
        })
        .collect()
}

fn main() {
    let secret = [7; 32];
    let issuer = Issuer::new(&secret);
    let texts = issue(&issuer);
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let checks = Checks::new(Audience::Server("https://invites.example"), NOW).unwrap();
    let mut warm = KeySet::new();
    warm.insert(issuer.kid(), issuer.public_key()).unwrap();
    warm.get(issuer.kid()).unwrap().warm_up();
    let key_set = warm.to_json();

    // The signatures alone, for the comparison with what does nothing else.
    let messages: Vec<&[u8]> = texts
        .iter()
        .map(|text| &text.as_bytes()["invs1_".len()..text.rfind('.').unwrap()])
        .collect();
    let signer = SigningKey::from_bytes(&secret);
    let signatures: Vec<Signature> = messages
        .iter()
        .map(|message| signer.sign(message))
        .collect();
    let raw: Vec<[u8; 64]> = signatures.iter().map(Signature::to_bytes).collect();
    let dalek = signer.verifying_key();
    let daleks: Vec<VerifyingKey> = vec![dalek; COUNT];
    let ours = issuer.public_key();
    ours.warm_up();
    let pairs = || messages.iter().copied().zip(&raw);
    let batch: Vec<Signed<'_>> = pairs()
        .map(|(message, signature)| Signed {
            key: &ours,
            message,
            signature,
        })
        .collect();

    let mut rows = vec![
        row("dalek verify_strict", || {
            for (message, signature) in messages.iter().zip(&signatures) {
                dalek.verify_strict(message, signature).unwrap();
            }
        }),
        row("dalek verify", || {
            for (message, signature) in messages.iter().zip(&signatures) {
                dalek.verify(message, signature).unwrap();
            }
        }),
        row("dalek verify_batch of 1000", || {
            ed25519_dalek::verify_batch(&messages, &signatures, &daleks).unwrap();
        }),
        row("signature, plain", || {
            let pairs: Vec<_> = pairs().collect();
            for few in pairs.chunks(COLD) {
                let cold = PublicKey::from_bytes(ours.as_bytes()).unwrap();
                for (message, signature) in few {
                    assert!(cold.verify(message, signature));
                }
            }
        }),
        row("signature, warm", || {
            for (message, signature) in pairs() {
                assert!(ours.verify(message, signature));
            }
        }),
        row("signature, batch of 1000", || {
            assert!(ed25519::verify_each(&batch).into_iter().all(|right| right));
        }),
        row("whole key, plain", || {
            for few in texts.chunks(COLD) {
                let cold = KeySet::parse(&key_set).unwrap();
                for text in few {
                    assert_eq!(cold.verify(text, &checks).code(), "authentic");
                }
            }
        }),
        row("whole key, warm", || {
            for text in &texts {
                assert_eq!(warm.verify(text, &checks).code(), "authentic");
            }
        }),
        row("whole key, batch of 1000", || {
            let verdicts = warm.verify_each(&texts, &checks);
            assert!(verdicts.iter().all(|verdict| verdict.code() == "authentic"));
        }),
    ];
    for round in 0..=ROUNDS {
        for row in &mut rows {
            let start = Instant::now();
            (row.work)();
            // The first round only warms up.
            if round > 0 {
                row.seconds.push(start.elapsed().as_secs_f64());
            }
        }
    }
    report(&mut rows);
}

fn report(rows: &mut [Row<'_>]) {
    let mut rates: Vec<f64> = Vec::new();
    for row in rows.iter_mut() {
        row.seconds.sort_by(f64::total_cmp);
        rates.push(COUNT as f64 / row.seconds[ROUNDS / 2]);
    }
    if std::env::args().any(|argument| argument == "--json") {
        let rows: Vec<String> = rows
            .iter()
            .zip(&rates)
            .map(|(row, rate)| format!(r#"{{"name":"{}","perSecond":{rate:.0}}}"#, row.name))
            .collect();
        println!("[{}]", rows.join(","));
        return;
    }
    println!(
        "{:<28}{:>10}{:>18}{:>18}",
        "", "per second", "× verify_strict", "× verify_batch"
    );
    for (row, rate) in rows.iter().zip(&rates) {
        println!(
            "{:<28}{rate:>10.0}{:>18.2}{:>18.2}",
            row.name,
            rate / rates[0],
            rate / rates[2]
        );
    }
}
