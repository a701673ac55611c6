//! Makes the packages that the fuzz targets `rpm` and `deb` start from: `seeds fuzz/seeds`.
//!
//! They are small, one for each way of packing. Most are given to the fuzzer without the digests that protect their headers:
//! else nearly every change would be found out before anything else is read.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result};
use nsrw_tests::process::run;
use rpm::{BuildConfig, CompressionWithLevel, Dependency, FileOptions, PackageBuilder};

/// The lead of an rpm, in bytes.
const LEAD: usize = 96;
/// A header without an entry: magic, reserved, no entries, no store.
const EMPTY_HEADER: [u8; 16] = [0x8e, 0xad, 0xe8, 0x01, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

fn main() -> Result<()> {
    let folder = std::env::args_os().nth(1).context("name the folder to write to")?;
    let folder = Path::new(&folder);
    let packings = [
        ("plain", CompressionWithLevel::None),
        ("gz", CompressionWithLevel::Gzip(9)),
        ("xz", CompressionWithLevel::Xz(6)),
        ("zst", CompressionWithLevel::Zstd(3)),
    ];
    for (name, packing) in packings {
        let whole = rpm_bytes(packing).context("failed to make an rpm")?;
        write(folder, &format!("rpm/{name}"), &whole)?;
        let bare = without_signature_header(&whole).context("the rpm that was made is none")?;
        write(folder, &format!("rpm/{name}-bare"), &bare)?;
    }
    for packing in ["none", "gzip", "xz", "zstd"] {
        write_deb(folder, packing)?;
    }
    Ok(())
}

fn write(folder: &Path, name: &str, bytes: &[u8]) -> Result<()> {
    let path = folder.join(name);
    let made = path.parent().map_or(Ok(()), fs::create_dir_all);
    made.and_then(|()| fs::write(&path, bytes)).with_context(|| format!("failed to write {}", path.display()))
}

fn rpm_bytes(packing: CompressionWithLevel) -> Result<Vec<u8>, rpm::Error> {
    let config = BuildConfig::v4().compression(packing).source_date(1_700_000_000_u32).reserved_space(None);
    let mut builder = PackageBuilder::new("seed", "1.2", "Apache-2.0", "x86_64", "A seed");
    builder.using_config(config).release("3.el9").epoch(1).description("Made for the fuzzer.").build_host("localhost");
    builder.requires(Dependency::greater_eq("glibc", "2.17")).provides(Dependency::any("seedling"));
    builder.add_changelog_entry("A Tester <tester@example.org>", "- made", 1_600_000_000_u32);
    builder.pre_install_script("true");
    builder.with_file_contents("seed\n", FileOptions::new("/usr/share/seed/content"))?;
    let mut bytes = Vec::new();
    builder.build()?.write(&mut bytes)?;
    Ok(bytes)
}

/// The same package with an empty signature header, as one that nobody signed or measured.
fn without_signature_header(whole: &[u8]) -> Option<Vec<u8>> {
    let number = |at: usize| Some(u32::from_be_bytes(whole.get(at..at + 4)?.try_into().ok()?) as usize);
    let signature = EMPTY_HEADER.len() + number(LEAD + 8)? * 16 + number(LEAD + 12)?;
    let header = whole.get(LEAD + signature.next_multiple_of(8)..)?;
    Some([whole.get(..LEAD)?, &EMPTY_HEADER, header].concat())
}

fn write_deb(folder: &Path, packing: &str) -> Result<()> {
    let tree = tempfile::tempdir().context("failed to make a folder")?;
    let control = "Package: seed\nVersion: 1:1.2-3\nArchitecture: amd64\nDepends: libc6 (>= 2.17), adduser | passwd\n\
                   Maintainer: A Tester <tester@example.org>\nDescription: A seed\n Made for the fuzzer.\n .\n  Indented.\n";
    write(tree.path(), "DEBIAN/control", control.as_bytes())?;
    write(tree.path(), "DEBIAN/md5sums", b"0d1a4ec3bf3a23e8f0c1aeb22d8c6c3b  usr/share/seed/content\n")?;
    write(tree.path(), "usr/share/seed/content", b"seed\n")?;
    fs::create_dir_all(folder.join("deb")).context("failed to make a folder")?;
    let mut build = Command::new("dpkg-deb");
    build.env("SOURCE_DATE_EPOCH", "1700000000").arg("--root-owner-group").arg(format!("-Z{packing}"));
    run(build.arg("--build").arg(tree.path()).arg(folder.join("deb").join(packing))).map(drop)
}
