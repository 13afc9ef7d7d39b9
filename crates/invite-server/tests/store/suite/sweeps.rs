//! What has ended goes after a while; what names a person goes when it has to.

use invite_server::store::{Database, Person, Retention};

use super::*;

/// More than one transaction takes.
const MANY: usize = 1100;

fn ended(id: &str, expires_at: i64, removed_at: Option<i64>) -> Change {
    let mut hash = [0; 32];
    for (place, byte) in hash.iter_mut().zip(id.bytes()) {
        *place = byte;
    }
    Change::AddInvite(Box::new(StoredInvite {
        id: id.into(),
        key_hash: KeyHash(hash),
        expires_at: Moment(expires_at),
        removed_at: removed_at.map(Moment),
        max_uses: None,
        ..stored(id)
    }))
}

fn used(id: &str, by: &str) -> Change {
    Change::AddUse {
        invite: id.into(),
        user: user(by),
        at: Moment(1_500),
    }
}

async fn exists<S: Store>(store: &S, id: &str) -> bool {
    look(store, Some(InviteName::Id(id.into())), "bob")
        .await
        .invite
        .is_some()
}

pub(crate) async fn purging_takes_what_ended_long_ago<S: Store + Into<Database>>(store: S) {
    let mut changes = vec![add_resource("notes"), set_member("bob", "r")];
    changes.extend([
        ended("lives", 9_000, None),
        ended("ended lately", 6_000, None),
        ended("removed lately", 9_000, Some(6_000)),
        ended("removed", 9_000, Some(2_000)),
        ended("popular", 2_000, None),
    ]);
    changes.extend((0..MANY).map(|number| ended(&format!("ended {number}"), 2_000, None)));
    changes.extend((0..MANY).map(|number| used("popular", &format!("guest{number}"))));
    changes.push(used("lives", "bob"));
    for (id, until) in [("gone", 6_999), ("kept", 7_000)] {
        changes.push(Change::Redeem {
            receipt: id.into(),
            until: Moment(until),
        });
    }
    for at in [4_999, 5_000] {
        changes.push(Change::Tell {
            kind: invite_server::core::EventKind::Used,
            invite: Box::new(stored("popular")),
            user: user("bob"),
            at: Moment(at),
        });
    }
    write(&store, changes).await.unwrap();

    let database: Database = store.clone().into();
    let retention = Retention::of(Moment(7_000), 2);
    // Copies that purge at once are in nobody's way, and what one of them leaves out another takes.
    let (one, two, three) = tokio::join!(
        database.purge(retention),
        database.purge(retention),
        database.purge(retention)
    );
    let all = [one.unwrap(), two.unwrap(), three.unwrap()];
    let last = database.purge(retention).await.unwrap();
    let count = |name| {
        all.iter()
            .chain([&last])
            .map(|one| one.count(name))
            .sum::<u64>()
    };
    assert_eq!(
        ["invites", "uses", "events", "receipts"].map(count),
        [MANY as u64 + 2, MANY as u64, 1, 1],
        "{all:?} {last:?}"
    );
    assert_eq!(database.purge(retention).await.unwrap().total(), 0);

    for id in ["lives", "ended lately", "removed lately"] {
        assert!(exists(&store, id).await, "{id}");
    }
    for id in ["removed", "popular", "ended 0"] {
        assert!(!exists(&store, id).await, "{id}");
    }
    assert_eq!(store.acceptances("lives").await.unwrap().len(), 1);
    let events = store.events("notes", 0, 9).await.unwrap();
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].number, 2, "numbers never come again");
    let members = store.members("notes").await.unwrap();
    assert_eq!(members.len(), 1, "nobody loses access");
}

pub(crate) async fn erasing_takes_what_names_a_person<S: Store + Into<Database>>(store: S) {
    let world = World::over(store.clone());
    world.member("alice", "notes", "arw").await;
    world.member("zoe", "notes", "arw").await;
    world.member("zoe", "other", "arw").await;
    world.invites.add_app("crm", true).await.unwrap();
    let crm = "https://crm.example/told";
    world.invites.set_webhook("crm", crm).await.unwrap();
    let zoes = world.invite("zoe", "notes", "r", None).await;
    let alices = world.invite("alice", "notes", "r", None).await;
    let keys = [zoes.key.clone().unwrap(), alices.key.clone().unwrap()];
    for (key, name) in [(&keys[0], "bob"), (&keys[1], "zoe"), (&keys[1], "carol")] {
        world
            .invites
            .accept(Some(&actor(name)), key, None)
            .await
            .unwrap();
    }
    // Zoe may do it all already, so that her accept was no use; her name is kept all the same.
    let mut shown = actor("zoe");
    shown.user.display_name = Some("Zoe Zimmer".into());
    let mut bound = CreateRequest::new(Permissions::READ, 3600, KeyKind::Opaque);
    bound.email = Some("Zoe\u{301}@Zimmer\u{e4}.example".into());
    world
        .invites
        .create(Some(&shown), "other", bound.clone())
        .await
        .unwrap();
    let bound = world
        .invites
        .create(Some(&actor("alice")), "notes", bound)
        .await
        .unwrap();
    write(&store, vec![used(&alices.id, "zoe")]).await.unwrap();
    let version = store.resource("notes").await.unwrap().unwrap().0.version;

    let database: Database = store.clone().into();
    let erased = database.erase(&Person::User(user("zoe"))).await.unwrap();
    let counts = ["members", "invites", "uses", "people"].map(|name| erased.count(name));
    assert_eq!(counts, [2, 2, 2, 1], "{erased}");
    assert_eq!(world.letters("zoe", "notes").await, "");
    assert_eq!(
        store.resource("notes").await.unwrap().unwrap().0.version,
        version + 1
    );
    assert_eq!(
        world.letters("bob", "notes").await,
        "r",
        "what others were given stays"
    );
    let refused = world
        .invites
        .accept(Some(&actor("dan")), &keys[0], None)
        .await;
    assert_eq!(refused.unwrap_err().code(), "invalid_key");
    world
        .invites
        .accept(Some(&actor("dan")), &keys[1], None)
        .await
        .unwrap();
    for event in store.events("notes", 0, 100).await.unwrap() {
        assert!(event.user.username != "zoe", "{event:?}");
    }
    for one in store.acceptances(&alices.id).await.unwrap() {
        assert!(one.user.username != "zoe", "{one:?}");
    }

    // What is left to tell is of Alice's two, and of Bob and Carol who used one.
    let mut told = String::new();
    for delivery in world.invites.take_deliveries("crm", 100, 60).await.unwrap() {
        told.push_str(&delivery.body);
    }
    assert!(told.contains("carol") && !told.contains("zoe\""), "{told}");

    assert!(
        exists(&store, &bound.id).await,
        "it names an address, not a user"
    );
    let address = Person::Email("zo\u{e9}@xn--zimmer-gua.example".into());
    assert_eq!(database.erase(&address).await.unwrap().count("invites"), 1);
    assert!(!exists(&store, &bound.id).await);
    assert_eq!(database.erase(&address).await.unwrap().total(), 0);
    assert_eq!(
        database
            .erase(&Person::User(user("zoe")))
            .await
            .unwrap()
            .total(),
        0
    );
}
