//! What is measured, and for how long.

use std::time::Duration;

use super::fixed::FIGURES;
use super::names::{DEFAULT, FRAME, PHOTOGRAPH, TWENTY, TWENTY_CENTRE, VIDEO, architectures};
use crate::device::Device;
use crate::tensor::Precision;

/// One network and its batches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// Its name.
    pub net: String,
    /// Images that are answered together, each number once.
    pub batches: Vec<u32>,
    /// Of its weights and tensors.
    pub precision: Precision,
}

impl Case {
    /// In a line.
    pub fn describe(&self) -> String {
        let batches: Vec<String> = self.batches.iter().map(u32::to_string).collect();
        format!("{}, {}, batch {}", self.net, self.precision.name(), batches.join(", "))
    }
}

/// How often a network is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Effort {
    /// Rounds that are run unless they take longer than `most_time`.
    pub least: usize,
    /// With this much measured, `least` is enough; for each batch.
    pub enough: Duration,
    /// After this much, `floor` is enough; for each batch.
    pub most_time: Duration,
    /// Rounds that are run however long they take.
    pub floor: usize,
}

/// What is measured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suite {
    /// The networks in their order.
    pub cases: Vec<Case>,
    /// For each of them, where they come one after another.
    pub effort: Effort,
    /// Of the fixed suite, whose figures come in turns.
    pub turns: Option<Turns>,
    /// No network is begun after this.
    pub deadline: Option<Duration>,
    /// What the user should know about the choice.
    pub remark: Option<String>,
    /// Cases that the adapter has no room for, and why.
    pub left_out: Vec<(Case, String)>,
}

/// How long the fixed suite is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Turns {
    /// From its start on no repeat is begun after this.
    pub time: Duration,
    /// Repeats of a figure at least, where there is time.
    pub least: usize,
    /// Whether the time is a third of what it should be.
    pub quick: bool,
}

/// Of a GPU: what is begun then ends within 90 seconds.
const GPU_TIME: Duration = Duration::from_secs(75);
/// Of processors: within 3 minutes.
const CPU_TIME: Duration = Duration::from_secs(150);
/// As many as tell a first third from a last.
const ROUNDS: usize = 24;
/// Of a quick run.
const QUICK_ROUNDS: usize = 8;

const THOROUGH: Effort = Effort { least: 10, enough: Duration::from_millis(1500), most_time: Duration::from_secs(20), floor: 3 };
const SHORT: Effort = Effort { least: 7, enough: Duration::from_secs(2), most_time: Duration::from_secs(8), floor: 1 };
/// Of the reference: it is no faster for being run often.
const ONCE_OR_TWICE: Effort = Effort { least: 2, enough: Duration::ZERO, most_time: Duration::from_secs(4), floor: 1 };
/// A network that is begun then ends within 3 minutes of the start.
const SHORT_DEADLINE: Duration = Duration::from_secs(110);
/// Bytes of the weights of [`TWENTY`] in f32.
const TWENTY_BYTES: u64 = 5_900_000_000;
/// Networks of [`SHORT`], the slowest at the end.
const SHORT_NETS: [&str; 7] = [DEFAULT, FRAME, "googlenet", "resnet18", "alexnet", "vgg_s", "resnet101"];

impl Suite {
    /// The fixed suite, or it in a third of the time.
    pub fn fixed(device: &Device, quick: bool) -> Self {
        let hardware = matches!(device, Device::Gpu(gpu) if !gpu.capabilities().cpu);
        let time = if hardware { GPU_TIME } else { CPU_TIME };
        let turns =
            if quick { Turns { time: time / 3, least: QUICK_ROUNDS, quick } } else { Turns { time, least: ROUNDS, quick } };
        let mut cases: Vec<Case> = Vec::new();
        for figure in &FIGURES {
            match cases.last_mut().filter(|case| case.net == figure.net && case.precision == figure.precision) {
                Some(case) => case.batches.push(figure.batch),
                None => cases.push(Case { net: figure.net.into(), batches: vec![figure.batch], precision: figure.precision }),
            }
        }
        Self { cases, effort: THOROUGH, turns: Some(turns), deadline: None, remark: None, left_out: Vec::new() }
    }

