//! The parser: bison's loop over the tables, and what each rule makes of its parts
//! (`ap_expr_parse` and the `ap_expr_*_make` functions, server/util_expr_eval.c).

use super::ast::{Cond, CondId, Match, Tree, Word, WordId};
use super::function::{self, Known};
use super::grammar::{Action, RULES};
use super::lexer::{Jammed, Lexer};
use super::tables::{Step, TABLES};
use super::token::Terminal;
use super::variable::{self, Providers};
use super::{Flags, ParseError};
use crate::address::IpSubnet;
use crate::pattern::{self, Regex};
use bstr::{BString, ByteSlice};

/// How many symbols the parser can have open (`YYMAXDEPTH`).
const MAX_DEPTH: usize = 10_000;

/// The top of a parsed expression.
#[derive(Clone, Copy, Debug)]
pub(super) enum Root {
    /// A condition.
    Cond(CondId),
    /// A string.
    Word(WordId),
}

/// The value of a symbol.
enum Value {
    None,
    Text(BString),
    Cond(CondId),
    Word(WordId),
    Words(Vec<WordId>),
    Extensions(WordId),
    Regex(Regex),
    Root(Root),
}

/// Reads an expression.
///
/// # Errors
/// httpd's message, or that its scanner has no rule.
pub(super) fn parse(text: &[u8], flags: Flags, providers: Providers) -> Result<(Tree, Root), ParseError> {
    let text = &text[..text.find_byte(0).unwrap_or(text.len())];
    let mut builder = Builder { tree: Tree::default(), flags, providers, error: None };
    let end = run(&mut builder, &mut Lexer::new(text, flags.string_result)).map_err(|Jammed| ParseError::jammed())?;
    match (end, builder.error) {
        (Ok(root), None) => Ok((builder.tree, root)),
        (Ok(_) | Err(Stop::Abort), Some(second)) => Err(ParseError::new(second)),
        (Err(Stop::Abort), None) => Err(ParseError::new("syntax error".into())),
        (Err(Stop::Error(first)), None) => Err(ParseError::new(first)),
        (Err(Stop::Error(first)), Some(second)) => Err(ParseError::new(format!("{first}: {second}"))),
    }
}

/// Why the parser stops before the end.
enum Stop {
    /// A rule gives up, the reason is known already.
    Abort,
    /// With this message.
    Error(String),
}

fn run(builder: &mut Builder, lexer: &mut Lexer) -> Result<Result<Root, Stop>, Jammed> {
    let mut stack: Vec<(usize, Value)> = vec![(0, Value::None)];
    let mut token = None;
    loop {
        if stack.len() >= MAX_DEPTH {
            return Ok(Err(Stop::Error("memory exhausted".into())));
        }
        let Some(state) = stack.last().and_then(|(n, _)| TABLES.states.get(*n)) else {
            return Ok(Err(Stop::Abort));
        };
        if state.accepts {
            let root = stack.into_iter().find_map(|(_, value)| if let Value::Root(r) = value { Some(r) } else { None });
            return Ok(root.ok_or(Stop::Abort));
        }
        // a state with one thing to do asks for no token
        let step = if state.steps.is_empty() {
            None
        } else {
            let next = match token.take() {
                Some(token) => token,
                None => {
                    let next = lexer.next()?;
                    if next.kind == Terminal::Bad {
                        builder.error = Some(next.text.to_str_lossy().into_owned());
                    }
                    next
                }
            };
            let step = state.steps.get(&(next.kind as usize)).copied();
            if let Some(Step::Shift(target)) = step {
                stack.push((target, Value::Text(next.text)));
                continue;
            }
            if step.is_none() && state.default.is_none() {
                return Ok(Err(Stop::Error(TABLES.complaint(state, next.kind))));
            }
            token = Some(next);
            step
        };
        let rule = match step {
            Some(Step::Reduce(rule)) => rule,
            _ => state.default.unwrap_or_default(),
        };
        let Some((production, row)) = TABLES.productions.get(rule).zip(RULES.get(rule)) else {
            return Ok(Err(Stop::Abort));
        };
        let parts = stack.split_off(stack.len().saturating_sub(production.right.len()));
        let value = match builder.reduce(row.2, parts.into_iter().map(|(_, value)| value).collect()) {
            Ok(value) => value,
            Err(stop) => return Ok(Err(stop)),
        };
        let from = stack.last().and_then(|(n, _)| TABLES.states.get(*n));
        let Some(target) = from.and_then(|state| state.gotos.get(&production.left)) else {
            return Ok(Err(Stop::Abort));
        };
        stack.push((*target, value));
    }
}

