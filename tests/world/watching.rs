//! What is seen of the SDK on the wire: what leaves, and what the servers do because of it.

use crate::ledger::{Question, What};
use crate::network::Weather;
use crate::properties::Property;
use crate::requests::HttpRequest;
use crate::sabotage::Sabotage;
use crate::sockets::Socket;
use crate::town::{self, Person};
use crate::world::{At, Dialect, World};

impl World {
    /// A request leaves.
    pub fn asked(&self, request: &HttpRequest) {
        let Some(id) = self.executor.current() else {
            return;
        };
        let mut calls = self.ledger.calls.borrow_mut();
        let record = &mut calls[id];
        record.requests += 1;
        let is_create = request.method == "POST" && request.path.ends_with("/invites");
        record.left |= is_create;
        let named = request
            .header("idempotency-key")
            .filter(|_| self.sabotage != Sabotage::DropName);
        if is_create && record.call.idempotency.is_some() && named.is_none() {
            let what = format!("call {id} leaves without its idempotency key");
            drop(calls);
            return self.broken(Property::OptionsAreCarried, what);
        }
        let is_home = self.place == At::Home && self.sabotage != Sabotage::ParkAnywhere;
        if request.method == "POST" && request.path.ends_with("/pending") && !is_home {
            drop(calls);
            let what = format!("call {id} leaves its key with another site");
            return self.broken(Property::KeysStayHome, what);
        }
        let record = &mut calls[id];
        if record.call.what == What::Watch && request.path.contains("?json") {
            let version = self.town.borrow().versions[0].to_string();
            let often = record.pages.iter().filter(|seen| **seen == version).count();
            // What fails may be asked for again.
            if self.network.weather() == Weather::Calm {
                record.pages.push(version);
            }
            if often == 12 || self.sabotage == Sabotage::LookAgain {
                drop(calls);
                let what = format!("call {id} downloads the same document for the {often}th time");
                self.broken(Property::WatchesRest, what);
            }
            return;
        }
        if request.method != "GET" || !request.path.contains("/invites") {
            return;
        }
        let page = request.path.split("page_token=").nth(1).unwrap_or_default();
        let often = record.pages.iter().filter(|asked| *asked == page).count();
        record.pages.push(page.to_owned());
        // Once more is a retry; a dozen times is going round.
        if often == 12 || self.sabotage == Sabotage::GoRound {
            let what = format!("call {id} asks for the page {page:?} again and again");
            drop(calls);
            self.broken(Property::ListsEnd, what);
        }
    }

    /// Whether the server's pages have no end just now.
    pub fn lists_go_round(&self) -> bool {
        let calls = self.ledger.calls.borrow();
        let most = calls.iter().map(|record| record.requests).max();
        self.network.weather() == Weather::Circling && most.unwrap_or_default() < 100
    }

    /// A frame leaves.
    pub fn sent_frame(&self, text: &str) {
        let Some((_, rest)) = text.split_once("\"maxAge\":") else {
            return;
        };
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        let Some(id) = self.maker(digits.parse().unwrap_or_default()) else {
            return;
        };
        let is_named = {
            let record = &mut self.ledger.calls.borrow_mut()[id];
            record.left = true;
            record.call.idempotency.is_some()
        };
        // No frame has a place for it.
        if is_named {
            let what = format!("call {id} leaves without its idempotency key");
            self.broken(Property::OptionsAreCarried, what);
        }
    }

    /// The call that asks for an invite of this age.
    pub fn maker(&self, age: u32) -> Option<usize> {
        let calls = self.ledger.calls.borrow();
        calls.iter().position(
            |record| matches!(record.call.what, What::Create { max_age, .. } if max_age == age),
        )
    }

    /// A server makes an invite.
    pub fn created(&self, age: u32, by: Person) {
        let Some(id) = self.maker(age) else { return };
        let (makers, is_named) = {
            let record = &mut self.ledger.calls.borrow_mut()[id];
            record.created.push(by);
            match self.sabotage {
                Sabotage::CreateTwice => record.created.push(by),
                Sabotage::CreateForAll if by != Person::Ada => record.created.push(Person::Ada),
                _ => {}
            }
            (record.created.clone(), record.call.idempotency.is_some())
        };
        // What a frame has no place for was told already.
        if makers.len() < 2 || self.dialect == Dialect::Webstrates && is_named {
            return;
        }
        let property = match makers.iter().filter(|maker| **maker == by).count() {
            1 => Property::CreatesOnceForAll,
            _ => Property::CreatesOnce,
        };
        self.broken(property, format!("call {id} made invites of {makers:?}"));
    }

    /// A question arrives over a socket.
    pub fn asked_on(&self, socket: &Socket, question: &Question) {
        let Question::Accept(key) = question else {
            return;
        };
        let seen_at = self.page.seen_at.get();
        let is_kept = self.sabotage == Sabotage::KeepSocket;
        if socket.opened >= seen_at && !is_kept || seen_at == 0 {
            return;
        }
        let calls = self.ledger.calls.borrow();
        let before = calls.iter().any(|record| {
            let accepts = match &record.call.what {
                What::Accept(asked) | What::AcceptInvite(asked, _) => asked == key,
                _ => false,
            };
            accepts && record.started <= seen_at
        });
        drop(calls);
        if !before {
            let what = format!(
                "socket {} is of before the page was seen again",
                socket.number
            );
            self.broken(Property::AcceptsAsWhoOneIs, what);
        }
    }

    /// A server gives what an invite gives; `had` is what the person had before.
    pub fn accepted(&self, who: Person, place: &str, had: &str) {
        let town = self.town.borrow();
        let has = match self.sabotage {
            Sabotage::TakeAway => String::new(),
            _ => town.letters(place, who),
        };
        // What others give and take no client can know in time.
        let now = self.executor.now();
        if town::is_within(had, &has) || town.was_changed_lately(now, place, who) {
            return;
        }
        drop(town);
        let what = format!("{who:?} had {had} on {place} and has {has}");
        self.broken(Property::AcceptsTakeNothing, what);
    }
}
