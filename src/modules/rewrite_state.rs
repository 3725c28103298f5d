//! What mod_rewrite keeps for a request.
/// Its state.
#[derive(Clone, Debug, Default)]
pub struct State {}
