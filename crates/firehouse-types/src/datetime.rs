//! [`Datetime`]: a point in time a record claims.
//!
//! A claim can be anything from year 0 to year 9999, with any number of fraction digits; the text stays in the record, tables hold
//! milliseconds. Source: <https://atproto.com/specs/lexicon#datetime>

/// Milliseconds since 1970, between year 0 and year 9999.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Datetime(i64);

/// The text is not a datetime of the lexicon's form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a datetime")]
pub struct InvalidDatetime;

impl Datetime {
    /// 1970-01-01T00:00:00.000Z, what stands for a time nobody can read.
    pub const EPOCH: Self = Self(0);
    const MIN_MS: i64 = -62_167_219_200_000;
    const MAX_MS: i64 = 253_402_300_799_999;
    const TEXT_BYTES_MAX: usize = 64;

    /// Milliseconds since 1970, clamped to years 0 to 9999.
    pub const fn from_ms(ms: i64) -> Self {
        Self(if ms < Self::MIN_MS {
            Self::MIN_MS
        } else if ms > Self::MAX_MS {
            Self::MAX_MS
        } else {
            ms
        })
    }

    /// Units: milliseconds since 1970.
    pub const fn ms(self) -> i64 {
        self.0
    }

    /// The lexicon's form: upper-case `T` and `Z`, seconds and zone required, not `-00:00`, at most 64 characters, real calendar values.
    pub fn parse(text: &str) -> Result<Self, InvalidDatetime> {
        Self::parse_form(text).ok_or(InvalidDatetime)
    }

    /// As [`Datetime::parse`], but nearly anything is understood and the rest is [`Datetime::EPOCH`]: the reference's reading of stored records.
    pub fn parse_lenient(text: &str) -> Self {
        if let Ok(exact) = Self::parse(text) {
            return exact;
        }
        let text = text.trim();
        if text.len() > Self::TEXT_BYTES_MAX {
            return Self::EPOCH;
        }
        let text = text.to_ascii_uppercase();
        let text = match text.split_once(' ') {
            Some((date, time)) if !date.contains('T') => format!("{date}T{time}"),
            _ => text,
        };
        let candidates = [
            text.clone(),
            format!("{text}Z"),
            format!("{text}:00Z"),
            format!("{text}T00:00:00Z"),
            with_colon_in_zone(&text),
        ];
        candidates.iter().find_map(|t| Self::parse(t).ok()).unwrap_or(Self::EPOCH)
    }

    fn parse_form(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        if !(20..=Self::TEXT_BYTES_MAX).contains(&text.len()) || !text.is_ascii() {
            return None;
        }
        let number = |from: usize, to: usize| digits(text.get(from..to)?);
        let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
        let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
        let separators = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')];
        if separators.iter().any(|&(at, byte)| bytes.get(at) != Some(&byte)) {
            return None;
        }
        if !(1..=12).contains(&month)
            || day < 1
            || day > days_in_month(year, month)
            || hour > 23
            || minute > 59
            || second > 59
        {
            return None;
        }
        let (fraction_ms, zone) = split_fraction(text.get(19..)?)?;
        let seconds =
            days_from_civil(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second
                - zone_seconds(zone)?;
        let ms = seconds * 1_000 + fraction_ms;
        (Self::MIN_MS..=Self::MAX_MS).contains(&ms).then_some(Self(ms))
    }
}

impl std::str::FromStr for Datetime {
    type Err = InvalidDatetime;

    /// As [`Datetime::parse`].
    fn from_str(text: &str) -> Result<Self, InvalidDatetime> {
        Self::parse(text)
    }
}

impl std::fmt::Display for Datetime {
    /// `YYYY-MM-DDTHH:MM:SS.mmmZ`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (days, ms) = (self.0.div_euclid(86_400_000), self.0.rem_euclid(86_400_000));
        let (year, month, day) = civil_from_days(days);
        let (hour, minute, second) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1_000 % 60);
        write!(
            f,
            "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{:03}Z",
            ms % 1_000
        )
    }
}

/// `.123456Z` → (123, `Z`). Digits beyond milliseconds are cut off.
fn split_fraction(rest: &str) -> Option<(i64, &str)> {
    let Some(fraction) = rest.strip_prefix('.') else { return Some((0, rest)) };
    let digits = fraction.bytes().take_while(u8::is_ascii_digit).count();
    if digits == 0 {
        return None;
    }
    let ms = fraction
        .bytes()
        .take(digits)
        .chain([b'0'; 3])
        .take(3)
        .fold(0, |ms, b| ms * 10 + i64::from(b - b'0'));
    Some((ms, fraction.get(digits..)?))
}

