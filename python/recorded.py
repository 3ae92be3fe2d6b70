"""What record_api's own steps leave to do: `python recorded.py restore` after line_counts, then `... check` at the end.

`restore GROUPED RESTORED` puts back what infer_apis cannot read: calls of methods, which it takes for those of a
function with a dot in its name; frozen dataclasses, which were written as their fields; the fast `step` of a detector,
which is bound to something private. `check RESTORED STUBS` fails unless every recorded name is in the generated stubs,
and is a public name of tailspot with types; it lists the public names that nobody used.

Runs in an environment that has tailspot.
"""

from __future__ import annotations

import ast
import dataclasses
import importlib
import inspect
import json
import pkgutil
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tailspot
from tailspot import feeds

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

PACKAGE = "tailspot"
# What a detector's own `step` is bound to.
STANDS_FOR = {("tailspot._handle", "Handle"): {"module": PACKAGE, "name": "Spot"}}
PUBLIC = [getattr(tailspot, name) for name in tailspot.__all__ if name != "__version__"]


def modules() -> Iterator[Any]:
    """The public modules of the package, those of feeds as far as what they need is here."""
    yield tailspot
    for found in pkgutil.iter_modules(feeds.__path__, f"{feeds.__name__}."):
        if not found.name.rpartition(".")[2].startswith("_"):
            with suppress(ImportError):
                yield importlib.import_module(found.name)


FIELDS = {
    frozenset(field.name for field in dataclasses.fields(thing)): {"module": thing.__module__, "name": thing.__name__}
    for module in modules()
    for thing in vars(module).values()
    if isinstance(thing, type) and dataclasses.is_dataclass(thing)
}


def restore(grouped: Path, restored: Path) -> None:
    """Write the lines of one file, restored, to another."""
    lines = [restored_line(json.loads(line)) for line in grouped.read_text().splitlines()]
    restored.write_text("".join(f"{json.dumps(line)}\n" for line in lines))


def restored_line(line: dict[str, Any]) -> dict[str, Any]:
    """A recorded call as infer_apis reads it."""
    line = typed(line)
    function, bound = line["function"], line.get("bound_params", {})
    if function["t"] == "function" and "." in function["v"]["name"]:
        (first, owner), *rest = bound["pos_or_kw"]
        if first == "self":
            method = {"self": owner, "name": function["v"]["name"].rpartition(".")[2]}
            return {**line, "function": {"t": "method", "v": method}, "bound_params": {**bound, "pos_or_kw": rest}}
    return line


def typed(value: Any) -> Any:
    """The same value, with public types in place of the fields of a dataclass and of private types."""
    if isinstance(value, list):
        return [typed(one) for one in value]
    if not isinstance(value, dict):
        return value
    if frozenset(value) in FIELDS:
        return {"t": FIELDS[frozenset(value)]}
    if set(value) == {"module", "name"}:
        return STANDS_FOR.get((value["module"], value["name"]), value)
    return {key: typed(one) for key, one in value.items()}


def names(lines: Iterable[dict[str, Any]]) -> set[str]:
    """The names of the package in restored lines: tailspot.watch, tailspot.Spot.step, tailspot.Result.events."""
    return {name for line in lines for name in [name_of(line)] if name.split(".")[0] == PACKAGE}


def name_of(line: dict[str, Any]) -> str:
    """The name that a call is about; an empty one for what has none."""
    kind, value = line["function"]["t"], line["function"]["v"]
    if value == "getattr":
        owner, attribute = line["params"]["args"]
        return f"{owner_of(owner)}.{attribute}"
    if isinstance(value, dict) and "self" in value:
        return f"{owner_of(value['self'])}.{value['name']}"
    return owner_of({"t": value}) if kind in ("function", "type") else ""


def owner_of(value: Any) -> str:
    """The module, or the class, or the class of the value, that a recorded value is."""
    if not isinstance(value, dict):
        return ""
    name = value["v"] if value["t"] in ("module", "type") else value["t"]
    return f"{name['module']}.{name['name']}" if isinstance(name, dict) else str(name)


def stub_names(folder: Path) -> Iterator[str]:
    """The names in the modules that write_api has written."""
    for path in folder.glob("*.py"):
        yield from names_in(ast.parse(path.read_text()), path.stem)


def names_in(tree: ast.AST, above: str) -> Iterator[str]:
    """The functions, classes and variables in a piece of source, and what is in its classes."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            yield f"{above}.{node.name}"
        if isinstance(node, ast.ClassDef):
            yield from names_in(node, f"{above}.{node.name}")
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield f"{above}.{node.target.id}"


def is_public(name: str) -> bool:
    """Whether a name is there, is public, and has its types."""
    parts = name.split(".")
    if any(part.startswith("_") and not part.endswith("__") for part in parts):
        return False
    thing: Any = tailspot
    for i, part in enumerate(parts[1:], 2):
        if part in annotations_of(thing):
            return i == len(parts)
        if part not in getattr(thing, "__all__", [part]):
            with suppress(ImportError):
                importlib.import_module(".".join(parts[:i]))
            if not inspect.ismodule(getattr(thing, part, None)):
                return False
        thing = getattr(thing, part, None)
        if thing is None:
            return False
    return not inspect.isfunction(thing) or is_typed(thing)


def annotations_of(thing: Any) -> set[str]:
    """The fields of a class and of what it is made from."""
    return {name for base in getattr(thing, "__mro__", ()) for name in vars(base).get("__annotations__", {})}


def is_typed(function: Any) -> bool:
    """Whether a function has a type for what it answers and for each parameter."""
    signature = inspect.signature(function)
    parameters = [parameter for name, parameter in signature.parameters.items() if name not in ("self", "cls")]
    annotations = [signature.return_annotation, *(parameter.annotation for parameter in parameters)]
    return all(annotation is not inspect.Signature.empty for annotation in annotations)


def unused(recorded: set[str]) -> Iterator[str]:
    """The public names that are not recorded; a method counts for the class that it comes from."""
    for thing in PUBLIC:
        name = f"{PACKAGE}.{thing.__name__}"
        if not any(one == name or one.startswith(f"{name}.") for one in recorded):
            yield name
        elif isinstance(thing, type):
            owners = [f"{PACKAGE}.{one.__name__}" for one in PUBLIC if isinstance(one, type) and issubclass(one, thing)]
            members = [member for member in [*vars(thing), *annotations_of(thing)] if not member.startswith("_")]
            for member in dict.fromkeys(members):
                if not any(f"{owner}.{member}" in recorded for owner in owners):
                    yield f"{name}.{member}"


def check(restored: Path, stubs: Path) -> int:
    """Print what was recorded; 1 if any of it is missing, or nothing was recorded."""
    there = set(stub_names(stubs))
    recorded = names(map(json.loads, restored.read_text().splitlines())) | there
    missing = sorted(name for name in recorded if name not in there or not is_public(name))
    print(f"recorded names: {len(recorded)}, missing from stubs: {len(missing)}")
    for name in missing:
        print(f"  {name} is {'no public name with types' if name in there else 'not in the generated stubs'}")
    rest = list(unused(recorded))
    print(f"public names that no example uses: {len(rest)}")
    for name in rest:
        print(f"  {name}")
    return int(bool(missing) or not recorded)


if __name__ == "__main__":
    step, first, second = sys.argv[1:]
    if step == "restore":
        restore(Path(first), Path(second))
    else:
        sys.exit(check(Path(first), Path(second)))
