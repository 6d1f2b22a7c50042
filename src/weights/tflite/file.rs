//! The first subgraph of a file as lists: tensors, operators and what each reads and makes.

use flatbuffers::VerifierOptions;

use super::names;
use super::schema::tflite::{Buffer, Model, Operator, Sparsity, SubGraph, root_as_model_with_opts};

/// A tensor of the file.
#[derive(Debug)]
pub(super) struct Tensor<'b> {
    pub name: &'b str,
    shape: Vec<i32>,
    signature: Vec<i32>,
    pub ty: i8,
    /// Its values, where they are in the file.
    pub data: Option<&'b [u8]>,
    pub sparsity: Option<Sparsity<'b>>,
    /// A state that is kept from one run to the next.
    pub variable: bool,
}

/// An operator of the file.
#[derive(Debug)]
pub(super) struct Node<'b> {
    pub op: String,
    /// Whether the format itself has it.
    pub built_in: bool,
    /// Tensors that it reads; `None` where an optional one is left out.
    pub inputs: Vec<Option<usize>>,
    pub outputs: Vec<usize>,
    pub options: Operator<'b>,
}

/// A network of the file.
#[derive(Debug)]
pub(super) struct Net<'b> {
    pub tensors: Vec<Tensor<'b>>,
    pub nodes: Vec<Node<'b>>,
    pub inputs: Vec<usize>,
    pub outputs: Vec<usize>,
}

impl Tensor<'_> {
    /// Its sizes, each one or more; only the first may be open, which is one here.
    pub fn shape(&self) -> Result<Vec<usize>, String> {
        if let Some(axis) = self.signature.iter().skip(1).position(|&size| size < 0) {
            let axis = axis + 1;
            return Err(format!(
                "dimension {axis} of `{}` is open: convert it with fixed sizes, only the batch may vary",
                self.name
            ));
        }
        let size = |&size: &i32| usize::try_from(size).ok().filter(|&size| size > 0).ok_or(size);
        let shape: Result<Vec<usize>, i32> = self.shape.iter().map(size).collect();
        let shape = shape.map_err(|size| format!("`{}` has a size of {size}", self.name))?;
        match shape.iter().try_fold(1_usize, |product, &n| product.checked_mul(n).filter(|&product| product <= 1 << 31)) {
            Some(_) => Ok(shape),
            None => Err(format!("`{}` of the shape {shape:?} is too large", self.name)),
        }
    }
}

impl<'b> Net<'b> {
    /// Reads a file; one that is damaged is an error.
    pub fn parse(bytes: &'b [u8]) -> Result<Self, String> {
        let damaged = |reason: String| {
            format!("not a TensorFlow Lite file, or cut short: {}. Convert or download it again", reason.trim_end_matches('.'))
        };
        // The root's offset and the identifier.
        if bytes.get(4..8) != Some(b"TFL3") {
            return Err(damaged("it does not begin with the identifier TFL3".into()));
        }
        // Every table is visited once at least: more of them than bytes are a table many times over.
        let options = VerifierOptions { max_tables: (bytes.len() / 4).clamp(1 << 12, 1 << 22), ..VerifierOptions::default() };
        let model = root_as_model_with_opts(&options, bytes).map_err(|error| {
            let said = error.to_string();
            damaged(said.lines().next().unwrap_or_default().trim_end_matches(':').to_owned())
        })?;
        if model.version() != 3 {
            return Err(format!("version {} of the format: 3 is read. Convert it again with a later converter", model.version()));
        }
        let graphs = model.subgraphs().filter(|graphs| !graphs.is_empty()).ok_or_else(|| damaged("it has no subgraph".into()))?;
        let graph = graphs.get(0);
        let tensors = tensors(bytes, &model, &graph).map_err(damaged)?;
        let nodes = nodes(&model, &graph, tensors.len()).map_err(damaged)?;
        let list = |indices: Option<flatbuffers::Vector<'b, i32>>, of: &str| {
            let index = |index: i32| usize::try_from(index).ok().filter(|&index| index < tensors.len());
            let all: Option<Vec<usize>> = indices.map_or_else(|| Some(Vec::new()), |all| all.iter().map(index).collect());
            all.filter(|all| !all.is_empty()).ok_or_else(|| damaged(format!("its {of} are not among its tensors")))
        };
        let (inputs, outputs) = (list(graph.inputs(), "inputs")?, list(graph.outputs(), "outputs")?);
        Ok(Self { tensors, nodes, inputs, outputs })
    }
}

