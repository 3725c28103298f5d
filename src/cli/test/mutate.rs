//! `test --mutate`: small changes of the configurations that suites are of, and which of them no expectation notices.

use super::filter::Filter;
use super::judge::Base;
use super::runner::{Prepare, Work};
use crate::clock;
use crate::cores;
use crate::mutate::{Candidates, Mutant, Noticed, Sought, mutants, notices};
use crate::outcome::json;
use crate::report::suite::mutation::{Judged, Mutation, Noticing, Piece, Test, Verdict};
use crate::run::Run;
use crate::search::explore::{Purse, Stopped};
use crate::site::Site;
use crate::source::Span;
use crate::source::directive_text;
use crate::suite::{self, RealSite, RequestSpec, Scenario, worth};
use serde_json::{Map, Value};
use std::collections::HashMap;

/// How mutants are made and judged.
pub(super) struct Mutate<'m> {
    pub filter: &'m Filter,
    pub prepare: &'m Prepare<'m>,
    pub jobs: Option<usize>,
    pub fail_fast: bool,
    pub purse: Purse,
}

/// A scenario whose site has mutants.
struct Subject {
    scenario: Scenario,
    site: Site,
}

/// A mutant that no expectation of any scenario noticed so far: where it is in the report, and of what.
struct Alive {
    subject: usize,
    mutant: Mutant,
}

