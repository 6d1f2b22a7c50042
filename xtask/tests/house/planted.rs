//! Houses that are out of order, each in its own way: all of it is found.

use std::collections::BTreeMap;

use crate::rules::{Floor, circles, floors, misplaced, upwards};
use crate::tree::{Use, uses};

const TABLE: &str = "
| folder | job | may use |
|---|---|---|
| `src/error.rs` | failures | |
| `src/gpu/` | the device | `error` |
| `src/kernels/`, `src/reference/` | kernels and their twins | `gpu` |
| `src/cli/` | the program | `kernels`, `reference` |
| `web/` | another language | `src/cli/` |
";

fn house(files: &[(&str, &str)]) -> Vec<Use> {
    let files: BTreeMap<String, String> = files.iter().map(|&(file, text)| (file.to_owned(), text.to_owned())).collect();
    uses(&files)
}

/// From, line, name, to.
fn lines(uses: &[Use]) -> Vec<(&str, usize, &str, &str)> {
    uses.iter().map(|one| (one.from.as_str(), one.line, one.name.as_str(), one.to.as_str())).collect()
}

#[test]
fn the_table_is_read() {
    let found = floors(TABLE);
    let floor = |rooms: &[&str], uses: &[&str]| Floor {
        rooms: rooms.iter().map(|&room| room.to_owned()).collect(),
        uses: uses.iter().map(|&room| room.to_owned()).collect(),
    };
    let wanted = [
        floor(&["error"], &[]),
        floor(&["gpu"], &["error"]),
        floor(&["kernels", "reference"], &["gpu"]),
        floor(&["cli"], &["kernels", "reference"]),
    ];
    assert_eq!(found, wanted);
}

#[test]
fn what_the_table_lacks_and_what_it_has_alone_is_said() {
    let files = ["src/error.rs", "src/gpu/mod.rs", "src/cli/mod.rs", "src/kernels/mod.rs", "src/new/mod.rs"].map(str::to_owned);
    let found = misplaced(files.iter(), &floors(TABLE));
    assert_eq!(found, ["`new` is in no row", "`reference` has a row, and is not in src/"]);
    let turned: Vec<Floor> = floors(TABLE).into_iter().rev().collect();
    assert_eq!(misplaced(files.iter(), &turned).iter().filter(|wrong| wrong.contains("in no row above")).count(), 4);
}

#[test]
fn a_use_upwards_is_found_with_its_file_line_and_name() {
    let found = house(&[
        ("src/error.rs", "pub enum Error {}"),
        ("src/gpu/mod.rs", "mod plan;\npub use plan::Plan;"),
        ("src/gpu/plan.rs", "use crate::error::Error;\n\n/// crate::cli::never\npub struct Plan(crate::cli::table::Row);"),
        ("src/kernels/mod.rs", "use crate::gpu::Plan;\nuse crate::error::Error;\npub fn conv(_: Plan) -> Error {}"),
        ("src/reference/mod.rs", "use crate::kernels::{self, conv as other};\npub fn conv() { other(); kernels::conv() }"),
        ("src/cli/mod.rs", "mod table;\nuse crate::{gpu, reference::conv};\nfn run(_: gpu::Plan) {}"),
        ("src/cli/table.rs", "pub struct Row;"),
    ]);
    let wrong = upwards(&found, &floors(TABLE));
    let wanted = ["src/gpu/plan.rs:4: `Row` of src/cli/table.rs", "src/reference/mod.rs:1: `conv` of src/kernels/mod.rs"];
    assert_eq!(wrong, wanted);
    assert!(found.iter().any(|one| one.to == "src/gpu/plan.rs" && one.from == "src/kernels/mod.rs"), "{found:?}");
}

