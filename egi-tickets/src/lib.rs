//! Ticket systems behind one small trait: the embedded desk.
