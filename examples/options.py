"""The tables of options in docs/cli.md, from its parser: `python -m examples.options` renews them."""

from __future__ import annotations

import argparse
from pathlib import Path

from upzeroir_plugin.cli import build_parser

PAGE = Path(__file__).resolve().parents[1] / "docs" / "cli.md"
BEGIN, END = "<!-- options: made by python -m examples.options -->", "<!-- end of options -->"


def tables() -> str:
    """Markdown of every command: its words, then a table of its options."""
    parser = build_parser()
    commands = next(a for a in parser._actions if isinstance(a, argparse._SubParsersAction))
    said = {action.dest: action.help for action in commands._choices_actions}
    return "\n".join(_command(name, said[name] or "", sub) for name, sub in commands.choices.items())


def _command(name: str, said: str, parser: argparse.ArgumentParser) -> str:
    actions = [a for a in parser._actions if a.dest not in ("help", "debug") and a.help != argparse.SUPPRESS]
    lines = [f"### upzeroir {name}", "", f"{said[:1].upper()}{said[1:]}.", ""]
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
    default = action.default
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
