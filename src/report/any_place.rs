//! Whatever place a finding names, each printer prints it: places come from parsers of others, and a text may be any.

use super::explain::{self, Explained, Level};
use super::paint::Paint;
use super::suite::{Case, Checked};
use super::{diagnostics, json, ndjson, suite};
use crate::diagnostic::{Diagnostic, Severity};
use crate::outcome::step::{By, Change, Detail, Field, Judgement, Step, Winner};
use crate::outcome::{self, Caveat, Decision, Outcome};
use crate::phase::Phase;
use crate::reason;
use crate::server::asked::Request;
use crate::site::Site;
use crate::source::{FileId, SourceMap, Span};
use crate::suite::Scenario;
use proptest::prelude::*;

/// Phases of each chapter that `explain` has, and of none.
const PHASES: [Phase; 8] = [
    Phase::Vhost,
    Phase::TranslateName,
    Phase::MapToStorage,
    Phase::AccessChecker,
    Phase::TypeChecker,
    Phase::Handler,
    Phase::InternalRedirect,
    Phase::Subrequest,
];

/// Every way in which a step may go.
fn judgement() -> impl Strategy<Value = Judgement> {
    prop_oneof![
        Just(Judgement::Matched),
        Just(Judgement::Missed),
        Just(Judgement::Skipped),
        Just(Judgement::Ended(403)),
        Just(Judgement::Shadowed(Winner::Module("mod_alias.c"))),
        span().prop_map(|span| Judgement::Shadowed(Winner::Rule(span))),
        proptest::option::of(span()).prop_map(Judgement::Overridden),
    ]
}

/// A text of lines, characters of all lengths and what is no UTF-8, as it may stand in a file.
fn text() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        Just("\u{1f600}".as_bytes().to_vec()),
        Just("é\u{301}".as_bytes().to_vec()),
        Just(b"\n".to_vec()),
        Just(b"\r\n\t".to_vec()),
        Just(b"<If x>\n</If>".to_vec()),
        Just(b"\\\n".to_vec()),
        Just(vec![b'x'; 700]),
        proptest::collection::vec(any::<u8>(), 0..5),
        "\\PC{0,6}".prop_map(String::into_bytes),
    ];
    proptest::collection::vec(piece, 0..14).prop_map(|pieces| pieces.concat())
}

/// A place, anywhere in the texts or nowhere.
fn span() -> impl Strategy<Value = Span> {
    let offset = || prop_oneof![8 => 0..60_u32, 1 => 0..4000_u32, 1 => any::<u32>()];
    let file = prop_oneof![6 => 0..2_u32, 1 => any::<u32>()];
    let line = prop_oneof![4 => 0..9_u32, 1 => any::<u32>()];
    (file, line, offset(), offset()).prop_map(|(file, line, start, end)| Span { file: FileId(file), line, start, end })
}

fn diagnostic() -> impl Strategy<Value = Diagnostic> {
    (span(), proptest::option::of((span(), "\\PC{0,5}")), "\\PC{0,9}", 0..3).prop_map(
        |(span, related, words, grave)| {
            let severity = [Severity::Error, Severity::Warning, Severity::Note][grave as usize];
            let d = Diagnostic::error("code", words.clone(), span).help(words);
            Diagnostic { severity, related, first: grave == 0, ..d }
        },
    )
}

fn step() -> impl Strategy<Value = Step> {
    let detail = prop_oneof![
        Just(Detail::Nothing),
        Just(Detail::Cut),
        proptest::option::of(span()).prop_map(Detail::Htaccess),
        "\\PC{0,9}".prop_map(|text| Detail::Attribute(text.as_str().into(), text.into())),
    ];
    let leaf = (proptest::option::of(span()), 0..PHASES.len(), judgement(), detail, "\\PC{0,9}").prop_map(
        |(rule, phase, judgement, detail, text)| {
            Step::new(PHASES[phase], By::Module("mod_rewrite.c"), rule, judgement)
                .with(detail)
                .changing(Change::to(Field::File, text))
        },
    );
    leaf.prop_recursive(3, 12, 4, |inner| {
        (inner.clone(), proptest::collection::vec(inner, 0..4)).prop_map(|(step, children)| Step { children, ..step })
    })
}

