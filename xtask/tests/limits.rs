//! Time at the limits, in instructions, and memory.

#![cfg(test)]

use signed_images_testing::limits;
use xtask::bench::fuel::Meter;
use xtask::limits::{MOST, MOST_MEMORY, read};
use xtask::made::root;

/// No request, no settings and no answer of the host within what is documented takes 200 milliseconds, or more memory
/// than is promised.
#[test]
fn every_limit_is_answered_as_it_must_be_and_in_time() {
    let file = root().join("policy.wasm");
    assert!(file.exists(), "there is no module: run `make policy.wasm`");
    let meter = Meter::new(&std::fs::read(file).unwrap()).unwrap();
    for limit in limits::all() {
        let read = read(&meter, &limit).unwrap_or_else(|error| panic!("{limit}: {error}"));
        assert!(read.fuel <= MOST, "{limit} takes {} instructions", read.fuel);
        assert!(read.memory <= MOST_MEMORY, "{limit} takes {} bytes of memory", read.memory);
    }
}
