"""The synchronous entrance: a gRPC server. On TERM it takes no new requests, finishes those that it has, and ends with 0."""
import os
import signal
import threading
from concurrent.futures import ThreadPoolExecutor

import grpc
from grpc_health.v1 import health, health_pb2_grpc

import model
import ocr_pb2
import ocr_pb2_grpc
from log import say

POD = os.environ["POD_NAME"]
PORT = os.environ.get("PORT", "50051")
#: Less than the server's stopTimeout in the chart, so that it ends by itself.
GRACE = float(os.environ.get("STOP_GRACE_SECONDS", "25"))


class Ocr(ocr_pb2_grpc.OcrServicer):
    def __init__(self, loaded):
        self.model = loaded

    def Read(self, request, context):
        try:
            return ocr_pb2.Answer(text=self.model.read(request.content), pod=POD)
        except ValueError as error:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(error))


def main():
    # Nobody is let in before the model is loaded: until then the port is closed, and TERM ends the program at once.
    ocr = Ocr(model.load())
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())

    server = grpc.server(ThreadPoolExecutor(max_workers=16), options=[("grpc.max_receive_message_length", 64 << 20)])  # photos are larger than the usual 4 MiB
    ocr_pb2_grpc.add_OcrServicer_to_server(ocr, server)
    checks = health.HealthServicer()  # SERVING, unless told otherwise
    health_pb2_grpc.add_HealthServicer_to_server(checks, server)
    server.add_insecure_port(f"[::]:{PORT}")
    server.start()
    say("server", "serving", port=PORT)

    stop.wait()
    say("server", "term")
    checks.enter_graceful_shutdown()
    server.stop(GRACE).wait()
    say("server", "end")


if __name__ == "__main__":
    main()
