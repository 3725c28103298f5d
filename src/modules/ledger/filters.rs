//! Bodies, changed on their way.

use super::checks::{bodies, sed};
use super::{handlers, handling, module, row};
use crate::server::cmd::forbid;
use crate::server::module::Args::{Flag, Iterate, Iterate2, Raw, Take1, Take12};
use crate::server::module::Effect::{Inert, Unmodelled};
use crate::server::module::allowed::{ACCESS_CONF, OR_ALL, OR_FILEINFO, OR_OPTIONS, RSRC_CONF};
use crate::server::module::{Directive, Module};
use crate::server::rule::Rule::{Arg, By, NotIn};
use crate::server::rule::Test::{Int, Long, Number, OneOf, Whole};

#[rustfmt::skip]
const BROTLI: &[Directive] = &[
    row("BrotliFilterNote", Take12, RSRC_CONF, Inert, "Set a note to report on compression ratio")
        .must(&[By(bodies::brotli_note)]),
    row("BrotliCompressionQuality", Take1, RSRC_CONF, Inert,
        "Compression quality between 0 and 11 (higher quality means slower compression)")
        .must(&[Arg(0, Int(0, 11), "BrotliCompressionQuality must be between 0 and 11")]),
    row("BrotliCompressionWindow", Take1, RSRC_CONF, Inert,
        "Sliding window size between 10 and 24 (larger windows can improve compression, but require more memory)")
        .must(&[Arg(0, Int(10, 24), "BrotliCompressionWindow must be between 10 and 24")]),
    row("BrotliCompressionMaxInputBlock", Take1, RSRC_CONF, Inert,
        "Maximum input block size between 16 and 24 (larger block sizes require more memory)")
        .must(&[Arg(0, Int(16, 24), "BrotliCompressionMaxInputBlock must be between 16 and 24")]),
    row("BrotliAlterETag", Take1, RSRC_CONF, Inert,
        "Set how mod_brotli should modify ETag response headers: 'AddSuffix' (default), 'NoChange', 'Remove'")
        .must(&[
            Arg(0, OneOf(&["AddSuffix", "NoChange", "Remove"]), "BrotliAlterETag accepts only 'AddSuffix', 'NoChange' and 'Remove'"),
        ]),
];

#[rustfmt::skip]
const BUFFER: &[Directive] = &[
    row("BufferSize", Take1, ACCESS_CONF, Inert, "Maximum size of the buffer used by the buffer filter")
        .must(&[Arg(0, Long(1, i64::MAX), "BufferSize must be a size in bytes, and greater than zero")]),
];

#[rustfmt::skip]
const CHARSET_LITE: &[Directive] = &[
    row("CharsetSourceEnc", Take1, OR_FILEINFO,
        Unmodelled("a charset that can't be converted ends a POST or PUT with 500"),
        "source (html,cgi,ssi) file charset"),
    row("CharsetDefault", Take1, OR_FILEINFO,
        Unmodelled("a charset that can't be converted ends a POST or PUT with 500"),
        "name of default charset"),
    row("CharsetOptions", Iterate, OR_FILEINFO, Inert,
        "valid options: ImplicitAdd, NoImplicitAdd, TranslateAllMimeTypes, NoTranslateAllMimeTypes")
        .must(&[
            Arg(0, OneOf(&["ImplicitAdd", "NoImplicitAdd", "TranslateAllMimeTypes", "NoTranslateAllMimeTypes"]), "Invalid CharsetOptions option: {}"),
        ]),
];

