//! Certificates obtained and renewed by the server itself.

use super::{module, row};
use crate::module::Args::{Argv, Raw, Take1, Take2, Take12};
use crate::module::Effect::{Blind, Inert};
use crate::module::allowed::{OR_AUTHCFG, RSRC_CONF};
use crate::module::{Directive, Module};

// Where certificates come from changes no answer, what is done to plain requests does.
#[rustfmt::skip]
const MD: &[Directive] = &[
    row("MDCertificateAuthority", Argv, RSRC_CONF, Inert,
        "URL(s) or known name(s) of CA issuing the certificates"),
    row("MDCertificateAgreement", Take1, RSRC_CONF, Inert,
        "either 'accepted' or the URL of CA Terms-of-Service agreement you accept"),
    row("MDCAChallenges", Argv, RSRC_CONF, Inert, "A list of challenge types to be used."),
    row("MDCertificateProtocol", Take1, RSRC_CONF, Inert, "Protocol used to obtain/renew certificates"),
    row("MDContactEmail", Take1, RSRC_CONF, Inert, "Email address used for account registration"),
    row("MDDriveMode", Take1, RSRC_CONF, Inert, "deprecated, older name for MDRenewMode"),
    row("MDRenewMode", Take1, RSRC_CONF, Inert,
        "Controls how renewal of Managed Domain certificates shall be handled."),
    row("MDomain", Argv, RSRC_CONF, Blind("a managed domain answers challenges of certificate authorities itself"),
        "A group of server names with one certificate"),
    row("<MDomainSet", Raw, RSRC_CONF,
        Blind("a managed domain answers challenges of certificate authorities itself"),
        "Container for a managed domain with common settings and certificate."),
    row("<MDomain", Raw, RSRC_CONF, Blind("a managed domain answers challenges of certificate authorities itself"),
        "Short form for <MDomainSet> container."),
    row("MDMember", Argv, RSRC_CONF, Inert,
        "Define domain name(s) part of the Managed Domain. Use 'auto' or 'manual' to enable/disable auto adding \
        names from virtual hosts."),
    row("MDMembers", Argv, RSRC_CONF, Inert,
        "Define domain name(s) part of the Managed Domain. Use 'auto' or 'manual' to enable/disable auto adding \
        names from virtual hosts."),
    row("MDMustStaple", Take1, RSRC_CONF, Inert, "Enable/Disable the Must-Staple flag for new certificates."),
    row("MDPortMap", Take12, RSRC_CONF, Inert,
        "Declare the mapped ports 80 and 443 on the local server. E.g. 80:8000 to indicate that the server port \
        8000 is reachable as port 80 from the internet. Use 80:- to indicate that port 80 is not reachable from \
        the outside."),
    row("MDPrivateKeys", Argv, RSRC_CONF, Inert, "set the type and parameters for private key generation"),
    row("MDHttpProxy", Take1, RSRC_CONF, Inert, "URL of a HTTP(S) proxy to use for outgoing connections"),
    row("MDStoreDir", Take1, RSRC_CONF, Inert, "the directory for file system storage of managed domain data."),
    row("MDRenewWindow", Take1, RSRC_CONF, Inert,
        "Time length for renewal before certificate expires (defaults to days)."),
    row("MDRequireHttps", Take1, OR_AUTHCFG | RSRC_CONF,
        Blind("plain requests to a managed domain are redirected to https"),
        "Redirect non-secure requests to the https: equivalent."),
    row("MDNotifyCmd", Raw, RSRC_CONF, Inert,
        "Set the command to run when signup/renew of domain is complete."),
    row("MDBaseServer", Take1, RSRC_CONF, Inert, "Allow managing of base server outside virtual hosts."),
    row("MDChallengeDns01", Raw, RSRC_CONF, Inert, "Set the command for setup/teardown of dns-01 challenges"),
    row("MDChallengeDns01Version", Take1, RSRC_CONF, Inert,
        "Set the type of arguments to call `MDChallengeDns01` with"),
    row("MDCertificateFile", Take1, RSRC_CONF, Inert,
        "set the static certificate (chain) file to use for this domain."),
    row("MDCertificateKeyFile", Take1, RSRC_CONF, Inert,
        "set the static private key file to use for this domain."),
    row("MDServerStatus", Take1, RSRC_CONF, Inert, "On to see Managed Domains in server-status."),
    row("MDCertificateStatus", Take1, RSRC_CONF, Inert,
        "On to see Managed Domain expose /.httpd/certificate-status."),
    row("MDWarnWindow", Take1, RSRC_CONF, Inert,
        "When less time remains for a certificate, send our/log a warning (defaults to days)"),
    row("MDMessageCmd", Raw, RSRC_CONF, Inert, "Set the command run when a message about a domain is issued."),
    row("MDStapling", Take1, RSRC_CONF, Inert, "Enable/Disable OCSP Stapling for this/all Managed Domain(s)."),
    row("MDStapleOthers", Take1, RSRC_CONF, Inert,
        "Enable/Disable OCSP Stapling for certificates not in Managed Domains."),
    row("MDStaplingKeepResponse", Take1, RSRC_CONF, Inert,
        "The amount of time to keep an OCSP response in the store."),
    row("MDStaplingRenewWindow", Take1, RSRC_CONF, Inert,
        "Time length for renewal before OCSP responses expire (defaults to days)."),
    row("MDCertificateCheck", Take2, RSRC_CONF, Inert,
        "Set name and URL pattern for a certificate monitoring site."),
    row("MDActivationDelay", Take1, RSRC_CONF, Inert, "How long to delay activation of new certificates"),
    row("MDCACertificateFile", Take1, RSRC_CONF, Inert, "Set the CA file to use for connections"),
    row("MDHttpProxyCACertificateFile", Take1, RSRC_CONF, Inert,
        "Set the CA file to use for connections to the HTTP(S) proxy"),
    row("MDExternalAccountBinding", Take12, RSRC_CONF, Inert,
        "Set the external account binding keyid and hmac values to use at CA"),
    row("MDRetryDelay", Take1, RSRC_CONF, Inert,
        "Time length for first retry, doubled on every consecutive error."),
    row("MDRetryFailover", Take1, RSRC_CONF, Inert,
        "The number of errors before a failover to another CA is triggered."),
    row("MDStoreLocks", Take1, RSRC_CONF, Inert, "Configure locking of store for updates."),
    row("MDMatchNames", Take1, RSRC_CONF, Inert, "Determines how DNS names are matched to vhosts."),
    row("MDInitialDelay", Take1, RSRC_CONF, Inert, "How long to delay the first certificate check."),
    row("MDCheckInterval", Take1, RSRC_CONF, Inert, "Time between certificate checks."),
    row("MDProfile", Take1, RSRC_CONF, Inert, "The name of an CA profile to order certificates for."),
    row("MDProfileMandatory", Take1, RSRC_CONF, Inert, "Determines if a configured CA profile is mandatory."),
    row("MDRenewViaARI", Take1, RSRC_CONF, Inert, "Enable/Disable ACME ARI (RFC 9773) to trigger renewals."),
];

/// The modules of this group.
pub(super) static MODULES: &[Module] = &[module("mod_md.c", "md_module", MD)];
