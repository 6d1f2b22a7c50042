//! A prototxt as a list of layers of the TEST phase.

use super::text::Message;

/// One layer.
#[derive(Debug, Clone)]
pub(super) struct Layer {
    pub name: String,
    /// Its type by its new name.
    pub kind: String,
    pub bottoms: Vec<String>,
    pub tops: Vec<String>,
    pub fields: Message,
}

/// A network.
#[derive(Debug, Clone)]
pub(super) struct Net {
    pub name: String,
    /// Blobs that go in, with their sizes without the batch.
    pub inputs: Vec<(String, Vec<usize>)>,
    pub layers: Vec<Layer>,
}

/// Old names of types, and new ones.
const OLD: [(&str, &str); 33] = [
    ("ABSVAL", "AbsVal"),
    ("ACCURACY", "Accuracy"),
    ("ARGMAX", "ArgMax"),
    ("BNLL", "BNLL"),
    ("CONCAT", "Concat"),
    ("CONVOLUTION", "Convolution"),
    ("DATA", "Data"),
    ("DECONVOLUTION", "Deconvolution"),
    ("DROPOUT", "Dropout"),
    ("DUMMY_DATA", "DummyData"),
    ("ELTWISE", "Eltwise"),
    ("EUCLIDEAN_LOSS", "EuclideanLoss"),
    ("EXP", "Exp"),
    ("FLATTEN", "Flatten"),
    ("HDF5_DATA", "HDF5Data"),
    ("HINGE_LOSS", "HingeLoss"),
    ("IMAGE_DATA", "ImageData"),
    ("INNER_PRODUCT", "InnerProduct"),
    ("LRN", "LRN"),
    ("MEMORY_DATA", "MemoryData"),
    ("MULTINOMIAL_LOGISTIC_LOSS", "MultinomialLogisticLoss"),
    ("POOLING", "Pooling"),
    ("POWER", "Power"),
    ("RELU", "ReLU"),
    ("SIGMOID", "Sigmoid"),
    ("SIGMOID_CROSS_ENTROPY_LOSS", "SigmoidCrossEntropyLoss"),
    ("SILENCE", "Silence"),
    ("SLICE", "Slice"),
    ("SOFTMAX", "Softmax"),
    ("SOFTMAX_LOSS", "SoftmaxWithLoss"),
    ("SPLIT", "Split"),
    ("TANH", "TanH"),
    ("WINDOW_DATA", "WindowData"),
];

/// Types that give data.
const DATA: [&str; 8] = ["Data", "ImageData", "HDF5Data", "MemoryData", "WindowData", "DummyData", "AnnotatedData", "Python"];

impl Layer {
    fn parse(fields: &Message) -> Self {
        let kind = fields.text("type").unwrap_or("");
        let kind = OLD.iter().find(|(old, _)| *old == kind).map_or(kind, |(_, new)| new);
        let names = |field: &str| fields.scalars(field).map(str::to_owned).collect();
        Self {
            name: fields.text("name").unwrap_or("").to_owned(),
            kind: kind.to_owned(),
            bottoms: names("bottom"),
            tops: names("top"),
            fields: fields.clone(),
        }
    }

    /// Whether it is there in the TEST phase.
    fn tested(&self) -> bool {
        let is_test = |rule: &Message| matches!(rule.text("phase"), None | Some("TEST" | "1"));
        let included: Vec<bool> = self.fields.messages("include").map(is_test).collect();
        if !included.is_empty() {
            return included.contains(&true);
        }
        !self.fields.messages("exclude").any(|rule| is_test(rule) && rule.has("phase"))
    }

    /// Whether it measures, and makes nothing that is asked for.
    fn measures(&self) -> bool {
        self.kind.ends_with("Loss")
            || ["Accuracy", "Silence", "SoftmaxWithLoss", "DetectionEvaluate"].contains(&self.kind.as_str())
    }
}

/// Sizes without the batch.
fn image(sizes: &[usize]) -> Result<Vec<usize>, String> {
    match sizes.split_first() {
        Some((_, rest)) if !rest.is_empty() && rest.iter().all(|&n| n > 0) => Ok(rest.to_vec()),
        _ => Err(format!("an input of sizes {sizes:?}: a batch and what lies in it are wanted")),
    }
}

impl Net {
    pub fn parse(text: &str) -> Result<Self, String> {
        let file = Message::parse(text)?;
        let mut inputs = Vec::new();
        let names: Vec<&str> = file.scalars("input").collect();
        let shapes = file.messages("input_shape").map(|shape| shape.numbers("dim")).collect::<Result<Vec<Vec<usize>>, _>>()?;
        let flat: Vec<usize> = file.numbers("input_dim")?;
        for (index, name) in names.iter().enumerate() {
            let sizes = shapes.get(index).map(Vec::as_slice).or_else(|| flat.get(4 * index..4 * index + 4));
            let sizes = sizes.ok_or_else(|| format!("input `{name}` has no input_shape and no four input_dim"))?;
            inputs.push(((*name).to_owned(), image(sizes)?));
        }
        let all: Vec<Layer> = file.messages_of(&["layer", "layers"]).map(Layer::parse).collect();
        if all.is_empty() {
            return Err("it has no layers: not a network's prototxt".into());
        }
        let mut layers = Vec::new();
        let mut unsized_data = Vec::new();
        for layer in all.into_iter().filter(Layer::tested) {
            if layer.kind == "Input" {
                let shapes = layer.fields.message("input_param");
                let shapes =
                    shapes.messages("shape").map(|shape| shape.numbers("dim")).collect::<Result<Vec<Vec<usize>>, _>>()?;
                for (index, top) in layer.tops.iter().enumerate() {
                    let sizes = shapes.get(index).or(shapes.first());
                    inputs.push((top.clone(), image(sizes.ok_or_else(|| format!("input `{top}` has no shape"))?)?));
                }
            } else if layer.bottoms.is_empty() && DATA.contains(&layer.kind.as_str()) {
                unsized_data.extend(layer.tops);
            } else if !layer.measures() {
                layers.push(layer);
            }
        }
        let fed = |blob: &String| inputs.iter().any(|(name, _)| name == blob);
        let reads = |blob: &String| layers.iter().any(|layer| layer.bottoms.contains(blob));
        if let Some(blob) = unsized_data.iter().find(|blob| reads(blob) && !fed(blob)) {
            return Err(format!(
                "`{blob}` comes from a data layer, which does not say its size: take the deploy prototxt, or begin this one with \
                 input: \"{blob}\" and four input_dim"
            ));
        }
        if inputs.is_empty() {
            return Err("it has no input: take the deploy prototxt".into());
        }
        Ok(Self { name: file.text("name").unwrap_or("").to_owned(), inputs, layers })
    }
}
