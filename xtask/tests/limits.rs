//! Time at the limits, in instructions.

#![cfg(test)]

use signed_images_testing::limits;
use xtask::bench::fuel::Meter;
use xtask::limits::{MOST, fuel};
use xtask::made::root;

/// No request, no settings and no answer of the host within what is documented takes 200 milliseconds.
#[test]
fn every_limit_is_answered_as_it_must_be_and_in_time() {
    let file = root().join("policy.wasm");
    assert!(file.exists(), "there is no module: run `make policy.wasm`");
    let meter = Meter::new(&std::fs::read(file).unwrap()).unwrap();
    for limit in limits::all() {
        let fuel = fuel(&meter, &limit).unwrap_or_else(|error| panic!("{limit}: {error}"));
        assert!(fuel <= MOST, "{limit} takes {fuel} instructions");
    }
}
