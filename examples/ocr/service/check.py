"""
`check.py model`, `check.py server` and `check.py worker`: the `ready` checks. Every pod runs two every few seconds, so they import little: about 0.02 s
of CPU, where a client of the grpc package takes 0.15 s and Celery's `inspect ping` a second.
"""
import os
import socket
import sys
import time

TMP = os.environ.get("TMPDIR", "/tmp")
#: The socket of the model, made when it is loaded. It is in the file system, so only who shares that can ask.
SOCKET = f"{TMP}/model.sock"
#: Written by the worker's parent every 2 s, while it is connected to RabbitMQ.
BEAT = f"{TMP}/worker.beat"


def model() -> bool:
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(4)
    connection.connect(SOCKET)
    return serves(connection)


def server() -> bool:
    return serves(socket.create_connection(("localhost", int(os.environ.get("PORT", "50051"))), timeout=4))


def serves(connection: socket.socket) -> bool:
    """Asks a grpc.health.v1.Health for all of its server, in the fewest bytes of HTTP/2: a header block of plain literals, and an empty message."""
    def frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
        return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload

    def header(name: bytes, value: bytes) -> bytes:
        return bytes([0, len(name)]) + name + bytes([len(value)]) + value

    headers = [(b":method", b"POST"), (b":scheme", b"http"), (b":path", b"/grpc.health.v1.Health/Check"), (b":authority", b"localhost"),
               (b"content-type", b"application/grpc"), (b"te", b"trailers")]
    with connection:
        connection.sendall(
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(4, 0, 0)  # the preface, and settings: none
            + frame(1, 4, 1, b"".join(header(*pair) for pair in headers)) + frame(0, 1, 1, bytes(5)),
        )
        answers = connection.makefile("rb")
        while head := answers.read(9):
            payload = answers.read(int.from_bytes(head[:3], "big"))
            if head[3] == 0:  # data: five bytes of length, then field 1, the status: 1 is SERVING
                return payload[5:] == b"\x08\x01"
            if head[3] == 1 and head[4] & 1:  # headers that end the stream: an error
                return False
    return False


def worker() -> bool:
    """The parent has been heard of lately. A job does not matter: the parent goes on beside it."""
    return holds(BEAT) and time.time() - os.stat(BEAT).st_mtime < 15


def mark(path: str) -> None:
    """Says that this process has come so far. /tmp outlives a container, and process ids come again, so its time of birth is noted too."""
    with open(f"{path}.new", "w") as file:
        file.write(f"{os.getpid()} {born(os.getpid())}")
    os.replace(f"{path}.new", path)


def holds(path: str) -> bool:
    """Whether the process that marked it is still there."""
    with open(path) as file:
        pid, birth = file.read().split()
    return born(pid) == birth


def born(pid) -> str:
    with open(f"/proc/{pid}/stat") as file:
        return file.read().rpartition(")")[2].split()[19]


if __name__ == "__main__":
    try:
        well = {"model": model, "server": server, "worker": worker}[sys.argv[1]]()
    except OSError as error:
        sys.exit(f"not ready: {error}")
    sys.exit(0 if well else "not ready")
