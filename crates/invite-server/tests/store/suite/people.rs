//! Who is known, and under which names.

use std::fmt::Debug;

use invite_server::core::{Accounts, Actor, Claimed, LogoutToken, Sessions, Subject};

use super::*;

const ISSUER: &str = "https://login.example";

fn claimed(sub: &str, provider: &str) -> Claimed {
    Claimed {
        subject: Subject {
            iss: ISSUER.into(),
            sub: sub.into(),
        },
        user: User::new(sub, provider),
        email: None,
    }
}

pub(crate) async fn an_issuer_s_name_is_free_until_somebody_stands_under_it<S: Store + Debug>(
    store: S,
) {
    let world = World::over(store);
    let named = async |name: &str, iss: &str| {
        let named = world.invites.name_issuer(name, iss).await;
        named.map_err(|refusal| refusal.sentence())
    };
    for name in ["oidc", "corp", "oidc", "corp"] {
        assert_eq!(named(name, ISSUER).await, Ok(()), "nobody has come yet");
    }
    // The name that was given up is anybody's.
    assert_eq!(named("oidc", "https://other.example").await, Ok(()));
    let known = world.invites.recognise(claimed("alice", "corp")).await;
    known.unwrap();
    let refused = named("work", ISSUER).await.unwrap_err();
    assert!(
        refused.contains("corp") && refused.contains("Keep it"),
        "{refused}"
    );
    assert_eq!(named("corp", ISSUER).await, Ok(()));
    let refused = named("corp", "https://third.example").await.unwrap_err();
    assert!(refused.contains("another name"), "{refused}");

    // Somebody may have access who has not come yet.
    let all = Permissions::parse("arw").unwrap();
    let bob = User::new("bob", "oidc");
    world.invites.appoint("notes", &bob, all).await.unwrap();
    let refused = named("club", "https://other.example").await.unwrap_err();
    assert!(
        refused.contains("oidc") && refused.contains("Keep it"),
        "{refused}"
    );

    // Or may have had it: what they made and what they came in by is here under their name.
    let (mia, guy) = (User::new("mia", "made"), User::new("guy", "came"));
    for one in [&mia, &guy] {
        let iss = format!("https://{}.example", one.provider);
        assert_eq!(named(&one.provider, &iss).await, Ok(()));
    }
    let appoint = async |user: &User, permissions| {
        let appointed = world.invites.appoint("diary", user, permissions).await;
        appointed.unwrap();
    };
    appoint(&user("ada"), all).await;
    appoint(&mia, all).await;
    let request = CreateRequest::new(Permissions::parse("r").unwrap(), 3600, KeyKind::Opaque);
    let by = Actor::new(mia.clone());
    let invite = world.invites.create(Some(&by), "diary", request).await;
    let key = invite.unwrap().key.unwrap();
    let guest = Actor::new(guy.clone());
    let accepted = world.invites.accept(Some(&guest), &key, None).await;
    accepted.unwrap();
    let mut refused = Vec::new();
    for one in [&mia, &guy] {
        appoint(one, Permissions::NONE).await;
        let iss = format!("https://{}.example", one.provider);
        refused.push(named("elsewhere", &iss).await);
    }
    let keep = |name: &str, said: &Result<(), String>| {
        said.as_ref()
            .is_err_and(|said| said.contains(name) && said.contains("Keep it"))
    };
    assert!(
        keep("made", &refused[0]) && keep("came", &refused[1]),
        "{refused:?}"
    );
}

pub(crate) async fn signing_out_says_how_many_sessions_ended<S: Store + Debug>(store: S) {
    let world = World::over(store);
    let begin = async |sub: &str, seconds: u32| {
        let claimed = claimed(sub, "oidc");
        let begun = world.invites.begin_session(claimed, None, seconds).await;
        begun.unwrap().id()
    };
    let sign_out = async |name: &str| {
        let ended = world.invites.sign_out(&User::new(name, "oidc")).await;
        ended.map_err(|refusal| refusal.code())
    };
    begin("alice", 10).await;
    let (first, second) = (begin("alice", 3600).await, begin("alice", 3600).await);
    let others = begin("bob", 3600).await;
    world.time.pass_seconds(10);
    for nobody in ["allice", "Alice", "alice:oidc"] {
        assert_eq!(sign_out(nobody).await, Err("invalid_option"), "{nobody}");
    }
    assert_eq!(sign_out("alice").await, Ok(2), "one was over");
    for ended in [&first, &second] {
        assert_eq!(world.invites.session(ended).await, Ok(None));
    }
    assert_eq!(sign_out("alice").await, Ok(0));
    assert!(world.invites.session(&others).await.unwrap().is_some());
    // Who was given access is known, and so is who has come.
    world.member("carol", "notes", "r").await;
    let carol = world.invites.sign_out(&user("carol")).await;
    assert_eq!(carol, Ok(0));
    let dora = world.invites.recognise(claimed("dora", "oidc")).await;
    dora.unwrap();
    assert_eq!(sign_out("dora").await, Ok(0));
}

pub(crate) async fn a_logout_token_ends_what_it_names_and_once<S: Store + Debug>(store: S) {
    let world = World::over(store);
    let begin = async |sub: &str, sid: Option<&str>| {
        let sid = sid.map(str::to_owned);
        let begun = world.invites.begin_session(claimed(sub, "oidc"), sid, 3600);
        begun.await.unwrap().id()
    };
    let told = |jti: &str, sid: &str, sub: Option<&str>| LogoutToken {
        iss: ISSUER.into(),
        jti: jti.into(),
        ends: Sessions::OfSid {
            iss: ISSUER.into(),
            sid: sid.into(),
            sub: sub.map(str::to_owned),
        },
        until: Moment(world.time.now().0 + 300_000),
    };
    let tell = async |told| world.invites.end_as_told(told).await.unwrap();
    let left = async |ids: &[&String]| {
        let ids = ids.iter().map(|id| (*id).clone()).collect();
        world.invites.live_sessions(ids).await.unwrap().len()
    };
    let (one, two) = (
        begin("alice", Some("a1")).await,
        begin("alice", Some("a2")).await,
    );
    let unnamed = begin("alice", None).await;
    let bob = begin("bob", Some("b1")).await;
    assert!(tell(told("1", "b1", Some("alice"))).await);
    assert_eq!(
        left(&[&one, &two, &unnamed, &bob]).await,
        4,
        "another's session"
    );
    assert!(tell(told("2", "a1", Some("alice"))).await);
    assert_eq!(left(&[&one, &unnamed]).await, 0);
    assert_eq!(left(&[&two, &bob]).await, 2);
    assert!(tell(told("3", "b1", None)).await);
    assert_eq!(left(&[&two, &bob]).await, 1);

    // Many copies at once are told the same: one of them ends it.
    let later = begin("alice", None).await;
    let mut running = Vec::new();
    for _ in 0..8 {
        let (invites, told) = (world.invites.clone(), told("4", "a2", Some("alice")));
        running.push(tokio::spawn(async move { invites.end_as_told(told).await }));
    }
    let mut first = 0;
    for one in running {
        first += usize::from(one.await.unwrap().unwrap());
    }
    assert_eq!((first, left(&[&two, &later]).await), (1, 0));
    let again = begin("alice", None).await;
    assert!(!tell(told("4", "a2", Some("alice"))).await);
    assert_eq!(left(&[&again]).await, 1);
    // The same name of another issuer's is another's.
    let other = LogoutToken {
        iss: "https://other.example".into(),
        ..told("4", "a2", Some("alice"))
    };
    assert!(tell(other).await);
}
