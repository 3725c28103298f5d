//! mod_proxy's rows.

use super::{pass, section, setters};
use crate::server::module::Args::{Flag, Iterate, Raw, Take1, Take23, Take123};
use crate::server::module::Effect::{Inert, Modelled};
use crate::server::module::allowed::{ACCESS_CONF, RSRC_CONF};
use crate::server::module::{Directive, plain, row};

const BOTH: u32 = ACCESS_CONF | RSRC_CONF;

// What a back-end is told, and what is made of its answer's headers, is `Inert`: no back-end is asked.
#[rustfmt::skip]
pub(super) static DIRECTIVES: &[Directive] = &[
    row("<Proxy", Raw, RSRC_CONF, Modelled, "Container for directives affecting resources located in the proxied location", section::proxy).scope(),
    row("<ProxyMatch", Raw, RSRC_CONF, Modelled, "Container for directives affecting resources located in the proxied location, in regular expression syntax", section::proxy_match).scope(),
    row("ProxyRequests", Flag, RSRC_CONF, Modelled, "on if the true proxy requests should be accepted", setters::requests),
    row("ProxyRemote", Take23, RSRC_CONF, Modelled, "a scheme, partial URL or '*' and a proxy server", |c, a| setters::remote(c, a, false)),
    row("ProxyRemoteMatch", Take23, RSRC_CONF, Modelled, "a regex pattern and a proxy server", |c, a| setters::remote(c, a, true)),
    row("ProxyPassInterpolateEnv", Flag, BOTH, Modelled, "Interpolate Env Vars in reverse Proxy", setters::interpolate_env),
    row("ProxyPass", Raw, BOTH, Modelled, "a virtual path and a URL", |c, a| pass::pass(c, &a[0], false)).tried(),
    row("ProxyPassMatch", Raw, BOTH, Modelled, "a virtual path and a URL", |c, a| pass::pass(c, &a[0], true)).tried(),
    row("ProxyPassReverse", Take123, BOTH, Inert, "a virtual path and a URL for reverse proxy behaviour", pass::reverse),
    plain("ProxyPassReverseCookiePath", Take23, BOTH, Inert, "Path rewrite rule for proxying cookies"),
    plain("ProxyPassReverseCookieDomain", Take23, BOTH, Inert, "Domain rewrite rule for proxying cookies"),
    row("ProxyBlock", Iterate, RSRC_CONF, Modelled, "A list of names, hosts or domains to which the proxy will not connect", setters::block),
    row("ProxyReceiveBufferSize", Take1, RSRC_CONF, Inert, "Receive buffer size for outgoing HTTP and FTP connections in bytes", setters::size),
    row("ProxyIOBufferSize", Take1, RSRC_CONF, Inert, "IO buffer size for outgoing HTTP and FTP connections in bytes", setters::size),
    plain("ProxyMaxForwards", Take1, RSRC_CONF, Inert, "The maximum number of proxies a request may be forwarded through."),
    row("NoProxy", Iterate, RSRC_CONF, Modelled, "A list of domains, hosts, or subnets to which the proxy will connect directly", setters::direct),
    row("ProxyDomain", Take1, RSRC_CONF, Modelled, "The default intranet domain name (in absence of a domain in the URL)", setters::domain),
    row("ProxyVia", Take1, RSRC_CONF, Inert, "Configure Via: proxy header header to one of: on | off | block | full", |_, a| setters::one_of(a, "ProxyVia", &["off", "on", "full", "block"])),
    row("ProxyErrorOverride", Iterate, BOTH, Modelled, "use our error handling pages instead of the servers' we are proxying", setters::error_override),
    plain("ProxyPreserveHost", Flag, BOTH, Inert, "on if we should preserve host header while proxying"),
    row("ProxyTimeout", Take1, RSRC_CONF, Inert, "Set the timeout (in seconds) for a proxied connection. This overrides the server timeout", setters::timeout),
    row("ProxyBadHeader", Take1, RSRC_CONF, Inert, "How to handle bad header line in response: IsError | Ignore | StartBody", |_, a| setters::one_of(a, "ProxyBadHeader", &["IsError", "Ignore", "StartBody"])),
    row("BalancerMember", Raw, BOTH, Modelled, "A balancer name and scheme with list of params", |c, a| pass::member(c, &a[0])),
    row("BalancerGrowth", Take1, RSRC_CONF, Inert, "Number of additional Balancers that can be added post-config", setters::growth),
    plain("BalancerPersist", Flag, RSRC_CONF, Inert, "on if the balancer should persist changes on reboot/restart made via the Balancer Manager"),
    row("BalancerInherit", Flag, RSRC_CONF, Modelled, "on if this server should inherit Balancers and Workers defined in the main server (Setting to off recommended if using the Balancer Manager)", setters::inherit),
    row("ProxyPassInherit", Flag, RSRC_CONF, Modelled, "on if this server should inherit all ProxyPass directives defined in the main server (Setting to off recommended if using the Balancer Manager)", setters::pass_inherit),
    row("ProxyStatus", Take1, RSRC_CONF, Inert, "Configure Status: proxy status to one of: on | off | full", |_, a| setters::one_of(a, "ProxyStatus", &["off", "on", "full"])),
    row("ProxySet", Raw, BOTH, Modelled, "A balancer or worker name with list of params", |c, a| pass::set(c, &a[0])),
    row("ProxySourceAddress", Take1, RSRC_CONF, Inert, "Configure local source IP used for request forward", setters::source_address),
    plain("ProxyAddHeaders", Flag, BOTH, Inert, "on if X-Forwarded-* headers should be added or completed"),
    plain("Proxy100Continue", Flag, BOTH, Inert, "on if 100-Continue should be forwarded to the origin server, off if the proxy should handle it by itself"),
];
