//! Times of reports (RFC 3339), and how old they may be.

use std::fmt;
use std::time::Duration;

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// How far a report's time may be ahead of this clock: clocks differ.
const LEEWAY: i64 = 5 * MINUTE;

/// A point in time: seconds since the Unix epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Time(i64);

impl Time {
    /// So long after the Unix epoch.
    #[must_use]
    pub fn since_epoch(since: Duration) -> Self {
        Self(i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
    }

    /// How long after the Unix epoch it is; none before.
    #[must_use]
    pub fn as_duration(self) -> Option<Duration> {
        u64::try_from(self.0).ok().map(Duration::from_secs)
    }

    /// Reads a time as RFC 3339 §5.6 has it, with any offset; parts of a second are dropped. A time of its year
    /// before the first or after the last second that `Z` could write is one as well.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (date, rest) = text.split_at_checked(10)?;
        let rest = rest.strip_prefix(['T', 't', ' '])?;
        let (clock, rest) = rest.split_at_checked(8)?;
        let [hours, minutes, seconds] = numbers(clock, ':', [2, 2, 2])?;
        // A leap second reads as the one after it.
        if hours > 23 || minutes > 59 || seconds > 60 {
            return None;
        }
        let zone = match rest.strip_prefix('.') {
            None => rest,
            Some(fraction) => {
                let zone = fraction.trim_start_matches(|c: char| c.is_ascii_digit());
                if zone.len() == fraction.len() {
                    return None;
                }
                zone
            }
        };
        let days = Day::parse(date)?.0;
        Some(Self(days * DAY + hours * HOUR + minutes * MINUTE + seconds - offset(zone)?))
    }

    /// Whether it is so far ahead that clocks alone do not explain it.
    #[must_use]
    pub fn is_ahead_of(self, now: Self) -> bool {
        self.0.saturating_sub(now.0) > LEEWAY
    }

    /// Whether it is of the first year of the epoch, which reproducible builds write.
    #[must_use]
    pub fn is_of_1970(self) -> bool {
        (0..365 * DAY).contains(&self.0)
    }

    fn age(self, now: Self) -> i64 {
        now.0.saturating_sub(self.0).max(0)
    }
}

/// A day: how many after the Unix epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day(i64);

impl Day {
    /// Reads `YYYY-MM-DD`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let [year, month, day] = numbers(text, '-', [4, 2, 2])?;
        let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let last = match month {
            2 if is_leap => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            1..=12 => 31,
            _ => return None,
        };
        // The days since 0000-03-01, so that the leap day is a year's last
        // (<https://howardhinnant.github.io/date_algorithms.html#days_from_civil>).
        let (years, months) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
        let of_years =
            years * 365 + years.div_euclid(4) - years.div_euclid(100) + years.div_euclid(400);
        let days = of_years + (153 * months + 2) / 5 + day - 1;
        (1..=last).contains(&day).then_some(Self(days - 719_468))
    }

    /// That of a time, in UTC.
    #[must_use]
    pub fn of(time: Time) -> Self {
        Self(time.0.div_euclid(DAY))
    }

    /// Whether the whole of it, in UTC, is over.
    #[must_use]
    pub fn is_over(self, now: Time) -> bool {
        now.0 >= (self.0 + 1) * DAY
    }
}

/// `YYYY-MM-DD` (<https://howardhinnant.github.io/date_algorithms.html#civil_from_days>).
impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const DAYS_OF_400_YEARS: i64 = 146_097;
        let days = self.0 + 719_468;
        let (era, day) = (days.div_euclid(DAYS_OF_400_YEARS), days.rem_euclid(DAYS_OF_400_YEARS));
        let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
        let day = day - (365 * year + year / 4 - year / 100);
        let month = (5 * day + 2) / 153;
        let day = day - (153 * month + 2) / 5 + 1;
        // Its months begin with March.
        let (year, month) = if month < 10 { (year, month + 3) } else { (year + 1, month - 9) };
        write!(f, "{:04}-{month:02}-{day:02}", era * 400 + year)
    }
}

/// Numbers of so many digits with that character between them.
fn numbers<const N: usize>(text: &str, between: char, lengths: [usize; N]) -> Option<[i64; N]> {
    let mut numbers = [0; N];
    let mut parts = text.split(between);
    for (number, length) in numbers.iter_mut().zip(lengths) {
        let part = parts.next().filter(|part| part.len() == length)?;
        *number = part.bytes().all(|byte| byte.is_ascii_digit()).then(|| part.parse().ok())??;
    }
    parts.next().is_none().then_some(numbers)
}

