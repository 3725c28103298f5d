//! The rules, one a file.

mod alias_hides_wsgi_script;
mod application_code_served;
mod backup_or_editor_copy_served;
mod database_or_dump_served;
mod exposed;
mod log_served;
mod secret_file_served;
mod upload_folder_served;
mod version_control_served;

use super::Rule;

/// All of them, by name.
pub(super) const ALL: &[&Rule] = &[
    &alias_hides_wsgi_script::RULE,
    &application_code_served::RULE,
    &backup_or_editor_copy_served::RULE,
    &database_or_dump_served::RULE,
    &log_served::RULE,
    &secret_file_served::RULE,
    &upload_folder_served::RULE,
    &version_control_served::RULE,
];
