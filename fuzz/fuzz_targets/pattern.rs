#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| routesim_fuzz::pattern(data));
