//! [`of_html`]: what a reader sees of a post that was written as HTML elsewhere, and bridged.

use html5gum::{Token, Tokenizer};

/// The text of a piece of HTML: entities decoded, paragraphs and line breaks as line ends, nothing of tags. Whatever is malformed is read
/// as browsers read it.
pub fn of_html(html: &str) -> String {
    let mut text = String::new();
    for Ok(token) in Tokenizer::new(html) {
        let name = match token {
            Token::String(said) => {
                text.push_str(&String::from_utf8_lossy(&said));
                continue;
            }
            Token::StartTag(tag) => tag.name,
            Token::EndTag(tag) => tag.name,
            _ => continue,
        };
        // Other tags stand inside of words.
        if matches!(
            &**name,
            b"p" | b"br"
                | b"div"
                | b"li"
                | b"ul"
                | b"ol"
                | b"blockquote"
                | b"pre"
                | b"h1"
                | b"h2"
                | b"h3"
        ) {
            text.push('\n');
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::of_html;

    #[test]
    fn tags_are_gone_entities_are_letters_and_paragraphs_part_words() {
        let words = |html| of_html(html).split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(
            words("<p>caf&eacute; &amp; <strong>b</strong>ar</p><p>two<br>three</p>"),
            "café & bar two three"
        );
        assert_eq!(words("1 < 2 <a href=\"https://x.test\">there"), "1 < 2 there");
    }

    proptest! {
        #[test]
        fn any_text_is_read(html: String) {
            let _ = of_html(&html);
        }
    }
}
