"""
The load. It asks the servers that it finds in the registry at a steady rate, puts numbered jobs on the queue, and writes the fate of each into a file,
a line of JSON each. It ends when somebody makes the file `stop`.

There are four streams of requests:
- plain: a client that does what the registry says and nothing else. It takes the servers in turn and never tries again.
- transparent: gRPC's own client over all servers of the registry, with its round robin, its connection states and the retries that it makes by itself: of
  what no server can have begun with.
- retry: the same with a retry policy.
- control: a server that nobody disturbs. When its requests fail too, it was not the service.

With SERVICE the first three know only its name, and do not look into the registry: two connect anew for each request, the one with a policy keeps its channel.
"""
import base64
import itertools
import json
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import grpc
import kombu
import ocr_pb2
import ocr_pb2_grpc
from registry import Servers
from worker import app, read

RATES = {"plain": float(os.environ["PLAIN_RATE"]), "transparent": float(os.environ["TRANSPARENT_RATE"]), "retry": float(os.environ["RETRY_RATE"]), "control": 2}  # a second
JOB_EVERY = float(os.environ["JOB_EVERY_SECONDS"])
JOB = base64.b64encode(f"sleep:{os.environ['JOB_SECONDS']}".encode()).decode()
#: A client's patience with one request, in seconds.
DEADLINE = 30
#: Of this driver alone, like the names of its jobs: what another one has left in the queues is not taken for its own.
NAME = os.environ["POD_NAME"]
DONE = f"chaos-done-{NAME}"
SERVICE = os.environ.get("SERVICE")
ROUND_ROBIN = {"loadBalancingConfig": [{"round_robin": {}}]}
RETRY = {**ROUND_ROBIN, "methodConfig": [{"name": [{}], "retryPolicy": {
    "maxAttempts": 4, "initialBackoff": "0.1s", "maxBackoff": "1s", "backoffMultiplier": 2, "retryableStatusCodes": ["UNAVAILABLE"],
}}]}

