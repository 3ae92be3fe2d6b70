//! Options from the environment and from a configuration file, for those that the command line lacks.

use std::ffi::OsString;
use std::path::Path;

use clap::parser::ValueSource;
use clap::{ArgAction, ArgMatches};
use toml::{Table, Value};

use super::Cli;
use crate::failure::Failure;
use clap::CommandFactory;

/// The command line with further options behind it; `None` if there are none.
pub(super) fn complete(
    given: &[OsString],
    matches: &ArgMatches,
) -> Result<Option<Vec<OsString>>, Failure> {
    let Some(("detect", found)) = matches.subcommand() else { return Ok(None) };
    let command = Cli::command();
    let Some(detect) = command.find_subcommand("detect") else { return Ok(None) };
    let is_given = |id: &str| found.value_source(id) == Some(ValueSource::CommandLine);
    let config = match (
        found.get_one::<std::path::PathBuf>("config"),
        std::env::var_os("TAILSPOT_CONFIG"),
    ) {
        (Some(path), _) => Some(path.clone()),
        (None, path) => path.map(Into::into),
    };
    let mut table = config.as_deref().map(read).transpose()?.unwrap_or_default();
    let mut more = Vec::new();
    for option in detect.get_arguments().filter(|option| option.get_long().is_some()) {
        let Some(name) = option.get_long() else { continue };
        let from_file = table.remove(name).or_else(|| table.remove(&name.replace('-', "_")));
        if is_given(option.get_id().as_str()) || matches!(name, "config" | "help" | "version") {
            continue;
        }
        let is_flag = matches!(option.get_action(), ArgAction::SetTrue);
        let variable = format!("TAILSPOT_{}", name.replace('-', "_").to_uppercase());
        let values = match (std::env::var_os(&variable), &from_file, &config) {
            (Some(value), ..) => vec![value],
            (None, Some(value), Some(path)) => texts(value, path, name)?,
            _ => continue,
        };
        for value in values {
            match (is_flag, value.to_str()) {
                (true, Some("true" | "1")) => more.push(OsString::from(format!("--{name}"))),
                (true, Some("false" | "0" | "")) => {}
                (true, _) => {
                    return Err(Failure::new(format!("{name} is {value:?}: needs true or false")));
                }
                (false, _) => {
                    let mut text = OsString::from(format!("--{name}="));
                    text.push(value);
                    more.push(text);
                }
            }
        }
    }
    if let (Some(name), Some(path)) = (table.keys().next(), &config) {
        return Err(Failure::new(format!(
            "{} has {name:?}, which is not an option",
            path.display()
        )));
    }
    if more.is_empty() {
        return Ok(None);
    }
    // Before a "--", behind which everything is a file.
    let end = given.iter().position(|word| word == "--").unwrap_or(given.len());
    Ok(Some([&given[..end], &more, &given[end..]].concat()))
}

fn read(path: &Path) -> Result<Table, Failure> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| Failure::io("read", path.display(), &error))?;
    text.parse::<Table>().map_err(|error| {
        let why = error.message().to_owned();
        let line = error.span().map_or(1, |span| text[..span.start].matches('\n').count() + 1);
        Failure::new(format!("{}, line {line}: {why}", path.display()))
    })
}

fn texts(value: &Value, path: &Path, name: &str) -> Result<Vec<OsString>, Failure> {
    Ok(match value {
        Value::Array(items) => {
            let items =
                items.iter().map(|item| texts(item, path, name)).collect::<Result<Vec<_>, _>>()?;
            items.concat()
        }
        Value::String(text) => vec![text.into()],
        Value::Integer(number) => vec![number.to_string().into()],
        Value::Float(number) => vec![number.to_string().into()],
        Value::Boolean(is_on) => vec![is_on.to_string().into()],
        _ => {
            return Err(Failure::new(format!(
                "{}: {name} needs text, a number, true, false or a list of them",
                path.display()
            )));
        }
    })
}
