//! apr_table_t: names without regard to case, in order, several of one name allowed.
//!
//! Copies share their content until one of them is changed. A table that has become long knows where its names are, so
//! that a hundred thousand of them cost no more each than ten.

use crate::text::Text;
use bstr::{BStr, BString, ByteSlice};
use foldhash::fast::RandomState;
use smallvec::SmallVec;
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

/// A name with its value.
type Row = (Text<'static>, Text<'static>);

/// Headers, environment variables, notes.
///
/// ```
/// use routesim::Request;
///
/// let mut headers = Request::get("http://www.example.com/").headers;
/// headers.set("Accept-Language", "de");
/// headers.merge("accept-language", "en;q=0.5");
/// headers.add("Cookie", "a=1");
/// assert_eq!(headers.get("ACCEPT-LANGUAGE"), Some("de, en;q=0.5".into()));
/// assert!(headers.unset("cookie") && headers.get("Cookie").is_none());
/// assert_eq!(headers.iter().next(), Some(("Host".into(), "www.example.com".into())));
/// ```
#[derive(Clone, Debug, Default)]
pub struct Table(Option<Arc<Rows>>);

/// Where the rows of a name are, in order: by the name in lower case.
type Places = HashMap<BString, SmallVec<[u32; 2]>, RandomState>;

#[derive(Clone, Debug, Default)]
struct Rows {
    /// In one piece with what is beside it: few tables have more.
    list: SmallVec<[Row; 8]>,
    known: OnceLock<bool>,
    /// Of a long table.
    long: Option<Box<Long>>,
}

/// What a long table knows of its rows.
#[derive(Clone, Debug, Default)]
struct Long {
    places: Places,
    /// Which rows were taken away: they stay in the list until there are many.
    gone: Vec<bool>,
    gaps: usize,
}

/// A table of so many rows is long.
const LONG: usize = 32;

impl Rows {
    /// Where the first row of a name is. (Short tables are looked through where they are asked, so that a name which is
    /// always the same is compared by its length first.)
    #[inline(always)]
    fn first(&self, name: &[u8]) -> Option<usize> {
        match &self.long {
            None => self.list.iter().position(|(n, _)| n.eq_ignore_ascii_case(name)),
            Some(long) => long.first(name),
        }
    }

    /// All rows, in order.
    fn iter(&self) -> impl Iterator<Item = &Row> {
        let gone = self.long.as_ref().map_or(&[][..], |long| long.gone.as_slice());
        self.list.iter().enumerate().filter(|(at, _)| gone.get(*at) != Some(&true)).map(|(_, row)| row)
    }

    /// The rows of a name, in order.
    fn named<'t>(&'t self, name: &'t [u8]) -> impl Iterator<Item = &'t Row> {
        let places = self.long.as_ref().map_or(&[][..], |long| long.of(name));
        let all = if self.long.is_none() { self.list.as_slice() } else { &[] };
        let known = places.iter().filter_map(|at| self.list.get(*at as usize));
        known.chain(all.iter().filter(|(n, _)| n.eq_ignore_ascii_case(name)))
    }

    #[inline(always)]
    fn push(&mut self, row: Row) {
        if self.long.is_none() && self.list.len() + 1 < LONG {
            self.list.push(row);
        } else {
            self.push_far(row);
        }
    }

    /// The same, of a table that is long or becomes so.
    #[cold]
    fn push_far(&mut self, row: Row) {
        if let Some(long) = &mut self.long {
            long.add(&row.0, self.list.len());
        }
        self.list.push(row);
        let length = self.list.len();
        if length >= LONG && self.long.as_ref().is_none_or(|long| long.gaps > length / 2) {
            self.find_places();
        }
    }

    /// Closes the gaps, and finds where all names are.
    fn find_places(&mut self) {
        if let Some(long) = self.long.take() {
            let mut gone = long.gone.into_iter();
            self.list.retain(|_| gone.next() != Some(true));
        }
        let mut long = Long::default();
        self.list.iter().enumerate().for_each(|(at, (name, _))| long.add(name, at));
        self.long = Some(Box::new(long));
    }

    /// Takes the rows of a name away but for so many of the first.
    fn keep_first(&mut self, name: &[u8], keep: usize) {
        if let Some(long) = &mut self.long {
            return long.keep_first(name, keep);
        }
        let mut met = 0;
        self.list.retain(|(n, _)| {
            let other = !n.eq_ignore_ascii_case(name);
            met += usize::from(!other);
            other || met <= keep
        });
    }
}

