//! What callers were told, kill by kill, and what of it turned out to be untrue.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use crate::backend::Happening;

/// The place of a kill among all.
pub type Number = usize;

/// From one kill to the next.
pub struct Phase {
    pub kill: String,
    pub acknowledged: usize,
    /// Without what is an answer like any other: that an invite is used up.
    pub refused: BTreeMap<String, usize>,
    /// The longest time in which nothing was acknowledged.
    pub away: Duration,
    /// Until nothing was amiss any more.
    pub whole: Duration,
    /// Sentences, one for each promise that was broken.
    pub lost: Vec<String>,
}

#[derive(Default)]
pub struct Ledger {
    book: Mutex<Book>,
    over: AtomicBool,
    more: Notify,
}

#[derive(Default)]
struct Book {
    phases: Vec<Phase>,
    last: Option<Instant>,
    promised: BTreeSet<Happening>,
    refused: BTreeSet<Happening>,
}

impl Ledger {
    /// What is told from now on is told after this kill.
    pub fn begin(&self, kill: &str) {
        self.book.lock().unwrap().phases.push(Phase {
            kill: kill.to_owned(),
            acknowledged: 0,
            refused: BTreeMap::new(),
            away: Duration::ZERO,
            whole: Duration::ZERO,
            lost: Vec::new(),
        });
    }

    /// A change was acknowledged. Gives after which kill.
    pub fn acknowledge(&self) -> Number {
        let mut book = self.book.lock().unwrap();
        let now = Instant::now();
        let away = book.last.replace(now).map(|last| now - last);
        let number = book.phases.len() - 1;
        let phase = &mut book.phases[number];
        phase.acknowledged += 1;
        // Afterwards nobody asks all the time.
        if !self.is_over() {
            phase.away = phase.away.max(away.unwrap_or_default());
        }
        drop(book);
        self.more.notify_waiters();
        number
    }

    /// Somebody was told this instead.
    pub fn refuse(&self, code: &str) {
        let mut book = self.book.lock().unwrap();
        let phase = book.phases.last_mut().unwrap();
        *phase.refused.entry(code.to_owned()).or_default() += 1;
    }

    /// All is well again.
    pub fn whole(&self, after: Duration) {
        self.book.lock().unwrap().phases.last_mut().unwrap().whole = after;
    }

    /// A promise of that phase was broken.
    pub fn lose(&self, phase: Number, sentence: String) {
        println!("LOST: {sentence}");
        self.book.lock().unwrap().phases[phase].lost.push(sentence);
    }

    /// Backends are told of it.
    pub fn promise(&self, kind: &str, invite: &str, who: &str) {
        let happening = (kind.to_owned(), invite.to_owned(), who.to_owned());
        self.book.lock().unwrap().promised.insert(happening);
    }

    /// It did not happen, so backends are not told of it.
    pub fn deny(&self, kind: &str, invite: &str, who: &str) {
        let happening = (kind.to_owned(), invite.to_owned(), who.to_owned());
        self.book.lock().unwrap().refused.insert(happening);
    }

    /// What backends have to be told, and what they must not.
    pub fn happenings(&self) -> (BTreeSet<Happening>, BTreeSet<Happening>) {
        let book = self.book.lock().unwrap();
        (book.promised.clone(), book.refused.clone())
    }

    /// Waits until so many more changes have been acknowledged.
    pub async fn goes_on(&self, changes: usize) {
        let all = || -> usize {
            let book = self.book.lock().unwrap();
            book.phases.iter().map(|phase| phase.acknowledged).sum()
        };
        let enough = all() + changes;
        loop {
            let more = self.more.notified();
            if all() >= enough {
                return;
            }
            more.await;
        }
    }

    /// Tells the load to end.
    pub fn end(&self) {
        self.over.store(true, Ordering::SeqCst);
    }

    pub fn is_over(&self) -> bool {
        self.over.load(Ordering::SeqCst)
    }

    pub fn phases(&self) -> Vec<Phase> {
        std::mem::take(&mut self.book.lock().unwrap().phases)
    }
}
