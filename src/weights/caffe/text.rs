//! The protobuf text format of a prototxt, without a descriptor: networks in the wild have fields of Caffe's forks, which no fixed list of fields knows
//! and which say nothing that matters here.

/// Messages in messages at most.
const DEEPEST: usize = 32;

/// Fields of a message in the order of the file.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Message {
    fields: Vec<(String, Field)>,
}

#[derive(Debug, Clone, PartialEq)]
enum Field {
    /// A number, a name or a string, as it stands there.
    Scalar(String),
    Message(Message),
}

impl Message {
    /// Parses a whole file.
    pub fn parse(text: &str) -> Result<Self, String> {
        // Some editors put a byte-order mark before the text.
        let mut parser = Parser { rest: text.strip_prefix('\u{feff}').unwrap_or(text), line: 1 };
        let message = parser.message(0, None)?;
        Ok(message)
    }

    pub fn messages(&self, name: &str) -> impl Iterator<Item = &Self> {
        self.named(name).filter_map(|field| if let Field::Message(message) = field { Some(message) } else { None })
    }

    /// The message `name`, empty where there is none.
    pub fn message(&self, name: &str) -> Self {
        self.messages(name).next().cloned().unwrap_or_default()
    }

    /// All messages called one of `names`, in the order of the file.
    pub fn messages_of<'m>(&'m self, names: &'m [&str]) -> impl Iterator<Item = &'m Self> {
        let ours = self.fields.iter().filter(|(name, _)| names.contains(&name.as_str()));
        ours.filter_map(|(_, field)| if let Field::Message(message) = field { Some(message) } else { None })
    }

    pub fn scalars(&self, name: &str) -> impl Iterator<Item = &str> {
        self.named(name).filter_map(|field| if let Field::Scalar(text) = field { Some(text.as_str()) } else { None })
    }

    pub fn text(&self, name: &str) -> Option<&str> {
        self.scalars(name).last()
    }

    pub fn has(&self, name: &str) -> bool {
        self.named(name).next().is_some()
    }

    fn named<'m>(&'m self, name: &str) -> impl Iterator<Item = &'m Field> {
        self.fields.iter().filter(move |(own, _)| own == name).map(|(_, field)| field)
    }

    /// Numbers of a repeated field: finite, and perhaps with the suffix f of a float.
    pub fn numbers<T: std::str::FromStr>(&self, name: &str) -> Result<Vec<T>, String> {
        let number = |text: &str| {
            let digits = text.strip_suffix(['f', 'F']).unwrap_or(text);
            let finite = digits.parse().is_ok_and(f64::is_finite);
            digits.parse().ok().filter(|_| finite).ok_or_else(|| format!("its {name} is `{text}`"))
        };
        self.scalars(name).map(number).collect()
    }

    pub fn number<T: std::str::FromStr>(&self, name: &str, default: T) -> Result<T, String> {
        Ok(self.numbers(name)?.pop().unwrap_or(default))
    }

    pub fn flag(&self, name: &str, default: bool) -> Result<bool, String> {
        match self.text(name) {
            None => Ok(default),
            Some("true" | "True" | "t" | "1") => Ok(true),
            Some("false" | "False" | "f" | "0") => Ok(false),
            Some(other) => Err(format!("its {name} is `{other}`: true and false are read")),
        }
    }
}

struct Parser<'t> {
    rest: &'t str,
    line: usize,
}

impl<'t> Parser<'t> {
    fn wrong<T>(&self, reason: &str) -> Result<T, String> {
        Err(format!("line {}: {reason}", self.line))
    }

