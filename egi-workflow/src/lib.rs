//! The transition engine: table, rules, decide, plan, notify, messages. Pure: no async, no clock, no I/O.
