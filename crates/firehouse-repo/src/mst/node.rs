//! One MST node as bytes: `{e: [{k, p, t, v}], l}`, in the one encoding it has.
//!
//! A key is stored as the length of the prefix it shares with the key before it and the rest. The prefix must be as long as possible
//! and keys must rise, and both are seen by comparing a single byte.

use firehouse_types::Cid;

use super::{KEY_BYTES_MAX, NODE_ENTRIES_MAX, TreeError};
use crate::cbor::{ARRAY, BYTES, LINK_HEAD, Malformed, NULL, Reader, UNSIGNED, write_head};

/// One entry as stored.
#[derive(Clone, Copy)]
pub(crate) struct RawEntry<'a> {
    /// Bytes shared with the key before.
    pub prefix: usize,
    /// The rest of the key.
    pub suffix: &'a [u8],
    /// Binary CID of the record, in whatever form the author gave it.
    pub value: &'a [u8],
    /// The subtree between this key and the next.
    pub right: Option<Cid>,
}

/// Hands every entry of a node to `each`, in order, and returns the subtree left of the first.
pub(crate) fn read_node<'a>(
    block: &'a [u8],
    mut each: impl FnMut(RawEntry<'a>) -> Result<(), TreeError>,
) -> Result<Option<Cid>, TreeError> {
    let mut reader = Reader::new(block);
    reader.expect(b"\xa2\x61e")?;
    let count = reader.head_of(ARRAY)?;
    if count > NODE_ENTRIES_MAX {
        return Err(TreeError::Rule("too many entries in a node"));
    }
    for _ in 0..count {
        each(read_entry(&mut reader)?)?;
    }
    reader.expect(b"\x61l")?;
    let left = reader.nullable_link()?;
    reader.end()?;
    Ok(left)
}

fn read_entry<'a>(reader: &mut Reader<'a>) -> Result<RawEntry<'a>, Malformed> {
    reader.expect(b"\xa4\x61k")?;
    let suffix = reader.bytes()?;
    reader.expect(b"\x61p")?;
    let prefix = reader.head_of(UNSIGNED)?;
    reader.expect(b"\x61t")?;
    let right = reader.nullable_link()?;
    reader.expect(b"\x61v")?;
    let value = reader.any_link()?;
    let prefix = usize::try_from(prefix).map_err(|_| Malformed::Unexpected)?;
    Ok(RawEntry { prefix, suffix, value, right })
}

/// Checks a stored key against the one before it in the node, which is empty for the first.
pub(crate) fn check_key(before: &[u8], entry: &RawEntry<'_>) -> Result<(), TreeError> {
    if entry.prefix.saturating_add(entry.suffix.len()) > KEY_BYTES_MAX {
        return Err(TreeError::Rule("key too long"));
    }
    let next = entry.suffix.first().ok_or(TreeError::Rule("keys do not rise"))?;
    match before.get(entry.prefix) {
        None if entry.prefix == before.len() => Ok(()),
        None => Err(TreeError::Rule("prefix longer than the key before")),
        Some(byte) if byte == next => Err(TreeError::Rule("prefix not compressed")),
        Some(byte) if byte > next => Err(TreeError::Rule("keys do not rise")),
        Some(_) => Ok(()),
    }
}

/// How many bytes two neighbouring keys have in common.
pub(crate) fn shared_prefix(before: &[u8], key: &[u8]) -> usize {
    // Mostly twenty: the collection and the first half of a TID. Eight at a time is a comparison of registers.
    let ((a, _), (b, _)) = (before.as_chunks::<8>(), key.as_chunks::<8>());
    let shared = 8 * a.iter().zip(b).take_while(|(a, b)| a == b).count();
    let (a, b) = (before.iter().skip(shared), key.iter().skip(shared));
    shared + a.zip(b).take_while(|(a, b)| a == b).count()
}

/// Writes a node, entry by entry, into a buffer that is used again.
pub(crate) struct NodeWriter<'b> {
    out: &'b mut Vec<u8>,
}

impl<'b> NodeWriter<'b> {
    pub(crate) fn start(out: &'b mut Vec<u8>, entries: usize) -> Self {
        out.clear();
        out.extend_from_slice(b"\xa2\x61e");
        let writer = Self { out };
        write_head(writer.out, ARRAY, entries);
        writer
    }