    fn advance(&mut self, bytes: usize) -> &'t str {
        let (taken, rest) = self.rest.split_at(bytes);
        self.line += taken.matches('\n').count();
        self.rest = rest;
        taken
    }

    /// Skips blanks and comments, and what separates fields.
    fn blanks(&mut self) {
        self.skip(&[',', ';']);
    }

    fn skip(&mut self, separators: &[char]) {
        loop {
            let blank = |c: char| c.is_whitespace() || c == '\u{feff}' || separators.contains(&c);
            self.advance(self.rest.len() - self.rest.trim_start_matches(blank).len());
            if !self.rest.starts_with('#') {
                return;
            }
            let comment = self.rest.find('\n').unwrap_or(self.rest.len());
            self.advance(comment);
        }
    }

    fn word(&mut self) -> &'t str {
        let end = self.rest.find(|c: char| !(c.is_ascii_alphanumeric() || "_.+-/[]".contains(c))).unwrap_or(self.rest.len());
        self.advance(end)
    }

    fn message(&mut self, depth: usize, close: Option<char>) -> Result<Message, String> {
        if depth > DEEPEST {
            return self.wrong("messages lie too deep in each other");
        }
        let mut message = Message::default();
        loop {
            self.blanks();
            match (self.rest.chars().next(), close) {
                (None, None) => return Ok(message),
                (None, Some(close)) => return self.wrong(&format!("the file ends before `{close}`: it is cut short")),
                (Some(next), Some(close)) if next == close => {
                    self.advance(close.len_utf8());
                    return Ok(message);
                }
                _ => {}
            }
            let name = self.word();
            if name.is_empty() {
                let found: String = self.rest.chars().take(12).collect();
                return self.wrong(&format!("a field's name is wanted, not `{found}`"));
            }
            self.blanks();
            if self.rest.starts_with(':') {
                self.advance(1);
                self.blanks();
            }
            self.value(name, depth, &mut message)?;
        }
    }

    fn value(&mut self, name: &str, depth: usize, message: &mut Message) -> Result<(), String> {
        let field = match self.rest.chars().next() {
            Some('{') => {
                self.advance(1);
                Field::Message(self.message(depth + 1, Some('}'))?)
            }
            Some('<') => {
                self.advance(1);
                Field::Message(self.message(depth + 1, Some('>'))?)
            }
            Some('[') => {
                self.advance(1);
                return self.list(name, depth, message);
            }
            Some(quote @ ('"' | '\'')) => Field::Scalar(self.strings(quote)?),
            _ => {
                let word = self.word();
                if word.is_empty() {
                    return self.wrong(&format!("`{name}` has no value"));
                }
                Field::Scalar(word.to_owned())
            }
        };
        message.fields.push((name.to_owned(), field));
        Ok(())
    }

    /// `[a, b]` is the field repeated.
    fn list(&mut self, name: &str, depth: usize, message: &mut Message) -> Result<(), String> {
        if depth > DEEPEST {
            return self.wrong("lists lie too deep in each other");
        }
        loop {
            self.blanks();
            if self.rest.starts_with(']') {
                self.advance(1);
                return Ok(());
            }
            if self.rest.is_empty() {
                return self.wrong("the file ends before `]`: it is cut short");
            }
            let end = self.rest.find(|c: char| c.is_whitespace() || ",]#".contains(c)).unwrap_or(self.rest.len());
            if self.rest.starts_with(['{', '<', '"', '\'']) {
                self.value(name, depth + 1, message)?;
            } else {
                let word = self.advance(end);
                message.fields.push((name.to_owned(), Field::Scalar(word.to_owned())));
            }
        }
    }

    /// Strings one after another are one.
    fn strings(&mut self, quote: char) -> Result<String, String> {
        let (mut bytes, mut quote) = (Vec::new(), Some(quote));
        while let Some(mark) = quote {
            self.string(mark, &mut bytes)?;
            self.skip(&[]);
            quote = self.rest.chars().next().filter(|next| matches!(next, '"' | '\''));
        }
        String::from_utf8(bytes).or_else(|_| self.wrong("a string's escapes are not UTF-8"))
    }

    fn string(&mut self, quote: char, bytes: &mut Vec<u8>) -> Result<(), String> {
        let mut characters = self.rest.char_indices().skip(1).peekable();
        while let Some((at, c)) = characters.next() {
            match c {
                '\n' => break,
                '\\' => {
                    let Some((_, escaped)) = characters.next() else { break };
                    let (radix, most) = match escaped {
                        'x' | 'X' => (16, 2),
                        '0'..='7' => (8, 3),
                        _ => (10, 0),
                    };
                    let mut digits: String = escaped.to_digit(8).map(|_| escaped).into_iter().collect();
                    while let Some((_, digit)) = characters.next_if(|(_, c)| digits.len() < most && c.is_digit(radix)) {
                        digits.push(digit);
                    }
                    match u8::from_str_radix(&digits, radix).ok().or_else(|| escape(escaped)) {
                        Some(byte) => bytes.push(byte),
                        None => return self.wrong(&format!("a string has an escape that begins with `\\{escaped}`: it is none")),
                    }
                }
                c if c == quote => {
                    self.advance(at + c.len_utf8());
                    return Ok(());
                }
                c => bytes.extend(c.encode_utf8(&mut [0; 4]).bytes()),
            }
        }
        self.wrong("a string does not end on its line")
    }
}

