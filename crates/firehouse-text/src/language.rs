//! Which language a text is in: by its script, by letters that few languages have, and else by how letters follow each other.

use icu_properties::props::Script;
use whichlang::{Lang, detect_language};

use crate::chars::script;

/// Fewer letters of a script that many languages are written in tell nothing.
const LETTERS_MIN: usize = 20;
/// Letters of which one in so many must be told by, since names from elsewhere stand in any text.
const LETTERS_PER_TELL: usize = 60;

/// Letters that of the languages of a script only these have. `None`: languages that cannot be told apart by it, but are none of those that
/// the rest is told by.
type Tells = [(&'static str, Option<&'static str>)];

const CYRILLIC: &Tells = &[
    ("ў", Some("be")),
    ("їєґ", Some("uk")),
    ("ѓќѕ", Some("mk")),
    ("ђћ", Some("sr")),
    ("љњџј", None),
    ("әғқңөұүһ", None),
];
const ARABIC: &Tells = &[("ٹڈڑںےہھ", Some("ur")), ("ەڕڵۆێ", Some("ckb")), ("پچژگ", Some("fa"))];
const LATIN: &Tells = &[
    ("əƏ", Some("az")),
    ("ðþÞ", Some("is")),
    ("ěřů", Some("cs")),
    ("ľĺŕ", Some("sk")),
    ("łęńśźż", Some("pl")),
    ("őű", Some("hu")),
    ("șț", Some("ro")),
    ("ķļņģ", Some("lv")),
    ("ėųį", Some("lt")),
    ("ĉĝĵŝŭ", Some("eo")),
    // Danish and Norwegian; Croatian, Slovenian and their neighbours.
    ("øæ", None),
    ("čšž", None),
];

/// The language that a text is in, as a code of ISO 639-1 where there is one; `None` where too little is written. `declared`: languages that
/// its author named, which tell Japanese from Chinese where only Han is written.
pub fn detected(text: &str, declared: &[&str]) -> Option<&'static str> {
    // Links, handles and tags are the same in all languages.
    let is_said = |word: &&str| {
        !word.starts_with(['#', '＃', '@', '$'])
            && !word.contains("://")
            && !word.starts_with("www.")
    };
    let said: Vec<_> = text.split_whitespace().filter(is_said).collect();
    let said = said.join(" ");
    let mut counts: Vec<(Script, usize)> = Vec::new();
    for c in said.chars().filter(|c| c.is_alphabetic()) {
        let script = match script(c) {
            Script::Hiragana | Script::Katakana => Script::Hiragana,
            Script::Common | Script::Inherited => continue,
            other => other,
        };
        match counts.iter_mut().find(|(counted, _)| *counted == script) {
            Some((_, count)) => *count += 1,
            None => counts.push((script, 1)),
        }
    }
    let of = |script| {
        counts.iter().find(|(counted, _)| *counted == script).map_or(0, |(_, count)| *count)
    };
    let (kana, han) = (of(Script::Hiragana), of(Script::Han));
    // A syllable or a word in one letter says as much as three letters.
    let weight = |&(script, count): &(Script, usize)| match script {
        Script::Hiragana | Script::Han => (kana + han) * 3,
        Script::Hangul => count * 3,
        _ => count,
    };
    let &(script, count) = counts.iter().max_by_key(|counted| weight(counted))?;
    match script {
        Script::Hiragana | Script::Han if kana * 10 > han => Some("ja"),
        Script::Hiragana | Script::Han => {
            let is_ja = declared.iter().any(|tag| tag.to_ascii_lowercase().starts_with("ja"));
            Some(if is_ja { "ja" } else { "zh" })
        }
        Script::Cyrillic | Script::Arabic | Script::Latin if count < LETTERS_MIN => None,
        Script::Cyrillic => told(&said, count, CYRILLIC).unwrap_or(Some("ru")),
        Script::Arabic => told(&said, count, ARABIC).unwrap_or(Some("ar")),
        Script::Latin => told(&said, count, LATIN).unwrap_or_else(|| latin(&said)),
        other => {
            LANGUAGES.iter().find(|(script, _)| *script == other).map(|(_, language)| *language)
        }
    }
}

/// Scripts that one language is mostly written in.
const LANGUAGES: [(Script, &str); 22] = [
    (Script::Hangul, "ko"),
    (Script::Thai, "th"),
    (Script::Lao, "lo"),
    (Script::Khmer, "km"),
    (Script::Myanmar, "my"),
    (Script::Hebrew, "he"),
    (Script::Greek, "el"),
    (Script::Armenian, "hy"),
    (Script::Georgian, "ka"),
    (Script::Devanagari, "hi"),
    (Script::Bengali, "bn"),
    (Script::Gurmukhi, "pa"),
    (Script::Gujarati, "gu"),
    (Script::Oriya, "or"),
    (Script::Tamil, "ta"),
    (Script::Telugu, "te"),
    (Script::Kannada, "kn"),
    (Script::Malayalam, "ml"),
    (Script::Sinhala, "si"),
    (Script::Tibetan, "bo"),
    (Script::Ethiopic, "am"),
    (Script::Thaana, "dv"),
];

/// What the letters of a text tell, if there are enough of them.
fn told(text: &str, letters: usize, tells: &Tells) -> Option<Option<&'static str>> {
    // All letters that tell are beyond ASCII, few of a text in Latin are.
    let special: Vec<_> =
        text.chars().filter(|c| !c.is_ascii()).flat_map(char::to_lowercase).collect();
    let often = |told: &str| {
        special.iter().filter(|&&c| told.contains(c)).count() * LETTERS_PER_TELL >= letters
    };
    tells.iter().find(|(told, _)| often(told)).map(|(_, language)| *language)
}

