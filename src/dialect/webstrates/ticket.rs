//! A call's place on a socket.

use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};
use std::rc::Rc;

use crate::later::{Later, Reply};
use crate::transport::Platform;

use super::multiplexer::Multiplexer;
use super::socket::Socket;

/// A call's place among the outstanding, given up when the call ends in whatever way: waits for the reply.
pub(super) struct Ticket<P: Platform> {
    pub(super) multiplexer: Rc<Multiplexer<P>>,
    pub(super) socket: Rc<Socket<P>>,
    pub(super) reply: Later,
}

impl<P: Platform> Future for Ticket<P> {
    type Output = Reply;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Reply> {
        self.reply.poll(context)
    }
}

impl<P: Platform> Drop for Ticket<P> {
    fn drop(&mut self) {
        let left = self.socket.take(&|call| call.reply.is(&self.reply));
        let is_last = self.socket.outstanding.borrow().is_empty();
        let heard = self.socket.heard.get();
        let silent = left.iter().any(|call| {
            call.progress.timed_out() && (call.frame.is_some() || call.sent_after == heard)
        });
        if silent {
            // Its time is over and nothing has come since: the line may be dead, and the next call shall not find out.
            self.multiplexer.forget(&self.socket);
            self.socket.retire();
        } else if is_last {
            self.multiplexer.rest(&self.socket);
        }
    }
}