fn outcome() -> impl Strategy<Value = Outcome> {
    let spans = proptest::collection::vec((span(), 0..PHASES.len()), 0..5);
    (spans, proptest::collection::vec(span(), 0..3)).prop_map(|(decided, caveats)| Outcome {
        status: 403,
        decided_by: decided.iter().map(|(span, phase)| Decision::new(PHASES[*phase], *span)).collect(),
        caveats: caveats.iter().map(|s| Caveat { directive: "X".into(), span: *s, why: "y".into() }).collect(),
        ..Outcome::default()
    })
}

/// Two texts.
fn sources(texts: [Vec<u8>; 2]) -> SourceMap {
    let sources = SourceMap::default();
    for (text, name) in texts.into_iter().zip(["config", "/w/.htaccess"]) {
        sources.add(name, text);
    }
    sources
}

proptest! {
    #[test]
    fn diagnostics_of_any_place(first in text(), second in text(), found in proptest::collection::vec(diagnostic(), 1..4)) {
        let sources = sources([first, second]);
        for colour in [false, true] {
            let paint = Paint { colour, ..Paint::default() };
            let error = suite::Broken { text: diagnostics::text(&found, &sources, paint), ..suite::Broken::default() };
            let checked = [Checked { path: "x.yaml".into(), error: Some(error), ..Checked::default() }];
            prop_assert!(!suite::text(&checked, None, paint, false, false).is_empty());
            prop_assert!(!suite::junit(&checked).is_empty());
            prop_assert!(suite::json(&checked, 0).is_object());
        }
        prop_assert_eq!(json::diagnostics(&found, &sources).as_array().map(Vec::len), Some(found.len()));
        let mut line = Vec::new();
        ndjson::line(&mut line, &outcome::json::config_error(&found[0], &sources)).unwrap();
        prop_assert!(line.ends_with(b"\n"));
    }

    #[test]
    fn stories_of_any_place(
        first in text(),
        second in text(),
        outcome in outcome(),
        steps in proptest::collection::vec(step(), 0..5),
    ) {
        let sources = sources([first, second]);
        let site = Site::builder("").build().expect("it is empty");
        let run = site.start().expect("httpd starts");
        let ask = Request::get("/");
        let painted = Paint { colour: true, ..Paint::default() };
        let case = reason::Case { site: &site, run: &run, ask: &ask, outcome: &outcome, steps: &steps, sources: &sources };
        let told = Explained::of_case(case).with_suggestions();
        for level in [Level::Brief, Level::Story, Level::All] {
            prop_assert!(!explain::render(&told, level, painted).is_empty());
        }
        prop_assert!(json::explained(&told).is_object());
        let places = outcome.decided_by.iter().map(|d| super::directive_text(&sources, d.span)).collect();
        let (rows, _) = suite::story(&told, &suite::Missing::default(), &|span| sources.place(span), &|_| false);
        let case = Case { decided_by: places, story: rows, state: suite::State::Failed, ..Case::default() };
        let checked = [Checked { cases: vec![case], ..Checked::default() }];
        prop_assert!(!suite::text(&checked, None, Paint::default(), false, true).is_empty());
    }

    /// A YAML text that is none, or is no scenario, is told of where it stands.
    #[test]
    fn scenarios_of_any_text(text in text(), key in "(name|files|requests|config|modules|\\PC{0,3})") {
        let text = format!("{key}: {}", String::from_utf8_lossy(&text));
        let sources = SourceMap::default();
        if let Err(found) = Scenario::parse(std::path::Path::new("x.yaml"), &text, &sources) {
            prop_assert!(!diagnostics::text(&found, &sources, Paint::default()).is_empty());
        }
    }
}
