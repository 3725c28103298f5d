//! `--fix`, `--unsafe-fixes` and `--diff`.

use super::super::output::Streams;
use super::super::{Failure, failure, written};
use super::{Lint, Looked, judged};
use crate::cli::given::Opened;
use crate::lint::fix::{Fixed, fix as made};
use crate::report::{self, unified};
use crate::search::ask::Ask;
use crate::search::compare::Comparison;
use crate::search::space::Terms;
use crate::site::Site;
use crate::suite::RequestSpec;
use crate::text::plural;
use std::io::Write;

/// How many differences are shown.
const SHOWN: usize = 12;

/// Makes the fixes of a site, or shows them; what is looked at then is the site with them.
pub(super) fn fix(looked: &mut Looked, lint: &Lint, streams: &mut Streams) -> Result<(), Failure> {
    let name = &looked.name;
    if !looked.opened.real && !lint.diff {
        return failure(match looked.opened.scenario {
            Some(_) if crate::builtin::find(name).is_some() => {
                format!("`{name}` is built in: nothing can be written into it (--diff shows the fixes)")
            }
            _ => format!(
                "`{name}`: the text is inside a scenario: --diff shows the fixes, put them there by hand, or move the text to a file (`config: {{file: httpd.conf}}`) and fix that with -c"
            ),
        });
    }
    lint.purse()?;
    let purse = || lint.purse().unwrap_or(crate::search::explore::Purse::of(lint.budget, None));
    let (site, settings) = (looked.opened.site.clone(), looked.settings.clone());
    let fixed = made(&site, lint.unsafe_fixes, &|site: &Site| judged(site, purse(), &settings), &purse);
    for (rule, place, why) in &fixed.left {
        streams.note(&format!("{place}: {rule} is not mended: {why}"));
    }
    if fixed.done.is_empty() {
        streams.note(&format!("{name}: there is nothing to mend"));
        return Ok(());
    }
    for (rule, place, what) in &fixed.done {
        streams.note(&format!("{place}: {rule}: {what}"));
    }
    if lint.diff {
        streams.out.write_all(unified::painted(&unified::texts(&fixed.texts), "", streams.paint).as_bytes())?;
    } else {
        written::write(&fixed.texts, streams)?;
    }
    changes(&site, &fixed, lint, streams)?;
    let real = looked.opened.real;
    looked.opened =
        Opened { real, scenario: looked.opened.scenario.take(), ..Opened::of(&fixed.site, Vec::new(), real) };
    Ok(())
}

/// What is answered otherwise with the fixes.
fn changes(site: &Site, fixed: &Fixed, lint: &Lint, streams: &mut Streams) -> Result<(), Failure> {
    let (Ok(before), Ok(after)) = (site.start(), fixed.site.start()) else { return Ok(()) };
    let sites = [site, &fixed.site];
    let mut comparison = Comparison::new(sites, [before, after], false);
    comparison.search(sites, &Terms::default(), lint.purse()?);
    let witnesses: Vec<RequestSpec> = fixed.witnesses.iter().map(Ask::spec).collect();
    comparison.put(&witnesses);
    let all = comparison.differences();
    let sources = [comparison.runs[0].sources(), comparison.runs[1].sources()];
    let mut text = Vec::new();
    for found in all.iter().take(SHOWN) {
        report::search::difference(&mut text, found, sources, streams.error_paint)?;
    }
    streams.aside(&String::from_utf8_lossy(&text));
    let asked = plural(comparison.asked, "request");
    streams.note(&match all.len() {
        0 => format!("no answer changes ({asked} tried)"),
        n if n > SHOWN => format!("{n} kinds of answers change, of which {SHOWN} are shown ({asked} tried)"),
        1 => format!("one kind of answer changes ({asked} tried)"),
        n => format!("{n} kinds of answers change ({asked} tried)"),
    });
    Ok(())
}
