//! `make demo`: the main job, narrated.

use std::path::PathBuf;

fn main() -> anyhow::Result<()> {
    let folder = std::env::args_os().nth(1).map_or_else(|| PathBuf::from("demo"), PathBuf::from);
    let mut narrator = nsrw_tests::demo::Narrator::new(Box::new(std::io::stdout()));
    nsrw_tests::demo::run(&folder, &mut narrator)
}
