//! The page of an album.

use std::fmt::Write as _;

use super::chosen::{Burst, Chosen, Shown};
use crate::album::Names;
use crate::cli::gallery::{counted, data_url, escaped, face_name, filled, json_in_script, mix};
use crate::error::Result;

const PAGE: &str = include_str!("album.html");

/// The page; `names` lie in it for the file that its button saves, `file`.
pub fn page(title: &str, chosen: &Chosen, names: &Names, file: &str) -> Result<String> {
    let gallery = chosen.gallery;
    let mut body = String::new();
    if gallery.is_empty() {
        body.push_str("<p class=\"none\">No face was found in these pictures.</p>\n");
    }
    // Named groups stand first in the file, the others in the order in which they are shown.
    let named = names.named().count();
    let mut next = named;
    if !chosen.groups.is_empty() {
        let _ = writeln!(body, "<section aria-labelledby=\"groups\"><h2 id=\"groups\">Groups</h2>");
        for shown in &chosen.groups {
            let place = shown.named.unwrap_or_else(|| {
                next += 1;
                next - 1
            });
            body.push_str(&group(chosen, shown, place)?);
        }
        body.push_str("</section>\n");
    }
    if !chosen.alone.is_empty() {
        body.push_str("<section aria-labelledby=\"alone\"><h2 id=\"alone\">In no group</h2><div class=\"faces\">\n");
        for &face in &chosen.alone {
            body.push_str(&figure(chosen, face, "")?);
        }
        body.push_str("</div></section>\n");
    }
    if !chosen.rare.is_empty() {
        body.push_str("<section aria-labelledby=\"rare\"><h2 id=\"rare\">Rare expressions</h2><div class=\"faces\">\n");
        for &(face, label, count) in &chosen.rare {
            let words = format!("{}, {count} of {}", gallery.expressions[label], gallery.len());
            body.push_str(&figure(chosen, face, &words)?);
        }
        body.push_str("</div></section>\n");
    }
    if !chosen.bursts.is_empty() {
        body.push_str("<section aria-labelledby=\"bursts\"><h2 id=\"bursts\">Bursts and their best shot</h2>\n");
        for of in &chosen.bursts {
            body.push_str(&burst(chosen, of)?);
        }
        if chosen.more_bursts > 0 {
            let _ = writeln!(body, "<p class=\"faint\">and {}</p>", counted(chosen.more_bursts, "more burst"));
        }
        body.push_str("</section>\n");
    }
    let counts = format!("{} in {}", counted(gallery.len(), "face"), counted(gallery.images.len(), "picture"));
    let (title, file) = (escaped(title), escaped(file));
    let names = json_in_script(names)?;
    Ok(filled(PAGE, &[("TITLE", &title), ("COUNTS", &counts), ("BODY", &body), ("FILE", &file), ("NAMES", &names)]))
}

fn group(chosen: &Chosen, shown: &Shown, place: usize) -> Result<String> {
    let members: Vec<usize> = shown.group.members.iter().map(|(at, _)| *at).collect();
    let mut text = format!(
        "<article class=\"group\"><div class=\"head\"><input data-group=\"{place}\" value=\"{name}\" placeholder=\"Name this group\" aria-label=\"Name of a group of {size}\">\
         <span class=\"faint\">{size} · {mix}</span></div><div class=\"faces\">\n",
        name = escaped(&shown.name),
        size = counted(members.len(), "face"),
        mix = escaped(&mix(chosen.gallery, &members)),
    );
    for &face in &shown.faces {
        text.push_str(&figure(chosen, face, "")?);
    }
    let more = members.len() - shown.faces.len();
    if more > 0 {
        let _ = write!(text, "<span class=\"more\">+{more}</span>");
    }
    text.push_str("</div></article>\n");
    Ok(text)
}

/// A face, with words below it or none.
fn figure(chosen: &Chosen, face: usize, words: &str) -> Result<String> {
    let name = escaped(&face_name(chosen.gallery, face));
    let picture = match chosen.pictures.faces.get(&face) {
        Some(picture) => format!("<img src=\"{}\" alt=\"{name}\" title=\"{name}\">", data_url(picture)?),
        None => format!("<span class=\"gone\" role=\"img\" aria-label=\"{name}\" title=\"{name}\">no picture</span>"),
    };
    let words = if words.is_empty() { String::new() } else { format!("<figcaption>{}</figcaption>", escaped(words)) };
    Ok(format!("<figure>{picture}{words}</figure>\n"))
}

fn burst(chosen: &Chosen, burst: &Burst) -> Result<String> {
    let mut text = String::from("<article class=\"burst\"><div class=\"shots\">\n");
    for &image in &burst.images {
        let name = escaped(&chosen.gallery.images[image].path);
        let Some(picture) = chosen.pictures.images.get(&image) else { continue };
        let reason = burst.best.as_ref().filter(|best| best.image == image).map(|best| &*best.reason);
        let class = if reason.is_some() { " class=\"best\"" } else { "" };
        let _ = write!(text, "<figure{class}><img src=\"{}\" alt=\"{name}\" title=\"{name}\">", data_url(picture)?);
        if let Some(reason) = reason {
            let _ = write!(text, "<figcaption><b>Best shot:</b> {}</figcaption>", escaped(reason));
        }
        text.push_str("</figure>\n");
    }
    text.push_str("</div>");
    if burst.more > 0 {
        let _ = write!(text, "<p class=\"faint\">and {}</p>", counted(burst.more, "more shot"));
    }
    if burst.best.is_none() {
        text.push_str("<p class=\"faint\">Eyes and mouths are not known here, so no shot is the best.</p>");
    }
    text.push_str("</article>\n");
    Ok(text)
}
