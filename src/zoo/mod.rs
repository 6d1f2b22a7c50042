//! The networks of the papers, one file an architecture; each reads like its paper's table.

mod alexnet;
mod cvgg13;
mod ensembles;
mod flow;
mod fmpnet;
mod googlenet;
#[cfg(not(target_family = "wasm"))]
mod import;
mod layers;
mod model;
mod preact_resnet;
mod resnet;
mod resnet_caffe;
pub mod state_dict;
mod torchvision;
mod vgg16;
mod vgg_cnn;

pub use ensembles::{ACTION_UNITS, ENSEMBLES, ensemble};
#[cfg(not(target_family = "wasm"))]
pub use import::{import, read_mean};
pub use layers::Head;
pub use model::model;

use crate::error::{Error, Result};
use crate::graph::Network;

/// A network that moue knows by name.
#[derive(Debug, Clone, Copy)]
pub struct Architecture {
    /// Its name.
    pub name: &'static str,
    /// Where it comes from.
    pub source: &'static str,
    /// Its head in the paper that uses it.
    pub head: Head,
    build: Build,
}

#[derive(Debug, Clone, Copy)]
enum Build {
    /// Ends in classes or an embedding.
    Headed(fn(Head) -> Network),
    /// Ends in a sigmoid a unit.
    Units(fn(usize) -> Network),
}

const fn headed(name: &'static str, source: &'static str, head: Head, build: fn(Head) -> Network) -> Architecture {
    Architecture { name, source, head, build: Build::Headed(build) }
}

const fn units(name: &'static str, source: &'static str, build: fn(usize) -> Network) -> Architecture {
    Architecture { name, source, head: Head::Classes(37), build: Build::Units(build) }
}

const LABELS: Head = Head::Classes(7);

/// Every architecture.
pub const ARCHITECTURES: [Architecture; 17] = [
    headed("alexnet", "Krizhevsky 2012, BVLC AlexNet", LABELS, alexnet::alexnet),
    headed("caffenet", "BVLC reference CaffeNet", LABELS, alexnet::caffenet),
    units("an_finetune", "Bocklisch 2015, spatial stream", alexnet::an_finetune),
    units("one_vs_all", "Bocklisch 2015, one-vs-all of one trunk", alexnet::one_vs_all),
    units("flow", "Bocklisch 2015, flow stream", flow::flow),
    headed("vgg_s", "Chatfield 2014, CNN-S", LABELS, vgg_cnn::vgg_s),
    headed("vgg_s_emotiw", "Levi & Hassner 2015, CNN-S", LABELS, vgg_cnn::vgg_s_emotiw),
    headed("vgg_m_2048", "Chatfield 2014, CNN-M-2048", LABELS, |head| vgg_cnn::vgg_m(2048, head)),
    headed("vgg_m_4096", "Chatfield 2014, CNN-M", LABELS, |head| vgg_cnn::vgg_m(4096, head)),
    headed("googlenet", "Szegedy 2014, BVLC GoogLeNet", LABELS, googlenet::googlenet),
    headed("vgg16", "Simonyan 2014, configuration D", LABELS, vgg16::vgg16),
    headed("resnet18", "He 2015, torchvision", LABELS, resnet::resnet18),
    headed("resnet101", "He 2015, torchvision", LABELS, resnet::resnet101),
    headed("resnet101_caffe", "He 2015, Caffe", LABELS, resnet_caffe::resnet101_caffe),
    headed("preactresnet18", "He 2016; Marrero-Fernandez", Head::Embedding(64), preact_resnet::preactresnet18),
    headed("cvgg13", "Barsoum 2016, FER+", Head::Classes(8), cvgg13::cvgg13),
    headed("fmpnet", "Graham 2014; Marrero-Fernandez", Head::Embedding(64), fmpnet::fmpnet),
];

/// The architecture called `name`.
///
/// # Errors
/// [`Error::Argument`] listing those there are.
pub fn find(name: &str) -> Result<Architecture> {
    ARCHITECTURES.iter().copied().find(|architecture| architecture.name == name).ok_or_else(|| {
        let names: Vec<&str> = ARCHITECTURES.iter().map(|architecture| architecture.name).collect();
        Error::Argument(format!("there is no architecture `{name}`; there are: {}", names.join(", ")))
    })
}

impl Architecture {
    /// The network with `head`; `None` takes the paper's.
    ///
    /// # Errors
    /// [`Error::Argument`] where it cannot end so: a head of 0 values or of more than 65,536, an embedding of action units.
    pub fn network(&self, head: Option<Head>) -> Result<Network> {
        let head = head.unwrap_or(self.head);
        let (Head::Classes(size) | Head::Embedding(size)) = head;
        if !(1..=1 << 16).contains(&size) {
            return Err(Error::Argument(format!("a head of {size} values: 1 to 65536 are possible")));
        }
        match (self.build, head) {
            (Build::Headed(build), head) => Ok(build(head)),
            (Build::Units(build), Head::Classes(units)) => Ok(build(units)),
            (Build::Units(_), Head::Embedding(_)) => {
                Err(Error::Argument(format!("`{}` answers action units and has no embedding", self.name)))
            }
        }
    }
}
