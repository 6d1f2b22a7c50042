//! A map as a picture: a dot a face, in the colour of its expression.

use std::fmt::Write as _;

use super::drawn::Drawn;
use crate::cli::gallery::{counted, escaped, face_name};

const SIDE: f32 = 1000.0;
const MARGIN: f32 = 40.0;
/// Rows of the legend.
const ROW: f32 = 26.0;
/// A dot of more faces has no words: a browser would be slow.
const MOST_WORDS: usize = 5_000;

/// Light, or dark where the viewer's system is.
const STYLE: &str = "svg{background:#fff;font:15px system-ui,sans-serif;fill:#23262d}circle{stroke:#fff;stroke-width:.6}\
    @media(prefers-color-scheme:dark){svg{background:#16181d;fill:#e6e8ec}circle{stroke:#16181d}}";

pub fn draw(drawn: &Drawn) -> String {
    let count = drawn.places.len();
    let mut order = crate::album::shares(drawn.gallery, 0..count);
    order.truncate(12);
    let height = SIDE + 2.0 * MARGIN + ROW * order.len().div_ceil(4) as f32 + 20.0;
    let width = SIDE + 2.0 * MARGIN;
    let radius = (160.0 / (count as f32).sqrt()).clamp(1.6, 7.0);
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"{title}\">\n\
         <title>{title}: {faces}</title>\n<style>{STYLE}</style>\n",
        title = escaped(&drawn.title),
        faces = counted(count, "face"),
    );
    for (index, ([x, y], label)) in drawn.places.iter().zip(&drawn.labels).enumerate() {
        let _ = write!(
            text,
            "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"{radius:.1}\" fill=\"{}\"",
            MARGIN + SIDE * x,
            MARGIN + SIDE * y,
            drawn.colour(*label)
        );
        if count <= MOST_WORDS {
            let _ = writeln!(text, "><title>{}</title></circle>", escaped(&face_name(drawn.gallery, index)));
        } else {
            text.push_str("/>\n");
        }
    }
    for (at, (label, faces)) in order.iter().enumerate() {
        let (x, y) = (MARGIN + (at % 4) as f32 * SIDE / 4.0, SIDE + 2.0 * MARGIN + ROW * (at / 4) as f32);
        let _ = writeln!(
            text,
            "<circle cx=\"{}\" cy=\"{}\" r=\"7\" fill=\"{}\"/><text x=\"{}\" y=\"{}\">{}  {faces}</text>",
            x + 8.0,
            y + 5.0,
            drawn.colour(Some(*label)),
            x + 24.0,
            y + 10.0,
            escaped(&drawn.gallery.expressions[*label]),
        );
    }
    text.push_str("</svg>\n");
    text
}
