//! Emotions as FACS has them: combinations of action units that are signs of one, beside what networks of expressions answer and never in its place.

use super::emotions::{COMBINATIONS, Combination, Emotion};
use super::unit::Actions;

/// How far a face shows the signs of an emotion, by the combination of it that comes nearest: one whose units are all present, the longest of those and then the one of
/// the largest degree; else that of which the largest part is present, and then of the largest degree.
#[derive(Debug, Clone, PartialEq)]
pub struct Sign {
    /// Which emotion.
    pub emotion: Emotion,
    /// The units of the combination: positions in the model's labels. Of several of which one is enough the most probable.
    pub units: Vec<usize>,
    /// Those of them that are not present.
    pub missing: Vec<usize>,
    /// What of the combination the model does not read, and nobody knows: units, and `one side`.
    pub unknown: Vec<&'static str>,
    /// The smallest probability of its units, as no combination is surer than its weakest unit; none where none of them is read.
    pub degree: Option<f32>,
    /// The smallest intensity of its units, 0 to 5; none where a unit has none.
    pub intensity: Option<f32>,
}

impl Sign {
    /// Whether all units of the combination are known to be present.
    pub fn whole(&self) -> bool {
        self.missing.is_empty() && self.unknown.is_empty()
    }

    fn parts(&self) -> usize {
        self.units.len() + self.unknown.len()
    }

    /// What the nearest combination is the largest by.
    fn order(&self) -> (bool, f32, f32) {
        let degree = self.degree.unwrap_or(0.0);
        if self.whole() {
            return (true, self.parts() as f32, degree);
        }
        (false, (self.units.len() - self.missing.len()) as f32 / self.parts().max(1) as f32, degree)
    }
}

/// What the units of a face say of emotions.
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation {
    /// One an emotion, in the order of [`Emotion::ALL`].
    pub signs: Vec<Sign>,
}

impl Explanation {
    /// The sign of the emotion that the units speak for: of the whole ones that of most units, and then of the largest degree. None where none is whole.
    pub fn spoken(&self) -> Option<&Sign> {
        self.signs.iter().rev().filter(|sign| sign.whole()).max_by(|a, b| compare(a, b))
    }

    /// Whether the units speak for what a model of expressions calls `label`, or for nothing where that is `neutral`; none where no emotion has that name.
    pub fn agrees(&self, label: &str) -> Option<bool> {
        let spoken = self.spoken().map(|sign| sign.emotion);
        match Emotion::of_label(label) {
            None if !label.eq_ignore_ascii_case("neutral") => None,
            named => Some(named == spoken),
        }
    }
}

fn compare(a: &Sign, b: &Sign) -> std::cmp::Ordering {
    let (a, b) = (a.order(), b.order());
    a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)).then(a.2.total_cmp(&b.2))
}

/// What the units of a face, read by a model of these `labels`, say of emotions. Of a unit that the model does not read nothing is known: it is neither there nor missing.
pub fn explain(labels: &[String], actions: &Actions) -> Explanation {
    let of = |emotion: Emotion| {
        let all = COMBINATIONS
            .iter()
            .filter(move |own| own.emotion == emotion)
            .flat_map(|own| own.forms().into_iter().map(move |units| (own, units)));
        // Of equal ones the first.
        let signs: Vec<Sign> = all.map(|(own, units)| found(own, &units, labels, actions)).collect();
        signs.into_iter().rev().max_by(compare)
    };
    Explanation { signs: Emotion::ALL.into_iter().filter_map(of).collect() }
}

