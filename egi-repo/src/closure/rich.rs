//! rpm's boolean dependencies: `(a >= 1 or (b with c))`.

use super::need::{Atom, Bound, Machine, Need, Op};
use crate::version::Version;

/// How deep brackets may be nested.
const MAX_DEPTH: usize = 20;

/// What the expression says; `None` if it can not be understood.
pub(super) fn parse(text: &str) -> Option<Need> {
    let mut words = Words { rest: text };
    let need = words.bracket(0)?;
    words.rest.trim().is_empty().then_some(need)
}

/// What stands there can not be read.
struct Unreadable;

struct Words<'a> {
    rest: &'a str,
}

impl<'a> Words<'a> {
    /// The next word, which is not taken. A bracket is a word; those within a name (`perl(Foo)`) belong to it.
    fn peek(&self) -> &'a str {
        let rest = self.rest.trim_start();
        if rest.starts_with(['(', ')']) {
            return rest.get(..1).unwrap_or_default();
        }
        let mut depth = 0_usize;
        let end = rest.char_indices().find(|(_, c)| match c {
            '(' => {
                depth += 1;
                false
            }
            ')' if depth == 0 => true,
            ')' => {
                depth -= 1;
                false
            }
            c => c.is_whitespace(),
        });
        rest.get(..end.map_or(rest.len(), |(at, _)| at)).unwrap_or_default()
    }

    fn next(&mut self) -> &'a str {
        let word = self.peek();
        self.rest = self.rest.trim_start().get(word.len()..).unwrap_or_default();
        word
    }

    fn expect(&mut self, word: &str) -> Option<()> {
        (self.next() == word).then_some(())
    }

    /// `( operand [operator operand]... )`
    fn bracket(&mut self, depth: usize) -> Option<Need> {
        self.expect("(")?;
        let first = self.operand(depth)?;
        let need = match self.peek() {
            ")" => first,
            operator @ ("and" | "or" | "with") => {
                let mut parts = vec![first];
                while self.peek() == operator {
                    self.next();
                    parts.push(self.operand(depth)?);
                }
                match operator {
                    "and" => Need::All(parts),
                    "or" => Need::Any(parts),
                    _ => parts.into_iter().reduce(|one, two| Need::With(Box::new(one), Box::new(two)))?,
                }
            }
            operator @ ("if" | "unless" | "without") => {
                self.next();
                let (first, second) = (Box::new(first), Box::new(self.operand(depth)?));
                match operator {
                    "if" => Need::If(first, second, self.otherwise(depth).ok()?),
                    "unless" => Need::Unless(first, second, self.otherwise(depth).ok()?),
                    _ => Need::Without(first, second),
                }
            }
            _ => return None,
        };
        self.expect(")")?;
        Some(need)
    }

    /// What stands after `else`, if there is one.
    fn otherwise(&mut self, depth: usize) -> Result<Option<Box<Need>>, Unreadable> {
        if self.peek() != "else" {
            return Ok(None);
        }
        self.next();
        Ok(Some(Box::new(self.operand(depth).ok_or(Unreadable)?)))
    }

    fn operand(&mut self, depth: usize) -> Option<Need> {
        if self.peek() == "(" {
            return if depth < MAX_DEPTH { self.bracket(depth + 1) } else { None };
        }
        let name = self.next();
        if name.is_empty() || name == ")" {
            return None;
        }
        let op = match self.peek() {
            "<" => Some(Op::Less),
            "<=" => Some(Op::AtMost),
            "=" | "==" => Some(Op::Exactly),
            ">=" => Some(Op::AtLeast),
            ">" => Some(Op::More),
            _ => None,
        };
        let bound = match op {
            Some(op) => {
                self.next();
                Some(Bound { op, version: Version::parse_rpm(self.next()) })
            }
            None => None,
        };
        Some(Need::Atom(Atom { name: name.to_owned(), bound, machine: Machine::Own }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Option<String> {
        parse(text).map(|need| need.to_string())
    }

    #[test]
    fn expressions_are_read_as_rpm_writes_them() {
        assert_eq!(shown("(a or b)").as_deref(), Some("a | b"));
        assert_eq!(
            shown("(a >= 1:2-3 and (b or perl(Foo::Bar)))").as_deref(),
            Some("(a >= 1:2-3 and b | perl(Foo::Bar))")
        );
        assert_eq!(shown("(a if b else c)").as_deref(), Some("(a if b else c)"));
        assert_eq!(shown("(a = 1 with a < 2 with c)").as_deref(), Some("((a = 1 with a < 2) with c)"));
        assert_eq!(shown("(a without b)").as_deref(), Some("(a without b)"));
        assert_eq!(shown("(foo(x86-64) unless b)").as_deref(), Some("(foo(x86-64) unless b)"));
    }

    #[test]
    fn what_is_no_expression_is_not_understood() {
        for text in
            ["", "(", "(a", "(a or)", "(a xor b)", "(a or b) c", "(a or b and c)", "()", "((((((((((((((((((((((a))"]
        {
            assert_eq!(shown(text), None, "{text}");
        }
    }
}