// The limits are on compressed request bodies, and a request here has no body.
#[rustfmt::skip]
const DEFLATE: &[Directive] = &[
    row("DeflateFilterNote", Take12, RSRC_CONF, Inert, "Set a note to report on compression ratio")
        .must(&[By(bodies::deflate_note)]),
    row("DeflateWindowSize", Take1, RSRC_CONF, Inert, "Set the Deflate window size (1-15)")
        .must(&[Arg(0, Int(1, 15), "DeflateWindowSize must be between 1 and 15")]),
    row("DeflateBufferSize", Take1, RSRC_CONF, Inert, "Set the Deflate Buffer Size")
        .must(&[Arg(0, Int(1, i32::MAX), "DeflateBufferSize should be positive")]),
    row("DeflateMemLevel", Take1, RSRC_CONF, Inert, "Set the Deflate Memory Level (1-9)")
        .must(&[Arg(0, Int(1, 9), "DeflateMemLevel must be between 1 and 9")]),
    row("DeflateCompressionLevel", Take1, RSRC_CONF, Inert, "Set the Deflate Compression Level (1-9)")
        .must(&[Arg(0, Int(1, 9), "Compression Level must be between 1 and 9")]),
    row("DeflateInflateLimitRequestBody", Take1, OR_ALL, Inert, "Set a limit on size of inflated input")
        .must(&[
            Arg(0, Long(i64::MIN, i64::MAX), "DeflateInflateLimitRequestBody is not parsable."),
            Arg(0, Whole(0, i64::MAX), "DeflateInflateLimitRequestBody requires a non-negative integer."),
        ]),
    row("DeflateInflateRatioLimit", Take1, OR_ALL, Inert,
        "Set the inflate ratio limit above which inflation is aborted (default: 200)")
        .must(&[Arg(0, Int(1, i32::MAX), "{name} must be positive")]),
    row("DeflateInflateRatioBurst", Take1, OR_ALL, Inert,
        "Set the maximum number of following inflate ratios above limit (default: 3)")
        .must(&[Arg(0, Int(1, i32::MAX), "{name} must be positive")]),
    row("DeflateAlterEtag", Take1, RSRC_CONF, Inert,
        "Set how mod_deflate should modify ETAG response headers: 'AddSuffix' (default), 'NoChange' (2.2.x \
        behavior), 'Remove'")
        .must(&[
            Arg(0, OneOf(&["NoChange", "AddSuffix", "Remove"]), "DeflateAlterETAG accepts only 'NoChange', 'AddSuffix', and 'Remove'"),
        ]),
];

#[rustfmt::skip]
const EXT_FILTER: &[Directive] = &[
    row("ExtFilterOptions", Iterate, ACCESS_CONF, Inert, "valid options: LogStderr, NoLogStderr")
        .must(&[
            Arg(0, OneOf(&["LogStderr", "NoLogStderr", "Onfail=remove", "Onfail=abort"]), "Invalid ExtFilterOptions option: {}"),
        ]),
    row("ExtFilterDefine", Raw, RSRC_CONF, Unmodelled("a filter program that can't be run may end the request with 500"),
        "Define an external filter")
        .must(&[By(bodies::external)]),
];

#[rustfmt::skip]
const PROXY_HTML: &[Directive] = &[
    row("ProxyHTMLEvents", Iterate, ACCESS_CONF | RSRC_CONF, Inert,
        "Strings to be treated as scripting events"),
    row("ProxyHTMLLinks", Iterate2, ACCESS_CONF | RSRC_CONF, Inert, "Declare HTML Attributes"),
    row("ProxyHTMLURLMap", Raw, ACCESS_CONF | RSRC_CONF, Inert, "Map URL From To"),
    row("ProxyHTMLDoctype", Take12, ACCESS_CONF | RSRC_CONF, Inert, "(HTML|XHTML) [Legacy]"),
    row("ProxyHTMLFixups", Iterate, ACCESS_CONF | RSRC_CONF, Inert, "Options are lowercase, dospath"),
    row("ProxyHTMLMeta", Flag, ACCESS_CONF | RSRC_CONF, Inert, "Fix META http-equiv elements"),
    row("ProxyHTMLInterp", Flag, ACCESS_CONF | RSRC_CONF, Inert,
        "Support interpolation and conditions in URLMaps"),
    row("ProxyHTMLExtended", Flag, ACCESS_CONF | RSRC_CONF, Inert, "Map URLs in Javascript and CSS"),
    row("ProxyHTMLStripComments", Flag, ACCESS_CONF | RSRC_CONF, Inert, "Strip out comments"),
    row("ProxyHTMLBufSize", Take1, ACCESS_CONF | RSRC_CONF, Inert, "Buffer size")
        .must(&[Arg(0, Number, "Invalid value for directive {name}, expected integer")]),
    row("ProxyHTMLCharsetOut", Take1, ACCESS_CONF | RSRC_CONF, Inert, "Usage: ProxyHTMLCharsetOut charset"),
    row("ProxyHTMLEnable", Flag, ACCESS_CONF | RSRC_CONF, Inert, "Enable proxy-html and xml2enc filters"),
];

