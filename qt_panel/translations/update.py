"""Collects the panel's texts into upzeroir_de.ts, and compiles it: python -m qt_panel.translations.update [LRELEASE].

Texts stand in `tr("…")` and `N_("…")`, in the table of parameters, and in what the summary may say. Translations
that are there are kept; texts that are gone are dropped. LRELEASE: Qt's compiler (`pip install PySide6-Essentials`
brings `pyside6-lrelease`); without it only the .ts is written.
"""

from __future__ import annotations

import ast
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

from qt_panel import texts
from upzeroir_plugin.parameters import LATENT, PARAMETERS

HERE = Path(__file__).resolve().parent
TS = HERE / "upzeroir_de.ts"
MARKS = ("tr", "N_")


def sources() -> list[str]:
    """Every text that the panel may show, sorted, once each."""
    found = set(texts.phrases())
    for row in (*PARAMETERS, *LATENT.values()):
        found |= {row.label, row.help}
    for path in HERE.parent.rglob("*.py"):
        found |= set(_marked(ast.parse(path.read_text(encoding="utf-8"))))
    return sorted(text for text in found if text.strip())


def _marked(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id in MARKS
            and node.args
        ):
            first = node.args[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield first.value


def known() -> dict[str, str]:
    """Translations that the file holds."""
    if not TS.exists():
        return {}
    messages = ET.parse(TS).iter("message")  # noqa: S314 - our own file
    pairs = ((m.findtext("source") or "", m.findtext("translation") or "") for m in messages)
    return {source: translation for source, translation in pairs if translation}


def write(translations: dict[str, str]) -> list[str]:
    """Write the .ts; the texts that have no translation yet."""
    root = ET.Element("TS", version="2.1", language="de_DE", sourcelanguage="en")
    context = ET.SubElement(root, "context")
    ET.SubElement(context, "name").text = texts.CONTEXT
    missing = []
    for source in sources():
        message = ET.SubElement(context, "message")
        ET.SubElement(message, "source").text = source
        translation = ET.SubElement(message, "translation")
        translation.text = translations.get(source, "")
        if not translation.text:
            translation.set("type", "unfinished")
            missing.append(source)
    ET.indent(root)
    TS.write_text(
        '<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE TS>\n' + ET.tostring(root, "unicode") + "\n",
        "utf-8",
    )
    return missing


def main() -> int:
    """As the module says; 1 if a translation is missing."""
    missing = write(known())
    for text in missing:
        print(text)
    if len(sys.argv) > 1:
        subprocess.run([sys.argv[1], str(TS), "-qm", str(TS.with_suffix(".qm"))], check=True)  # noqa: S603
    return int(bool(missing))


if __name__ == "__main__":
    sys.exit(main())
