//! Unpacks what packages are packed with, within bounds.

use std::io::{self, BufRead, Read};

use liblzma::bufread::XzDecoder;
use liblzma::stream::{CONCATENATED, Stream};

/// The memory that unpacking may take, in bytes: `xz -9` needs 65 MiB.
const MAX_MEMORY: u64 = 128 << 20;
/// The same as a power of two, for zstd.
const MAX_WINDOW_LOG: u32 = 27;
/// The most bytes a package may unfold into: far more than any real one does.
pub(super) const MAX_UNPACKED: u64 = 64 << 30;

/// How something is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Packing {
    Plain,
    Gz,
    Bz2,
    Lzma,
    Xz,
    Zst,
}

impl Packing {
    /// By the end of a file name: `.xz`; nothing is `Plain`.
    pub(crate) fn of_suffix(suffix: &str) -> Option<Self> {
        match suffix {
            "" => Some(Self::Plain),
            ".gz" => Some(Self::Gz),
            ".bz2" => Some(Self::Bz2),
            ".lzma" => Some(Self::Lzma),
            ".xz" => Some(Self::Xz),
            ".zst" => Some(Self::Zst),
            _ => None,
        }
    }

    /// By the name that rpm has for it.
    pub(super) fn of_rpm(name: &str) -> Option<Self> {
        match name {
            "none" => Some(Self::Plain),
            "gzip" => Some(Self::Gz),
            "bzip2" => Some(Self::Bz2),
            "lzma" => Some(Self::Lzma),
            "xz" => Some(Self::Xz),
            "zstd" => Some(Self::Zst),
            _ => None,
        }
    }
}

/// Unpacks as it is read. What ends too early, or does not match the packing's own check sums, is an error.
pub(crate) fn unpack<'a>(packed: impl BufRead + 'a, packing: Packing) -> io::Result<Box<dyn Read + 'a>> {
    Ok(match packing {
        Packing::Plain => Box::new(packed),
        Packing::Gz => Box::new(flate2::bufread::MultiGzDecoder::new(packed)),
        Packing::Bz2 => Box::new(bzip2::bufread::MultiBzDecoder::new(packed)),
        Packing::Lzma => Box::new(XzDecoder::new_stream(packed, Stream::new_lzma_decoder(MAX_MEMORY)?)),
        Packing::Xz => Box::new(XzDecoder::new_stream(packed, Stream::new_stream_decoder(MAX_MEMORY, CONCATENATED)?)),
        Packing::Zst => {
            let mut decoder = zstd::stream::read::Decoder::with_buffer(packed)?;
            decoder.window_log_max(MAX_WINDOW_LOG)?;
            Box::new(decoder)
        }
    })
}
