//! What is told of a package, case by case.

use std::collections::{BTreeMap, BTreeSet};

use egi_model::release::PackageFormat;

use crate::closure::{Fault, FaultKind, Package, judge, read_filelists, read_packages, read_primary, wanted_files};

fn debs(stanzas: &[&str]) -> Vec<Package> {
    let text = |stanza: &&str| format!("Package: {}\n\n", stanza.replace(" / ", "\n"));
    read_packages(&stanzas.iter().map(text).collect::<String>(), "amd64")
}

fn faults(packages: &[Package]) -> BTreeMap<String, Fault> {
    let all: Vec<&Package> = packages.iter().collect();
    let faults = judge(&all, all.len(), PackageFormat::Deb);
    faults.into_iter().map(|(place, fault)| (packages[place].name.clone(), fault)).collect()
}

#[test]
fn a_chain_leads_to_what_nobody_provides() {
    let packages = debs(&[
        "a / Version: 1 / Architecture: all / Depends: b",
        "b / Version: 1 / Architecture: amd64 / Depends: c (>= 2) | d",
        "c / Version: 1 / Architecture: amd64",
    ]);
    let faults = faults(&packages);
    assert_eq!(faults["a"].kind, FaultKind::Beneath);
    let told = ["a_1_all needs b", "b_1_amd64 needs c >= 2 | d", "nothing provides c >= 2 | d (there is c_1_amd64)"];
    assert_eq!(faults["a"].chain, told);
    assert_eq!(faults["a"].unmet.as_ref().map(ToString::to_string).as_deref(), Some("c >= 2 | d"));
    assert_eq!(faults["b"].kind, FaultKind::Missing);
    assert_eq!(faults.len(), 2);
}

#[test]
fn packages_that_exclude_each_other_are_told_with_who_needs_them() {
    let packages = debs(&[
        "a / Version: 1 / Architecture: all / Depends: b, c",
        "b / Version: 1 / Architecture: all / Depends: lib (= 1), other",
        "c / Version: 1 / Architecture: all / Depends: lib (= 2)",
        "lib / Version: 1 / Architecture: all",
        "lib / Version: 2 / Architecture: all",
        "other / Version: 1 / Architecture: all",
    ]);
    let faults = faults(&packages);
    assert_eq!(faults.keys().collect::<Vec<_>>(), ["a"]);
    let told = [
        "a_1_all needs b",
        "a_1_all needs c",
        "b_1_all needs lib = 1",
        "c_1_all needs lib = 2",
        "lib_1_all and lib_2_all can not be installed together",
    ];
    assert_eq!(faults["a"].kind, FaultKind::Apart);
    assert_eq!(faults["a"].chain.iter().map(String::as_str).collect::<BTreeSet<_>>(), BTreeSet::from(told));
}

#[test]
fn packages_that_need_each_other_are_sound() {
    let packages = debs(&[
        "a / Version: 1 / Architecture: all / Depends: b",
        "b / Version: 1 / Architecture: all / Pre-Depends: a",
    ]);
    assert!(faults(&packages).is_empty());
}

#[test]
fn machines_and_virtual_packages_of_debian() {
    let packages = debs(&[
        "native / Version: 1 / Architecture: all / Depends: tool:any, tool:native, tool:amd64",
        "foreign / Version: 1 / Architecture: all / Depends: tool:i386",
        "closed / Version: 1 / Architecture: all / Depends: mail:any",
        "mailer / Version: 1 / Architecture: all / Depends: agent (>= 2), agent",
        "old / Version: 1 / Architecture: all / Depends: agent (>= 3)",
        "tool / Version: 1 / Architecture: amd64 / Multi-Arch: allowed",
        "mail / Version: 1 / Architecture: amd64 / Provides: agent (= 2), unversioned",
        "bare / Version: 1 / Architecture: all / Depends: unversioned (>= 1)",
        "elsewhere / Version: 1 / Architecture: i386 / Depends: nothing",
        "odd / Version: 1 / Architecture: all / Depends: tool (?? 1)",
    ]);
    let kinds: BTreeMap<_, _> = faults(&packages).into_iter().map(|(name, fault)| (name, fault.kind)).collect();
    let missing = ["bare", "closed", "foreign", "old"].map(|name| (name.to_owned(), FaultKind::Missing));
    assert_eq!(kinds, missing.into_iter().chain([("odd".to_owned(), FaultKind::Unclear)]).collect());
}

const RPMS: &str = r#"<?xml version="1.0"?>
<metadata xmlns="http://linux.duke.edu/metadata/common" xmlns:rpm="http://linux.duke.edu/metadata/rpm" packages="3">
<package type="rpm"><name>script</name><arch>noarch</arch><version epoch="1" ver="2" rel="3"/><checksum type="sha256">11</checksum>
<time file="1" build="1"/><size package="1" installed="1" archive="1"/><location href="a"/><format>
<rpm:requires><rpm:entry name="/bin/sh"/><rpm:entry name="/usr/libexec/helper"/><rpm:entry name="rpmlib(X)"/><rpm:entry name="(a xor b)"/></rpm:requires>
</format></package>
<package type="rpm"><name>shell</name><arch>x86_64</arch><version epoch="0" ver="2" rel="3"/><checksum type="sha256">22</checksum>
<time file="1" build="1"/><size package="1" installed="1" archive="1"/><location href="b"/><format><file>/bin/sh</file></format></package>
<package type="rpm"><name>shell</name><arch>src</arch><version epoch="0" ver="2" rel="3"/><checksum type="sha256">33</checksum>
<time file="1" build="1"/><size package="1" installed="1" archive="1"/><location href="c"/><format>
<rpm:requires><rpm:entry name="gcc"/></rpm:requires></format></package>
</metadata>"#;

#[test]
fn files_are_found_where_the_indexes_name_them() {
    let mut packages = read_primary(RPMS.as_bytes()).unwrap();
    assert_eq!(packages.len(), 2, "a source is no package to install");
    let fault = |packages: &[Package]| judge(&packages.iter().collect::<Vec<_>>(), 1, PackageFormat::Rpm).remove(&0);
    let told = fault(&packages).unwrap();
    assert_eq!(told.chain, ["script-1:2-3.noarch needs /usr/libexec/helper", "nothing provides /usr/libexec/helper"]);

    let wanted = wanted_files(packages.iter());
    assert_eq!(wanted, ["/bin/sh", "/usr/libexec/helper"].map(str::to_owned).into());
    let filelists = r#"<?xml version="1.0"?><filelists xmlns="http://linux.duke.edu/metadata/filelists" packages="1">
        <package pkgid="22" name="shell" arch="x86_64"><version epoch="0" ver="2" rel="3"/><file>/usr/libexec/helper</file><file>/x</file></package></filelists>"#;
    let found = read_filelists(filelists.as_bytes(), &wanted).unwrap();
    assert_eq!(found, BTreeMap::from([("/usr/libexec/helper".to_owned(), vec!["22".to_owned()])]));
    packages[1].files.push("/usr/libexec/helper".to_owned());
    let told = fault(&packages).unwrap();
    assert_eq!(
        (told.kind, told.chain),
        (FaultKind::Unclear, vec!["script-1:2-3.noarch says (a xor b), which can not be judged".to_owned()])
    );
}
