"""
A GPU that changes its job: the library's entrypoint with a model process of many GB, cold and warm.
"""
import contextlib
import math
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time

from sharing import LeftOut

HERE = os.path.dirname(os.path.abspath(__file__))
ENTRYPOINT = os.path.join(HERE, "../../src/entrypoint.sh")
#: The entrypoint has to be process 1, as in a container.
NAMESPACES = [["unshare", *user, "--pid", "--fork", "--mount-proc", "--kill-child"] for user in ([], ["--user", "--map-root-user"])]


def namespace() -> list:
    for command in NAMESPACES:
        if shutil.which("unshare") and subprocess.run([*command, "sh", "-c", "test $$ = 1"], stderr=subprocess.DEVNULL, check=False).returncode == 0:
            return command
    raise LeftOut("this machine gives out no PID namespaces (unshare --pid)")


def process(name: str, command: list, ready: list = ()) -> list:
    return [f"process={name}", "stop-timeout=30", *([f"ready={len(ready)}", *ready] if ready else []), f"command={len(command)}", *command]


class Container:
    """A container and its kubelet: what ends is started again at once."""

    def __init__(self, folder: str, weights: str, warm: bool, own: list):
        self.folder = folder
        for name in ("run", "values"):
            os.mkdir(os.path.join(folder, name))
        self.path = os.path.join(folder, "answers")
        open(self.path, "w").close()
        socket = os.path.join(folder, "model")

        def python(program: str, *words: str) -> list:
            return [sys.executable, os.path.join(HERE, program), *words]

        model = process("model", python("holder.py", weights, socket), python("front.py", socket))
        shared = ["role=shared", *model] if warm else []
        roles = [[f"role={role}", *([] if warm else model), *process(name, python("front.py", socket, name, self.path))] for role, name in (("sync", "server"), ("async", "worker"))]
        self.command = [
            *own, "sh", ENTRYPOINT, "run", f"dir={folder}/run", "split=count", f"values={folder}/values", "settle=10", "check-timeout=10", f"termination-log={folder}/last-words",
            *shared, *roles[0], *roles[1],
        ]
        self.lives, self.over = [], False
        self.move(0)
        self.log = open(os.path.join(folder, "log"), "a")
        self.thread = threading.Thread(target=self.live)
        self.thread.start()

    def live(self) -> None:
        while not self.over:
            self.lives.append(subprocess.Popen(self.command, env={**os.environ, "POD_NAME": "gpu-0"}, stderr=self.log))
            if self.lives[-1].wait():
                self.over = True

    def move(self, sync: int) -> None:
        path = os.path.join(self.folder, "values/SYNC_INSTANCE")
        with open(f"{path}.new", "w") as file:
            file.write(f"{sync}\n")
        os.rename(f"{path}.new", path)

    def answers(self) -> list:
        with open(self.path) as file:
            return file.read().splitlines()

    def next(self, name: str, after: int, patience: float) -> None:
        """Waits until the model has answered a server or worker, after so many others."""
        end = time.monotonic() + patience
        while time.monotonic() < end and not self.over:
            new = self.answers()[after:]
            if new:
                if not new[0].startswith(f"{name} "):
                    raise LeftOut(f"{new[0]} came and not a {name}")
                return
            time.sleep(0.02)
        self.log.flush()
        with open(self.log.name) as log:
            raise LeftOut(f"no {name} within {patience:g} s; the entrypoint said last: {log.read().splitlines()[-3:]}")

    def end(self) -> None:
        self.over = True
        # Not to `unshare`, which takes no notice of TERM.
        with contextlib.suppress(FileNotFoundError, ProcessLookupError), open(f"/proc/{self.lives[-1].pid}/task/{self.lives[-1].pid}/children") as children:
            for child in children.read().split():
                os.kill(int(child), signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.lives[-1].wait(60)
        self.lives[-1].kill()
        self.thread.join()
        self.log.close()


def moves(container: Container, args, tell) -> list:
    """From async to sync, again and again: seconds from the new number until the model has answered the server, and how many containers were started for that."""
    seen = []
    container.next("worker", 0, args.patience)
    for number in range(args.tries):
        if number > 0:
            container.move(0)
            container.next("worker", 2 * number, args.patience)
        begin, lives = time.monotonic(), len(container.lives)
        container.move(1)
        container.next("server", 2 * number + 1, args.patience)
        seen.append((time.monotonic() - begin, len(container.lives) - lives))
        tell(f"{seen[-1][0]:.2f} s until the server is answered")
    return seen


def measure(args, tell) -> list:
    """The table of both kinds of move."""
    own = namespace()
    rows = []
    with tempfile.TemporaryDirectory(dir=args.folder) as folder:
        weights = os.path.join(folder, "weights")
        piece = os.urandom(2**20)
        with open(weights, "wb") as file:
            for _ in range(math.ceil(args.gigabytes * 1000**3 / len(piece))):
                file.write(piece)
        for kind, about in (("warm", "warm: the model is shared"), ("cold", "cold: each role loads the model")):
            tell(about)
            path = os.path.join(folder, kind)
            os.mkdir(path)
            container = Container(path, weights, kind == "warm", own)
            try:
                seen = moves(container, args, tell)
            finally:
                container.end()
            seconds = [each for each, _ in seen]
            rows.append([about, f"{statistics.median(seconds):.2f}", f"{min(seconds):.2f} to {max(seconds):.2f}", f"{max(lives for _, lives in seen)}"])
    return [{
        "title": f"A GPU goes from async to sync under the entrypoint; the model has {args.gigabytes:g} GB, whose file is in memory; {args.tries} moves each",
        "columns": ["Move", "seconds until the server is answered, median", "range", "containers started by one, at most"],
        "rows": rows,
    }]
