"""What the documents promise is there: links, commands, options, parameters, error codes, the site, named tests."""

from __future__ import annotations

import ast
import hashlib
import importlib
import json
import os
import pkgutil
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

import upzeroir_plugin
from examples.options import BEGIN, tables
from examples.parameters import FOUND, OUT, SHOWN, page
from tests.pictures import as_image, noisy, scene
from upzeroir_plugin.batch import run as batch_run
from upzeroir_plugin.batch.pool import DIED
from upzeroir_plugin.batch.task import Outcome, Task, do
from upzeroir_plugin.cli import main
from upzeroir_plugin.errors import UpzeroirError
from upzeroir_plugin.parameters import NAMES
from upzeroir_plugin.photo.load import load
from upzeroir_plugin.restore import estimate
from upzeroir_plugin.service.answers import STATUS
from upzeroir_plugin.single import Order
from upzeroir_plugin.summary import summary

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("examples/*.md")])
PROGRAMS = ("upzeroir ", "installer/", "tests/run", "python -m ", "gimp-console")
BARE = ("upzeroir", "upzeroir batch", "upzeroir batch --series", "upzeroir restore")
"""Names of programs, not commands."""
ELSEWHERE = {
    "installer/install": "packaging/test_installation.py::test_from_the_first_version_to_nothing_left",
    "upzeroir update": "packaging/test_installation.py::test_from_the_first_version_to_nothing_left",
    "upzeroir uninstall": "packaging/test_installation.py::test_from_the_first_version_to_nothing_left",
    "upzeroir panel": "qt/test_end_to_end.py::test_open_estimate_edit_run_keep_save",
    "python -m qt_panel": "qt/test_real_window.py::test_open_edit_run_keep_save_by_hand",
    "upzeroir serve": "service/test_state.py::test_commands_status_and_stop",
    "upzeroir stop": "service/test_state.py::test_commands_status_and_stop",
    "upzeroir install-gimp": "gimp/test_install_gimp.py::test_install_check_uninstall",
    "upzeroir train": "cli/test_start.py::test_train_makes_a_prior_that_restores",
    "upzeroir prior add": "prior/test_fetch.py::test_added_listed_checked_and_removed",
    "upzeroir bench": "cli/test_start.py::test_bench_takes_its_own_options",
    "upzeroir batch --ray": "batch/test_ray.py::test_a_node_killed_in_mid_run_loses_nothing_and_repeats_nothing",
    "python -m upzeroir_plugin.service": "service/test_curl.py::test_the_table_of_requests_is_that_of_the_routes",
    "python -m examples.options": "test_docs.py::test_the_options_in_the_guide_are_those_of_the_program",
    "python -m examples.parameters": "test_docs.py::test_the_page_of_parameters_is_made_from_the_table",
    "installer/lock": "packaging/test_locks.py::test_what_is_pinned_is_what_the_project_allows",
    "python -m installer.licences": "packaging/test_locks.py::test_licences_of_all_dependencies_are_collected",
    "gimp-console": "gimp/test_gimp_scripts.py::test_the_folder_batch_of_the_documentation",
    "tests/run": "test_docs.py::test_the_options_in_the_guide_are_those_of_the_program",
}
"""Commands that need a window, GIMP, a service, a home of their own or hours: the tests that run them."""


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_to_a_file_leads_somewhere(document: Path) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)[^)]*\)", document.read_text(encoding="utf-8"))
    missing = [t for t in targets if not re.match(r"[a-z]+:", t) and not (document.parent / t).exists()]
    assert not missing


def _quoted(text: str) -> Iterator[str]:
    """What a document tells a reader to type: lines of code blocks, code in sentences, cells of the README's table."""
    blocks = re.findall(r"^```(?:bash|sh)?\n(.*?)^```$", text, re.M | re.S)
    yield from (line for block in blocks for line in block.splitlines())
    prose = re.sub(r"^```.*?^```$", "", text, flags=re.M | re.S)
    spans = (" ".join(span.split()) for span in re.findall(r"`([^`]+)`", prose))
    for span in spans:
        if span.startswith("… "):
            yield "upzeroir restore photo.jpg -o better.png " + span[2:]
        elif re.match(r"(estimate|restore|doctor|panel|batch|serve) ?", span) and " " in span + " ":
            yield f"upzeroir {span}" if span.count(" ") else ""
        else:
            yield span


