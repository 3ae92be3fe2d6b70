"""Lists what each shipped package is made of: `python packaging/sbom.py CARGO_CYCLONEDX TARGET` (make sbom).

Leaves TARGET/sbom/NAME.cdx.json, a bill of materials in CycloneDX, for each package of each workspace that is shipped.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
WORKSPACES = [".", "python/fast", "bindings/sql", "bindings/node"]
# What cargo-cyclonedx leaves next to each manifest.
LEFT = "tailspot-sbom"


def main(tool: str, target: Path) -> None:
    """Ask cargo-cyclonedx, and collect what it leaves."""
    place = target / "sbom"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    options = ["--format", "json", "--spec-version", "1.5", "--all-features", "--override-filename", LEFT]
    for workspace in WORKSPACES:
        manifest = REPOSITORY / workspace / "Cargo.toml"
        subprocess.run([tool, "cyclonedx", "--quiet", "--manifest-path", manifest, *options], check=True)
        for left in manifest.parent.rglob(f"{LEFT}.json"):
            # Packages of the repository are named by their folder: not by where that is on this machine.
            text = left.read_text("utf-8").replace(REPOSITORY.as_uri(), "file:///tailspot")
            materials = json.loads(text)
            name, parts = materials["metadata"]["component"]["name"], materials["components"]
            if not all(part.get("version") and part.get("licenses") for part in parts):
                sys.exit(f"sbom: {name}: a part without version or licence")
            (place / f"{name}.cdx.json").write_text(text, "utf-8")
            left.unlink()
            print(f"sbom: {name} is made of {len(parts)} packages")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]).resolve())
