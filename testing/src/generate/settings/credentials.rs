//! Keys and certificates as settings hold them: in several spellings, seldom those that are refused.

use crate::generate::choices::Choices;
use crate::generate::fixtures::{BAD_KEYS, BAD_SIGNERS, CHAIN, KEYS, SIGNERS};
use crate::generate::json::Json;
use crate::generate::pem::{damaged, expiring};
use std::time::Duration;

/// The text of a party's key.
pub(super) fn key(party: usize, choices: &mut Choices) -> String {
    // The first two of the keys are spellings of one.
    let own = if party == 0 { KEYS[0] } else { KEYS[party + 1] };
    match choices.below(200) {
        0 => choices.one(&BAD_KEYS).to_owned(),
        1 => damaged(own, choices),
        2..=20 => own.replace('\n', "\r\n"),
        21..=40 => format!("the key of acme\n{own}"),
        41..=60 => [own, KEYS[7]].concat(),
        61..=90 if party == 0 => KEYS[1].to_owned(),
        _ => own.to_owned(),
    }
}

/// The keys of several parties, seldom one of them twice.
pub(super) fn keys(choices: &mut Choices) -> Vec<String> {
    let count = choices.weighted(&[(6, 1), (4, 2), (1, 3)]);
    let mut parties = choices.sample(&[0, 1, 2, 3, 4, 5], count);
    if choices.chance(1, 12) {
        parties.push(parties[0]);
    }
    parties.into_iter().map(|party| key(party, choices)).collect()
}

/// The certificates of one or two parties.
pub(super) fn certificates(choices: &mut Choices, now: Duration) -> Vec<String> {
    let count = choices.within(1..=2);
    let parties = choices.sample(&[0, 1], count);
    parties.into_iter().map(|party| certificate(party, choices, now)).collect()
}

/// The certificate of one of two parties: now and then one that ends soon.
pub(super) fn certificate(party: usize, choices: &mut Choices, now: Duration) -> String {
    match choices.below(100) {
        0..=3 => choices.one(&BAD_SIGNERS).to_owned(),
        4 | 5 => damaged(SIGNERS[party], choices),
        6 => KEYS[0].to_owned(),
        7..=24 => {
            let hours = choices.weighted(&HOURS);
            // Half an hour off whole days, so that a slow run counts the same days.
            expiring(SIGNERS[party], now, Duration::from_secs(hours * 3600 + 1800))
        }
        _ => SIGNERS[party].to_owned(),
    }
}

/// How long a certificate is still valid, the month of the warning among them.
const HOURS: [(usize, u64); 7] = [(1, 3), (1, 25), (1, 49), (2, 400), (1, 719), (1, 721), (1, 900)];

/// Gives an entry the chain of its certificates, and whether they need a log entry.
pub(super) fn add_chain(entry: &mut Json, choices: &mut Choices) {
    super::maybe(entry, "certificateChain", (1, 2), choices, &mut |choices| {
        let mut chain = CHAIN.to_vec();
        if choices.chance(1, 20) {
            chain.push(BAD_SIGNERS[0]);
        }
        chain.into()
    });
    super::maybe(entry, "requireRekorBundle", (1, 2), choices, &mut super::flag);
}
