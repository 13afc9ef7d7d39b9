//! What every database has to do. A database joins with one line: `store_suite!(name, opener)`, where the opener is an
//! async function that gives a fresh store and whatever has to live as long as it; or, to run all cases in one test,
//! `store_suite!(@each case)` with a macro of its own.

pub(crate) mod clients;
pub(crate) mod deletion;
pub(crate) mod events;
pub(crate) mod issuers;
pub(crate) mod leaked;
pub(crate) mod listing;
pub(crate) mod looks;
pub(crate) mod mails;
pub(crate) mod members;
pub(crate) mod people;
pub(crate) mod queues;
pub(crate) mod quotas;
pub(crate) mod races;
pub(crate) mod repeats;
pub(crate) mod rows;
pub(crate) mod sweeps;
pub(crate) mod webhooks;

use invite_key::{KeyKind, Permissions};
use invite_server::{
    core::{
        Acceptance, Addressed, Asked, Call, CreateRequest, InviteStatus, ListRequest, Moment,
        Refusal, RemoveTarget, User, rules,
        state::{
            Change, Decision, InviteName, InviteQuery, KeyHash, Order, Scope, State, StoredInvite,
        },
    },
    store::Store,
};
use serde_json::json;

use crate::world::{World, actor, people, user};

macro_rules! store_suite {
    ($module:ident, $open:path) => {
        mod $module {
            macro_rules! case {
                ($group:ident::$case:ident) => {
                    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
                    async fn $case() {
                        let (store, _keep) = $open().await;
                        crate::suite::$group::$case(store).await;
                    }
                };
            }
            crate::suite::store_suite!(@each case);
        }
    };
    (@each $do:ident) => {
        crate::suite::store_suite!(@all $do:
            rows::a_resource_and_its_members_are_found_again,
            rows::each_change_of_members_moves_the_version,
            rows::an_invite_is_found_again_as_it_was,
            rows::names_to_show_are_kept_up_to_date,
            rows::a_decision_is_written_whole_or_not_at_all,
            rows::a_refusal_writes_nothing,
            rows::what_is_answered_can_be_read,
            listing::listing_pages_through_everything_once,
            listing::listing_by_status,
            listing::listing_by_address,
            listing::looking_for_a_label_or_an_address,
            listing::what_is_looked_for_among_very_many_comes_page_by_page,
            races::concurrent_accepts_lose_nobody,
            races::concurrent_accepts_spend_no_use_twice,
            races::one_person_accepting_many_times_spends_one_use,
            races::removing_while_accepting_keeps_every_promise,
            races::coming_back_after_removal_is_a_new_use,
            races::who_came_in_gets_the_same_answer_whatever_became_of_the_invite,
            races::resources_of_one_name_begin_once,
            races::an_id_that_is_taken_is_drawn_again,
            looks::whoever_is_taken_out_sees_nothing_of_what_came_after,
            issuers::a_name_under_which_somebody_is_named_is_nobody_else_s,
            leaked::a_revoked_secret_ends_what_seems_over_while_the_clock_is_wrong,
            leaked::a_secret_stays_for_what_seems_over_while_the_clock_is_wrong,
            leaked::links_that_seem_over_end_too,
            rows::the_store_says_that_it_is_ready,
            events::events_are_numbered_without_a_gap,
            events::apps_are_known_by_their_keys,
            clients::a_client_comes_with_its_membership_and_goes_with_it,
            clients::clients_that_cannot_be,
            webhooks::a_delivery_is_written_with_what_happened,
            webhooks::each_delivery_is_taken_by_one,
            webhooks::what_becomes_of_deliveries,
            webhooks::webhooks_that_cannot_be,
            webhooks::an_app_is_told_of_what_is_its_own,
            webhooks::an_end_is_told_once,
            webhooks::what_waits_goes_with_the_right_to_be_told,
            webhooks::what_was_written_in_the_moment_of_revoking_is_not_sent,
            people::an_issuer_s_name_is_free_until_somebody_stands_under_it,
            people::signing_out_says_how_many_sessions_ended,
            people::a_logout_token_ends_what_it_names_and_once,
            repeats::a_create_sent_again_makes_no_second_invite,
            repeats::a_key_counts_for_a_day_and_for_one_body,
            repeats::an_end_is_moved,
            sweeps::purging_takes_what_ended_long_ago,
            sweeps::erasing_takes_what_names_a_person,
            queues::what_waits_is_counted_and_how_long,
            deletion::a_deleted_resource_goes_with_all_that_hangs_on_it,
            deletion::a_later_resource_of_the_name_has_nothing_of_the_earlier,
            deletion::a_later_resource_of_the_name_has_another_version,
            deletion::what_is_in_flight_ends_with_the_resource,
            deletion::very_much_goes_in_small_transactions,
            deletion::a_tenancy_is_not_deleted,
            quotas::concurrent_creates_overspend_no_quota,
            quotas::only_what_can_be_accepted_counts,
            quotas::a_create_sent_again_costs_no_quota,
            quotas::concurrent_resources_overspend_no_quota,
            quotas::concurrent_mails_to_one_address_overspend_no_quota,
            quotas::a_mail_that_is_asked_for_again_counts,
            quotas::what_counts_is_forgotten,
            mails::a_mail_is_taken_by_one_until_it_is_done,
            mails::a_mail_is_asked_for_again_where_it_was_mailed,
            repeats::a_list_of_members_is_written_over_the_one_that_was_seen,
            members::one_member_is_looked_up,
            members::members_are_paged_in_the_order_they_came,
            members::members_are_looked_for_by_what_they_are_called,
            members::an_admin_is_told_what_would_let_somebody_in_again,
            members::a_list_tells_and_ends_links_too,
            members::an_address_counts_as_long_as_somebody_may_come_with_it,
            members::more_links_than_end_at_once,
            members::of_the_last_two_admins_one_stays,
            members::ending_links_while_they_are_accepted,
            members::of_many_links_no_more_are_counted_than_tell_that_they_are_many,
            members::a_long_list_is_not_replaced_at_once,
        );
    };
    (@all $do:ident: $($group:ident::$case:ident,)*) => {
        $($do!($group::$case);)*
    };
}
pub(crate) use store_suite;

