//! The checksums file.
