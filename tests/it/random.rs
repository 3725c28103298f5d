//! Random testing leaves nothing out unsaid.

#[path = "../fuzz/templates.rs"]
mod templates;

use routesim::directives::{self, Effect};
use std::collections::BTreeSet;
use templates::{ANYWHERE, TEMPLATES, UNASKED};

/// Every modelled directive is asked at random, or stands in the list of those that are not.
#[test]
fn modelled_directives_are_asked() {
    let sections = include_str!("../fuzz/strategy.rs").replace("\\n", " ");
    let texts = TEMPLATES.iter().map(|t| t.2.to_string()).chain([sections]);
    let words = |text: String| {
        text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').map(str::to_ascii_lowercase).collect::<Vec<_>>()
    };
    let asked: BTreeSet<String> = texts.flat_map(words).collect();
    let unasked: BTreeSet<String> = UNASKED.iter().map(|u| u.0.to_ascii_lowercase()).collect();
    let rows = directives::all().filter(|r| r.effect() == Effect::Modelled);
    let names = rows.map(|r| r.name()).filter(|n| {
        let name = n.to_ascii_lowercase();
        !asked.contains(&name) && !unasked.contains(&name)
    });
    let missing: BTreeSet<&str> = names.collect();
    assert!(missing.is_empty(), "modelled and never asked: {missing:?}");
    assert!(TEMPLATES.iter().all(|t| t.0.chars().all(|c| ANYWHERE.contains(c))));
}