fn latin(text: &str) -> Option<&'static str> {
    Some(match detect_language(text) {
        Lang::Deu => "de",
        Lang::Eng => "en",
        Lang::Fra => "fr",
        Lang::Ita => "it",
        Lang::Nld => "nl",
        Lang::Por => "pt",
        Lang::Spa => "es",
        Lang::Swe => "sv",
        Lang::Tur => "tr",
        Lang::Vie => "vi",
        // No languages of this script: letters of others in between misled it.
        Lang::Ara | Lang::Cmn | Lang::Hin | Lang::Jpn | Lang::Kor | Lang::Rus => return None,
    })
}

/// Of the languages that need more than spaces to be cut into words, those that a query may be in: what searchPostsV2 answers as
/// `detectedQueryLanguages`. Han alone may be Chinese or Japanese.
pub fn languages(query: &str) -> Vec<&'static str> {
    let has = |scripts: &[Script]| query.chars().any(|c| scripts.contains(&script(c)));
    let kana = has(&[Script::Hiragana, Script::Katakana]);
    let (han, hangul) = (has(&[Script::Han]), has(&[Script::Hangul]));
    let found = [
        (kana || (han && !hangul), "ja"),
        (han && !kana && !hangul, "zh"),
        (hangul, "ko"),
        (has(&[Script::Thai]), "th"),
        (has(&[Script::Arabic]), "ar"),
    ];
    found.into_iter().filter(|(is_found, _)| *is_found).map(|(_, language)| language).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_scripts_of_a_query_tell_languages() {
        let check = |text, expected: &[&str]| assert_eq!(languages(text), expected, "{text}");
        check("ラーメン", &["ja"]);
        check("東京", &["ja", "zh"]);
        check("東京に行く", &["ja"]);
        check("한글", &["ko"]);
        check("กาแฟ قهوة", &["th", "ar"]);
        check("numbered поезд", &[]);
    }

    fn check(text: &str, expected: &str) {
        assert_eq!(detected(text, &[]).unwrap_or("none"), expected, "{text}");
    }

    #[test]
    fn a_script_tells_its_language() {
        check("昨日ラーメンを食べた", "ja");
        check("我今天去了北京の天安門广场看升旗仪式", "zh");
        check("오늘 김치를 먹었다", "ko");
        check("ฉันชอบกาแฟ", "th");
        check("ពិភពលោក", "km");
        check("שלום לכולם", "he");
        check("Καλημέρα σε όλους", "el");
        check("मुझे संगीत पसंद है", "hi");
        check("আমি বাংলায় গান গাই", "bn");
        check("გამარჯობა", "ka");
        check("東京タワー with Anna", "ja");
        check("This is fine, I guess ¯\\_(ツ)_/¯ right", "en");
    }

    #[test]
    fn han_alone_is_what_its_author_says() {
        assert_eq!(detected("東京駅", &["en", "ja"]), Some("ja"));
        assert_eq!(detected("東京駅", &["ja-JP"]), Some("ja"));
        assert_eq!(detected("東京駅", &["en"]), Some("zh"));
    }

    #[test]
    fn letters_tell_languages_of_one_script() {
        check("Сегодня мы поехали на поезде в Москву", "ru");
        check("Сьогодні ми їхали потягом до Києва, і це було гарно", "uk");
        check("Сёння мы ехалі цягніком у Мінск, надвор'е было добрае, снегу не было, ўсё", "be");
        check("اليوم ذهبت إلى السوق واشتريت القهوة", "ar");
        check("امروز به بازار رفتم و یک کتاب خوب پیدا کردم", "fa");
        check("آج میں بازار گیا اور ایک اچھی کتاب خریدی ہے", "ur");
        check("Dzisiaj pojechaliśmy pociągiem do Łodzi i było świetnie", "pl");
        check("Dneska jsme jeli vlakem do Brna a bylo hezky, příště znovu", "cs");
    }

    #[test]
    fn latin_is_told_by_how_letters_follow_each_other() {
        check("The train was late again this morning and nobody knows why", "en");
        check("Der Zug hatte heute Morgen schon wieder eine halbe Stunde Verspätung", "de");
        check("Le train était encore en retard ce matin et personne ne sait pourquoi", "fr");
        check("El tren llegó tarde otra vez esta mañana y nadie sabe por qué", "es");
        check("O trem atrasou de novo hoje de manhã e ninguém sabe por quê", "pt");
        check("De trein was vanochtend alweer te laat en niemand weet waarom", "nl");
        check("Tren bu sabah yine geç kaldı ve kimse nedenini bilmiyor", "tr");
        check("Hôm nay tàu lại đến muộn và không ai biết tại sao", "vi");
        check("Toget var forsinket igen i morges, og ingen ved hvorfor sådan nøgne træer", "none");
    }

    #[test]
    fn too_little_tells_nothing() {
        check("ok lol", "none");
        check("@alice.example.com #gardening https://example.com/the-train-was-late", "none");
        check("😀 123 !!!", "none");
        check("", "none");
    }

    proptest! {
        #[test]
        fn any_text_is_answered(text: String) {
            let _ = (detected(&text, &[]), languages(&text));
        }
    }
}
