//! What the report of the system and the program of its authors do in different ways, or what a trained model may want otherwise.

use crate::flow::Parameters;

/// How a video becomes what the networks read. The default is what the report describes, read plainly; the other is the program's, github.com/normanrz/face-vid.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Options {
    /// Of the flow between successive frames: [`Parameters::TWO_STREAM`].
    pub flow: Parameters,
    /// Over what the luma is equalised.
    pub equalised: Equalised,
    /// What becomes of displacements that a byte cannot hold.
    pub beyond: Beyond,
    /// Over what means are taken.
    pub counted: Counted,
    /// What the networks read around the face.
    pub outside: Outside,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            flow: Parameters::TWO_STREAM,
            equalised: Equalised::default(),
            beyond: Beyond::default(),
            counted: Counted::default(),
            outside: Outside::default(),
        }
    }
}

/// Over what the luma is equalised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Equalised {
    /// The face in its ellipse.
    #[default]
    Face,
    /// The whole frame, before the face is cut out: the program.
    Frame,
}

/// What becomes of displacements of more than 10.6 pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Beyond {
    /// 0 or 255.
    #[default]
    Clamped,
    /// Those to the left and up come back as what they are beyond 0, as by OpenCV's `convertScaleAbs`: the program.
    Folded,
}

/// Over what means are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Counted {
    /// Every byte.
    #[default]
    All,
    /// Those that are not 0: the program.
    Nonzero,
}

/// What the networks read around the face.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Outside {
    /// What is left there less the mean.
    #[default]
    Kept,
    /// 0, outside of an ellipse that is as wide as the picture and lower than it: the program, which has the axes of its mask the other way round there.
    Zero,
}
