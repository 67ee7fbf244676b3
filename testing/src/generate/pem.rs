//! Keys and certificates made of fixtures: those that end soon, and damaged ones.

use super::choices::Choices;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use std::time::Duration;

/// The certificate of a signer that is valid for so long from `now` on.
#[must_use]
pub fn expiring(pem: &str, now: Duration, remaining: Duration) -> String {
    let mut der = decoded(pem);
    let end = b"21190101000000Z";
    let at = der.windows(end.len()).position(|bytes| bytes == end).expect("when it ends");
    der[at..at + end.len()].copy_from_slice(generalized_time(now + remaining).as_bytes());
    block("CERTIFICATE", &der)
}

fn block(label: &str, der: &[u8]) -> String {
    let body = BASE64_STANDARD.encode(der);
    let lines: Vec<&str> =
        body.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).expect("base64")).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

/// The same with something wrong: in its text, or in what that says.
pub fn damaged(pem: &str, choices: &mut Choices) -> String {
    let label = pem.split("-----").nth(1).unwrap_or_default().trim_start_matches("BEGIN ");
    match choices.below(8) {
        0 => pem.replacen("BEGIN", "BEGUN", 1),
        1 => pem.replacen("-----END", "----END", 1),
        2 => [pem, "-----BEGIN X-----\n"].concat(),
        3 => pem.repeat(17),
        4 => pem.chars().filter(|c| *c != '=').skip(choices.below(60)).collect(),
        _ => {
            let mut der = decoded(pem);
            let at = choices.below(der.len());
            match choices.below(3) {
                0 => der.truncate(at),
                1 => der[at] ^= 1 << choices.below(8),
                _ => der.insert(at, 0),
            }
            block(label, &der)
        }
    }
}

fn decoded(pem: &str) -> Vec<u8> {
    let body: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    BASE64_STANDARD.decode(body).expect("a fixture in base64")
}

/// `YYYYMMDDHHMMSSZ`, by the days of civil years that begin in March
/// (<https://howardhinnant.github.io/date_algorithms.html#civil_from_days>).
fn generalized_time(time: Duration) -> String {
    let (days, second) = (time.as_secs() / 86_400 + 719_468, time.as_secs() % 86_400);
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * march + 2) / 5 + 1;
    let month = if march < 10 { march + 3 } else { march - 9 };
    let year = era * 400 + year + u64::from(month <= 2);
    let (hour, minute) = (second / 3600, second / 60 % 60);
    format!("{year:04}{month:02}{day:02}{hour:02}{minute:02}{:02}Z", second % 60)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generate::fixtures::SIGNERS;

    #[test]
    fn times() {
        for (seconds, text) in [
            (0, "19700101000000Z"),
            (951_782_400, "20000229000000Z"),
            (1_795_824_245, "20261128000405Z"),
            (4_102_444_799, "20991231235959Z"),
        ] {
            assert_eq!(generalized_time(Duration::from_secs(seconds)), text);
        }
    }

    #[test]
    fn a_certificate_ends_when_it_should() {
        let day = Duration::from_hours(24);
        let pem = expiring(SIGNERS[0], Duration::from_secs(0), day);
        assert_eq!(pem.len(), SIGNERS[0].len());
        assert_ne!(pem, SIGNERS[0]);
    }
}
