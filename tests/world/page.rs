//! The page around the SDK: its clock, whether it is seen, who is signed in, its locks, storage and listeners.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use crate::executor::{MS, SECOND, Time};
use crate::promise::Promise;
use crate::town::{Person, START};
use crate::world::World;

#[derive(Default)]
pub struct Page {
    /// How far the wall clock is off, in milliseconds.
    pub skew: Cell<f64>,
    /// When it last came into view.
    pub seen_at: Cell<Time>,
    pub hidden: Cell<bool>,
    pub who: Cell<Option<Person>>,
    /// Everybody who has been signed in here.
    pub people: RefCell<Vec<Person>>,
    pub memory: RefCell<Option<String>>,
    pub listeners: Rc<Cell<usize>>,
    locks: RefCell<Vec<Lock>>,
    tickets: Cell<u64>,
}

struct Lock {
    name: String,
    holder: u64,
    queue: VecDeque<(u64, Promise<()>)>,
}

/// Another tab has it.
const OTHER_TAB: u64 = 0;

impl World {
    /// The page's own clock, in milliseconds since 1970.
    pub fn wall(&self) -> f64 {
        START + self.executor.now() as f64 / 1000.0 + self.page.skew.get()
    }

    pub fn signed_in(&self, who: Option<Person>) {
        self.page.who.set(who);
        let mut people = self.page.people.borrow_mut();
        if let Some(who) = who.filter(|who| !people.contains(who)) {
            people.push(who);
        }
    }

    /// The tab was hidden and is seen again.
    pub fn seen_again(&self) {
        self.page.hidden.set(false);
        // Never at 0, which says that it was never hidden; a browser's clock is past it when a page can be seen.
        self.page.seen_at.set(self.executor.now().max(1));
    }

    pub fn lock(self: &Rc<World>, name: &str) -> Locking {
        let ticket = self.page.tickets.get() + 1;
        self.page.tickets.set(ticket);
        let granted = Promise::new();
        let mut locks = self.page.locks.borrow_mut();
        let is_new = !locks.iter().any(|lock| lock.name == name);
        if is_new && !self.is_healed() && self.percent(15) {
            locks.push(Lock {
                name: name.to_owned(),
                holder: OTHER_TAB,
                queue: VecDeque::new(),
            });
            let hold = self.pick(&[50 * MS, 3 * SECOND, 600 * SECOND]);
            self.trace(|| format!("another tab has the lock for {} ms", hold / MS));
            let (world, name) = (Rc::clone(self), name.to_owned());
            self.executor
                .after(hold, move || world.release(&name, OTHER_TAB));
        }
        match locks.iter_mut().find(|lock| lock.name == name) {
            Some(lock) => lock.queue.push_back((ticket, granted.clone())),
            None => {
                locks.push(Lock {
                    name: name.to_owned(),
                    holder: ticket,
                    queue: VecDeque::new(),
                });
                granted.resolve(());
            }
        }
        let held = Held {
            world: Rc::clone(self),
            name: name.to_owned(),
            ticket,
        };
        Locking {
            granted,
            held: Some(held),
        }
    }

    fn release(&self, name: &str, ticket: u64) {
        let mut locks = self.page.locks.borrow_mut();
        let Some(place) = locks.iter().position(|lock| lock.name == name) else {
            return;
        };
        let lock = &mut locks[place];
        if lock.holder != ticket {
            lock.queue.retain(|waiting| waiting.0 != ticket);
            return;
        }
        let next = lock.queue.pop_front();
        match next {
            Some((ticket, granted)) => {
                lock.holder = ticket;
                drop(locks);
                granted.resolve(());
            }
            None => {
                locks.remove(place);
            }
        }
    }

    /// Other tabs let go of what they have.
    pub fn other_tabs_leave(&self) {
        let held: Vec<_> = {
            let locks = self.page.locks.borrow();
            let others = locks.iter().filter(|lock| lock.holder == OTHER_TAB);
            others.map(|lock| lock.name.clone()).collect()
        };
        for name in held {
            self.release(&name, OTHER_TAB);
        }
    }

    /// Locks that this tab has or waits for.
    pub fn locks(&self) -> usize {
        let locks = self.page.locks.borrow();
        let ours = |lock: &Lock| lock.queue.len() + usize::from(lock.holder != OTHER_TAB);
        locks.iter().map(ours).sum()
    }
}

/// A lock, held or waited for, until it is dropped.
pub struct Held {
    world: Rc<World>,
    name: String,
    ticket: u64,
}

impl Drop for Held {
    fn drop(&mut self) {
        self.world.release(&self.name, self.ticket);
    }
}

/// Waits for a lock.
pub struct Locking {
    granted: Promise<()>,
    held: Option<Held>,
}

impl Future for Locking {
    type Output = Held;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Held> {
        match Pin::new(&mut self.granted).poll(context) {
            Poll::Ready(()) => Poll::Ready(self.held.take().expect("polled once more")),
            Poll::Pending => Poll::Pending,
        }
    }
}

/// A caller's `AbortSignal`.
#[derive(Clone, Default)]
pub struct Signal(Rc<SignalState>);

type Heard = Box<dyn FnOnce()>;

#[derive(Default)]
struct SignalState {
    aborted: Cell<bool>,
    listeners: RefCell<Vec<(u64, Heard)>>,
    numbers: Cell<u64>,
}

impl Signal {
    pub fn abort(&self) {
        self.0.aborted.set(true);
        for (_, listener) in self.0.listeners.take() {
            listener();
        }
    }

    pub fn is_aborted(&self) -> bool {
        self.0.aborted.get()
    }

    pub fn listen(&self, counted: &Rc<Cell<usize>>, listener: Heard) -> Listener {
        let number = self.0.numbers.get();
        self.0.numbers.set(number + 1);
        self.0.listeners.borrow_mut().push((number, listener));
        counted.set(counted.get() + 1);
        Listener {
            signal: self.clone(),
            number,
            counted: Rc::clone(counted),
        }
    }
}

/// Listens until it is dropped.
pub struct Listener {
    signal: Signal,
    number: u64,
    counted: Rc<Cell<usize>>,
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.counted.set(self.counted.get() - 1);
        let mut listeners = self.signal.0.listeners.borrow_mut();
        let place = listeners.iter().position(|other| other.0 == self.number);
        let listener = place.map(|place| listeners.remove(place));
        drop(listeners);
        drop(listener);
    }
}
