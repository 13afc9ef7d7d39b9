//! Resources come and go.

use invite_key::permissions::Permissions;

use super::{Model, Resource, invites::letters, lists::PAGE, quotas::full};
use crate::answer::Answer;
use crate::history::{Asker, DRAWN, KEPT};

impl Model {
    pub(super) fn new_resource(
        &mut self,
        now: i64,
        by: Asker,
        resource: usize,
    ) -> Result<Answer, Answer> {
        let person = self.asker(by)?;
        // Before it is looked whether the name is taken: nobody tries names without end.
        full(self.created_by(person), self.quotas.resources, "resources")?;
        if self.is_taken(resource) {
            return Err(Answer::refused("already_exists"));
        }
        let mut begun = Resource::begun(Some(person), now);
        begun.set(person, Permissions::ALL);
        self.resources.insert(resource, begun);
        if let Some(app) = by.app().and_then(|app| self.apps.get_mut(&app)) {
            app.resources.insert(resource);
        }
        Ok(Answer::Letters(Permissions::ALL.as_str()))
    }

    pub(super) fn new_anywhere(&mut self, now: i64, by: Asker) -> Result<Answer, Answer> {
        let taken = Answer::refused("already_exists");
        let begun = self.new_resource(now, by, DRAWN);
        // Chance that always draws the same is none.
        begun.map_err(|refusal| {
            if refusal == taken {
                Answer::refused("server_error")
            } else {
                refusal
            }
        })
    }

    /// A name is free again when nothing is left of what had it; one and the same answer says that it is not.
    fn is_taken(&self, resource: usize) -> bool {
        let is_there = self.resources.contains_key(&resource);
        is_there || self.going.contains_key(&resource) || resource == KEPT
    }

    /// It is gone at once, and all that hangs on it.
    pub(super) fn delete_resource(
        &mut self,
        by: Asker,
        resource: usize,
        swept: bool,
    ) -> Result<Answer, Answer> {
        self.manager(by, resource)?;
        self.resources.remove(&resource);
        let all = std::mem::take(&mut self.invites).into_iter();
        let (left, others) = all.partition(|invite| invite.resource == resource);
        self.invites = others;
        for app in self.apps.values_mut() {
            app.resources.remove(&resource);
        }
        if !swept {
            self.going.insert(resource, left);
        }
        Ok(Answer::Done)
    }

    pub(super) fn sweep(&mut self) -> Answer {
        self.going.clear();
        Answer::Done
    }

    pub(super) fn appoint(
        &mut self,
        now: i64,
        resource: usize,
        person: usize,
        text: &str,
    ) -> Result<Answer, Answer> {
        if self.going.contains_key(&resource) {
            return Err(Answer::refused("try_again"));
        }
        if resource == KEPT {
            return Err(Answer::not_acceptable("resource"));
        }
        let found = self.resources.entry(resource);
        let found = found.or_insert_with(|| Resource::begun(None, now));
        found.set(person, letters(text));
        Ok(Answer::Done)
    }

    pub(super) fn own_resources(&self, by: Asker, page_size: u32) -> Result<Answer, Answer> {
        let person = self.asker(by)?;
        if !(1..=PAGE).contains(&page_size) {
            return Err(Answer::not_acceptable("page_size"));
        }
        let own = self.resources.iter().filter(|(resource, found)| {
            !found.letters(person).is_empty() && self.is_its_own(by, Some(**resource))
        });
        let own = own.map(|(resource, found)| (*resource, found.letters(person).as_str()));
        let own: Vec<_> = own.collect();
        let pages = own.chunks(page_size as usize).map(<[_]>::to_vec);
        let mut pages: Vec<_> = pages.collect();
        if pages.is_empty() {
            pages.push(Vec::new());
        }
        Ok(Answer::Resources(pages))
    }
}
