//! The statuses that httpd knows: `ap_index_of_response` (modules/http/http_protocol.c).

/// Whether httpd has a line for a status.
pub(crate) fn is_known(status: i64) -> bool {
    matches!(status,
        100..=102 | 200..=208 | 226 | 300..=305 | 307 | 308 | 400..=417 | 421..=424 | 426 | 428 | 429 | 431 | 451
        | 500..=508 | 510 | 511)
}

/// The status whose line and ErrorDocument stand for `status`: itself, or 500 where httpd knows none.
pub(crate) fn index(status: u16) -> u16 {
    if is_known(status.into()) { status } else { 500 }
}
