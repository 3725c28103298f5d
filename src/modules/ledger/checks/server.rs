//! Processes and connections (server/listen.c, server/mpm/event/event.c), and servers that tell each other how busy they are
//! (modules/cluster).

use super::Done;
use crate::server::cmd::Cmd;
use crate::server::core::atoi;
use crate::server::vhost::parse_address;
use bstr::{BString, ByteSlice};

/// `SendBufferSize`: `ap_set_send_buffer_size`.
pub(crate) fn buffer_size(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    match atoi(&a[0]) as i32 {
        size if size < 512 && size != 0 => {
            Err(format!("{} must be >= 512 bytes, or 0 for system default.", cmd.row.name))
        }
        _ => Ok(()),
    }
}

/// `AsyncRequestWorkerFactor`: `set_worker_factor`.
pub(crate) fn worker_factor(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    match a[0].to_string().trim_start().parse::<f64>() {
        Err(_) => Err("error parsing value".into()),
        Ok(factor) if factor > 0.0 => Ok(()),
        Ok(_) => Err(format!("{} argument must be a positive number", cmd.row.name)),
    }
}

/// `HeartbeatMaxServers`: `cmd_hm_maxworkers`.
pub(crate) fn most_servers(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    match atoi(&a[0]) {
        n if n != 0 && n < 10 => {
            Err(format!("{}: Should be 0 for file storage, or greater or equal than 10 for slotmem", cmd.row.name))
        }
        _ => Ok(()),
    }
}

/// `HeartbeatAddress`, `HeartbeatListen`: a host and a port (`cmd_hb_address`, `cmd_hm_listen`).
pub(crate) fn multicast(cmd: &mut Cmd<'_>, a: &[BString]) -> Done {
    let name = cmd.row.name;
    let address = if name.eq_ignore_ascii_case("HeartbeatListen") { "multicast address" } else { "address" };
    match parse_address(a[0].as_bstr()) {
        None => Err(format!("{name}: Unable to parse {address}.")),
        Some((None, _)) => Err(format!("{name}: No host provided in {address}")),
        Some((_, 0)) => Err(format!("{name}: No port provided in {address}")),
        Some(_) => Ok(()),
    }
}
