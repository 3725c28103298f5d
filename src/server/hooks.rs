//! The order of hooks within a phase: apr_hook_sort_all (apr-util, hooks/apr_hooks.c).

use crate::server::module::{Hook, HookFn, Module, Phase};

/// A hook in its place.
#[derive(Clone, Copy)]
pub(crate) struct Placed {
    /// The module's source file.
    pub module: &'static str,
    /// What it does.
    pub run: Option<HookFn>,
}

/// Every phase's hooks, in the order in which they run.
#[derive(Clone, Default)]
pub(crate) struct Hooks {
    by_phase: [Vec<Placed>; Phase::COUNT],
    runs: [Vec<HookFn>; Phase::COUNT],
}

impl Hooks {
    /// Sorts the hooks of `modules`, given in load order.
    pub(crate) fn new(modules: &[&'static Module]) -> Hooks {
        let mut hooks = Hooks::default();
        for phase in Phase::HOOKED {
            let rows: Vec<(&'static str, &'static Hook)> = modules
                .iter()
                .flat_map(|m| m.hooks.iter().map(move |h| (m.name, h)))
                .filter(|(_, h)| h.phase == phase)
                .collect();
            let sorted = sort(rows);
            hooks.runs[phase as usize] = sorted.iter().filter_map(|h| h.run).collect();
            hooks.by_phase[phase as usize] = sorted;
        }
        hooks
    }

    /// The hooks of a phase, in order.
    pub(crate) fn of(&self, phase: Phase) -> &[Placed] {
        &self.by_phase[phase as usize]
    }

    /// What they do, in order.
    pub(crate) fn runs(&self, phase: Phase) -> &[HookFn] {
        &self.runs[phase as usize]
    }
}

/// First by order (stable), then topologically.
fn sort(mut rows: Vec<(&'static str, &'static Hook)>) -> Vec<Placed> {
    rows.sort_by_key(|(_, h)| h.order);
    let n = rows.len();
    let mut before: Vec<Vec<usize>> = vec![Vec::new(); n];
    // a name stands for the first hook of that module only
    let first = |name: &str| rows.iter().position(|(module, _)| *module == name);
    for (i, (_, hook)) in rows.iter().enumerate() {
        before[i].extend(hook.after.iter().filter_map(|name| first(name)).filter(|j| *j != i));
        for j in hook.before.iter().filter_map(|name| first(name)).filter(|j| *j != i) {
            before[j].push(i);
        }
    }
    // as apr's tsort: the first hook left, or the one that it waits for, and so on
    let mut done = vec![false; n];
    let mut sorted = Vec::with_capacity(n);
    while let Some(mut i) = done.iter().position(|d| !d) {
        let mut steps = 0;
        while let Some(&j) = before[i].iter().find(|&&j| !done[j]) {
            i = j;
            steps += 1;
            if steps > n {
                break; // a cycle can't stand in httpd's own rows
            }
        }
        done[i] = true;
        sorted.push(Placed { module: rows[i].0, run: rows[i].1.run });
    }
    sorted
}
