//! What a character is to a search: part of a word, of a run, an emoji, or nothing.

use icu_properties::props::{
    DefaultIgnorableCodePoint, Emoji, ExtendedPictographic, GeneralCategory, GeneralCategoryGroup,
    Script,
};
use icu_properties::{CodePointMapData, CodePointSetData};

/// Joins several emoji to one.
pub(crate) const JOINER: char = '\u{200d}';

/// Which way words are found in characters of this kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    /// Of a script with spaces: words end where such characters end.
    Word,
    /// Thai, Lao, Khmer, Burmese: words are found by dictionary.
    Dictionary,
    /// Han, kana, Hangul: not cut into words at all.
    Run,
    Emoji,
    /// Half of a flag.
    Flag,
    /// Punctuation, signs, white space.
    None,
}

pub(crate) fn class(c: char) -> Class {
    if c.is_ascii() {
        return if c.is_ascii_alphanumeric() { Class::Word } else { Class::None };
    }
    if is_run(c) {
        return Class::Run;
    }
    if is_flag(c) {
        return Class::Flag;
    }
    // Before letters: some emoji are letters in boxes.
    if is_emoji(c) {
        return Class::Emoji;
    }
    if !(c.is_alphanumeric() || is_mark(c)) {
        return Class::None;
    }
    if is_dictionary(c) { Class::Dictionary } else { Class::Word }
}

/// Whether words of this script stand without spaces between them, or with endings grown on.
pub(crate) fn is_run(c: char) -> bool {
    matches!(u32::from(c),
        0x1100..=0x11ff | 0x3131..=0x318e | 0xa960..=0xa97f | 0xac00..=0xd7ff // Hangul, in letters and in syllables
        | 0x3041..=0x3096 | 0x3099..=0x309a | 0x309d..=0x309f | 0x30a1..=0x30fa | 0x30fc..=0x30ff // kana and what stands with it
        | 0x31f0..=0x31ff | 0x1_aff0..=0x1_b16f // kana, small and old
        | 0x3005..=0x3007 | 0x303b | 0x3400..=0x4dbf | 0x4e00..=0x9fff | 0xf900..=0xfaff | 0x2_0000..=0x3_ffff // Han
        | 0x3105..=0x312f | 0x31a0..=0x31bf // bopomofo, which stands among Han
    )
}

fn is_dictionary(c: char) -> bool {
    matches!(u32::from(c),
        0x0e00..=0x0eff                                          // Thai, Lao
        | 0x1000..=0x109f | 0xa9e0..=0xa9ff | 0xaa60..=0xaa7f    // Burmese
        | 0x1780..=0x17ff                                        // Khmer
    )
}

/// Vowel signs, accents and the like, which are part of the letter before.
pub(crate) fn is_mark(c: char) -> bool {
    !c.is_ascii() && is_in(c, GeneralCategoryGroup::Mark)
}

/// Not signs such as +, $ and =.
pub(crate) fn is_punctuation(c: char) -> bool {
    is_in(c, GeneralCategoryGroup::Punctuation)
}

fn is_in(c: char, group: GeneralCategoryGroup) -> bool {
    group.contains(category(c))
}

/// A picture by itself; signs that stand in any text, such as ©, are none.
pub(crate) fn is_emoji(c: char) -> bool {
    // The first but © and ®, which saves the look-up for most letters.
    c >= '\u{203c}'
        && CodePointSetData::new::<ExtendedPictographic>().contains(c)
        && CodePointSetData::new::<Emoji>().contains(c)
}

fn is_flag(c: char) -> bool {
    matches!(c, '\u{1f1e6}'..='\u{1f1ff}')
}

/// Letters of the region whose flag is meant, written behind a black flag.
pub(crate) fn is_flag_tag(c: char) -> bool {
    matches!(c, '\u{e0020}'..='\u{e007f}')
}

/// Has no width, and says nothing: soft hyphens, variation selectors, directions.
pub(crate) fn is_invisible(c: char) -> bool {
    !c.is_ascii() && CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
}

fn category(c: char) -> GeneralCategory {
    CodePointMapData::<GeneralCategory>::new().get(c)
}

pub(crate) fn script(c: char) -> Script {
    if c.is_ascii_alphabetic() {
        return Script::Latin;
    }
    CodePointMapData::<Script>::new().get(c)
}
