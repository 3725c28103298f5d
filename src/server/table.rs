//! apr_table_t: names without regard to case, in order, several of one name allowed.
//!
//! Copies share their content until one of them is changed.

use super::text::Text;
use bstr::{BStr, BString};
use smallvec::SmallVec;
use std::sync::{Arc, OnceLock};

/// A name with its value.
type Row = (Text<'static>, Text<'static>);

/// Headers, environment variables, notes.
#[derive(Clone, Debug, Default)]
pub struct Table(Option<Arc<Rows>>);

#[derive(Clone, Debug, Default)]
struct Rows {
    /// In one piece with what is beside it: few tables have more.
    list: SmallVec<[Row; 8]>,
    known: OnceLock<bool>,
}

impl PartialEq for Table {
    fn eq(&self, other: &Table) -> bool {
        self.rows() == other.rows()
    }
}

impl Eq for Table {}

impl<N: Into<Text<'static>>, V: Into<Text<'static>>> FromIterator<(N, V)> for Table {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(rows: I) -> Table {
        let list: SmallVec<_> = rows.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        Table((!list.is_empty()).then(|| Arc::new(Rows { list, known: OnceLock::new() })))
    }
}

impl Table {
    fn rows(&self) -> &[Row] {
        self.0.as_ref().map_or(&[], |rows| rows.list.as_slice())
    }

    fn rows_mut(&mut self) -> &mut SmallVec<[Row; 8]> {
        let rows = Arc::make_mut(self.0.get_or_insert_default());
        rows.known = OnceLock::new();
        &mut rows.list
    }

    fn position(&self, name: &[u8]) -> Option<usize> {
        self.rows().iter().position(|(n, _)| n.eq_ignore_ascii_case(name))
    }

    /// The first value of that name.
    #[inline]
    pub fn get(&self, name: impl AsRef<[u8]>) -> Option<&BStr> {
        let name = name.as_ref();
        self.rows().iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| &**v)
    }

    /// All values of that name, in order, joined by `, ` as httpd merges repeated headers.
    pub fn get_joined(&self, name: impl AsRef<[u8]>) -> Option<BString> {
        let name = name.as_ref();
        let mut found = self.rows().iter().filter(|(n, _)| n.eq_ignore_ascii_case(name));
        let mut joined = BString::from(&*found.next()?.1);
        for (_, v) in found {
            joined.extend_from_slice(b", ");
            joined.extend_from_slice(v);
        }
        Some(joined)
    }

    /// Sets a name to a value, in place of what it had.
    pub fn set(&mut self, name: impl Into<Text<'static>>, value: impl Into<Text<'static>>) {
        let (name, value) = (name.into(), value.into());
        let first = self.position(&name);
        let rows = self.rows_mut();
        let Some(first) = first else {
            rows.push((name, value));
            return;
        };
        let mut at = 0;
        rows.retain(|(n, _)| {
            at += 1;
            at <= first + 1 || !n.eq_ignore_ascii_case(&name)
        });
        rows[first] = (name, value);
    }

    /// Adds a value, beside what the name has.
    pub fn add(&mut self, name: impl Into<Text<'static>>, value: impl Into<Text<'static>>) {
        self.rows_mut().push((name.into(), value.into()));
    }

    /// Appends to a value with `, ` between.
    pub fn merge(&mut self, name: impl Into<Text<'static>>, value: impl AsRef<[u8]>) {
        let (name, value) = (name.into(), value.as_ref());
        let first = self.position(&name);
        let rows = self.rows_mut();
        match first {
            Some(i) => {
                let text = rows[i].1.to_mut();
                text.extend_from_slice(b", ");
                text.extend_from_slice(value);
            }
            None => rows.push((name, value.into())),
        }
    }

    /// What somebody finds out about its rows, who is always the same: asked once, for all copies.
    pub fn is_known_to(&self, asks: fn(&Table) -> bool) -> bool {
        self.0.as_ref().map_or_else(|| asks(self), |rows| *rows.known.get_or_init(|| asks(self)))
    }

    /// Whether any rows share a name.
    pub fn repeats(&self) -> bool {
        let rows = self.rows();
        let repeated = |i: usize, name: &Text<'_>| rows[..i].iter().any(|(n, _)| n.eq_ignore_ascii_case(name));
        rows.iter().enumerate().any(|(i, (name, _))| repeated(i, name))
    }

    /// Makes one row of those that share a name.
    pub fn merge_repeated(&mut self) {
        if !self.repeats() {
            return;
        }
        let mut merged = Table::default();
        for (name, value) in self.rows() {
            merged.merge(name.clone(), value);
        }
        *self = merged;
    }

    /// Takes a name away; whether it was there.
    pub fn unset(&mut self, name: impl AsRef<[u8]>) -> bool {
        let name = name.as_ref();
        let there = self.position(name).is_some();
        if there {
            self.rows_mut().retain(|(n, _)| !n.eq_ignore_ascii_case(name));
        }
        there
    }

    /// All names with their values, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&BStr, &BStr)> {
        self.rows().iter().map(|(n, v)| (&**n, &**v))
    }

    /// What copying it comes to, in bytes.
    pub fn size(&self) -> usize {
        self.rows().iter().map(|(n, v)| size_of::<Row>() + n.len() + v.len()).sum()
    }

    /// Whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        self.rows().is_empty()
    }
}
