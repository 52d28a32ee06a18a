"""
The callers, the queue, and the books: `gateway.py HOST PORT GPUS SECONDS ARRIVALS`.

When a server or a worker is there for each GPU, the day begins: requests arrive at the moments that the file ARRIVALS lists, and wait in one line for a free server; jobs never end.
Whoever works has a connection, and so what it lacks a connection, a GPU does nothing. Everything is told on stdout, a line each, with the time in seconds.
"""
import asyncio
import math
import sys
import time
from collections import deque

#: Seconds on a GPU.
REQUEST, JOB = 0.2, 2
#: How busy servers are to be, and over how many seconds that is averaged: what is asked for is requests in flight divided by this.
BUSY, AVERAGE = 0.65, 10
#: How long the last requests may take after the end of the day.
PATIENCE = 60

HOST, PORT, GPUS, SECONDS, ARRIVALS = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4]), sys.argv[5]

working = set()
idle = deque()  # servers without a request
line = deque()  # requests without a server
in_flight = 0
flown, flown_until = 0.0, time.monotonic()  # the sum of seconds that requests have been in flight, and until when it is known
samples = deque([(flown_until, flown)], maxlen=AVERAGE + 1)


def tell(*words) -> None:
    print(f"{time.monotonic():.3f}", *words, flush=True)


def fly(change: int) -> None:
    global in_flight, flown, flown_until
    now = time.monotonic()
    flown, flown_until = flown + in_flight * (now - flown_until), now
    in_flight += change


def demand() -> int:
    """Servers that the requests of the last seconds would have kept as busy as they are to be."""
    fly(0)
    since, before = samples[0]
    return math.ceil((flown - before) / max(flown_until - since, 0.001) / BUSY)


class Request:
    seconds = REQUEST

    def __init__(self):
        self.arrived = time.monotonic()
        fly(1)

    def end(self, event: str) -> None:
        fly(-1)
        tell(event, f"{time.monotonic() - self.arrived:.3f}")


class Job:
    seconds = JOB

    def end(self, event: str) -> None:
        if event == "answered":
            tell("job")


class Working:
    """A server or a worker, which does one thing at a time."""

    def __init__(self, role: str, name: str, writer: asyncio.StreamWriter):
        self.role, self.name, self.writer = role, name, writer
        self.work, self.leaving = None, False

    def give(self, work) -> None:
        self.work = work
        self.writer.write(f"{work.seconds}\n".encode())

    def take(self) -> None:
        if self.role == "worker":
            self.give(Job())
        elif line:
            self.give(line.popleft())
        else:
            idle.append(self)

    def end(self, event: str) -> None:
        if self.work:
            self.work.end(event)
        self.work = None

    async def stay(self, reader: asyncio.StreamReader) -> None:
        self.take()
        async for word in reader:
            if word == b"done\n":
                self.end("answered")
                if not self.leaving:
                    self.take()
            else:
                self.leaving = True
            if self.leaving and not self.work:
                return


async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    role, *name = (await reader.readline()).decode().split() or ["nobody"]
    if role == "demand":
        writer.write(f"{demand()}\n".encode())
    elif role in ("server", "worker"):
        one = Working(role, name[0], writer)
        working.add(one)
        tell("join", one.name, role)
        try:
            await one.stay(reader)
        except ConnectionError:
            pass
        working.remove(one)
        if one in idle:
            idle.remove(one)
        one.end("failed")
        tell("leave", one.name, role)
    writer.close()


def arrive() -> None:
    request = Request()
    if idle:
        idle.popleft().give(request)
    else:
        line.append(request)


async def sample() -> None:
    while True:
        fly(0)
        samples.append((flown_until, flown))
        await asyncio.sleep(1)


async def day() -> None:
    with open(ARRIVALS) as file:
        arrivals = [float(moment) for moment in file]
    tell("open")
    while len(working) < GPUS:
        await asyncio.sleep(0.1)
    begin = time.monotonic()
    tell("begin")
    for moment in arrivals:
        await asyncio.sleep(max(0, begin + moment - time.monotonic()))
        arrive()
    await asyncio.sleep(max(0, begin + SECONDS - time.monotonic()))
    tell("end")
    while in_flight and time.monotonic() < begin + SECONDS + PATIENCE:
        await asyncio.sleep(0.1)
    for request in [*line, *(one.work for one in working if isinstance(one.work, Request))]:
        tell("failed", f"{time.monotonic() - request.arrived:.3f}")
    tell("over")


async def main() -> None:
    server = await asyncio.start_server(meet, HOST, PORT)
    sampling = asyncio.create_task(sample())
    await day()
    await asyncio.gather(server.serve_forever(), sampling)  # whoever reads the books finds the pod alive


asyncio.run(main())
