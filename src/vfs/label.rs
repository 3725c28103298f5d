//! SELinux labels: what httpd's domain may not read whatever owner and mode say (the policy's modules apache and userdomain).

use bstr::{BStr, ByteSlice};

/// Whether a label says that httpd, in its usual domain and with the policy's usual switches, may not read the file.
pub(crate) fn is_foreign(label: &BStr) -> bool {
    const FOREIGN: [&[u8]; 7] =
        [b"tmp_t", b"default_t", b"unlabeled_t", b"file_t", b"mnt_t", b"home_root_t", b"shadow_t"];
    const ENDS: [&[u8]; 3] = [b"_home_t", b"_home_dir_t", b"_tmp_t"];
    let kind = label.split_str(":").nth(2).unwrap_or_default();
    !kind.starts_with(b"httpd_") && (FOREIGN.contains(&kind) || ENDS.iter().any(|end| kind.ends_with(end)))
}

/// Whether SELinux decides on this machine.
#[cfg(all(feature = "disk", target_os = "linux"))]
pub(super) fn is_enforced() -> bool {
    let mut content = Vec::new();
    let file = super::open::at_once("/sys/fs/selinux/enforce".as_ref());
    file.and_then(|file| super::open::rest(file, 16, &mut content)).is_ok() && content.starts_with(b"1")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels() {
        for (label, foreign) in [
            ("system_u:object_r:httpd_sys_content_t:s0", false),
            ("unconfined_u:object_r:httpd_user_content_t:s0", false),
            ("system_u:object_r:httpd_tmp_t:s0", false),
            ("system_u:object_r:usr_t:s0", false),
            ("unconfined_u:object_r:user_home_t:s0", true),
            ("unconfined_u:object_r:user_tmp_t:s0", true),
            ("system_u:object_r:admin_home_t:s0", true),
            ("system_u:object_r:default_t:s0", true),
            ("", false),
        ] {
            assert_eq!(is_foreign(label.into()), foreign, "{label}");
        }
    }
}
