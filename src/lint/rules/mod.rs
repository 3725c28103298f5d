//! The rules, one a file.

mod access;
mod access_by_what_the_client_says;
mod access_rule_in_server_context;
mod address_vhost_hides_named;
mod alias_behind_shorter_alias;
mod alias_hides_document_folder;
mod alias_hides_wsgi_script;
mod alias_lets_dots_through;
mod aliasmatch_without_capture;
mod allow_empties_default_deny;
mod anchor_for_first_branch;
mod application_code_served;
mod authorization_not_passed;
mod back_end_mounted_twice;
mod backup_or_editor_copy_served;
mod both_access_systems;
mod child_rules_replace_parents;
mod daemon;
mod daemon_declared_later;
mod daemon_maximum_requests;
mod daemon_not_used;
mod daemon_of_another_host;
mod daemon_oversized;
mod daemon_twice;
mod daemon_unknown;
mod daemon_user_is_default;
mod database_or_dump_served;
mod default_deny_covers_section_only;
mod default_host_is_a_site;
mod denial_by_case;
mod denial_decoded_again;
mod denial_not_asked_in_lookups;
mod denial_on_the_raw_request_line;
mod denial_without_path_info;
mod denials;
mod directory_names_a_file;
mod elsewhere;
mod error_document_denied;
mod error_document_is_a_file_path;
mod error_document_redirects;
mod exposed;
mod fallback_does_not_cover_handler;
mod fallback_is_relative;
mod file_mode_denies;
mod filename_test_too_early;
mod files_section_at_any_depth;
mod files_section_for_a_folder_name;
mod folder_rules_skip_proxy;
mod grant_in_location;
mod group_at_root_location;
mod guards;
mod handler_by_any_suffix;
mod handler_by_one_case;
mod handler_does_not_undo_mount;
mod handler_location_lost_to_rewrite;
mod handler_without_execcgi;
mod handlers;
mod header_lost_on_errors;
mod hosts;
mod htaccess_directive_not_allowed;
mod htaccess_errors;
mod htaccess_needs_missing_module;
mod htaccess_not_read;
mod https_redirect_loop;
mod if_opens_what_location_denies;
mod index_names_no_file;
mod kept_back;
mod limit_beside_a_grant;
mod limit_leaves_methods_open;
mod limit_not_asked_in_lookups;
mod link_leaves_the_opened_tree;
mod location_overridden_by_later_location;
mod log_served;
mod look_alike_character;
mod mapping_behind_proxy;
mod mapping_not_granted;
mod multiviews_before_front_controller;
mod name_virtual_host;
mod name_with_leading_dot;
mod nested_files_beats_deeper_directory;
mod no_default_deny;
mod nonfatal_drops_denial;
mod not_inherited_by_virtual_hosts;
mod options_list_wipes_inherited;
mod options_signs_mixed;
mod overrides;
mod password_in_clear_text;
mod pattern_counts_slashes;
mod php_switched_off_in_vain;
mod port_443_without_tls;
mod port_copies_differ;
mod private_address_from_trusted_proxy;
mod private_listing;
mod program_without_handler;
mod proxy_sends_decoded_path;
mod proxypass_behind_shorter;
mod proxypass_exclusion_at_another_level;
mod proxypass_in_pattern_section;
mod proxypass_unequal_slashes;
mod proxypass_without_reverse;
mod query_in_path_pattern;
mod redirect_after_rewrite_in_folder;
mod redirect_escapes_twice;
mod redirect_pattern_without_slash;
mod redirect_sends_decoded_path;
mod redirect_takes_all_below;
mod redirect_target_slash;
mod redirect_without_last;
mod relative_redirect_shows_disk_path;
mod remoteip_trusts_everybody;
mod request_uri_without_slash;
mod require_lines_are_an_or;
mod require_not_alone;
mod rewrite_in_location;
mod rewrite_loop;
mod rewrite_pattern_slash;
mod rewrite_without_pass_through;
mod root_inside_another_root;
mod same_name_twice;
mod same_root_fewer_rules;
mod satisfy_any_without_rules;
mod script_alias_over_data;
mod script_match_loses_script_name;
mod script_name_in_links;
mod script_source_served;
mod secret_file_served;
mod section_misspelt;
mod section_of_missing_module;
mod setenv_too_late_for_access;
mod setenvif_url_is_not_decoded;
mod shadowed;
mod slash_redirect_names_wrong_host;
mod static_through_the_application;
mod subsection_reopens;
mod suffix_handler_takes_script;
mod suffix_of_two_parts;
mod target_taken_as_file_path;
mod trace_ignores_access;
mod type_does_not_stop_php;
mod unequal_final_slashes;
mod unescaped_back_reference;
mod upload_folder_runs_programs;
mod upload_folder_served;
mod url_denial_has_another_url;
mod useless_allow_override;
mod userdir_behind_root_mount;
mod userdir_serves_the_site;
mod version_control_served;
mod vhost_address_is_a_name;
mod virtual_root_for_any_name;
mod wildcard_takes_later_name;
mod word_pattern_matches_anywhere;
mod wsgi_script_behind_shorter;
mod www_name_missing;

use super::Rule;

