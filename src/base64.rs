//! Base 64, as apr_base64 reads and writes it (RFC 4648, with padding).

use bstr::BString;

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// What `text` says, up to its first byte that is none of the alphabet, and to the first NUL in that.
pub(crate) fn decode(text: &[u8]) -> BString {
    let digits = text.iter().map_while(|b| ALPHABET.iter().position(|a| a == b)).map(|d| d as u32);
    let mut out = BString::default();
    let (mut bits, mut have) = (0u32, 0);
    for digit in digits {
        bits = bits << 6 | digit;
        have += 6;
        if have >= 8 {
            have -= 8;
            out.push((bits >> have) as u8);
            bits &= (1 << have) - 1;
        }
    }
    let end = out.iter().position(|b| *b == 0).unwrap_or(out.len());
    out.truncate(end);
    out
}

/// `bytes` in base 64, padded.
pub(crate) fn encode(bytes: &[u8]) -> BString {
    let mut out = BString::default();
    for chunk in bytes.chunks(3) {
        let bits = (0..3).fold(0u32, |n, i| n << 8 | u32::from(chunk.get(i).copied().unwrap_or(0)));
        for i in 0..4 {
            let digit = (bits >> (18 - 6 * i) & 63) as usize;
            out.push(if i <= chunk.len() { ALPHABET[digit] } else { b'=' });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        for text in ["", "a", "ab", "abc", "u:password", "\u{e4}:x"] {
            assert_eq!(decode(&encode(text.as_bytes())), text);
        }
        assert_eq!(
            ["", "f", "fo", "foo", "foob"].map(|t| encode(t.as_bytes())),
            ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYg=="]
        );
        assert_eq!(encode(b"u:p"), "dTpw");
        assert_eq!(decode(b"dTpw!dTpw"), "u:p");
    }
}
