//! RKVST clients.

use invite_server::{
    core::ClientSecret,
    store::{Database, Person},
};

use super::*;

const ISSUER: &str = "https://invites.example";

pub(crate) async fn a_client_comes_with_its_membership_and_goes_with_it<
    S: Store + Into<Database>,
>(
    store: S,
) {
    let World { invites, time } = World::over(store.clone());
    let invites = invites.issuing_as(ISSUER);
    let rw = Permissions::parse("rw").unwrap();
    let (crm, secret) = invites.add_client("My CRM", "deals", rw).await.unwrap();
    let (shop, other) = invites.add_client("Shop", "deals", rw).await.unwrap();
    let clients = invites.clients().await.unwrap();
    assert_eq!(clients, [crm.clone(), shop.clone()]);
    let members = store.members("deals").await.unwrap();
    assert_eq!(members.len(), 2);
    assert_eq!(members[0].user, crm.user());
    assert_eq!(members[0].user.shown_name(), "My CRM");
    assert_eq!(members[0].permissions.as_str(), "arw");

    let bearer = invites.client_token(&crm.id, &secret).await.unwrap();
    let (client, actor) = invites.client_of(&bearer).await.unwrap();
    assert_eq!((&client, &actor.user), (&crm, &crm.user()));
    let request = CreateRequest::new(rw, 3600, KeyKind::Opaque);
    let made = invites.create(Some(&actor), "deals", request).await;
    let key = made.unwrap().key.unwrap();
    for (id, secret) in [
        (crm.id.as_str(), &other),
        ("0b5b1b62-35f4-4d5e-9d3a-3d5e0c7f2f11", &secret),
        ("", &secret),
        ("\0", &secret),
        ("My CRM", &secret),
    ] {
        let refused = invites.client_token(id, secret).await;
        assert_eq!(refused, Err(Refusal::BadCredentials), "{id:?}");
    }
    time.pass_seconds(3600);
    assert_eq!(
        invites.client_of(&bearer).await,
        Err(Refusal::BadCredentials),
        "an hour is over"
    );

    let bearer = invites.client_token(&crm.id, &secret).await.unwrap();
    assert_eq!(invites.remove_client("My CRM").await.unwrap(), crm);
    assert_eq!(
        invites.client_of(&bearer).await,
        Err(Refusal::BadCredentials)
    );
    assert_eq!(
        invites.client_token(&crm.id, &secret).await,
        Err(Refusal::BadCredentials)
    );
    let refused = invites.accept(Some(&super::actor("bob")), &key, None).await;
    assert!(refused.is_err(), "its invites open nothing: {refused:?}");
    assert_eq!(store.members("deals").await.unwrap().len(), 1);
    assert_eq!(
        invites.remove_client("My CRM").await,
        Err(Refusal::NotFound)
    );

    // By its id; and where an admin has thrown it out before.
    invites
        .appoint("deals", &shop.user(), Permissions::NONE)
        .await
        .unwrap();
    let bearer = invites.client_token(&shop.id, &other).await.unwrap();
    let (_, shops) = invites.client_of(&bearer).await.unwrap();
    let request = CreateRequest::new(rw, 3600, KeyKind::Opaque);
    let refused = invites.create(Some(&shops), "deals", request).await;
    assert_eq!(refused.unwrap_err().code(), "not_admin");
    invites.remove_client(&shop.id).await.unwrap();

    // Erasing its account is as good.
    let (crm, _) = invites.add_client("My CRM", "deals", rw).await.unwrap();
    let database: Database = store.clone().into();
    let alike = User::new(&*crm.id, "test");
    let nothing = database.erase(&Person::User(alike)).await.unwrap();
    assert_eq!(nothing.total(), 0, "{nothing}");
    let erased = database.erase(&Person::User(crm.user())).await.unwrap();
    let counts = ["apps", "members", "people"].map(|name| erased.count(name));
    assert_eq!(counts, [1, 1, 1], "{erased}");
    assert!(invites.clients().await.unwrap().is_empty());
}

pub(crate) async fn clients_that_cannot_be<S: Store>(store: S) {
    let World { invites, .. } = World::over(store.clone());
    let read = Permissions::READ;
    invites.add_client("crm", "deals", read).await.unwrap();
    for (name, resource, field) in [
        ("crm", "other", "name"),
        ("", "other", "name"),
        (" x", "other", "name"),
        ("x", "archivist", "resource"),
        ("x", "a b", "resource"),
    ] {
        let refused = invites.add_client(name, resource, read).await;
        assert_eq!(refused.unwrap_err().field(), Some(field), "{name}");
    }
    assert!(store.resource("other").await.unwrap().is_none());
    // Without an address to sign with there are no bearers.
    let (shop, secret) = invites.add_client("shop", "deals", read).await.unwrap();
    assert_eq!(
        invites.client_token(&shop.id, &secret).await,
        Err(Refusal::ServerError)
    );
    let wrong = ClientSecret::generate().unwrap();
    assert_eq!(
        invites.client_token(&shop.id, &wrong).await,
        Err(Refusal::BadCredentials)
    );
}
