//! Lines of modules whose settings are not merged: the last section that has any of their lines says all.

use super::super::Case;
use super::{Miss, Near};
use crate::modules::{auth_digest, speling};
use crate::server::module::Module;
use crate::source::Span;

/// The modules without a merge rule that have several directives. (mod_access_compat is another: its lines are judged by the
/// engine.)
const MODULES: [&Module; 2] = [&speling::MODULE, &auth_digest::MODULE];

/// Adds them.
pub(super) fn nearly(case: &Case<'_>, found: &mut Vec<Near>) {
    for module in MODULES {
        let is_row = |name: &[u8]| module.directives.iter().any(|d| d.name.as_bytes().eq_ignore_ascii_case(name));
        let lines = case.in_force(&is_row);
        let Some((last, by)) = lines.last().copied() else { continue };
        let name = |line: Span| case.sources.directive_name(line).to_ascii_lowercase();
        let said: Vec<String> = lines.iter().filter(|(rank, _)| *rank == last).map(|(_, line)| name(*line)).collect();
        for (_, line) in lines.iter().filter(|(rank, line)| *rank < last && !said.contains(&name(*line))) {
            found.push(Near { miss: Miss::Afresh { module: module.name, by }, places: vec![*line, by] });
        }
    }
}
