"""Makes the site of the pages in docs/ with mdBook: `python packaging/book.py MDBOOK TARGET` (make docs).

Links between pages stay. Links to other files of the repository lead to the `repository` of Cargo.toml if it has one;
if not, their text stays. Every link of every page is checked first, headings too.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
LINK = re.compile(r"(!?)\[((?:[^\[\]]|\[[^\]]*\])*)\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```.*?^```", re.M | re.S)
SKIPPED = ("target", "node_modules", ".git")


def pages() -> list[Path]:
    """Every Markdown file of the repository."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "*.md"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    )
    return [REPOSITORY / name for name in listed.stdout.splitlines() if (REPOSITORY / name).exists()]


def anchors(text: str) -> set[str]:
    """The names of the headings, as mdBook and code forges make them."""
    found: set[str] = set()
    for title in re.findall(r"^#+ (.+)$", FENCE.sub("", text), re.M):
        plain = re.sub(r"[`*]|\[|\]\([^)]*\)", "", title).strip().lower()
        name = re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")
        number = 0
        while (name if number == 0 else f"{name}-{number}") in found:
            number += 1
        found.add(name if number == 0 else f"{name}-{number}")
    return found


def broken() -> list[str]:
    """The links that lead nowhere."""
    wrong = []
    for page in pages():
        for _, _, link in LINK.findall(FENCE.sub("", page.read_text("utf-8"))):
            if re.match(r"[a-z]+:", link):
                continue
            path, _, part = link.partition("#")
            # The front page of the site is the README.
            path = "../README.md" if page.name == "SUMMARY.md" and path == "index.md" else path
            target = (page.parent / path).resolve() if path else page
            if not target.exists():
                wrong.append(f"{page.relative_to(REPOSITORY)}: {link}")
            elif part and target.suffix == ".md" and part not in anchors(target.read_text("utf-8")):
                wrong.append(f"{page.relative_to(REPOSITORY)}: {link}: there is no such heading")
    return wrong


def repository() -> str | None:
    """The address in Cargo.toml, if there is one."""
    found = re.search(r'(?m)^repository = "([^"]+)"', (REPOSITORY / "Cargo.toml").read_text("utf-8"))
    return found[1] if found else None


def for_the_site(page: Path, names: set[str]) -> str:
    """A page whose links lead to pages of the site, or out of it."""
    home = repository()

    def replace(match: re.Match[str]) -> str:
        mark, text, link = match.groups()
        if re.match(r"[a-z]+:|#", link):
            return match[0]
        path, hash_, part = link.partition("#")
        target = (page.parent / path).resolve().relative_to(REPOSITORY).as_posix()
        if target == "README.md":
            return f"[{text}](index.md{hash_}{part})"
        if target.removeprefix("docs/") in names:
            return f"{mark}[{text}]({target.removeprefix('docs/')}{hash_}{part})"
        return text if home is None else f"{mark}[{text}]({home}/blob/HEAD/{target}{hash_}{part})"

    text = page.read_text("utf-8")
    code = FENCE.findall(text)
    prose = LINK.sub(replace, FENCE.sub("\0", text))
    return re.sub("\0", lambda _: code.pop(0), prose)


def main(mdbook: str, target: Path) -> None:
    """Check, lay out, build."""
    wrong = broken()
    if wrong:
        sys.exit("\n".join(["docs: links that lead nowhere:", *wrong]))
    if mdbook == "--links":
        print(f"docs: every link of {len(pages())} pages resolves")
        return
    book = target / "docs"
    shutil.rmtree(book, ignore_errors=True)
    (book / "src").mkdir(parents=True)
    shutil.copy2(REPOSITORY / "book.toml", book)
    names = {path.name for path in (REPOSITORY / "docs").iterdir()}
    for path in (REPOSITORY / "docs").iterdir():
        if path.suffix == ".md":
            (book / "src" / path.name).write_text(for_the_site(path, names), "utf-8")
        else:
            shutil.copy2(path, book / "src")
    (book / "src" / "index.md").write_text(for_the_site(REPOSITORY / "README.md", names), "utf-8")
    unlisted = (
        {name for name in names if name.endswith(".md")}
        - set(re.findall(r"\(([^)]+)\)", (REPOSITORY / "docs" / "SUMMARY.md").read_text("utf-8")))
        - {"SUMMARY.md"}
    )
    if unlisted:
        sys.exit(f"docs: docs/SUMMARY.md does not name {', '.join(sorted(unlisted))}")
    subprocess.run([mdbook, "build", book], check=True)
    print(f"docs: {book / 'book' / 'index.html'}")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2] if len(sys.argv) > 2 else "target").resolve())