#[rustfmt::skip]
const REFLECTOR: &[Directive] = &[
    row("ReflectorHeader", Take12, OR_OPTIONS, Inert,
        "Header to reflect back in the response, with an optional new name."),
];

#[rustfmt::skip]
const REQUEST: &[Directive] = &[
    row("KeptBodySize", Take1, ACCESS_CONF, Inert,
        "Maximum size of request bodies kept aside for use by filters")
        .must(&[Arg(0, Whole(0, i64::MAX), "KeptBodySize must be a valid size in bytes, or zero.")]),
];

#[rustfmt::skip]
const SED: &[Directive] = &[
    row("OutputSed", Take1, ACCESS_CONF, Inert, "Sed regular expression for Response").must(&[By(sed::add)]),
    row("InputSed", Take1, ACCESS_CONF, Inert, "Sed regular expression for Request").must(&[By(sed::add)]),
];

#[rustfmt::skip]
const SUBSTITUTE: &[Directive] = &[
    row("Substitute", Take1, OR_FILEINFO, Inert, "Pattern to filter the response content (s/foo/bar/[inf])")
        .must(&[By(bodies::substitute)]),
    row("SubstituteMaxLineLength", Take1, OR_FILEINFO, Inert, "Maximum line length")
        .must(&[By(bodies::line_length)]),
    row("SubstituteInheritBefore", Flag, OR_FILEINFO, Inert,
        "Apply inherited patterns before those of the current context"),
];

#[rustfmt::skip]
const XML2ENC: &[Directive] = &[
    row("xml2EncDefault", Take1, OR_ALL, Inert, "Usage: xml2EncDefault charset").must(&[By(bodies::charset)]),
    row("xml2EncAlias", Iterate2, RSRC_CONF, Inert, "EncodingAlias charset alias [more aliases]")
        .must(&[NotIn(forbid::GLOBAL_ONLY), By(bodies::charset_alias)]),
    row("xml2StartParse", Iterate, OR_ALL, Inert, "Ignore anything in front of the first of these elements"),
];

/// The modules of this group.
pub(super) static MODULES: &[Module] = &[
    module("mod_brotli.c", "brotli_module", BROTLI),
    module("mod_buffer.c", "buffer_module", BUFFER),
    module("mod_charset_lite.c", "charset_lite_module", CHARSET_LITE),
    module("mod_data.c", "data_module", &[]),
    module("mod_deflate.c", "deflate_module", DEFLATE),
    module("mod_ext_filter.c", "ext_filter_module", EXT_FILTER),
    module("mod_proxy_html.c", "proxy_html_module", PROXY_HTML),
    module("mod_ratelimit.c", "ratelimit_module", &[]),
    handling(module("mod_reflector.c", "reflector_module", REFLECTOR), handlers::REFLECTOR),
    module("mod_request.c", "request_module", REQUEST),
    module("mod_sed.c", "sed_module", SED),
    module("mod_substitute.c", "substitute_module", SUBSTITUTE),
    module("mod_xml2enc.c", "xml2enc_module", XML2ENC),
];
