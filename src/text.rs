//! A text that is lent where it can be: by the configuration, or as a constant.

use bstr::{BStr, BString};
use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;

/// A text: lent, or its own.
///
/// ```
/// use routesim::{Request, Site};
///
/// let site = Site::builder("DocumentRoot /srv\n").file("/srv/a", "").build()?;
/// let outcome = site.start().expect("httpd starts").ask(&Request::get("/a"));
/// assert_eq!(outcome.method, "GET");
/// let handler = outcome.handler.expect("something served it");
/// assert!(handler.ends_with(b"-handler"), "it is bytes: a configuration need not be UTF-8");
/// assert_eq!(handler.to_string(), "default-handler");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text<'a>(Cow<'a, [u8]>);

impl<'a> Text<'a> {
    /// A text that is lent.
    pub fn lent(text: &'a [u8]) -> Text<'a> {
        Text(Cow::Borrowed(text))
    }

    /// Whether it is lent.
    pub(crate) fn is_lent(&self) -> bool {
        matches!(self.0, Cow::Borrowed(_))
    }

    /// To change it.
    pub(crate) fn to_mut(&mut self) -> &mut Vec<u8> {
        self.0.to_mut()
    }

    /// Its first bytes.
    pub(crate) fn up_to(self, end: usize) -> Text<'a> {
        match self.0 {
            Cow::Borrowed(text) => Text(Cow::Borrowed(&text[..end.min(text.len())])),
            Cow::Owned(mut text) => {
                text.truncate(end);
                Text(Cow::Owned(text))
            }
        }
    }

    /// As one of its own.
    pub fn into_owned(self) -> BString {
        self.0.into_owned().into()
    }

    /// For longer than what lends it: not copied where it is one of the usual words.
    pub(crate) fn outlive(self, usual: &[&'static str]) -> Text<'static> {
        match self.0 {
            Cow::Borrowed(text) => word(text, usual),
            Cow::Owned(text) => text.into(),
        }
    }
}

/// A word, not copied where it is one of the usual ones.
pub(crate) fn word(text: &[u8], usual: &[&'static str]) -> Text<'static> {
    usual.iter().find(|word| text == word.as_bytes()).map_or_else(|| text.into(), |word| Text::from(*word))
}

impl Deref for Text<'_> {
    type Target = BStr;
    fn deref(&self) -> &BStr {
        BStr::new(&*self.0)
    }
}

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&**self, f)
    }
}

impl AsRef<[u8]> for Text<'_> {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl PartialEq<str> for Text<'_> {
    fn eq(&self, other: &str) -> bool {
        *self.0 == *other.as_bytes()
    }
}

impl PartialEq<&str> for Text<'_> {
    fn eq(&self, other: &&str) -> bool {
        *self == **other
    }
}

impl PartialEq<BString> for Text<'_> {
    fn eq(&self, other: &BString) -> bool {
        *self.0 == ***other
    }
}

impl From<&'static str> for Text<'_> {
    fn from(text: &'static str) -> Self {
        Text(Cow::Borrowed(text.as_bytes()))
    }
}

impl From<BString> for Text<'_> {
    fn from(text: BString) -> Self {
        Text(Cow::Owned(text.into()))
    }
}

impl From<Vec<u8>> for Text<'_> {
    fn from(text: Vec<u8>) -> Self {
        Text(Cow::Owned(text))
    }
}

impl From<String> for Text<'_> {
    fn from(text: String) -> Self {
        Text(Cow::Owned(text.into()))
    }
}

impl From<&BStr> for Text<'_> {
    fn from(text: &BStr) -> Self {
        Text(Cow::Owned(text.to_vec()))
    }
}

impl From<&[u8]> for Text<'_> {
    fn from(text: &[u8]) -> Self {
        Text(Cow::Owned(text.to_vec()))
    }
}

/// A number and what it counts: `1 scenario`, `2 scenarios`.
pub(crate) fn plural(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}
