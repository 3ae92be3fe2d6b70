"""The programs of docs/python.md run one after the other, print what the page says, and find what was planted."""

from __future__ import annotations

import http.server
import json
import re
import threading
from pathlib import Path
from typing import Any

import pytest
from conftest import REPOSITORY, needs, normal

matplotlib = needs("matplotlib")
needs("pandas")
matplotlib.use("agg")
PAGE = (REPOSITORY / "docs" / "python.md").read_text()


class Hook(http.server.BaseHTTPRequestHandler):
    """Keeps what is posted to it."""

    posted: list[dict[str, Any]] = []

    def do_POST(self) -> None:
        self.posted.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *words: object) -> None:
        pass


def test_the_programs_of_the_page(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    programs, printed = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL), []
    assert len(programs[0].splitlines()) == 10
    server = http.server.HTTPServer(("127.0.0.1", 0), Hook)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    stream = [*normal(4000), 9.0, 0.0, 8.5, *normal(100, 2), -9.0]
    names: dict[str, Any] = {"WEBHOOK": f"http://127.0.0.1:{server.server_port}", "stream": stream}
    for program in programs:
        exec(compile(program, "python.md", "exec"), names)
        printed.append(capsys.readouterr().out)
    server.shutdown()
    server.server_close()
    (shown,) = re.findall(r"```text\n(.*?)```", PAGE, re.DOTALL)
    assert printed[0].split() == shown.split()
    assert (tmp_path / "load.png").stat().st_size > 10_000
    _, hourly, season, shift, gap, scores, many, webhook = printed
    assert re.search(r"2026-03-05 14:00:00 +13 +9\d\.\d", hourly)
    assert "2026-07-28 18:00:00" in season
    assert len(season.splitlines()) <= 4
    plain, follows = map(int, shift.split())
    assert plain > 9_000
    assert 5 < follows < 60
    assert gap == "60\n"
    assert len(scores.strip(" []\n").split()) <= 4
    assert len(re.findall(r"web-2 .*90\.0", many)) == 1
    assert re.search(r"\{'db': 0, 'web-1': 0, 'web-2': 1\}", many)
    assert webhook == ""
    assert [(one["index"], one["value"]) for one in Hook.posted] == [(4000, 9.0), (4103, -9.0)]