fn tensors<'b>(bytes: &'b [u8], model: &Model<'b>, graph: &SubGraph<'b>) -> Result<Vec<Tensor<'b>>, String> {
    let buffers: Vec<Buffer<'b>> = model.buffers().map(|buffers| buffers.iter().collect()).unwrap_or_default();
    let mut all = Vec::new();
    for tensor in graph.tensors().into_iter().flatten() {
        let name = tensor.name().unwrap_or_default();
        let buffer = buffers.get(tensor.buffer() as usize);
        let buffer = buffer.ok_or_else(|| format!("tensor `{name}` lies in a buffer that is not there"))?;
        let data = match (buffer.data(), buffer.offset()) {
            (Some(data), _) if !data.is_empty() => Some(data.bytes()),
            // Files above 2 GB have their buffers behind the tables. 0 and 1 stand for none.
            (_, offset @ 2..) => {
                let range = usize::try_from(offset).ok().zip(usize::try_from(buffer.size()).ok());
                let data = range.and_then(|(from, size)| bytes.get(from..from.checked_add(size)?));
                Some(data.ok_or_else(|| format!("tensor `{name}` lies beyond the file's end"))?)
            }
            _ => None,
        };
        let sizes = |list: Option<flatbuffers::Vector<'b, i32>>| list.map(|list| list.iter().collect()).unwrap_or_default();
        all.push(Tensor {
            name,
            shape: sizes(tensor.shape()),
            signature: sizes(tensor.shape_signature()),
            ty: tensor.type_(),
            data,
            sparsity: tensor.sparsity(),
            variable: tensor.is_variable(),
        });
    }
    Ok(all)
}

fn nodes<'b>(model: &Model<'b>, graph: &SubGraph<'b>, tensors: usize) -> Result<Vec<Node<'b>>, String> {
    let codes: Vec<_> = model.operator_codes().map(|codes| codes.iter().collect()).unwrap_or_default();
    let mut all = Vec::new();
    for (at, operator) in graph.operators().into_iter().flatten().enumerate() {
        let code = codes.get(operator.opcode_index() as usize);
        let code = code.ok_or_else(|| format!("operator {at} has no code"))?;
        // Numbers above 127 are in the newer field alone, others in both or in the older.
        let number = code.builtin_code().max(code.deprecated_builtin_code().into());
        let built_in = names::operator(number);
        let op = built_in
            .map_or_else(|| code.custom_code().map_or_else(|| format!("operator number {number}"), str::to_owned), str::to_owned);
        let tensor = |index: i32| match index {
            -1 => Ok(None),
            index => usize::try_from(index)
                .ok()
                .filter(|&index| index < tensors)
                .map(Some)
                .ok_or_else(|| format!("operator {at} `{op}` reads or makes tensor {index} of {tensors}")),
        };
        let list = |list: Option<flatbuffers::Vector<'b, i32>>| {
            list.into_iter().flatten().map(tensor).collect::<Result<Vec<Option<usize>>, String>>()
        };
        let (inputs, outputs) = (list(operator.inputs())?, list(operator.outputs())?);
        let outputs = outputs.into_iter().flatten().collect();
        all.push(Node { inputs, outputs, options: operator, built_in: built_in.is_some(), op });
    }
    Ok(all)
}
