//! The rules, one a file.

mod access;
mod alias_behind_shorter_alias;
mod alias_hides_wsgi_script;
mod allow_empties_default_deny;
mod application_code_served;
mod backup_or_editor_copy_served;
mod daemon;
mod daemon_maximum_requests;
mod daemon_not_used;
mod daemon_oversized;
mod daemon_user_is_default;
mod database_or_dump_served;
mod default_deny_covers_section_only;
mod exposed;
mod grant_in_location;
mod group_at_root_location;
mod header_lost_on_errors;
mod limit_leaves_methods_open;
mod link_leaves_the_opened_tree;
mod location_overridden_by_later_location;
mod log_served;
mod look_alike_character;
mod mapping_not_granted;
mod name_virtual_host;
mod secret_file_served;
mod unequal_final_slashes;
mod upload_folder_served;
mod version_control_served;

use super::Rule;

/// All of them, by name.
pub(super) const ALL: &[&Rule] = &[
    &alias_behind_shorter_alias::RULE,
    &alias_hides_wsgi_script::RULE,
    &allow_empties_default_deny::RULE,
    &application_code_served::RULE,
    &backup_or_editor_copy_served::RULE,
    &daemon_maximum_requests::RULE,
    &daemon_not_used::RULE,
    &daemon_oversized::RULE,
    &daemon_user_is_default::RULE,
    &database_or_dump_served::RULE,
    &default_deny_covers_section_only::RULE,
    &grant_in_location::RULE,
    &group_at_root_location::RULE,
    &header_lost_on_errors::RULE,
    &limit_leaves_methods_open::RULE,
    &link_leaves_the_opened_tree::RULE,
    &location_overridden_by_later_location::RULE,
    &log_served::RULE,
    &look_alike_character::RULE,
    &mapping_not_granted::RULE,
    &name_virtual_host::RULE,
    &secret_file_served::RULE,
    &unequal_final_slashes::RULE,
    &upload_folder_served::RULE,
    &version_control_served::RULE,
];