impl Long {
    /// Where the rows of a name are.
    fn of(&self, name: &[u8]) -> &[u32] {
        self.places.get(name.to_ascii_lowercase().as_bstr()).map_or(&[], |places| places.as_slice())
    }

    #[cold]
    fn first(&self, name: &[u8]) -> Option<usize> {
        self.of(name).first().map(|at| *at as usize)
    }

    fn add(&mut self, name: &[u8], at: usize) {
        self.places.entry(name.to_ascii_lowercase().into()).or_default().push(at as u32);
        self.gone.push(false);
    }

    fn keep_first(&mut self, name: &[u8], keep: usize) {
        let name = BString::from(name.to_ascii_lowercase());
        let Some(of_name) = self.places.get_mut(&name) else { return };
        for at in of_name.drain(keep.min(of_name.len())..) {
            if let Some(gone) = self.gone.get_mut(at as usize) {
                *gone = true;
                self.gaps += 1;
            }
        }
        if of_name.is_empty() {
            self.places.remove(&name);
        }
    }
}

impl PartialEq for Table {
    fn eq(&self, other: &Table) -> bool {
        self.rows().eq(other.rows())
    }
}

impl Eq for Table {}

impl<N: Into<Text<'static>>, V: Into<Text<'static>>> FromIterator<(N, V)> for Table {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(rows: I) -> Table {
        let list: SmallVec<_> = rows.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        let mut rows = Rows { list, ..Rows::default() };
        if rows.list.len() >= LONG {
            rows.find_places();
        }
        Table((!rows.list.is_empty()).then(|| Arc::new(rows)))
    }
}

impl Table {
    fn rows(&self) -> impl Iterator<Item = &Row> {
        self.0.iter().flat_map(|rows| rows.iter())
    }

    fn rows_mut(&mut self) -> &mut Rows {
        let rows = Arc::make_mut(self.0.get_or_insert_default());
        rows.known = OnceLock::new();
        rows
    }

    /// Where the first row of a name is.
    #[inline]
    fn first(&self, name: &[u8]) -> Option<usize> {
        self.0.as_ref()?.first(name)
    }

    /// The first value of that name.
    #[inline(always)]
    pub fn get(&self, name: impl AsRef<[u8]>) -> Option<&BStr> {
        let rows = self.0.as_ref()?;
        rows.list.get(rows.first(name.as_ref())?).map(|(_, value)| &**value)
    }

