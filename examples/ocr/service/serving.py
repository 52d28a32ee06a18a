"""How the gRPC servers of this service run: the model's, for its pod, and the server's, for clients."""
import os
import signal
import threading
from concurrent.futures import ThreadPoolExecutor

import grpc
from grpc_health.v1 import health, health_pb2_grpc

import ocr_pb2_grpc
from log import say

#: Less than the stopTimeout of both in the chart, so that they end by themselves.
GRACE = float(os.environ.get("STOP_GRACE_SECONDS", "25"))

#: How old a connection gets, in seconds; 0 is for ever. A Service chooses a pod for each connection, so that old ones would lead to a server until its end.
CONNECTION = float(os.environ.get("CONNECTION_SECONDS", "0"))


def serve(process: str, ocr: ocr_pb2_grpc.OcrServicer, address: str) -> None:
    """Serves until TERM. Then it takes no new requests, and finishes those that it has."""
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())

    options = [("grpc.max_receive_message_length", 64 << 20)]  # photos are larger than the usual 4 MiB
    if CONNECTION:
        options.append(("grpc.max_connection_age_ms", int(CONNECTION * 1000)))
    server = grpc.server(ThreadPoolExecutor(max_workers=16), options=options)
    ocr_pb2_grpc.add_OcrServicer_to_server(ocr, server)
    checks = health.HealthServicer()  # SERVING, unless told otherwise
    health_pb2_grpc.add_HealthServicer_to_server(checks, server)
    server.add_insecure_port(address)
    server.start()
    say(process, "serving", address=address)

    stop.wait()
    say(process, "term")
    checks.enter_graceful_shutdown()
    server.stop(GRACE).wait()
    say(process, "end")
