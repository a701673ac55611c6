//! Several keys or signatures in one file, as `gpg` writes and reads them.

use std::io;

use pgp::ser::Serialize;

/// One after the other.
pub(super) struct Together<'a, T>(pub(super) &'a [T]);

impl<T: Serialize> Serialize for Together<'_, T> {
    fn to_writer<W: io::Write>(&self, writer: &mut W) -> pgp::errors::Result<()> {
        self.0.iter().try_for_each(|one| one.to_writer(writer))
    }

    fn write_len(&self) -> usize {
        self.0.iter().map(Serialize::write_len).sum()
    }
}
