//! Other load on the machine while moue measures, on Linux: what all processors were busy with, less what this process was, and how long its threads waited for one.

/// Part of all processors from which on the work of others is said.
const BUSY: f64 = 0.05;
/// Part of the time of this process's threads from which on waiting for a processor is said.
const WAITED: f64 = 0.05;

/// The clocks of a moment. Ticks are those of `/proc`: only their parts count.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Clocks {
    /// Of all processors, with nothing to do, too.
    all: u64,
    /// Busy at usual priority, with the system's own work.
    busy: u64,
    /// Busy at a lower priority.
    low: u64,
    /// Taken by the machine's host.
    stolen: u64,
    processors: u64,
    /// This process.
    own: u64,
    own_is_low: bool,
    /// Nanoseconds that its threads ran,
    ran: u64,
    /// and were ready to, and did not.
    waited: u64,
}

/// Watches from when it is made.
#[derive(Debug)]
pub struct Load(Option<Clocks>);

impl Load {
    /// Begins.
    pub fn watch() -> Self {
        Self(Clocks::now())
    }

    /// What was seen since.
    pub fn remarks(&self) -> Vec<String> {
        match (self.0, Clocks::now()) {
            (Some(before), Some(after)) => after.since(before).remarks(),
            _ => Vec::new(),
        }
    }
}

impl Clocks {
    fn now() -> Option<Self> {
        let read = |path: &str| std::fs::read_to_string(path).ok();
        let mut clocks = Self::parse(&read("/proc/stat")?, &read("/proc/self/stat")?)?;
        for task in std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten() {
            // A thread may have ended meanwhile.
            let text = std::fs::read_to_string(task.path().join("schedstat")).unwrap_or_default();
            let mut fields = text.split_whitespace().map_while(|field| field.parse::<u64>().ok());
            clocks.ran += fields.next().unwrap_or(0);
            clocks.waited += fields.next().unwrap_or(0);
        }
        Some(clocks)
    }

    /// Of `/proc/stat` and `/proc/self/stat`.
    fn parse(machine: &str, own: &str) -> Option<Self> {
        let line = machine.lines().find_map(|line| line.strip_prefix("cpu "))?;
        let ticks: Vec<u64> = line.split_whitespace().map_while(|field| field.parse().ok()).take(8).collect();
        let [user, nice, system, idle, iowait, irq, softirq, steal] = ticks[..] else { return None };
        let processors = machine.lines().filter(|line| line.starts_with("cpu") && !line.starts_with("cpu ")).count() as u64;
        // The name of the program may have blanks and brackets: fields are counted after it.
        let (_, rest) = own.rsplit_once(')')?;
        let fields: Vec<i64> = rest.split_whitespace().skip(1).map_while(|field| field.parse().ok()).collect();
        let ticks = |at: usize| fields.get(at).and_then(|&ticks| u64::try_from(ticks).ok());
        Some(Self {
            all: user + nice + system + idle + iowait + irq + softirq + steal,
            busy: user + system + irq + softirq,
            low: nice,
            stolen: steal,
            processors,
            own: ticks(10)? + ticks(11)?,
            own_is_low: *fields.get(15)? > 0,
            ran: 0,
            waited: 0,
        })
    }

    fn since(self, before: Self) -> Self {
        Self {
            all: self.all.saturating_sub(before.all),
            busy: self.busy.saturating_sub(before.busy),
            low: self.low.saturating_sub(before.low),
            stolen: self.stolen.saturating_sub(before.stolen),
            own: self.own.saturating_sub(before.own),
            ran: self.ran.saturating_sub(before.ran),
            waited: self.waited.saturating_sub(before.waited),
            ..self
        }
    }

    /// Of a difference.
    fn remarks(self) -> Vec<String> {
        let Self { all, busy, low, stolen, processors, own, own_is_low, ran, waited } = self;
        let part = |ticks: u64| ticks as f64 / all.max(1) as f64;
        // Of low priorities none is told from another: beside a process that has one itself they are programs like others.
        let [busy, low] = if own_is_low { [(busy + low).saturating_sub(own), 0] } else { [busy.saturating_sub(own), low] };
        let mut found = Vec::new();
        let mut say = |what: &str, ticks: u64| {
            if part(ticks) >= BUSY {
                found.push(format!("{what} {:.1} of {processors} processors meanwhile", part(ticks) * processors as f64));
            }
        };
        say("other programs kept busy", busy);
        say("programs of low priority kept busy", low);
        say("the host of this virtual machine took", stolen);
        let waited = waited as f64 / (ran + waited).max(1) as f64;
        if waited >= WAITED {
            found.push(format!(
                "for {:.0} % of their time the threads of moue were ready and waited for a processor",
                100.0 * waited
            ));
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEFORE: &str = "cpu  1000 100 200 8000 0 0 10 5 0 0\ncpu0 1 1 1 1 0 0 0 0 0 0\ncpu1 1 1 1 1 0 0 0 0 0 0\nintr 1\n";

    fn own(ticks: u64, nice: i64) -> String {
        format!("7 (a (b) c) R 1 1 1 0 -1 4194304 99 0 0 0 {ticks} 0 0 0 20 {nice} 3 0 3635275 3133440 413")
    }

    fn remarks(after: &str, ran: u64, nice: i64) -> Vec<String> {
        let before = Clocks::parse(BEFORE, &own(50, nice)).unwrap();
        Clocks::parse(after, &own(50 + ran, nice)).unwrap().since(before).remarks()
    }

    #[test]
    fn what_others_do_is_told_from_what_moue_does() {
        let alone = "cpu  1900 100 210 8090 0 0 10 5 0 0\ncpu0 1 1 1 1 0 0 0 0\ncpu1 1 1 1 1 0 0 0 0\n";
        assert_eq!(remarks(alone, 900, 0), Vec::<String>::new());
        let found = remarks(alone, 400, 0);
        assert_eq!(found, ["other programs kept busy 1.0 of 2 processors meanwhile"]);
        let low = "cpu  1500 600 200 8000 0 0 10 5 0 0\ncpu0 1 1 1 1 0 0 0 0\ncpu1 1 1 1 1 0 0 0 0\n";
        assert_eq!(remarks(low, 500, 0), ["programs of low priority kept busy 1.0 of 2 processors meanwhile"]);
        assert_eq!(remarks(low, 500, 5), ["other programs kept busy 1.0 of 2 processors meanwhile"]);
        assert_eq!(remarks(low, 100, 5), ["other programs kept busy 1.8 of 2 processors meanwhile"]);
        let stolen = "cpu  1900 100 200 8000 0 0 10 105 0 0\ncpu0 1 1 1 1 0 0 0 0\ncpu1 1 1 1 1 0 0 0 0\n";
        assert_eq!(remarks(stolen, 900, 0), ["the host of this virtual machine took 0.2 of 2 processors meanwhile"]);
    }

    #[test]
    fn threads_that_wait_are_said() {
        let clocks = Clocks { all: 1000, processors: 2, ran: 900, waited: 100, ..Clocks::default() };
        let found = clocks.remarks();
        assert!(found.len() == 1 && found[0].contains("10 %"), "{found:?}");
        assert!(Clocks { waited: 10, ..clocks }.remarks().is_empty());
    }

    #[test]
    fn files_of_another_form_say_nothing() {
        assert_eq!(Clocks::parse("", ""), None);
        assert_eq!(Clocks::parse("cpu  1 2 3\n", &own(1, 0)), None);
        assert_eq!(Clocks::parse(BEFORE, "7 (a) R 1"), None);
    }
}
