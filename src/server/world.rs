//! What an httpd finds where it is started, besides files: its environment, the time, who there is, and what look-ups find.

use crate::expr::moment::Moment;
use crate::vfs::Users;
use bstr::BString;
use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What is so whatever the configuration says. It is made once, and shared by all that read or answer.
#[derive(Clone)]
pub(crate) struct World {
    /// httpd's own environment, for `${NAME}` and `osenv()`.
    pub env: HashMap<BString, BString>,
    /// Whether there is nothing else in it.
    pub env_complete: bool,
    /// The time, where it is given.
    pub time: Option<Moment>,
    /// The host names that look-ups find.
    pub hosts: Vec<(IpAddr, String)>,
    /// Whether there are no other names.
    pub hosts_complete: bool,
    /// The system's users, as the files of the server say.
    pub users: Users,
}

impl Default for World {
    /// `localhost` alone has a name; the environment is empty, as far as is known.
    fn default() -> World {
        World {
            env: HashMap::new(),
            env_complete: false,
            time: None,
            hosts: default_hosts(),
            hosts_complete: true,
            users: Users::default(),
        }
    }
}

/// `localhost`, for both address families.
pub(crate) fn default_hosts() -> Vec<(IpAddr, String)> {
    [Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()].map(|ip| (ip, "localhost".into())).into()
}
