//! A site that listens on a free port.

use nsrw_tests::packages::TinyPackage;
use nsrw_tests::provider::Delivery;
use nsrw_tests::serve::{Answer, Serving};
use nsrw_tests::site::Site;
use tempfile::TempDir;

pub(crate) struct World {
    pub(crate) dir: TempDir,
    pub(crate) site: Site,
}

impl World {
    pub(crate) fn new() -> Self {
        let dir = TempDir::new().unwrap();
        let site = Site::init(&dir.path().join("site"), "http://repository.example.org/sw").unwrap();
        site.configure("127.0.0.1:8470", "127.0.0.1:0").unwrap();
        Self { dir, site }
    }

    /// Delivers a release and asks for its intake; nothing is worked on yet.
    pub(crate) fn deliver(&self) -> u64 {
        let folder = self.dir.path().join("delivery");
        let package = TinyPackage::new("storm", "1.0").write_rpm(self.dir.path()).unwrap();
        let delivery = Delivery::builder("TP.storm.sl6.x86_64", "1.0.0").packages([package]).build(&folder).unwrap();
        self.site.allow_folder(self.dir.path()).unwrap();
        let fields = ["AssociatedMajorRelease=umd-4", "ReleaseType=Incremental"];
        let ticket = self.site.open_ticket(&delivery, &format!("file://{}", folder.display()), &fields).unwrap();
        let change = ["ticket", "set", "--as", "carlos", &ticket.to_string(), "RolloutProgress=Unverified"];
        self.site.done(&change).unwrap();
        ticket
    }
}

/// Posts a notice about a ticket that is not there.
pub(crate) fn post(server: &Serving) -> Answer {
    let notice = [
        ("Ticket_Id", "4711"),
        ("Current_Rollout_Progress", "Unverified"),
        ("Previous_Rollout_Progress", "Submitted"),
        ("Emergency_Release", "No"),
    ];
    server.post(&notice).unwrap()
}
