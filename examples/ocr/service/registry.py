"""The service registry: where servers are found. Each has a key in etcd, held by a lease: /ocr/servers/POD -> ADDRESS."""
import os
import threading
import time

import grpc
from etcd3gw import Etcd3Client

import ocr_pb2_grpc

PREFIX = os.environ.get("REGISTRY_PREFIX", "/ocr/servers/")


def etcd(timeout: float = 2) -> Etcd3Client:
    host, _, port = os.environ["ETCD"].rpartition(":")
    return Etcd3Client(host=host, port=int(port), timeout=timeout)


class Servers:
    """
    The servers of the registry, in turn. The list is read again every second; while etcd does not answer, the last one is kept.
    """

    def __init__(self):
        self.etcd = etcd()
        self.lock = threading.Lock()
        self.channels = {}  # (pod, address) -> channel
        self.turn = 0
        threading.Thread(target=self._follow, daemon=True).start()

    def next(self, timeout: float = 60):
        """The pod whose turn it is, and a stub to call it with. Waits where there is none."""
        until = time.monotonic() + timeout
        while True:
            with self.lock:
                if self.channels:
                    self.turn += 1
                    servers = sorted(self.channels.items())
                    (pod, _), channel = servers[self.turn % len(servers)]
                    return pod, ocr_pb2_grpc.OcrStub(channel)
            if time.monotonic() > until:
                raise TimeoutError("no server is registered")
            time.sleep(0.1)

    def _follow(self):
        while True:
            try:
                found = {(meta["key"].decode()[len(PREFIX):], value.decode()) for value, meta in self.etcd.get_prefix(PREFIX)}
            except Exception:  # whatever etcd has: the servers go on without it
                pass
            else:
                with self.lock:
                    # A server that comes back gets a new channel: the old one could still be waiting before it tries again.
                    # One that has gone is only let go of, since requests may still be under way in it.
                    self.channels = {server: self.channels.get(server) or self._open(server[1]) for server in found}
            time.sleep(1)

    @staticmethod
    def _open(address: str) -> grpc.Channel:
        return grpc.insecure_channel(address, [("grpc.use_local_subchannel_pool", 1)])
