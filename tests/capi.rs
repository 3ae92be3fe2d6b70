//! The C ABI, from the outside.

mod machine;
