"""`_native.py` is what `write_native.py` writes from the header, and Python's own names are those of the header."""

from __future__ import annotations

import ctypes
import runpy
from dataclasses import fields
from typing import get_args

from conftest import REPOSITORY

from tailspot import Baseline, Config, Event, Status, _config, _library, _native

WRITER = runpy.run_path(str(REPOSITORY / "python" / "write_native.py"))


def test_the_file_is_what_the_script_writes() -> None:
    assert (REPOSITORY / "python" / "src" / "tailspot" / "_native.py").read_text() == WRITER["written"](), (
        "run python/write_native.py"
    )


def test_a_new_function_field_and_code_are_written() -> None:
    bare = (
        "enum tailspot_accounting { TAILSPOT_A = 0, TAILSPOT_B_C = 1, };\n"
        "typedef struct {\n    uint32_t struct_size;\n    double dummy;\n    tailspot_baseline many[TAILSPOT_MOST];\n"
        "} tailspot_config;\n"
        "tailspot_result tailspot_dummy(const tailspot_config *config,\n   size_t count);\n"
    )
    text = "\n".join([*WRITER["structs"](bare), *WRITER["signatures"](bare)])
    assert '        ("dummy", c_double),\n        ("many", NativeBaseline * MOST),' in text
    assert '    "tailspot_dummy": (c_int32, (POINTER(NativeConfig), c_size_t)),' in text


def test_the_library_agrees() -> None:
    config = _native.NativeConfig()
    assert _library.QUICK.tailspot_config_init(ctypes.byref(config), ctypes.sizeof(config)) == _native.OK
    assert config.struct_size == ctypes.sizeof(config)
    assert _library.QUICK.tailspot_abi_version() == _native.ABI_VERSION
    # The defaults of Python are those of the library.
    assert _config.from_native(config) == Config()


def test_the_dataclasses_have_the_fields_of_the_structs() -> None:
    of_status = [name for name, _ in _native.NativeStatus._fields_]
    assert [field.name for field in fields(Status)] == of_status[1:]
    of_config = {name for name, _ in _native.NativeConfig._fields_} - {"struct_size", "baseline_count"}
    assert {field.name for field in fields(Config)} == of_config
    assert list(_config.Parameters.__annotations__) == [field.name for field in fields(Config)]
    kinds = {name: kind.__forward_arg__ for name, kind in _config.Parameters.__annotations__.items()}
    assert kinds == {field.name: field.type for field in fields(Config)}
    assert [field.name for field in fields(Baseline)] == [name for name, _ in _native.NativeBaseline._fields_]


def test_the_codes_are_those_of_python() -> None:
    assert all(getattr(_native, event.name) == event for event in Event)
    assert get_args(_config.Accounting) == _native.ACCOUNTING
    assert get_args(_config.Threshold) == _native.THRESHOLD