/// What the rules make: a tree, and the last error that stops nothing yet (`error2`).
struct Builder {
    tree: Tree,
    flags: Flags,
    providers: Providers,
    error: Option<String>,
}

/// The values on a rule's right side, each taken once.
struct Parts(Vec<Value>);

impl Parts {
    fn value(&mut self, n: usize) -> Value {
        self.0.get_mut(n).map_or(Value::None, |v| std::mem::replace(v, Value::None))
    }

    fn text(&mut self, n: usize) -> Result<BString, Stop> {
        if let Value::Text(text) = self.value(n) { Ok(text) } else { Err(Stop::Abort) }
    }

    fn cond(&mut self, n: usize) -> Result<CondId, Stop> {
        if let Value::Cond(cond) = self.value(n) { Ok(cond) } else { Err(Stop::Abort) }
    }

    fn word(&mut self, n: usize) -> Result<WordId, Stop> {
        if let Value::Word(word) = self.value(n) { Ok(word) } else { Err(Stop::Abort) }
    }
}

impl Builder {
    fn reduce(&mut self, action: Action, parts: Vec<Value>) -> Result<Value, Stop> {
        let mut parts = Parts(parts);
        let cond = match action {
            Action::First => return Ok(parts.value(0)),
            Action::Second => return Ok(parts.value(1)),
            Action::Abort => return Err(Stop::Abort),
            Action::Root => {
                return match parts.value(1) {
                    Value::Cond(cond) => Ok(Value::Root(Root::Cond(cond))),
                    Value::Word(word) => Ok(Value::Root(Root::Word(word))),
                    _ => Err(Stop::Abort),
                };
            }
            Action::Constant(value) => Cond::Constant(value),
            Action::Not => Cond::Not(parts.cond(1)?),
            Action::Or => Cond::Or(parts.cond(0)?, parts.cond(2)?),
            Action::And => Cond::And(parts.cond(0)?, parts.cond(2)?),
            Action::Unary => self.unary(&parts.text(0)?, parts.word(1)?),
            Action::Binary => self.binary(&parts.text(1)?, parts.word(0)?, parts.word(2)?),
            Action::Compare(kind, order) => Cond::Compare(kind, order, parts.word(0)?, parts.word(2)?),
            Action::In => match (parts.word(0)?, parts.value(2)) {
                (word, Value::Words(list)) => Cond::InWords(word, list),
                (word, Value::Extensions(oid)) => Cond::InPeerExtensions(word, oid),
                _ => return Err(Stop::Abort),
            },
            Action::Match(kind) => match (parts.word(0)?, parts.value(2)) {
                (word, Value::Regex(regex)) => Cond::Match(kind, word, regex),
                _ => return Err(Stop::Abort),
            },
            _ => return self.reduce_part(action, parts),
        };
        Ok(Value::Cond(self.tree.cond(cond)))
    }

