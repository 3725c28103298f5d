//! The schemas of what is printed.

use super::{any_of, list, map, maybe, number, object, of, text, truth, words};
use crate::outcome::json::Key;
use serde_json::{Map, Value, json};

/// A schema with the definitions that it refers to.
fn with(mut schema: Value, definitions: Value) -> Value {
    schema["definitions"] = definitions;
    schema
}

/// A line: `file` and `line` are null for what stands in no file.
fn place(more: &[(&str, Value)]) -> Value {
    object(&[more, &[("file", maybe(text())), ("line", maybe(number())), ("path?", text())]].concat())
}

fn key(key: Key) -> Value {
    match key.name() {
        "status" => maybe(number()),
        "connection" => maybe(words(&["refused", "tls-failed"])),
        "access" => words(&["granted", "denied", "auth-required", "not-reached"]),
        "url" | "method" | "path_info" | "vhost" => text(),
        "wsgi" => maybe(object(&[("process_group", text()), ("application_group", text()), ("callable", text())])),
        "decided_by" => list(place(&[("phase", text()), ("directive", text()), ("only?", words(&["log"]))])),
        "caveats" => list(place(&[("directive", text()), ("why", text())])),
        "backend" => maybe(object(&[
            ("url", text()),
            ("worker", maybe(text())),
            ("method", text()),
            ("fcgi", maybe(map(text()))),
        ])),
        // none of an answer that was only tried
        "headers" => maybe(list(json!({"type": "array", "items": maybe(text()), "minItems": 2, "maxItems": 2}))),
        "env" => maybe(map(text())),
        _ => maybe(text()),
    }
}

/// The keys of an outcome: all are there, or (`fields`) some.
fn outcome(required: bool, more: &[(&str, Value)]) -> Value {
    let keys: Map<String, Value> = Key::ALL.into_iter().map(|k| (k.name().to_string(), key(k))).collect();
    let mut whole = object(more);
    if let (Some(properties), Value::Object(keys)) = (whole["properties"].as_object_mut(), Value::Object(keys)) {
        properties.extend(keys);
    }
    if let (true, Some(list)) = (required, whole["required"].as_array_mut()) {
        list.extend(Key::ALL.map(|k| Value::from(k.name())));
    }
    whole
}

fn refusal() -> Value {
    object(&[("config_error", place(&[("message", text())]))])
}

pub(super) fn replay() -> Value {
    let hops = [("hops?", list(of("outcome"))), ("stopped?", maybe(text()))];
    with(any_of(&[outcome(false, &hops), refusal()]), json!({"outcome": outcome(false, &[])}))
}

fn named() -> Value {
    place(&[("directive", text())])
}

fn reasons() -> Value {
    list(object(&[("code", text()), ("message", text()), ("places", list(named()))]))
}

fn steps() -> Value {
    let verdict = object(&[("word", text()), ("places", list(named())), ("module?", text()), ("status?", number())]);
    let change = object(&[
        ("field", text()),
        ("name", maybe(text())),
        ("table?", text()),
        ("from", maybe(text())),
        ("to", maybe(text())),
    ]);
    let variable = object(&[("name", text()), ("value", text()), ("by", named())]);
    place(&[
        ("phase", text()),
        ("module", text()),
        ("directive", maybe(text())),
        ("matched", truth()),
        ("verdict", verdict),
        ("why", text()),
        ("effect", text()),
        ("changes", list(change)),
        ("children", list(of("step"))),
        ("value?", text()),
        ("pattern?", text()),
        ("negated?", truth()),
        ("or?", truth()),
        ("failed?", maybe(named())),
        ("rule?", maybe(named())),
        ("variables?", list(variable)),
        ("redirects?", number()),
        ("rules?", list(named())),
    ])
}

fn edits() -> Value {
    list(object(&[
        ("file", text()),
        ("line", number()),
        ("column", number()),
        ("end_line", number()),
        ("end_column", number()),
        ("text", text()),
    ]))
}

pub(super) fn explain() -> Value {
    let more = [
        ("reason", reasons()),
        ("near", reasons()),
        ("suggestions", list(object(&[("edits", edits()), ("outcome", of("outcome"))]))),
        ("env_lines", map(named())),
        ("trace", list(of("step"))),
        ("site?", text()),
        ("hops?", list(of("outcome"))),
        ("stopped?", maybe(text())),
    ];
    let definitions = json!({"outcome": outcome(true, &[]), "step": steps()});
    with(any_of(&[outcome(true, &more), refusal()]), definitions)
}

/// A line of `repair`: a change, or the summary.
pub(super) fn repair() -> Value {
    let example =
        object(&[("request", json!({"type": "object"})), ("before", of("outcome")), ("after", of("outcome"))]);
    let change = object(&[
        ("kind", words(&["add", "change", "remove", "move", "several"])),
        ("what", text()),
        ("edits", edits()),
        ("diff", text()),
        ("outcome", of("outcome")),
        ("also_changes", number()),
        ("examples", list(example)),
    ]);
    let line = object(&[("directive", text()), ("file", text()), ("line", number())]);
    let summary = object(&[
        ("found", number()),
        ("tried", number()),
        ("asked", number()),
        ("withheld", number()),
        ("closed", maybe(line)),
        ("stopped", maybe(words(&["limit", "budget", "time", "interrupted"]))),
    ]);
    with(any_of(&[change, object(&[("summary", summary)])]), json!({"outcome": outcome(true, &[])}))
}