/// The byte of an escape of one character.
fn escape(c: char) -> Option<u8> {
    Some(match c {
        'a' => 7,
        'b' => 8,
        't' => b'\t',
        'n' => b'\n',
        'v' => 11,
        'f' => 12,
        'r' => b'\r',
        '"' | '\'' | '\\' | '?' => c as u8,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::Message;

    #[test]
    fn fields_repeat_nest_and_need_no_colon() {
        let text = "# a net\nname: 'it\\'s'\nlayer { type: \"X\" p: 1; p: 2, q { r: -1e-3 } }\nlayer: < type: Y >\ndim: [1, 2,3]";
        let message = Message::parse(text).unwrap_or_default();
        assert_eq!(message.text("name"), Some("it's"));
        let types: Vec<_> = message.messages("layer").filter_map(|layer| layer.text("type")).collect();
        assert_eq!(types, ["X", "Y"]);
        let first = message.message("layer");
        assert_eq!(first.numbers::<usize>("p"), Ok(vec![1, 2]));
        assert_eq!(first.message("q").number("r", 0.0), Ok(-1e-3));
        assert_eq!(message.numbers::<usize>("dim"), Ok(vec![1, 2, 3]));
        assert!(first.number::<usize>("type", 0).is_err() && first.flag("type", true).is_err());
    }

    #[test]
    fn strings_join_and_have_escapes_and_numbers_suffixes() {
        let text = "a: \"x\\303\\251\" # and\n 'y\\x41\\t\\\\'\nb: ['p', \"q\" 'r']; c: 0.5f\nd: [\t1\t, 2\r\n, # three\n 3]";
        let message = Message::parse(text).unwrap_or_default();
        assert_eq!(message.text("a"), Some("x\u{e9}yA\t\\"));
        assert_eq!(message.scalars("b").collect::<Vec<_>>(), ["p", "qr"]);
        assert_eq!(message.number("c", 0.0), Ok(0.5));
        assert_eq!(message.numbers::<usize>("d"), Ok(vec![1, 2, 3]));
        for text in ["e: nan", "e: inf", "e: 1e999", "e: f", "e: -"] {
            assert!(Message::parse(text).unwrap_or_default().number("e", 0.0).is_err(), "{text}");
        }
    }

    #[test]
    fn errors_name_the_line() {
        let deep = "a {".repeat(60);
        for (text, said) in [
            ("a: 1\nb {\n c: 2", "line 3"),
            ("a: 1\n: 2", "line 2"),
            ("a: \"x\ny\"", "does not end"),
            ("a: }", "no value"),
            (deep.as_str(), "too deep"),
            ("a: [1, 2", "cut short"),
            ("a: 1\nb: 'x\\q'", "line 2"),
            ("a: '\\777'", "escape"),
            ("a: '\\377'", "UTF-8"),
        ] {
            let error = Message::parse(text).expect_err(text);
            assert!(error.contains(said), "{text}: {error}");
        }
    }
}
