"""
Asks the servers and keeps workers busy, and writes the fate of every request and job as a line of JSON, until TERM. No request is sent twice.
"""
import argparse
import base64
import json
import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import grpc

import ocr_pb2
from registry import PREFIX, Servers, etcd
from worker import read


def note(event: str, **fields) -> None:
    os.write(1, (json.dumps({"at": round(time.time(), 3), "event": event, **fields}) + "\n").encode())


def request(servers: Servers) -> None:
    begin, pod = time.time(), None
    try:
        pod, stub = servers.next()
        answer = stub.Read(ocr_pb2.Image(content=b"image"), timeout=20)
        note("request", pod=answer.pod, ok=True, seconds=round(time.time() - begin, 3))
    except Exception as error:
        reason = f"{error.code().name}: {error.details()}" if isinstance(error, grpc.RpcError) else repr(error)
        note("request", pod=pod, ok=False, seconds=round(time.time() - begin, 3), error=reason)


def keep_busy(seconds: float, stop: threading.Event) -> None:
    """One job after the other; the last one is waited for."""
    while not stop.is_set():
        job = read.delay(base64.b64encode(b"sleep:%g" % seconds).decode())
        note("job", id=job.id)
        try:
            note("job-done", id=job.id, pod=job.get(timeout=600)["pod"])
        except Exception as error:
            note("job-failed", id=job.id, error=repr(error))


def watch() -> None:
    """What happens in the registry, when etcd tells it."""
    events, _ = etcd(timeout=None).watch_prefix(PREFIX)
    for event in events:
        note("gone" if event.get("type") == "DELETE" else "there", pod=event["kv"]["key"].decode()[len(PREFIX):])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--every", type=float, default=0.05, help="seconds from one request to the next, however long they take")
    parser.add_argument("--jobs", type=int, default=2, help="how many jobs there are at a time")
    parser.add_argument("--job-seconds", type=float, default=5, help="how long a job takes (a MODEL=sleep:... only)")
    options = parser.parse_args()

    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    threading.Thread(target=watch, daemon=True).start()
    busy = [threading.Thread(target=keep_busy, args=(options.job_seconds, stop)) for _ in range(options.jobs)]
    for thread in busy:
        thread.start()
    servers = Servers()
    servers.next()
    with ThreadPoolExecutor(max_workers=64) as pool:
        due, sent = time.monotonic(), 0
        while not stop.is_set():
            pool.submit(request, servers)
            sent += 1
            due += options.every
            stop.wait(max(0, due - time.monotonic()))
    for thread in busy:
        thread.join()
    note("end", sent=sent)
    os._exit(0)  # the thread that watches etcd would be waited for


if __name__ == "__main__":
    main()
