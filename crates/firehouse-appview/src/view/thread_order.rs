//! In which order replies to one post are read.
//!
//! First by who wrote them: the author of the thread where he continues it, then anything else of his, the viewer's own, those the viewer
//! follows; last what moderators want lower, and of hidden replies the muted ones. Within that as the caller asked.

use std::cmp::Ordering;

use firehouse_types::Datetime;

/// How the caller wants replies of equal rank.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    Oldest,
    Newest,
    Top,
}

/// What tells where a reply stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Standing {
    pub rank: u8,
    pub at: Option<Datetime>,
    pub likes: u64,
    /// Liked by the author of the thread.
    pub op_likes: bool,
    /// What moderators' tools add where the best come first.
    pub bonus: i64,
}

/// The author's own thread goes on.
pub(crate) const OP_THREAD: u8 = 0;
/// By the author of the thread.
pub(crate) const OP: u8 = 1;
/// By the viewer.
pub(crate) const VIEWER: u8 = 2;
/// By somebody the viewer follows.
pub(crate) const FOLLOWED: u8 = 3;
/// By anybody else.
pub(crate) const MIDDLE: u8 = 4;
/// Hidden by the thread's author.
pub(crate) const LOW: u8 = 5;
/// Hidden by a tag.
pub(crate) const LOWER: u8 = 6;
/// Muted by the viewer; or not hidden, and to be shown behind all others.
pub(crate) const LAST: u8 = 7;

/// Which of two replies comes first.
pub(crate) fn compare(a: &Standing, b: &Standing, order: Order) -> Ordering {
    let newest = b.at.cmp(&a.at);
    let equals = match order {
        Order::Oldest => newest.reverse(),
        Order::Newest => newest,
        Order::Top => b.score().total_cmp(&a.score()).then(newest),
    };
    a.rank.cmp(&b.rank).then(equals)
}

impl Standing {
    fn score(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "likes and ranks are not that many")]
        let (likes, bonus) = (self.likes.saturating_add(3) as f64, self.bonus as f64);
        likes.ln() * if self.op_likes { 1.45 } else { 1.0 } + bonus
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standing(rank: u8, at: i64, likes: u64, op_likes: bool) -> Standing {
        Standing { rank, at: Some(Datetime::from_ms(at)), likes, op_likes, bonus: 0 }
    }

    /// Times of the replies in the order they are shown.
    fn shown(order: Order, mut replies: Vec<Standing>) -> Vec<i64> {
        replies.sort_by(|a, b| compare(a, b, order));
        replies.iter().map(|reply| reply.at.map_or(0, Datetime::ms)).collect()
    }

    #[test]
    fn rank_goes_before_everything_else() {
        let replies = || {
            vec![
                standing(MIDDLE, 1, 9, true),
                standing(OP, 2, 0, false),
                standing(MIDDLE, 3, 0, false),
            ]
        };
        assert_eq!(shown(Order::Oldest, replies()), [2, 1, 3]);
        assert_eq!(shown(Order::Newest, replies()), [2, 3, 1]);
    }

    #[test]
    fn a_like_of_the_thread_s_author_weighs_more_and_equals_are_newest_first() {
        let of = |at, likes, op_likes| standing(MIDDLE, at, likes, op_likes);
        // ln(4) × 1.45 = 2.01 and ln(7) = 1.95; ln(8) = 2.08.
        let replies = vec![of(1, 4, false), of(2, 1, true), of(3, 5, false), of(4, 4, false)];
        assert_eq!(shown(Order::Top, replies), [3, 2, 4, 1]);
    }
}
