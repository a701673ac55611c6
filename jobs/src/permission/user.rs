//! Who runs this, as the operating system has it.

use rustix::process::geteuid;

/// The name of the user this process runs as. Where the machine's own list does not have it, as with a directory service,
/// it is what the environment says.
pub(crate) fn os_user() -> String {
    let id = geteuid().as_raw();
    let listed = std::fs::read_to_string("/etc/passwd").ok().and_then(|list| find(&list, id));
    let told = || std::env::var("USER").or_else(|_| std::env::var("LOGNAME")).ok();
    listed.or_else(told).unwrap_or_else(|| format!("uid-{id}"))
}

/// `name:password:id:…`, a line each.
fn find(list: &str, id: u32) -> Option<String> {
    list.lines().find_map(|line| {
        let mut fields = line.split(':');
        let (name, number) = (fields.next()?, fields.nth(1)?);
        (number.parse() == Ok(id)).then(|| name.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_found_by_id() {
        let list = "root:x:0:0:root:/root:/bin/bash\n# odd\nnsrw:x:998:997::/var/lib/nsrw:/usr/sbin/nologin\n";
        assert_eq!(find(list, 998).as_deref(), Some("nsrw"));
        assert_eq!(find(list, 997), None);
        assert!(!os_user().is_empty());
    }
}
