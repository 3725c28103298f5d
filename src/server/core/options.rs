//! `Options`: its bits, and how lines of it add up (server/core.c, `set_options`; include/http_core.h).

use crate::server::cmd::Cmd;
use crate::source::Span;
use bstr::{BString, ByteSlice};

/// OPT_INDEXES
pub(crate) const INDEXES: u32 = 1;
/// OPT_INCLUDES
pub(crate) const INCLUDES: u32 = 2;
/// OPT_SYM_LINKS
pub(crate) const SYM_LINKS: u32 = 4;
/// OPT_EXECCGI
pub(crate) const EXECCGI: u32 = 8;
/// OPT_UNSET
pub(crate) const UNSET: u32 = 16;
/// OPT_INC_WITH_EXEC
pub(crate) const INC_WITH_EXEC: u32 = 32;
/// OPT_SYM_OWNER
pub(crate) const SYM_OWNER: u32 = 64;
/// OPT_MULTI
pub(crate) const MULTI: u32 = 128;
/// OPT_ALL
pub(crate) const ALL: u32 = INDEXES | INCLUDES | INC_WITH_EXEC | SYM_LINKS | EXECCGI;

/// What one line of `Options` does: for counterfactuals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OptLine {
    /// The line.
    pub span: Span,
    /// The options that it sets, where it has no signs.
    pub set: Option<u32>,
    /// Those with a plus.
    pub add: u32,
    /// Those with a minus.
    pub remove: u32,
}

/// What lines of Options come to, one after the other, from httpd's default (FollowSymLinks).
pub(crate) fn fold<'a>(lines: impl Iterator<Item = &'a OptLine>) -> u32 {
    lines.fold(SYM_LINKS, |opts, l| (l.set.unwrap_or(opts) & !l.remove) | l.add)
}

/// The lines each of which alone decides whether `bits` are all set.
pub(crate) fn deciders(lines: &[OptLine], bits: u32) -> Vec<Span> {
    deciding(lines, |opts| opts & bits == bits)
}

/// The lines each of which alone decides whether any of `bits` is set.
pub(crate) fn any_deciders(lines: &[OptLine], bits: u32) -> Vec<Span> {
    deciding(lines, |opts| opts & bits != 0)
}

fn deciding(lines: &[OptLine], holds: impl Fn(u32) -> bool) -> Vec<Span> {
    let now = holds(fold(lines.iter()));
    let without = |span: Span| holds(fold(lines.iter().filter(|l| l.span != span)));
    let mut spans: Vec<Span> = lines.iter().map(|l| l.span).filter(|&s| without(s) != now).collect();
    spans.dedup();
    spans
}

fn bits(word: &[u8]) -> Option<u32> {
    Some(match word.to_ascii_lowercase().as_slice() {
        b"indexes" => INDEXES,
        b"includes" => INCLUDES | INC_WITH_EXEC,
        b"includesnoexec" => INCLUDES,
        b"followsymlinks" => SYM_LINKS,
        b"symlinksifownermatch" => SYM_OWNER,
        b"execcgi" => EXECCGI,
        b"multiviews" => MULTI,
        b"runscripts" => MULTI | EXECCGI,
        _ => return None,
    })
}

