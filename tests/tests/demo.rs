//! The demo, run as `make demo` runs it, into a temporary folder.

use std::fs::File;

use nsrw_tests::demo::{Narrator, run};

#[test]
fn dnf_and_apt_install_from_what_the_demo_leaves() {
    let home = tempfile::tempdir().unwrap();
    let told = home.path().join("told.txt");
    let mut narrator = Narrator::new(Box::new(File::create(&told).unwrap()));
    let folder = home.path().join("demo");
    run(&folder, &mut narrator).unwrap();

    // The story checks each release's state as it goes; the installs happened in it, with the real clients.
    let story = std::fs::read_to_string(told).unwrap();
    let quoted = |text: &str| story.lines().any(|line| line.trim_start().trim_start_matches("| ") == text);
    assert!(quoted("ca-policy-egi-core-1.37-1.noarch"), "{story}");
    assert!(story.contains("Setting up lcmaps-basic-interface"), "{story}");
    assert!(quoted("no record was altered, removed or put in another place"), "{story}");
    assert!(quoted("tickets, database and repository tree agree"), "{story}");
    for left in
        ["history.txt", "tickets/7.txt", "metrics/lineage.csv", "site/repository/sw/production/CAs/base/repodata"]
    {
        assert!(folder.join(left).exists(), "{left} is missing");
    }
    // The counts of the story: seven delivered; four verified and one skip; three accepted and one skip.
    let total = |file: &str| {
        let text = std::fs::read_to_string(folder.join("metrics").join(file)).unwrap();
        text.lines().find(|line| line.contains("(all)")).unwrap().split_once("(all),").unwrap().1.to_owned()
    };
    assert_eq!(total("m-repo-1.csv"), "7,7,0,0");
    assert_eq!(total("m-repo-2.csv"), "4,1");
    assert_eq!(total("m-repo-3.csv"), "3,1");
}
