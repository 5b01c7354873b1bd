"""What the service costs on top of decoding and inference: requests a second, latencies, start, memory.

    python benchmarks/service.py [--seconds 10] [--workers 1] [--minutes 10]

wrk (https://github.com/wg/wrk, Debian's package wrk) asks from the same machine, so it takes a part of the
cores. The bare loop runs in as many processes as there are cores, before and after each measurement: a noisy
machine is noisy for both. Nothing else should run meanwhile.
"""

from __future__ import annotations

import contextlib
import io
import itertools
import json
import multiprocessing
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click
from conditions import conditions
from PIL import Image

from oxmark.data.decode import decode
from oxmark.data.draw import draw_mark
from oxmark.inference import load
from oxmark.machine import cores

CONNECTIONS = (1, 2, 4, 8, 16, 32, 64)
PICTURES = {"PNG 28 x 28": ("PNG", 28, 28, 3), "JPEG 1350 x 900": ("JPEG", 1350, 900, 60)}
_SCRIPT = """
local file = io.open("{body}", "rb"); wrk.body = file:read("*a"); file:close()
wrk.method = "POST"; wrk.headers["Content-Type"] = "application/octet-stream"
{delay}
done = function(summary, latency, requests)
  local e = summary.errors
  io.write(string.format("RESULT %d %d %d %d %d\\n", summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(99), e.connect + e.read + e.write + e.status + e.timeout))
end
"""


@dataclass(frozen=True)
class Load:
    """What wrk measured: requests a second, milliseconds, requests that failed."""

    rate: float
    p50: float
    p99: float
    errors: int


@click.command()
@click.option("--seconds", default=10, show_default=True, help="Each measurement.")
@click.option("--workers", default=1, show_default=True, help="Processes of the service.")
@click.option("--starts", default=7, show_default=True, help="New processes timed to their first answer.")
@click.option("--minutes", default=0.0, help="Endurance: small and large pictures together.")
def main(seconds: int, workers: int, starts: int, minutes: float) -> None:
    """Print tables: load beside the bare loop, half load, start, endurance."""
    if shutil.which("wrk") is None:
        raise click.UsageError("wrk is not installed. Debian: apt-get install wrk")
    print(conditions("onnxruntime", "pillow", "numpy", "fastapi", "uvicorn"))
    print(f"{cores()} cores, --workers {workers}; wrk with one thread on the same cores\n")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pictures = {what: _write(folder, *about) for what, about in PICTURES.items()}
        print(f"start to first answer, median of {starts} new processes: {_start(pictures, starts):.2f} s\n")
        with _service(workers) as (address, process):
            for what, path in pictures.items():
                best, connections = _table(what, path, address, folder, seconds)
                _half(path, address, folder, seconds, best, connections)
            if minutes:
                _endurance(pictures, address, folder, minutes, process)


def _write(folder: Path, kind: str, width: int, height: int, pen: int) -> Path:
    stream = io.BytesIO()
    Image.fromarray(draw_mark("X", seed=3, size=(width, height), pen_width=pen)).save(stream, kind)
    path = folder / f"picture.{kind.lower()}"
    path.write_bytes(stream.getvalue())
    return path


# --- the bare loop ------------------------------------------------------------------------------------------


def _bare(path: Path, seconds: float) -> float:
    """Pictures a second that decoding and inference alone answer, in a process for each core."""
    with multiprocessing.get_context("spawn").Pool(cores()) as pool:
        return sum(pool.starmap(_loop, [(path, seconds)] * cores(), chunksize=1))


def _loop(path: Path, seconds: float) -> float:
    classifier, data = load(), path.read_bytes()
    for _ in range(20):
        classifier.predict(decode(data))
    begun, done = time.perf_counter(), 0
    while time.perf_counter() - begun < seconds:
        classifier.predict(decode(data))
        done += 1
    return done / (time.perf_counter() - begun)


# --- the service --------------------------------------------------------------------------------------------


