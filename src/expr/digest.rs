//! MD5 and SHA-1, as expressions offer them. They keep no secret here.

use bstr::BString;

/// Lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> BString {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes.iter().flat_map(|b| [DIGITS[usize::from(b >> 4)], DIGITS[usize::from(b & 15)]]).collect::<Vec<_>>().into()
}

/// The message in blocks of 64 bytes: filled with a one bit and zeros, its length in bits behind.
fn blocks(message: &[u8], length: [u8; 8]) -> Vec<u8> {
    let mut padded = message.to_vec();
    padded.push(0x80);
    padded.resize((padded.len() + 8).next_multiple_of(64), 0);
    let end = padded.len() - 8;
    padded[end..].copy_from_slice(&length);
    padded
}

fn words(block: &[u8], read: fn([u8; 4]) -> u32) -> impl Iterator<Item = u32> {
    block.as_chunks::<4>().0.iter().map(move |word| read(*word))
}

/// The MD5 digest (RFC 1321).
pub(crate) fn md5(message: &[u8]) -> [u8; 16] {
    const SHIFTS: [[u32; 4]; 4] = [[7, 12, 17, 22], [5, 9, 14, 20], [4, 11, 16, 23], [6, 10, 15, 21]];
    let sines: Vec<u32> = (1..=64).map(|i| (f64::from(i).sin().abs() * 4_294_967_296.0) as u32).collect();
    let mut state = [0x6745_2301u32, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476];
    for block in blocks(message, (message.len() as u64 * 8).to_le_bytes()).chunks(64) {
        let word: Vec<u32> = words(block, u32::from_le_bytes).collect();
        let [mut a, mut b, mut c, mut d] = state;
        for i in 0..64 {
            let (mix, at) = match i / 16 {
                0 => (b & c | !b & d, i),
                1 => (d & b | !d & c, 5 * i + 1),
                2 => (b ^ c ^ d, 3 * i + 5),
                _ => (c ^ (b | !d), 7 * i),
            };
            let sum = a.wrapping_add(mix).wrapping_add(sines[i]).wrapping_add(word[at % 16]);
            (a, d, c) = (d, c, b);
            b = b.wrapping_add(sum.rotate_left(SHIFTS[i / 16][i % 4]));
        }
        for (s, v) in state.iter_mut().zip([a, b, c, d]) {
            *s = s.wrapping_add(v);
        }
    }
    let mut digest = [0; 16];
    digest.as_chunks_mut::<4>().0.iter_mut().zip(state).for_each(|(d, s)| *d = s.to_le_bytes());
    digest
}

/// The SHA-1 digest (RFC 3174).
pub(crate) fn sha1(message: &[u8]) -> [u8; 20] {
    let mut state = [0x6745_2301u32, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0];
    for block in blocks(message, (message.len() as u64 * 8).to_be_bytes()).chunks(64) {
        let mut word: Vec<u32> = words(block, u32::from_be_bytes).collect();
        for i in 16..80 {
            word.push((word[i - 3] ^ word[i - 8] ^ word[i - 14] ^ word[i - 16]).rotate_left(1));
        }
        let [mut a, mut b, mut c, mut d, mut e] = state;
        for (i, w) in word.into_iter().enumerate() {
            let (mix, constant) = match i / 20 {
                0 => (b & c | !b & d, 0x5a82_7999u32),
                1 => (b ^ c ^ d, 0x6ed9_eba1),
                2 => (b & c | b & d | c & d, 0x8f1b_bcdc),
                _ => (b ^ c ^ d, 0xca62_c1d6),
            };
            let sum = a.rotate_left(5).wrapping_add(mix).wrapping_add(e).wrapping_add(w).wrapping_add(constant);
            (e, d, c, b, a) = (d, c, b.rotate_left(30), a, sum);
        }
        for (s, v) in state.iter_mut().zip([a, b, c, d, e]) {
            *s = s.wrapping_add(v);
        }
    }
    let mut digest = [0; 20];
    digest.as_chunks_mut::<4>().0.iter_mut().zip(state).for_each(|(d, s)| *d = s.to_be_bytes());
    digest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_of_lengths_around_a_block() {
        for (length, want_md5, want_sha1) in [
            (55, "ef1772b6dff9a122358552954ad0df65", "c1c8bbdc22796e28c0e15163d20899b65621d65a"),
            (56, "3b0c8ac703f828b04c6c197006d17218", "c2db330f6083854c99d4b5bfb6e8f29f201be699"),
            (63, "b06521f39153d618550606be297466d5", "03f09f5b158a7a8cdad920bddc29b81c18a551f5"),
            (64, "014842d480b571495a4a0363793f7367", "0098ba824b5c16427bd7a1122a5a442a25ec644d"),
        ] {
            let text = vec![b'a'; length];
            assert_eq!(hex(&md5(&text)), want_md5, "{length}");
            assert_eq!(hex(&sha1(&text)), want_sha1, "{length}");
        }
    }
}
