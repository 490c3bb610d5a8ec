//! Which languages a query may be in, told by its script alone.

/// Of the languages that need more than spaces to be cut into words, those that this may be. Han alone may be Chinese or Japanese.
pub fn languages(text: &str) -> Vec<&'static str> {
    let has = |ranges: &[(u32, u32)]| {
        text.chars().any(|c| ranges.iter().any(|&(from, to)| (from..=to).contains(&u32::from(c))))
    };
    let kana = has(&[(0x3041, 0x30ff), (0x31f0, 0x31ff), (0xff66, 0xff9f)]);
    let han = has(&[(0x3400, 0x4dbf), (0x4e00, 0x9fff), (0x2_0000, 0x3_ffff)]);
    let hangul = has(&[(0x1100, 0x11ff), (0x3130, 0x318f), (0xac00, 0xd7ff)]);
    let mut found = Vec::new();
    if kana || (han && !hangul) {
        found.push("ja");
    }
    if han && !kana && !hangul {
        found.push("zh");
    }
    if hangul {
        found.push("ko");
    }
    if has(&[(0x0e00, 0x0e7f)]) {
        found.push("th");
    }
    if has(&[(0x0600, 0x06ff), (0x0750, 0x077f)]) {
        found.push("ar");
    }
    found
}

#[cfg(test)]
mod tests {
    use super::languages;

    #[test]
    fn scripts_tell_languages() {
        let check = |text, expected: &[&str]| assert_eq!(languages(text), expected, "{text}");
        check("ラーメン", &["ja"]);
        check("東京", &["ja", "zh"]);
        check("東京に行く", &["ja"]);
        check("한글", &["ko"]);
        check("กาแฟ قهوة", &["th", "ar"]);
        check("numbered поезд", &[]);
    }
}