def _commands() -> list[str]:
    found = dict.fromkeys(line for path in DOCUMENTS for line in _quoted(path.read_text(encoding="utf-8")))
    plain = (re.split(r"\s{2,}[#(]", line.strip())[0].strip() for line in found)
    wanted = [line for line in plain if line.startswith(PROGRAMS) and not re.search("…|NAME|[(]", line)]
    said = dict.fromkeys(re.sub(r"^installer/run\b", "upzeroir", line) for line in wanted)
    return [line for line in said if line not in BARE]


def _elsewhere(command: str) -> str | None:
    if "--ray" in command:
        return ELSEWHERE["upzeroir batch --ray"]
    return next((test for start, test in ELSEWHERE.items() if command.startswith(start)), None)


def test_the_documents_show_commands() -> None:
    assert len(_commands()) >= 40
    assert len([c for c in _commands() if _elsewhere(c) is None]) >= 25


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the files that the documents speak of, as the working directory."""
    monkeypatch.chdir(tmp_path)
    photo = as_image(noisy(scene(64, 72), 15))
    for name in (
        "photo.jpg",
        "other.jpg",
        "photos/a.jpg",
        "exported/a.tif",
        "2024/may/a.png",
        "timelapse/a.jpg",
        "$INPUT.png",
        "examples/dusk.jpg",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        photo.save(tmp_path / name, quality=96)
    (tmp_path / "2024" / "may" / "a.png").rename(tmp_path / "2024" / "may" / "a.NEF")
    (tmp_path / "$INPUT.png").rename(tmp_path / "$INPUT")
    Image.new("L", photo.size, 255).save(tmp_path / "grey.png")
    monkeypatch.setenv("UPZEROIR_STATE", str(tmp_path / "state" / "service.json"))
    return tmp_path


def _in_process(
    tasks: Iterator[Task], order: Order, jobs: int, threads: int, begin: object
) -> Iterator[Outcome]:
    """A batch's pool without processes: what they do is tested in tests/batch."""
    del jobs, threads
    yield from (do(task, order) for task in tasks if begin(task))  # type: ignore[operator]


@pytest.mark.parametrize("command", [c for c in _commands() if _elsewhere(c) is None])
def test_every_command_in_the_documents_does_what_it_says(
    command: str, desk: Path, monkeypatch: pytest.MonkeyPatch, checkout: Path
) -> None:
    for placeholder, value in (("FOLDER", "photos"), ("RESULTS", "results"), ("X,Y,W,H", "10,10,40,30")):
        command = command.replace(placeholder, value)
    words = shlex.split(command, comments=True)
    if words[0] == "python":
        asked = [sys.executable, *words[1:], "--help"]
        assert subprocess.run(asked, cwd=checkout, capture_output=True, timeout=120).returncode == 0
        return
    words = words[1:]
    if "*.jpg" in words:  # as a shell does
        words[words.index("*.jpg") : words.index("*.jpg") + 1] = ["photo.jpg", "other.jpg"]
    if "--help" in words:
        with pytest.raises(SystemExit, match="0"):
            main(words)
        return
    if "--repeat" in words:
        assert main(["restore", "photo.jpg", "-o", "better.png"]) == 0
    if "$OUTPUT" in words:
        words[words.index("$OUTPUT")] = "$OUTPUT.png"
    monkeypatch.setattr(batch_run, "run_all", _in_process)
    assert main(words) == 0
    output = next((words[i + 1] for i, word in enumerate(words) if word == "-o"), None)
    assert output is None or (desk / output).exists()


@pytest.mark.parametrize("named", sorted(set(ELSEWHERE.values())))
def test_commands_run_elsewhere_name_a_test_that_exists(named: str) -> None:
    assert _exists(named)


def _exists(named: str) -> bool:
    file, _, name = named.partition("::")
    path = ROOT / "tests" / file
    tree = ast.parse(path.read_text("utf-8")) if path.is_file() else ast.Module([], [])
    return any(isinstance(node, ast.FunctionDef) and node.name == name for node in ast.walk(tree))


def test_every_lesson_names_tests_that_exist() -> None:
    named = re.findall(r"`tests/([^`]+::[^`]+)`", (ROOT / "docs" / "lessons.md").read_text("utf-8"))
    assert len(named) > 60
    assert [name for name in named if not _exists(name)] == []


def test_the_options_in_the_guide_are_those_of_the_program() -> None:
    text = (ROOT / "docs" / "cli.md").read_text("utf-8")
    assert tables() in text.split(BEGIN)[1]


