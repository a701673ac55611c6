//! What packages say, and what is wrong with them.

mod inspecting;

use std::fs;
use std::os::unix::fs::FileExt as _;
use std::path::PathBuf;

use egi_model::release::Target;
use tempfile::TempDir;

use super::testing::{Packing, control, deb_bytes, deb_of, rpm_bytes};
use super::*;
use crate::openpgp::Keyring;
use crate::progress::Silent;

struct Shelf(TempDir);

impl Shelf {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    fn put(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    }
}

fn target(arch: &str) -> Target {
    Target { platform: "sl6".parse().unwrap(), arch: arch.parse().unwrap() }
}

#[test]
fn an_rpm_tells_what_it_is() {
    let bytes = rpm_bytes("ca-policy-egi-core", "1.37", "1", "noarch");
    let header = rpm::read(&Shelf::new().put("ca-policy-egi-core-1.37-1.noarch.rpm", &bytes)).unwrap();
    assert_eq!(header.identity(), "ca-policy-egi-core-1.37-1.noarch");
    assert_eq!((header.size, header.sha256), (bytes.len() as u64, Sha256::of(&bytes)));
    assert_eq!(header.file_name, "ca-policy-egi-core-1.37-1.noarch.rpm");
    assert_eq!(header.license.as_deref(), Some("Apache-2.0"));
    assert_eq!(header.summary, "A package for tests");
    assert_eq!(header.depends, ["glibc >= 2.17"]);
}

#[test]
fn a_deb_tells_what_it_is_however_it_is_packed() {
    let shelf = Shelf::new();
    for packing in [Packing::Plain, Packing::Gz, Packing::Xz, Packing::Zst] {
        let path = shelf.put("x.deb", &deb_of(&control("argus-pep", "1:2.3-4", "amd64"), packing));
        let header = deb::read(&path).unwrap();
        assert_eq!(header.identity(), "argus-pep_1:2.3-4_amd64", "{packing:?}");
        assert_eq!((header.epoch, header.version.as_str(), header.release.as_deref()), (1, "2.3", Some("4")));
        assert_eq!(header.summary, "A package for tests");
        assert_eq!(header.description, "Made by a test.\n\n  Indented.");
        assert_eq!(header.depends, ["dpkg (>= 1.18)", "libc6 (>= 2.17)", "adduser | passwd"]);
    }
}

#[test]
fn a_package_cut_short_anywhere_is_refused() {
    let shelf = Shelf::new();
    let cut_everywhere = |path: PathBuf, read: fn(&Path) -> Result<PackageHeader, PackageError>| {
        read(&path).unwrap();
        let file = File::options().write(true).open(&path).unwrap();
        for len in (0..file.metadata().unwrap().len()).rev() {
            file.set_len(len).unwrap();
            let error = read(&path).unwrap_err();
            assert!(error.to_string().contains("/cut.") && !error.is_transient(), "{len}: {error}");
        }
    };
    cut_everywhere(shelf.put("cut.rpm", &rpm_bytes("gridsite", "2.3.5", "1", "x86_64")), rpm::read);
    cut_everywhere(shelf.put("cut.deb", &deb_bytes("gridsite", "2.3.5-1", "amd64")), deb::read);
}

#[test]
fn a_flipped_bit_in_an_rpm_header_is_refused() {
    let shelf = Shelf::new();
    let good = rpm_bytes("gridsite", "2.3.5", "1", "x86_64");
    let path = shelf.put("bad.rpm", &good);
    let offsets = rpm::load(&path).unwrap().get_package_segment_offsets();
    let file = File::options().write(true).open(&path).unwrap();
    for (at, byte) in (0..offsets.payload).zip(&good) {
        file.write_all_at(&[byte ^ 0x10], at).unwrap();
        let read = rpm::read(&path);
        assert!(read.is_err() || at < offsets.header, "byte {at} of the header");
        file.write_all_at(&[*byte], at).unwrap();
    }
    rpm::read(&path).unwrap();
}

#[test]
fn an_rpm_header_that_promises_too_much_costs_no_memory() {
    let shelf = Shelf::new();
    let good = rpm_bytes("gridsite", "2.3.5", "1", "x86_64");
    // The signature header starts at 96: 8 bytes of magic, the number of entries, the size of the store, entries.
    for (at, part) in [(104, "at most 65535"), (108, "4294967295 bytes"), (96 + 16 + 12, "leaves its")] {
        let mut bad = good.clone();
        bad[at..at + 4].copy_from_slice(&[0xff; 4]);
        let error = rpm::read(&shelf.put("bad.rpm", &bad)).unwrap_err().to_string();
        assert!(error.contains("bad.rpm") && error.contains(part), "{error}");
    }
}