    /// `nets` at `batches` in `precisions`; what suits the device in place of empty ones. `memory`: bytes that the system has left, where it says.
    pub fn new(nets: &[String], batches: &[u32], precisions: &[Precision], device: &Device, memory: Option<u64>) -> Self {
        match device {
            Device::Reference => Self::choose(nets, batches, precisions, Place::Reference),
            Device::Cpu(_) => Self::choose(nets, batches, precisions, Place::Processor),
            Device::Gpu(gpu) if gpu.capabilities().cpu => Self::choose(nets, batches, precisions, Place::Software(gpu.name())),
            Device::Gpu(gpu) => {
                let capabilities = gpu.capabilities();
                let room = if capabilities.integrated { Room::Shared(memory) } else { Room::Own };
                Self::choose(nets, batches, precisions, Place::Hardware { f16: capabilities.f16, room })
            }
        }
    }

    fn choose(nets: &[String], batches: &[u32], precisions: &[Precision], place: Place<'_>) -> Self {
        let short = nets.is_empty() && batches.is_empty();
        let names: Vec<&str> = match place {
            _ if !nets.is_empty() => nets.iter().map(String::as_str).collect(),
            Place::Reference => vec![DEFAULT],
            Place::Software(_) => SHORT_NETS.to_vec(),
            // It has no frame to wait for.
            Place::Processor => SHORT_NETS.into_iter().filter(|&net| net != FRAME).collect(),
            // The largest comes last: what it takes the others have had. A browser holds no such weights.
            Place::Hardware { .. } => {
                let largest = if cfg!(target_family = "wasm") { None } else { Some(TWENTY_CENTRE) };
                [DEFAULT].into_iter().chain(architectures()).chain([FRAME]).chain(largest).collect()
            }
        };
        let usual = |net: &str| match (net, place) {
            // Ten crops through twenty networks are a batch by themselves.
            (TWENTY | TWENTY_CENTRE | PHOTOGRAPH | VIDEO, _) | (_, Place::Reference) => vec![1],
            // One that is waited for, and what a video has: a GPU makes a frame in less time than a submission takes.
            (FRAME, Place::Hardware { .. }) => vec![1, 16],
            (FRAME, Place::Software(_)) => vec![1],
            (_, Place::Software(_) | Place::Processor) if short && net != DEFAULT => vec![1],
            (_, Place::Software(_) | Place::Processor) => vec![1, 8],
            (_, Place::Hardware { .. }) => vec![1, 8, 64],
        };
        let precisions: &[Precision] = match place {
            _ if !precisions.is_empty() => precisions,
            Place::Hardware { f16: true, .. } => &[Precision::F32, Precision::F16],
            _ => &[Precision::F32],
        };
        let (mut cases, mut left_out): (Vec<Case>, _) = (Vec::new(), Vec::new());
        for net in names {
            let mut batches = if batches.is_empty() { usual(net) } else { batches.to_vec() };
            batches.sort_unstable();
            batches.dedup();
            for &precision in precisions {
                if cases.iter().any(|case| case.net == net && case.precision == precision) {
                    continue;
                }
                let case = Case { net: net.to_owned(), batches: batches.clone(), precision };
                match place {
                    Place::Hardware { room, .. } if nets.is_empty() && net == TWENTY_CENTRE && !room.holds_twenty(precision) => {
                        left_out.push((case, room.reason(precision)));
                    }
                    _ => cases.push(case),
                }
            }
        }
        let less = match place {
            Place::Reference => Some("the reference is slow by design".to_owned()),
            Place::Processor => Some("a processor is slower than a GPU".to_owned()),
            Place::Software(name) => Some(format!("{name} is a CPU")),
            Place::Hardware { .. } => None,
        };
        let remark = less.filter(|_| short).map(|why| {
            let f16 = if precisions.contains(&Precision::F16) || matches!(place, Place::Processor) { "" } else { "f16, " };
            format!(
                "{why}: less is measured there, and briefly, without {f16}larger batches, most networks of the zoo and the twenty of `{TWENTY}`; more and \
                 longer with --net NAMES --batch LIST --precision LIST (`moue zoo` has the names)"
            )
        });
        let effort = match place {
            Place::Reference => ONCE_OR_TWICE,
            Place::Software(_) | Place::Processor if short => SHORT,
            _ => THOROUGH,
        };
        Self { cases, effort, turns: None, deadline: remark.is_some().then_some(SHORT_DEADLINE), remark, left_out }
    }
}

