//! Backends.

use super::{App, Model};
use crate::answer::Answer;

impl Model {
    pub(super) fn add_app(&mut self, app: usize, everything: bool) -> Result<Answer, Answer> {
        if self.apps.contains_key(&app) {
            return Err(Answer::not_acceptable("name"));
        }
        let begun = App {
            everything,
            ..App::default()
        };
        self.apps.insert(app, begun);
        Ok(Answer::Done)
    }

    pub(super) fn grant_app(&mut self, app: usize, resource: usize) -> Result<Answer, Answer> {
        let exists = self.resources.contains_key(&resource);
        let found = self.apps.get_mut(&app);
        let found = found.ok_or(Answer::refused("not_found"))?;
        if !exists {
            return Err(Answer::not_acceptable("resource"));
        }
        found.resources.insert(resource);
        Ok(Answer::Done)
    }

    pub(super) fn revoke_app(&mut self, app: usize, resource: usize) -> Result<Answer, Answer> {
        let found = self.apps.get_mut(&app);
        let had = found.is_some_and(|found| found.resources.remove(&resource));
        if had {
            Ok(Answer::Done)
        } else {
            Err(Answer::refused("not_found"))
        }
    }

    pub(super) fn remove_app(&mut self, app: usize) -> Result<Answer, Answer> {
        match self.apps.remove(&app) {
            Some(_) => Ok(Answer::Done),
            None => Err(Answer::refused("not_found")),
        }
    }
}
