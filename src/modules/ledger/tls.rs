//! Certificates obtained and renewed by the server itself.

use super::checks::md;
use super::{handlers, handling, module, row};
use crate::server::module::Args::{Argv, Raw, Take1, Take2, Take12};
use crate::server::module::Effect::{Inert, Unmodelled};
use crate::server::module::allowed::{OR_AUTHCFG, RSRC_CONF};
use crate::server::module::{Directive, Module};
use crate::server::rule::ON_OFF;
use crate::server::rule::Rule::{Arg, By};
use crate::server::rule::Test::{Exactly, Int, OneOf};

// Where certificates come from changes no answer, what is done to plain requests does.
#[rustfmt::skip]
const MD: &[Directive] = &[
    row("MDCertificateAuthority", Argv, RSRC_CONF, Inert,
        "URL(s) or known name(s) of CA issuing the certificates")
        .must(&[By(md::anywhere), By(md::authorities)]),
    row("MDCertificateAgreement", Take1, RSRC_CONF, Inert,
        "either 'accepted' or the URL of CA Terms-of-Service agreement you accept")
        .must(&[By(md::anywhere)]),
    row("MDCAChallenges", Argv, RSRC_CONF, Inert, "A list of challenge types to be used.")
        .must(&[By(md::anywhere)]),
    row("MDCertificateProtocol", Take1, RSRC_CONF, Inert, "Protocol used to obtain/renew certificates")
        .must(&[By(md::anywhere)]),
    row("MDContactEmail", Take1, RSRC_CONF, Inert, "Email address used for account registration")
        .must(&[By(md::anywhere)]),
    row("MDDriveMode", Take1, RSRC_CONF, Inert, "deprecated, older name for MDRenewMode")
        .must(&[
            Arg(0, OneOf(&["auto", "automatic", "always", "manual", "stick"]), "unknown MDDriveMode {}"),
            By(md::anywhere),
        ]),
    row("MDRenewMode", Take1, RSRC_CONF, Inert,
        "Controls how renewal of Managed Domain certificates shall be handled.")
        .must(&[
            Arg(0, OneOf(&["auto", "automatic", "always", "manual", "stick"]), "unknown MDDriveMode {}"),
            By(md::anywhere),
        ]),
    row("MDomain", Argv, RSRC_CONF, Unmodelled("a managed domain answers challenges of certificate authorities itself"),
        "A group of server names with one certificate")
        .must(&[By(md::outside), By(md::names)]),
    row("<MDomainSet", Raw, RSRC_CONF,
        Unmodelled("a managed domain answers challenges of certificate authorities itself"),
        "Container for a managed domain with common settings and certificate.")
        .must(&[By(md::outside), By(md::section)]),
    row("<MDomain", Raw, RSRC_CONF, Unmodelled("a managed domain answers challenges of certificate authorities itself"),
        "Short form for <MDomainSet> container.")
        .must(&[By(md::outside), By(md::section)]),
    row("MDMember", Argv, RSRC_CONF, Inert,
        "Define domain name(s) part of the Managed Domain. Use 'auto' or 'manual' to enable/disable auto adding \
        names from virtual hosts.")
        .must(&[By(md::members)]),
    row("MDMembers", Argv, RSRC_CONF, Inert,
        "Define domain name(s) part of the Managed Domain. Use 'auto' or 'manual' to enable/disable auto adding \
        names from virtual hosts.")
        .must(&[By(md::members)]),
    row("MDMustStaple", Take1, RSRC_CONF, Inert, "Enable/Disable the Must-Staple flag for new certificates.")
        .must(&[By(md::anywhere), Arg(0, ON_OFF, "unknown '{}', supported parameter values are 'on' and 'off'")]),
    row("MDPortMap", Take12, RSRC_CONF, Inert,
        "Declare the mapped ports 80 and 443 on the local server. E.g. 80:8000 to indicate that the server port \
        8000 is reachable as port 80 from the internet. Use 80:- to indicate that port 80 is not reachable from \
        the outside.")
        .must(&[By(md::outside), By(md::port_map)]),
    row("MDPrivateKeys", Argv, RSRC_CONF, Inert, "set the type and parameters for private key generation")
        .must(&[By(md::anywhere), By(md::keys)]),
    row("MDHttpProxy", Take1, RSRC_CONF, Inert, "URL of a HTTP(S) proxy to use for outgoing connections")
        .must(&[By(md::outside), By(md::http_proxy)]),
    row("MDStoreDir", Take1, RSRC_CONF, Inert, "the directory for file system storage of managed domain data.")
        .must(&[By(md::outside)]),
    row("MDRenewWindow", Take1, RSRC_CONF, Inert,
        "Time length for renewal before certificate expires (defaults to days).")
        .must(&[By(md::anywhere), By(md::window)]),
    row("MDRequireHttps", Take1, OR_AUTHCFG | RSRC_CONF,
        Unmodelled("plain requests to a managed domain are redirected to https"),
        "Redirect non-secure requests to the https: equivalent.")
        .must(&[
            By(md::anywhere),
            Arg(0, OneOf(&["off", "temporary", "permanent"]), "unknown '{}', supported parameter values are 'temporary' and 'permanent'"),
        ]),
    row("MDNotifyCmd", Raw, RSRC_CONF, Inert,
        "Set the command to run when signup/renew of domain is complete.")
        .must(&[By(md::outside)]),
    row("MDBaseServer", Take1, RSRC_CONF, Inert, "Allow managing of base server outside virtual hosts.")
        .must(&[By(md::outside), Arg(0, ON_OFF, "unknown '{}', supported parameter values are 'on' and 'off'")]),
    row("MDChallengeDns01", Raw, RSRC_CONF, Inert, "Set the command for setup/teardown of dns-01 challenges")
        .must(&[By(md::anywhere)]),
    row("MDChallengeDns01Version", Take1, RSRC_CONF, Inert,
        "Set the type of arguments to call `MDChallengeDns01` with")
        .must(&[By(md::outside), Arg(0, Exactly(&["1", "2"]), "Only versions `1` and `2` are supported")]),
    row("MDCertificateFile", Take1, RSRC_CONF, Inert,
        "set the static certificate (chain) file to use for this domain.")
        .must(&[By(md::inside)]),
    row("MDCertificateKeyFile", Take1, RSRC_CONF, Inert,
        "set the static private key file to use for this domain.")
        .must(&[By(md::inside)]),
    row("MDServerStatus", Take1, RSRC_CONF, Inert, "On to see Managed Domains in server-status.")
        .must(&[By(md::anywhere), Arg(0, ON_OFF, "unknown '{}', supported parameter values are 'on' and 'off'")]),
    row("MDCertificateStatus", Take1, RSRC_CONF, Inert,
        "On to see Managed Domain expose /.httpd/certificate-status.")
        .must(&[By(md::anywhere), Arg(0, ON_OFF, "unknown '{}', supported parameter values are 'on' and 'off'")]),
    row("MDWarnWindow", Take1, RSRC_CONF, Inert,
        "When less time remains for a certificate, send our/log a warning (defaults to days)")
        .must(&[By(md::anywhere), By(md::window)]),
    row("MDMessageCmd", Raw, RSRC_CONF, Inert, "Set the command run when a message about a domain is issued.")
        .must(&[By(md::outside)]),
    row("MDStapling", Take1, RSRC_CONF, Inert, "Enable/Disable OCSP Stapling for this/all Managed Domain(s).")
        .must(&[By(md::anywhere), Arg(0, ON_OFF, "unknown '{}', supported parameter values are 'on' and 'off'")]),
    row("MDStapleOthers", Take1, RSRC_CONF, Inert,
        "Enable/Disable OCSP Stapling for certificates not in Managed Domains.")
        .must(&[By(md::anywhere), Arg(0, ON_OFF, "unknown '{}', supported parameter values are 'on' and 'off'")]),
    row("MDStaplingKeepResponse", Take1, RSRC_CONF, Inert,
        "The amount of time to keep an OCSP response in the store.")
        .must(&[By(md::anywhere), By(md::keep_response)]),
    row("MDStaplingRenewWindow", Take1, RSRC_CONF, Inert,
        "Time length for renewal before OCSP responses expire (defaults to days).")
        .must(&[By(md::anywhere), By(md::stapling_window)]),
    row("MDCertificateCheck", Take2, RSRC_CONF, Inert,
        "Set name and URL pattern for a certificate monitoring site.")
        .must(&[By(md::anywhere)]),
    row("MDActivationDelay", Take1, RSRC_CONF, Inert, "How long to delay activation of new certificates")
        .must(&[By(md::outside), By(md::activation_delay)]),
    row("MDCACertificateFile", Take1, RSRC_CONF, Inert, "Set the CA file to use for connections")
        .must(&[By(md::outside)]),
    row("MDHttpProxyCACertificateFile", Take1, RSRC_CONF, Inert,
        "Set the CA file to use for connections to the HTTP(S) proxy")
        .must(&[By(md::outside)]),
    row("MDExternalAccountBinding", Take12, RSRC_CONF, Inert,
        "Set the external account binding keyid and hmac values to use at CA")
        .must(&[By(md::anywhere), By(md::account_binding)]),
    row("MDRetryDelay", Take1, RSRC_CONF, Inert,
        "Time length for first retry, doubled on every consecutive error.")
        .must(&[By(md::outside), By(md::retry_delay)]),
    row("MDRetryFailover", Take1, RSRC_CONF, Inert,
        "The number of errors before a failover to another CA is triggered.")
        .must(&[By(md::outside), Arg(0, Int(1, i32::MAX), "invalid argument, must be a number > 0")]),
    row("MDStoreLocks", Take1, RSRC_CONF, Inert, "Configure locking of store for updates.")
        .must(&[By(md::outside), By(md::store_locks)]),
    row("MDMatchNames", Take1, RSRC_CONF, Inert, "Determines how DNS names are matched to vhosts.")
        .must(&[
            By(md::outside),
            Arg(0, OneOf(&["all", "servernames"]), "invalid argument, must be a 'all' or 'servernames'"),
        ]),
    row("MDInitialDelay", Take1, RSRC_CONF, Inert, "How long to delay the first certificate check.")
        .must(&[By(md::outside), By(md::initial_delay)]),
    row("MDCheckInterval", Take1, RSRC_CONF, Inert, "Time between certificate checks.")
        .must(&[By(md::outside), By(md::check_interval)]),
    row("MDProfile", Take1, RSRC_CONF, Inert, "The name of an CA profile to order certificates for.")
        .must(&[By(md::anywhere)]),
    row("MDProfileMandatory", Take1, RSRC_CONF, Inert, "Determines if a configured CA profile is mandatory.")
        .must(&[By(md::anywhere), Arg(0, ON_OFF, "unknown '{}', supported parameter values are 'on' and 'off'")]),
    row("MDRenewViaARI", Take1, RSRC_CONF, Inert, "Enable/Disable ACME ARI (RFC 9773) to trigger renewals.")
        .must(&[By(md::anywhere), Arg(0, ON_OFF, "unknown '{}', supported parameter values are 'on' and 'off'")]),
];

/// The modules of this group.
pub(super) static MODULES: &[Module] = &[handling(module("mod_md.c", "md_module", MD), handlers::MD)];
