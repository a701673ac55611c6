//! What the real `dnf` and the real `apt` see of 300 real packages in our repository is what they see of them in one
//! that `createrepo_c` or `apt-ftparchive` made.

#![expect(clippy::unwrap_used, reason = "a test stops where its world can not be built")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use nsrw_tests::clients::{AptRoot, DnfRoot};
use nsrw_tests::packages::{DEB_ARCH, build_rpms_of, fetch_many_debs};
use nsrw_tests::process::run;
use nsrw_tests::provider::Delivery;
use nsrw_tests::site::Site;
use tempfile::TempDir;

const COUNT: usize = 300;

/// A site with one release of packages; the repository that the release lies in.
fn publish(folder: &Path, target: (&str, &str), packages: &[PathBuf]) -> PathBuf {
    let site = Site::init(&folder.join("site"), "http://repository.example.org/sw").unwrap();
    site.allow_folder(folder).unwrap();
    let (platform, arch) = target;
    let offered = folder.join("offered");
    let short = format!("Debian.many.{platform}.{arch}");
    let delivery =
        Delivery::builder(&short, "1.0.0").target(platform, arch).packages(packages).build(&offered).unwrap();
    let fields = ["AssociatedMajorRelease=umd-4", "ReleaseType=Incremental"];
    let ticket = site.open_ticket(&delivery, &format!("file://{}", offered.display()), &fields).unwrap();
    site.set(ticket, "carlos", &["RolloutProgress=Unverified"]).unwrap();
    let now = site.field(ticket, "RolloutProgress").unwrap();
    assert_eq!(now, "Unverified", "{:?}", site.comments(ticket).unwrap());
    site.public().join(format!("unverified/umd-4.{}/1/0/0", short.to_lowercase()))
}

/// The first difference of two answers, line by line, for a person; nothing when there is none.
fn difference(ours: &str, theirs: &str) -> String {
    let only = |these: &str, those: &str, sign: char| {
        let those: std::collections::BTreeSet<&str> = those.lines().collect();
        let lines = these.lines().filter(|line| !those.contains(line)).take(5).map(|line| format!("{sign} {line}\n"));
        lines.collect::<String>()
    };
    if ours == theirs {
        String::new()
    } else {
        format!("{}{}(or their order)", only(theirs, ours, '-'), only(ours, theirs, '+'))
    }
}

/// Everything that dnf knows of each package, a line each.
const TAGS: &str = "%{name}|%{epoch}|%{version}|%{release}|%{arch}|%{summary}|%{description}|%{license}|%{url}|%{source_name}|\
%{sourcerpm}|%{buildtime}|%{size}|%{installsize}|%{provides}|%{requires}|%{conflicts}|%{obsoletes}|%{reason}";

#[test]
fn dnf_sees_what_createrepo_c_would_show_it() {
    let folder = TempDir::new().unwrap();
    let debs = folder.path().join("debs");
    let rpms = folder.path().join("rpms");
    for made in [&debs, &rpms] {
        std::fs::create_dir(made).unwrap();
    }
    let packages = build_rpms_of(&fetch_many_debs(COUNT, &debs).unwrap(), &rpms).unwrap();
    assert_eq!(packages.len(), COUNT);
    let ours = publish(folder.path(), ("sl6", "x86_64"), &packages);
    run(Command::new("createrepo_c").arg("--quiet").arg(&rpms)).unwrap();
    let see = |repository: &Path| {
        let root = DnfRoot::new().unwrap();
        root.add_repo("many", &format!("file://{}", repository.display())).unwrap();
        root
    };
    let (ours, theirs) = (see(&ours), see(&rpms));
    let asked: [&[&str]; 6] =
        [&["--queryformat", TAGS], &["--list"], &["--changelogs"], &["--recommends"], &["--suggests"], &["--enhances"]];
    for question in asked {
        let answer = |root: &DnfRoot| root.repoquery(question).unwrap();
        let (ours, theirs) = (answer(&ours), answer(&theirs));
        assert!(!theirs.trim().is_empty(), "{question:?} has no answer");
        assert_eq!(difference(&ours, &theirs), "", "{question:?}");
    }
    // Ours names the address of the generation, as its mirror list does: the files have the same names.
    let names = |root: &DnfRoot| {
        let places = root.repoquery(&["--location"]).unwrap();
        places.lines().filter_map(|place| place.rsplit('/').next().map(str::to_owned)).collect::<Vec<_>>()
    };
    assert_eq!(names(&ours), names(&theirs));
    assert_eq!(ours.query_available().unwrap().len(), COUNT);
}

