#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| signed_images_policy_fuzz::check("time", input));