/// How many seconds a zone's clock is ahead.
fn offset(zone: &str) -> Option<i64> {
    let (sign, clock) = match zone.split_at_checked(1)? {
        ("Z" | "z", "") => return Some(0),
        ("+", clock) => (1, clock),
        ("-", clock) => (-1, clock),
        _ => return None,
    };
    let [hours, minutes] = numbers(clock, ':', [2, 2])?;
    (hours <= 23 && minutes <= 59).then_some(sign * (hours * HOUR + minutes * MINUTE))
}

/// How old something may be: `90d`, `12h`, `2w`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MaxAge {
    count: i64,
    unit: Unit,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unit {
    Hours,
    Days,
    Weeks,
}

impl Unit {
    fn seconds(self) -> i64 {
        match self {
            Self::Hours => HOUR,
            Self::Days => DAY,
            Self::Weeks => 7 * DAY,
        }
    }
}

impl MaxAge {
    /// Reads an age.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (count, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
        let unit = match unit {
            "h" => Unit::Hours,
            "d" => Unit::Days,
            "w" => Unit::Weeks,
            _ => return None,
        };
        // Ten thousand years are more than any clock tells.
        let digits = count.len() <= 7 && count.bytes().all(|byte| byte.is_ascii_digit());
        let count = digits.then(|| count.parse().ok()).flatten().filter(|count| *count > 0)?;
        Some(Self { count, unit })
    }

    /// How much too old it is, if it is. Parts of a second are not known, and at this age it may be some of them older.
    #[must_use]
    pub fn exceeded_by(self, time: Time, now: Time) -> Option<TooOld> {
        let (age, allowed) = (time.age(now), self.count.saturating_mul(self.unit.seconds()));
        (age >= allowed).then_some(TooOld { age, allowed })
    }
}

/// How old it is, and how old it may be, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooOld {
    age: i64,
    allowed: i64,
}

/// In days where that tells the difference, else in hours.
impl fmt::Display for TooOld {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let in_days = self.allowed % DAY == 0 && self.age / DAY > self.allowed / DAY;
        let (unit, name) = if in_days { (DAY, "day") } else { (HOUR, "hour") };
        let (age, plural) = (self.age / unit, if self.age / unit == 1 { "" } else { "s" });
        write!(f, "{age} {name}{plural} old, {} allowed", self.allowed / unit)
    }
}