    /// `prefix` is how many bytes of `key` the entry before has too; see [`shared_prefix`].
    pub(crate) fn entry(&mut self, prefix: usize, key: &[u8], value: &[u8], right: Option<&Cid>) {
        let suffix = key.get(prefix..).unwrap_or_default();
        self.out.extend_from_slice(b"\xa4\x61k");
        write_head(self.out, BYTES, suffix.len());
        self.out.extend_from_slice(suffix);
        self.out.extend_from_slice(b"\x61p");
        write_head(self.out, UNSIGNED, prefix);
        self.out.extend_from_slice(b"\x61t");
        self.link(right);
        self.out.extend_from_slice(b"\x61v\xd8\x2a");
        write_head(self.out, BYTES, value.len() + 1);
        self.out.push(0);
        self.out.extend_from_slice(value);
    }

    pub(crate) fn finish(mut self, left: Option<&Cid>) {
        self.out.extend_from_slice(b"\x61l");
        self.link(left);
    }

    fn link(&mut self, link: Option<&Cid>) {
        let Some(cid) = link else { return self.out.push(NULL) };
        self.out.extend_from_slice(&LINK_HEAD);
        self.out.extend_from_slice(&cid.to_bytes());
    }
}

#[cfg(test)]
mod tests {
    use firehouse_types::Cid;

    use super::{NodeWriter, RawEntry, check_key, read_node, shared_prefix};
    use crate::mst::TreeError;

    /// Key, right subtree.
    type Entry<'a> = (&'a str, Option<Cid>);

    fn write(entries: &[Entry<'_>], left: Option<Cid>) -> Vec<u8> {
        let value = Cid::dag_cbor([1; 32]).to_bytes();
        let mut out = Vec::new();
        let mut writer = NodeWriter::start(&mut out, entries.len());
        let mut before = "";
        for (key, right) in entries {
            let prefix = shared_prefix(before.as_bytes(), key.as_bytes());
            writer.entry(prefix, key.as_bytes(), &value, right.as_ref());
            before = key;
        }
        writer.finish(left.as_ref());
        out
    }

    /// Keys, each with whether a subtree follows; the left subtree.
    type Content = (Vec<(String, bool)>, Option<Cid>);

    fn read(block: &[u8]) -> Result<Content, TreeError> {
        let (mut keys, mut before) = (Vec::new(), Vec::new());
        let left = read_node(block, |entry| {
            check_key(&before, &entry)?;
            before.truncate(entry.prefix);
            before.extend(entry.suffix);
            keys.push((String::from_utf8_lossy(&before).into_owned(), entry.right.is_some()));
            Ok(())
        })?;
        Ok((keys, left))
    }

    #[test]
    fn reading_undoes_writing() {
        let child = Cid::dag_cbor([2; 32]);
        let long = "b".repeat(300);
        let entries = [("a/1", None), ("a/10", Some(child)), ("a/2", None), (long.as_str(), None)];
        let (keys, left) = read(&write(&entries, Some(child))).unwrap();
        let expected: Vec<_> = entries.map(|(k, r)| (k.to_owned(), r.is_some())).into();
        assert_eq!((keys, left), (expected, Some(child)));
        assert_eq!(read(&write(&[], None)), Ok((vec![], None)));
    }

    #[test]
    fn any_cut_or_changed_structure_byte_is_refused() {
        let block = write(&[("a/1", None), ("a/2", None)], None);
        for len in 0..block.len() {
            assert!(read(&block[..len]).is_err(), "{len}");
        }
        assert!(read(&[&block[..], &[0]].concat()).is_err());
    }

    #[test]
    fn prefixes_are_maximal_and_keys_rise() {
        let check = |before: &str, prefix: usize, suffix: &str| {
            let entry = RawEntry { prefix, suffix: suffix.as_bytes(), value: &[], right: None };
            check_key(before.as_bytes(), &entry).is_ok()
        };
        assert!(check("", 0, "a"));
        assert!(check("a", 0, "b"));
        assert!(check("ab", 1, "c"));
        assert!(check("ab", 2, "c"));
        assert!(!check("", 0, ""), "empty key");
        assert!(!check("", 1, "a"), "prefix of nothing");
        assert!(!check("ab", 0, "ac"), "prefix not compressed");
        assert!(!check("ab", 2, ""), "the same key again");
        assert!(!check("b", 0, "a"), "falling");
        assert!(!check("ab", 1, ""), "falling to its own prefix");
        assert!(!check("a", usize::MAX, "b"), "no overflow");
        assert!(!check("a", 0, &"b".repeat(1025)), "too long");
    }
}
