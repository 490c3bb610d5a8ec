//! Records that are unusual, and some that are no records at all.

use crate::protocol::repo::Write;
use crate::protocol::value::Value;
use crate::town::record;
use crate::world::core::{Core, Manner};

impl Core {
    /// Somebody writes something unusual, or takes it away again.
    pub(crate) fn write_odd_record(&mut self) {
        self.life.tick();
        let person = self.somebody();
        let odd = self.accounts[person].records.keys().filter(|path| path.contains("odd"));
        let odd: Vec<String> = odd.cloned().collect();
        if !odd.is_empty() && self.whims.chance(0.3) {
            let path = self.whims.pick(&odd).clone();
            self.commit(person, &[Write::Delete(path)], Manner::Usual);
            return;
        }
        let (path, value) = self.odd_record(person);
        let write = if self.accounts[person].records.contains_key(&path) {
            Write::Update(path, value)
        } else {
            Write::Create(path, value)
        };
        self.commit(person, &[write], Manner::Unlawful);
    }

    /// Shape: path and record.
    fn odd_record(&mut self, person: usize) -> (String, Value) {
        let (now, tid) = (self.life.clock.now(), self.life.clock.tid());
        let number = self.whims.below(4);
        let map = |kind: &str, mut fields: Vec<(&'static str, Value)>| {
            fields.push(("$type", kind.into()));
            Value::Map(fields)
        };
        let created = ("createdAt", Value::from(now.as_str()));
        match self.whims.below(10) {
            // Of collections nobody knows, with keys of all kinds.
            0 => {
                let kind = "com.example.odd.note";
                (format!("{kind}/{tid}"), map(kind, vec![("text", nested(number))]))
            }
            1 => {
                let kind = "com.example.odd.setting";
                (format!("{kind}/self"), map(kind, vec![("number", Value::Int(i64::MAX))]))
            }
            2 => {
                let kind = "com.example.odd.mirror";
                let rkey = format!("did:plc:x::did:web:y-{number}_~.{}", "z".repeat(100 * number));
                (format!("{kind}/{rkey}"), map(kind, vec![("of", Value::Null)]))
            }
            3 => {
                let kind = "com.example.odd.text";
                let text =
                    "\0 \u{1}\u{7f}\u{feff}\u{202e} \u{1f469}\u{200d}\u{1f680}".repeat(number + 1);
                (format!("{kind}/a{number}"), map(kind, vec![("text", text.into())]))
            }
            // That break their lexicon.
            4 => {
                let text = "too long ".repeat(400);
                (
                    format!("{}/odd-{number}", record::POST),
                    map(record::POST, vec![("text", text.into()), created]),
                )
            }
            5 => (format!("{}/odd-{number}", record::LIKE), map(record::LIKE, vec![created])),
            6 => {
                let fields = vec![("subject", "nobody".into()), created];
                (format!("{}/odd-{number}", record::FOLLOW), map(record::FOLLOW, fields))
            }
            // Of another type than their collection.
            7 => {
                let subject = self.accounts[person].did.to_string();
                let fields = vec![("subject", subject.into()), created];
                (format!("{}/odd-{number}", record::REPOST), map(record::BLOCK, fields))
            }
            // Paths in the tree that are no records.
            8 => (format!("odd/{tid}"), map("odd", vec![])),
            _ => (format!("com.example.odd.deep/{tid}/below"), map("com.example.odd.deep", vec![])),
        }
    }
}

fn nested(depth: usize) -> Value {
    let inner = Value::Map(vec![
        ("bytes", Value::Bytes(vec![0, 255])),
        ("list", Value::List(vec![Value::Bool(false), Value::Int(-1), Value::Null])),
        ("text", "été 漢字".into()),
    ]);
    (0..depth * 3).fold(inner, |inner, _| Value::List(vec![Value::Map(vec![("in", inner)])]))
}
