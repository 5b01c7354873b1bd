"""The studio's own process loads nothing of what trainings need, whatever it is asked."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

HEAVY = {
    "torch",
    "matplotlib",
    "sklearn",
    "scipy",
    "onnx",
    "keras",
    "skimage",
    "cleanlab",
    "imagehash",
    "jinja2",
}
ASKING = """
import json, sys
from pathlib import Path
from fastapi.testclient import TestClient
from oxmark.web.app import create_app
from oxmark.web.studio.project import Project
from oxmark.web.studio.studio import Studio

root = Path(sys.argv[1])
studio = Studio(Project(root))
with TestClient(create_app(studio=studio), base_url="http://127.0.0.1") as client:
    run = client.get("/api/runs").json()["current"]
    png = next((root / "O").glob("*.png")).read_bytes()
    answers = [client.get(f"/api{path}") for path in (
        "/recipes", "/teach", "/runs", f"/runs/{run}/report", f"/runs/{run}/model.onnx",
        f"/runs/compare?one={run}&other=builtin",
    )]
    answers += [client.post("/api/answer?view=1", content=png), client.post("/api/augmentation", json={})]
    studio.teaching.current_classifier()
    print(json.dumps([[one.status_code for one in answers], sorted(sys.modules)]))
"""


def test_nothing_heavy_is_loaded(again: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", ASKING, str(again)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    statuses, modules = json.loads(done.stdout.splitlines()[-1])
    assert statuses == [200] * 8
    loaded = {name.partition(".")[0] for name in modules}
    assert "onnxruntime" in loaded
    assert loaded & HEAVY == set()
