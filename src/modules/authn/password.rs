//! `apr_password_validate` (apr-util, crypto/apr_passwd.c): a password against its hash, of any kind that htpasswd
//! writes or the system's crypt(3) knows.

use super::crypt::DIGITS;
use super::crypt::des_crypt;
use crate::base64;
use crate::expr::digest::{md5, sha1};
use crate::limits;
use bstr::{BString, ByteSlice, ByteVec};
use std::cell::RefCell;
use std::collections::HashMap;

thread_local! {
    // a hash is slow on purpose, and the same user asks again and again
    static KNOWN: RefCell<HashMap<(BString, BString), Option<bool>>> = RefCell::default();
}

/// Whether `password` is the one that `hash` was made of; none where that can't be told here.
pub(super) fn validate(password: &[u8], hash: &[u8]) -> Option<bool> {
    let key = (BString::from(password), BString::from(hash));
    if let Some(known) = KNOWN.with_borrow(|k| k.get(&key).copied()) {
        return known;
    }
    let answer = check(password, hash);
    KNOWN.with_borrow_mut(|known| {
        if known.len() >= limits::PASSWORDS_KEPT {
            known.clear();
        }
        known.insert(key, answer);
    });
    answer
}

/// How many steps of a request it takes to find that out, of some ten nanoseconds each; none where it is not.
pub(super) fn steps(hash: &[u8]) -> u64 {
    let number = |text: &[u8]| text.to_str().ok().and_then(|n| n.parse().ok());
    match hash {
        [b'$', b'2', _, b'$', high, low, ..] => {
            let cost = number(&[*high, *low]).filter(|cost| *cost <= limits::BCRYPT_COST);
            cost.map_or(0, |cost| 6000_u64 << cost)
        }
        [b'$', b'5' | b'6', b'$', rest @ ..] => {
            let rounds = rest.strip_prefix(b"rounds=").map(|r| number(r.split(|b| *b == b'$').next()?));
            let rounds = rounds.map_or(5000, |r| r.unwrap_or(0));
            if rounds <= limits::SHA_CRYPT_ROUNDS { u64::from(rounds) * 50 } else { 0 }
        }
        _ => 50_000,
    }
}

/// How messages name the kind of a hash: what stands between its first two dollars.
pub(super) fn kind(hash: &[u8]) -> BString {
    match hash.strip_prefix(b"$") {
        Some(rest) => [b"$", rest.split(|b| *b == b'$').next().unwrap_or_default(), b"$"].concat().into(),
        None => "crypt".into(),
    }
}

fn check(password: &[u8], hash: &[u8]) -> Option<bool> {
    if let Some(rest) = hash.strip_prefix(b"{SHA}") {
        return Some(base64::encode(&sha1(password)) == rest);
    }
    let prefix = |p: &str| hash.starts_with(p.as_bytes());
    if prefix("$apr1$") {
        return Some(md5_crypt(password, hash, "$apr1$") == hash);
    }
    if prefix("$1$") {
        return Some(md5_crypt(password, hash, "$1$") == hash);
    }
    if prefix("$2a$") || prefix("$2y$") || prefix("$2b$") {
        let text = hash.to_str().ok()?;
        let cost = text.get(4..6).and_then(|c| c.parse::<u32>().ok());
        return match cost {
            Some(cost) if cost > limits::BCRYPT_COST => None,
            _ => Some(bcrypt::verify(password, text).unwrap_or(false)),
        };
    }
    if prefix("$5$") || prefix("$6$") {
        return sha_crypt(password, hash).map(|made| made == hash);
    }
    // crypt(3) knows these as well
    if hash.starts_with(b"$") || hash.starts_with(b"_") {
        return None;
    }
    Some(des_crypt(password, hash).is_some_and(|made| made == hash))
}

/// The low six bits first.
fn digits(out: &mut BString, mut value: u32, count: usize) {
    for _ in 0..count {
        out.push_byte(DIGITS[(value & 63) as usize]);
        value >>= 6;
    }
}

/// The salt after `prefix`: up to a dollar, and to `most` bytes.
fn salt(hash: &[u8], prefix: usize, most: usize) -> &[u8] {
    let rest = hash.get(prefix..).unwrap_or_default();
    let end = rest.iter().position(|b| *b == b'$').unwrap_or(rest.len());
    &rest[..end.min(most)]
}

