//! One work for many: it belongs to all who wait for it, and goes on for as long as one of them does.

use core::cell::RefCell;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};
use std::rc::{Rc, Weak};

use invite_key::InviteKey;

use crate::call::Progress;
use crate::error::{Code, Error};
use crate::later::{Later, Reply, Task};
use crate::transport::{Platform, within};

/// So long, in milliseconds, a server may take for an answer before another call goes by itself: nearly as long as a
/// call waits that says nothing else. A socket that lives is heard from more often, however slow its server is
/// (`multiplexer`); of a request nobody can tell.
pub(crate) const SERVERS_TURN: f64 = 9_000.0;
/// The same for what hangs on the page: a token that does not come.
pub(crate) const PAGES_TURN: f64 = 5_000.0;

/// What is under way at most once.
#[derive(PartialEq, Eq)]
pub(crate) enum Flight {
    /// The question what the server speaks.
    Discovery,
    /// Accepting one invite, for the resource that the caller named.
    Accept {
        key: InviteKey,
        place: Option<String>,
    },
    /// Accepting anything on one document.
    Document(String),
}

/// Work under way, by name.
#[derive(Default)]
pub(crate) struct Flights(RefCell<Vec<Weak<Running>>>);

/// One work under way.
struct Running {
    flight: Flight,
    progress: Rc<Progress>,
    /// Gone once there is a reply.
    work: RefCell<Option<Task<'static, Reply>>>,
    reply: Later,
    /// The same work, begun earlier and not heard of for long: what comes of it is welcome still.
    older: Option<Share>,
}

impl Flights {
    /// Does the work, or waits for the same work that is under way: its caller may give it up, and it goes on for the
    /// others. Where it came to nothing for a reason that may be over, it is done anew, for it was begun before this
    /// call came. Where it is not heard of for long it is done beside it, or in its place where it has sent nothing
    /// yet, and the first answer is everybody's.
    pub(crate) async fn once<P: Platform>(
        &self,
        platform: &P,
        flight: Flight,
        progress: &Rc<Progress>,
        work: Task<'static, Reply>,
    ) -> Reply {
        let mut is_older = true;
        let mut older = None;
        let mut replaced = None;
        while let Some(running) = self.under_way(&flight) {
            let left = running.progress.due.get() - platform.monotonic();
            let share = Share(Rc::clone(&running));
            // Kept all the while: it goes on for this call, too.
            older = Some(Share(Rc::clone(&running)));
            // Timers may be a little early.
            if left < 1.0 {
                // Nor does it wait for what the other may hold.
                progress.goes_alone.set(true);
                if !running.progress.sent().get() {
                    replaced = older.take();
                }
                break;
            }
            match within(platform, left, Box::pin(share)).await {
                Err(error) if error.code == Code::Timeout => {}
                Err(error) if is_older && error.may_pass() => is_older = false,
                reply => return reply,
            }
        }
        let share = self.begin(platform, flight, progress, work, older);
        if let Some(Share(replaced)) = &replaced {
            let instead = Share(Rc::clone(&share.0));
            drop(replaced.work.replace(Some(Box::pin(instead))));
        }
        // Who waited wakes, and goes on with it.
        drop(replaced);
        share.await
    }

    /// Does the work once no other of this name is under way: two at once may cost what one of them gained. One that is
    /// not heard of for long is sent back to the end of the queue, from where it sends back no other.
    pub(crate) async fn alone<P: Platform>(
        &self,
        platform: &P,
        flight: Flight,
        progress: &Rc<Progress>,
        work: Task<'static, Reply>,
    ) -> Reply {
        while let Some(other) = self.under_way(&flight) {
            let mut left = other.progress.due.get() - platform.monotonic();
            if progress.sent_back.get() {
                left = SERVERS_TURN;
            } else if left < 1.0 {
                other.send_back();
                continue;
            }
            // Who waits for its end keeps nothing going.
            let end = Box::pin(other.reply.wait());
            drop(other);
            let _ = within(platform, left, end).await;
        }
        self.begin(platform, flight, progress, work, None).await
    }

    fn under_way(&self, flight: &Flight) -> Option<Rc<Running>> {
        let flights = self.0.borrow();
        // The newest: an older one beside it has not been heard of for long.
        let mut running = flights.iter().rev().filter_map(Weak::upgrade);
        running.find(|running| running.flight == *flight && !running.reply.is_set())
    }

    fn begin<P: Platform>(
        &self,
        platform: &P,
        flight: Flight,
        progress: &Rc<Progress>,
        work: Task<'static, Reply>,
        older: Option<Share>,
    ) -> Share {
        progress.due.set(platform.monotonic() + PAGES_TURN);
        let running = Rc::new(Running {
            flight,
            progress: Rc::clone(progress),
            work: RefCell::new(Some(work)),
            reply: Later::default(),
            older,
        });
        let mut flights = self.0.borrow_mut();
        flights.retain(|flight| flight.strong_count() > 0);
        flights.push(Rc::downgrade(&running));
        Share(running)
    }
}

impl Running {
    /// Goes on with it, whoever asks.
    fn poll(&self, context: &mut Context<'_>) -> Poll<Reply> {
        if let Some(older) = &self.older
            && let Poll::Ready(Ok(reply)) = older.0.poll(context)
        {
            self.settle(Ok(reply));
        }
        let polled = match &mut *self.work.borrow_mut() {
            Some(work) => work.as_mut().poll(context),
            None => Poll::Pending,
        };
        if let Poll::Ready(reply) = polled {
            self.settle(reply);
        }
        self.reply.poll(context)
    }

    /// Lets another go first: its call begins anew, behind that.
    fn send_back(&self) {
        self.progress.sent_back.set(true);
        self.settle(Err(Error::new(
            Code::TryAgain,
            "Another call went first: try again.",
        )));
    }

    /// Ends it, in whatever way, unless it has ended.
    fn settle(&self, reply: Reply) {
        if let (Some(older), Ok(_)) = (&self.older, &reply) {
            older.0.settle(reply.clone());
        }
        self.reply.set(reply);
        drop(self.work.take());
    }
}

impl Drop for Running {
    /// Nobody waits for what comes of it: who waits for its end need not, either.
    fn drop(&mut self) {
        self.reply.set(Err(Error::new(Code::Aborted, "")));
    }
}

/// A caller's share in it, until it is dropped.
struct Share(Rc<Running>);

impl Future for Share {
    type Output = Reply;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Reply> {
        self.0.poll(context)
    }
}

impl Drop for Share {
    /// Who gives it up may have been the one whom it would have woken.
    fn drop(&mut self) {
        self.0.reply.wake();
    }
}
