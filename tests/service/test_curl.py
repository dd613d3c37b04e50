"""docs/api.md keeps what it promises: its curl session runs as it stands, and its table is that of the routes."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

from PIL import Image

from tests.service.helpers import ROOT, Running, picture
from upzeroir_plugin.service.answers import STATUS
from upzeroir_plugin.service.limits import Limits
from upzeroir_plugin.service.routes import table

TEXT = (ROOT / "docs/api.md").read_text(encoding="utf-8")


def test_the_curl_session(running: Running, tmp_path: Path) -> None:
    """Hello, upload, estimate, restore with previews, result: by nothing but curl, from the lines in the document."""
    session = TEXT.split("<!-- session:")[1].split("```bash\n")[1].split("```")[0]
    Image.fromarray(picture(160, 120, 25)).save(tmp_path / "photo.jpg", quality=95)
    env = {**os.environ, "UPZEROIR_STATE": str(running.state), "http_proxy": "http://127.0.0.1:9",
           "TMPDIR": str(tmp_path)}  # fmt: skip
    ran = subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", session],
        cwd=tmp_path,
        env=env,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert ran.returncode == 0, ran.stderr
    assert "noisy" in ran.stdout
    assert ran.stdout.splitlines()[-1].startswith("done")
    assert re.search(r"^(progress|step) \w+", ran.stdout, re.M)
    for name, kind in (("preview.jpg", "JPEG"), ("restored.jpg", "JPEG"), ("change.png", "PNG")):
        with Image.open(tmp_path / name) as made:
            assert (made.format, made.size) == (kind, (160, 120))
    assert running.token not in ran.stdout + ran.stderr
    left = {p.name for p in tmp_path.iterdir()}
    assert left == {"photo.jpg", "preview.jpg", "restored.jpg", "change.png"}, (
        "the token's file is still there"
    )


def test_the_table_of_requests_is_that_of_the_routes() -> None:
    assert table() in TEXT


def test_every_error_code_is_explained() -> None:
    missing = [code for code in (*STATUS, "internal", "worker") if f"`{code}`" not in TEXT]
    assert not missing


def test_every_limit_that_hello_tells_and_clients_need_is_named() -> None:
    assert {"pixels", "body", "queue", "photos", "jobs", "idle_exit"} <= set(Limits.__slots__)
    assert all(f"`{name}`" in TEXT for name in ("pixels", "body", "queue", "photos", "jobs", "idle_exit"))
