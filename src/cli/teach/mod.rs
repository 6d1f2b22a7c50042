//! `moue teach`.

mod folder;
mod read;
mod table;

use std::io::Write;
use std::path::PathBuf;

use serde_json::json;

use super::outcome::{Failure, Outcome, Status};
use super::session::{DeviceArgs, ModelArgs};
use super::{files, names, terminal};
use crate::host::Clock;
use crate::teach::{self, Teacher, meant};
use crate::weights::Base;

/// Teaches labels of your own by a few faces each
///
/// DIR has a folder a label, with 5 to 1,000 pictures of a face each. A linear layer is learned on what the default model and the embedding see of them; those stay as they are.
/// The file has a few kilobytes a label and goes to --model of `analyze` and `evaluate`. Pictures of one folder below a label's are kept together when it is tested: make one a
/// person, with the same name under each label. So are pictures that look alike. A face and its mirror image are the same: what differs in the side only cannot be told apart.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A folder with a folder of pictures a label
    #[arg(value_name = "DIR")]
    data: PathBuf,
    /// The file of what is taught
    #[arg(short, long, value_name = "FILE.safetensors")]
    output: PathBuf,
    #[command(flatten)]
    model: ModelArgs,
    /// The face of each picture: the largest, left out where another is more than half as large; or the whole picture is the face
    #[arg(long, value_enum, default_value_t = Faces::Largest)]
    faces: Faces,
    /// Your label and what the model calls it, as grin=happy, to compare the two; labels of the same name are known
    #[arg(long, value_name = "LABEL=LABEL", value_delimiter = ',')]
    same: Vec<String>,
    /// One JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    device: DeviceArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Faces {
    /// The largest face
    Largest,
    /// The whole picture is the face
    None,
}

/// Writes [`Args::output`]; how good it is, on stdout.
pub fn run(args: &Args) -> Outcome {
    terminal::stdout().check()?;
    let (labels, pictures) = folder::find(&args.data).map_err(|reason| Failure::at("DIR", reason))?;
    if args.model.is_file(&args.output) {
        return Err(Failure::at("--output", format!("{} is the model itself: give another name", args.output.display())));
    }
    files::check(&args.output).map_err(|error| Failure::at("--output", error))?;
    let bases = bases(&args.model)?;
    let compared = bases[0].model.clone();
    let meant =
        meant::labels(&args.same, &labels, &compared.description.labels).map_err(|reason| Failure::at("--same", reason))?;
    let mut teacher = Teacher::new(&labels, bases).map_err(|error| Failure::at("--model", error))?;
    let start = Clock::start();
    let left = read::read(&mut teacher, pictures, args.faces == Faces::None, &args.device)?;
    let sentences = left.sentences();
    sentences.iter().for_each(terminal::note);
    if let Some(meant) = &meant {
        read::compare(&mut teacher, compared, meant, &args.device)?;
    }
    let (read, start) = (start.elapsed(), Clock::start());
    let name = args.output.file_stem().map(|stem| names::shown(stem.as_ref())).unwrap_or_default();
    let bar = terminal::progress(0, 0);
    let taught = teacher.teach(&name, |done, all| {
        bar.set_length(all as u64);
        bar.set_position(done as u64);
    });
    bar.finish_and_clear();
    let teach::Outcome { taught, report, remarks, .. } = taught.map_err(|error| Failure::at("DIR", error))?;
    remarks.iter().for_each(terminal::note);
    let learned = start.elapsed();
    let bytes = taught.to_bytes()?;
    files::replace(&args.output, &bytes).map_err(|error| Failure::at("--output", error))?;
    let mut out = terminal::stdout();
    if args.json {
        let mut answer = serde_json::to_value(&report)?;
        let [faceless, several] = left.counts();
        answer["schema"] = json!("moue.teach/1");
        answer["file"] = json!(names::shown(&args.output));
        answer["bytes"] = json!(bytes.len());
        answer["bases"] = serde_json::to_value(&taught.lesson.bases)?;
        answer["left_out"] = json!({"broken": left.broken, "no_face": faceless, "several_faces": several, "remarks": remarks});
        answer["seconds"] = json!({"reading": read.as_secs_f64(), "learning": learned.as_secs_f64()});
        writeln!(out, "{answer}")?;
    } else {
        table::write(&mut out, &report)?;
        let bases: Vec<&str> = taught.lesson.bases.iter().map(|base| base.name.as_str()).collect();
        let (file, size) = (names::shown(&args.output), bytes.len());
        writeln!(out, "{file}: {size} bytes, on {}. `moue analyze --model {file}` answers these labels", bases.join(" and "))?;
        writeln!(out, "{:.1} s to read the faces, {:.1} s to learn", read.as_secs_f64(), learned.as_secs_f64())?;
    }
    Ok(Status::of(left.broken))
}

/// What is taught on: the default model and the embedding, or a file, and the embedding where that reads the same crop.
fn bases(model: &ModelArgs) -> Result<Vec<Base>, Failure> {
    let Some(path) = model.file() else {
        // Says what is wrong with a name.
        model.load()?;
        return Ok(Base::carried()?);
    };
    let base = Base::load(path).map_err(|error| Failure::at("--model", error))?;
    if let Some(reason) = base.model.description.no_faces() {
        return Err(Failure::at("--model", reason));
    }
    let embedding = Base::carried().into_iter().flatten().find(|other| other.joins(&base));
    Ok([base].into_iter().chain(embedding).collect())
}
