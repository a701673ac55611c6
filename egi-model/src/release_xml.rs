//! `release.xml`.
