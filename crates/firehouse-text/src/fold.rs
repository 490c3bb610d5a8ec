//! [`fold`]: one spelling for what people take for the same text.
//!
//! Characters are taken apart (NFKD), each is made plain by itself, and what is left is put together again (NFC). Whether a mark stays
//! depends on the letter under it only, so a folded text folds to itself.

use icu_normalizer::{ComposingNormalizerBorrowed, DecomposingNormalizerBorrowed};
use icu_properties::props::Script;

use crate::chars::{JOINER, is_emoji, is_flag_tag, is_invisible, is_mark, script};

/// NFKC in lower case, without what people leave out when they type: accents of Latin and Greek, vowel signs of Arabic and Hebrew, letters
/// that keyboards lack. White space is single spaces, apostrophes and quotes are straight, digits of all scripts are 0 to 9, final sigma is
/// sigma. Signs that make another letter stay: й, が, all of Devanagari and Thai.
pub fn fold(text: &str) -> String {
    // NFKC makes letters of these, which would grow onto the name before.
    let named = text.contains(['™', '℠']).then(|| text.replace(['™', '℠'], ""));
    let apart = DecomposingNormalizerBorrowed::new_nfkd();
    let apart = apart.normalize(named.as_deref().unwrap_or(text));
    let mut folder = Folder { out: String::with_capacity(apart.len()), base: ' ', joins: false };
    apart.chars().flat_map(char::to_lowercase).for_each(|c| folder.take(c));
    let mut folded = ComposingNormalizerBorrowed::new_nfc().normalize(&folder.out).into_owned();
    folded.truncate(folded.trim_end().len());
    folded
}

struct Folder {
    out: String,
    /// What the next mark would stand on.
    base: char,
    /// A joiner came last.
    joins: bool,
}

impl Folder {
    fn take(&mut self, c: char) {
        match c {
            '!'..='~' => self.put(c),
            c if c.is_whitespace() || c.is_control() => {
                if !self.out.is_empty() && !self.out.ends_with(' ') {
                    self.out.push(' ');
                }
                (self.base, self.joins) = (' ', false);
            }
            JOINER => self.joins = true,
            c if is_flag_tag(c) && self.out.ends_with(|c| c == '🏴' || is_flag_tag(c)) => {
                self.out.push(c);
            }
            // Skin tones, and the line that stretches Arabic words.
            '\u{1f3fb}'..='\u{1f3ff}' | 'ـ' => {}
            c if is_invisible(c) => {}
            c if is_mark(c) => {
                if !is_left_out(c, self.base) {
                    self.out.push(c);
                }
            }
            c => match spelled(c) {
                Some(spelled) => spelled.chars().for_each(|c| self.put(c)),
                None => self.put(digit(c).unwrap_or(c)),
            },
        }
    }

    fn put(&mut self, mut c: char) {
        if std::mem::take(&mut self.joins) && is_emoji(c) && self.out.ends_with(is_emoji) {
            self.out.push(JOINER);
        }
        // NFKD takes am and ho apart, which are letters of their own: no dictionary has words without them.
        let whole = match (self.out.chars().next_back(), c) {
            (Some('\u{e4d}'), '\u{e32}') => Some('\u{e33}'),
            (Some('\u{ecd}'), '\u{eb2}') => Some('\u{eb3}'),
            (Some('\u{eab}'), '\u{e99}') => Some('\u{edc}'),
            (Some('\u{eab}'), '\u{ea1}') => Some('\u{edd}'),
            _ => None,
        };
        if let Some(whole) = whole {
            self.out.pop();
            c = whole;
        }
        self.out.push(c);
        self.base = c;
    }
}

/// Whether a mark on this letter is left out by many who write the word.
fn is_left_out(mark: char, base: char) -> bool {
    match mark {
        // Arabic vowel signs and marks of recitation.
        '\u{610}'..='\u{61a}'
        | '\u{64b}'..='\u{652}'
        | '\u{656}'..='\u{65f}'
        | '\u{670}'
        | '\u{6d6}'..='\u{6dc}'
        | '\u{6df}'..='\u{6e4}'
        | '\u{6e7}'
        | '\u{6e8}'
        | '\u{6ea}'..='\u{6ed}' => true,
        // Hamza is dropped from alef and its like, and kept where it makes ؤ and ئ.
        '\u{653}'..='\u{655}' => !matches!((base, mark), ('و' | 'ي', '\u{654}')),
        // Hebrew vowel points and accents.
        '\u{591}'..='\u{5bd}'
        | '\u{5bf}'
        | '\u{5c1}'..='\u{5c2}'
        | '\u{5c4}'..='\u{5c5}'
        | '\u{5c7}' => true,
        _ => match script(base) {
            Script::Latin | Script::Greek | Script::Common => script(mark) == Script::Inherited,
            // Stress, and ё; й, ї, ў, ѓ and ќ are letters.
            Script::Cyrillic => match mark {
                '\u{300}' | '\u{301}' => !matches!(base, 'г' | 'к'),
                '\u{308}' => base == 'е',
                _ => false,
            },
            _ => false,
        },
    }
}