fn found(own: &Combination, units: &[&'static str], labels: &[String], actions: &Actions) -> Sign {
    let mut sign =
        Sign { emotion: own.emotion, units: Vec::new(), missing: Vec::new(), unknown: Vec::new(), degree: None, intensity: None };
    let mut intensities = Vec::new();
    for part in units {
        let read = part.split('/').filter_map(|name| {
            let at = labels.iter().position(|label| label == name)?;
            Some((at, actions.units.get(at).copied().flatten()?))
        });
        // The first of equally probable ones.
        let best = read.reduce(|best, next| {
            let order = |unit: (usize, super::unit::Unit)| (unit.1.present, unit.1.probability);
            if order(next) > order(best) { next } else { best }
        });
        let Some((at, unit)) = best else {
            sign.unknown.push(part);
            continue;
        };
        sign.units.push(at);
        if !unit.present {
            sign.missing.push(at);
        }
        sign.degree = Some(sign.degree.map_or(unit.probability, |least| least.min(unit.probability)));
        intensities.push(unit.intensity);
    }
    if own.one_sided {
        sign.unknown.push("one side");
    }
    let least = intensities.into_iter().collect::<Option<Vec<f32>>>();
    sign.intensity = least.and_then(|all| all.into_iter().reduce(f32::min));
    sign
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actions::Unit;

    const READ: [&str; 21] =
        ["25", "26", "16", "43", "1", "2", "5", "6", "17", "15", "22", "4", "9", "11", "27", "10", "14", "12", "24", "23", "20"];

    /// A face that shows these units, each less probably than the one before; `7` is read last.
    fn face(units: &str) -> (Vec<String>, Actions) {
        let labels: Vec<String> = READ.iter().copied().chain(["7"]).map(String::from).collect();
        let shown: Vec<&str> = units.split('+').collect();
        let unit = |label: &String| {
            let at = shown.iter().position(|own| own == label);
            let probability = at.map_or(0.1, |at| 0.9 - 0.05 * at as f32);
            Some(Unit { probability, intensity: Some(5.0 * probability), present: at.is_some() })
        };
        let units = labels.iter().map(unit).collect();
        (labels, Actions { units, streams: Vec::new() })
    }

    fn spoken(units: &str) -> Option<(Emotion, String)> {
        let (labels, actions) = face(units);
        let explanation = explain(&labels, &actions);
        let named = |sign: &Sign| sign.units.iter().map(|at| labels[*at].clone()).collect::<Vec<_>>().join("+");
        explanation.spoken().map(|sign| (sign.emotion, named(sign)))
    }

    /// Of faces that show these units and no others what they speak for, and by which of them.
    const SIGNS: [(Emotion, &str); 46] = [
        (Emotion::Happiness, "12"),
        (Emotion::Happiness, "6+12"),
        (Emotion::Sadness, "1+4+15"),
        (Emotion::Sadness, "1+4+11+15"),
        (Emotion::Sadness, "1+4+15+17"),
        (Emotion::Sadness, "1+4+11"),
        (Emotion::Sadness, "6+15"),
        (Emotion::Sadness, "11+15"),
        (Emotion::Sadness, "11+17"),
        (Emotion::Surprise, "1+2+5+26"),
        (Emotion::Surprise, "1+2+5+27"),
        (Emotion::Surprise, "1+2+5"),
        (Emotion::Surprise, "1+2+26"),
        (Emotion::Surprise, "1+2+27"),
        (Emotion::Surprise, "5+26"),
        (Emotion::Surprise, "5+27"),
        (Emotion::Fear, "1+2+4+5+7+20+26"),
        (Emotion::Fear, "1+2+4+5+20+25"),
        (Emotion::Fear, "1+2+4+5+20+26"),
        (Emotion::Fear, "1+2+4+5+20+27"),
        (Emotion::Fear, "1+2+4+5+25"),
        (Emotion::Fear, "1+2+4+5+26"),
        (Emotion::Fear, "1+2+4+5+27"),
        (Emotion::Fear, "1+2+4+5"),
        (Emotion::Fear, "5+20"),
        (Emotion::Fear, "5+20+25"),
        (Emotion::Anger, "4+5+7+23"),
        (Emotion::Anger, "4+5+7+24"),
        (Emotion::Anger, "4+5+7+17+23"),
        (Emotion::Anger, "4+5+7+17+24"),
        (Emotion::Anger, "4+5+7+23+25"),
        (Emotion::Anger, "4+5+7+10+23+25"),
        (Emotion::Anger, "4+5+7+10+22+23+26"),
        (Emotion::Anger, "4+5+23"),
        (Emotion::Anger, "4+7+24"),
        (Emotion::Anger, "5+7+17+23"),
        (Emotion::Anger, "4+7+10+23+26"),
        (Emotion::Anger, "4+5+7+22+23+10"),
        (Emotion::Disgust, "9"),
        (Emotion::Disgust, "9+15+16"),
        (Emotion::Disgust, "9+17"),
        (Emotion::Disgust, "10"),
        (Emotion::Disgust, "10+16+25"),
        (Emotion::Disgust, "10+16+26"),
        (Emotion::Disgust, "10+17"),
        (Emotion::Contempt, "14"),
    ];

    #[test]
    fn a_face_speaks_for_the_emotion_that_all_its_units_are_the_sign_of() {
        for (emotion, units) in SIGNS {
            // The one row that no combination covers whole: 22 belongs to one with the lips apart.
            let by = if units == "4+5+7+22+23+10" { "4+5+7+23" } else { units };
            assert_eq!(spoken(units), Some((emotion, by.to_owned())), "{units}");
        }
        for units in [
            "", "1", "4", "5", "7", "15", "16", "17", "20", "23", "25", "26", "1+2", "1+4", "4+7", "4+5", "7+23", "4+23", "1+2+4",
        ] {
            assert_eq!(spoken(units), None, "{units}");
        }
    }

    #[test]
    fn the_longest_sign_counts_and_then_the_surer_one() {
        // More is shown than belongs to it.
        assert_eq!(spoken("1+2+4+5+9"), Some((Emotion::Fear, "1+2+4+5".into())));
        assert_eq!(spoken("9+6+12"), Some((Emotion::Happiness, "6+12".into())));
        // As long: the weakest unit decides.
        assert_eq!(spoken("12+14"), Some((Emotion::Happiness, "12".into())));
        assert_eq!(spoken("14+12"), Some((Emotion::Contempt, "14".into())));
        // Of units of which one is enough the most probable.
        assert_eq!(spoken("1+2+5+27+26"), Some((Emotion::Surprise, "1+2+5+27".into())));
    }

    #[test]
    fn a_sign_says_how_sure_it_is_and_what_is_missing() {
        let (labels, actions) = face("6+1+2+5");
        let explanation = explain(&labels, &actions);
        assert_eq!(explanation.signs.iter().map(|sign| sign.emotion).collect::<Vec<_>>(), Emotion::ALL);
        let names = |places: &[usize]| places.iter().map(|at| labels[*at].as_str()).collect::<Vec<_>>().join("+");
        let happiness = &explanation.signs[0];
        assert_eq!((names(&happiness.units), names(&happiness.missing), happiness.whole()), ("6+12".into(), "12".into(), false));
        assert_eq!((happiness.degree, happiness.intensity), (Some(0.1), Some(0.5)));
        let surprise = &explanation.signs[2];
        assert!(surprise.whole() && names(&surprise.units) == "1+2+5");
        // 5 comes fourth.
        assert!((surprise.degree.unwrap() - 0.75).abs() < 1e-6 && (surprise.intensity.unwrap() - 3.75).abs() < 1e-5);
        let agrees = |label: &str| explanation.agrees(label);
        let answers = [agrees("surprise"), agrees("happy"), agrees("neutral"), agrees("calm")];
        assert_eq!(answers, [Some(true), Some(false), Some(false), None]);
        let (labels, actions) = face("");
        assert_eq!(explain(&labels, &actions).agrees("Neutral"), Some(true));
    }

    #[test]
    fn what_is_not_read_is_neither_there_nor_missing() {
        let (labels, mut actions) = face("6+12");
        let six = labels.iter().position(|label| label == "6").unwrap();
        actions.units[six] = None;
        let sign = explain(&labels, &actions).signs[0].clone();
        assert_eq!((sign.units.len(), sign.whole()), (1, true), "12 alone is one, too");
        let twelve = labels.iter().position(|label| label == "12").unwrap();
        actions.units[twelve].as_mut().unwrap().present = false;
        assert!(explain(&labels, &actions).spoken().is_none());
        // A model of one unit: everything else is unknown.
        let labels = ["17".to_owned()];
        let unit = Unit { probability: 0.8, intensity: None, present: true };
        let explanation = explain(&labels, &Actions { units: vec![Some(unit)], streams: Vec::new() });
        let sadness = &explanation.signs[1];
        assert_eq!((sadness.units.as_slice(), sadness.missing.len(), sadness.unknown.as_slice()), (&[0][..], 0, &["11"][..]));
        assert_eq!((sadness.degree, sadness.intensity, explanation.spoken()), (Some(0.8), None, None));
    }

    #[test]
    fn both_sides_are_no_sign_of_one() {
        // EMFACS has contempt on one side, which no unit says: the combination is never whole.
        let (labels, mut actions) = face("12+14");
        let fourteen = labels.iter().position(|label| label == "14").unwrap();
        let one_sided = COMBINATIONS.iter().find(|own| own.one_sided).unwrap();
        let sign = found(one_sided, &["12", "14"], &labels, &actions);
        assert_eq!((sign.unknown.as_slice(), sign.missing.len(), sign.whole()), (&["one side"][..], 0, false));
        actions.units[fourteen].as_mut().unwrap().present = false;
        assert_eq!(explain(&labels, &actions).spoken().unwrap().emotion, Emotion::Happiness);
    }
}
