//! Tasks and timers over a clock that jumps to whatever is next.

use std::cell::{Cell, RefCell};
use std::cmp::Ordering;
use std::collections::{BinaryHeap, VecDeque};
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};

/// Microseconds since the world began.
pub type Time = u64;
pub const MS: Time = 1_000;
pub const SECOND: Time = 1_000_000;

/// So many steps without a tick of the clock are a loop that lets nobody else run.
const MOST_STEPS_AT_ONCE: u32 = 20_000;

type Work = Box<dyn FnOnce()>;
type Task = Pin<Box<dyn Future<Output = ()>>>;

struct Entry {
    at: Time,
    order: u64,
    work: Rc<RefCell<Option<Work>>>,
}

impl PartialEq for Entry {
    fn eq(&self, other: &Entry) -> bool {
        self.order == other.order
    }
}
impl Eq for Entry {}
impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Entry) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Entry {
    /// The heap gives the greatest: the next in time.
    fn cmp(&self, other: &Entry) -> Ordering {
        (other.at, other.order).cmp(&(self.at, self.order))
    }
}

struct TaskWaker {
    task: usize,
    woken: Arc<Mutex<VecDeque<usize>>>,
}

impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        self.woken.lock().expect("one thread").push_back(self.task);
    }
}

#[derive(Default)]
pub struct Executor {
    now: Cell<Time>,
    order: Cell<u64>,
    heap: RefCell<BinaryHeap<Entry>>,
    tasks: RefCell<Vec<Option<(Task, Waker)>>>,
    woken: Arc<Mutex<VecDeque<usize>>>,
    current: Cell<Option<usize>>,
    /// The callers' timers that run.
    timers: Rc<Cell<usize>>,
    starved: Cell<bool>,
}

impl Executor {
    pub fn now(&self) -> Time {
        self.now.get()
    }

    /// The task that runs just now.
    pub fn current(&self) -> Option<usize> {
        self.current.get()
    }

    pub fn timers(&self) -> usize {
        self.timers.get()
    }

    /// Somebody went on for ever without letting the clock tick.
    pub fn is_starved(&self) -> bool {
        self.starved.get()
    }

    pub fn after(&self, delay: Time, work: impl FnOnce() + 'static) {
        self.enter(delay, Box::new(work));
    }

    /// What a caller may take back, and is counted until then.
    pub fn timer(&self, delay: Time, work: Box<dyn FnOnce()>) -> Timer {
        let running = Rc::clone(&self.timers);
        running.set(running.get() + 1);
        let timers = Rc::clone(&self.timers);
        let work = self.enter(
            delay,
            Box::new(move || {
                timers.set(timers.get() - 1);
                work();
            }),
        );
        Timer { work, running }
    }

    fn enter(&self, delay: Time, work: Work) -> Rc<RefCell<Option<Work>>> {
        let work = Rc::new(RefCell::new(Some(work)));
        self.order.set(self.order.get() + 1);
        self.heap.borrow_mut().push(Entry {
            at: self.now() + delay,
            order: self.order.get(),
            work: Rc::clone(&work),
        });
        work
    }

    /// Begins a task in the next turn.
    pub fn spawn(&self, task: Task) -> usize {
        let mut tasks = self.tasks.borrow_mut();
        let id = tasks.len();
        let waker = Waker::from(Arc::new(TaskWaker {
            task: id,
            woken: Arc::clone(&self.woken),
        }));
        waker.wake_by_ref();
        tasks.push(Some((task, waker)));
        id
    }

    /// Runs everything until then, and winds the clock to it.
    pub fn run_until(&self, end: Time) {
        let mut steps = 0;
        while !self.starved.get() {
            steps += 1;
            let woken = self.woken.lock().expect("one thread").pop_front();
            if let Some(task) = woken {
                self.poll(task);
            } else {
                let mut heap = self.heap.borrow_mut();
                let Some(next) = heap.peek().filter(|next| next.at <= end) else {
                    break;
                };
                if next.at > self.now() {
                    steps = 0;
                    self.now.set(next.at);
                }
                let work = heap.pop().and_then(|entry| entry.work.take());
                drop(heap);
                if let Some(work) = work {
                    work();
                }
            }
            if steps > MOST_STEPS_AT_ONCE {
                self.starved.set(true);
            }
        }
        self.now.set(self.now().max(end));
    }

    fn poll(&self, id: usize) {
        let Some((mut task, waker)) = self.tasks.borrow_mut()[id].take() else {
            return;
        };
        self.current.set(Some(id));
        let poll = task.as_mut().poll(&mut Context::from_waker(&waker));
        if poll == Poll::Pending {
            self.tasks.borrow_mut()[id] = Some((task, waker));
        }
        self.current.set(None);
    }

    /// Tasks that have not ended.
    pub fn running(&self) -> usize {
        self.tasks.borrow().iter().flatten().count()
    }

    /// Drops everything that waits.
    pub fn clear(&self) {
        let tasks = self.tasks.take();
        drop(tasks);
        // Whoever owns a timer would hold its work else, and the work perhaps the owner.
        for entry in self.heap.take() {
            let work = entry.work.take();
            drop(work);
        }
    }
}

/// Ends when it is dropped.
pub struct Timer {
    work: Rc<RefCell<Option<Work>>>,
    running: Rc<Cell<usize>>,
}

impl Drop for Timer {
    fn drop(&mut self) {
        let work = self.work.take();
        if work.is_some() {
            self.running.set(self.running.get() - 1);
        }
        drop(work);
    }
}
