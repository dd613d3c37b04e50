"""Keeps the plug-in's texts and their translations together: `python gimp/messages.py`.

Writes po/upzeroir.pot from the sources and the table of parameters, brings every po/*.po up to date (new texts with an
empty translation), and compiles them to where the plug-in reads them. `--check` only says whether that is needed.
"""

from __future__ import annotations

import ast
import struct
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from upzeroir_plugin.parameters import GROUP_LABELS, PARAMETERS
from upzeroir_plugin.summary import phrases

DOMAIN = "upzeroir"
FROM_THE_BACKEND = (
    "Looking at the photo", "Loading the prior",
    "First draft", "Trying it on small parts", "Removing noise", "Undoing blur", "Cleaning up",
    "Waiting", "Waiting for the engine to start", "Starting the UP-ZeroIR backend",
    "as shot", "lift", "clear haze", "neutral colour", " and ",
)  # fmt: skip
"""Labels that come over the wire; they are shown through `_` as well."""


def main() -> int:
    """Write or check everything; 1 if something was out of date or a translation is missing."""
    check = "--check" in sys.argv[1:]
    texts = wanted()
    stale = not written(HERE / "po" / f"{DOMAIN}.pot", po_text(dict.fromkeys(texts, ""), ""), check)
    for path in sorted((HERE / "po").glob("*.po")):
        known = read_po(path.read_text(encoding="utf-8"))
        head = known.get("", "")
        now = {text: known.get(text, "") for text in texts}
        stale |= not written(path, po_text(now, head), check)
        target = HERE / "upzeroir" / "locale" / path.stem / "LC_MESSAGES" / f"{DOMAIN}.mo"
        stale |= not written_bytes(target, mo_bytes({"": head, **{k: v for k, v in now.items() if v}}), check)
        missing = [text for text, translation in now.items() if not translation]
        for text in missing:
            print(f"{path.name}: not translated: {text!r}", file=sys.stderr)
        stale |= bool(missing)
    return int(stale)


def wanted() -> list[str]:
    """Every text that `_` may be asked for, in order, each once."""
    found: list[str] = []
    for path in sorted((HERE / "upzeroir").glob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        constants = {
            target.id: node.value.value
            for node in tree.body
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        for node in ast.walk(tree):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id == "_"
                and node.args
            ):
                text = node.args[0]
                value = constants.get(text.id) if isinstance(text, ast.Name) else getattr(text, "value", None)
                if isinstance(value, str):
                    found.append(value)
    found += GROUP_LABELS.values()
    for row in PARAMETERS:
        found += [row.label, row.help, row.unit]
    return list(dict.fromkeys(text for text in [*found, *phrases(), *FROM_THE_BACKEND] if text))


def po_text(messages: dict[str, str], head: str) -> str:
    """A catalogue as gettext's text form."""
    head = head or "Content-Type: text/plain; charset=UTF-8\nContent-Transfer-Encoding: 8bit\n"
    parts = [f"msgid {quoted('')}\nmsgstr {quoted(head)}"]
    parts += [f"msgid {quoted(text)}\nmsgstr {quoted(translation)}" for text, translation in messages.items()]
    return "\n\n".join(parts) + "\n"


def quoted(text: str) -> str:
    """A text as a gettext string."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def read_po(text: str) -> dict[str, str]:
    """{text: translation} of a catalogue; strings may go on over several lines."""
    found: dict[str, str] = {}
    key, parts = "", {"msgid": "", "msgstr": ""}
    for line in [*text.splitlines(), 'msgid ""']:
        word, _, rest = line.partition(" ")
        if word in parts:
            if word == "msgid":
                found[parts["msgid"]] = parts["msgstr"]
                parts["msgstr"] = ""
            key, parts[word] = word, ast.literal_eval(rest)
        elif line.startswith('"') and key:
            parts[key] += ast.literal_eval(line)
    return found


def mo_bytes(messages: dict[str, str]) -> bytes:
    """A catalogue in gettext's binary form (GNU gettext manual, "MO Files"), without the optional hash table."""
    rows = sorted((k.encode("utf-8"), v.encode("utf-8")) for k, v in messages.items())
    keys = b"".join(k + b"\0" for k, _ in rows)
    values = b"".join(v + b"\0" for _, v in rows)
    count, at = len(rows), 28 + 16 * len(rows)
    index, place = b"", at
    for column, start in ((0, at), (1, at + len(keys))):
        place = start
        for row in rows:
            index += struct.pack("<II", len(row[column]), place)
            place += len(row[column]) + 1
    head = struct.pack("<7I", 0x950412DE, 0, count, 28, 28 + 8 * count, 0, 0)
    return head + index + keys + values


def written(path: Path, text: str, check: bool) -> bool:
    """Whether the file was as it should be; it is afterwards, unless `check`."""
    return written_bytes(path, text.encode("utf-8"), check)


def written_bytes(path: Path, data: bytes, check: bool) -> bool:
    """The same for bytes."""
    if path.exists() and path.read_bytes() == data:
        return True
    if check:
        print(f"out of date: {path.relative_to(HERE)}", file=sys.stderr)
    else:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return False


if __name__ == "__main__":
    sys.exit(main())
