//! Packages made for tests.

use std::io::Write as _;
use std::path::Path;

use rpm::{BuildConfig, CompressionWithLevel, Dependency, FileOptions, PackageBuilder};

/// A small rpm with one file, a changelog and a dependency.
pub(crate) fn rpm_bytes(name: &str, version: &str, release: &str, arch: &str) -> Vec<u8> {
    let config =
        BuildConfig::v4().compression(CompressionWithLevel::Gzip(1)).source_date(1_700_000_000).reserved_space(None);
    let mut builder = PackageBuilder::new(name, version, "Apache-2.0", arch, "A package for tests");
    builder.using_config(config).release(release).description("Made by a test.\n  Indented & <marked>.");
    builder.requires(Dependency::greater_eq("glibc", "2.17"));
    builder.add_changelog_entry("A Tester <tester@example.org>", "- made", 1_600_000_000_u32);
    let path = format!("/usr/share/{name}/{version}-{release}");
    builder.with_file_contents(format!("{name} {version}\n"), FileOptions::new(path)).unwrap();
    let mut bytes = Vec::new();
    builder.build().unwrap().write(&mut bytes).unwrap();
    bytes
}

/// The usual control file.
pub(crate) fn control(name: &str, version: &str, arch: &str) -> String {
    format!(
        "Package: {name}\nVersion: {version}\nArchitecture: {arch}\nMaintainer: A Tester <tester@example.org>\n\
         Pre-Depends: dpkg (>= 1.18)\nDepends: libc6 (>= 2.17), adduser | passwd\nSection: net\nPriority: optional\n\
         Description: A package for tests\n Made by a test.\n .\n   Indented.\n"
    )
}

/// How the control archive is packed.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Packing {
    Plain,
    Gz,
    Xz,
    Zst,
}

pub(crate) fn deb_bytes(name: &str, version: &str, arch: &str) -> Vec<u8> {
    deb_of(&control(name, version, arch), Packing::Gz)
}

pub(crate) fn deb_of(control: &str, packing: Packing) -> Vec<u8> {
    let tar = tar_of("./control", control.as_bytes());
    let (suffix, packed) = match packing {
        Packing::Plain => ("", tar),
        Packing::Gz => (".gz", gzip(&tar)),
        Packing::Xz => (".xz", liblzma::encode_all(tar.as_slice(), 1).unwrap()),
        Packing::Zst => (".zst", zstd::encode_all(tar.as_slice(), 1).unwrap()),
    };
    let mut archive = ar::Builder::new(Vec::new());
    for (name, bytes) in [
        ("debian-binary".to_owned(), b"2.0\n".to_vec()),
        (format!("control.tar{suffix}"), packed),
        ("data.tar.gz".to_owned(), gzip(&tar_of("./usr/share/doc/x", control.as_bytes()))),
    ] {
        archive.append(&ar::Header::new(name.into_bytes(), bytes.len() as u64), bytes.as_slice()).unwrap();
    }
    archive.into_inner().unwrap()
}

fn tar_of(name: &str, bytes: &[u8]) -> Vec<u8> {
    let mut header = tar::Header::new_gnu();
    header.set_size(bytes.len() as u64);
    header.set_mode(0o644);
    let mut tar = tar::Builder::new(Vec::new());
    tar.append_data(&mut header, Path::new(name), bytes).unwrap();
    tar.into_inner().unwrap()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}
