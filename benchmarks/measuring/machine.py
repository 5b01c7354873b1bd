"""The conditions that stand beside every figure: the machine, the versions, the state of the sources."""

from __future__ import annotations

import datetime
import json
import os
import platform
import subprocess
from importlib import metadata
from pathlib import Path

from conditions import processor

ROOT = Path(__file__).resolve().parent.parent.parent
PEERS = ROOT / ".venv-peers" / "bin" / "python"
PACKAGES = ("oxmark", "torch", "onnxruntime", "pillow", "numpy", "scikit-learn")
PEER_PACKAGES = ("tensorflow-cpu", "keras", "scikit-learn", "scikit-image", "torch", "numpy", "pillow")
INSTRUCTIONS = ("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_bf16", "asimd", "sve", "bf16")
"""What decides how fast products are, as Linux spells it."""


def machine_conditions() -> dict[str, str]:
    """What is the same for every row; asked before anything is measured, for the load to be others'."""
    return {
        "processor": f"{processor()}; {instructions() or 'instruction sets unknown'}",
        "cores": f"{usable_cores()} usable of {os.cpu_count()}",
        "threads": threads(),
        "memory": memory(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "versions": versions(),
        "versions of the peers": peer_versions(),
        "commit": commit(),
        "date": datetime.datetime.now().astimezone().isoformat(timespec="seconds"),
        "load before": load(),
    }


def usable_cores() -> int:
    """Cores that this process may use; not asked of oxmark, since other versions of it are measured, too."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def instructions() -> str:
    """Those of :data:`INSTRUCTIONS` that the processor has."""
    info = Path("/proc/cpuinfo")
    if not info.exists():
        return ""
    lines = (line.partition(":") for line in info.read_text().splitlines())
    flags = next((value.split() for name, _, value in lines if name.strip() in {"flags", "Features"}), [])
    return " ".join(name for name in INSTRUCTIONS if name in flags)


def threads() -> str:
    """The settings of the environment that change how many threads are used."""
    names = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
    told = [f"{name}={os.environ[name]}" for name in names if name in os.environ]
    return ", ".join(told) or "as each library chooses"


def memory() -> str:
    """All of the machine's memory."""
    if not hasattr(os, "sysconf"):
        return "unknown"
    return f"{os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE') / 2**30:.1f} GiB"


def versions() -> str:
    """Of the packages that oxmark stands on."""
    return ", ".join(f"{name} {metadata.version(name)}" for name in PACKAGES)


def peer_versions() -> str:
    """Of the packages that the peers stand on, asked of their own environment."""
    if not PEERS.exists():
        return "not installed (make bench-peers)"
    script = (
        "import json, sys; from importlib import metadata as m;"
        "print(json.dumps([f'{n} {m.version(n)}' for n in sys.argv[1:]]))"
    )
    done = subprocess.run([PEERS, "-c", script, *PEER_PACKAGES], capture_output=True, text=True, check=True)
    return ", ".join(json.loads(done.stdout))


def commit() -> str:
    """The commit, and whether files differ from it."""
    told = [_git("rev-parse", "--short=12", "HEAD"), "with changes" if _git("status", "--porcelain") else ""]
    return " ".join(filter(None, told)) or "unknown"


def _git(*arguments: str) -> str:
    try:
        done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def load() -> str:
    """The mean number of running processes in the last 1, 5 and 15 minutes."""
    return " ".join(f"{value:.2f}" for value in os.getloadavg()) if hasattr(os, "getloadavg") else "unknown"


def has_peers() -> bool:
    """True where ``make bench-peers`` has been run."""
    return PEERS.exists()
