//! What becomes of sections, and what is left.

use super::{Done, migrate};
use crate::search::explore::Purse;
use crate::site::Site;

const PURSE: Purse = Purse::of(6_000, None);

fn migrated(config: &str) -> (String, Vec<String>) {
    let site = Site::builder(config)
        .file("/srv/www/index.html", "x")
        .file("/srv/www/private/a.html", "x")
        .lenient(true)
        .build()
        .expect("it can be laid out");
    let migrated = migrate(&site, &[], &|| PURSE);
    let text = migrated.texts.texts().next().map_or(config.to_string(), |text| text.after.to_string());
    let left = migrated.steps.into_iter().filter_map(|step| match step.done {
        Done::Left(why) => Some(format!("{} {why}", step.what)),
        _ => None,
    });
    (text, left.collect())
}

#[test]
fn sections_are_written_where_they_are() {
    let (text, left) = migrated(
        "DocumentRoot /srv/www\n<Directory />\n    Order deny,allow\n    Deny from all\n</Directory>\n<Directory /srv/www>\n    # everybody\n    Order allow,deny\n    Allow from all\n</Directory>\n<Location /private>\n    Order deny,allow\n    Deny from all\n    # the office\n    Allow from 192.0.2.0/24\n</Location>\n",
    );
    assert_eq!(
        text,
        "DocumentRoot /srv/www\n<Directory />\n    Require all denied\n</Directory>\n<Directory /srv/www>\n    # everybody\n    Require all granted\n</Directory>\n<Location /private>\n    Require ip 192.0.2.0/24\n    # the office\n</Location>\n"
    );
    assert_eq!(left, [""; 0]);
}

#[test]
fn users_and_addresses() {
    let auth = "AuthType Basic\nAuthName x\nAuthUserFile /etc/users\nRequire valid-user\n";
    let around = "DocumentRoot /srv/www\n<Directory /srv/www>\nOrder allow,deny\nAllow from all\n</Directory>\n";
    let (text, left) = migrated(&format!(
        "{around}<Location /private>\nOrder deny,allow\nDeny from all\nAllow from 192.0.2.0/24\n{auth}Satisfy Any\n</Location>\n"
    ));
    assert!(text.contains("<Location /private>\nRequire ip 192.0.2.0/24\nAuthType"), "{text}");
    assert!(text.contains("Require valid-user\n</Location>"), "{text}");
    assert_eq!(left, [""; 0]);
    let (text, left) = migrated(&format!(
        "{around}<Location /private>\nOrder deny,allow\nDeny from all\nAllow from 192.0.2.0/24\n{auth}</Location>\n"
    ));
    let both = "<RequireAll>\n    Require ip 192.0.2.0/24\n    Require valid-user\n</RequireAll>\n";
    assert!(text.contains(both) && left.is_empty(), "{text}{left:?}");
}

#[test]
fn what_requires_inside_what_denies_is_held() {
    let (text, _) = migrated(
        "DocumentRoot /srv/www\n<Directory /srv/www>\nOrder deny,allow\nDeny from all\nAllow from 192.0.2.0/24\n</Directory>\n<Location /private>\nAuthType Basic\nAuthName x\nAuthUserFile /etc/users\nRequire valid-user\n</Location>\n",
    );
    assert!(text.contains("<Location /private>\nAuthType Basic\nAuthName x\nAuthUserFile /etc/users\nAuthMerging And\nRequire valid-user\n"), "{text}");
}

#[test]
fn leftovers_go_or_are_written_otherwise() {
    let (text, left) = migrated(
        "NameVirtualHost *:80\n# locks\nLockFile /var/lock/accept.lock\nAcceptMutex fcntl\nMaxClients 100\nRewriteLog /var/log/rewrite\nRewriteLogLevel 3\nLoadModule authz_default_module modules/mod_authz_default.so\nOptions Indexes +FollowSymLinks -Indexes\nOptions +Indexes FollowSymLinks\n",
    );
    assert_eq!(
        text,
        "# locks\nMutex fcntl:/var/lock mpm-accept\nMaxRequestWorkers 100\nLogLevel rewrite:trace3\nOptions FollowSymLinks\nOptions +Indexes FollowSymLinks\n"
    );
    assert!(left.len() == 1 && left[0].starts_with("Options +Indexes FollowSymLinks httpd 2.4 takes"), "{left:?}");
}
