//! The rules, one a file.

mod access;
mod access_by_what_the_client_says;
mod access_rule_in_server_context;
mod alias_behind_shorter_alias;
mod alias_hides_wsgi_script;
mod aliasmatch_without_capture;
mod allow_empties_default_deny;
mod application_code_served;
mod backup_or_editor_copy_served;
mod both_access_systems;
mod daemon;
mod daemon_maximum_requests;
mod daemon_not_used;
mod daemon_oversized;
mod daemon_user_is_default;
mod database_or_dump_served;
mod default_deny_covers_section_only;
mod denial_by_case;
mod denial_decoded_again;
mod denial_not_asked_in_lookups;
mod denial_on_the_raw_request_line;
mod denial_without_path_info;
mod denials;
mod error_document_denied;
mod exposed;
mod file_mode_denies;
mod files_section_for_a_folder_name;
mod grant_in_location;
mod group_at_root_location;
mod header_lost_on_errors;
mod if_opens_what_location_denies;
mod limit_leaves_methods_open;
mod limit_not_asked_in_lookups;
mod link_leaves_the_opened_tree;
mod location_overridden_by_later_location;
mod log_served;
mod look_alike_character;
mod mapping_not_granted;
mod name_virtual_host;
mod nested_files_beats_deeper_directory;
mod no_default_deny;
mod options_signs_mixed;
mod pattern_counts_slashes;
mod private_address_from_trusted_proxy;
mod private_listing;
mod remoteip_trusts_everybody;
mod require_lines_are_an_or;
mod require_not_alone;
mod satisfy_any_without_rules;
mod script_source_served;
mod secret_file_served;
mod setenv_too_late_for_access;
mod setenvif_url_is_not_decoded;
mod subsection_reopens;
mod trace_ignores_access;
mod unequal_final_slashes;
mod upload_folder_runs_programs;
mod upload_folder_served;
mod url_denial_has_another_url;
mod version_control_served;

use super::Rule;

/// All of them, by name.
pub(super) const ALL: &[&Rule] = &[
    &access_by_what_the_client_says::RULE,
    &access_rule_in_server_context::RULE,
    &alias_behind_shorter_alias::RULE,
    &alias_hides_wsgi_script::RULE,
    &aliasmatch_without_capture::RULE,
    &allow_empties_default_deny::RULE,
    &application_code_served::RULE,
    &backup_or_editor_copy_served::RULE,
    &both_access_systems::RULE,
    &daemon_maximum_requests::RULE,
    &daemon_not_used::RULE,
    &daemon_oversized::RULE,
    &daemon_user_is_default::RULE,
    &database_or_dump_served::RULE,
    &default_deny_covers_section_only::RULE,
    &denial_by_case::RULE,
    &denial_decoded_again::RULE,
    &denial_not_asked_in_lookups::RULE,
    &denial_on_the_raw_request_line::RULE,
    &denial_without_path_info::RULE,
    &error_document_denied::RULE,
    &file_mode_denies::RULE,
    &files_section_for_a_folder_name::RULE,
    &grant_in_location::RULE,
    &group_at_root_location::RULE,
    &header_lost_on_errors::RULE,
    &if_opens_what_location_denies::RULE,
    &limit_leaves_methods_open::RULE,
    &limit_not_asked_in_lookups::RULE,
    &link_leaves_the_opened_tree::RULE,
    &location_overridden_by_later_location::RULE,
    &log_served::RULE,
    &look_alike_character::RULE,
    &mapping_not_granted::RULE,
    &name_virtual_host::RULE,
    &nested_files_beats_deeper_directory::RULE,
    &no_default_deny::RULE,
    &options_signs_mixed::RULE,
    &pattern_counts_slashes::RULE,
    &private_address_from_trusted_proxy::RULE,
    &private_listing::RULE,
    &remoteip_trusts_everybody::RULE,
    &require_lines_are_an_or::RULE,
    &require_not_alone::RULE,
    &satisfy_any_without_rules::RULE,
    &script_source_served::RULE,
    &secret_file_served::RULE,
    &setenv_too_late_for_access::RULE,
    &setenvif_url_is_not_decoded::RULE,
    &subsection_reopens::RULE,
    &trace_ignores_access::RULE,
    &unequal_final_slashes::RULE,
    &upload_folder_runs_programs::RULE,
    &upload_folder_served::RULE,
    &url_denial_has_another_url::RULE,
    &version_control_served::RULE,
];
