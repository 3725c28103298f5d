//! Pending.
/// Settings.
#[derive(Clone, Debug, Default)]
pub struct Settings {}
impl crate::server::settings::Settings for Settings {}