fn zone_seconds(zone: &str) -> Option<i64> {
    if zone == "Z" {
        return Some(0);
    }
    let (sign, rest) = match zone.split_at_checked(1)? {
        ("+", rest) => (1, rest),
        ("-", rest) if rest != "00:00" => (-1, rest),
        _ => return None,
    };
    let (hours, minutes) = rest.split_once(':').filter(|(h, m)| (h.len(), m.len()) == (2, 2))?;
    let (hours, minutes) = (digits(hours)?, digits(minutes)?);
    (hours <= 23 && minutes <= 59).then_some(sign * (hours * 3_600 + minutes * 60))
}

/// The number that a few digits write.
fn digits(text: &str) -> Option<i64> {
    let digit = |byte: u8| byte.is_ascii_digit().then(|| i64::from(byte - b'0'));
    text.bytes().try_fold(0, |number, byte| Some(number * 10 + digit(byte)?))
}

/// `…+0000` → `…+00:00`, a form seen on the network.
fn with_colon_in_zone(text: &str) -> String {
    match text.len().checked_sub(5).and_then(|at| text.split_at_checked(at)) {
        Some((time, zone)) if zone.starts_with(['+', '-']) && zone.is_ascii() => {
            let (hours, minutes) = zone.split_at(3);
            format!("{time}{hours}:{minutes}").replace("-00:00", "Z")
        }
        _ => text.to_owned(),
    }
}

fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1970-01-01 in the proleptic Gregorian calendar, counted in eras of 400 years that begin on 1 March.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    (year, month, day_of_year - (153 * shifted + 2) / 5 + 1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Datetime;

    #[test]
    fn known_moments_have_their_numbers() {
        for (text, ms) in [
            ("1970-01-01T00:00:00Z", 0),
            ("1969-12-31T23:59:59.999Z", -1),
            ("2000-02-29T12:00:00.5Z", 951_825_600_500),
            ("2026-07-04T14:38:07.692345678+02:00", 1_783_168_687_692),
            ("0000-01-01T00:00:00Z", -62_167_219_200_000),
            ("9999-12-31T23:59:59.999999Z", 253_402_300_799_999),
        ] {
            assert_eq!(Datetime::parse(text).map(Datetime::ms), Ok(ms), "{text}");
        }
    }

    #[test]
    fn days_that_no_calendar_has_are_refused() {
        for text in ["2023-02-29T00:00:00Z", "2100-02-29T00:00:00Z", "2024-04-31T00:00:00Z"] {
            assert!(Datetime::parse(text).is_err(), "{text}");
        }
        assert!(Datetime::parse("2024-02-29T00:00:00Z").is_ok());
        assert!(Datetime::parse("9999-12-31T23:00:00-02:00").is_err(), "year 10000 in UTC");
    }

    #[test]
    fn zones_are_two_digits_a_colon_and_two_digits() {
        for zone in ["z", "+1:30", "+001:3", "+1:003", "+01:3", "+0130", "+24:00", "-00:00", "Z "] {
            assert!(Datetime::parse(&format!("2023-05-06T07:08:09{zone}")).is_err(), "{zone}");
        }
    }

    #[test]
    fn forms_seen_on_the_network_are_understood_leniently() {
        let exact = Datetime::parse("2023-05-06T07:08:09Z").unwrap();
        for text in [
            "2023-05-06t07:08:09z",
            " 2023-05-06T07:08:09Z ",
            "2023-05-06 07:08:09Z",
            "2023-05-06T07:08:09",
            "2023-05-06T07:08:09+0000",
            "2023-05-06T09:08:09+0200",
        ] {
            assert_eq!(Datetime::parse_lenient(text), exact, "{text}");
        }
        let date_only = Datetime::parse("2023-05-06T00:00:00Z").unwrap();
        assert_eq!(Datetime::parse_lenient("2023-05-06"), date_only);
        for text in ["", "yesterday", "2023", "12023-05-06T07:08:09Z", "\u{1f600}"] {
            assert_eq!(Datetime::parse_lenient(text), Datetime::EPOCH, "{text}");
        }
    }

    proptest! {
        #[test]
        fn reading_undoes_writing(ms in any::<i64>()) {
            let moment = Datetime::from_ms(ms);
            prop_assert_eq!(Datetime::parse(&moment.to_string()), Ok(moment));
        }

        #[test]
        fn text_and_number_sort_alike(a in any::<i64>(), b in any::<i64>()) {
            // Divided, most numbers fall between the years 0 and 9999.
            let (a, b) = (Datetime::from_ms(a / 36_000), Datetime::from_ms(b / 36_000));
            prop_assert_eq!(a.to_string().cmp(&b.to_string()), a.cmp(&b));
        }

        #[test]
        fn any_text_is_answered(text in any::<String>(), close in "[0-9TtZz:+. -]{0,40}") {
            for text in [text, close] {
                let _ = (Datetime::parse(&text), Datetime::parse_lenient(&text));
            }
        }
    }
}
