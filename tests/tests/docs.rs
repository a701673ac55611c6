//! Documents rendered from tables are as the tables are.

#[test]
fn the_page_of_metrics_is_current() {
    let page = include_str!("../../docs/metrics.md");
    assert_eq!(page, egi_metrics::definitions_markdown(), "docs/metrics.md is stale: run `make docs`");
}

#[test]
fn the_page_of_facts_is_current() {
    let page = include_str!("../../docs/facts.md");
    assert_eq!(page, egi_metrics::exchange::facts_markdown(), "docs/facts.md is stale: run `make docs`");
}

#[test]
fn the_page_of_request_trackers_setup_is_current() {
    let page = include_str!("../../docs/rt-setup.md");
    assert_eq!(page, nsrw::rt::render_page(), "docs/rt-setup.md is stale: run `make docs`");
}

#[test]
fn the_page_of_the_doctor_is_current() {
    let page = include_str!("../../docs/doctor.md");
    assert_eq!(page, nsrw::commands::doctor::render_page(), "docs/doctor.md is stale: run `make docs`");
}

#[test]
fn the_page_of_roles_is_current() {
    let page = include_str!("../../docs/roles.md");
    assert_eq!(page, nsrw::permission::render_page(), "docs/roles.md is stale: run `make docs`");
}
