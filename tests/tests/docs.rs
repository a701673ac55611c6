//! Documents rendered from tables are as the tables are.

#[test]
fn the_page_of_metrics_is_current() {
    let page = include_str!("../../docs/metrics.md");
    assert_eq!(page, egi_metrics::definitions_markdown(), "docs/metrics.md is stale: run `make docs`");
}

#[test]
fn the_page_of_request_trackers_setup_is_current() {
    let page = include_str!("../../docs/rt-setup.md");
    assert_eq!(page, nsrw::rt::render_page(), "docs/rt-setup.md is stale: run `make docs`");
}