impl Mutate<'_> {
    /// Judges the mutants of all suites. One of a file that several suites use is noticed if one of them does.
    pub(super) fn run(&self, work: &[Work]) -> Mutation {
        let subjects: Vec<Subject> = work.iter().flat_map(|work| self.subjects(work)).collect();
        let mut mutation = Mutation::default();
        let mut known: HashMap<Piece, usize> = HashMap::new();
        let mut alive: Vec<Option<Alive>> = Vec::new();
        for (number, subject) in subjects.iter().enumerate() {
            let only = subjects.len() == 1;
            self.judge(number, subject, only, &mut mutation, &mut known, &mut alive);
        }
        let mut all: Vec<(Judged, Option<Alive>)> =
            std::mem::take(&mut mutation.mutants).into_iter().zip(alive).collect();
        all.sort_by(|(one, _), (other, _)| (&one.piece.path, one.line).cmp(&(&other.piece.path, other.line)));
        if let Some(first) = all.iter().position(|(_, alive)| alive.is_some()).filter(|_| self.fail_fast) {
            all.truncate(first + 1);
            mutation.cut = true;
        }
        let alive: Vec<Option<Alive>>;
        (mutation.mutants, alive) = all.into_iter().unzip();
        self.search(&subjects, &mut mutation, &alive);
        mutation
    }

    /// The scenarios of a file that start, and have expectations.
    fn subjects(&self, work: &Work) -> Vec<Subject> {
        let subject = |scenario: Scenario| {
            let scenario = (self.prepare)(scenario).ok()?;
            let asks = scenario.skip.is_none() && scenario.expect.is_empty();
            let site = Site::of_scenario(&scenario).ok().filter(|site| asks && site.start().is_ok())?;
            Some(Subject { scenario, site })
        };
        work.scenarios().into_iter().filter_map(subject).collect()
    }

    fn judge(
        &self,
        number: usize,
        subject: &Subject,
        is_only: bool,
        mutation: &mut Mutation,
        known: &mut HashMap<Piece, usize>,
        alive: &mut Vec<Option<Alive>>,
    ) {
        let Subject { scenario, site } = subject;
        let Ok(run) = suite::started(scenario, site) else { return };
        let candidates = Candidates::of(scenario, site);
        // the .htaccess files that are on their way are read by it
        for spec in candidates.known() {
            run.ask(&suite::put(scenario, &run, spec, 0));
        }
        let base = Base::of(scenario, site, &run, self.filter);
        if base.cases.is_empty() {
            return;
        }
        let first = mutation.tests.len();
        mutation.tests.extend(base.cases.iter().map(|case| {
            let spec = &scenario.requests[case.index];
            let path = scenario.path.display().to_string();
            Test { path, name: spec.title(), line: spec.line, column: spec.column }
        }));
        // the stock server is nobody's to change
        let is_stock = matches!(scenario.site, Some(RealSite::Docroot(_) | RealSite::Htaccess(_)));
        let pieces: Vec<(Mutant, Piece)> = mutants(site)
            .into_iter()
            .filter(|mutant| !is_stock || site.is_htaccess(mutant.at.file))
            .map(|mutant| {
                let piece = piece(scenario, site, &mutant, &mut mutation.sources);
                (mutant, piece)
            })
            .collect();
        let settled = |piece: &Piece, all: &[Judged]| {
            known.get(piece).and_then(|at| all.get(*at)).is_some_and(|judged| judged.verdict.rank() == 0)
        };
        let open: Vec<bool> = pieces.iter().map(|(_, piece)| !settled(piece, &mutation.mutants)).collect();
        let todo = pieces.iter().zip(&open).filter(|(_, open)| **open).map(|(piece, _)| piece);
        let mut todo: Vec<(usize, &(Mutant, Piece))> = todo.enumerate().collect();
        if !self.fail_fast {
            spread(&mut todo);
        }
        let mut verdicts = Vec::new();
        let stops = self.fail_fast && is_only;
        // an early end is no error
        let _ = cores::in_order(
            self.jobs,
            &run,
            &todo,
            |_, (_, (mutant, _))| {
                if self.is_late() {
                    return (Verdict::Untried, 0);
                }
                clock::tick();
                base.judge(site, mutant)
            },
            |(verdict, asked)| {
                let is_late = matches!(verdict, Verdict::Untried);
                self.spend(asked, is_late, mutation)?;
                let survived = verdict.rank() == 2;
                verdicts.push(verdict);
                if stops && survived { Err(()) } else { Ok(()) }
            },
        );
        if mutation.stopped.is_some() {
            verdicts.resize(todo.len(), Verdict::Untried);
        }
        let mut done: Vec<_> = todo.into_iter().zip(verdicts).collect();
        done.sort_by_key(|((number, _), _)| *number);
        for ((_, (mutant, piece)), verdict) in done {
            let verdict = match verdict {
                Verdict::Killed(case, key) => Verdict::Killed(first + case, key),
                other => other,
            };
            let covered_by = base.covering(mutant).iter().map(|case| first + case);
            let own = Alive { subject: number, mutant: mutant.clone() };
            match known.get(piece) {
                Some(at) => {
                    let judged = &mut mutation.mutants[*at];
                    judged.covered_by.extend(covered_by);
                    if verdict.rank() < judged.verdict.rank() {
                        alive[*at] = (verdict.rank() == 2).then_some(own);
                        judged.verdict = verdict;
                    }
                }
                None => {
                    known.insert(piece.clone(), mutation.mutants.len());
                    alive.push((verdict.rank() == 2).then_some(own));
                    mutation.mutants.push(judged(scenario, site, mutant, piece, covered_by.collect(), verdict));
                }
            }
        }
    }

    /// Looks for requests that would notice what no expectation does: among those that the lines near a mutant's speak of, then
    /// among those that a search of the whole site makes.
    fn search(&self, subjects: &[Subject], mutation: &mut Mutation, alive: &[Option<Alive>]) {
        for (number, subject) in subjects.iter().enumerate() {
            let Subject { scenario, site } = subject;
            let own = alive.iter().enumerate().filter_map(|(at, alive)| Some((at, alive.as_ref()?)));
            let own: Vec<(usize, &Mutant)> =
                own.filter(|(_, alive)| alive.subject == number).map(|(at, alive)| (at, &alive.mutant)).collect();
            let Some(run) = site.start().ok().filter(|_| !own.is_empty()) else { continue };
            let run = run.with_response();
            let candidates = Candidates::of(scenario, site);
            self.seek(subject, &run, &own, mutation, |mutant| candidates.for_mutant(site, mutant));
            let is_left =
                |(at, _): &(usize, &Mutant)| matches!(mutation.mutants[*at].verdict, Verdict::Survived(Noticing::None));
            let left: Vec<(usize, &Mutant)> = own.into_iter().filter(is_left).collect();
            if left.is_empty() || mutation.stopped.is_some() {
                continue;
            }
            let sought = Sought::of(site, &run, candidates.users(), Purse { jobs: self.jobs, ..self.purse });
            self.seek(subject, &run, &left, mutation, |mutant| sought.for_mutant(mutant));
        }
    }

    /// Tries requests on mutants of a subject, and writes down what notices each.
    fn seek<'m, I: Iterator<Item = RequestSpec>>(
        &self,
        Subject { scenario, site }: &Subject,
        run: &Run,
        own: &[(usize, &'m Mutant)],
        mutation: &mut Mutation,
        candidates: impl Fn(&'m Mutant) -> I + Sync,
    ) {
        let work = |before: &Run, (_, mutant): &(usize, &'m Mutant)| {
            let after = match site.with(&mutant.edits).map(|after| after.start()) {
                _ if self.is_late() => return (Noticing::Unsought, 0),
                Ok(Ok(after)) => after.with_response().without_reasons(),
                _ => return (Noticing::None, 0),
            };
            let mut asked = 0;
            let candidates = candidates(mutant).inspect(|_| asked += 1);
            let put = |run: &Run, spec: &RequestSpec| suite::put(scenario, run, spec, 0);
            let noticed = notices(before, &after, candidates, put);
            let found = noticed.map(|noticed| Noticing::By(written(&noticed, before, &after)));
            (found.unwrap_or(Noticing::None), asked)
        };
        let mut found = Vec::new();
        let _ = cores::in_order(self.jobs, run, own, work, |(noticing, asked)| {
            let is_late = matches!(noticing, Noticing::Unsought);
            self.spend(asked, is_late, mutation)?;
            found.push(noticing);
            Ok::<(), ()>(())
        });
        for ((at, _), noticing) in own.iter().zip(found) {
            mutation.mutants[*at].verdict = Verdict::Survived(noticing);
        }
    }

    fn is_late(&self) -> bool {
        clock::is_over(self.purse.until)
    }

    /// Takes what a mutant cost. The error is that there is no more: it is as if it had not been tried.
    fn spend(&self, asked: usize, is_late: bool, mutation: &mut Mutation) -> Result<(), ()> {
        if is_late {
            mutation.stopped = mutation.stopped.or(Some(Stopped::late()));
        } else if mutation.asked + asked > self.purse.requests {
            mutation.stopped = mutation.stopped.or(Some(Stopped::Budget));
        }
        if mutation.stopped.is_some() {
            return Err(());
        }
        mutation.asked += asked;
        Ok(())
    }
}

/// Puts mutants in an order in which the first of them are from everywhere, should it end before all are tried.
fn spread<T>(mutants: &mut [T]) {
    // the golden ratio's steps fall evenly, however many there are
    let mut number: u32 = 0;
    mutants.sort_by_cached_key(|_| {
        number = number.wrapping_add(0x9E37_79B9);
        number
    });
}

fn judged(
    scenario: &Scenario,
    site: &Site,
    mutant: &Mutant,
    piece: &Piece,
    covered_by: Vec<usize>,
    verdict: Verdict,
) -> Judged {
    let sources = site.sources();
    let real = |span: Span| scenario.location(sources, span);
    let place = |span: Span| match real(span) {
        Some(at) => format!("{}:{}", at.path, at.line),
        None => sources.place(span),
    };
    Judged {
        file: sources.file(mutant.at.file).name.clone(),
        line: mutant.at.line,
        at: real(mutant.at),
        kind: mutant.kind.word(),
        text: directive_text(sources, mutant.at),
        becomes: mutant.becomes.clone(),
        other: mutant.other.map(place),
        piece: piece.clone(),
        covered_by,
        verdict,
    }
}

/// The piece of a file that a mutant takes the place of; the file's text goes to `texts`.
fn piece(
    scenario: &Scenario,
    site: &Site,
    mutant: &Mutant,
    texts: &mut std::collections::BTreeMap<String, String>,
) -> Piece {
    let sources = site.sources();
    let (span, text) = mutant.piece(sources);
    let file = sources.file(span.file);
    let own = scenario.source.map(|own| scenario.sources.file(own));
    let start = scenario.location(sources, span);
    let end = scenario.location(sources, Span { start: span.end, ..span });
    let text = text.to_string();
    if let (Some(start), Some(end)) = (&start, &end) {
        // places are named from the working directory
        let is_suite = std::path::absolute(&start.path).ok() == std::path::absolute(&scenario.path).ok();
        // of a text within the suite only the configuration's columns are known
        let source = match is_suite {
            true => own.filter(|_| file.name == scenario.config_name()),
            false => Some(file.clone()),
        };
        if let Some(source) = source {
            texts.entry(start.path.clone()).or_insert_with(|| source.text.to_string());
            return Piece {
                path: start.path.clone(),
                start: (start.line, start.column),
                end: (end.line, end.column),
                text,
            };
        }
    }
    let path = format!("{}:{}", scenario.path.display(), file.name);
    texts.entry(path.clone()).or_insert_with(|| file.text.to_string());
    Piece { path, start: file.line_column(span.start), end: file.line_column(span.end), text }
}

/// A request that notices, with today's answer as expectations: what is worth one, and what would be another where that alone
/// would not notice.
fn written(noticed: &Noticed, before: &Run, after: &Run) -> Map<String, Value> {
    let today = json::outcome(&noticed.before, before.sources());
    let then = json::outcome(&noticed.after, after.sources());
    let mut expect = worth(&today);
    let is_another = |key: &str| then[key] != today[key];
    if !expect.keys().any(|key| is_another(key)) {
        let plain =
            ["location", "log", "user", "handler", "file", "path_info", "script_name", "vhost", "wsgi", "access"];
        let mut more: Map<String, Value> =
            plain.iter().filter(|key| is_another(key)).map(|key| (key.to_string(), today[*key].clone())).collect();
        if more.is_empty() {
            more.extend(is_another("type").then(|| ("type".into(), today["type"].clone())));
            more.extend(headers(&today["headers"], &then["headers"]).map(|found| ("headers".into(), found)));
            for key in ["env", "backend"] {
                more.extend(differing(&today[key], &then[key]).map(|found| (key.into(), found)));
            }
        }
        expect.extend(more);
    }
    let mut request = noticed.spec.written();
    request.insert("expect".into(), expect.into());
    request
}

/// What of a mapping is another than in the other.
fn differing(today: &Value, then: &Value) -> Option<Value> {
    let Some(today) = today.as_object() else { return (today != then).then_some(Value::Null) };
    let own = today.iter().filter(|(name, value)| !value.is_null() && then[name.as_str()] != **value);
    let mut found: Map<String, Value> = own.map(|(name, value)| (name.clone(), value.clone())).collect();
    let new = then.as_object().into_iter().flatten().filter(|(name, _)| !today.contains_key(*name));
    found.extend(new.map(|(name, _)| (name.clone(), Value::Null)));
    (!found.is_empty()).then_some(Value::Object(found))
}

/// The same of a list of headers, by their names.
fn headers(today: &Value, then: &Value) -> Option<Value> {
    let by_name = |list: &Value| {
        let mut map: Map<String, Value> = Map::new();
        for pair in list.as_array().into_iter().flatten() {
            let Some(name) = pair[0].as_str() else { continue };
            match map.get_mut(name) {
                Some(Value::Array(more)) => more.push(pair[1].clone()),
                Some(first) => *first = Value::Array(vec![first.clone(), pair[1].clone()]),
                None => drop(map.insert(name.into(), pair[1].clone())),
            }
        }
        Value::Object(map)
    };
    differing(&by_name(today), &by_name(then))
}
