//! Laws that hold for every input, whatever it is: each takes bytes and panics when it is broken. The fuzz
//! targets below `fuzz/` look for bytes that break one; `tests/seeds.rs` holds the kept ones to them.

mod claim;
mod evidence;
mod host;
mod key;
mod pattern;
mod pinned;
mod places;
mod prefix;
mod reference;
mod report;
mod review;
mod runtime;
mod scene;
mod settings;
mod splice;
mod text;
mod trust;

/// A law, by the name of its fuzz target.
pub type Law = (&'static str, fn(&[u8]));

/// Every law.
pub const LAWS: [Law; 14] = [
    ("reference", reference::law),
    ("pattern", pattern::law),
    ("prefix", prefix::law),
    ("key", key::law_of_keys),
    ("certificate", key::law_of_certificates),
    ("claim", claim::law),
    ("settings", settings::law),
    ("vocabulary", settings::law_of_the_vocabulary),
    ("payload", review::law_of_payloads),
    ("object", review::law_of_objects),
    ("review", review::law_of_scenes),
    ("statement", report::law_of_statements),
    ("predicate", report::law_of_predicates),
    ("time", report::law_of_times),
];
