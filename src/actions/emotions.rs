//! Emotions and the combinations of action units that are signs of them.
//!
//! Prototypes and major variants are those of Ekman, Friesen and Hager, *FACS Investigator's Guide* (2002), table 10-1, which has none of contempt; fear with 7 and one-sided
//! 12 + 14 are of EMFACS-7 (Friesen and Ekman, 1983), 14 alone of the CK+ criteria (Lucey and others, 2010). Letters of intensity (5B, 12C) are left out: a network's
//! intensities are no coder's. So are head and eyes (54 + 64). Sadness and 14 alone were not held against these sources.

/// An emotion that has signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Emotion {
    /// Joy.
    Happiness,
    /// Sadness.
    Sadness,
    /// Surprise.
    Surprise,
    /// Fear.
    Fear,
    /// Anger.
    Anger,
    /// Disgust.
    Disgust,
    /// Contempt.
    Contempt,
}

impl Emotion {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Happiness, Self::Sadness, Self::Surprise, Self::Fear, Self::Anger, Self::Disgust, Self::Contempt];

    /// `happiness`, `sadness` and so on.
    pub fn name(self) -> &'static str {
        match self {
            Self::Happiness => "happiness",
            Self::Sadness => "sadness",
            Self::Surprise => "surprise",
            Self::Fear => "fear",
            Self::Anger => "anger",
            Self::Disgust => "disgust",
            Self::Contempt => "contempt",
        }
    }

    /// The emotion that a model of expressions means by a label, as `happy` or `angry`; none of others.
    pub fn of_label(label: &str) -> Option<Self> {
        Some(match label.to_ascii_lowercase().as_str() {
            "happy" | "happiness" | "joy" => Self::Happiness,
            "sad" | "sadness" => Self::Sadness,
            "surprise" | "surprised" => Self::Surprise,
            "fear" | "fearful" | "afraid" => Self::Fear,
            "angry" | "anger" => Self::Anger,
            "disgust" | "disgusted" => Self::Disgust,
            "contempt" => Self::Contempt,
            _ => return None,
        })
    }
}

/// Units of an emotion that belong together; of `25/26/27` one is enough.
pub(super) struct Combination {
    pub emotion: Emotion,
    pub units: &'static str,
    /// It holds on one side of the face alone, which no unit says.
    pub one_sided: bool,
}

const fn sign(emotion: Emotion, units: &'static str) -> Combination {
    Combination { emotion, units, one_sided: false }
}

/// What a combination of anger may lack one of.
const ANGER_MAY_LACK: [&str; 4] = ["4", "5", "7", "10"];

pub(super) const COMBINATIONS: [Combination; 34] = [
    sign(Emotion::Happiness, "6+12"),
    sign(Emotion::Happiness, "12"),
    sign(Emotion::Sadness, "1+4+11+15"),
    sign(Emotion::Sadness, "1+4+15"),
    sign(Emotion::Sadness, "1+4+15+17"),
    sign(Emotion::Sadness, "1+4+11"),
    sign(Emotion::Sadness, "6+15"),
    sign(Emotion::Sadness, "11+15"),
    sign(Emotion::Sadness, "11+17"),
    sign(Emotion::Surprise, "1+2+5+26/27"),
    sign(Emotion::Surprise, "1+2+5"),
    sign(Emotion::Surprise, "1+2+26/27"),
    sign(Emotion::Surprise, "5+26/27"),
    sign(Emotion::Fear, "1+2+4+5+7+20+26"),
    sign(Emotion::Fear, "1+2+4+5+20+25/26/27"),
    sign(Emotion::Fear, "1+2+4+5+25/26/27"),
    sign(Emotion::Fear, "1+2+4+5"),
    sign(Emotion::Fear, "5+20+25/26/27"),
    sign(Emotion::Fear, "5+20"),
    sign(Emotion::Anger, "4+5+7+10+22+23+25/26"),
    sign(Emotion::Anger, "4+5+7+10+23+25/26"),
    sign(Emotion::Anger, "4+5+7+23+25/26"),
    sign(Emotion::Anger, "4+5+7+17+23"),
    sign(Emotion::Anger, "4+5+7+17+24"),
    sign(Emotion::Anger, "4+5+7+23"),
    sign(Emotion::Anger, "4+5+7+24"),
    sign(Emotion::Disgust, "9"),
    sign(Emotion::Disgust, "9+15+16"),
    sign(Emotion::Disgust, "9+17"),
    sign(Emotion::Disgust, "10"),
    sign(Emotion::Disgust, "10+16+25/26"),
    sign(Emotion::Disgust, "10+17"),
    Combination { emotion: Emotion::Contempt, units: "12+14", one_sided: true },
    sign(Emotion::Contempt, "14"),
];

impl Combination {
    /// Its units, and those that it may have in their place: anger may lack one.
    pub fn forms(&self) -> Vec<Vec<&'static str>> {
        let whole: Vec<&str> = self.units.split('+').collect();
        let lacking = ANGER_MAY_LACK.iter().filter(|unit| self.emotion == Emotion::Anger && whole.contains(unit));
        let without = |unit: &&str| whole.iter().copied().filter(|other| other != unit).collect();
        let mut forms = vec![whole.clone()];
        forms.extend(lacking.map(without));
        forms
    }
}
