//! Packages with as much to say about themselves as ordinary ones, for measuring what indexes cost.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};
use tempfile::TempDir;

use super::{BUILD_TIME, create_dirs, write_file};
use crate::process::run;

/// Files of a package: the median of the 1,096 packages of the Debian 12 that this was written on (their mean is 128).
const FILES: usize = 18;
/// Packages that it requires.
const REQUIRED: usize = 6;
/// Entries of its change log.
const CHANGES: i64 = 5;

/// A package that differs from others in its number alone.
#[derive(Debug, Clone, Copy)]
pub struct TypicalPackage {
    number: u32,
}

impl TypicalPackage {
    /// The package of this number.
    #[must_use]
    pub const fn new(number: u32) -> Self {
        Self { number }
    }

    fn name(self) -> String {
        // Spread over the alphabet, as names are.
        let letter = char::from(b'a' + u8::try_from(self.number % 26).unwrap_or_default());
        format!("{letter}tool-{:05}", self.number)
    }

    fn path(self, file: usize) -> String {
        let name = self.name();
        match file {
            0 => format!("/usr/bin/{name}"),
            1 => format!("/etc/{name}.conf"),
            _ => format!("/usr/share/{name}/module-{:02}/resource-{file:02}.dat", file / 4),
        }
    }

    /// Writes its rpm into `dir`.
    pub fn write_rpm(self, dir: &Path) -> Result<PathBuf> {
        let path = dir.join(format!("{}-1.0.0-1.x86_64.rpm", self.name()));
        self.build_rpm(&path).with_context(|| format!("failed to make the package {}", path.display()))?;
        Ok(path)
    }

    fn build_rpm(self, path: &Path) -> Result<(), rpm::Error> {
        let name = self.name();
        let mut builder = rpm::PackageBuilder::new(&name, "1.0.0", "Apache-2.0", "x86_64", "A tool among many");
        builder.using_config(rpm::BuildConfig::v4().compression(rpm::CompressionType::Gzip).source_date(BUILD_TIME));
        builder.release("1").build_host("localhost").url("https://provider.example.org/tools");
        builder.description(format!("{name} is one of many tools that have this description in common.\n").repeat(4));
        for file in 0..FILES {
            let text = format!("{name} {file}\n");
            builder.with_file_contents(text.as_bytes(), rpm::FileOptions::new(self.path(file)))?;
        }
        builder.provides(rpm::Dependency::eq(format!("lib{name}.so.1()(64bit)"), "1.0.0"));
        for required in 0..REQUIRED {
            builder.requires(rpm::Dependency::greater_eq(format!("library-{required}"), "2.4"));
        }
        for change in 0..CHANGES {
            let at = BUILD_TIME - u32::try_from(change).unwrap_or_default() * 8_640_000;
            let who = format!("Technology Provider <provider@example.org> - 1.0.{}-1", CHANGES - change);
            builder.add_changelog_entry(who, format!("- mended fault {change} of {name}, and said so"), at);
        }
        builder.build()?.write_file(path)
    }

    /// Writes its deb into `dir`.
    pub fn write_deb(self, dir: &Path) -> Result<PathBuf> {
        let name = self.name();
        let path = dir.join(format!("{name}_1.0.0-1_amd64.deb"));
        let tree = TempDir::new().context("failed to create a folder to make a package in")?;
        let inside = |absolute: &str| tree.path().join(absolute.trim_start_matches('/'));
        for file in 0..FILES {
            let place = inside(&self.path(file));
            create_dirs(place.parent().unwrap_or(tree.path()))?;
            write_file(&place, format!("{name} {file}\n"))?;
        }
        create_dirs(&inside("/DEBIAN"))?;
        write_file(&inside("/DEBIAN/control"), self.control())?;
        let mut build = Command::new("dpkg-deb");
        build.env("SOURCE_DATE_EPOCH", BUILD_TIME.to_string());
        build.args(["--root-owner-group", "-Zgzip", "--build"]).arg(tree.path()).arg(&path);
        run(&mut build)?;
        Ok(path)
    }

    fn control(self) -> String {
        let name = self.name();
        let required: Vec<String> = (0..REQUIRED).map(|library| format!("library-{library} (>= 2.4)")).collect();
        let mut text = format!(
            "Package: {name}\nVersion: 1.0.0-1\nArchitecture: amd64\nSection: science\nPriority: optional\n\
             Maintainer: Technology Provider <provider@example.org>\nHomepage: https://provider.example.org/tools\n\
             Depends: {}\nDescription: A tool among many\n",
            required.join(", ")
        );
        for _ in 0..4 {
            // Writing to a string can not fail.
            let _ = writeln!(text, " {name} is one of many tools that have this description in common.");
        }
        text
    }
}