#[test]
fn a_deb_with_a_crafted_control_file_is_refused() {
    let usual = control("x", "1-1", "all");
    for (name, text, part) in [
        ("two paragraphs", format!("{usual}\nPackage: evil\n"), "a blank line"),
        ("a hidden second paragraph", usual.replace(" .\n", " \nPackage: evil\n"), "a blank line"),
        ("a field twice", format!("{usual}Version: 2\n"), "the field Version twice"),
        ("no name", usual.replace("Package: x\n", ""), "a field Package"),
        ("no fields", "hello\n".to_owned(), "no field in line 1"),
        ("a bad epoch", usual.replace("1-1", "x:1-1"), "epoch is a number"),
    ] {
        let error = deb::read(&Shelf::new().put("bad.deb", &deb_of(&text, Packing::Gz))).unwrap_err().to_string();
        assert!(error.contains("bad.deb") && error.contains(part), "{name}: {error}");
    }
}

#[test]
fn a_deb_that_unfolds_without_end_is_refused() {
    let huge = format!("{}X-Filler: {}\n", control("x", "1", "all"), "y".repeat(5 << 20));
    let error = deb::read(&Shelf::new().put("bomb.deb", &deb_of(&huge, Packing::Xz))).unwrap_err();
    assert!(matches!(error, PackageError::TooLarge { what: "a control file", .. }), "{error}");
}

#[test]
fn a_stanza_repeats_the_control_file_but_not_its_claims_about_the_file() {
    let text = "Version: 1\nFilename: ../../evil\nsha512: 00\nPackage: x\nDescription: short\n  indented\n .\n  more\n";
    let stanza = Control::parse(text).unwrap().render_stanza(&[("Filename", "x_1_all.deb".to_owned())]);
    let expected = "Package: x\nVersion: 1\nDescription: short\n  indented\n .\n  more\nFilename: x_1_all.deb\n";
    assert_eq!(stanza, expected);
}

#[test]
fn packages_that_fit_have_no_faults() {
    let shelf = Shelf::new();
    for (name, bytes, arch) in [
        ("a-1.0-1.noarch.rpm", rpm_bytes("a", "1.0", "1", "noarch"), "x86_64"),
        ("a-1.0-1.i686.rpm", rpm_bytes("a", "1.0", "1", "i686"), "x86_64"),
        ("a-1.0-1.x86_64.rpm", rpm_bytes("a", "1.0", "1", "x86_64"), "noarch"),
        ("a-b-latest.rpm", rpm_bytes("a", "1.0", "1", "x86_64"), "x86_64"),
        ("b-2.0-7.noarch.rpm", rpm_bytes("a", "1.0", "1", "x86_64"), "x86_64"),
    ] {
        let header = rpm::read(&shelf.put(name, &bytes)).unwrap();
        assert_eq!(check(&[header], &target(arch)), [""; 0], "{name} for {arch}");
    }
    for (name, version, arch) in [
        ("a_1%3a1.0-1_amd64.deb", "1:1.0-1", "x86_64"),
        ("a_1.0-1_amd64.deb", "1:1.0-1", "amd64"),
        ("a_1.0_amd64.deb", "1.0", "any"),
    ] {
        let header = deb::read(&shelf.put(name, &deb_bytes("a", version, "amd64"))).unwrap();
        assert_eq!(check(&[header], &target(arch)), [""; 0], "{name} for {arch}");
    }
}

#[test]
fn every_fault_of_a_release_is_told() {
    let shelf = Shelf::new();
    let rpm_named =
        |file: &str, release, arch| rpm::read(&shelf.put(file, &rpm_bytes("a", "1.0", release, arch))).unwrap();
    let mut other = rpm_named("again.rpm", "1", "x86_64");
    other.sha256 = Sha256::of(b"other bytes");
    let headers =
        [rpm_named("a-1.0-1.x86_64.rpm", "1", "x86_64"), rpm_named("a-1.0-1.aarch64.rpm", "1", "aarch64"), other];
    let faults = check(&headers, &target("x86_64"));
    let expected = [
        "a-1.0-1.aarch64.rpm: it is built for aarch64, the release's target is sl6/x86_64;",
        "a-1.0-1.x86_64.rpm and again.rpm are both a-1.0-1.x86_64 with different content",
    ];
    assert_eq!(faults.len(), expected.len(), "{faults:#?}");
    for (fault, start) in faults.iter().zip(expected) {
        assert!(fault.starts_with(start), "{fault}");
    }
}

#[test]
fn reading_a_folder_tells_all_that_is_broken() {
    let shelf = Shelf::new();
    let mut files = Vec::new();
    for (name, bytes) in [
        ("a-1-1.noarch.rpm", rpm_bytes("a", "1", "1", "noarch")),
        ("bad.rpm", b"not an rpm".to_vec()),
        ("bad.deb", b"!<arch>\n".to_vec()),
        ("README", b"hello".to_vec()),
    ] {
        shelf.put(name, &bytes);
        files.push(ContentFile { path: name.parse().unwrap(), size: bytes.len() as u64, sha256: Sha256::of(&bytes) });
    }
    let judge = Judge { policy: SignaturePolicy::default(), keyring: &Keyring::default(), now: chrono::Utc::now() };
    let (headers, faults) = inspect_all(shelf.0.path(), &files, &judge, &Silent);
    assert_eq!(headers.iter().map(PackageHeader::identity).collect::<Vec<_>>(), ["a-1-1.noarch"]);
    assert_eq!(faults.len(), 2, "{faults:?}");
}