@contextlib.contextmanager
def _service(workers: int = 1) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    command = [sys.executable, "-m", "oxmark", "serve", "builtin", "--port", "0", "--json"]
    command += ["--workers", str(workers)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        address = json.loads(process.stdout.readline() if process.stdout else "")["address"]
        while not _ready(address):
            time.sleep(0.05)
        yield address, process
    finally:
        process.terminate()
        process.wait()


def _ready(address: str) -> bool:
    with contextlib.suppress(OSError):
        return bool(urllib.request.urlopen(f"{address}/v2/health/ready").status == 200)
    return False


def _start(pictures: dict[str, Path], starts: int) -> float:
    """Seconds from a new process to its first answer."""
    data, taken = next(iter(pictures.values())).read_bytes(), []
    for _ in range(starts):
        begun = time.perf_counter()
        with _service() as (address, _):
            urllib.request.urlopen(f"{address}/predict", data).read()
            taken.append(time.perf_counter() - begun)
    return statistics.median(taken)


def _wrk(path: Path, address: str, folder: Path, seconds: float, connections: int, pause: float = 0) -> Load:
    """Ask all the time from so many connections, or at random, with a mean pause in milliseconds."""
    random = f"math.floor(0.5 - {pause:.1f} * math.log(1 - math.random()))"
    delay = f"delay = function() return {random} end" if pause else ""
    script = folder / f"{path.stem}-{connections}.lua"
    script.write_text(_SCRIPT.format(body=path, delay=delay))
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds:.0f}s", "--timeout", "60s", "-s", str(script)]
    done = subprocess.run([*command, f"{address}/predict"], capture_output=True, text=True, check=True)
    found = re.search(r"^RESULT (\d+) (\d+) (\d+) (\d+) (\d+)$", done.stdout, re.M)
    if found is None:
        raise click.ClickException(f"wrk said something else than expected: {done.stdout}{done.stderr}")
    requests, microseconds, p50, p99, errors = map(int, found.groups())
    return Load(requests / microseconds * 1e6, p50 / 1000, p99 / 1000, errors)


def _table(what: str, path: Path, address: str, folder: Path, seconds: float) -> tuple[float, int]:
    """Print what each number of connections gives; returns the best rate and its number of connections."""
    print(f"| {what}: connections | requests/s | p50 ms | p99 ms | errors | bare loop/s | share of it |")
    print("|---|---|---|---|---|---|---|")
    best = (0.0, 1)
    before = _bare(path, min(seconds, 5))
    for connections in CONNECTIONS:
        load_ = _wrk(path, address, folder, seconds, connections)
        after = _bare(path, min(seconds, 5))
        bare, before = (before + after) / 2, after
        best = max(best, (load_.rate, connections))
        told = f"{load_.rate:.0f} | {load_.p50:.1f} | {load_.p99:.1f} | {load_.errors} | {bare:.0f}"
        print(f"| {connections} | {told} | {load_.rate / bare:.0%} |", flush=True)
    print()
    return best


def _half(path: Path, address: str, folder: Path, seconds: float, best: float, connections: int) -> None:
    """Print the latencies at half of the best rate: many connections that ask at random."""
    wanted, many = best / 2, max(32, connections)
    load_ = _wrk(path, address, folder, seconds, many, pause=many / wanted * 1000)
    print(
        f"at half load ({load_.rate:.0f} requests/s from {many} connections): p50 {load_.p50:.1f} ms, "
        f"p99 {load_.p99:.1f} ms, {load_.errors} errors\n",
        flush=True,
    )


# --- endurance ----------------------------------------------------------------------------------------------


def _endurance(
    pictures: dict[str, Path], address: str, folder: Path, minutes: float, process: subprocess.Popen[str]
) -> None:
    """Small and large pictures from 16 connections each; memory now and then."""
    loads: list[Load] = []

    def ask(path: Path) -> None:
        loads.append(_wrk(path, address, folder, minutes * 60, 16))

    asking = [threading.Thread(target=ask, args=(path,)) for path in pictures.values()]
    begun = time.monotonic()
    for one in asking:
        one.start()
    print(f"endurance, {minutes:g} minutes: minutes, resident memory of all processes in MB")
    for tick in itertools.count():
        if not any(one.is_alive() for one in asking):
            break
        if time.monotonic() - begun >= tick * minutes * 6:
            print(f"  {(time.monotonic() - begun) / 60:.1f}  {_resident(process.pid) / 1e6:.0f}", flush=True)
        asking[0].join(min(minutes * 6, 5))
    print(f"  end  {_resident(process.pid) / 1e6:.0f}")
    answered = sum(load_.rate for load_ in loads) * minutes * 60
    print(f"{answered:.0f} requests, {sum(load_.errors for load_ in loads)} errors")


def _resident(pid: int) -> int:
    """Bytes of a process and of those that it started."""
    own = int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return own + sum(_resident(int(child)) for child in children)


if __name__ == "__main__":
    main()
