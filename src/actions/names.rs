//! What action units are called.

/// Of a label its columns in tables, as OpenFace and py-feat have them: `AU01`, `AU28B`; what is no number stays as it is.
pub fn column(label: &str) -> String {
    let digits = label.bytes().take_while(u8::is_ascii_digit).count();
    match digits {
        0 => label.to_owned(),
        _ => format!("AU{:0>2}{}", &label[..digits], &label[digits..]),
    }
}

/// Of a label of FACS what one sees, in plain words; none of others. Left and right are the person's.
pub fn words(label: &str) -> Option<&'static str> {
    let known = [
        ("1", "inner brows up"),
        ("2", "outer brows up"),
        ("4", "brows down and together"),
        ("5", "upper lids up"),
        ("6", "cheeks up"),
        ("7", "lids tightened"),
        ("8", "lips toward each other"),
        ("9", "nose wrinkled"),
        ("10", "upper lip up"),
        ("11", "folds beside the nose deepened"),
        ("12", "lip corners up"),
        ("13", "lip corners up sharply"),
        ("14", "lip corners dimpled"),
        ("15", "lip corners down"),
        ("16", "lower lip down"),
        ("17", "chin up"),
        ("18", "lips puckered"),
        ("19", "tongue shown"),
        ("20", "lips stretched"),
        ("21", "neck tightened"),
        ("22", "lips funnelled"),
        ("23", "lips tightened"),
        ("24", "lips pressed"),
        ("25", "lips apart"),
        ("26", "jaw dropped"),
        ("27", "mouth stretched open"),
        ("28", "both lips sucked in"),
        ("28B", "lower lip sucked in"),
        ("28T", "upper lip sucked in"),
        ("30", "jaw to the side"),
        ("38", "nostrils wide"),
        ("43", "eyes closed"),
        ("45", "blink"),
        ("46", "wink"),
        ("46L", "wink with the left eye"),
        ("46R", "wink with the right eye"),
    ];
    known.iter().find(|(own, _)| *own == label).map(|(_, words)| *words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_have_two_digits_in_tables() {
        assert_eq!(["1", "12", "28B", "46L", "unnamed"].map(column), ["AU01", "AU12", "AU28B", "AU46L", "unnamed"]);
        assert_eq!((words("12"), words("unnamed")), (Some("lip corners up"), None));
    }
}
