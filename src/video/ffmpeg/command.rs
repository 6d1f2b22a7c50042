//! How ffmpeg is called.

use std::ffi::{OsStr, OsString};
use std::io::ErrorKind;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::error::plain;
use crate::video::frame::MAX_PIXELS;

/// Formats that are opened: those that hold their own frames. A playlist makes ffmpeg open what it names, files and addresses alike.
const FORMATS: &str = "mov,matroska,avi,mpeg,mpegts,mpegvideo,m4v,h264,hevc,flv,asf,ogg";

/// The program: what `MOUE_FFMPEG` names, or `ffmpeg` of the path.
pub fn program() -> OsString {
    std::env::var_os("MOUE_FFMPEG").filter(|name| !name.is_empty()).unwrap_or_else(|| "ffmpeg".into())
}

/// What is read.
pub enum Input<'a> {
    File(&'a Path),
    /// A device, by the name of what reads devices and its own there.
    Device(&'static str, &'a OsStr),
}

/// Every frame as it is, none doubled or left out, turned as the file says, with square pixels; a line for each on standard error, after the file's own.
pub fn decode(input: &Input) -> Command {
    let mut command = Command::new(program());
    command.args(["-nostdin", "-nostats", "-hide_banner", "-loglevel", "level+info"]);
    match input {
        Input::File(path) => {
            let mut name = OsString::from("file:");
            name.push(path);
            command.args(["-protocol_whitelist", "file,pipe", "-format_whitelist", FORMATS]);
            command.arg("-max_pixels").arg(MAX_PIXELS.to_string()).arg("-i").arg(name);
        }
        Input::Device(format, name) => {
            command.args(["-f", format]).arg("-i").arg(name);
        }
    }
    // Times as the file has them, and not from its beginning on. 1:90000, as a container may be coarser than the file.
    command.args(["-copyts", "-map", "0:v:0", "-an", "-sn", "-dn", "-fps_mode", "passthrough", "-enc_time_base", "1:90000"]);
    command.args(["-vf", "scale=iw*sar:ih,setsar=1,showinfo=checksum=0", "-pix_fmt", "rgb24", "-f", "rawvideo", "pipe:1"]);
    command.env_remove("FFREPORT").env_remove("AV_LOG_FORCE_COLOR").env("AV_LOG_FORCE_NOCOLOR", "1");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Why the program did not start, and what to do.
pub fn missing(name: &str, error: &std::io::Error) -> String {
    let program = program();
    let program = program.to_string_lossy();
    match error.kind() {
        ErrorKind::NotFound => format!(
            "{name}: `{program}` is not there, the program that decodes videos: install ffmpeg (Debian, Ubuntu: apt install ffmpeg; macOS: brew install \
             ffmpeg; Windows: winget install ffmpeg), or name it in MOUE_FFMPEG"
        ),
        _ => format!(
            "{name}: `{program}`, the program that decodes videos, does not start ({}): install ffmpeg, or name it in MOUE_FFMPEG",
            plain(error)
        ),
    }
}
