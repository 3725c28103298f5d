//! Database files with keys and values, as APR's dbm layer has httpd read them: SDBM (dbm/sdbm of apr-util), and the hash
//! files of Berkeley DB, which is the default of Debian's APR. Files are looked through where they are, and may be hostile.

use bstr::{BString, ByteSlice};

/// The size of a page of an SDBM file: `PBLKSIZ`.
const PAGE: usize = 1024;

/// The value of a key in an SDBM file, by the contents of its `.dir` and `.pag`: `apr_sdbm_fetch`.
pub(crate) fn sdbm(dir: &[u8], pag: &[u8], key: &[u8]) -> Option<BString> {
    let hash = sdbm_hash(key);
    // the directory is a tree of bits: one that is set says that the page was split
    let (mut bit, mut depth) = (0_usize, 0_u32);
    while depth < 31 && dir.get(bit / 8).is_some_and(|byte| byte & (1 << (bit % 8)) != 0) {
        bit = 2 * bit + if hash & (1 << depth) == 0 { 1 } else { 2 };
        depth += 1;
    }
    let number = (hash & ((1 << depth) - 1)) as usize;
    let start = number.checked_mul(PAGE)?;
    in_page(pag.get(start..start.checked_add(PAGE)?)?, key)
}

/// `sdbm_hash`, of signed characters as on most machines.
fn sdbm_hash(key: &[u8]) -> u64 {
    key.iter().fold(0, |n: u64, b| n.wrapping_mul(65599).wrapping_add(i64::from(*b as i8) as u64))
}

/// The value of a key in a page: `getpair`. A page that `chkpage` refuses has none.
fn in_page(page: &[u8], key: &[u8]) -> Option<BString> {
    let count = usize::from(short(page, 0)?);
    if count > PAGE / 2 {
        return None;
    }
    let (mut end, mut found) = (PAGE, None);
    for i in (1..=count).step_by(2) {
        let (key_at, value_at) = (usize::from(short(page, 2 * i)?), usize::from(short(page, 2 * i + 2)?));
        if key_at > end || value_at > key_at {
            return None;
        }
        if found.is_none() && i < count && page.get(key_at..end) == Some(key) {
            found = page.get(value_at..key_at);
        }
        end = value_at;
    }
    found.map(BString::from)
}

/// The keys and values of an SDBM file, by the contents of its `.pag`.
pub(crate) fn sdbm_pairs(pag: &[u8]) -> Vec<(BString, BString)> {
    let mut found = Vec::new();
    for page in pag.chunks_exact(PAGE) {
        let count = short(page, 0).map_or(0, usize::from).min(PAGE / 2);
        let mut end = PAGE;
        for i in (1..count).step_by(2) {
            let (Some(key_at), Some(value_at)) = (short(page, 2 * i), short(page, 2 * i + 2)) else { break };
            let (key_at, value_at) = (usize::from(key_at), usize::from(value_at));
            let (Some(key), Some(value)) = (page.get(key_at..end), page.get(value_at..key_at)) else { break };
            found.push((key.into(), value.into()));
            end = value_at;
        }
    }
    found
}

fn short(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..at + 2).map(|b| u16::from_le_bytes([b[0], b[1]]))
}

fn long(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at + 4).map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]))
}

/// Why a file can't be looked through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unknown {
    /// It is of another kind.
    Kind,
    /// It is one of Berkeley DB's, with something that is not read here.
    Content,
}

/// The magic number of Berkeley DB's hash files.
const HASH_MAGIC: u32 = 0x06_1561;
/// Kinds of its pages that have pairs.
const HASH_PAGES: [u8; 2] = [2, 13];
/// A page's head.
const HEAD: usize = 26;

/// The value of a key in a hash file of Berkeley DB: all its pages are looked through.
///
/// # Errors
/// Why it can't be said.
pub(crate) fn berkeley(file: &[u8], key: &[u8]) -> Result<Option<BString>, Unknown> {
    for page in hash_pages(file)? {
        for pair in items(page)?.chunks_exact(2) {
            match (pair[0], pair[1]) {
                // a key that is long lies elsewhere
                ([kind, ..], _) if *kind != 1 => return Err(Unknown::Content),
                ([_, name @ ..], [1, value @ ..]) if name == key => return Ok(Some(value.as_bstr().to_owned())),
                ([_, name @ ..], _) if name == key => return Err(Unknown::Content),
                _ => {}
            }
        }
    }
    Ok(None)
}

/// The keys and values of a hash file of Berkeley DB, but for those that are long.
pub(crate) fn berkeley_pairs(file: &[u8]) -> Vec<(BString, BString)> {
    let mut found = Vec::new();
    for page in hash_pages(file).into_iter().flatten() {
        for pair in items(page).unwrap_or_default().chunks_exact(2) {
            if let ([1, key @ ..], [1, value @ ..]) = (pair[0], pair[1]) {
                found.push((key.into(), value.into()));
            }
        }
    }
    found
}