/// Memory of a GPU.
#[derive(Debug, Clone, Copy)]
enum Room {
    /// What does not fit there is refused when it is tried.
    Own,
    /// The system's, which stops programs where it has none left: so many bytes of it are, where it says.
    Shared(Option<u64>),
}

impl Room {
    fn holds_twenty(self, precision: Precision) -> bool {
        // Tensors, and weights on their way.
        let needed = weights_of_twenty(precision) / 2 * 3;
        match self {
            Self::Own => true,
            Self::Shared(left) => left.is_some_and(|left| left >= needed),
        }
    }

    fn reason(self, precision: Precision) -> String {
        let gigabytes = |bytes: u64| bytes as f64 / 1e9;
        let left = match self {
            Self::Shared(Some(left)) => format!("has {:.1} GB left", gigabytes(left)),
            _ => "does not say what it has left".to_owned(),
        };
        format!(
            "its weights take {:.1} GB of the memory that this GPU shares with the system, which {left}: `moue bench --net {TWENTY_CENTRE}` tries it",
            gigabytes(weights_of_twenty(precision))
        )
    }
}

fn weights_of_twenty(precision: Precision) -> u64 {
    if precision == Precision::F16 { TWENTY_BYTES / 2 } else { TWENTY_BYTES }
}

/// Kinds of places.
#[derive(Debug, Clone, Copy)]
enum Place<'n> {
    Reference,
    /// The processor itself.
    Processor,
    /// An adapter of this name that is a CPU.
    Software(&'n str),
    /// A GPU, whether it computes in f16, and its memory.
    Hardware {
        f16: bool,
        room: Room,
    },
}

#[cfg(test)]
mod tests {
    use super::super::names::check;
    use super::*;
    use crate::zoo::ARCHITECTURES;

    fn batches(suite: &Suite, net: &str) -> Option<Vec<u32>> {
        suite.cases.iter().find(|case| case.net == net).map(|case| case.batches.clone())
    }

    const GPU: Place<'_> = Place::Hardware { f16: true, room: Room::Own };

    #[test]
    fn a_gpu_is_measured_with_all_there_is_and_ten_crops_are_one() {
        let suite = Suite::choose(&[], &[], &[], GPU);
        assert_eq!(suite.cases.len(), 2 * (ARCHITECTURES.len() + 3));
        assert_eq!(suite.cases.iter().filter(|case| case.precision == Precision::F16).count(), ARCHITECTURES.len() + 3);
        let single = Suite::choose(&[], &[], &[], Place::Hardware { f16: false, room: Room::Own });
        assert!(single.cases.iter().all(|case| case.precision == Precision::F32));
        assert_eq!(batches(&suite, "vgg16"), Some(vec![1, 8, 64]));
        assert_eq!((batches(&suite, FRAME), batches(&suite, TWENTY)), (Some(vec![1, 16]), None));
        assert_eq!(batches(&suite, TWENTY_CENTRE), Some(vec![1]));
        assert!(suite.cases.last().is_some_and(|case| case.net == TWENTY_CENTRE), "it may take all the memory there is");
        assert_eq!((suite.deadline, suite.remark, suite.left_out), (None, None, Vec::new()));
    }

