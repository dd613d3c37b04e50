"""`upzeroir prior`: latent priors of the user's choice: add, list, check, remove."""

from __future__ import annotations

import json
from argparse import Namespace

from upzeroir_plugin.prior.store import added


def run(args: Namespace) -> int:
    """Do what was asked for, and say it. Returns 0."""
    return {"add": _add, "list": _list, "check": _check, "remove": _remove}[args.action](args)


def _add(args: Namespace) -> int:
    from upzeroir_plugin.prior.fetch import Stored, add

    found: Stored = add(args.source, args.name, args.revision)
    for path, (size, sha) in found.files.items():
        if path.endswith(".safetensors"):
            print(f"{path}  {size / 1e6:.1f} MB  SHA-256 {sha}")
    print(f"Licence: {found.licence}. What you may do with its results is between you and its makers.")
    print(f"Added. Use it with: upzeroir restore --effort guided --prior {found.name} PHOTO -o RESULT")
    return 0


def _list(args: Namespace) -> int:
    from upzeroir_plugin.prior.fetch import stored, to_json

    there = [stored(name) for name in added()]
    if args.json:
        print(json.dumps([to_json(found) for found in there], indent=1))
        return 0
    print("embedded  comes with the program, for all efforts")
    print("small-latent  comes with the program, for guided; needs the extra latent")
    for found in there:
        print(f"{found.name}  {found.size / 1e6:.1f} MB, from {found.source}, licence: {found.licence}")
    return 0


def _check(args: Namespace) -> int:
    from upzeroir_plugin.prior.fetch import check

    found = check(args.name)
    print(f"{found.name}: {len(found.files)} files, all as they were added.")
    return 0


def _remove(args: Namespace) -> int:
    from upzeroir_plugin.prior.fetch import remove

    remove(args.name)
    print(f"{args.name} is removed.")
    return 0
