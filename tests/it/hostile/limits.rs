//! docs/model.md tells the numbers that hold.

use routesim::limits;

#[test]
fn the_page_tells_the_numbers() {
    let page = include_str!("../../../docs/model.md");
    let section = page.split("## Limits").nth(1).expect("there is a section on limits");
    let grouped = |number: u64| {
        let digits = number.to_string();
        let groups: Vec<_> = digits.as_bytes().rchunks(3).rev().map(String::from_utf8_lossy).collect();
        groups.join(",")
    };
    for number in [
        u64::from(limits::NESTING),
        limits::REQUESTS,
        limits::STEPS,
        limits::REASON_STEPS,
        limits::REASON_REQUESTS,
        limits::VALUE_BYTES,
        limits::READ_BYTES,
        limits::LINES_KEPT as u64,
        limits::TRACE as u64,
        limits::PATTERN_STEPS,
        limits::PATTERN_HTTPD as u64,
        limits::MAP_BYTES,
        u64::from(limits::PATTERN_HEAP >> 10),
        u64::from(limits::BCRYPT_COST),
        u64::from(limits::SHA_CRYPT_ROUNDS),
        (limits::STACK >> 20) as u64,
    ] {
        assert!(section.contains(&grouped(number)), "docs/model.md does not tell of {}", grouped(number));
    }
}
