//! The functions that `include/tailspot.h` declares.

use std::collections::BTreeSet;
use std::fs;

use crate::machine;

/// A function of the header.
pub(crate) struct Function {
    pub(crate) name: String,
    parameters: String,
}

impl Function {
    /// The chapters of capi/tests/c/abuse.c that must call it.
    pub(crate) fn chapters(&self) -> impl Iterator<Item = &'static str> {
        // A handle that goes in, not one that comes out.
        let handle = ["tailspot_detector *", "tailspot_incidents *", "tailspot_pool *"]
            .iter()
            .any(|handle| self.parameters.replace("**", "").contains(handle));
        let chapters = [
            ("null", self.parameters.contains('*')),
            ("poisoned", handle),
            ("size", self.parameters.contains("size_t ")),
            ("damaged", self.parameters.contains("*snapshot,")),
        ];
        chapters.into_iter().filter_map(|(chapter, belongs)| belongs.then_some(chapter))
    }
}

/// All of them, in the order of the header.
pub(crate) fn functions() -> Vec<Function> {
    let path = machine::repository().join("include").join("tailspot.h");
    let text = fs::read_to_string(path).expect("the header is there");
    let (_, declarations) = text.split_once("extern \"C\" {").expect("the functions of the header");
    let code: Vec<&str> = declarations
        .lines()
        .filter(|line| !line.starts_with("//") && !line.starts_with('#'))
        .collect();
    let code = code.join(" ");
    code.split(';').filter_map(function).collect()
}

/// The function of `TYPE NAME(PARAMETERS)`.
fn function(declaration: &str) -> Option<Function> {
    let (front, parameters) = declaration.split_once('(')?;
    let name = front.rsplit([' ', '*']).next()?;
    Some(Function { name: name.to_owned(), parameters: parameters.to_owned() })
}

/// Their names.
pub(crate) fn names() -> BTreeSet<String> {
    functions().into_iter().map(|function| function.name).collect()
}