#[test]
fn a_circle_is_found_through_a_third_file() {
    let found = circles(&house(&[
        ("src/gpu/mod.rs", "mod a;\nmod b;\nmod c;\nmod d;\npub use a::A;"),
        ("src/gpu/a.rs", "use super::b::B;\npub struct A(B);"),
        ("src/gpu/b.rs", "use super::c;\npub struct B;\nfn f() -> c::C {}"),
        ("src/gpu/c.rs", "pub struct C;\nimpl C {\n    fn f(_: crate::gpu::A) {}\n}"),
        ("src/gpu/d.rs", "use super::A;"),
    ]));
    let wanted =
        ["src/gpu/a.rs:1: `B` of src/gpu/b.rs", "src/gpu/b.rs:3: `C` of src/gpu/c.rs", "src/gpu/c.rs:3: `A` of src/gpu/a.rs"];
    assert_eq!(found, [wanted]);
}

#[test]
fn two_circles_are_two() {
    let (a, b) = ("use super::b::B;\npub struct A;", "use super::a::A;\npub struct B;");
    let files = [("src/gpu/a.rs", a), ("src/gpu/b.rs", b), ("src/cli/a.rs", a), ("src/cli/b.rs", b)];
    assert_eq!(circles(&house(&files)).len(), 2);
}

#[test]
fn a_parent_that_only_shows_its_child_is_no_circle_and_one_that_uses_it_is() {
    let child = ("src/gpu/plan.rs", "use super::Gpu;\npub struct Plan(Gpu);");
    let shows = house(&[("src/gpu/mod.rs", "mod plan;\npub use plan::Plan;\npub struct Gpu;"), child]);
    assert_eq!(lines(&shows), [("src/gpu/plan.rs", 1, "Gpu", "src/gpu/mod.rs")]);
    assert!(circles(&shows).is_empty());
    for own in ["fn f(plan: Plan) {}", "fn f() { plan::new() }", "use plan::Other;"] {
        let text = format!("mod plan;\npub use plan::Plan;\npub struct Gpu;\n{own}");
        assert_eq!(circles(&house(&[("src/gpu/mod.rs", &text), child])).len(), 1, "{own}");
    }
}

#[test]
fn a_name_brought_from_elsewhere_is_taken_of_who_brings_it() {
    let found = house(&[
        ("src/gpu/a.rs", "pub(super) use crate::error::Error;"),
        ("src/gpu/b.rs", "use super::a::Error;"),
        ("src/error.rs", "pub struct Error;"),
    ]);
    let wanted = [("src/gpu/a.rs", 1, "Error", "src/error.rs"), ("src/gpu/b.rs", 1, "Error", "src/gpu/a.rs")];
    assert_eq!(lines(&found), wanted);
}

#[test]
fn a_module_and_a_function_of_one_name_are_told_apart() {
    let found = house(&[
        ("src/kernels/mod.rs", "mod fuse;\npub use fuse::fuse;"),
        ("src/kernels/fuse.rs", "pub fn fuse() {}\npub fn other() {}"),
        ("src/cli/mod.rs", "use crate::kernels;\nfn f() { kernels::fuse() }"),
        ("src/cli/all.rs", "use crate::kernels::*;\nfn f() { fuse() }"),
    ]);
    let wanted = [
        ("src/cli/all.rs", 2, "fuse", "src/kernels/fuse.rs"),
        ("src/cli/all.rs", 1, "*", "src/kernels/mod.rs"),
        ("src/cli/mod.rs", 2, "fuse", "src/kernels/fuse.rs"),
    ];
    assert_eq!(lines(&found), wanted);
}

#[test]
fn tests_comments_and_literals_use_nothing() {
    let text = r##"
        // crate::cli::f
        /* crate::cli::f /* crate::cli::f */ */
        const TEXTS: [&str; 3] = ["crate::cli::f \" crate::cli::f", r#"crate::cli::f " "#, "
            "];
        fn f<'a>(c: &'a char) -> bool { *c == '"' || *c == '\'' }
        #[cfg(test)]
        mod tests {
            use crate::cli::f;
            fn g() { if true { f() } }
        }
        #[cfg(test)]
        use crate::cli::f;
        mod inner { use super::super::error::Error; }
    "##;
    let found = house(&[("src/gpu/mod.rs", text), ("src/cli/mod.rs", "pub fn f() {}"), ("src/error.rs", "pub struct Error;")]);
    assert_eq!(lines(&found), [("src/gpu/mod.rs", 14, "Error", "src/error.rs")]);
}