/// How old, in whole days, or in hours where it is less than two.
#[must_use]
pub fn age(time: Time, now: Time) -> String {
    let age = time.age(now);
    let (unit, name) = if age < 2 * DAY { (HOUR, "hour") } else { (DAY, "day") };
    let count = age / unit;
    format!("{count} {name}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn days_are_written_as_they_are_read() {
        let [first, last] = ["0000-01-01", "9999-12-31"].map(|text| Day::parse(text).unwrap().0);
        for day in (first..=last).step_by(11).chain([first, last]) {
            assert_eq!(Day::parse(&Day(day).to_string()), Some(Day(day)));
        }
        assert_eq!(Day::of(Time(-1)).to_string(), "1969-12-31");
        assert_eq!(Day::of(Time(0)).to_string(), "1970-01-01");
    }

    #[test]
    fn times() {
        let rows = [
            ("1970-01-01T00:00:00Z", Some(0)),
            ("1970-01-01t00:00:00z", Some(0)),
            ("1970-01-01 00:00:00Z", Some(0)),
            ("1970-01-01T01:00:00+01:00", Some(0)),
            ("1969-12-31T23:30:00-00:30", Some(0)),
            ("2024-02-29T12:00:00.123456789+05:30", Some(1_709_188_200)),
            ("2016-12-31T23:59:60Z", Some(1_483_228_800)),
            ("9999-12-31T23:59:59Z", Some(253_402_300_799)),
            ("9999-12-31T23:59:59-23:59", Some(253_402_387_139)),
            ("0000-01-01T00:00:00+23:59", Some(-62_167_305_540)),
            ("0001-01-01T00:00:00Z", Some(-62_135_596_800)),
            ("2023-02-29T00:00:00Z", None),
            ("1900-02-29T00:00:00Z", None),
            ("2024-13-01T00:00:00Z", None),
            ("2024-00-01T00:00:00Z", None),
            ("2024-01-00T00:00:00Z", None),
            ("2024-01-32T00:00:00Z", None),
            ("2024-01-01T24:00:00Z", None),
            ("2024-01-01T00:60:00Z", None),
            ("2024-01-01T00:00:61Z", None),
            ("2024-01-01T00:00:00", None),
            ("2024-01-01T00:00:00.Z", None),
            ("2024-01-01T00:00:00+0100", None),
            ("2024-01-01T00:00:00+24:00", None),
            ("2024-01-01T00:00:00Zx", None),
            ("2024-1-01T00:00:00Z", None),
            ("+024-01-01T00:00:00Z", None),
            ("10000-01-01T00:00:00Z", None),
            ("2024-01-01", None),
            ("1709188200", None),
            ("２０２４-01-01T00:00:00Z", None),
            ("", None),
        ];
        for (text, expected) in rows {
            assert_eq!(Time::parse(text), expected.map(Time), "{text}");
        }
    }

    #[test]
    fn ages() {
        for (text, seconds) in
            [("12h", 12 * HOUR), ("90d", 90 * DAY), ("2w", 14 * DAY), ("007d", 7 * DAY)]
        {
            let age = MaxAge::parse(text).unwrap();
            assert_eq!(age.count * age.unit.seconds(), seconds, "{text}");
        }
        for text in
            ["", "d", "0d", "-1d", "7", "7m", "7 d", "1.5d", "7D", "99999999d", "7dd", "７d"]
        {
            assert_eq!(MaxAge::parse(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_too_old() {
        let rows = [
            ("7d", 7 * DAY - 1, None),
            ("7d", 7 * DAY, Some("168 hours old, 168 allowed")),
            ("7d", 7 * DAY + 1, Some("168 hours old, 168 allowed")),
            ("7d", 7 * DAY + 5 * HOUR, Some("173 hours old, 168 allowed")),
            ("7d", 9 * DAY, Some("9 days old, 7 allowed")),
            ("2w", 16 * DAY + HOUR, Some("16 days old, 14 allowed")),
            ("12h", 13 * HOUR, Some("13 hours old, 12 allowed")),
            ("1h", DAY + HOUR, Some("25 hours old, 1 allowed")),
            ("7d", -DAY, None),
        ];
        for (allowed, age, expected) in rows {
            let now = Time(1_700_000_000);
            let allowed = MaxAge::parse(allowed).unwrap();
            let old = allowed.exceeded_by(Time(now.0 - age), now).map(|old| old.to_string());
            assert_eq!(old.as_deref(), expected);
        }
        let longest = MaxAge::parse("9999999w").unwrap();
        assert_eq!(longest.exceeded_by(Time(0), Time(253_402_300_799)), None);
        assert!(!Time(LEEWAY).is_ahead_of(Time(0)) && Time(LEEWAY + 1).is_ahead_of(Time(0)));
        assert!(Time(i64::MAX).is_ahead_of(Time(i64::MIN)));
    }

    #[test]
    fn a_day_lasts_until_it_is_over() {
        let day = Day::parse("2026-12-31").unwrap();
        for (time, over) in [
            ("2026-12-31T00:00:00Z", false),
            ("2026-12-31T23:59:59Z", false),
            ("2027-01-01T00:00:00Z", true),
            ("2027-01-01T00:30:00+01:00", false),
        ] {
            assert_eq!(day.is_over(Time::parse(time).unwrap()), over, "{time}");
        }
        for text in ["2026-12-32", "2026-12", "2026-12-31T00:00:00Z", "31.12.2026", ""] {
            assert_eq!(Day::parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_is_too_much(text in "\\PC{0,40}") {
            let _ = (Time::parse(&text), Day::parse(&text), MaxAge::parse(&text));
        }

        /// A later time is never older.
        #[test]
        fn times_are_ordered(a in 0i64..4_000_000_000, b in 0i64..4_000_000_000, count in 1u32..5_000) {
            let (early, late) = (Time(a.min(b)), Time(a.max(b)));
            let (now, allowed) = (Time(4_000_000_000), MaxAge::parse(&format!("{count}d")).unwrap());
            prop_assert!(
                allowed.exceeded_by(early, now).is_some() || allowed.exceeded_by(late, now).is_none()
            );
        }
    }
}
