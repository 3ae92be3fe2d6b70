//! The installed library, used by strangers.

mod machine;
