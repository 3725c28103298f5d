//! What the rules about WSGIDaemonProcess have in common.

use crate::lint::edits;
use crate::lint::facts::{Facts, is_named};
use crate::site::{Directive, Edit, Fix, Safety};
use crate::source::Span;
use bstr::{BString, ByteSlice};

/// A WSGIDaemonProcess line: its name, and its options.
pub(super) struct Daemon {
    pub line: Span,
    pub name: BString,
    options: Vec<(BString, BString)>,
}

impl Daemon {
    /// The value of an option.
    pub(super) fn option(&self, name: &str) -> Option<&BString> {
        self.options.iter().find(|(own, _)| own == name).map(|(_, value)| value)
    }

    /// The value of an option that is a number.
    pub(super) fn number(&self, name: &str) -> Option<u64> {
        self.option(name)?.to_str().ok()?.parse().ok()
    }
}

/// All of them, in order.
pub(super) fn daemons(facts: &Facts<'_>) -> Vec<Daemon> {
    let all = facts.named(&["WSGIDaemonProcess"]).filter_map(|d| {
        let mut words = d.words().into_iter();
        let name = words.next()?;
        let options = words.filter_map(|word| {
            let (name, value) = word.split_once_str("=")?;
            Some((name.into(), value.into()))
        });
        Some(Daemon { line: d.span(), name, options: options.collect() })
    });
    all.collect()
}

/// A WSGIDaemonProcess line without some of its options.
pub(super) fn without_options(facts: &Facts<'_>, line: Span, names: &[&str], message: &str) -> Option<Fix> {
    let sources = facts.site.sources();
    let own = facts.directives.iter().find(|d| d.span() == line)?;
    let words = own.words();
    let is = |word: &BString| names.iter().any(|name| word.starts_with(format!("{name}=").as_bytes()));
    let all = (1..words.len()).filter(|n| is(&words[*n])).map(|n| edits::without_word(sources, own, n));
    let edits: Vec<Edit> = all.collect::<Option<_>>()?;
    Some(Fix { message: message.into(), safety: Safety::Safe, edits }).filter(|fix| starts(facts, &fix.edits))
}

/// Whether httpd starts with some edits, or did not before.
pub(super) fn starts(facts: &Facts<'_>, edits: &[Edit]) -> bool {
    !edits.is_empty() && facts.asked.as_ref().is_none_or(|asked| asked.changed(edits).is_some())
}

/// The process group that a line names, and by which of its words.
pub(super) fn group_named(line: &Directive<'_>) -> Option<(usize, BString)> {
    if is_named(line, &["WSGIProcessGroup"]) {
        return line.words().into_iter().next().map(|name| (0, name));
    }
    if !is_named(line, &["WSGIScriptAlias", "WSGIScriptAliasMatch", "WSGIHandlerScript", "WSGIImportScript"]) {
        return None;
    }
    let words = line.words();
    words.iter().enumerate().find_map(|(n, word)| Some((n, word.strip_prefix(b"process-group=")?.into())))
}
