//! Documents are in `fixtures/release`: one for each generation, one for each way to get it wrong.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use chrono::NaiveDate;

use super::*;
use crate::release::{Emergency, PackageFormat, ReleaseType, Target};

mod properties;

const G1_MIN: &[u8] = include_bytes!("../../fixtures/release/g1-min.xml");
const G1_PACKAGES: &[u8] = include_bytes!("../../fixtures/release/g1-dtd-packages.xml");
const G2: &[u8] = include_bytes!("../../fixtures/release/g2.xml");
const G3_RPM: &[u8] = include_bytes!("../../fixtures/release/g3-rpm.xml");
const G3_DEB: &[u8] = include_bytes!("../../fixtures/release/g3-deb.xml");
const GOOD: [&[u8]; 5] = [G1_MIN, G1_PACKAGES, G2, G3_RPM, G3_DEB];

fn read(bytes: &[u8], generation: Generation) -> Release {
    let parsed = parse(bytes).unwrap_or_else(|problems| panic!("{problems}"));
    assert_eq!((parsed.generation, parsed.warnings), (generation, vec![]));
    parsed.release
}

fn target(platform: &str, arch: &str) -> Target {
    Target { platform: platform.parse().unwrap(), arch: arch.parse().unwrap() }
}

fn day(year: i32, month: u32, day: u32) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(year, month, day)
}

/// The release's parts as `component: package, package`.
fn outline(release: &Release) -> Vec<String> {
    let names = |packages: &[crate::release::Package]| {
        packages.iter().map(|package| package.name.as_str()).collect::<Vec<_>>().join(", ")
    };
    release.components.iter().map(|c| format!("{}: {}", c.name, names(&c.packages))).collect()
}

/// The problems of every document of a folder, under the document's name.
fn catalogue(folder: &str, problems: impl Fn(&[u8]) -> Vec<Problem>) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/release").join(folder);
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mut text = String::new();
    for file in files {
        writeln!(text, "{}", file.file_name().unwrap().display()).unwrap();
        for problem in problems(&fs::read(&file).unwrap()) {
            writeln!(text, "  {problem}").unwrap();
        }
    }
    text
}

#[test]
fn malformed_documents_are_refused_with_every_fault() {
    insta::assert_snapshot!(catalogue("malformed", |bytes| parse(bytes).unwrap_err().0));
}

#[test]
fn odd_documents_are_read_with_warnings() {
    insta::assert_snapshot!(catalogue("odd", |bytes| parse(bytes).unwrap().warnings));
}

#[test]
fn the_specifications_own_example_is_read() {
    let release = read(G1_MIN, Generation::G1);
    assert_eq!((release.product.as_str(), release.short_name.as_str()), ("EGI CA policy", "ca-policy-egi-core"));
    assert_eq!(release.version.path_parts(), ["1", "37", "1"]);
    assert_eq!(release.date, day(2010, 9, 27));
    assert_eq!(release.keywords, ["CA", "trust", "anchors", "security"]);
    assert_eq!(release.documentation, ["https://www.example.org/ca/readme", "https://www.example.org/ca/howto"]);
    assert_eq!(release.sync.unwrap().url, "rsync://rsync.example.org/ca-policy/1.37-1");
    assert_eq!((release.targets, release.components), (vec![], vec![]));
    assert_eq!((release.release_type, release.emergency), (None, None));
}

#[test]
fn the_first_generation_is_read_with_its_dtd_and_packages() {
    let release = read(G1_PACKAGES, Generation::G1);
    assert_eq!(release.short_name.as_str(), "VOMS");
    assert_eq!(release.description, "Membership of virtual organisations & their attributes");
    assert_eq!(outline(&release), ["voms-server: VOMS server MySQL, voms-admin-server", "voms-clients: voms-clients"]);
    assert_eq!(release.targets, [target("sl4", "x86_64"), target("sl5", "any"), target("sl5", "x86_64")]);
    let package = release.packages().next().unwrap();
    assert_eq!((package.kind.as_deref(), package.arch.as_deref()), (Some("Virtual"), Some("any")));
    assert_eq!(package.license.as_deref(), Some("Apache 2"));
    assert_eq!(package.services_affected, ["voms", "tomcat5"]);
    assert_eq!(package.dependencies, ["mysql >= 5.0", "tomcat5"]);
}

#[test]
fn the_second_generation_is_read() {
    let release = read(G2, Generation::G2);
    assert_eq!((release.version.as_str(), release.version.major()), ("6.03.2", 6));
    assert_eq!(release.date, day(2010, 11, 22));
    assert_eq!(release.documentation.len(), 2);
    let repository = &release.repositories[0];
    assert_eq!((repository.kind, repository.path.as_str()), (PackageFormat::Rpm, "sl5/x86_64/base"));
    let repofile = &release.repofiles[0];
    assert_eq!((repofile.filename.as_str(), repofile.relative_path.as_str()), ("unicore.repo", "repofiles"));
    let settings: Vec<_> = repofile.entries[0].iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(settings, ["Identifier", "enabled", "priority", "gpgcheck", "gpgkey"]);
}