    /// The rules that make no condition.
    fn reduce_part(&mut self, action: Action, mut parts: Parts) -> Result<Value, Stop> {
        let word = match action {
            Action::List => return Ok(Value::Words(vec![parts.word(0)?])),
            Action::ListMore => {
                let Value::Words(mut list) = parts.value(0) else {
                    return Err(Stop::Abort);
                };
                list.push(parts.word(2)?);
                return Ok(Value::Words(list));
            }
            Action::CallList => {
                let (name, arg) = (parts.text(0)?, parts.word(2)?);
                if !(self.providers.ssl && name == "PeerExtList") {
                    self.missing("List-returning function '", &name);
                }
                return Ok(Value::Extensions(arg));
            }
            Action::Regex(icase) => return self.regex(&parts.text(0)?, icase),
            Action::Concat(n) => Word::Concat(parts.word(0)?, parts.word(n)?),
            Action::Literal => Word::Literal(parts.text(0)?),
            Action::Digit => Word::Digit(parts.text(0)?),
            Action::Empty => Word::Literal(BString::default()),
            Action::Backref => {
                let text = parts.text(0)?;
                Word::Backref(text.first().map_or(0, |c| usize::from(c.wrapping_sub(b'0'))))
            }
            Action::Variable => {
                let name = parts.text(1)?;
                variable::lookup(&name, self.providers).unwrap_or_else(|| {
                    self.missing("Variable '", &name);
                    Word::HealthCheck
                })
            }
            Action::Call(name, arg) => {
                let (name, arg) = (parts.text(name)?, parts.word(arg)?);
                match self.known(function::function(&name, self.providers), "", "Function '", &name) {
                    Some(function) => Word::Call(function, arg),
                    None => Word::HealthCheck,
                }
            }
            _ => return Err(Stop::Abort),
        };
        Ok(Value::Word(self.tree.word(word)))
    }

    fn missing(&mut self, what: &str, name: &[u8]) {
        self.error = Some(format!("{what}{}' does not exist", name.as_bstr()));
    }

    /// What a name means, if there is such a name and it may be used here (`core_expr_lookup`).
    fn known<T: Copy>(&mut self, found: Option<&Known<T>>, dash: &str, what: &str, name: &[u8]) -> Option<T> {
        match found {
            None => {
                self.missing(what, name);
                None
            }
            Some(Known(_, name, barred)) if barred.applies(self.flags) => {
                self.error = Some(format!("{dash}{name} not available in restricted context"));
                None
            }
            Some(Known(found, ..)) => Some(*found),
        }
    }

    fn unary(&mut self, name: &[u8], arg: WordId) -> Cond {
        match self.known(function::unary(name), "-", "Unary operator '-", name) {
            Some(Some(op)) => Cond::Unary(op, arg),
            Some(None) => self.subnet(name, arg).map_or(Cond::Constant(false), Cond::ClientIn),
            None => Cond::Constant(false),
        }
    }

    fn binary(&mut self, name: &[u8], left: WordId, right: WordId) -> Cond {
        match self.known(function::binary(name), "-", "Binary operator '-", name) {
            Some(Some(op)) => Cond::Binary(op, left, right),
            Some(None) => {
                self.subnet(name, right).map_or(Cond::Constant(false), |subnet| Cond::AddressIn(left, subnet))
            }
            None => Cond::Constant(false),
        }
    }

    /// A subnet must be there as a literal (`subnet_parse_arg`).
    fn subnet(&mut self, name: &[u8], arg: WordId) -> Option<IpSubnet> {
        let Some(text) = self.tree.literal(arg) else {
            self.error = Some(format!("-{} requires subnet/netmask as constant argument", name.as_bstr()));
            return None;
        };
        let subnet = IpSubnet::read(text);
        if subnet.is_err() {
            self.error = Some("parsing of subnet/netmask failed".into());
        }
        subnet.ok()
    }

    fn regex(&mut self, pattern: &[u8], icase: bool) -> Result<Value, Stop> {
        match Regex::new(pattern, pattern::Flags { icase, ..Default::default() }.with(self.flags.regex)) {
            Ok(regex) => Ok(Value::Regex(regex)),
            Err(_) => Err(Stop::Error("Failed to compile regular expression".into())),
        }
    }
}

impl Match {
    /// The condition's truth from the match's.
    pub(super) fn holds(self, matched: bool) -> bool {
        matched == (self == Match::Matches)
    }
}