def test_the_page_of_parameters_is_made_from_the_table() -> None:
    found = json.loads(FOUND.read_text("utf-8"))
    assert set(SHOWN) == set(NAMES) == set(found)
    assert (ROOT / "docs" / "parameters.md").read_text("utf-8") == page(found)
    for name in NAMES:
        with Image.open(OUT / f"{name}.jpg") as picture:
            assert picture.width > 2 * picture.height


def test_pictures_stay_small() -> None:
    pictures = [p for p in (ROOT / "docs" / "pictures").rglob("*") if p.suffix in (".jpg", ".png")]
    assert sum(p.stat().st_size for p in pictures) < 9e6
    assert sum(p.stat().st_size for p in OUT.iterdir()) < 1e6


def test_the_model_card_names_the_weights_that_ship() -> None:
    card = (ROOT / "docs" / "model.md").read_text(encoding="utf-8")
    weights = list((ROOT / "upzeroir_plugin").rglob("*.safetensors"))
    assert len(weights) == 6
    for file in weights:
        assert hashlib.sha256(file.read_bytes()).hexdigest()[:16] in card, file


def _codes() -> set[str]:
    """Codes of all errors of the package: those of classes, and those that travel as words."""
    for module in pkgutil.walk_packages(upzeroir_plugin.__path__, "upzeroir_plugin."):
        if ".gimp" not in module.name and not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    classes, found = [UpzeroirError], set()
    while classes:
        kind = classes.pop()
        found.add(kind.code)
        classes += kind.__subclasses__()
    clients = [ROOT / "upzeroir_plugin" / "client.py", *(ROOT / "gimp" / "upzeroir").glob("*.py")]
    for path in clients:
        found |= set(re.findall(r'ClientError\(\s*"([a-z-]+)"', path.read_text("utf-8")))
    return found | set(STATUS) | {DIED["code"]}


def test_every_error_code_has_its_advice() -> None:
    text = (ROOT / "docs" / "troubleshooting.md").read_text("utf-8")
    codes = _codes()
    assert len(codes) >= 20
    assert sorted(code for code in codes if f"`{code}`" not in text) == []
    told = re.findall(r"^\| (`[^|]+) \|", text, re.M)
    assert sorted({c for cell in told for c in re.findall(r"`([a-z-]+)`", cell)} - codes) == []


def test_the_exit_codes_in_the_table_are_those_of_the_errors() -> None:
    text = (ROOT / "docs" / "troubleshooting.md").read_text("utf-8")
    rows = dict(re.findall(r"^\| `([a-z-]+)` \| (\d+) \|", text, re.M))
    classes, checked = [UpzeroirError], 0
    while classes:
        kind = classes.pop()
        classes += kind.__subclasses__()
        if kind.code in rows:
            assert int(rows[kind.code]) == kind.exit_code, kind
            checked += 1
    assert checked >= 9


def test_the_site_is_built_without_a_warning(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path / "site")]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    built = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120)
    assert built.returncode == 0, built.stderr
    assert "WARNING" not in built.stderr
    pages = {p.stem for p in (tmp_path / "site").glob("*.html")}
    assert {p.stem for p in (ROOT / "docs").glob("*.md")} <= pages
    front = (tmp_path / "site" / "index.html").read_text("utf-8")
    fetched = re.findall(r'(?:src|href)="(https?:[^"]+)"[^>]*>', front)
    assert all("fonts" not in address and "cdn" not in address for address in fetched)


def test_the_example_in_the_python_guide_runs(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = (ROOT / "docs" / "python.md").read_text("utf-8")
    code = text.split("```python\n")[1].split("```")[0]
    exec(compile(code, "docs/python.md", "exec"), {})
    assert (desk / "better.png").is_file()
    assert "True" in capsys.readouterr().out


def test_the_example_in_the_readme_runs(desk: Path) -> None:
    assert (desk / "photo.jpg").is_file()
    code = (ROOT / "README.md").read_text("utf-8").split("```python\n")[1].split("```")[0]
    names: dict[str, object] = {}
    exec(compile(code, "README.md", "exec"), names)
    assert names["pixels"].shape == (64, 72, 3)  # type: ignore[attr-defined]


def test_the_readme_says_what_the_program_says_of_its_photos() -> None:
    """Under each pair of pictures stands the program's own sentence."""
    pairs = re.findall(
        r"\(docs/pictures/(\w+)\.jpg\) \|\n\| \*([^*]+)\* \|", (ROOT / "README.md").read_text("utf-8")
    )
    assert len(pairs) == 6
    for name, sentence in pairs:
        assert summary(estimate(load(ROOT / "examples" / f"{name}.jpg", 1e8)).theta) == sentence, name
