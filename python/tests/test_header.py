"""The table of `_native.py` says what the header says: every function, struct, field and code."""

from __future__ import annotations

import ctypes
import re
from typing import Any

from conftest import REPOSITORY

from tailspot import _event, _native

HEADER = (REPOSITORY / "include" / "tailspot.h").read_text()
BARE = re.sub(r"//[^\n]*|/\*.*?\*/", "", HEADER, flags=re.DOTALL)
NUMBERS = {
    "double": ctypes.c_double,
    "int32_t": ctypes.c_int32,
    "int8_t": ctypes.c_int8,
    "uint8_t": ctypes.c_uint8,
    "uint32_t": ctypes.c_uint32,
    "uint64_t": ctypes.c_uint64,
    "size_t": ctypes.c_size_t,
    "ptrdiff_t": ctypes.c_ssize_t,
    "tailspot_status": ctypes.c_int32,
}
STRUCTS = {
    "tailspot_config": _native.NativeConfig,
    "tailspot_detector_status": _native.NativeStatus,
    "tailspot_pool_status": _native.NativePoolStatus,
}


def translated(c_type: str, name: str = "") -> Any:
    """The ctypes type that stands for a type of the header."""
    words = c_type.replace("const", "").replace("*", " * ").split()
    base, stars = words[0], words.count("*")
    if stars == 0:
        return None if base == "void" else NUMBERS[base]
    if base == "char":
        return ctypes.c_char_p
    if base in STRUCTS:
        return ctypes.POINTER(STRUCTS[base])
    if stars == 2:
        return ctypes.POINTER(ctypes.c_void_p)
    # A snapshot is read from bytes; every other array or detector is an address.
    return ctypes.c_char_p if name == "snapshot" else ctypes.c_void_p


def prototypes() -> dict[str, tuple[Any, tuple[Any, ...]]]:
    """Every function of the header."""
    found = {}
    for result, name, arguments in re.findall(r"^([\w ]+?[\s*]+)(tailspot_\w+)\(([^)]*)\);", BARE, re.MULTILINE):
        split = [re.fullmatch(r"(.*?)(\w+)", argument.strip()) for argument in arguments.split(",")]
        types = tuple(translated(match[1], match[2]) for match in split if match and match[1])
        found[name] = (translated(result), types)
    return found


def constants() -> dict[str, int]:
    """Every code of the header."""
    return {name: int(code) for name, code in re.findall(r"TAILSPOT_(\w+) = (-?\d+),", BARE)}


def test_every_function_is_declared_as_in_the_header() -> None:
    expected = prototypes()
    assert len(expected) > 20
    assert expected == _native.SIGNATURES


def test_every_struct_has_the_fields_of_the_header() -> None:
    bodies = re.findall(r"typedef struct \{(.*?)\} (\w+);", BARE, re.DOTALL)
    assert {name for _, name in bodies} == set(STRUCTS)
    for body, name in bodies:
        fields = [(field, NUMBERS[kind]) for kind, field in re.findall(r"(\w+) (\w+);", body)]
        assert fields == list(STRUCTS[name]._fields_)


def test_the_size_of_a_struct_is_that_of_the_library() -> None:
    config = _native.NativeConfig()
    assert _native.QUICK.tailspot_config_init(ctypes.byref(config), ctypes.sizeof(config)) == _native.OK
    assert config.struct_size == ctypes.sizeof(config) == 64


def test_every_code_is_that_of_the_header() -> None:
    codes = constants()
    events = {event.name: int(event) for event in _event.Event}
    assert events == {name: codes[name] for name in events}
    own = [name for name in vars(_native) if name.isupper() and isinstance(getattr(_native, name), int)]
    assert len(own) > 20
    for name in own:
        if name != "ABI_VERSION":
            assert getattr(_native, name) == codes[name], name
    for names in (_native.ACCOUNTING, _native.THRESHOLD, _native.OUTCOME):
        for code, name in enumerate(names):
            assert codes[(name or "no_fit").upper()] == code
    # The order of the declarations is that of the codes, so a code without a name here is one too many there.
    known = {*events, *own, *(n.upper() for n in (*_native.ACCOUNTING, *_native.THRESHOLD)), "NO_FIT"}
    known |= {(name or "").upper() for name in _native.OUTCOME}
    assert set(codes) == known - {"", "ABI_VERSION"}


def test_the_abi_is_the_one_of_the_header() -> None:
    found = re.search(r"#define TAILSPOT_ABI_VERSION (\d+)", HEADER)
    assert found is not None
    assert int(found[1]) == _native.ABI_VERSION == _native.QUICK.tailspot_abi_version()
