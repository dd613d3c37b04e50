"""What became of a batch: `summary.json` for programs, `summary.html` with the most doubtful results in pictures."""

from __future__ import annotations

import html
import json
import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from upzeroir_plugin import __version__
from upzeroir_plugin.batch.ledger import Row
from upzeroir_plugin.photo.atomic import written
from upzeroir_plugin.single import Order
from upzeroir_plugin.solver.slack import SLACK_STD, SLACK_WHITE

WORST = 12
SIDE = 480
STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem}"
    "img{max-width:100%}figure{margin:0 0 2rem}figure div{display:flex;gap:4px}figure div>*{flex:1;min-width:0}"
    "table{border-collapse:collapse}td,th{padding:.2rem .8rem .2rem 0;text-align:left;vertical-align:top}"
    "@media(prefers-color-scheme:dark){body{background:#1b1b1b;color:#ddd}a{color:#8bf}}"
)


def write_summary(
    folder: Path, rows: Sequence[Row], left: Sequence[tuple[Path, str]], seconds: float, order: Order
) -> Path:
    """Write both into `folder`; returns the page's path. `left`: photos passed over and why. Raises UnwritableError."""
    done = [row for row in rows if row.state == "done"]
    data = {
        "version": __version__,
        "settings": order.settings(),
        "seconds": round(seconds, 1),
        "done": len(done),
        "unchanged": sum(row.found.get("changed") is False for row in done),
        "failed": len(rows) - len(done),
        "photos": [_entry(row) for row in rows],
        "left": [{"source": _text(path), "why": why} for path, why in left],
    }
    worst = sorted((row for row in done if row.found.get("changed")), key=_doubt, reverse=True)[:WORST]
    pictures = [(row, _pictures(row, folder / "pictures", number)) for number, row in enumerate(worst, 1)]
    page = folder / "summary.html"
    for path, text in (
        (folder / "summary.json", json.dumps(data, indent=1)),
        (page, _page(data, rows, pictures)),
    ):
        with written(path, overwrite=True) as stream:
            stream.write(text.encode("utf-8", "backslashreplace") + b"\n")
    return page


def _entry(row: Row) -> dict[str, Any]:
    found = {name: value for name, value in row.found.items() if name != "trace"}
    return {"source": _text(row.source), "output": _text(row.output), "state": row.state, **found}


def _doubt(row: Row) -> tuple[bool, float, float]:
    """How doubtful a result is: the residual test's verdict, then what lies beyond its slack, then the residual over σ.

    As in `solver.quality.judge`, behind JPEG only too large a residual speaks against a result.
    """
    std, white = row.found.get("residual_std"), row.found.get("residual_whiteness")
    if std is None or white is None:
        return False, 0.0, 0.0
    std, white = float(std), float(white)
    if row.found.get("compressed"):
        beyond = max(0.0, std - 1 - SLACK_STD)
    else:
        beyond = max(0.0, abs(std - 1) - SLACK_STD) + max(0.0, white - SLACK_WHITE)
    return row.found.get("accepted") is False, beyond, std


def _pictures(row: Row, folder: Path, number: int) -> list[str]:
    """Small pictures of photo and result, by their names in `folder`; none if one cannot be read any more."""
    from PIL import Image

    from upzeroir_plugin.photo.load import load

    names = []
    try:
        folder.mkdir(exist_ok=True)
        for kind, path in (("before", row.source), ("after", row.output)):
            photo = load(path, math.inf)
            step = max(1, max(photo.size) // (2 * SIDE))
            image = Image.fromarray((photo.pixels[::step, ::step].clip(0, 1) * 255 + 0.5).astype("uint8"))
            image.thumbnail((SIDE, SIDE))
            name = f"{number:02d}-{kind}.jpg"
            with written(folder / name, overwrite=True) as stream:
                image.save(stream, "JPEG", quality=88, icc_profile=photo.profile)
            names.append(f"{folder.name}/{name}")
    except Exception:  # a photo that was taken away meanwhile; the summary goes on without its picture
        return []
    return names


def _page(data: dict[str, Any], rows: Sequence[Row], pictures: Sequence[tuple[Row, list[str]]]) -> str:
    parts = [
        "<!DOCTYPE html><html lang='en'><meta charset='utf-8'><title>Batch summary</title>",
        f"<style>{STYLE}</style><h1>Batch summary</h1>",
        f"<p>{data['done']} restored ({data['unchanged']} needed nothing), {data['failed']} failed, "
        f"{len(data['left'])} passed over, in {data['seconds']:.0f} s by upzeroir {data['version']}.</p>",
    ]
    shown = [(row, names) for row, names in pictures if names]
    if shown:
        parts.append(
            "<h2>Look at these</h2><p>The results that fit their photos least well by the residual test, "
            "the most doubtful first; before and after.</p>"
        )
        parts += [_figure(row, names) for row, names in shown]
    failed = [row for row in rows if row.state != "done"]
    if failed:
        parts.append("<h2>Failed</h2><table><tr><th>photo<th>why<th>what to do")
        cells = ((_text(r.source), r.found.get("message", ""), r.found.get("hint", "")) for r in failed)
        parts += ["<tr>" + "".join(f"<td>{html.escape(str(c))}" for c in row) for row in cells]
        parts.append("</table>")
    if data["left"]:
        parts.append("<h2>Passed over</h2><table>")
        parts += [f"<tr><td>{html.escape(i['source'])}<td>{html.escape(i['why'])}" for i in data["left"]]
        parts.append("</table>")
    return "\n".join(parts)


def _figure(row: Row, names: Sequence[str]) -> str:
    found = row.found
    verdict = "the residual test was passed" if found.get("accepted") else "the residual test was not passed"
    images = "".join(
        f"<img src='{name}' alt='{kind}'>" for name, kind in zip(names, ("before", "after"), strict=True)
    )
    said = html.escape(f"{_text(row.source)}: {found.get('summary', '')}")
    return (
        f"<figure><div>{images}</div><figcaption>{said} Residual {found.get('residual_std')} σ, "
        f"correlation {found.get('residual_whiteness')}; {verdict}.</figcaption></figure>"
    )


def _text(path: Path) -> str:
    """A path for reading, whatever bytes its name has."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")
