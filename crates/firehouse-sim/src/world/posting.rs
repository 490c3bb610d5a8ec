//! What somebody is made to do, at a moment that the caller chooses: for those who measure when it is seen.

use crate::model::Status;
use crate::protocol::repo::Write;
use crate::protocol::value::Value;
use crate::town::record::{LIKE, POST, StrongRef, like};
use crate::world::core::{Core, Manner};

impl Core {
    /// The account of this number posts a text. Shape: its AT-URI.
    pub(crate) fn write_post(&mut self, person: usize, text: &str) -> String {
        self.life.tick();
        let path = format!("{POST}/{}", self.life.clock.tid());
        let post = self.post_of(text);
        self.commit(person, &[Write::Create(path.clone(), post)], Manner::Usual);
        format!("at://{}/{path}", self.accounts[person].did)
    }

    /// A post of [`Core::write_post`] gets another text.
    pub(crate) fn rewrite_post(&mut self, uri: &str, text: &str) {
        self.life.tick();
        let (person, path) = self.place(uri);
        let post = self.post_of(text);
        self.commit(person, &[Write::Update(path, post)], Manner::Usual);
    }

    /// A post of [`Core::write_post`] is deleted.
    pub(crate) fn delete_post(&mut self, uri: &str) {
        self.life.tick();
        let (person, path) = self.place(uri);
        self.commit(person, &[Write::Delete(path)], Manner::Usual);
    }

    /// The account of this number likes a post of [`Core::write_post`], as it is now.
    pub(crate) fn like_post(&mut self, person: usize, uri: &str) {
        self.life.tick();
        let (author, path) = self.place(uri);
        let post = self.accounts[author].records.get(&path).expect("a post that is there");
        let like = like(&StrongRef { uri: uri.to_owned(), cid: post.cid }, &self.life.clock.now());
        let path = format!("{LIKE}/{}", self.life.clock.tid());
        self.commit(person, &[Write::Create(path, like)], Manner::Usual);
    }

    /// The host of an account takes it down.
    pub(crate) fn take_down(&mut self, person: usize) {
        self.life.tick();
        self.hide(person, Status::Takendown);
    }

    fn post_of(&self, text: &str) -> Value {
        let now = self.life.clock.now();
        Value::Map(vec![
            ("$type", POST.into()),
            ("createdAt", now.as_str().into()),
            ("text", text.into()),
        ])
    }

    /// Whose it is, and where in his repo. Panics for what nobody wrote.
    fn place(&self, uri: &str) -> (usize, String) {
        let place = uri.strip_prefix("at://").and_then(|rest| rest.split_once('/'));
        let (did, path) = place.expect("an AT-URI");
        (self.by_did[did], path.to_owned())
    }
}
