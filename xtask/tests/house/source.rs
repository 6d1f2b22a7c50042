//! One Rust file as far as names go: what it defines, what it imports, and which paths it names. Code of tests is left out.

use std::iter::Peekable;
use std::str::Chars;

/// A word or a sign, and its line.
#[derive(Debug, Clone, PartialEq)]
pub struct Token {
    pub text: String,
    pub line: usize,
}

/// A path that is named somewhere.
#[derive(Debug, Clone, PartialEq)]
pub struct Path {
    pub words: Vec<String>,
    pub line: usize,
}

/// One name of a `use`; `*` for all of a module.
#[derive(Debug, Clone, PartialEq)]
pub struct Import {
    pub path: Path,
    pub name: String,
    /// With `pub` before it, of any reach.
    pub public: bool,
}

/// What a module holds; those within its file are modules too.
#[derive(Debug, Default)]
pub struct Scope {
    pub defines: Vec<String>,
    pub imports: Vec<Import>,
    pub names: Vec<Path>,
    pub inner: Vec<(String, Scope)>,
}

const ITEMS: [&str; 9] = ["fn", "struct", "enum", "union", "trait", "type", "const", "static", "mod"];

/// Reads the text of a file.
pub fn read(text: &str) -> Scope {
    let tokens = without_tests(tokens(text));
    let mut at = 0;
    let mut scope = Scope::default();
    fill(&mut scope, &tokens, &mut at);
    scope
}

/// Items up to the end of the module. A `use` within a function counts as the module's.
fn fill(scope: &mut Scope, tokens: &[Token], at: &mut usize) {
    let word = |at: usize| tokens.get(at).map_or("", |token| token.text.as_str());
    let (mut depth, mut public) = (0_usize, false);
    while *at < tokens.len() {
        let before = at.checked_sub(1).map_or("", word);
        match word(*at) {
            "{" => depth += 1,
            "}" if depth == 0 => return,
            "}" => depth -= 1,
            "pub" => {
                public = true;
                *at += 1;
                if word(*at) == "(" {
                    while !matches!(word(*at), ")" | "") {
                        *at += 1;
                    }
                    *at += 1;
                }
                continue;
            }
            "use" => {
                *at += 1;
                imports(tokens, at, &[], public, &mut scope.imports);
            }
            "mod" if word(*at + 2) == "{" => {
                let name = word(*at + 1).to_owned();
                *at += 3;
                let mut inner = Scope::default();
                fill(&mut inner, tokens, at);
                scope.inner.push((name, inner));
            }
            "mod" => *at += 1,
            item if ITEMS.contains(&item) && is_name(word(*at + 1)) && depth == 0 => {
                *at += 1;
                // `const fn`, `const unsafe fn`.
                if !["fn", "unsafe", "async"].contains(&word(*at)) {
                    scope.defines.push(word(*at).to_owned());
                    *at += 1;
                }
                public = false;
                continue;
            }
            first if is_name(first) && ![".", "::"].contains(&before) => {
                let mut path = Path { words: vec![first.to_owned()], line: tokens[*at].line };
                while word(*at + 1) == "::" && is_name(word(*at + 2)) {
                    path.words.push(word(*at + 2).to_owned());
                    *at += 2;
                }
                // Alone, it may be a variable or a field.
                let called = first.starts_with(char::is_uppercase) || ["(", "!"].contains(&word(*at + 1));
                if path.words.len() > 1 || called {
                    scope.names.push(path);
                }
            }
            _ => {}
        }
        public = false;
        *at += 1;
    }
}

/// The names of a `use` behind `before`, up to its end or that of its list.
fn imports(tokens: &[Token], at: &mut usize, before: &[String], public: bool, found: &mut Vec<Import>) {
    let mut words = before.to_vec();
    let line = tokens.get(*at).map_or(0, |token| token.line);
    while let Some(Token { text, .. }) = tokens.get(*at) {
        match text.as_str() {
            "::" => {}
            "{" => {
                while !matches!(tokens.get(*at).map(|token| token.text.as_str()), Some("}") | None) {
                    *at += 1;
                    imports(tokens, at, &words, public, found);
                }
                *at += 1;
                return;
            }
            "," | ";" | "}" => break,
            "as" => {
                *at += 1;
                let name = tokens.get(*at).map_or(String::new(), |token| token.text.clone());
                found.push(Import { path: Path { words, line }, name, public });
                *at += 1;
                return;
            }
            "self" if !before.is_empty() && words.len() == before.len() => {}
            word => words.push(word.to_owned()),
        }
        *at += 1;
    }
    if words.len() > before.len() || tokens.get(at.wrapping_sub(1)).is_some_and(|token| token.text == "self") {
        let name = words.last().cloned().unwrap_or_default();
        if name == "*" {
            words.pop();
        }
        found.push(Import { path: Path { words, line }, name, public });
    }
}