    #[test]
    fn what_the_shared_memory_does_not_hold_is_left_out_with_its_reason() {
        let of = |nets: &[String], left| Suite::choose(nets, &[], &[], Place::Hardware { f16: true, room: Room::Shared(left) });
        let precisions = |suite: &Suite| -> Vec<Precision> {
            suite.cases.iter().filter(|case| case.net == TWENTY_CENTRE).map(|case| case.precision).collect()
        };
        assert_eq!(precisions(&of(&[], Some(32_000_000_000))), [Precision::F32, Precision::F16]);
        let eight = of(&[], Some(6_000_000_000));
        assert_eq!(precisions(&eight), [Precision::F16]);
        let [(case, reason)] = &eight.left_out[..] else { panic!("{:?}", eight.left_out) };
        assert_eq!((case.net.as_str(), case.precision), (TWENTY_CENTRE, Precision::F32));
        assert!(["5.9 GB", "6.0 GB left", TWENTY_CENTRE].iter().all(|word| reason.contains(word)), "{reason}");
        assert_eq!((precisions(&of(&[], None)).len(), of(&[], None).left_out.len()), (0, 2));
        assert_eq!(precisions(&of(&[TWENTY_CENTRE.into()], None)).len(), 2, "asked for, it is tried");
    }

    #[test]
    fn a_cpu_is_measured_with_less_and_says_so() {
        let suite = Suite::choose(&[], &[], &[], Place::Software("lavapipe"));
        assert_eq!((batches(&suite, DEFAULT), batches(&suite, "resnet101")), (Some(vec![1, 8]), Some(vec![1])));
        let remark = suite.remark.clone().unwrap_or_default();
        assert!(
            ["lavapipe is a CPU", "f16", "larger batches", TWENTY, "--net"].iter().all(|word| remark.contains(word)),
            "{remark}"
        );
        assert!(suite.deadline.is_some() && suite.cases.iter().all(|case| ![TWENTY, TWENTY_CENTRE].contains(&case.net.as_str())));
        let half = Suite::choose(&[], &[], &[Precision::F16], Place::Software("lavapipe"));
        assert!(half.remark.is_some_and(|text| !text.contains("f16")));
        let suite = Suite::choose(&[], &[], &[], Place::Processor);
        assert_eq!((batches(&suite, DEFAULT), batches(&suite, FRAME)), (Some(vec![1, 8]), None));
        let suite = Suite::choose(&[], &[], &[], Place::Reference);
        assert_eq!(suite.cases, [Case { net: DEFAULT.into(), batches: vec![1], precision: Precision::F32 }]);
    }

    #[test]
    fn what_is_named_is_measured_once_and_thoroughly() {
        let nets = ["vgg16", TWENTY, FRAME, "vgg16"].map(str::to_owned);
        let suite = Suite::choose(&nets, &[8, 1, 8], &[Precision::F32], Place::Software("lavapipe"));
        assert_eq!(suite.cases.len(), 3);
        assert_eq!((batches(&suite, "vgg16"), batches(&suite, FRAME)), (Some(vec![1, 8]), Some(vec![1, 8])));
        assert_eq!((suite.effort, suite.deadline, suite.remark), (THOROUGH, None, None));
        assert_eq!(batches(&Suite::choose(&nets, &[], &[], GPU), TWENTY), Some(vec![1]));
    }

    #[test]
    fn the_fixed_suite_is_the_same_everywhere_and_its_batches_stand_together() {
        let suite = Suite::fixed(&Device::Reference, false);
        assert_eq!(suite.cases.iter().map(|case| case.batches.len()).sum::<usize>(), FIGURES.len());
        assert!(check(&suite.cases.iter().map(|case| case.net.clone()).collect::<Vec<_>>()).is_ok());
        for (at, case) in suite.cases.iter().enumerate() {
            let same = |other: &Case| other.net == case.net && other.precision == case.precision;
            assert!(!suite.cases[at + 1..].iter().any(same), "{case:?}");
        }
        let quick = Suite::fixed(&Device::Reference, true);
        let (whole, third) = (suite.turns.unwrap(), quick.turns.unwrap());
        assert_eq!((third.time * 3, whole.quick, third.quick), (whole.time, false, true));
        assert_eq!(quick.cases, suite.cases);
    }

    #[test]
    fn an_unknown_network_is_answered_with_those_there_are() {
        let error = check(&["resnet18".to_owned(), "resnet19".to_owned()]).unwrap_err().to_string();
        assert!(["`resnet19`", "resnet18", "default", "levi_hassner", "lbp"].iter().all(|name| error.contains(name)), "{error}");
        assert!(SHORT_NETS.iter().all(|net| check(&[(*net).to_owned()]).is_ok()));
    }
}
