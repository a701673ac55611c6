//! A delivery as a script orders it, and the ways a script can spoil it.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use egi_model::release::{Emergency, ReleaseType};

use crate::packages::TinyPackage;
use crate::provider::Delivery;

/// One delivery with what its ticket will say.
#[derive(Debug)]
pub(super) struct Offer {
    pub(super) delivery: Delivery,
    pub(super) protocol: String,
    /// The ticket's fields, as `NAME=VALUE`.
    pub(super) fields: Vec<String>,
}

/// What a script orders.
struct Order<'s> {
    product: &'s str,
    version: &'s str,
    options: &'s [&'s str],
}

impl<'s> Order<'s> {
    fn has(&self, word: &str) -> bool {
        self.options.contains(&word)
    }

    fn value(&self, key: &str) -> Option<&'s str> {
        self.options.iter().find_map(|option| option.split_once('=').filter(|(k, _)| *k == key).map(|(_, v)| v))
    }

    fn check(&self) -> Result<()> {
        const KEYS: [&str; 9] = ["name", "by", "for", "packages", "arch", "content", "size", "major", "short"];
        const WORDS: [&str; 3] = ["deb", "base", "emergency"];
        let known = |option: &str| match option.split_once('=') {
            Some((key, _)) => KEYS.contains(&key),
            None => WORDS.contains(&option),
        };
        match self.options.iter().find(|option| !known(option)) {
            Some(option) => bail!("a delivery has no \"{option}\""),
            None => Ok(()),
        }
    }

    fn package(&self, named: &str, dir: &Path) -> Result<PathBuf> {
        let (name, version) = named.split_once(':').unwrap_or((named, self.version));
        let mut package = TinyPackage::new(name, version);
        if let Some(arch) = self.value("arch") {
            package = package.arch(arch);
        }
        if let Some(content) = self.value("content") {
            package = package.content(content);
        }
        if let Some(size) = self.value("size") {
            package = package.content(&noise(size.parse().context("the size is no number")?));
        }
        if self.has("deb") { package.write_deb(dir) } else { package.write_rpm(dir) }
    }
}

/// So many letters that no compressor makes smaller by more than a quarter.
fn noise(size: usize) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-";
    let mut state = 0x2545_F491_4F6C_DD1D_u64;
    let mut next = || {
        // Marsaglia's xorshift: no secret, only no pattern.
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state >> 58).unwrap_or_default()
    };
    (0..size).filter_map(|_| LETTERS.get(next())).map(|letter| char::from(*letter)).collect()
}

impl Offer {
    /// Its name, and the delivery itself in a folder of that name below `provider`.
    pub(super) fn order(
        product: &str,
        version: &str,
        options: &[&str],
        provider: &Path,
        packages: &Path,
    ) -> Result<(String, Self)> {
        let order = Order { product, version, options };
        order.check()?;
        let usual = if order.has("deb") { "debian-bookworm/amd64" } else { "sl6/x86_64" };
        let target = order.value("for").unwrap_or(usual);
        let (platform, arch) = target.split_once('/').context("a target is PLATFORM/ARCH")?;
        let kind = if order.has("base") { ReleaseType::NonIncremental } else { ReleaseType::Incremental };
        let emergency = if order.has("emergency") { Emergency::Yes } else { Emergency::No };
        let name = order.value("name").map_or_else(|| format!("{product}-{version}"), str::to_owned);
        let short = order.value("short").map_or_else(|| format!("TP.{product}.{platform}.{arch}"), str::to_owned);
        let made = packages.join(&name);
        std::fs::create_dir_all(&made).context("failed to create a folder for packages")?;
        let files =
            order.value("packages").unwrap_or(order.product).split(',').map(|named| order.package(named, &made));
        let delivery = Delivery::builder(&short, version)
            .target(platform, arch)
            .release_type(kind)
            .emergency(emergency)
            .packages(files.collect::<Result<Vec<_>>>()?)
            .build(&provider.join(&name))?;
        let major = order.value("major").unwrap_or("umd-4");
        let fields = vec![
            format!("AssociatedMajorRelease={major}"),
            format!("ReleaseType={kind}"),
            format!("EmergencyRelease={emergency}"),
        ];
        Ok((name, Self { delivery, protocol: order.value("by").unwrap_or("file").to_owned(), fields }))
    }

    /// Spoils it. Files are named by their path in the delivery.
    pub(super) fn spoil(&mut self, how: &[&str]) -> Result<()> {
        let delivery = &mut self.delivery;
        match how {
            ["flip", file] => delivery.flip_bit(file),
            ["truncate", file, bytes] => delivery.truncate(file, bytes.parse()?),
            ["missing", file] => delivery.remove_file(file),
            ["extra", file] => delivery.add_file(file, b"extra"),
            ["gone"] => delivery.remove_folder(),
            ["aged"] => delivery.set_back_times(),
            ["rename", file, to] => delivery.rename_file(file, to),
            ["symlink", file, target] => delivery.add_symlink(file, Path::new(target)),
            ["hardlink", file, target] => delivery.add_hard_link(file, Path::new(target)),
            ["fifo", file] => delivery.add_fifo(file),
            ["misstate", file] => delivery.misstate_digest(file),
            ["list-missing", file] => delivery.list_missing(file, b"missing"),
            ["list-anew"] => delivery.list_anew(),
            ["list-with-md5"] => delivery.list_with_md5(),
            ["list-twice", file] => delivery.list_twice(file),
            ["unlist", file] => delivery.unlist(file),
            ["release.xml", from, to] => delivery.edit_release_xml(from, to),
            ["checksums.xml", from, to] => delivery.edit_checksums_xml(from, to),
            ["bloat", bytes] => {
                let comment = format!("<!--{}-->", " ".repeat(bytes.parse()?));
                let text = format!("{}{comment}", delivery.release_xml);
                delivery.set_release_xml(text)
            }
            ["fixture", name] => {
                let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../egi-model/fixtures/release");
                let path = folder.join(name);
                let text =
                    std::fs::read_to_string(&path).with_context(|| format!("failed to read {}", path.display()))?;
                delivery.set_release_xml(text)
            }
            _ => bail!("there is no such way to spoil a delivery"),
        }
    }
}
