"""The tables of options in docs/cli.md, from its parser: `python -m examples.options` renews them."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.run import options
from upzeroir_plugin.cli import build_parser

PAGE = Path(__file__).resolve().parents[1] / "docs" / "cli.md"
BEGIN, END = "<!-- options: made by python -m examples.options -->", "<!-- end of options -->"
BENCH = "upzeroir bench"


def tables() -> str:
    """Markdown of every command and of theirs: its words, then a table of its options."""
    return "\n".join(_commands("upzeroir", build_parser(), 3))


def _commands(above: str, parser: argparse.ArgumentParser, depth: int) -> Iterator[str]:
    """What stands under `parser`, called by the words `above`; headings of that `depth`."""
    for commands in _sub_commands(parser):
        said = {action.dest: action.help or "" for action in commands._choices_actions}
        for name, sub in commands.choices.items():
            called = f"{above} {name}"
            own = (
                options() if called == BENCH else sub
            )  # it has its own parser, that a plain start need not load
            yield _command(f"{'#' * depth} {called}", said[name], own)
            yield from _commands(called, sub, depth + 1)


def _sub_commands(parser: argparse.ArgumentParser) -> list[argparse._SubParsersAction[Any]]:
    return [a for a in parser._actions if isinstance(a, argparse._SubParsersAction)]


def _command(heading: str, said: str, parser: argparse.ArgumentParser) -> str:
    shown = (a for a in parser._actions if a.dest not in ("help", "debug") and a.help != argparse.SUPPRESS)
    actions = [action for action in shown if not isinstance(action, argparse._SubParsersAction)]
    lines = [heading, "", f"{said[:1].upper()}{said[1:]}.", ""]
    if actions:
        lines += ["| option | meaning |", "|---|---|"]
        lines += [f"| {_called(action)} | {_meaning(action)} |" for action in actions]
        lines.append("")
    return "\n".join(lines)


def _called(action: argparse.Action) -> str:
    value = action.metavar or ("" if action.nargs == 0 else action.dest.upper())
    if action.choices is not None and action.metavar is None:
        value = "|".join(map(str, action.choices))
    text = " ".join(filter(None, (", ".join(action.option_strings), str(value))))
    return f"`{text}`".replace("|", "\\|")


def _meaning(action: argparse.Action) -> str:
    default = (
        None if isinstance(action.default, Path) else action.default
    )  # it lies elsewhere on each machine
    told = "default" in (action.help or "") or default in (None, False, []) or not action.option_strings
    said = (action.help or "").replace("|", "\\|")
    return (
        said
        if told
        else f"{said} (default {default:g})".strip()
        if isinstance(default, float)
        else f"{said} (default {default})".strip()
    )


def main() -> None:
    """Rewrite the part between the marks."""
    text = PAGE.read_text("utf-8")
    head, rest = text.split(BEGIN)
    PAGE.write_text(f"{head}{BEGIN}\n{tables()}{END}{rest.split(END)[1]}", "utf-8")


if __name__ == "__main__":
    main()
