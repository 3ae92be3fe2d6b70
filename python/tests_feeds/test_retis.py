"""tailspot.feeds.retis, on files that the real library reads."""

from __future__ import annotations

import json
import math
import os
import pickle
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import retis
from conftest import REPOSITORY
from programs import EXAMPLES, run

import tailspot
from tailspot.feeds import retis as feed

HEAD = 0xFFFF_8C08_0000_0000
STARTUP = {
    "common": {"timestamp": 0},
    "startup": {
        "retis_version": "v1.7.0",
        "cmdline": "retis collect",
        "clock_monotonic_offset": {"sec": 1, "nsec": 2},
        "machine": {"kernel_release": "6", "kernel_version": "1", "hardware_name": "x86_64"},
    },
}


def event(
    time: int, born: int | None = None, length: int | None = None, drop: bool = False, **more: Any
) -> dict[str, Any]:
    """An event at `time` ns of the packet that was first seen at `born`."""
    made: dict[str, Any] = {"common": {"timestamp": time}, "kernel": {"symbol": "ip_rcv", "probe_type": "kprobe"}}
    if born is not None:
        made["skb-tracking"] = {"orig_head": HEAD, "timestamp": born, "skb": 1}
    if length is not None:
        made["packet"] = {"len": length, "capture_len": 0, "data": ""}
    if drop:
        made["skb-drop"] = {"drop_reason": "NO_SOCKET"}
    return {**made, **more}


def packet(born: int) -> int:
    return born << 64 | HEAD


