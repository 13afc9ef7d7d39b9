//! Under which name the people of an issuer stand.

use super::*;

pub(crate) async fn a_name_under_which_somebody_is_named_is_nobody_else_s<S: Store>(store: S) {
    let world = World::over(store.clone());
    let named = async |name: &str, iss: &str| {
        let named = world.invites.name_issuer(name, iss).await;
        named.map_err(|refusal| refusal.sentence())
    };
    let (first, second) = ("https://one.example", "https://two.example");
    for name in ["free", "has", "made", "used"] {
        named(name, &format!("{first}/{name}")).await.unwrap();
    }
    world.member("alice", "notes", "arw").await;
    let link = world.invite("alice", "notes", "r", None).await;
    let change = |user: User, permissions: &str| Change::SetMember {
        resource: "notes".into(),
        user,
        permissions: Permissions::parse(permissions).unwrap_or(Permissions::NONE),
    };
    // Nobody of them has signed in; two are members no longer.
    let (bob, carol, dan) = (
        User::new("bob", "has"),
        User::new("carol", "made"),
        User::new("dan", "used"),
    );
    let mut hers = stored("hers");
    hers.inviter = carol.clone();
    let use_of = Change::AddUse {
        invite: link.id.clone(),
        user: dan,
        at: world.time.now(),
    };
    let all = vec![
        change(bob, "arw"),
        change(carol.clone(), "arw"),
        Change::AddInvite(Box::new(hers)),
        change(carol, ""),
        use_of,
    ];
    write(&store, all).await.unwrap();
    for name in ["has", "made", "used"] {
        let refused = named(name, second).await.unwrap_err();
        assert!(refused.contains("another name"), "{name}: {refused}");
        assert_eq!(named(name, &format!("{first}/{name}")).await, Ok(()));
    }
    assert_eq!(named("free", second).await, Ok(()), "nobody is named so");
}
