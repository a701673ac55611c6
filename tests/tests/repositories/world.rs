//! A site whose public folder is served over HTTP, with signed packages and signed indexes.

use std::fs;
use std::path::{Path, PathBuf};

use nsrw_tests::clients::{AptRoot, DnfRoot};
use nsrw_tests::keys::SecretKey;
use nsrw_tests::packages::TinyPackage;
use nsrw_tests::provider::Delivery;
use nsrw_tests::servers::HttpServer;
use nsrw_tests::site::Site;
use tempfile::TempDir;

/// Where rpms of [`World`] lie in production, and debs.
pub(crate) const YUM: &str = "production/umd/4/sl6/x86_64/updates";
pub(crate) const APT: &str = "production/umd/4/debian-bookworm/amd64/updates";

pub(crate) struct World<S = HttpServer> {
    pub(crate) folder: TempDir,
    pub(crate) server: S,
    /// Where the public finds the folder `sw`.
    pub(crate) url: String,
    pub(crate) site: Site,
    /// Signs the packages.
    provider: SecretKey,
    /// Signs the indexes.
    _repository: SecretKey,
}

/// A release that a provider delivers, of one package that has the product's name and version.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Offer {
    pub(crate) product: &'static str,
    pub(crate) version: &'static str,
    pub(crate) kind: Kind,
    pub(crate) emergency: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Rpm,
    Deb,
}

pub(crate) const fn rpm(product: &'static str, version: &'static str) -> Offer {
    Offer { product, version, kind: Kind::Rpm, emergency: false }
}

pub(crate) const fn deb(product: &'static str, version: &'static str) -> Offer {
    Offer { kind: Kind::Deb, ..rpm(product, version) }
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(&[])
    }

    /// With some settings, `section.key` and value.
    pub(crate) fn with(settings: &[(&str, &str)]) -> Self {
        let serve = |tree: &Path| {
            let server = HttpServer::serve(tree.ancestors().nth(2).unwrap()).unwrap();
            let url = format!("{}/site/repository/sw", server.url());
            (server, url)
        };
        Self::served(serve, settings)
    }
}

impl<S> World<S> {
    /// With a server of the repository tree, which is not there yet, and the address of its folder `sw`.
    pub(crate) fn served(serve: impl FnOnce(&Path) -> (S, String), settings: &[(&str, &str)]) -> Self {
        let folder = TempDir::new().unwrap();
        let (server, url) = serve(&folder.path().join("site/repository"));
        let site = Site::init(&folder.path().join("site"), &url).unwrap();
        let (provider, repository) = (SecretKey::new("rsa3072").unwrap(), SecretKey::new("rsa3072").unwrap());
        let file = |path: PathBuf| format!("\"{}\"", path.display());
        let signing = format!("[{{ backend = \"file\", secret = {} }}]", file(repository.secret().unwrap()));
        site.change_setting("signing.keys", &signing).unwrap();
        site.change_setting("signing.public", &format!("[{}]", file(repository.public().unwrap()))).unwrap();
        site.change_setting("intake.signatures", "\"required\"").unwrap();
        let keyrings = format!("{{ TP = [{}] }}", file(provider.public().unwrap()));
        site.change_setting("intake.keyrings", &keyrings).unwrap();
        for (name, value) in settings {
            site.change_setting(name, value).unwrap();
        }
        site.allow_folder(folder.path()).unwrap();
        Self { folder, server, url, site, provider, _repository: repository }
    }

