//! mod_actions.c: a handler, a content type or a method is served by a script.

use crate::server::cmd::Cmd;
use crate::server::module::Effect::Modelled;
use crate::server::module::allowed::*;
use crate::server::module::{Args, Directive, Hook, Module, Phase, Verdict, hook, order, row};
use crate::server::redirect::internal_redirect_handler;
use crate::server::request::Request;
use crate::server::setting::Set;
use crate::server::settings::Settings;
use crate::server::{method, uri};
use bstr::{BString, ByteSlice};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The module.
pub(crate) static MODULE: Module = Module {
    name: "mod_actions.c",
    identifier: "actions_module",
    directives: DIRECTIVES,
    hooks: HOOKS,
    ..Module::NONE
};

static HOOKS: &[Hook] = &[hook(Phase::Handler, order::LAST, handler)];

static DIRECTIVES: &[Directive] = &[
    row("Action", Args::Take23, OR_FILEINFO, Modelled, "a media type followed by a script name", add_action),
    row("Script", Args::Take2, ACCESS_CONF | RSRC_CONF, Modelled, "a method followed by a script name", set_script),
];

/// What an Action leads to.
#[derive(Clone, Debug, PartialEq)]
struct Target {
    script: BString,
    /// The file need not be there.
    is_virtual: bool,
}

/// Settings per directory: `action_dir_config`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Dir {
    /// Action, by handler or content type in lower case.
    actions: Arc<BTreeMap<BString, Set<Target>>>,
    /// Script, by method.
    scripts: Arc<BTreeMap<u32, Set<BString>>>,
}

impl Settings for Dir {
    /// `merge_action_dir_configs`
    fn merge(base: &Dir, add: &Dir) -> Dir {
        Dir { actions: overlay(&base.actions, &add.actions), scripts: overlay(&base.scripts, &add.scripts) }
    }
}

type Map<K, V> = Arc<BTreeMap<K, Set<V>>>;

fn overlay<K: Clone + Ord, V: Clone>(base: &Map<K, V>, add: &Map<K, V>) -> Map<K, V> {
    if add.is_empty() {
        return base.clone();
    }
    let mut both = (**base).clone();
    for (key, set) in add.iter() {
        let beneath = both.remove(key);
        if let Some(merged) = Set::merge(&beneath, &Some(set.clone())) {
            both.insert(key.clone(), merged);
        }
    }
    Arc::new(both)
}

fn put<K: Ord, V: Clone>(map: &mut BTreeMap<K, Set<V>>, key: K, value: V, span: crate::source::Span) {
    let mut slot = map.remove(&key);
    Set::put(&mut slot, value, span);
    if let Some(set) = slot {
        map.insert(key, set);
    }
}

fn add_action(cmd: &mut Cmd<'_>, a: &[BString]) -> Result<(), String> {
    if let Some(option) = a.get(2).filter(|o| !o.eq_ignore_ascii_case(b"virtual")) {
        return Err(format!("unrecognized option '{option}'"));
    }
    let span = cmd.span();
    let target = Target { script: a[1].clone(), is_virtual: a.len() == 3 };
    let actions = Arc::make_mut(&mut cmd.slot(|d| &mut d.actions).actions);
    put(actions, a[0].to_ascii_lowercase().into(), target, span);
    Ok(())
}

fn set_script(cmd: &mut Cmd<'_>, a: &[BString]) -> Result<(), String> {
    let number = cmd.method_number(&a[0]).map_err(|_| format!("Could not register method '{}' for Script", a[0]))?;
    if number == method::TRACE {
        return Err("TRACE not allowed for Script".into());
    }
    let span = cmd.span();
    put(Arc::make_mut(&mut cmd.slot(|d| &mut d.actions).scripts), number, a[1].clone(), span);
    Ok(())
}

/// `action_handler`: it serves any handler, so it comes last.
fn handler(r: &mut Request<'_>) -> Verdict {
    let Some(dir) = r.per_dir.actions.as_deref() else { return Verdict::Declined };
    for number in dir.scripts.keys() {
        r.allowed |= method::bit(*number);
    }
    let mut chosen = dir.scripts.get(&r.method_number);
    if r.method_number == method::GET && r.args.is_none() {
        chosen = None;
    }
    if chosen.is_some() && r.prev.as_ref().is_some_and(|p| p.prev.is_some()) {
        return Verdict::Declined;
    }
    let mut script = chosen.map(|s| (s.value.clone(), s.span));
    let action = r.handler.clone().unwrap_or_default();
    if let Some(set) = dir.actions.get(&BString::from(action.to_ascii_lowercase())) {
        r.served_by = Some(action.clone());
        if !set.value.is_virtual && r.finfo.is_none() {
            let file = r.filename_str();
            r.error("AH00652", format!("File does not exist: {file}"));
            return Verdict::Status(404);
        }
        r.env.set("HANDLER", action.into_owned());
        if set.value.is_virtual {
            r.notes.set("virtual_script", "1");
        }
        script = Some((set.value.script.clone(), set.span));
    }
    let Some((mut target, span)) = script else { return Verdict::Declined };
    r.decide(Phase::Handler, span);
    target.extend_from_slice(&uri::escape_path(&r.uri, true));
    if let Some(args) = &r.args {
        target.push(b'?');
        target.extend_from_slice(args.as_bytes());
    }
    internal_redirect_handler(r, &target);
    Verdict::Ok
}