file = os.open("/tmp/events", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
stop = threading.Event()
lock = threading.Lock()
in_flight = dict.fromkeys(RATES, 0)
outstanding = set()  # jobs that are sent and not done


def note(event: str, **fields) -> None:
    os.write(file, (json.dumps({"e": event, **fields}) + "\n").encode())


def now() -> float:
    return round(time.time(), 3)


class Plain(Servers):
    """The registry's servers in turn, each with a channel of its own."""

    @staticmethod
    def _open(address: str) -> grpc.Channel:
        return grpc.insecure_channel(address, [("grpc.use_local_subchannel_pool", 1), ("grpc.enable_retries", 0)])

    def all(self) -> dict:
        with self.lock:
            return dict(self.channels)


class Together:
    """One channel to all of the registry's servers. A request that is under way keeps the one that it has begun with."""

    def __init__(self, servers: Plain, config: dict):
        self.servers = servers
        self.options = [("grpc.use_local_subchannel_pool", 1), ("grpc.service_config", json.dumps(config))]
        self.lock = threading.Lock()
        self.addresses = None

    def next(self):
        self.servers.next()  # waits where there is none
        addresses = sorted(address for _, address in self.servers.all())
        with self.lock:
            if addresses and addresses != self.addresses:
                self.addresses = addresses
                scheme = "ipv6" if addresses[0].startswith("[") else "ipv4"
                self.channel = grpc.insecure_channel(f"{scheme}:{','.join(addresses)}", self.options)
            return None, ocr_pb2_grpc.OcrStub(self.channel)


class ByName:
    """A channel to a Service, which chooses a server for each connection. What the server ends because of its age can take a request with it, so it needs a policy."""

    def __init__(self):
        self.stub = ocr_pb2_grpc.OcrStub(self.open(("grpc.service_config", json.dumps({"methodConfig": RETRY["methodConfig"]}))))

    @staticmethod
    def open(*options) -> grpc.Channel:
        return grpc.insecure_channel(f"dns:///{SERVICE}", [("grpc.use_local_subchannel_pool", 1), *options])

    def next(self):
        return None, self.stub


class Anew:
    """A connection for each request."""

    def __init__(self, *options):
        self.options = options

    def next(self):
        return None, self

    def Read(self, image, timeout):
        with ByName.open(*self.options) as channel:
            return ocr_pb2_grpc.OcrStub(channel).Read(image, timeout=timeout)


class Control:
    def __init__(self):
        self.stub = ocr_pb2_grpc.OcrStub(Plain._open(os.environ["CONTROL"]))

    def next(self):
        return "control", self.stub


def request(begin: float, number: int, stream: str, client) -> None:
    """It begins when it is due; that none of the threads was free would be this program's delay, and is seen."""
    pod = None
    with lock:
        in_flight[stream] += 1
    try:
        pod, stub = client.next()
        answer = stub.Read(ocr_pb2.Image(content=b"image"), timeout=DEADLINE)
        fate = {"pod": answer.pod, "ok": True}
    except grpc.RpcError as error:
        fate = {"pod": pod, "ok": False, "why": f"{error.code().name}: {error.details()}"[:200]}
    except Exception as error:
        fate = {"pod": pod, "ok": False, "why": repr(error)[:200]}
    with lock:
        in_flight[stream] -= 1
    note("request", id=number, stream=stream, begin=begin, end=now(), **fate)


def ask(stream: str, client) -> None:
    """However long the answers take, the next request goes out when its time has come."""
    with ThreadPoolExecutor(max_workers=128) as pool:
        due = time.monotonic()
        for number in itertools.count():
            if stop.wait(max(0, due - time.monotonic())):
                return
            pool.submit(request, now(), number, stream, client)
            due += 1 / RATES[stream]


def send_jobs() -> None:
    """A job is sent when RabbitMQ has confirmed it. Where that fails it is sent again, and may then run twice without anybody's fault, which is noted."""
    for number in itertools.count():
        name, begin, again = f"{NAME}-{number}", now(), False
        outstanding.add(name)
        while not stop.is_set():
            try:
                read.apply_async((JOB,), task_id=name, reply_to=DONE, retry=False)  # or it would be sent again without a note
                note("job", id=name, begin=begin, at=now(), again=again)
                break
            except Exception as error:
                note("job-error", id=name, at=now(), why=repr(error)[:200])
                again = True
                stop.wait(0.5)
        else:
            outstanding.discard(name)
        if stop.wait(max(0, begin + JOB_EVERY - time.time())):
            return


def done(body, message) -> None:
    name, status = body["task_id"], body["status"]
    # The same message once more is not the same job once more.
    if status == "SUCCESS" and (name in outstanding or not message.delivery_info.get("redelivered")):
        outstanding.discard(name)
        note("done", id=name, at=now(), pod=body["result"]["pod"])
    elif status not in ("SUCCESS", "STARTED"):
        note("job-error", id=name, at=now(), why=f"{status}: {body.get('result')}"[:200])
    message.ack()


def take_results() -> None:
    while True:
        try:
            with kombu.Connection(os.environ["BROKER_URL"], heartbeat=10, connect_timeout=5) as connection:
                queue = kombu.Queue(DONE, exchange=kombu.Exchange(""), routing_key=DONE, durable=True)
                with connection.Consumer(queue, callbacks=[done], accept=["json"]):
                    note("results", at=now())
                    while True:
                        try:
                            connection.drain_events(timeout=1)
                        except TimeoutError:
                            connection.heartbeat_check()
        except Exception as error:
            note("results-error", at=now(), why=repr(error)[:200])
            time.sleep(0.5)


def follow_servers(servers: Plain) -> None:
    """The list as the clients have it."""
    last = None
    while True:
        pods = sorted(pod for pod, _ in servers.all())
        if pods != last:
            last = pods
            note("servers", at=now(), pods=pods)
        time.sleep(0.1)


def tick() -> None:
    """Every second what is in flight, and by how much this program was held up at most."""
    while True:
        begin = last = time.monotonic()
        stall = 0
        while last < begin + 1:
            time.sleep(0.05)
            stall, last = max(stall, time.monotonic() - last - 0.05), time.monotonic()
        note("tick", at=now(), requests=sum(in_flight.values()) - in_flight["control"], jobs=len(outstanding), stall=round(stall, 3))


def main() -> None:
    app.conf.broker_transport_options = {
        "confirm_publish": True,
        "max_retries": 1, "interval_start": 0.2, "interval_step": 0.2, "interval_max": 1,  # else it waits longer from time to time, for ever
    }
    app.control.purge()  # jobs that a system before has left; this one has no workers yet
    servers = Plain()
    for work in [(follow_servers, servers), (take_results,), (tick,)]:
        threading.Thread(target=work[0], args=work[1:], daemon=True).start()
    servers.next(timeout=600)  # nothing is asked before there is somebody to answer
    clients = {"plain": servers, "transparent": Together(servers, ROUND_ROBIN), "retry": Together(servers, RETRY), "control": Control()}
    if SERVICE:
        clients.update(plain=Anew(("grpc.enable_retries", 0)), transparent=Anew(), retry=ByName())
        clients["retry"].stub.Read(ocr_pb2.Image(content=b"image"), timeout=600, wait_for_ready=True)  # a Service has its servers later than the registry has
    senders = [threading.Thread(target=ask, args=each) for each in clients.items()] + [threading.Thread(target=send_jobs)]
    for sender in senders:
        sender.start()
    while not os.path.exists("/tmp/stop"):
        time.sleep(0.2)
    stop.set()
    for sender in senders:
        sender.join()
    patience = time.monotonic() + 120
    while outstanding and time.monotonic() < patience:
        time.sleep(0.2)
    note("end", at=now())


if __name__ == "__main__":
    main()
    os._exit(0)