/// Letters and signs that have another spelling and that Unicode does not take apart.
fn spelled(c: char) -> Option<&'static str> {
    Some(match c {
        'ß' => "ss",
        'æ' => "ae",
        'œ' => "oe",
        'þ' => "th",
        'ø' | 'ɔ' => "o",
        'ł' => "l",
        'đ' | 'ð' | 'ɗ' => "d",
        'ħ' => "h",
        'ı' => "i",
        'ŧ' => "t",
        'ŋ' => "n",
        'ɓ' => "b",
        'ƙ' | 'ĸ' => "k",
        'ƴ' => "y",
        'ə' | 'ɛ' | 'ǝ' => "e",
        'ς' => "σ",
        // Keyboards of Arabic, Persian and Urdu have different letters for one.
        'ٱ' => "ا",
        'ى' | 'ی' => "ي",
        'ة' | 'ہ' | 'ۃ' | 'ە' => "ه",
        'ک' => "ك",
        '٫' => ".",
        '٬' => ",",
        '’' | '‘' | 'ʼ' | 'ʻ' | 'ʹ' | '′' => "'",
        '“' | '”' | '„' | '‟' | '«' | '»' | '「' | '」' | '『' | '』' | '″' => "\"",
        '‐' => "-",
        _ => return None,
    })
}

/// Digits of scripts that are written in posts, as 0 to 9.
fn digit(c: char) -> Option<char> {
    /// Arabic, Persian, Indian scripts from Devanagari to Malayalam, Thai, Lao, Burmese, Khmer: the nine others follow each.
    const ZEROS: [u32; 15] = [
        0x660, 0x6f0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xe50, 0xed0,
        0x1040, 0x17e0,
    ];
    let code = u32::from(c);
    let zero = ZEROS.into_iter().rfind(|&zero| zero <= code)?;
    char::from_digit(code - zero, 10)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::fold;

    #[test]
    fn width_case_and_spaces_make_no_difference() {
        assert_eq!(fold("ＰＲＡＩＡ  Straße\n\tｶﾞｷﾞ ὈΔΥΣΣΕΎΣ"), "praia strasse ガギ οδυσσευσ");
        assert_eq!(fold("„don’t“ 「東京」"), "\"don't\" \"東京\"");
        assert_eq!(
            fold(" İstanbul ISPARTA ılık\u{200b}\u{ad} Acme™ "),
            "istanbul isparta ilik acme"
        );
    }

    #[test]
    fn what_people_leave_out_is_left_out() {
        assert_eq!(
            fold("Żółć São Đặng Ærø naïve cœur Łódź"),
            "zolc sao dang aero naive coeur lodz"
        );
        assert_eq!(fold("Ёлка за́мок йод їжа Ѓорѓи"), "елка замок йод їжа ѓорѓи");
        assert_eq!(fold("أَحَبَّ إلى آل مدرسـة مؤمن رئيس"), "احب الي ال مدرسه مؤمن رئيس");
        assert_eq!(fold("کی ۀ"), fold("كى ه"));
        assert_eq!(fold("שָׁלוֹם"), "שלום");
        assert_eq!(fold("٣٫١٤ ๑๒ १२"), "3.14 12 12");
    }

    #[test]
    fn signs_that_make_another_letter_stay() {
        for text in ["が か パ ハ", "हिन्दी की", "น้ำ ทำ ไหม", "ນ້ຳ ໝາ", "한글 ぁ", "မြန်မာ ខ្មែរ"]
        {
            assert_eq!(fold(text), text);
        }
    }

    #[test]
    fn an_emoji_is_the_same_in_every_skin_and_presentation() {
        assert_eq!(fold("👍🏽 ❤️ 1️⃣"), "👍 ❤ 1");
        assert_eq!(fold("👩🏽‍❤️‍👨🏿"), "👩‍❤‍👨");
        assert_eq!(fold("🏴󠁧󠁢󠁳󠁣󠁴󠁿 a\u{200d}b\u{e0067}"), "🏴󠁧󠁢󠁳󠁣󠁴󠁿 ab");
    }

    #[test]
    fn every_character_folded_stays_as_it_is() {
        // Without Han that is taken for nothing else, and what is not assigned.
        for c in ('\0'..'\u{20000}').chain('\u{2f800}'..'\u{2fa20}').chain('\u{e0000}'..'\u{e01f0}')
        {
            // Behind a letter, since marks are dropped at the beginning.
            for base in ["", "a", "к", "و", "か", "ํ"] {
                let once = fold(&format!("{base}{c}"));
                assert_eq!(fold(&once), once, "{base}{c} {:x}", u32::from(c));
            }
        }
    }

    proptest! {
        #[test]
        fn what_is_folded_stays_as_it_is(
            text: String,
            marked in "[aкعو가か👩️ํ\u{e32}-\u{e34}゙ּٕ́̈ٔ\u{fe77}\u{200d}\u{300}-\u{345} -]{0,12}",
        ) {
            for text in [text, marked] {
                let once = fold(&text);
                prop_assert_eq!(fold(&once), once);
            }
        }
    }
}
