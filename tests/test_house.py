"""The house keeps its rules: arrows one way, nothing heavy where it must be light, no dead code, no baked-in places."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FLOORS = (
    {"errors", "parameters", "maps", "evidence", "white", "gimp_folders", "folders", "launch", "redact"},
    {"photo", "physics", "summary", "client"},
    {"prior", "support"},
    {"estimate", "solver"},
    {"messages"},
    {"restore"},
    {"single"},
    {"service", "batch", "installation"},
    {"cli", "commands", "__main__", "qt_panel"},
)
"""From the ground up (CONTRIBUTING.md: clients → service → restore → solver → physics and prior → parameters). A room
knows those below it, and of its own floor only what DOORS says."""
DOORS = {
    ("summary", "parameters"), ("estimate", "prior"), ("errors", "parameters"), ("client", "parameters"),
    ("commands", "cli"), ("cli", "commands"), ("__main__", "cli"), ("qt_panel", "cli"), ("commands", "qt_panel"),
    ("support", "service"), ("white", "parameters"),
}  # fmt: skip
"""`support` packs up the service's log for `doctor`."""
LIGHT = {
    "parameters": set(), "evidence": set(), "client": {"launch", "parameters"}, "summary": {"parameters"},
    "errors": {"parameters"}, "gimp_folders": set(), "folders": set(), "launch": set(),
}  # fmt: skip
"""Standard library only, and of ours only these: GIMP copies them, and the installer runs before anything is there."""
DEAD_IS_CALLED = (
    "*Event,event,eventFilter,sizeHint,minimumSizeHint",  # by Qt
    "do_*,set_i18n",  # by GIMP
    "do_GET,log_message",  # by http.server
    "pytest_*,pytestmark",
    "setup_context,__call__",  # by torch, by typing's protocols
    "send_400_response,capture_signals,should_exit,redirect_slashes",  # by uvicorn and starlette
    "raiseExceptions,MAX_IMAGE_PIXELS,optionxform,endian,StartDoctypeDeclHandler",  # settings of libraries
    "add_photo,add_job,deliveries_for",  # by service/routes.py's names
    "api",  # a field of the state file
    "residual_whiteness",  # a field of what is noted for each check
)


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _room(module: str) -> str:
    parts = module.split(".")
    return parts[1] if parts[0] == "upzeroir_plugin" and len(parts) > 1 else parts[0]


def _files(*folders: str) -> list[Path]:
    return [p for folder in folders for p in sorted((ROOT / folder).rglob("*.py"))]


def _arrows() -> set[tuple[str, str]]:
    found = set()
    for path in _files("upzeroir_plugin", "qt_panel"):
        own = _room(".".join(path.relative_to(ROOT).with_suffix("").parts))
        for module in _imports(path):
            other = _room(module)
            if module.startswith(("upzeroir_plugin.", "qt_panel")) and other not in (own, "__version__"):
                found.add((own, other))
    return found


def test_every_room_has_its_floor() -> None:
    rooms = {
        p.stem
        for p in (ROOT / "upzeroir_plugin").iterdir()
        if p.suffix == ".py" or (p / "__init__.py").is_file()
    }
    assert rooms - {"__init__"} | {"qt_panel"} == set().union(*FLOORS)


def test_no_arrow_points_up() -> None:
    height = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}
    wrong = sorted((a, b) for a, b in _arrows() if height[b] >= height[a] and (a, b) not in DOORS)
    assert wrong == []
    assert ("restore", "solver") in _arrows()


def test_nobody_but_the_command_line_and_itself_knows_the_window() -> None:
    assert {a for a, b in _arrows() if b == "qt_panel"} <= {"commands"}


@pytest.mark.parametrize("name", LIGHT)
def test_what_must_be_light_needs_only_the_standard_library(name: str) -> None:
    for module in _imports(ROOT / "upzeroir_plugin" / f"{name}.py"):
        first = module.split(".")[0]
        if first == "upzeroir_plugin":
            assert _room(module) in LIGHT[name] | {"__version__"}
        else:  # GIMP has `parameters` beside the copy
            assert first in sys.stdlib_module_names or first in LIGHT[name]


def test_the_installer_needs_only_the_standard_library() -> None:
    for path in _files("upzeroir_plugin/installation"):
        for module in _imports(path):
            first = module.split(".")[0]
            assert first in sys.stdlib_module_names or _room(module) in {
                "installation",
                *LIGHT,
                "__version__",
            }


def test_photo_and_estimators_load_without_torch() -> None:
    """Training and simulation are the exceptions: they are not loaded to look at a photo."""
    code = "import sys, upzeroir_plugin.photo.load, upzeroir_plugin.photo.save; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
    apart = {"train.py", "simulate.py", "meant.py", "starlight.py", "train_kind.py"}
    for path in _files("upzeroir_plugin/photo", "upzeroir_plugin/estimate"):
        if path.name not in apart:
            top = (
                n
                for n in ast.parse(path.read_text("utf-8")).body
                if isinstance(n, (ast.Import, ast.ImportFrom))
            )
            said = " ".join(ast.unparse(node) for node in top)
            assert "import torch" not in said and "from torch" not in said, path


def test_nothing_compiles_on_the_way() -> None:
    """No torch.compile, no triton: a compiler that is missing on the user's machine must not matter."""
    for path in _files("upzeroir_plugin", "qt_panel"):
        assert not re.search(r"torch\.compile|import triton|cpp_extension", path.read_text("utf-8")), path


def test_no_path_of_a_machine_is_baked_in() -> None:
    kinds = {".py", ".toml", ".md", ".sh", ".yml", ".ps1", ".json", ".lock", ".desktop"}
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout
    paths = [ROOT / name for name in listed.splitlines()] or _files("upzeroir_plugin", "qt_panel", "gimp")
    assert len(paths) > 100
    place = r"(?<![\w.~}])/(?:home/[a-z]\w+|Users/[a-z]\w+|work/\w+|root/\w+)"
    invented = "test_redact.py"  # its homes are nobody's
    for path in (p for p in paths if p.suffix in kinds and p.is_file() and p.name != invented):
        assert re.findall(place, path.read_text("utf-8")) == [], path


def test_files_and_functions_stay_small() -> None:
    long_files, long_functions = [], []
    for path in _files("upzeroir_plugin", "qt_panel", "gimp/upzeroir"):
        text = path.read_text("utf-8")
        if text.count("\n") > 620:
            long_files.append(path.name)
        kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
        functions = (node for node in ast.walk(ast.parse(text)) if isinstance(node, kinds))
        long_functions += [f"{path.name}:{f.name}" for f in functions if (f.end_lineno or 0) - f.lineno > 66]
    assert (long_files, long_functions) == ([], [])


def test_there_is_no_dead_code() -> None:
    folders = ["upzeroir_plugin", "qt_panel", "gimp/upzeroir", "benchmarks", "examples", "installer", "tests"]
    command = [sys.executable, "-m", "vulture", *folders, "--min-confidence", "60"]
    command += ["--ignore-names", ",".join(DEAD_IS_CALLED), "--ignore-decorators", "@pytest.fixture*"]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert found.stdout == ""
    assert found.returncode == 0
