"""
The registrar: keeps this pod in the registry while it runs, and takes it out on TERM. When it has ended, the pod is not in the registry.

An outage of etcd does not end it. It tries again and again, and registers anew where the lease was lost meanwhile.
"""
import os
import signal
import threading
import time

from log import say
from registry import PREFIX, etcd

KEY = PREFIX + os.environ["POD_NAME"]
IP = os.environ["POD_IP"]
ADDRESS = f"[{IP}]:50051" if ":" in IP else f"{IP}:50051"
#: Seconds until a pod that says nothing any more is taken out.
TTL = 10


def main():
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    client = etcd()
    lease, pause, heard = None, 0.5, time.monotonic()
    while not stop.is_set():
        asked = time.monotonic()
        try:
            if lease is None:
                granted = client.lease(TTL)
                client.put(KEY, ADDRESS, granted)
                lease = granted
                say("registrar", "registered", key=KEY, address=ADDRESS)
            elif lease.refresh() < 0:
                say("registrar", "lease-lost")
                lease = None
                continue
            heard, pause = asked, 0.5
            stop.wait(TTL / 4)
        except Exception as error:
            say("registrar", "etcd-error", reason=type(error).__name__)
            stop.wait(pause)
            pause = min(pause * 2, 5)

    say("registrar", "term")
    # Where etcd does not answer, the lease ends by itself, and this waits for it.
    while lease and time.monotonic() < heard + TTL:
        try:
            lease.revoke()
            say("registrar", "deregistered", key=KEY)
            break
        except Exception as error:
            say("registrar", "etcd-error", reason=type(error).__name__)
            time.sleep(0.5)
    say("registrar", "end")


if __name__ == "__main__":
    main()