/// `apr_md5_encode`: MD5, a thousand times over.
fn md5_crypt(password: &[u8], hash: &[u8], magic: &str) -> BString {
    let salt = salt(hash, magic.len(), 8);
    let inner = md5(&[password, salt, password].concat());
    let mut text = [password, magic.as_bytes(), salt].concat();
    text.extend(inner.iter().cycle().take(password.len()));
    let mut length = password.len();
    while length != 0 {
        text.push(if length & 1 == 1 { 0 } else { password.first().copied().unwrap_or(0) });
        length >>= 1;
    }
    let mut digest = md5(&text);
    for i in 0..1000 {
        let first: &[u8] = if i & 1 == 1 { password } else { &digest };
        let mut text = first.to_vec();
        if i % 3 != 0 {
            text.extend_from_slice(salt);
        }
        if i % 7 != 0 {
            text.extend_from_slice(password);
        }
        text.extend_from_slice(if i & 1 == 1 { &digest } else { password });
        digest = md5(&text);
    }
    let mut out = BString::from([magic.as_bytes(), salt, b"$"].concat());
    let byte = |i: usize| u32::from(digest[i]);
    for (a, b, c) in [(0, 6, 12), (1, 7, 13), (2, 8, 14), (3, 9, 15), (4, 10, 5)] {
        digits(&mut out, byte(a) << 16 | byte(b) << 8 | byte(c), 4);
    }
    digits(&mut out, byte(11), 2);
    out
}

/// SHA-256 and SHA-512 of crypt(3): `$5$` and `$6$`; none where it would take too long.
fn sha_crypt(password: &[u8], hash: &[u8]) -> Option<BString> {
    let mut prefix = 3;
    let mut rounds = 5000;
    if let Some(rest) = hash[3..].strip_prefix(b"rounds=") {
        let number = rest.split(|b| *b == b'$').next().unwrap_or_default();
        // a number that crypt(3) would not take makes no hash that could be this one
        let read = number.to_str().ok().and_then(|n| n.parse().ok());
        rounds = read.filter(|n| (1000..=999_999_999).contains(n)).unwrap_or(0);
        prefix += 7 + number.len() + 1;
        if rounds == 0 {
            return Some(BString::default());
        }
    }
    if rounds > limits::SHA_CRYPT_ROUNDS {
        return None;
    }
    let salt = salt(hash, prefix, 16);
    let params = sha_crypt::Params::new(rounds).ok()?;
    let mut out = BString::from([hash.get(..prefix).unwrap_or_default(), salt, b"$"].concat());
    if hash.starts_with(b"$5$") {
        let sum = sha_crypt::sha256_crypt(password, salt, params);
        transposed(&mut out, &sum, 10, |[a, b, c]| [c + 1, a + 1, b + 1]);
        digits(&mut out, u32::from(sum[31]) << 8 | u32::from(sum[30]), 3);
    } else {
        let sum = sha_crypt::sha512_crypt(password, salt, params);
        transposed(&mut out, &sum, 21, |[a, b, c]| [b + 1, c + 1, a + 1]);
        digits(&mut out, u32::from(sum[63]), 2);
    }
    Some(out)
}

/// `count` groups of three bytes, out of order.
fn transposed(out: &mut BString, sum: &[u8], count: usize, next: fn([usize; 3]) -> [usize; 3]) {
    let mut at = [0, count, 2 * count];
    for _ in 0..count {
        let byte = |i: usize| u32::from(sum.get(at[i]).copied().unwrap_or(0));
        digits(out, byte(0) << 16 | byte(1) << 8 | byte(2), 4);
        at = next(at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_of_hashes() {
        for hash in [
            "{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=",
            "$apr1$VjdufbxY$gva5HnsTwULfa0DXdiqvB1",
            "$2y$04$UPeepMbG3JgGlAMemMWaJ.L8N7juXAWyKNGcw/ZSpDCq6nYeGDhW.",
            "QMaJlMrwicXQA",
        ] {
            assert_eq!(validate(b"password", hash.as_bytes()), Some(true), "{hash}");
            assert_eq!(validate(b"passwort", hash.as_bytes()), Some(false), "{hash}");
        }
        for hash in [
            "aa3kxsKzvuQMc",
            "$1$abc$iCQ2D3nhptRYi27fDYv2s1",
            "$5$abc$qsg6EHbUzHQzF1POlD7zUwBINSELQxypPaeDcZe6vH0",
            "$6$rounds=1000$abc$MqEcPZUYRGGcOeq7PhMpfjfu/F0HrVEI0OlZBijWvO8mSG77iNUDP5MqFceKpJTBc8iITVtNyLiNTRNCxv6oh0",
        ] {
            assert_eq!(validate(b"secret", hash.as_bytes()), Some(true), "{hash}");
        }
        assert_eq!(validate(b"secret", b"secret"), Some(false));
        assert_eq!(validate(b"secret", b"$y$j9T$x$y"), None);
        assert_eq!(kind(b"$y$j9T$x$y"), "$y$");
    }
}