def in_series(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The events of one packet as `retis sort` writes them."""
    return [{**one, "tracking": {"skb": one["skb-tracking"], "idx": i}} for i, one in enumerate(events)]


def text(*lines: Any) -> str:
    return "".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "retis.data"


def told(path: Any, *names: str, **more: Any) -> list[tuple[str, float, int, int | None]]:
    return [tuple(reading) for reading in feed.readings(path, feed.Streams(names or None, **more))]  # type: ignore[misc]


# What the streams are.


def test_latency_is_from_the_first_moment_to_the_last_event_of_each_packet(path: Path) -> None:
    path.write_text(
        text(STARTUP, event(100, 100), event(150, 150), event(400, 100), event(5150, 150), event(9000, 9000))
    )
    assert told(path, "latency") == [("latency", 300e-9, 400, packet(100)), ("latency", 5e-6, 5150, packet(150))]


def test_latency_counts_from_when_the_packet_was_first_tracked_not_from_its_first_event(path: Path) -> None:
    path.write_text(text(STARTUP, event(400, 100)))
    assert told(path, "latency") == [("latency", 300e-9, 400, packet(100))]


def test_a_packet_is_over_when_it_has_been_silent_for_the_timeout(path: Path) -> None:
    path.write_text(
        text(STARTUP, event(100, 100), event(200, 100), event(2000, 2000), event(2001, 2001), event(5000, 100))
    )
    assert told(path, "latency", timeout=1e-6) == [
        ("latency", 100e-9, 200, packet(100)),
        ("latency", 4900e-9, 5000, packet(100)),  # It came back, and its stall is told.
    ]
    assert [reading[1] for reading in told(path, "latency", timeout=1e-5)] == [4900e-9]


def test_a_packet_that_goes_on_keeps_no_other_waiting(path: Path) -> None:
    path.write_text(text(STARTUP, event(100, 100), event(200, 200), event(210, 200), event(900, 100), event(1500, 100)))
    readings = feed.readings(path, feed.Streams("latency", timeout=1e-6), more=True)
    assert [reading.packet for reading in readings] == [packet(200)]


def test_the_last_event_of_a_packet_is_the_latest_not_the_last_in_the_file(path: Path) -> None:
    path.write_text(text(STARTUP, event(100, 100), event(400, 100), event(300, 100)))
    assert told(path, "latency") == [("latency", 300e-9, 400, packet(100))]


def test_events_without_an_skb_belong_to_the_packet_that_sort_gave_them(path: Path) -> None:
    first, last = in_series([event(100, 100), event(700, 100)])
    del last["skb-tracking"]
    path.write_text(text([STARTUP], [first, last]))
    assert told(path, "latency") == [("latency", 600e-9, 700, packet(100))]


def test_a_packet_that_comes_back_has_no_second_gap_and_length(path: Path) -> None:
    late = [event(100, 100, 60), event(2000, 2000, 61), event(5000, 100, 60), event(5001, 5001, 62)]
    path.write_text(text(STARTUP, *late))
    assert [reading[:2] for reading in told(path, "gap", "length", timeout=1e-6)] == [
        ("length", 60.0), ("gap", 1900e-9), ("length", 61.0), ("gap", 3001e-9), ("length", 62.0),
    ]  # fmt: skip


def test_the_gap_of_a_packet_that_comes_too_late_is_missing(path: Path) -> None:
    path.write_text(text(STARTUP, event(100, 100), event(300, 300), event(200, 200), event(400, 400)))
    values = [reading[1] for reading in told(path, "gap")]
    assert values[0] == 200e-9
    assert math.isnan(values[1])
    assert values[2] == 100e-9


def test_the_length_is_told_once_a_packet_by_the_first_event_that_has_it(path: Path) -> None:
    path.write_text(text(STARTUP, event(1, 1), event(2, 1, 66), event(3, 1, 52), event(4, 4, 90)))
    assert told(path, "length") == [("length", 66.0, 2, packet(1)), ("length", 90.0, 4, packet(4))]


def test_without_tracking_each_event_with_a_packet_is_a_packet(path: Path) -> None:
    path.write_text(text(STARTUP, event(10, None, 60), event(15), event(30, None, 70)))
    assert [reading[:2] for reading in told(path)] == [("length", 60.0), ("gap", 20e-9), ("length", 70.0)]
    assert told(path, "gap") == [("gap", 20e-9, 30, None)]


def test_drops_are_counted_in_whole_windows_and_quiet_ones_are_zero(path: Path) -> None:
    times = (1000, 1040, 1099, 1450, 1460, 1500, 1510)
    path.write_text(text(STARTUP, *(event(time, drop=time != 1040) for time in times)))
    assert told(path, "drops", window=1e-7) == [
        ("drops", count, start, None)
        for count, start in ((2.0, 1000), (0.0, 1100), (0.0, 1200), (0.0, 1300), (2.0, 1400))
    ]


def test_a_drop_that_comes_too_late_counts_in_the_window_that_is_open(path: Path) -> None:
    path.write_text(text(STARTUP, event(1000), event(1150), event(1099, drop=True), event(1200)))
    assert [reading[1] for reading in told(path, "drops", window=1e-7)] == [0.0, 1.0]


def test_a_stalled_series_does_not_move_drops_into_other_windows(path: Path) -> None:
    stalled = [event(1000, 1000), event(1350, 1000, drop=True)]
    others = [[event(born, born, drop=True)] for born in (1110, 1210, 1310, 1410)]
    path.write_text(text([STARTUP], *map(in_series, [stalled, *others])))
    assert [reading[1] for reading in told(path, "drops", window=1e-7)] == [0.0, 1.0, 1.0, 2.0]


def test_a_field_is_a_stream_of_the_events_that_have_it(path: Path) -> None:
    gso = {"gso": {"flags": 0, "frags": 1, "size": 1448, "segs": 3, "type": 1}}
    path.write_text(text(STARTUP, event(1, 1, skb=gso), event(2, 2), event(3, 3, skb={})))
    assert told(path, "skb.gso.segs") == [("skb.gso.segs", 3.0, 1, packet(1))]


def test_a_field_that_is_null_is_missing(path: Path) -> None:
    path.write_text(text(STARTUP, event(1, 1, common={"timestamp": 1, "smp_id": None}), event(2, 2, packet=None)))
    (first, second) = told(path, "common.smp_id")
    assert math.isnan(first[1])
    assert math.isnan(second[1])


def test_a_sorted_file_has_the_same_readings(path: Path, tmp_path: Path) -> None:
    packets = [
        [event(born + step, born, 60 + born % 7) for step in (0, 30, 70 + born % 13)] for born in range(100, 9000, 45)
    ]
    packets[50][2]["skb-drop"] = {"drop_reason": "NO_SOCKET"}
    events = sorted((one for events in packets for one in events), key=lambda one: one["common"]["timestamp"])
    path.write_text(text(STARTUP, *events))
    ordered = tmp_path / "sorted.data"
    ordered.write_text(text([STARTUP], *map(in_series, packets)))
    assert not retis.EventFile(str(path)).sorted()
    assert retis.EventFile(str(ordered)).sorted()
    for name in ("latency", "gap", "length", "drops"):
        assert sorted(told(path, name, window=1e-6)) == sorted(told(ordered, name, window=1e-6)), name
        assert told(path, name, window=1e-6)


def test_a_series_that_was_cut_in_two_by_the_buffer_of_sort_is_one_packet(path: Path) -> None:
    first, other, second = [event(100, 100, 60)], [event(150, 150, 60)], [event(900, 100, 60)]
    path.write_text(text([STARTUP], *map(in_series, (first, other, second))))
    assert told(path, "latency") == [("latency", 800e-9, 900, packet(100))]
    assert len(told(path, "gap")) == 1


def test_a_machine_that_was_started_anew_begins_a_new_clock(path: Path) -> None:
    again = {**STARTUP, "common": {"timestamp": 5}}
    lines = [STARTUP, event(5000, 5000), event(5100, 5000), again, event(10, 10), event(40, 10), event(60, 60)]
    path.write_text(text(*lines))
    assert told(path, "latency", "gap") == [
        ("latency", 100e-9, 5100, packet(5000)),
        ("gap", 50e-9, 60, packet(60)),
        ("latency", 30e-9, 40, packet(10)),
    ]


# Where they come from.


def many(count: int) -> list[dict[str, Any]]:
    return [event(1000 * i + step, 1000 * i, 60 + i % 5) for i in range(1, count + 1) for step in (0, 100 + i % 17)]


def test_readers_files_and_lists_are_as_good_as_a_path(path: Path) -> None:
    path.write_text(text(STARTUP, *many(50)))
    wanted = told(path)
    name = str(path)
    assert len(wanted) == 50 + 49 + 50
    for source in (
        name,
        path,
        name.encode(),
        retis.EventFile(name),
        retis.EventReader(name),
        list(retis.EventReader(name)),
    ):
        assert told(source) == wanted
    path.write_text(text([STARTUP], *(in_series(many(50)[i : i + 2]) for i in range(0, 100, 2))))
    for source in (name, retis.EventFile(name), retis.SeriesReader(name), list(retis.SeriesReader(name))):
        assert sorted(told(source)) == sorted(wanted)


def test_split_files_are_read_through_the_reader_with_rotation(tmp_path: Path) -> None:
    events = many(40)
    for index in (0, 1):
        split = {**STARTUP["startup"], "split_file": {"id": index, "policy": {"kind": "size", "limit": 9}}}
        head = {"common": {"timestamp": 41_000 * index}, "startup": split}
        (tmp_path / f"split.data.{index}").write_text(text(head, *events[40 * index : 40 * index + 40]))
    (tmp_path / "whole.data").write_text(text(STARTUP, *events))
    split_reader = retis.EventReader.with_rotation(str(tmp_path / "split.data.0"))
    assert len(told(tmp_path / "split.data.0", "latency")) == 20
    wanted = told(tmp_path / "whole.data", "latency")
    events_of_both = told(split_reader, "latency")
    assert events_of_both == wanted


def test_events_can_be_picked_as_the_page_says(path: Path) -> None:
    devices = [{"dev": {"name": name, "ifindex": 2}} for name in ("eth0", "lo", "eth0")]
    path.write_text(text(STARTUP, *(event(i, i, 60 + i, **device) for i, device in enumerate(devices))))
    (picked,) = re.findall(r"as `(\(e for e in reader .*?\))`", (REPOSITORY / "docs" / "feeds.md").read_text())
    events = eval(picked, {"reader": retis.EventFile(str(path)).events()})
    assert [reading[:2] for reading in feed.readings(events, "length")] == [("length", 60.0), ("length", 62.0)]


def test_pairs_are_what_a_monitor_takes(path: Path) -> None:
    path.write_text(text(STARTUP, *many(300)))
    monitor = tailspot.Monitor(q=1e-3, level=0.9, n_init=100)
    list(monitor.watch(feed.pairs(path)))
    assert set(monitor) == {"latency", "gap", "length"}
    assert {name: 100 + spot.status().seen for name, spot in monitor.items()} == {
        "latency": 300,
        "gap": 299,
        "length": 300,
    }


def test_who_stops_in_the_middle_loses_no_reading(path: Path) -> None:
    path.write_text(text(STARTUP, *many(50)))
    lines, streams = feed.Events(path), feed.Streams(timeout=1e-6)
    got = []
    for _ in range(3):
        for reading in feed.readings(lines, streams, more=True):
            got.append(reading)
            if len(got) % 17 == 0:
                break
    got += feed.readings(lines, streams)
    assert got == list(feed.readings(path, feed.Streams(timeout=1e-6)))


def test_readings_that_were_left_behind_come_first(path: Path) -> None:
    path.write_text(text(STARTUP, event(1, 1, 60), event(2, 2, 61)))
    streams = feed.Streams(("gap", "length"))
    for reading in feed.readings(path, streams, more=True):
        if reading.stream == "gap":
            break
    assert [reading[:2] for reading in feed.readings([], streams, more=True)] == [("length", 61.0)]


def test_watch_says_stream_time_and_packet(path: Path) -> None:
    events = many(3000)
    events[5001]["common"]["timestamp"] += 500_000
    path.write_text(text(STARTUP, *sorted(events, key=lambda one: one["common"]["timestamp"])))
    found = [one for one in feed.watch(path, q=1e-5, n_init=1000, down=False) if one.stream == "latency"]
    (one,) = found
    assert isinstance(one, tailspot.Anomaly)
    assert (one.key, one.event, one.packet) == ("latency", 1, packet(2_501_000))
    assert one.time == 2_501_000 + 100 + 2501 % 17 + 500_000
    assert re.fullmatch(
        rf"{one.time}: latency 0\.000500\d+ s is above 1\.\d+e-07 s, packet #{packet(2_501_000):x}", str(one)
    )
    assert one.to_dict()["packet"] == f"#{packet(2_501_000):x}"
    assert one.to_dict()["time"] == one.time
    json.dumps(one.to_dict(), allow_nan=False)


def test_retis_print_names_a_packet_as_we_do(path: Path) -> None:
    path.write_text(text(STARTUP, event(100, 100, 60), event(200, 100)))
    (reading,) = feed.readings(path, "latency")
    assert f"#{reading.packet:x} " in str(list(retis.EventReader(str(path)))[1])


# A file that grows.


def grow(path: Path, content: str, size: int) -> threading.Thread:
    """Writes the content piece by piece, of so many bytes each, so that lines are cut anywhere."""

    def write() -> None:
        with path.open("a") as file:
            for start in range(0, len(content), size):
                file.write(content[start : start + size])
                file.flush()
                time.sleep(0.002)

    thread = threading.Thread(target=write)
    thread.start()
    return thread


def test_a_file_that_grows_in_halves_of_lines_is_read_as_the_whole_one(path: Path, tmp_path: Path) -> None:
    content = text(STARTUP, *many(60))
    whole = tmp_path / "whole.data"
    whole.write_text(content)
    path.write_text("")
    thread = grow(path, content, 97)
    got = list(feed.readings(path, follow=1.0))
    thread.join()
    assert got == list(feed.readings(whole))


def test_the_reader_of_retis_alone_loses_the_line_that_was_cut(path: Path) -> None:
    # The reason for all this; should retis learn it, this test says so.
    line = text(event(2, 2))
    path.write_text(text(STARTUP) + line[:50])
    reader = retis.EventReader(str(path))
    next(reader)
    with pytest.raises(RuntimeError, match="EOF while parsing"):
        next(reader)
    with path.open("a") as file:
        file.write(line[50:])
    with pytest.raises(RuntimeError):
        next(reader)


def test_half_a_line_is_kept_until_its_rest_is_there(path: Path) -> None:
    line = text(event(200, 100))
    path.write_text(text(STARTUP, event(100, 100)) + line[:40])
    events, streams = feed.Events(path), feed.Streams("latency")
    with pytest.raises(ValueError, match=r"retis\.data, line 3: half a line, 40 bytes without a line feed"):
        list(feed.readings(events, streams))
    assert events.line == 2
    with path.open("a") as file:
        file.write(line[40:])
    assert [reading.value for reading in feed.readings(events, streams)] == [100e-9]
    assert events.line == 3


def test_following_ends_quietly_in_half_a_line_and_goes_on_behind_it(path: Path) -> None:
    line = text(event(200, 100))
    path.write_text(text(STARTUP, event(100, 100)) + line[:40])
    events, streams = feed.Events(path, follow=0.05), feed.Streams("latency")
    assert list(feed.readings(events, streams, more=True)) == []
    with path.open("a") as file:
        file.write(line[40:])
    assert [reading.value for reading in feed.readings(events, streams)] == [100e-9]


def test_a_last_line_without_line_feed_is_read_once(path: Path) -> None:
    path.write_text(text(STARTUP, event(100, 100), event(200, 100)).rstrip("\n"))
    assert [reading.value for reading in feed.readings(path, "latency")] == [100e-9]


def test_a_line_feed_that_comes_after_its_line_is_no_line(path: Path) -> None:
    path.write_text(text(STARTUP, event(100, 100)).rstrip("\n"))
    events, streams = feed.Events(path), feed.Streams("latency")
    assert list(feed.readings(events, streams, more=True)) == []
    with path.open("a") as file:
        file.write("\n" + text(event(200, 100)))
    assert [reading.value for reading in feed.readings(events, streams)] == [100e-9]
    assert events.line == 3


def test_following_waits_for_the_first_line_too(path: Path) -> None:
    content = text(STARTUP, event(100, 100), event(200, 100))
    path.write_text(content[:30])
    thread = threading.Timer(0.2, lambda: path.write_text(content))
    thread.start()
    assert [reading.value for reading in feed.readings(path, "latency", follow=0.6)] == [100e-9]
    thread.join()


def test_following_goes_on_in_the_file_that_took_the_place_of_this_one(path: Path) -> None:
    parts = [many(60)[a:b] for a, b in ((0, 20), (20, 60), (60, 120))]
    path.write_text(text(STARTUP, *parts[0]))

    def rotate() -> None:
        for index, part in enumerate(parts[1:]):
            time.sleep(0.3)
            path.rename(f"{path}.{index}")
            time.sleep(0.15 * index)
            fresh = path.with_suffix(".new")
            fresh.write_text(text({**STARTUP, "common": part[0]["common"]}, *part))
            fresh.rename(path)

    thread = threading.Thread(target=rotate)
    thread.start()
    got = [reading.packet for reading in feed.readings(path, "length", follow=0.8)]
    thread.join()
    assert got == [packet(1000 * i) for i in range(1, 61)]


def test_what_was_written_just_before_the_rotation_is_read(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path.write_text(text(STARTUP, *many(3)))
    looks = feed.Events._is_another

    def rotates_now(events: feed.Events) -> bool:
        monkeypatch.setattr(feed.Events, "_is_another", looks)
        with path.open("a") as file:
            file.write(text(event(3500, 3500, 9)))
        path.rename(f"{path}.0")
        path.write_text(text(STARTUP, *many(5)[6:]))
        return looks(events)

    monkeypatch.setattr(feed.Events, "_is_another", rotates_now)
    got = [reading.packet for reading in feed.readings(path, "length", follow=0.2)]
    assert got == [packet(born) for born in (1000, 2000, 3000, 3500, 4000, 5000)]


def test_following_a_file_that_began_anew_starts_at_its_first_line(path: Path) -> None:
    path.write_text(text(STARTUP, *many(30)))
    events = feed.Events(path, follow=0.05)
    assert len(list(events)) == 61
    path.write_text(text(STARTUP, *many(3)))
    assert len(list(events)) == 7
    assert events.line == 7


def test_half_a_line_whose_file_is_gone_is_told_and_the_new_file_is_read(path: Path) -> None:
    path.write_text(text(STARTUP, *many(30)) + '{"common"')
    events = feed.Events(path, follow=0.05)
    assert len(list(events)) == 61
    path.write_text(text(STARTUP, *many(3)))
    with pytest.raises(ValueError, match=r"retis\.data, line 62: half a line, 9 bytes: its end is lost, another file"):
        next(events)
    assert len(list(events)) == 7


def test_a_run_that_goes_on_in_another_process_finds_what_one_run_finds(path: Path) -> None:
    events = many(1500)
    for i, one in enumerate(events[1::2]):
        one["common"]["timestamp"] += i * 7919 % 503
    events[2501]["common"]["timestamp"] += 700_000
    events.sort(key=lambda one: one["common"]["timestamp"])
    path.write_text(text(STARTUP, *events))
    config = {"q": 1e-4, "level": 0.95, "n_init": 400}
    whole = list(feed.watch(path, streams=feed.Streams(timeout=2e-6), **config))
    assert any(one.stream == "latency" for one in whole)
    path.write_text(text(STARTUP, *events[:1111]))
    first, streams, monitor = feed.Events(path), feed.Streams(timeout=2e-6), tailspot.Monitor(**config)
    got = list(feed.watch(first, monitor, streams=streams, more=True))
    saved = pickle.dumps((first.line, streams, monitor.save()))
    path.write_text(text(STARTUP, *events))
    line, streams, detectors = pickle.loads(saved)
    second = feed.Events(path, skip=line)
    got += feed.watch(second, tailspot.Monitor.load(detectors), streams=streams)
    assert [(one.stream, one.time, one.value, one.threshold) for one in got] == [
        (one.stream, one.time, one.value, one.threshold) for one in whole
    ]


# What goes wrong.

GOOD = [event(100, 100), event(200, 100)]
DAMAGED = {
    "half a line": (text(event(150, 150))[:30] + "\n", r"EOF while parsing an? \w+ at column \d+"),
    "foreign JSON": ('{"a": 1}\n', r"this is not an event of retis: it has no section common"),
    "no JSON": ("hello\n", r"expected value at column 1"),
    "an empty line": ("\n", r"EOF while parsing a value at column 0 \(the line is empty\)"),
    "no text": ("\udcff\n", r"stream did not contain valid UTF-8"),
    "a null": (
        text(event(150, 150, packet={"len": None, "capture_len": 0, "data": ""})),
        r"invalid type: null, expected u32",
    ),
    "text for a number": (text(event(150, 150, common={"timestamp": "1"})), r'invalid type: string "1", expected u64'),
    "a number too large": (text(event(2**64, 150)), r"invalid type: floating point"),
    "a negative time": (text(event(-1, 150)), r"invalid value: integer `-1`"),
    "a missing field": (text(event(150, 150, packet={"len": 1})), r"missing field `\w+`"),
    "a series": (text(in_series(GOOD)), r".*\(a series in a file that is not sorted\)"),
}


@pytest.mark.parametrize("kind", DAMAGED)
def test_a_damaged_line_is_told_in_one_line_and_the_rest_goes_on(path: Path, kind: str) -> None:
    line, reason = DAMAGED[kind]
    path.write_bytes((text(STARTUP, GOOD[0]) + line + text(GOOD[1])).encode(errors="surrogateescape"))
    events, streams = feed.Events(path), feed.Streams("latency")
    with pytest.raises(ValueError, match=rf"^{re.escape(str(path))}, line 3: {reason}") as caught:
        list(feed.readings(events, streams))
    assert "\n" not in str(caught.value)
    assert [reading.value for reading in feed.readings(events, streams)] == [100e-9]


def test_an_event_in_a_sorted_file_is_told(path: Path) -> None:
    path.write_text(text([STARTUP], GOOD[0]))
    with pytest.raises(ValueError, match=r"line 2: .*\(an event in a sorted file\)$"):
        list(feed.readings(path))


def test_nothing_of_a_series_counts_if_one_of_its_events_is_damaged(path: Path) -> None:
    bad = [*in_series([event(150, 150, 60, drop=True)]), {"kernel": GOOD[0]["kernel"]}]
    path.write_text(text([STARTUP], in_series([event(100, 100, 60)]), bad, in_series([event(5_000, 5_000, 60)])))
    events, streams = feed.Events(path), feed.Streams(window=1e-6)
    with pytest.raises(ValueError, match=r"line 3: .*no section common"):
        list(feed.readings(events, streams))
    assert [reading[:2] for reading in feed.readings(events, streams)] == [
        *[("drops", 0.0)] * 4, ("gap", 4900e-9), ("length", 60.0),
    ]  # fmt: skip


def test_detectors_that_were_given_go_on_after_a_damaged_line(path: Path, tmp_path: Path) -> None:
    events = many(1500)
    events[2501]["common"]["timestamp"] += 700_000
    events.sort(key=lambda one: one["common"]["timestamp"])
    whole = tmp_path / "whole.data"
    whole.write_text(text(STARTUP, *events))
    path.write_text(text(STARTUP, *events[:1400], '{"common"', *events[1400:]))
    config = {"q": 1e-4, "level": 0.95, "n_init": 400}
    lines, streams, monitor, got, errors = feed.Events(path), feed.Streams(), tailspot.Monitor(**config), [], []
    for _ in range(2):
        try:
            for one in feed.watch(lines, monitor, streams=streams):
                got.append(one)
        except ValueError as error:
            errors.append(str(error))
    assert len(errors) == 1
    assert "line 1402" in errors[0]
    wanted = list(feed.watch(whole, **config))
    assert [(one.stream, one.time, one.threshold) for one in got] == [
        (one.stream, one.time, one.threshold) for one in wanted
    ]
    assert any(one.stream == "latency" for one in got)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", r": the file is empty$"),
        ("hello\n", r", line 1: Failed to parse event file: .*expected value"),
        ("12\n", r", line 1: File contains invalid json data$"),
        (text(GOOD[0]), r", line 1: Cannot find version in startup event$"),
        (text(STARTUP)[:40], r", line 1: half a line, 40 bytes"),
        ("\udcff\udcfe\n", r", line 1: stream did not contain valid UTF-8$"),
    ],
)
def test_what_is_no_event_file_is_told_in_one_line_each_time(path: Path, content: str, reason: str) -> None:
    path.write_bytes(content.encode(errors="surrogateescape"))
    events = feed.Events(path)
    for _ in range(2):
        with pytest.raises(ValueError, match=f"^{re.escape(str(path))}{reason}") as caught:
            list(feed.readings(events))
        assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there_is_an_error_of_the_system(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"nowhere\.data"):
        feed.readings(tmp_path / "nowhere.data")
    with pytest.raises(FileNotFoundError, match=r"nowhere\.data"):
        feed.watch(tmp_path / "nowhere.data", follow=True)
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe"):
        with pytest.raises(
            ValueError, match=r" is not a regular file: the reader of retis reads neither folders nor pipes$"
        ):
            feed.readings(path)


def test_errors_of_a_reader_that_was_given_are_one_line_too(path: Path) -> None:
    path.write_text(text(STARTUP, GOOD[0], "hello"))
    with pytest.raises(ValueError, match=r"^EventReader, item 3: expected value at column 1$"):
        list(feed.readings(retis.EventReader(str(path))))


def test_errors_of_the_caller_are_his_own() -> None:
    def events() -> Iterator[Any]:
        yield from ()
        raise RuntimeError("mine")

    with pytest.raises(RuntimeError, match=r"^mine$"):
        list(feed.readings(events()))


def test_a_field_that_is_not_there_is_told_with_what_there_is(path: Path) -> None:
    path.write_text(text(STARTUP, *GOOD, event(300, 300, 60)))
    for name, reason in (
        (
            "pakcet.len",
            r"line 2: there is no field 'pakcet\.len': this event has the sections common, kernel, skb_tracking$",
        ),
        (
            "packet.size",
            r"line 4: there is no field 'packet\.size': in place of 'size' there is capture_len, data, len$",
        ),
        ("packet.len.x", r"line 4: there is no field 'packet\.len\.x': in place of 'x' there is "),
        (
            "kernel.nope",
            r"line 2: there is no field 'kernel\.nope': in place of 'nope' there is probe_type, stack_trace, symbol$",
        ),
    ):
        with pytest.raises(ValueError, match=reason):
            list(feed.readings(path, name))


def test_a_field_that_is_not_numeric_is_told(path: Path) -> None:
    path.write_text(text(STARTUP, *GOOD))
    with pytest.raises(TypeError, match=r"line 2: kernel\.symbol = 'ip_rcv' is not a real number: str$"):
        list(feed.readings(path, "kernel.symbol"))


def test_a_stream_that_was_asked_for_and_has_no_reading_is_an_error_at_the_end(path: Path) -> None:
    path.write_text(text(STARTUP, event(1, drop=True), event(2)))
    for name, reason in (
        ("latency", r"line 3: the end came without a reading of latency: no packet was seen at two moments"),
        ("gap", r"a reading of gap: there are no two packets"),
        ("length", r"a reading of length: no event has the section packet"),
        ("skb.meta.len", r"a reading of skb\.meta\.len: no event has this field"),
    ):
        with pytest.raises(ValueError, match=reason):
            list(feed.readings(path, name))
    assert told(path) == []
    assert told(path, "drops") == []


def test_a_time_that_cannot_be_is_told_and_left_out(path: Path) -> None:
    path.write_text(text(STARTUP, event(100, drop=True), event(2**63), event(300)))
    events, streams = feed.Events(path), feed.Streams("drops", window=1e-7)
    with pytest.raises(ValueError, match=r"line 3: the time jumps from 100 to 9223372036854775808 ns, over more than"):
        list(feed.readings(events, streams))
    assert [reading.value for reading in feed.readings(events, streams)] == [1.0, 0.0]


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        (lambda: feed.Streams("latnecy"), r"streams = 'latnecy' is unknown: needs 'latency', 'gap', 'length', 'dr"),
        (lambda: feed.Streams(["packet."]), r"streams = 'packet\.' is unknown"),
        (lambda: feed.Streams(window=0.0), r"window = 0 is out of range: needs 1e-9 <= window < 1e9 seconds"),
        (lambda: feed.Streams(timeout=math.nan), r"timeout = nan is out of range"),
        (lambda: feed.Streams(timeout="1"), r"timeout = '1' is not a real number: str"),
        (lambda: feed.readings(7), r"source is a int: needs the path of an event file"),
        (lambda: feed.readings([], follow=1.0), r"follow is for the path of a file: source is a list"),
        (lambda: feed.readings("x", follow=-1.0), r"follow = -1\.0 is out of range: needs seconds >= 0, or True"),
        (lambda: list(feed.readings([{"common": 1}])), r"list, item 1: a str is not an event of retis"),
        (lambda: list(feed.readings([3])), r"list, item 1: a int is not an event of retis, nor a series of them"),
        (lambda: feed.Events(__file__, skip=-1), r"skip = -1 is out of range: needs skip >= 0"),
        (lambda: feed.readings("x", follow="yes"), r"follow = 'yes' is not a real number: str"),
        (lambda: feed.readings([], 3), r"streams is a int: needs names, or Streams"),
        (lambda: feed.watch([], tailspot.Spot()), r"monitor is a Spot: needs a tailspot\.Monitor"),
        (lambda: feed.watch([], q=2.0), r"q = 2 is out of range"),
        (lambda: feed.watch([], tailspot.Monitor(), q=0.1), r"the detectors have their parameters already: q"),
    ],
)  # fmt: skip
def test_bad_arguments_are_told_at_once(call: Any, reason: str) -> None:
    with pytest.raises((ValueError, TypeError), match=reason):
        call()


# The example, and docs/feeds.md.


def test_the_example_finds_both_stalls_in_both_files() -> None:
    out = run("retis_latency.py")
    stalls = re.findall(r"^packet (\d+) stalls: (#[0-9a-f]+)$", out, re.MULTILINE)
    assert [int(number) for number, _ in stalls] == [4000, 5950]
    collected, ordered = out.split("retis.data:\n")[1].split("sorted.data:\n")
    for part in (collected, ordered):
        lines = part.splitlines()
        for _, name in stalls:
            assert sum(": latency " in line and line.endswith(f", packet {name}") for line in lines) == 1, part
        assert len(lines) <= 2 + 3, part


def test_the_example_reads_a_file_and_says_what_is_wrong_with_one(path: Path) -> None:
    events = many(3000)
    events[5001]["common"]["timestamp"] += 500_000
    path.write_text(text(STARTUP, *sorted(events, key=lambda one: one["common"]["timestamp"])))
    out = run("retis_latency.py", path, "--streams", "latency", "--q", "1e-5")
    assert out.endswith(f", packet #{packet(2_501_000):x}\n")
    call = [sys.executable, EXAMPLES / "retis_latency.py", path.parent / "nowhere.data"]
    environment = {**os.environ, "RUST_BACKTRACE": "1"}
    done = subprocess.run(call, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert re.fullmatch(r"retis_latency\.py: .*No such file or directory: '.*nowhere\.data'\n", done.stderr)
    path.write_text(text(STARTUP, "hello"))
    call[-1] = path
    done = subprocess.run(call, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"retis_latency.py: {path}, line 2: expected value at column 1\n"


def test_the_programs_of_the_page_find_what_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    page = (REPOSITORY / "docs" / "feeds.md").read_text()
    (section,) = re.findall(r"^## retis\n(.*?)(?=^## )", page, re.DOTALL | re.MULTILINE)
    events = []
    for i in range(1, 3001):
        born = 1_000_000 * i
        late = 500_000 if i == 2500 else 0
        events += [event(born, born), event(born + 100_000 + 1000 * (i * i % 17) + late, born)]
    monkeypatch.chdir(tmp_path)
    Path("retis.data").write_text(text(STARTUP, *sorted(events, key=lambda one: one["common"]["timestamp"])))
    first, second = re.findall(r"```python\n(.*?)```", section, re.DOTALL)
    (shown,) = re.findall(r"```text\n(.*?)```", section, re.DOTALL)
    exec(compile(first, "feeds.md", "exec"), {})
    assert capsys.readouterr().out == shown
    exec(compile(second, "feeds.md", "exec"), {})
    assert capsys.readouterr().out == f"#{packet(2_500_000_000):x} 0.000601\n"