/// Its pages that have pairs.
fn hash_pages(file: &[u8]) -> Result<impl Iterator<Item = &[u8]>, Unknown> {
    if long(file, 12) != Some(HASH_MAGIC) {
        return Err(Unknown::Kind);
    }
    let size = long(file, 20).unwrap_or_default() as usize;
    if !(512..=65536).contains(&size) || !size.is_power_of_two() {
        return Err(Unknown::Content);
    }
    Ok(file.chunks_exact(size).skip(1).filter(|page| HASH_PAGES.contains(&page[25])))
}

/// What is on a page: keys and values in turn, each with its kind before it.
fn items(page: &[u8]) -> Result<Vec<&[u8]>, Unknown> {
    let count = short(page, 20).map_or(0, usize::from);
    let mut end = page.len();
    let mut items = Vec::with_capacity(count.min(end / 2));
    for i in 0..count {
        let at = short(page, HEAD + 2 * i).map_or(page.len(), usize::from);
        let item = page.get(at..end).filter(|item| !item.is_empty()).ok_or(Unknown::Content)?;
        items.push(item);
        end = at;
    }
    Ok(items)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A page as `putpair` fills it.
    fn page(pairs: &[(&[u8], &[u8])]) -> Vec<u8> {
        let mut page = vec![0; PAGE];
        let mut end = PAGE;
        let put = |at: usize, n: usize, page: &mut Vec<u8>| page[at..at + 2].copy_from_slice(&(n as u16).to_le_bytes());
        put(0, pairs.len() * 2, &mut page);
        for (i, (key, value)) in pairs.iter().enumerate() {
            for (j, text) in [key, value].into_iter().enumerate() {
                end -= text.len();
                page[end..end + text.len()].copy_from_slice(text);
                put(2 * (2 * i + j + 1), end, &mut page);
            }
        }
        page
    }

    #[test]
    fn keys_are_found_in_their_pages() {
        let one = page(&[(b"alice", b"hash:admin"), (b"bob", b"")]);
        assert_eq!(sdbm(b"", &one, b"alice"), Some("hash:admin".into()));
        assert_eq!(sdbm(b"", &one, b"bob"), Some("".into()));
        assert_eq!(sdbm(b"", &one, b"ali"), None);
        let pairs = |pairs: &[(&str, &str)]| pairs.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect::<Vec<_>>();
        assert_eq!(sdbm_pairs(&one), pairs(&[("alice", "hash:admin"), ("bob", "")]));
        // split once: the last bit of the hash says where
        let two = [page(&[(b"b", b"even")]), page(&[(b"a", b"odd")])].concat();
        assert_eq!((sdbm_hash(b"a") & 1, sdbm_hash(b"b") & 1), (1, 0));
        assert_eq!((sdbm(&[1], &two, b"a"), sdbm(&[1], &two, b"b")), (Some("odd".into()), Some("even".into())));
        assert_eq!(sdbm(&[0xff; 9000], &two, b"a"), None);
        assert_eq!(sdbm(b"", b"short", b"a"), None);
        for end in 0..one.len() {
            let mut broken = one.clone();
            broken[end] = 0xff;
            let _ = (sdbm(b"", &broken, b"alice"), sdbm_pairs(&broken));
        }
    }

    #[test]
    fn hash_files_are_looked_through() {
        let mut file = vec![0; 1024];
        file[12..16].copy_from_slice(&HASH_MAGIC.to_le_bytes());
        file[20..24].copy_from_slice(&512_u32.to_le_bytes());
        let page = &mut file[512..];
        page[25] = 13;
        page[20] = 2;
        page[508..512].copy_from_slice(b"\x01x\x01a");
        page[26..30].copy_from_slice(&[0xfe, 1, 0xfc, 1]);
        assert_eq!(berkeley(&file, b"a"), Ok(Some("x".into())));
        assert_eq!(berkeley(&file, b"b"), Ok(None));
        assert_eq!(berkeley_pairs(&file), [("a".into(), "x".into())]);
        // the value is on a page of its own
        file[512 + 508] = 3;
        assert_eq!(berkeley(&file, b"a"), Err(Unknown::Content));
        assert_eq!(berkeley(&file, b"b"), Ok(None));
    }

    #[test]
    fn what_is_no_such_file() {
        assert_eq!(berkeley(b"GDBM", b"a"), Err(Unknown::Kind));
        let mut file = vec![0xff; 1024];
        file[12..16].copy_from_slice(&HASH_MAGIC.to_le_bytes());
        assert_eq!(berkeley(&file, b"a"), Err(Unknown::Content));
        file[20..24].copy_from_slice(&512_u32.to_le_bytes());
        file[512 + 25] = 13;
        assert_eq!(berkeley(&file, b"a"), Err(Unknown::Content));
    }
}