fn is_name(word: &str) -> bool {
    word.starts_with(|c: char| c.is_alphabetic() || c == '_') && word != "_"
}

/// Without items behind `#[cfg(test)]`.
fn without_tests(tokens: Vec<Token>) -> Vec<Token> {
    const MARK: [&str; 7] = ["#", "[", "cfg", "(", "test", ")", "]"];
    let mut kept = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        if tokens[at..].iter().map(|token| token.text.as_str()).take(MARK.len()).eq(MARK) {
            let mut depth = 0_usize;
            while let Some(token) = tokens.get(at) {
                at += 1;
                match token.text.as_str() {
                    "{" => depth += 1,
                    "}" if depth <= 1 => break,
                    "}" => depth -= 1,
                    ";" if depth == 0 => break,
                    _ => {}
                }
            }
        } else {
            kept.push(tokens[at].clone());
            at += 1;
        }
    }
    kept
}

/// Words and signs, without comments, literals and lifetimes.
fn tokens(text: &str) -> Vec<Token> {
    let mut found: Vec<Token> = Vec::new();
    let mut line = 1;
    let mut rest = text.chars().peekable();
    while let Some(first) = rest.next() {
        let start = line;
        let next = rest.peek().copied();
        match first {
            '\n' => line += 1,
            '/' if next == Some('/') => while rest.next_if(|&c| c != '\n').is_some() {},
            '/' if next == Some('*') => line += comment(&mut rest),
            '"' => line += literal(&mut rest),
            '\'' => {
                let ahead: Vec<char> = rest.clone().take(2).collect();
                if ahead.first() == Some(&'\\') {
                    rest.next();
                    rest.next();
                    while rest.next().is_some_and(|c| c != '\'') {}
                } else if ahead.get(1) == Some(&'\'') {
                    rest.next();
                    rest.next();
                } else {
                    while rest.next_if(|c| c.is_alphanumeric() || *c == '_').is_some() {}
                }
            }
            first if first.is_alphanumeric() || first == '_' => {
                let mut word = String::from(first);
                while let Some(c) = rest.next_if(|c| c.is_alphanumeric() || *c == '_') {
                    word.push(c);
                }
                let raw = ["r", "br", "cr"].contains(&word.as_str());
                match (raw, raw_marks(&rest)) {
                    (true, Some(marks)) => line += raw_literal(&mut rest, marks),
                    // `r#type`.
                    (true, None) if word == "r" && rest.next_if_eq(&'#').is_some() => {}
                    _ => found.push(Token { text: word, line: start }),
                }
            }
            ':' if rest.next_if_eq(&':').is_some() => found.push(Token { text: "::".into(), line }),
            sign if sign.is_whitespace() => {}
            sign => found.push(Token { text: sign.into(), line }),
        }
    }
    found
}

/// Skips a comment, those within it too; its lines.
fn comment(rest: &mut Peekable<Chars<'_>>) -> usize {
    let (mut depth, mut lines) = (0_usize, 0);
    let mut last = '/';
    for c in rest.by_ref() {
        lines += usize::from(c == '\n');
        match (last, c) {
            ('/', '*') => depth += 1,
            ('*', '/') if depth <= 1 => break,
            ('*', '/') => depth -= 1,
            _ => {
                last = c;
                continue;
            }
        }
        last = ' ';
    }
    lines
}

/// Skips a literal behind its quotation mark; its lines.
fn literal(rest: &mut Peekable<Chars<'_>>) -> usize {
    let mut lines = 0;
    while let Some(c) = rest.next() {
        lines += usize::from(c == '\n');
        match c {
            '"' => break,
            '\\' => lines += usize::from(rest.next() == Some('\n')),
            _ => {}
        }
    }
    lines
}

/// The `#` before a quotation mark, where one follows.
fn raw_marks(rest: &Peekable<Chars<'_>>) -> Option<usize> {
    let marks = rest.clone().take_while(|&c| c == '#').count();
    (rest.clone().nth(marks) == Some('"')).then_some(marks)
}

/// Skips a raw literal; its lines.
fn raw_literal(rest: &mut Peekable<Chars<'_>>, marks: usize) -> usize {
    rest.nth(marks);
    let mut lines = 0;
    while let Some(c) = rest.next() {
        lines += usize::from(c == '\n');
        if c == '"' && rest.clone().take(marks).filter(|&c| c == '#').count() == marks {
            break;
        }
    }
    lines
}
