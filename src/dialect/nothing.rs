//! What a dialect is of which nothing was said: it takes no key and refuses every call by name.

use std::rc::Rc;

use crate::dialect::{Alone, Context, Hears, LinkForm, Session, Traits};
use crate::later::{Reply, Task};
use crate::operation::Policy;
use crate::transport::Platform;

pub(crate) static TRAITS: Traits = Traits {
    options: &[],
    needs_resource: false,
    features: Some(&[]),
    kinds: &[],
    alone: Alone::Key,
    policy: Policy::Confirm,
    knows_account: false,
    link: LinkForm::None,
    hears: Hears::Never,
};

struct Nothing;

pub(crate) fn open<P: Platform>(_platform: &Rc<P>) -> Rc<dyn Session<P>> {
    Rc::new(Nothing)
}

impl<P: Platform> Session<P> for Nothing {
    fn perform<'a>(&'a self, cx: &'a Context<'a, P>) -> Task<'a, Reply> {
        Box::pin(async { Err(cx.remote.unsupported("This call")) })
    }
}
