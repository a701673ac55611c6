//! Components and targets.
//!
//! The level between release and package is read in every generation: `SoftwareComponent` elements with a name and
//! packages in them. Packages outside of one form a component named by the release's `SoftwareComponent` text, or after
//! the release.

use std::collections::{BTreeMap, BTreeSet};

use super::Generation;
use super::package::{read_package, target};
use super::reading::Reading;
use super::schema::{ARCHITECTURE, PLATFORM};
use super::summary::SEGMENT_ADVICE;
use super::value::parts;
use crate::name::Segment;
use crate::release::{SoftwareComponent, Target};
use crate::xml::{Element, quoted};

const COMPONENT: &str = "SoftwareComponent";

/// What lies below the release level.
#[derive(Debug, Default)]
pub(super) struct Contents {
    /// The parts, in the order of the document.
    pub(super) components: Vec<SoftwareComponent>,
    /// What the release is built for.
    pub(super) targets: Vec<Target>,
    /// What it provides.
    pub(super) capabilities: Vec<String>,
}

/// Reads everything below the release level.
pub(super) fn read_contents(reading: &mut Reading<'_>, release: &Element, product: &str) -> Contents {
    let mut collector = Collector { loose: product.to_owned(), ..Collector::default() };
    collector.read_scalar(reading, release);
    let mut metas = 0;
    for child in &release.children {
        if child.is("Package") || child.is("Packages") || is_component(child) {
            collector.read_container_child(reading, release, child, None);
        } else if child.is("UMDmeta") {
            metas += 1;
            collector.read_meta(reading, child);
        }
    }
    if metas == 0 && reading.generation == Generation::G3 {
        let message = format!("<UMDmeta:UMDmeta> is missing in <{}>", release.name);
        reading.fault(release.at, message, "Add it, with targetPlatform, targetArch and packages in it");
    }
    let Collector { mut contents, targets, .. } = collector;
    contents.targets.extend(targets);
    contents
}

/// A component that holds packages, as against the first generation's scalar of the same name.
fn is_component(element: &Element) -> bool {
    element.is(COMPONENT) && (!element.children.is_empty() || element.attribute("name").is_some())
}

#[derive(Debug, Default)]
struct Collector {
    /// The name of the component for packages outside of any.
    loose: String,
    /// Where each component is in `contents`, and where its element began unless it is the loose one.
    known: BTreeMap<String, (usize, Option<usize>)>,
    contents: Contents,
    /// The targets that packages name; sorted, so that the order of packages does not matter.
    targets: BTreeSet<Target>,
}

impl Collector {
    /// The first generation's `SoftwareComponent` with nothing but text.
    fn read_scalar(&mut self, reading: &mut Reading<'_>, release: &Element) {
        let mut scalars = release.children.iter().filter(|child| child.is(COMPONENT) && !is_component(child));
        let Some(first) = scalars.next() else { return };
        for second in scalars {
            let message =
                format!("<{}> occurs a second time; the first is on line {}", second.name, reading.line(first.at));
            reading.fault(second.at, message, "Keep one, or put the packages of each into it");
        }
        if !first.text().is_empty() {
            first.text().clone_into(&mut self.loose);
            self.component(first.text(), None);
        }
    }

    /// `component` is the index of the component whose element `parent` is.
    fn read_container_child(
        &mut self,
        reading: &mut Reading<'_>,
        parent: &Element,
        child: &Element,
        component: Option<usize>,
    ) {
        if child.is("Package") {
            let index = component.unwrap_or_else(|| self.component(&self.loose.clone(), None));
            let package = read_package(reading, child, &mut self.targets);
            if let Some(component) = self.contents.components.get_mut(index) {
                component.packages.push(package);
            }
        } else if child.is("Packages") {
            for inner in &child.children {
                self.read_container_child(reading, child, inner, component);
            }
        } else if component.is_none() && is_component(child) {
            self.read_component(reading, child);
        } else if !(component.is_some() && child.is("Name")) {
            reading.unknown(child, &parent.name);
        }
    }

    fn read_component(&mut self, reading: &mut Reading<'_>, element: &Element) {
        reading.unknown_attributes(element, &["name"]);
        let Some(name) = reading.property(element, &["name"]) else {
            let message = format!("<{}> has no name", element.name);
            return reading.fault(element.at, message, "Add one, such as <Name>frontend</Name>");
        };
        if let Some((_, Some(first))) = self.known.get(name.text) {
            let message = format!(
                "the component {} occurs a second time; the first is on line {}",
                quoted(name.text),
                reading.line(*first)
            );
            reading.fault(name.at, message, "Put its packages into one component");
        }
        let index = self.component(name.text, Some(element.at));
        for child in &element.children {
            self.read_container_child(reading, element, child, Some(index));
        }
    }

    /// The index of a component, made when it is new.
    fn component(&mut self, name: &str, at: Option<usize>) -> usize {
        let next = self.contents.components.len();
        let entry = self.known.entry(name.to_owned()).or_insert((next, at));
        entry.1 = entry.1.or(at);
        let index = entry.0;
        if index == next {
            self.contents.components.push(SoftwareComponent { name: name.to_owned(), packages: Vec::new() });
        }
        index
    }

    fn read_meta(&mut self, reading: &mut Reading<'_>, meta: &Element) {
        let platform = reading.value(meta, &PLATFORM);
        let arch = reading.value(meta, &ARCHITECTURE);
        match (platform, arch) {
            (Some(platform), Some(arch)) => {
                let platform = reading.parsed::<Segment>(&platform, SEGMENT_ADVICE);
                let arch = reading.parsed::<Segment>(&arch, SEGMENT_ADVICE);
                self.contents.targets.extend(platform.zip(arch).map(|(p, a)| target(&p, &a)));
            }
            (Some(alone), None) | (None, Some(alone)) => {
                let message = format!("{} is given, but not the other half of the target", alone.name);
                reading.fault(alone.at, message, "Give both platform and architecture, such as sl6 and x86_64");
            }
            (None, None) => {}
        }
        for child in &meta.children {
            if child.is("capability") {
                self.read_capability(reading, child);
            } else if child.is("packages") || child.is("package") {
                self.read_container_child(reading, meta, child, None);
            } else if !child.is("targetPlatform") && !child.is("targetArch") {
                reading.unknown(child, &meta.name);
            }
        }
    }

    fn read_capability(&mut self, reading: &mut Reading<'_>, element: &Element) {
        let Some(leaf) = reading.leaf(element) else { return };
        if parts(leaf.text).count() > 1 {
            let message = format!("{} holds several at once: {}", leaf.name, quoted(leaf.text));
            reading.warn(leaf.at, message, "Give each an element of its own");
        }
        self.contents.capabilities.push(leaf.text.to_owned());
    }
}
