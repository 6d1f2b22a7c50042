//! Standard output, and what a terminal may show: colours, warnings, progress.

use std::fmt::Display;
use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// Standard output was closed when the process began: the system's file there is another then, which takes everything and keeps nothing.
static CLOSED: AtomicBool = AtomicBool::new(false);

/// Where answers go.
#[derive(Debug)]
pub struct Stdout(io::Stdout);

/// Standard output; nothing else writes there.
pub fn stdout() -> Stdout {
    Stdout(io::stdout())
}

/// Says that standard output was closed when the process began.
pub fn close() {
    CLOSED.store(true, Ordering::Relaxed);
}

impl Stdout {
    /// # Errors
    /// It is closed. Called before work whose answer it will take.
    pub fn check(&self) -> io::Result<()> {
        if CLOSED.load(Ordering::Relaxed) {
            return Err(io::Error::other("it is closed, so the answer would be lost: open it, or send it into a file"));
        }
        Ok(())
    }

    /// Whether people read it.
    pub fn is_terminal(&self) -> bool {
        self.0.is_terminal()
    }
}

impl Write for Stdout {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.check()?;
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Colours for one stream, or none.
#[derive(Debug, Clone, Copy)]
pub struct Paint(bool);

impl Paint {
    /// For stdout.
    pub fn stdout() -> Self {
        Self(io::stdout().is_terminal() && wanted())
    }

    /// For stderr.
    pub fn stderr() -> Self {
        Self(io::stderr().is_terminal() && wanted())
    }

    /// `text` in a colour of the 6 x 6 x 6 cube nearest to `rgb`.
    pub fn colour(self, text: impl Display, rgb: [u8; 3]) -> String {
        let [r, g, b] = rgb.map(|v| (u32::from(v) * 5 + 127) / 255);
        self.wrap(text, &format!("38;5;{}", 16 + 36 * r + 6 * g + b))
    }

    /// `text` in bold.
    pub fn bold(self, text: impl Display) -> String {
        self.wrap(text, "1")
    }

    /// `text` set back.
    pub fn dim(self, text: impl Display) -> String {
        self.wrap(text, "2")
    }

    fn wrap(self, text: impl Display, code: &str) -> String {
        if self.0 { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_string() }
    }
}

fn wanted() -> bool {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    !set("NO_COLOR") && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

/// A line on stderr, marked `error`.
pub fn error(text: impl Display) {
    say(Paint::stderr().colour("error", [255, 85, 85]), text);
}

/// A line on stderr, marked `warning`.
pub fn warning(text: impl Display) {
    say(Paint::stderr().colour("warning", [255, 200, 60]), text);
}

/// A line on stderr, for people.
pub fn note(text: impl Display) {
    let _ = writeln!(io::stderr(), "{text}");
}

fn say(mark: String, text: impl Display) {
    let _ = writeln!(io::stderr(), "{mark}: {text}");
}

/// Says what is being done once it has taken a while, unless it is dropped before.
#[derive(Debug)]
pub struct Patience(#[allow(dead_code, reason = "dropped, it ends the thread")] mpsc::Sender<()>);

/// Long enough that nobody wonders about less.
const A_WHILE: Duration = Duration::from_secs(2);

/// A line on stderr by `text`, if it has one then, after a while.
pub fn patience(text: impl FnOnce() -> Option<String> + Send + 'static) -> Patience {
    after(A_WHILE, move || text().into_iter().for_each(note))
}

fn after(time: Duration, say: impl FnOnce() + Send + 'static) -> Patience {
    let (sender, ended) = mpsc::channel();
    let waits = move || {
        if ended.recv_timeout(time) == Err(RecvTimeoutError::Timeout) {
            say();
        }
    };
    // Without a thread nothing is said.
    let _ = std::thread::Builder::new().name("moue patience".into()).spawn(waits);
    Patience(sender)
}

/// A line on a terminal that says what is being done, until it is dropped; elsewhere nothing.
#[derive(Debug)]
pub struct Passing(ProgressBar);

/// Shows such a line.
pub fn passing(text: String) -> Passing {
    let style = ProgressStyle::with_template("{wide_msg}").unwrap_or_else(|_| ProgressStyle::default_spinner());
    let bar = ProgressBar::new_spinner().with_style(style).with_message(text);
    bar.tick();
    Passing(bar)
}

impl Drop for Passing {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

/// A progress bar over `count` pictures, of which `skipped` are done already, on a terminal; elsewhere it draws nothing.
pub fn progress(count: usize, skipped: usize) -> ProgressBar {
    let before = if skipped == 0 { String::new() } else { format!("  ({skipped} skipped, answered before)") };
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len}  {per_sec}  {eta} left{msg}");
    let bar = ProgressBar::new(count as u64).with_position(skipped as u64).with_message(before);
    bar.reset_eta();
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

/// A bar over the frames of a video, or a count of them as long as nobody knows how many there are.
#[derive(Debug)]
pub struct Frames(ProgressBar);

/// Shows one on a terminal; elsewhere it draws nothing. So many are done already.
pub fn frames(done: u64) -> Frames {
    let style = ProgressStyle::with_template("{pos} frames  {per_sec}");
    let bar = ProgressBar::no_length().with_position(done);
    bar.reset_eta();
    Frames(bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner())))
}

impl Frames {
    /// There are so many in all, about.
    pub fn set(&self, all: Option<u64>) {
        if let Some(all) = all
            && self.0.length() != Some(all)
            && let Ok(style) = ProgressStyle::with_template("{bar:40} {pos}/{len} frames  {per_sec}  {eta} left")
        {
            self.0.set_length(all);
            self.0.set_style(style);
        }
    }

    /// One more is done.
    pub fn step(&self) {
        self.0.inc(1);
    }
}

impl Drop for Frames {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_takes_a_while_is_said_and_what_ends_before_is_not() {
        let (sender, said) = mpsc::channel();
        let late = sender.clone();
        let patience = after(Duration::from_millis(1), move || late.send("late").unwrap());
        assert_eq!(said.recv_timeout(Duration::from_secs(20)), Ok("late"));
        drop(patience);
        drop(after(Duration::from_millis(300), move || sender.send("early").unwrap()));
        // The thread ends without a word, and with it the channel.
        assert_eq!(said.recv_timeout(Duration::from_secs(20)), Err(RecvTimeoutError::Disconnected));
    }
}