fn stored(id: &str) -> StoredInvite {
    StoredInvite {
        id: id.into(),
        key_hash: KeyHash(std::array::from_fn(|at| {
            id.as_bytes().get(at).copied().unwrap_or(9)
        })),
        kind: KeyKind::Webstrates,
        secret_id: "2026-11".into(),
        resource: "notes".into(),
        permissions: Permissions::parse("wr").unwrap(),
        created_at: Moment(1_000),
        expires_at: Moment(i64::MAX / 2),
        inviter: user("alice"),
        uses: 0,
        max_uses: Some(3),
        message: Some("Hello\n'; DROP TABLE invites; --\u{1F389}".into()),
        label: Some("Team notes".into()),
        extras: Some(json!({"team": [1, 2.5, null, true, "x"]})),
        removed_at: None,
        email: Some("bob@example.com".into()),
        issuer: Some("https://invites.example".into()),
        ended: false,
        mail: None,
        inviter_email: None,
    }
}

async fn write<S: Store>(store: &S, changes: Vec<Change>) -> Result<(), Refusal> {
    store
        .transact(Scope::default(), move |_| {
            Ok(Decision {
                answer: (),
                changes: changes.clone(),
            })
        })
        .await
}

fn add_resource(name: &str) -> Change {
    Change::AddResource {
        resource: name.into(),
        title: Some("Title".into()),
        creator: None,
        at: Moment(1),
    }
}

fn set_member(name: &str, letters: &str) -> Change {
    let permissions = Permissions::parse(letters).unwrap_or(Permissions::NONE);
    Change::SetMember {
        resource: "notes".into(),
        user: user(name),
        permissions,
    }
}

async fn look<S: Store>(store: &S, invite: Option<InviteName>, name: &str) -> State {
    let resource = invite.is_none().then(|| "notes".to_owned());
    store
        .look(Scope {
            resource,
            invite,
            user: Some(user(name)),
            ..Scope::default()
        })
        .await
        .unwrap()
}
