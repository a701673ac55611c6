//! Debian's order of one part of a version (deb-version(7)).
//!
//! Own code, as the crate for it pulls in a regular expression engine and big numbers, and panics on a version with a
//! character outside ASCII, which is a provider's to send.

use std::cmp::Ordering;

/// Compares two upstream versions or two revisions: texts and numbers in turn, texts first.
pub(super) fn order_part(mut one: &[u8], mut two: &[u8]) -> Ordering {
    while !(one.is_empty() && two.is_empty()) {
        let (text_one, text_two) = (take(&mut one, is_text), take(&mut two, is_text));
        let (number_one, number_two) = (take(&mut one, is_digit), take(&mut two, is_digit));
        let order = order_text(text_one, text_two).then_with(|| order_number(number_one, number_two));
        if order.is_ne() {
            return order;
        }
    }
    Ordering::Equal
}

fn is_digit(byte: u8) -> bool {
    byte.is_ascii_digit()
}

fn is_text(byte: u8) -> bool {
    !is_digit(byte)
}

/// Takes the longest beginning whose bytes are all so.
fn take<'a>(rest: &mut &'a [u8], so: fn(u8) -> bool) -> &'a [u8] {
    let end = rest.iter().position(|byte| !so(*byte)).unwrap_or(rest.len());
    let (taken, more) = rest.split_at(end);
    *rest = more;
    taken
}

/// A tilde comes before the end, the end before letters, letters before everything else.
fn order_text(one: &[u8], two: &[u8]) -> Ordering {
    let weight = |byte: Option<&u8>| match byte {
        Some(b'~') => -1,
        None => 0,
        Some(byte) if byte.is_ascii_alphabetic() => i32::from(*byte),
        Some(byte) => i32::from(*byte) + 256,
    };
    let places = 0..one.len().max(two.len());
    let orders = places.map(|at| weight(one.get(at)).cmp(&weight(two.get(at))));
    orders.into_iter().find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
}

/// By value, however many digits; no digits are 0.
fn order_number(one: &[u8], two: &[u8]) -> Ordering {
    let (one, two) = (significant(one), significant(two));
    one.len().cmp(&two.len()).then_with(|| one.cmp(two))
}

fn significant(digits: &[u8]) -> &[u8] {
    let zeros = digits.iter().take_while(|byte| **byte == b'0').count();
    digits.get(zeros..).unwrap_or_default()
}