type Stanzas = BTreeMap<String, BTreeMap<String, String>>;

/// The fields of each package, whatever their order.
fn stanzas(text: &str) -> Stanzas {
    let mut all = Stanzas::new();
    for stanza in text.split("\n\n").filter(|stanza| !stanza.trim().is_empty()) {
        let mut fields: BTreeMap<String, String> = BTreeMap::new();
        let mut last = String::new();
        for line in stanza.lines() {
            match line.split_once(':') {
                Some((name, value)) if !line.starts_with(' ') => {
                    name.clone_into(&mut last);
                    fields.insert(last.clone(), value.trim().to_owned());
                }
                _ => fields.entry(last.clone()).or_default().extend(["\n", line]),
            }
        }
        let name = ["Package", "Architecture"].map(|field| fields.get(field).cloned().unwrap_or_default());
        all.insert(name.join(" "), fields);
    }
    all
}

#[test]
fn apt_sees_what_apt_ftparchive_would_show_it() {
    let folder = TempDir::new().unwrap();
    let theirs = folder.path().join("theirs");
    std::fs::create_dir(&theirs).unwrap();
    let packages = fetch_many_debs(COUNT, &theirs).unwrap();
    let ours = publish(folder.path(), ("debian-bookworm", DEB_ARCH), &packages);
    let index = "mkdir -p dists/debian-bookworm/main/binary-$ARCH
        apt-ftparchive -o APT::FTPArchive::SHA1=false -o APT::FTPArchive::SHA512=false packages . | sed 's|^Filename: ./|Filename: |' >Packages
        mv Packages dists/debian-bookworm/main/binary-$ARCH/Packages
        apt-ftparchive -o APT::FTPArchive::Release::Architectures=$ARCH -o APT::FTPArchive::Release::Components=main \
            -o APT::FTPArchive::Release::Suite=debian-bookworm release dists/debian-bookworm >Release
        mv Release dists/debian-bookworm/Release";
    run(Command::new("sh").args(["-euc", index]).env("ARCH", DEB_ARCH).current_dir(&theirs)).unwrap();
    let see = |repository: &Path| {
        let root = AptRoot::new(DEB_ARCH).unwrap();
        root.add_source(&format!("deb [trusted=yes] file://{} debian-bookworm main", repository.display())).unwrap();
        root.update().unwrap();
        root
    };
    let (ours, theirs) = (see(&ours), see(&theirs));
    let available = |root: &AptRoot| stanzas(&root.ask(&["dumpavail"]).unwrap());
    let (seen, expected) = (available(&ours), available(&theirs));
    assert_eq!(expected.len(), COUNT);
    for (package, fields) in &expected {
        assert_eq!(seen.get(package), Some(fields), "{package}");
    }
    assert_eq!(seen.len(), COUNT);
    let names: Vec<&str> = expected.values().map(|fields| fields["Package"].as_str()).collect();
    let question: Vec<&str> = ["showpkg"].into_iter().chain(names).collect();
    // The name of the file that the list was kept in tells where it came from.
    let answer = |root: &AptRoot| {
        let text = root.ask(&question).unwrap();
        let lines = text.lines().map(|line| line.split("(/").next().unwrap_or_default());
        lines.filter(|line| !line.contains("File: ")).collect::<Vec<_>>().join("\n")
    };
    assert_eq!(difference(&answer(&ours), &answer(&theirs)), "");
}
