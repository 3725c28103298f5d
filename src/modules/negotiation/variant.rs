//! One of the files among which a choice is made: httpd's `var_rec`.

use super::accept::{INCLUDES, INCLUDES3, Item};
use crate::server::request::Request;
use bstr::BString;

/// A variant: what is known of it, and how it fares.
pub(crate) struct Variant<'a> {
    /// The subrequest that looked at it; none for one of a type map.
    pub sub: Option<Request<'a>>,
    /// Its content type, in lower case.
    pub mime_type: BString,
    /// Its name.
    pub file_name: BString,
    /// Whether its content stands in the type map.
    pub body: bool,
    /// Its encoding.
    pub encoding: Option<BString>,
    /// Its languages.
    pub languages: Vec<BString>,
    /// Its charset, in lower case.
    pub charset: BString,
    /// How well its language is liked.
    pub lang_quality: f32,
    /// How well its encoding is liked.
    pub encoding_quality: f32,
    /// How well its charset is liked.
    pub charset_quality: f32,
    /// How well its content type is liked.
    pub mime_type_quality: f32,
    /// `qs`: how good it is in itself.
    pub source_quality: f32,
    /// The level of its content type.
    pub level: f32,
    /// Its length, once known.
    pub bytes: Option<u64>,
    /// The place of its language in LanguagePriority.
    pub lang_index: Option<usize>,
    /// HTML, or HTML with server-side includes.
    pub is_pseudo_html: bool,
    /// The level at which the client took its type by name.
    pub level_matched: f32,
    /// How narrow the type was by which it was taken: 1 `*/*`, 2 `type/*`, 3 by name.
    pub mime_stars: u8,
    /// Whether the client said all that matters for it.
    pub definite: bool,
}

impl Default for Variant<'_> {
    /// `clean_var_rec`
    fn default() -> Self {
        Variant {
            sub: None,
            mime_type: BString::default(),
            file_name: BString::default(),
            body: false,
            encoding: None,
            languages: Vec::new(),
            charset: BString::default(),
            lang_quality: 1.0,
            encoding_quality: 1.0,
            charset_quality: 1.0,
            mime_type_quality: 1.0,
            source_quality: 0.0,
            level: 0.0,
            bytes: None,
            lang_index: None,
            is_pseudo_html: false,
            level_matched: 0.0,
            mime_stars: 0,
            definite: true,
        }
    }
}

impl Variant<'_> {
    /// Takes over a content type with its parameters: `set_mime_fields`.
    pub(crate) fn set_type(&mut self, item: Item) {
        self.is_pseudo_html = ["text/html", INCLUDES, INCLUDES3].iter().any(|t| item.name == *t);
        self.mime_type = item.name;
        self.source_quality = item.quality;
        self.level = item.level;
        self.charset = item.charset;
    }

    /// Whether its encoding is none at all: `is_identity_encoding`.
    pub(crate) fn is_identity(&self) -> bool {
        self.encoding.as_ref().is_none_or(|e| matches!(e.as_slice(), b"" | b"7bit" | b"8bit" | b"binary"))
    }
}
