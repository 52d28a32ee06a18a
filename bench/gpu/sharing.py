"""
Callers and queue, alone on a GPU and both on one.
"""
import contextlib
import json
import math
import os
import shutil
import subprocess
import sys
import tempfile
import threading

from model import CUDA

ROLE = os.path.join(os.path.dirname(__file__), "role.py")
#: Seconds to load two models and to end.
PATIENCE = 90


class LeftOut(Exception):
    """What cannot be measured here, and why."""


def percentile(values: list, part: float) -> float:
    """By the nearest rank: always one that was seen."""
    return sorted(values)[math.ceil(len(values) * part / 100) - 1]


def share(roles: list, args, environment: dict, ready=lambda: None) -> dict:
    """Runs processes beside each other on one GPU, and begins when all models are loaded."""
    sizes = [str(size) for size in (args.blocks, args.width, args.heads, args.tokens, args.batch, args.rate)]
    processes = [subprocess.Popen(
        [sys.executable, ROLE, role, *sizes], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ, **environment},
    ) for role in roles]
    # One that hangs is not to take the others' time.
    limit = threading.Timer(PATIENCE + 2 * args.seconds, lambda: [process.kill() for process in processes])
    limit.start()
    try:
        for process in processes:
            if process.stdout.readline() != "ready\n":
                raise LeftOut(f"a process ended with status {process.wait()} before its model was loaded")
        ready()
        for process in processes:
            print(args.seconds, file=process.stdin, flush=True)
        results = [json.loads(process.stdout.readline() or "null") for process in processes]
    finally:
        limit.cancel()
        for process in processes:
            process.kill()
            process.wait()
    if None in results:
        raise LeftOut("a process ended before it was done")
    taken = [result.pop("memory") for result in results]
    return {"memory": max(taken) if CUDA else sum(taken), **{key: value for result in results for key, value in result.items()}}


@contextlib.contextmanager
def mps():
    """NVIDIA's Multi-Process Service, started for this alone: the environment of its clients, and a check that it has any."""
    control = shutil.which("nvidia-cuda-mps-control")
    if not CUDA or not control:
        raise LeftOut("there is no nvidia-cuda-mps-control" if CUDA else "there is no CUDA")
    with tempfile.TemporaryDirectory() as folder:
        environment = {"CUDA_MPS_PIPE_DIRECTORY": f"{folder}/pipe", "CUDA_MPS_LOG_DIRECTORY": f"{folder}/log"}
        for path in environment.values():
            os.mkdir(path)

        def ask(*options: str, words: str = "") -> str:
            done = subprocess.run([control, *options], input=words, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=30, env={**os.environ, **environment}, check=False)
            if done.returncode:
                raise LeftOut(f"nvidia-cuda-mps-control ended with status {done.returncode}: {done.stdout.strip()}")
            return done.stdout.strip()

        def used() -> None:
            if not ask(words="get_server_list\n"):
                raise LeftOut("the processes ran without it")

        ask("-d")
        try:
            yield environment, used
        finally:
            with contextlib.suppress(LeftOut, subprocess.TimeoutExpired):
                ask(words="quit\n")


def measure(args, tell) -> list:
    """The table of all ways, and the reasons for what was left out."""
    rows, left_out = [], []

    def add(about: str, result: dict) -> None:
        times = result.get("times")
        rows.append([
            about,
            *([f"{1000 * percentile(times, part):.1f}" for part in (50, 99)] if times else ["", ""]),
            f"{len(times)}" if times else "", f"{result['left']}" if times else "",
            f"{result['rate']:.1f}" if "rate" in result else "",
            f"{result['memory'] / 2**30:.1f}",
        ])
        tell(" | ".join(rows[-1]))

    add("callers alone", share(["callers"], args, {}))
    add("queue alone", share(["queue"], args, {}))
    add("both on one GPU, two processes", share(["callers", "queue"], args, {}))
    try:
        with mps() as (environment, used):
            add("both on one GPU, with MPS", share(["callers", "queue"], args, environment, used))
    except LeftOut as reason:
        left_out.append(f"MPS: {reason}")
    return [{
        "title": f"{args.blocks} transformer blocks of width {args.width}, {args.tokens} tokens; callers: batch 1, {args.rate:g} a second at random; "
                 f"queue: batches of {args.batch} without end; {args.seconds:g} s each",
        "columns": ["On a GPU", "requests: p50, ms", "p99, ms", "answered", "given up", "queue: inputs a second", "memory, GiB"],
        "rows": rows,
    }, *left_out]
