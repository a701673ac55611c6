//! The packages that a question is about: ours before and after, and those of others.

use std::collections::BTreeSet;

use egi_model::content::ContentId;
use egi_model::release::PackageFormat;
use egi_model::ticket::TicketId;

use super::{GateQuestion, Stocked};
use crate::closure::{Package, wanted_files};
use crate::outside::{OutsideError, OutsideReader, OutsideStock};
use crate::package::deb_arch;
use crate::tree::{Placement, RepoError, RepoTree};

type Contents = Vec<(TicketId, ContentId)>;

/// The packages of one format.
pub(super) struct World {
    /// What is there today, beside which the release would enter, and what would be there.
    pub(super) before: Vec<Stocked>,
    pub(super) after: Vec<Stocked>,
    /// Those of the release alone.
    pub(super) new: Vec<Stocked>,
    /// What sites have today of other releases.
    pub(super) production: Vec<Stocked>,
    pub(super) under_way: Vec<Stocked>,
    /// By the repository's name.
    pub(super) outside: Vec<(String, OutsideStock)>,
    pub(super) unread: Vec<(String, OutsideError)>,
}

impl World {
    /// `None` where there is no package of the format.
    pub(super) fn load(
        tree: &RepoTree,
        question: &GateQuestion,
        format: PackageFormat,
    ) -> Result<Option<Self>, RepoError> {
        let machine = match deb_arch(question.target.arch.as_str()) {
            // What is for any machine is looked at on the one that most have.
            "noarch" | "any" | "all" => "amd64",
            arch => arch,
        };
        let stock = |contents: &[(TicketId, ContentId)]| tree.stock(contents, format, machine);
        let (before, after) = contents(tree, question)?;
        let (before, after) = (stock(&before)?, stock(&after)?);
        if before.is_empty() && after.is_empty() {
            return Ok(None);
        }
        let entering = question.entering.as_ref().map(|(_, placement)| (placement.ticket, placement.content));
        let mut production = of_repos(tree, &question.production)?;
        production.retain(|(ticket, _)| entering.is_none_or(|(own, _)| own != *ticket));
        let mut world = Self {
            before,
            after,
            new: stock(entering.as_slice())?,
            production: stock(&production)?,
            under_way: stock(&question.under_way)?,
            outside: Vec::new(),
            unread: Vec::new(),
        };
        world.read_outside(tree, question, format, machine);
        if format == PackageFormat::Rpm {
            world.find_files(tree)?;
        }
        Ok(Some(world))
    }

    fn read_outside(&mut self, tree: &RepoTree, question: &GateQuestion, format: PackageFormat, machine: &str) {
        let reader = OutsideReader::new(tree.outside_cache());
        for outside in question.outside.iter().filter(|outside| outside.source.format() == format) {
            let name = outside.name.clone();
            match reader.read(outside, machine) {
                Ok(stock) => self.outside.push((name, stock)),
                Err(error) => self.unread.push((name, error)),
            }
        }
    }

    /// The short list of files in `primary` leaves most out. What is needed and not in it is looked for in all files.
    fn find_files(&mut self, tree: &RepoTree) -> Result<(), RepoError> {
        let mut wanted = wanted_files(self.packages());
        for package in self.packages() {
            for file in &package.files {
                wanted.remove(file);
            }
        }
        if wanted.is_empty() {
            return Ok(());
        }
        for stock in [&mut self.before, &mut self.after, &mut self.under_way] {
            tree.find_files(stock, &wanted)?;
        }
        let reader = OutsideReader::new(tree.outside_cache());
        let (read, unread) = (&mut self.outside, &mut self.unread);
        read.retain_mut(|(name, stock)| match reader.find_files(stock, &wanted) {
            Ok(()) => true,
            Err(error) => {
                unread.push((name.clone(), error));
                false
            }
        });
        Ok(())
    }

    fn packages(&self) -> impl Iterator<Item = &Package> {
        let own = [&self.before, &self.after, &self.under_way].into_iter().flatten().map(|stocked| &stocked.package);
        own.chain(self.outside_packages())
    }

    pub(super) fn outside_packages(&self) -> impl Iterator<Item = &Package> {
        self.outside.iter().flat_map(|(_, stock)| &stock.packages)
    }
}

/// The contents that are there today and those that would be there.
fn contents(tree: &RepoTree, question: &GateQuestion) -> Result<(Contents, Contents), RepoError> {
    let beside = of_repos(tree, &question.beside)?;
    let Some((repo, placement)) = &question.entering else {
        let standing = of_repos(tree, &question.standing)?;
        return Ok((beside.clone(), [standing, beside].concat()));
    };
    let before = of_repos(tree, std::slice::from_ref(repo))?;
    let after = of_placements(&tree.placements_with(repo, placement)?);
    Ok(([before, beside.clone()].concat(), [after, beside].concat()))
}

fn of_repos(tree: &RepoTree, repos: &[egi_model::area::RepoKey]) -> Result<Contents, RepoError> {
    let (mut contents, mut seen) = (Vec::new(), BTreeSet::new());
    for repo in repos.iter().filter(|repo| seen.insert(*repo)) {
        contents.extend(tree.probe_live(repo)?.iter().flat_map(|live| of_placements(&live.placements)));
    }
    Ok(contents)
}

fn of_placements(placements: &[Placement]) -> Contents {
    placements.iter().map(|placement| (placement.ticket, placement.content)).collect()
}
