//! A site that listens on a free port.

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
