"""Writes `src/tailspot/_native.py` from `include/tailspot.h`: `python python/write_native.py`.

A new function, field or code of the header needs no other change here; a new struct needs a name in STRUCTS.
"""

from __future__ import annotations

import re
from pathlib import Path

HERE = Path(__file__).resolve().parent
HEADER = HERE.parent / "include" / "tailspot.h"
NATIVE = HERE / "src" / "tailspot" / "_native.py"
NUMBERS = {
    "double": "c_double",
    "int32_t": "c_int32",
    "int8_t": "c_int8",
    "uint8_t": "c_uint8",
    "uint32_t": "c_uint32",
    "uint64_t": "c_uint64",
    "size_t": "c_size_t",
    "ptrdiff_t": "c_ssize_t",
    "tailspot_result": "c_int32",
}
STRUCTS = {
    "tailspot_baseline": "NativeBaseline",
    "tailspot_config": "NativeConfig",
    "tailspot_status": "NativeStatus",
    "tailspot_reason": "NativeReason",
    "tailspot_incident": "NativeIncident",
    "tailspot_pool_status": "NativePoolStatus",
}
# Enumerations whose codes are 0, 1, 2, ...: what users see are their names.
NAMES = ("accounting", "threshold", "outcome")
LONGEST = 120
HEAD = '''"""What `include/tailspot.h` declares. Written by `python/write_native.py`; do not edit."""

from __future__ import annotations

import ctypes
from ctypes import (
{imports}
)
from typing import Any
'''


def translated(c_type: str, name: str = "") -> str:
    """The ctypes type that stands for a type of the header."""
    words = c_type.replace("const", "").replace("*", " * ").split()
    base, stars = words[0], words.count("*")
    if stars == 0:
        return "None" if base == "void" else NUMBERS[base]
    if base == "char":
        return "c_char_p"
    if base in STRUCTS:
        return f"POINTER({STRUCTS[base]})"
    if stars == 2:
        return "POINTER(c_void_p)"
    # A snapshot is read from bytes; every other array, detector or pool is an address.
    return "c_char_p" if name == "snapshot" else "c_void_p"


def constants(bare: str) -> list[str]:
    """Every number of the header, and the names of some enumerations."""
    lines = [f"{name} = {value}" for name, value in re.findall(r"#define TAILSPOT_(\w+) (\d+)\n", bare)]
    lines += [f"{name} = {code}" for name, code in re.findall(r"TAILSPOT_(\w+) = (-?\d+),", bare)]
    for name in NAMES:
        body = re.search(rf"enum tailspot_{name}\b.*?\{{(.*?)\}};", bare, re.DOTALL)
        if body is None:
            raise SystemExit(f"{HEADER.name} has no enumeration tailspot_{name}")
        found = re.findall(r"TAILSPOT_(\w+) = (\d+),", body[1])
        if [int(code) for _, code in found] != list(range(len(found))):
            raise SystemExit(f"the codes of tailspot_{name} are not 0, 1, 2, ...")
        entries = ", ".join("None" if word.startswith("NO_") else f'"{word.lower()}"' for word, _ in found)
        lines.append(f"{name.upper()} = ({entries})")
    return lines


def structs(bare: str) -> list[str]:
    """Every struct, as a class."""
    lines = []
    for body, name in re.findall(r"typedef struct \{(.*?)\} (\w+);", bare, re.DOTALL):
        lines += ["", "", f"class {STRUCTS[name]}(ctypes.Structure):", f'    """`{name}`."""', "", "    _fields_ = ("]
        for c_type, field, length in re.findall(r"(\w+) (\w+)(?:\[TAILSPOT_(\w+)\])?;", body):
            one = STRUCTS[c_type] if c_type in STRUCTS else NUMBERS[c_type]
            lines.append(f'        ("{field}", {one}{f" * {length}" if length else ""}),')
        lines.append("    )")
    return lines


def signatures(bare: str) -> list[str]:
    """What every function returns and takes."""
    lines = ["", "", "# What each function returns and takes. Arrays, detectors and pools are addresses."]
    lines.append("SIGNATURES: dict[str, tuple[Any, tuple[Any, ...]]] = {")
    for result, name, arguments in re.findall(r"^([\w ]+?[\s*]+)(tailspot_\w+)\(([^)]*)\);", bare, re.MULTILINE):
        split = [re.fullmatch(r"(.*?)(\w+)", argument.strip()) for argument in arguments.split(",")]
        types = [translated(match[1], match[2]) for match in split if match and match[1]]
        takes = ", ".join(types) + ("," if len(types) == 1 else "")
        line = f'    "{name}": ({translated(result)}, ({takes})),'
        if len(line) <= LONGEST:
            lines.append(line)
        else:
            lines += [f'    "{name}": (', f"        {translated(result)},", f"        ({takes}),", "    ),"]
    return [*lines, "}"]


def written() -> str:
    """The file, from the header as it is now."""
    bare = re.sub(r"//[^\n]*|/\*.*?\*/", "", HEADER.read_text(encoding="utf-8"), flags=re.DOTALL)
    body = "\n".join([*constants(bare), *structs(bare), *signatures(bare)]) + "\n"
    used = set(re.findall(r"\b(?:POINTER|c_\w+)\b", body))
    # As ruff sorts: POINTER first, c_uint8 before c_uint32.
    ordered = sorted(used, key=lambda name: (name.islower(), name.rstrip("0123456789"), len(name), name))
    return HEAD.format(imports="\n".join(f"    {name}," for name in ordered)) + "\n" + body


if __name__ == "__main__":
    NATIVE.write_text(written(), encoding="utf-8", newline="\n")
