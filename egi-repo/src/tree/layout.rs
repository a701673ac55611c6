//! Where everything lies below the root of a repository tree.
//!
//! ```text
//! pool/sha256/<2 hex>/<64 hex>         content, once, read-only
//! contents/<content id>.json           the files of a release
//! releases/<ticket>.json               what people are told of a release
//! metadata/                            what indexes say of the pool's packages, kept to save work
//! generations/<area>/<path>/@<number>/ a published repository: hard links, indexes, its manifest
//! generations/<area>/<path>/@<number>.json  the manifest of a generation that is gone, to bring it back by
//! sw/<area>/<path>                     a relative symlink to the live generation; parents are folders
//! sw/<area>/@                          a symlink to the generations of the area, for clients that hold on to one
//! sw/<area>/feeds/                     what entered the area, as feeds; `index.html` in each folder
//! sw/keys/                             public keys
//! tmp/                                 what is being built; leftovers go with the next publication
//! scratch/                             what is being fetched
//! intent.json                          switches of several repositories that are being made together
//! arrivals/<area>.json                 what entered an area last, for its feeds
//! due                                  says that feeds and folder pages are behind what is live
//! log.jsonl                            what people did to the tree by hand
//! lock                                 held by whoever writes
//! nsrw-tree                            says that this is a tree
//! ```
//!
//! The `@` keeps a generation apart from a repository of the same name below: version 1.7.3 and 1.7.3-1 of a product
//! have the keys `…/1/7/3` and `…/1/7/3/1`, and no key has an `@`.

use std::path::{Path, PathBuf};

use egi_model::area::{Area, RepoKey};
use egi_model::content::ContentId;
use egi_model::digest::Sha256;
use egi_model::ticket::TicketId;

/// The name of a generation's manifest. No file of a release can have it: names never start with a dot.
pub(super) const MANIFEST: &str = ".nsrw-manifest.json";
/// The name of the list of what lies in a generation.
pub(super) const LISTING: &str = ".nsrw-files.json";

/// The paths below one root.
#[derive(Debug, Clone)]
pub(super) struct Layout {
    pub(super) root: PathBuf,
}

impl Layout {
    pub(super) fn public(&self) -> PathBuf {
        self.root.join("sw")
    }

    /// What tells a tree from any other folder, such as one that nothing is mounted on.
    pub(super) fn mark(&self) -> PathBuf {
        self.root.join("nsrw-tree")
    }

    pub(super) fn metadata(&self) -> PathBuf {
        self.root.join("metadata")
    }

    pub(super) fn tmp(&self) -> PathBuf {
        self.root.join("tmp")
    }

    pub(super) fn contents(&self) -> PathBuf {
        self.root.join("contents")
    }

    pub(super) fn abouts(&self) -> PathBuf {
        self.root.join("releases")
    }

    pub(super) fn about(&self, ticket: TicketId) -> PathBuf {
        self.abouts().join(format!("{ticket}.json"))
    }

    /// What entered an area last.
    pub(super) fn arrivals(&self, area: Area) -> PathBuf {
        self.root.join("arrivals").join(format!("{area}.json"))
    }

    /// Says that folder pages and feeds are behind what is live.
    pub(super) fn due(&self) -> PathBuf {
        self.root.join("due")
    }

    pub(super) fn log(&self) -> PathBuf {
        self.root.join("log.jsonl")
    }

    pub(super) fn intent(&self) -> PathBuf {
        self.root.join("intent.json")
    }

    pub(super) fn lock(&self) -> PathBuf {
        self.root.join("lock")
    }

    pub(super) fn content(&self, id: ContentId) -> PathBuf {
        self.contents().join(format!("{id}.json"))
    }

    /// A pool file's folder below the root.
    pub(super) fn pool_folder(digest: Sha256) -> PathBuf {
        let hex: String = digest.to_hex().chars().take(2).collect();
        Path::new("pool/sha256").join(hex)
    }

    pub(super) fn pool_file(&self, digest: Sha256) -> PathBuf {
        self.root.join(Self::pool_folder(digest)).join(digest.to_hex())
    }

    /// The folder of a repository's generations below the root.
    pub(super) fn generations_folder(key: &RepoKey) -> PathBuf {
        Path::new("generations").join(key.public_path())
    }

    pub(super) fn generations(&self, key: &RepoKey) -> PathBuf {
        self.root.join(Self::generations_folder(key))
    }

    /// The symlink that clients come through.
    pub(super) fn live(&self, key: &RepoKey) -> PathBuf {
        self.public().join(key.public_path())
    }

    /// The symlink through which clients reach a certain generation. It lies in the area, so that who may not see the
    /// area does not see this.
    pub(super) fn all_generations(&self, area: Area) -> PathBuf {
        self.public().join(area.as_str()).join("@")
    }

    /// What the symlink says: relative, so that the tree can be moved and served under any prefix.
    pub(super) fn live_target(key: &RepoKey, generation: u64) -> PathBuf {
        // `sw`, the area and all but the last segment of the path lie between the root and the symlink.
        let up = "../".repeat(key.path.segments().count() + 1);
        Path::new(&up).join(Self::generations_folder(key)).join(generation_name(generation))
    }
}

pub(super) fn generation_name(number: u64) -> String {
    format!("@{number}")
}

/// The number in a generation's folder name.
pub(super) fn parse_generation(name: &str) -> Option<u64> {
    name.strip_prefix('@')?.parse().ok()
}

/// The name of what is kept of a generation that is gone.
pub(super) fn kept_name(number: u64) -> String {
    format!("@{number}.json")
}

/// The number in the name of what is kept.
pub(super) fn parse_kept(name: &str) -> Option<u64> {
    parse_generation(name.strip_suffix(".json")?)
}