    /// Delivers a release, up to the unverified area.
    pub(crate) fn deliver(&self, offer: Offer) -> u64 {
        let Offer { product, version, .. } = offer;
        let made = self.folder.path().join(format!("made-{product}-{version}-{:?}", offer.kind));
        fs::create_dir(&made).unwrap();
        let package = TinyPackage::new(product, version);
        let (path, short, target) = match offer.kind {
            Kind::Rpm => (package.write_rpm(&made).unwrap(), format!("TP.{product}.sl6.x86_64"), ("sl6", "x86_64")),
            Kind::Deb => {
                let short = format!("TP.{product}.debian-bookworm.amd64");
                (package.write_deb(&made).unwrap(), short, ("debian-bookworm", "amd64"))
            }
        };
        match offer.kind {
            Kind::Rpm => self.provider.sign_rpm(&path).unwrap(),
            Kind::Deb => self.provider.sign_deb(&path).unwrap(),
        }
        let folder = made.join("delivery");
        let delivery = Delivery::builder(&short, version).title(&format!("The <{product}> service"));
        let delivery = delivery.target(target.0, target.1).package(path).build(&folder).unwrap();
        let emergency = if offer.emergency { "EmergencyRelease=Yes" } else { "EmergencyRelease=No" };
        let fields = ["AssociatedMajorRelease=umd-4", "ReleaseType=Incremental", emergency];
        let ticket = self.site.open_ticket(&delivery, &format!("file://{}", folder.display()), &fields).unwrap();
        self.move_to(ticket, "carlos", &[], "Unverified");
        ticket
    }

    /// Delivers a release and takes it into staged rollout.
    pub(crate) fn stage(&self, offer: Offer) -> u64 {
        let ticket = self.deliver(offer);
        self.move_to(ticket, "carlos", &[], "InVerification");
        self.move_to(ticket, "carlos", &["Verification-Report=https://documents.example.org/1"], "StageRollout");
        ticket
    }

    /// Delivers a release and takes it to production.
    pub(crate) fn produce(&self, offer: Offer) -> u64 {
        let ticket = self.stage(offer);
        self.move_to(ticket, "mario", &["StageRollout-Report=https://documents.example.org/2"], "Production");
        ticket
    }

    pub(crate) fn move_to(&self, ticket: u64, who: &str, fields: &[&str], state: &str) {
        let progress = format!("RolloutProgress={state}");
        let changes: Vec<&str> = fields.iter().copied().chain([progress.as_str()]).collect();
        self.site.set(ticket, who, &changes).unwrap();
        let now = self.site.field(ticket, "RolloutProgress").unwrap();
        assert_eq!(now, state, "{:?}", self.site.comments(ticket).unwrap());
    }

    /// A file of a repository, or of the folders above.
    pub(crate) fn public(&self, path: &str) -> PathBuf {
        self.site.public().join(path)
    }

    pub(crate) fn text(&self, path: &str) -> String {
        let path = self.public(path);
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// The file that sites install by.
    pub(crate) fn repofile(&self, repository: &str, ending: &str) -> String {
        let folder =
            fs::read_dir(self.public(repository).join("repofiles")).unwrap().map(|entry| entry.unwrap().path());
        let path = folder.into_iter().find(|path| path.extension().is_some_and(|e| e == ending)).unwrap();
        fs::read_to_string(path).unwrap()
    }

    /// A `dnf` that has [`YUM`] by the file that it offers, unchanged.
    pub(crate) fn dnf(&self) -> DnfRoot {
        let dnf = DnfRoot::new().unwrap();
        let text = self.repofile(YUM, "repo");
        assert!(text.contains("\ngpgcheck=1\nrepo_gpgcheck=1\n"), "{text}");
        dnf.add_repo_file("umd", &text).unwrap();
        dnf
    }

    /// An `apt-get` that has [`APT`] by the file that it offers, unchanged.
    pub(crate) fn apt(&self) -> AptRoot {
        let apt = self.apt_without_lists();
        apt.update().unwrap();
        apt
    }

    /// The same before it has asked for anything.
    pub(crate) fn apt_without_lists(&self) -> AptRoot {
        let apt = AptRoot::new("amd64").unwrap();
        let text = self.repofile(APT, "sources");
        assert!(text.contains("Signed-By:"), "{text}");
        apt.add_sources_file("umd", &text).unwrap();
        apt
    }
}

/// Changes a published file as somebody between repository and site could: in place of a link to the pool there is a file of
/// its own.
pub(crate) fn tamper(path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = fs::read(path).unwrap();
    change(&mut bytes);
    fs::remove_file(path).unwrap();
    fs::write(path, bytes).unwrap();
}
