//! What people say: words of seven languages in no sensible order, with mentions, tags and links and the byte ranges they stand at.

use crate::protocol::value::Value;
use crate::random::Random;

/// A language and some of its words.
pub(crate) struct Language {
    pub(crate) tag: &'static str,
    words: &'static str,
    /// Chinese, Japanese and Thai write without blanks.
    spaced: bool,
}

/// The first is half of the town's, the last a few percent.
pub(crate) const LANGUAGES: [Language; 7] = [
    Language {
        tag: "en",
        spaced: true,
        words: "the river was loud this morning and nobody on our street had slept so we made coffee read old letters aloud then walked to market where someone sold blue plums clocks maps bread lanterns until rain came",
    },
    Language {
        tag: "ja",
        spaced: false,
        words: "今日 は 天気 が いい 散歩 に 行き 猫 を 見た とても 静か な 朝 駅前 の 店 で 珈琲 飲む 友達 と 話す 写真 新しい 本 読み 始めた 夜空 星",
    },
    Language {
        tag: "pt",
        spaced: true,
        words: "hoje acordei cedo e fui à praia com meus amigos o mar estava calmo depois tomamos café na padaria da esquina falando sobre música futebol saudade amanhã tem feira não esqueço coração",
    },
    Language {
        tag: "de",
        spaced: true,
        words: "heute früh stand der Nebel über den Wiesen wir gingen langsam zum Bahnhof kauften Brötchen und Zeitungen später schien die Sonne großer Garten alte Bäume schöne Grüße aus München",
    },
    Language {
        tag: "es",
        spaced: true,
        words: "esta mañana salí a caminar por el barrio los niños jugaban en la plaza compré pan y flores volvió la lluvia así que leí un libro pequeño año canción corazón montaña",
    },
    Language {
        tag: "ko",
        spaced: true,
        words: "오늘 아침 산책 을 했다 하늘 이 맑고 바람 은 시원 했다 친구 와 커피 마시며 이야기 사진 고양이 책 새로운 노래",
    },
    Language {
        tag: "ar",
        spaced: true,
        words: "صباح الخير ذهبنا إلى السوق اليوم واشترينا خبزا وزهورا ثم جلسنا قرب النهر نقرأ كتابا قديما عن البحر والنجوم",
    },
];

const TAGS: [&str; 8] =
    ["gardening", "music", "rust", "写真", "fotografia", "atproto", "cats", "weather"];

/// Somebody a text may mention.
pub(crate) struct Mention<'a> {
    pub(crate) handle: &'a str,
    pub(crate) did: &'a str,
}

/// A text and its facets.
pub(crate) struct Text {
    pub(crate) text: String,
    pub(crate) facets: Vec<Value>,
}

/// The language of one person.
pub(crate) fn language(random: &mut Random) -> &'static Language {
    const UP_TO: [f64; 6] = [0.5, 0.65, 0.8, 0.88, 0.93, 0.97];
    let draw = random.share();
    &LANGUAGES[UP_TO.iter().filter(|&&share| draw >= share).count()]
}

/// Some words.
pub(crate) fn words(random: &mut Random, language: &Language, count: usize) -> String {
    let all: Vec<&str> = language.words.split(' ').collect();
    let some: Vec<&str> = (0..count).map(|_| *random.pick(&all)).collect();
    some.join(if language.spaced { " " } else { "" })
}

/// A post's text.
pub(crate) fn text(
    random: &mut Random,
    language: &Language,
    mention: Option<&Mention<'_>>,
) -> Text {
    let count = 3 + random.below(25);
    let mut text = Text { text: words(random, language, count), facets: Vec::new() };
    if let Some(mention) = mention {
        let feature =
            vec![("$type", "app.bsky.richtext.facet#mention".into()), ("did", mention.did.into())];
        text.append(&format!("@{}", mention.handle), feature);
    }
    if random.chance(0.12) {
        let tag = *random.pick(&TAGS);
        text.append(
            &format!("#{tag}"),
            vec![("$type", "app.bsky.richtext.facet#tag".into()), ("tag", tag.into())],
        );
    }
    if random.chance(0.08) {
        let host = format!("site{}.example.com", random.below(200));
        let uri = format!("https://{host}/{}", random.below(100_000));
        text.append(
            &host,
            vec![("$type", "app.bsky.richtext.facet#link".into()), ("uri", uri.into())],
        );
    }
    text
}

impl Text {
    fn append(&mut self, part: &str, feature: Vec<(&'static str, Value)>) {
        self.text.push(' ');
        let position = |bytes: usize| Value::Int(i64::try_from(bytes).unwrap_or(0));
        let start = position(self.text.len());
        self.text.push_str(part);
        let index = Value::Map(vec![("byteStart", start), ("byteEnd", position(self.text.len()))]);
        let features = Value::List(vec![Value::Map(feature)]);
        self.facets.push(Value::Map(vec![("index", index), ("features", features)]));
    }
}
