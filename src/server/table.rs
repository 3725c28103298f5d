//! apr_table_t: names without regard to case, in order, several of one name allowed.

use bstr::{BStr, BString, ByteSlice};

/// Headers, environment variables, notes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table(Vec<(BString, BString)>);

impl Table {
    /// The first value of that name.
    pub fn get(&self, name: impl AsRef<[u8]>) -> Option<&BStr> {
        let name = name.as_ref();
        self.0.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_bstr())
    }

    /// All values of that name, in order, joined by `, ` as httpd merges repeated headers.
    pub fn get_joined(&self, name: impl AsRef<[u8]>) -> Option<BString> {
        let name = name.as_ref();
        let mut found = self.0.iter().filter(|(n, _)| n.eq_ignore_ascii_case(name));
        let mut joined = found.next()?.1.clone();
        for (_, v) in found {
            joined.extend_from_slice(b", ");
            joined.extend_from_slice(v);
        }
        Some(joined)
    }

    /// Sets a name to a value, in place of what it had.
    pub fn set(&mut self, name: impl Into<BString>, value: impl Into<BString>) {
        let name = name.into();
        let value = value.into();
        if let Some(first) = self.0.iter().position(|(n, _)| n.eq_ignore_ascii_case(&name)) {
            self.0[first] = (name.clone(), value);
            let mut seen = 0;
            self.0.retain(|(n, _)| {
                seen += usize::from(n.eq_ignore_ascii_case(&name));
                !n.eq_ignore_ascii_case(&name) || seen == 1
            });
        } else {
            self.0.push((name, value));
        }
    }

    /// Adds a value, beside what the name has.
    pub fn add(&mut self, name: impl Into<BString>, value: impl Into<BString>) {
        self.0.push((name.into(), value.into()));
    }

    /// Appends to a value with `, ` between.
    pub fn merge(&mut self, name: impl Into<BString>, value: impl AsRef<[u8]>) {
        let name = name.into();
        if let Some((_, v)) = self.0.iter_mut().find(|(n, _)| n.eq_ignore_ascii_case(&name)) {
            v.extend_from_slice(b", ");
            v.extend_from_slice(value.as_ref());
        } else {
            self.0.push((name, value.as_ref().into()));
        }
    }

    /// Takes a name away; whether it was there.
    pub fn unset(&mut self, name: impl AsRef<[u8]>) -> bool {
        let n = self.0.len();
        self.0.retain(|(k, _)| !k.eq_ignore_ascii_case(name.as_ref()));
        n != self.0.len()
    }

    /// All names with their values, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&BStr, &BStr)> {
        self.0.iter().map(|(n, v)| (n.as_bstr(), v.as_bstr()))
    }

    /// Whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
