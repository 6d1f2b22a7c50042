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
    /// Blobs whose values are thrown away.
    pub silenced: Vec<String>,
}

/// Old names of types, and new ones, in the order of V1LayerParameter.LayerType: the first is number 1.
const OLD: [(&str, &str); 39] = [
    ("ACCURACY", "Accuracy"),
    ("BNLL", "BNLL"),
    ("CONCAT", "Concat"),
    ("CONVOLUTION", "Convolution"),
    ("DATA", "Data"),
    ("DROPOUT", "Dropout"),
    ("EUCLIDEAN_LOSS", "EuclideanLoss"),
    ("FLATTEN", "Flatten"),
    ("HDF5_DATA", "HDF5Data"),
    ("HDF5_OUTPUT", "HDF5Output"),
    ("IM2COL", "Im2col"),
    ("IMAGE_DATA", "ImageData"),
    ("INFOGAIN_LOSS", "InfogainLoss"),
    ("INNER_PRODUCT", "InnerProduct"),
    ("LRN", "LRN"),
    ("MULTINOMIAL_LOGISTIC_LOSS", "MultinomialLogisticLoss"),
    ("POOLING", "Pooling"),
    ("RELU", "ReLU"),
    ("SIGMOID", "Sigmoid"),
    ("SOFTMAX", "Softmax"),
    ("SOFTMAX_LOSS", "SoftmaxWithLoss"),
    ("SPLIT", "Split"),
    ("TANH", "TanH"),
    ("WINDOW_DATA", "WindowData"),
    ("ELTWISE", "Eltwise"),
    ("POWER", "Power"),
    ("SIGMOID_CROSS_ENTROPY_LOSS", "SigmoidCrossEntropyLoss"),
    ("HINGE_LOSS", "HingeLoss"),
    ("MEMORY_DATA", "MemoryData"),
    ("ARGMAX", "ArgMax"),
    ("THRESHOLD", "Threshold"),
    ("DUMMY_DATA", "DummyData"),
    ("SLICE", "Slice"),
    ("MVN", "MVN"),
    ("ABSVAL", "AbsVal"),
    ("SILENCE", "Silence"),
    ("CONTRASTIVE_LOSS", "ContrastiveLoss"),
    ("EXP", "Exp"),
    ("DECONVOLUTION", "Deconvolution"),
];

/// Types that give data.
const DATA: [&str; 8] = ["Data", "ImageData", "HDF5Data", "MemoryData", "WindowData", "DummyData", "AnnotatedData", "Python"];

impl Layer {
    fn parse(fields: &Message) -> Self {
        let kind = fields.text("type").unwrap_or("");
        let number = |at: usize| kind.parse() == Ok(at + 1);
        let kind = OLD.iter().enumerate().find(|(at, (old, _))| *old == kind || number(*at)).map_or(kind, |(_, (_, new))| new);
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
    fn tested(&self) -> Result<bool, String> {
        let mut rules = self.fields.messages("include").peekable();
        if rules.peek().is_some() {
            return any(rules, meets);
        }
        Ok(!any(self.fields.messages("exclude"), meets)?)
    }

    /// Whether it measures or writes, and makes nothing that is asked for.
    fn measures(&self) -> bool {
        self.kind.ends_with("Loss")
            || ["Accuracy", "Silence", "SoftmaxWithLoss", "HDF5Output", "DetectionEvaluate"].contains(&self.kind.as_str())
    }
}

fn any<'m>(rules: impl Iterator<Item = &'m Message>, meets: fn(&Message) -> Result<bool, String>) -> Result<bool, String> {
    for rule in rules {
        if meets(rule)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether the TEST phase at level 0 without stages meets a NetStateRule.
fn meets(rule: &Message) -> Result<bool, String> {
    let phase = matches!(rule.text("phase"), None | Some("TEST" | "1"));
    Ok(phase && !rule.has("stage") && rule.number("min_level", 0)? <= 0 && rule.number("max_level", 0)? >= 0)
}

/// Sizes without the batch.
fn image(sizes: &[usize]) -> Result<Vec<usize>, String> {
    match sizes.split_first() {
        Some((_, rest)) if !rest.is_empty() && rest.iter().all(|&n| n > 0) => Ok(rest.to_vec()),
        _ => Err(format!("an input of sizes {sizes:?}: write two sizes or more, the batch first, each one or more")),
    }
}

impl Net {
    pub fn parse(text: &str) -> Result<Self, String> {
        let file = Message::parse(text)?;
        // With their sizes, the batch first.
        let mut inputs: Vec<(String, Vec<usize>)> = Vec::new();
        let shapes = file.messages("input_shape").map(|shape| shape.numbers("dim")).collect::<Result<Vec<Vec<usize>>, _>>()?;
        let flat: Vec<usize> = file.numbers("input_dim")?;
        for (index, name) in file.scalars("input").enumerate() {
            let sizes = shapes.get(index).map(Vec::as_slice).or_else(|| flat.get(4 * index..4 * index + 4));
            let sizes = sizes.ok_or_else(|| format!("input `{name}` has no input_shape and no four input_dim"))?;
            inputs.push((name.to_owned(), sizes.to_vec()));
        }
        let all: Vec<Layer> = file.messages_of(&["layer", "layers"]).map(Layer::parse).collect();
        if all.is_empty() {
            return Err("it has no layers: not a network's prototxt".into());
        }
        if all.iter().any(|layer| layer.fields.messages("layer").next().is_some()) {
            return Err(
                "its layers lie in layers, the oldest syntax: Caffe's upgrade_net_proto_text makes a new one of it".into()
            );
        }
        let (mut layers, mut silenced, mut unsized_data) = (Vec::new(), Vec::new(), Vec::new());
        for layer in all {
            if !layer.tested().map_err(|reason| format!("layer `{}`: {reason}", layer.name))? {
                continue;
            }
            if layer.kind == "Input" {
                let shapes = layer.fields.message("input_param");
                let shapes =
                    shapes.messages("shape").map(|shape| shape.numbers("dim")).collect::<Result<Vec<Vec<usize>>, _>>()?;
                for (index, top) in layer.tops.iter().enumerate() {
                    let sizes = shapes.get(index).or(shapes.first()).ok_or_else(|| format!("input `{top}` has no shape"))?;
                    inputs.push((top.clone(), sizes.clone()));
                }
            } else if layer.bottoms.is_empty() && DATA.contains(&layer.kind.as_str()) {
                unsized_data.extend(layer.tops);
            } else if layer.kind == "Silence" {
                silenced.extend(layer.bottoms);
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
        // What no layer reads, such as the labels of a loss, need not be given.
        if inputs.iter().any(|(name, _)| reads(name)) {
            inputs.retain(|(name, _)| reads(name));
        }
        let inputs = inputs.into_iter().map(|(name, sizes)| Ok((name, image(&sizes)?))).collect::<Result<_, String>>()?;
        Ok(Self { name: file.text("name").unwrap_or("").to_owned(), inputs, layers, silenced })
    }
}
