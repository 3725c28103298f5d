//! mod_macro.c and mod_version.c: their directives are carried out while the configuration is read (the `conf` module).

use crate::server::module::Effect::Modelled;
use crate::server::module::allowed::{EXEC_ON_READ, OR_ALL};
use crate::server::module::{Args, Directive, Module, plain};

const WHERE: u32 = OR_ALL | EXEC_ON_READ;

/// mod_macro.c.
pub(crate) static MACRO: Module = Module {
    name: "mod_macro.c",
    identifier: "macro_module",
    directives: MACRO_DIRECTIVES,
    hooks: &[],
    ..Module::NONE
};

/// mod_version.c.
pub(crate) static VERSION: Module = Module {
    name: "mod_version.c",
    identifier: "version_module",
    directives: VERSION_DIRECTIVES,
    hooks: &[],
    ..Module::NONE
};

#[rustfmt::skip]
static MACRO_DIRECTIVES: &[Directive] = &[
    plain("<Macro", Args::Raw, WHERE, Modelled, "Beginning of a macro definition section."),
    plain("Use", Args::Raw, WHERE, Modelled, "Use of a macro."),
    plain("UndefMacro", Args::Take1, WHERE, Modelled, "Remove a macro definition."),
    plain("MacroIgnoreEmptyArgs", Args::Raw, WHERE, Modelled, "Globally ignore warnings about empty arguments."),
    plain("MacroIgnoreBadNesting", Args::Raw, WHERE, Modelled, "Globally ignore warnings about bad nesting."),
];

#[rustfmt::skip]
static VERSION_DIRECTIVES: &[Directive] = &[
    plain("<IfVersion", Args::Take123, WHERE, Modelled, "a comparison operator, a version (and a delimiter)"),
];