pub(super) fn test() -> Value {
    let mismatch =
        object(&[("key", text()), ("want", json!({})), ("got", json!({})), ("line", number()), ("column", number())]);
    let request = object(&[
        ("request", text()),
        ("asked", maybe(text())),
        ("line", number()),
        ("state", words(&["passed", "failed", "known", "skipped"])),
        ("skip", maybe(text())),
        ("passed", truth()),
        ("mismatches", list(mismatch)),
        ("decided_by", list(text())),
        ("caveats", list(text())),
        ("at", maybe(object(&[("path", text()), ("line", number()), ("column", number())]))),
        ("story", list(text())),
    ]);
    let scenario = object(&[("path", text()), ("name", text()), ("error", maybe(text())), ("requests", list(request))]);
    object(&[
        ("passed", number()),
        ("failed", number()),
        ("known", number()),
        ("skipped_requests", number()),
        ("broken", number()),
        ("skipped", number()),
        ("scenarios", list(scenario)),
        ("coverage?", coverage()),
        ("mutation?", mutation()),
    ])
}

fn mutation() -> Value {
    let survived = object(&[
        ("file", text()),
        ("line", number()),
        ("at", maybe(object(&[("path", text()), ("line", number()), ("column", number())]))),
        ("kind", words(&["delete", "negate", "move", "swap", "loosen", "tighten", "change"])),
        ("text", text()),
        ("becomes", maybe(text())),
        ("other", maybe(text())),
        ("request", maybe(map(json!({})))),
    ]);
    object(&[
        ("mutants", number()),
        ("killed", number()),
        ("survived", list(survived)),
        ("equivalent", number()),
        ("untried", number()),
        ("asked", number()),
        ("stopped", maybe(words(&["budget", "time", "interrupted"]))),
    ])
}

pub(super) fn coverage() -> Value {
    let line = object(&[
        ("file", text()),
        ("line", number()),
        ("directive", text()),
        ("reached", number()),
        ("matched", number()),
        ("missed", number()),
        ("decided", number()),
    ]);
    let percent = || json!({"type": "number"});
    object(&[
        ("lines", list(line)),
        ("reached", percent()),
        ("matched", percent()),
        ("decided", percent()),
        ("unwatched", number()),
    ])
}

pub(super) fn check() -> Value {
    list(place(&[
        ("severity", words(&["error", "warning", "note"])),
        ("code", text()),
        ("message", text()),
        ("column", maybe(number())),
        ("help", maybe(text())),
        ("first", truth()),
        ("machine", truth()),
        ("stage", maybe(words(&["configtest", "start"]))),
    ]))
}

pub(super) fn verify() -> Value {
    let fields = map(object(&[("httpd", json!({})), ("routesim", json!({}))]));
    let difference = object(&[
        ("request", text()),
        ("line", number()),
        ("column", number()),
        ("fields", fields.clone()),
        ("certain", truth()),
        ("log", list(text())),
        ("trace", list(of("step"))),
    ]);
    let scenario = object(&[
        ("not_compared", list(object(&[("request", number()), ("hangs_on", text())]))),
        ("path", text()),
        ("name", text()),
        ("compared", number()),
        ("differ", number()),
        ("lacks", json!({})),
        ("error", maybe(text())),
        ("refusal", maybe(fields)),
        ("differences", list(difference)),
    ]);
    let whole = object(&[
        ("httpd", text()),
        ("mod_wsgi", maybe(text())),
        ("agree", number()),
        ("differ", number()),
        ("lacking", number()),
        ("broken", number()),
        ("skipped", number()),
        ("scenarios", list(scenario)),
    ]);
    with(whole, json!({"step": steps()}))
}

pub(super) fn lint() -> Value {
    let level = words(&["error", "warning", "note"]);
    let related = object(&[("file", text()), ("line", number()), ("message", text())]);
    let witness = object(&[("request", map(json!({}))), ("outcome", of("outcome"))]);
    let fix = object(&[("safe", truth()), ("message", text()), ("edits", edits())]);
    let finding = object(&[
        ("rule", text()),
        ("level", level),
        ("file", text()),
        ("line", number()),
        ("column", number()),
        ("message", text()),
        ("help", text()),
        ("related", list(related)),
        ("witness", maybe(witness)),
        ("fix", maybe(fix)),
    ]);
    with(list(finding), json!({"outcome": outcome(false, &[])}))
}

pub(super) fn migrate() -> Value {
    let step = object(&[
        ("file", text()),
        ("line", number()),
        ("was", text()),
        ("done", words(&["changed", "removed", "left"])),
        ("lines", list(text())),
        ("why", maybe(text())),
    ]);
    let held = object(&[
        ("requests", number()),
        ("complete", truth()),
        ("stopped", maybe(words(&["budget", "time", "limit"]))),
    ]);
    list(object(&[("steps", list(step)), ("held", maybe(held)), ("files", list(text())), ("diff", text())]))
}

pub(super) fn directives() -> Value {
    list(object(&[
        ("name", text()),
        ("section", truth()),
        ("module", text()),
        ("context", list(text())),
        ("override", maybe(text())),
        ("effect", words(&["modelled", "inert", "blind"])),
        ("why", maybe(text())),
        ("about", maybe(text())),
        ("manual", maybe(text())),
        ("usage", maybe(text())),
    ]))
}

pub(super) fn phases() -> Value {
    map(list(text()))
}

pub(super) fn vhosts() -> Value {
    let name =
        object(&[("directive", text()), ("name", text()), ("place", maybe(text())), ("hidden_by", maybe(text()))]);
    let host = object(&[
        ("vhost", text()),
        ("place", maybe(text())),
        ("default", truth()),
        ("names", list(name)),
        ("document_root", maybe(text())),
        ("tls", truth()),
    ]);
    list(object(&[("address", text()), ("listen", maybe(truth())), ("hosts", list(host))]))
}

pub(super) fn why() -> Value {
    object(&[
        ("code", text()),
        ("module", text()),
        ("meaning", text()),
        ("cause", maybe(text())),
        ("places", json!({})),
    ])
}
