//! [`fold`]: one spelling for what people take for the same text.

use icu_normalizer::ComposingNormalizerBorrowed;

/// NFKC in lower case, white space as single spaces, curly apostrophes and quotes straight. Final sigma is sigma, so that a word is the
/// same word wherever it stands.
pub fn fold(text: &str) -> String {
    let composed = ComposingNormalizerBorrowed::new_nfkc().normalize(text);
    let mut folded = String::with_capacity(composed.len());
    for c in composed.chars().flat_map(char::to_lowercase) {
        match c {
            'ς' => folded.push('σ'),
            '’' | '‘' | 'ʼ' => folded.push('\''),
            '“' | '”' | '„' | '«' | '»' | '「' | '」' | '『' | '』' => folded.push('"'),
            // What has no width parts no word.
            '\u{ad}' | '\u{200b}' | '\u{200c}' | '\u{feff}' => {}
            c if c.is_whitespace() || c.is_control() => {
                if !folded.is_empty() && !folded.ends_with(' ') {
                    folded.push(' ');
                }
            }
            c => folded.push(c),
        }
    }
    folded.truncate(folded.trim_end().len());
    folded
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::fold;

    #[test]
    fn width_case_and_spaces_make_no_difference() {
        assert_eq!(fold("ＰＲＡＩＡ  Straße\n\tｶﾀｶﾅ ὈΔΥΣΣΕΎΣ"), "praia straße カタカナ ὀδυσσεύσ");
        assert_eq!(fold("„don’t“ 「東京」"), "\"don't\" \"東京\"");
    }

    proptest! {
        #[test]
        fn what_is_folded_stays_as_it_is(text: String) {
            let once = fold(&text);
            prop_assert_eq!(fold(&once), once);
        }
    }
}