    /// All rows of that name, in order: how each writes it, and its value.
    pub fn named<'t>(&'t self, name: &'t [u8]) -> impl Iterator<Item = (&'t BStr, &'t BStr)> {
        self.0.iter().flat_map(|rows| rows.named(name)).map(|(n, v)| (&**n, &**v))
    }

    /// All values of that name, in order, joined by `, ` as httpd merges repeated headers.
    pub(crate) fn get_joined(&self, name: impl AsRef<[u8]>) -> Option<BString> {
        let mut found = self.named(name.as_ref()).map(|(_, value)| value);
        let mut joined = found.next()?.to_owned();
        for v in found {
            joined.extend_from_slice(b", ");
            joined.extend_from_slice(v);
        }
        Some(joined)
    }

    /// Sets a name to a value, in place of what it had. The name stays as it was first written.
    pub fn set(&mut self, name: impl Into<Text<'static>>, value: impl Into<Text<'static>>) {
        let (name, value) = (name.into(), value.into());
        let first = self.first(&name);
        let rows = self.rows_mut();
        let Some(first) = first else {
            rows.push((name, value));
            return;
        };
        rows.keep_first(&name, 1);
        rows.list[first].1 = value;
    }

    /// Lays another table over this one, `apr_table_overlap` with APR_OVERLAP_TABLES_SET: of the rows that share a name, the
    /// first stays, with the value of the last.
    pub(crate) fn overlap(&mut self, over: Table) {
        let mut laid = Table::default();
        for (name, value) in self.rows().chain(over.rows()) {
            laid.set(name.clone(), value.clone());
        }
        *self = laid;
    }

    /// Adds a value, beside what the name has.
    pub fn add(&mut self, name: impl Into<Text<'static>>, value: impl Into<Text<'static>>) {
        self.rows_mut().push((name.into(), value.into()));
    }

    /// Appends to a value with `, ` between.
    pub fn merge(&mut self, name: impl Into<Text<'static>>, value: impl AsRef<[u8]>) {
        let (name, value) = (name.into(), value.as_ref());
        let first = self.first(&name);
        let rows = self.rows_mut();
        match first.and_then(|at| rows.list.get_mut(at)) {
            Some((_, text)) => {
                let text = text.to_mut();
                text.extend_from_slice(b", ");
                text.extend_from_slice(value);
            }
            None => rows.push((name, value.into())),
        }
    }

    /// What somebody finds out about its rows, who is always the same: asked once, for all copies.
    pub(crate) fn is_known_to(&self, asks: fn(&Table) -> bool) -> bool {
        self.0.as_ref().map_or_else(|| asks(self), |rows| *rows.known.get_or_init(|| asks(self)))
    }

    /// Whether any rows share a name.
    pub(crate) fn repeats(&self) -> bool {
        if let Some(long) = self.0.as_ref().and_then(|rows| rows.long.as_ref()) {
            return long.places.values().any(|of_name| of_name.len() > 1);
        }
        let repeated = |i: usize, name: &Text<'_>| self.rows().take(i).any(|(n, _)| n.eq_ignore_ascii_case(name));
        self.rows().enumerate().any(|(i, (name, _))| repeated(i, name))
    }

    /// Makes one row of those that share a name.
    pub(crate) fn merge_repeated(&mut self) {
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
        let there = self.first(name).is_some();
        if there {
            self.rows_mut().keep_first(name, 0);
        }
        there
    }

    /// All names with their values, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&BStr, &BStr)> {
        self.rows().map(|(n, v)| (&**n, &**v))
    }

    /// What copying it comes to, in bytes.
    pub(crate) fn size(&self) -> usize {
        self.rows().map(|(n, v)| size_of::<Row>() + n.len() + v.len()).sum()
    }

    /// Whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        self.rows().next().is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What a table is said to be: a list of rows, gone through each time.
    #[derive(Default)]
    struct Model(Vec<(String, String)>);

    impl Model {
        fn first(&mut self, name: &str) -> Option<&mut String> {
            self.0.iter_mut().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v)
        }

        fn set(&mut self, name: &str, value: &str) {
            let Some(at) = self.0.iter().position(|(n, _)| n.eq_ignore_ascii_case(name)) else {
                return self.0.push((name.into(), value.into()));
            };
            let tail = self.0.split_off(at + 1);
            self.0[at].1 = value.into();
            self.0.extend(tail.into_iter().filter(|(n, _)| !n.eq_ignore_ascii_case(name)));
        }

        fn merge(&mut self, name: &str, value: &str) {
            match self.first(name) {
                Some(text) => *text = format!("{text}, {value}"),
                None => self.0.push((name.into(), value.into())),
            }
        }

        fn merge_repeated(&mut self) {
            let rows = std::mem::take(&mut self.0);
            rows.iter().for_each(|(name, value)| self.merge(name, value));
        }
    }

    proptest! {
        /// Long or short, a table is what a list of rows is.
        #[test]
        fn a_table_is_a_list(names in 2_u8..80, steps in proptest::collection::vec((0_u8..40, any::<u8>(), any::<bool>()), 0..400)) {

            let (mut table, mut model) = (Table::default(), Model::default());
            for (i, (what, name, upper)) in steps.into_iter().enumerate() {
                let name = format!("{}{}", if upper { 'A' } else { 'a' }, name % names);
                let value = i.to_string();
                match what {
                    0..16 => {
                        table.set(name.clone(), value.clone());
                        model.set(&name, &value);
                    }
                    16..24 => {
                        table.add(name.clone(), value.clone());
                        model.0.push((name.clone(), value));
                    }
                    24..32 => {
                        table.merge(name.clone(), &value);
                        model.merge(&name, &value);
                    }
                    32..39 => {
                        prop_assert_eq!(table.unset(&name), model.first(&name).is_some());
                        model.0.retain(|(n, _)| !n.eq_ignore_ascii_case(&name));
                    }
                    _ => {
                        table.merge_repeated();
                        model.merge_repeated();
                    }
                }
                prop_assert_eq!(table.get(&name).map(ToString::to_string), model.first(&name).cloned());
            }
            let rows: Vec<_> = table.iter().map(|(n, v)| (n.to_string(), v.to_string())).collect();
            prop_assert_eq!(&rows, &model.0);
            prop_assert_eq!(table.is_empty(), model.0.is_empty());
            prop_assert_eq!(rows.into_iter().collect::<Table>(), table);
        }
    }
}