/// The setter of `Options`.
pub(crate) fn set(cmd: &mut Cmd<'_>, args: &[BString]) -> Result<(), String> {
    let span = cmd.span();
    let allowed = cmd.override_opts;
    let words = crate::conf::args::split(&args[0]);
    let core = cmd.slot(|d| &mut d.core);
    let mut line = OptLine { span, set: None, add: 0, remove: 0 };
    let (mut merge, mut all_none) = (false, false);
    for (i, written) in words.iter().enumerate() {
        let first = i == 0;
        let mut word = written.as_slice();
        let sign = word.first().copied().filter(|c| *c == b'+' || *c == b'-');
        if sign.is_some() {
            word = &word[1..];
            if !merge && !first && !all_none {
                return Err("Either all Options must start with + or -, or no Option may.".into());
            }
            merge = true;
        } else if first {
            core.opts = 0;
            line.set = Some(0);
        } else if merge {
            return Err("Either all Options must start with + or -, or no Option may.".into());
        }
        let opt = if word.eq_ignore_ascii_case(b"none") {
            if !first {
                return Err("'Options None' must be the first Option given.".into());
            } else if merge {
                return Err("You may not use 'Options +None' or 'Options -None'.".into());
            }
            all_none = true;
            0
        } else if word.eq_ignore_ascii_case(b"all") {
            if !first {
                return Err("'Options All' must be the first option given.".into());
            } else if merge {
                return Err("You may not use 'Options +All' or 'Options -All'.".into());
            }
            all_none = true;
            ALL
        } else {
            bits(word).ok_or_else(|| format!("Illegal option {}", word.as_bstr()))?
        };
        if allowed & opt != opt {
            return Err(format!("Option {} not allowed here", word.as_bstr()));
        }
        match sign {
            Some(b'-') => {
                core.opts_remove |= opt;
                core.opts_add &= !opt;
                core.opts &= !opt;
                line.remove |= opt;
                line.add &= !opt;
            }
            Some(_) => {
                core.opts_add |= opt;
                core.opts_remove &= !opt;
                core.opts |= opt;
                line.add |= opt;
                line.remove &= !opt;
            }
            None => {
                core.opts |= opt;
                line.set = Some(line.set.unwrap_or(0) | opt);
            }
        }
    }
    std::sync::Arc::make_mut(&mut core.opt_lines).push(line);
    Ok(())
}

/// The options that `AllowOverride Options=...` names: `set_allow_opts`.
pub(crate) fn allowed(list: &[u8]) -> Result<u32, String> {
    let mut opts = 0;
    for word in list.split(|b| *b == b',').filter(|w| !w.is_empty()) {
        if word.eq_ignore_ascii_case(b"none") {
            opts = 0;
        } else if word.eq_ignore_ascii_case(b"all") {
            opts = ALL;
        } else {
            opts |= bits(word).ok_or_else(|| format!("Illegal option {}", word.as_bstr()))?;
        }
    }
    Ok(opts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::compile::{Input, compile};
    use crate::server::settings::PerDir;
    use crate::vfs::Memory;
    use proptest::prelude::*;
    use std::sync::Arc;

    fn options_line() -> impl Strategy<Value = String> {
        let word = prop_oneof![Just("Indexes"), Just("FollowSymLinks"), Just("MultiViews"), Just("ExecCGI")];
        let signed = proptest::collection::vec((prop_oneof![Just("+"), Just("-")], word.clone()), 1..4)
            .prop_map(|words| words.iter().map(|(s, w)| format!("{s}{w}")).collect::<Vec<_>>().join(" "));
        let plain = proptest::collection::vec(word, 1..4).prop_map(|words| words.join(" "));
        prop_oneof![signed, plain, Just("None".to_string()), Just("All".to_string())]
            .prop_map(|w| format!("Options {w}"))
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

        /// What lines of Options come to one by one is what the sections come to, merged as httpd merges them.
        #[test]
        fn options_lines_tell_what_merging_gives(sections in proptest::collection::vec(options_line(), 1..5)) {
            let mut text = String::from("DocumentRoot /srv\n");
            for (depth, line) in sections.iter().enumerate() {
                let path = format!("/srv{}", "/d".repeat(depth));
                text.push_str(&format!("<Directory {path}>\n{line}\n</Directory>\n"));
            }
            let loaded = compile(Input { lenient_paths: true, ..Input::new(text, Arc::new(Memory::new()), &crate::modules::CATALOGUE) });
            let server = loaded.server.expect("these lines are good");
            let virtual_host = &server.servers[0];
            let mut merged = virtual_host.lookup_defaults.settings.clone();
            for section in virtual_host.sec_dir.iter() {
                merged = PerDir::merge(&merged, &section.settings.settings);
            }
            let core = merged.core.expect("the core is always there");
            prop_assert_eq!(core.opts & !UNSET, fold(core.opt_lines.iter()));
        }
    }
}