#[test]
fn the_third_generation_is_read_for_rpm() {
    let release = read(G3_RPM, Generation::G3);
    assert_eq!(release.short_name.as_str(), "INFN.storm.sl6.x86_64");
    assert_eq!(release.provider.short.as_ref().unwrap().as_str(), "INFN");
    assert_eq!(release.version.as_str(), "1.11.4.1");
    assert_eq!(release.release_type, Some(ReleaseType::Incremental));
    assert_eq!(release.emergency, Some(Emergency::No));
    assert_eq!(release.targets, [target("sl6", "x86_64")]);
    assert_eq!(release.capabilities, ["storage.management", "file.access"]);
    assert_eq!(outline(&release), ["StoRM: storm-backend-server, emi-storm-mp"]);
    let package = release.packages().next().unwrap();
    assert_eq!(package.file.as_deref(), Some("storm-backend-server-1.11.4-1.el6.x86_64.rpm"));
    assert_eq!((package.release.as_deref(), &package.url, &package.kind), (Some("1.el6"), &None, &None));
    assert_eq!(release.repofiles[0].entries[0][2], ("baseUrl".to_owned(), "sl6/x86_64".to_owned()));
}

#[test]
fn the_third_generation_is_read_for_deb_with_components_and_links() {
    let release = read(G3_DEB, Generation::G3);
    assert_eq!(release.sync, None);
    assert_eq!(outline(&release), ["libraries: libgridsite4", "server: gridsite"]);
    let url = release.packages().next().unwrap().url.clone().unwrap();
    assert_eq!(url, "https://repo.example.org/gridsite/libgridsite4_2.3.5-1+b1_amd64.deb");
    assert_eq!((release.repositories[0].kind, release.repofiles[0].kind), (PackageFormat::Deb, PackageFormat::Deb));
}

#[test]
fn case_prefixes_and_the_wrapper_do_not_matter() {
    let text = String::from_utf8(G1_MIN.to_vec()).unwrap();
    let body = text.split_once("?>").unwrap().1.replace("Release>", "x:RELEASE>").replace("Version>", "version>");
    let wrapped =
        format!("<!DOCTYPE repository SYSTEM 'http://localhost:1/repository.dtd'><Repository>{body}</Repository>");
    assert_eq!(read(wrapped.as_bytes(), Generation::G1), read(G1_MIN, Generation::G1));
}

#[test]
fn packages_outside_of_a_component_join_the_one_of_their_name() {
    let text = String::from_utf8(G2.to_vec()).unwrap().replace(
        "</Release>",
        "<Package><Name>a</Name><Version>1</Version></Package>
         <SoftwareComponent name='UNICORE Gateway'><Package><Name>b</Name><Version>1</Version></Package></SoftwareComponent>
         <SoftwareComponent name='docs'><Packages><Package><Name>c</Name><Version>1</Version></Package></Packages>
         </SoftwareComponent></Release>",
    );
    assert_eq!(outline(&read(text.as_bytes(), Generation::G2)), ["UNICORE Gateway: a, b", "docs: c"]);
}

#[test]
fn a_misspelt_platform_is_read_as_it_stands() {
    let text = String::from_utf8(G3_RPM.to_vec()).unwrap().replace(">sl6</UMD", ">CentOS88</UMD");
    // Only the agreed targets of the major release can tell that there is no such platform.
    assert_eq!(read(text.as_bytes(), Generation::G3).targets, [target("centos88", "x86_64")]);
}

#[test]
fn the_short_name_comes_from_the_name_when_there_is_no_other() {
    let text = String::from_utf8(G1_MIN.to_vec()).unwrap();
    let text = text.replace("<DistributionShortName>ca-policy-egi-core</DistributionShortName>", "");
    assert_eq!(read(text.as_bytes(), Generation::G1).short_name.as_str(), "EGI_CA_policy");
}

#[test]
fn an_oversized_document_is_refused_unread() {
    let problems = parse(&vec![b' '; MAX_BYTES + 1]).unwrap_err();
    assert_eq!(problems.0[0].message, "the document has 1048577 bytes, at most 1048576 are read");
}

#[test]
fn very_many_faults_are_told_in_few_lines() {
    let packages = "<Package/>".repeat(10_000);
    let problems = parse(format!("<Release>{packages}</Release>").as_bytes()).unwrap_err().0;
    assert_eq!(problems.len(), 101);
    // Two for each package, and what the release itself misses: name, provider, contact, description, date and version.
    assert_eq!(problems[100].message, "19906 more problems from here on");
}

#[test]
fn what_was_read_is_written_in_the_third_generation() {
    insta::assert_snapshot!(render(&read(G1_PACKAGES, Generation::G1)));
}

#[test]
fn the_third_generation_survives_writing_and_reading() {
    for document in [G3_RPM, G3_DEB] {
        let release = read(document, Generation::G3);
        assert_eq!(read(render(&release).as_bytes(), Generation::G3), release);
    }
}
