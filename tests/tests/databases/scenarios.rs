//! Some stories of the workflow, which have to be told the same whatever the database.

use std::fs;
use std::path::Path;

use nsrw_tests::scenario;
use nsrw_tests::servers::database::{DatabaseKind, DatabaseServer};

/// Those that use the most of the store.
const STORIES: [&str; 7] = ["happy-path", "deferral", "deferral-ends", "slots", "same-release", "retry", "rejections"];

crate::on_each!(the_stories_are_the_same);

fn the_stories_are_the_same(kind: DatabaseKind) {
    let server = DatabaseServer::start(kind).unwrap();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(&folder);
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    for name in STORIES {
        let script = fs::read_to_string(folder.join(format!("{name}.txt"))).unwrap();
        let transcript = scenario::run_on(&script, &server.make_database().unwrap()).unwrap();
        settings.bind(|| insta::assert_snapshot!(name, transcript));
    }
}