/// All of them, by name.
pub(super) const ALL: &[&Rule] = &[
    &access_by_what_the_client_says::RULE,
    &access_rule_in_server_context::RULE,
    &address_vhost_hides_named::RULE,
    &alias_behind_shorter_alias::RULE,
    &alias_hides_document_folder::RULE,
    &alias_hides_wsgi_script::RULE,
    &alias_lets_dots_through::RULE,
    &aliasmatch_without_capture::RULE,
    &allow_empties_default_deny::RULE,
    &anchor_for_first_branch::RULE,
    &application_code_served::RULE,
    &authorization_not_passed::RULE,
    &back_end_mounted_twice::RULE,
    &backup_or_editor_copy_served::RULE,
    &both_access_systems::RULE,
    &child_rules_replace_parents::RULE,
    &daemon_declared_later::RULE,
    &daemon_maximum_requests::RULE,
    &daemon_not_used::RULE,
    &daemon_of_another_host::RULE,
    &daemon_oversized::RULE,
    &daemon_twice::RULE,
    &daemon_unknown::RULE,
    &daemon_user_is_default::RULE,
    &database_or_dump_served::RULE,
    &default_deny_covers_section_only::RULE,
    &default_host_is_a_site::RULE,
    &denial_by_case::RULE,
    &denial_decoded_again::RULE,
    &denial_not_asked_in_lookups::RULE,
    &denial_on_the_raw_request_line::RULE,
    &denial_without_path_info::RULE,
    &directory_names_a_file::RULE,
    &error_document_denied::RULE,
    &error_document_is_a_file_path::RULE,
    &error_document_redirects::RULE,
    &fallback_does_not_cover_handler::RULE,
    &fallback_is_relative::RULE,
    &file_mode_denies::RULE,
    &filename_test_too_early::RULE,
    &files_section_at_any_depth::RULE,
    &files_section_for_a_folder_name::RULE,
    &folder_rules_skip_proxy::RULE,
    &grant_in_location::RULE,
    &group_at_root_location::RULE,
    &handler_by_any_suffix::RULE,
    &handler_by_one_case::RULE,
    &handler_does_not_undo_mount::RULE,
    &handler_location_lost_to_rewrite::RULE,
    &handler_without_execcgi::RULE,
    &header_lost_on_errors::RULE,
    &htaccess_directive_not_allowed::RULE,
    &htaccess_needs_missing_module::RULE,
    &htaccess_not_read::RULE,
    &https_redirect_loop::RULE,
    &if_opens_what_location_denies::RULE,
    &index_names_no_file::RULE,
    &limit_beside_a_grant::RULE,
    &limit_leaves_methods_open::RULE,
    &limit_not_asked_in_lookups::RULE,
    &link_leaves_the_opened_tree::RULE,
    &location_overridden_by_later_location::RULE,
    &log_served::RULE,
    &look_alike_character::RULE,
    &mapping_behind_proxy::RULE,
    &mapping_not_granted::RULE,
    &multiviews_before_front_controller::RULE,
    &name_virtual_host::RULE,
    &name_with_leading_dot::RULE,
    &nested_files_beats_deeper_directory::RULE,
    &no_default_deny::RULE,
    &nonfatal_drops_denial::RULE,
    &not_inherited_by_virtual_hosts::RULE,
    &options_list_wipes_inherited::RULE,
    &options_signs_mixed::RULE,
    &password_in_clear_text::RULE,
    &pattern_counts_slashes::RULE,
    &php_switched_off_in_vain::RULE,
    &port_443_without_tls::RULE,
    &port_copies_differ::RULE,
    &private_address_from_trusted_proxy::RULE,
    &private_listing::RULE,
    &program_without_handler::RULE,
    &proxy_sends_decoded_path::RULE,
    &proxypass_behind_shorter::RULE,
    &proxypass_exclusion_at_another_level::RULE,
    &proxypass_in_pattern_section::RULE,
    &proxypass_unequal_slashes::RULE,
    &proxypass_without_reverse::RULE,
    &query_in_path_pattern::RULE,
    &redirect_after_rewrite_in_folder::RULE,
    &redirect_escapes_twice::RULE,
    &redirect_pattern_without_slash::RULE,
    &redirect_sends_decoded_path::RULE,
    &redirect_takes_all_below::RULE,
    &redirect_target_slash::RULE,
    &redirect_without_last::RULE,
    &relative_redirect_shows_disk_path::RULE,
    &remoteip_trusts_everybody::RULE,
    &request_uri_without_slash::RULE,
    &require_lines_are_an_or::RULE,
    &require_not_alone::RULE,
    &rewrite_in_location::RULE,
    &rewrite_loop::RULE,
    &rewrite_pattern_slash::RULE,
    &rewrite_without_pass_through::RULE,
    &root_inside_another_root::RULE,
    &same_name_twice::RULE,
    &same_root_fewer_rules::RULE,
    &satisfy_any_without_rules::RULE,
    &script_alias_over_data::RULE,
    &script_match_loses_script_name::RULE,
    &script_name_in_links::RULE,
    &script_source_served::RULE,
    &secret_file_served::RULE,
    &section_misspelt::RULE,
    &section_of_missing_module::RULE,
    &setenv_too_late_for_access::RULE,
    &setenvif_url_is_not_decoded::RULE,
    &slash_redirect_names_wrong_host::RULE,
    &static_through_the_application::RULE,
    &subsection_reopens::RULE,
    &suffix_handler_takes_script::RULE,
    &suffix_of_two_parts::RULE,
    &target_taken_as_file_path::RULE,
    &trace_ignores_access::RULE,
    &type_does_not_stop_php::RULE,
    &unequal_final_slashes::RULE,
    &unescaped_back_reference::RULE,
    &upload_folder_runs_programs::RULE,
    &upload_folder_served::RULE,
    &url_denial_has_another_url::RULE,
    &useless_allow_override::RULE,
    &userdir_behind_root_mount::RULE,
    &userdir_serves_the_site::RULE,
    &version_control_served::RULE,
    &vhost_address_is_a_name::RULE,
    &virtual_root_for_any_name::RULE,
    &wildcard_takes_later_name::RULE,
    &word_pattern_matches_anywhere::RULE,
    &wsgi_script_behind_shorter::RULE,
    &www_name_missing::RULE,
];
