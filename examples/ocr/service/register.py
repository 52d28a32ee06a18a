"""
The registrar: keeps this pod in the registry while it runs, and takes it out on TERM before it ends, if etcd answers.

An outage of etcd does not end it. It tries again and again, and registers anew where the lease was lost meanwhile.
"""
import os
import signal
import threading
import time

from log import say
from registry import PREFIX, etcd

KEY = PREFIX + os.environ["POD_NAME"]
IP, PORT = os.environ["POD_IP"], os.environ.get("PORT", "50051")
ADDRESS = f"[{IP}]:{PORT}" if ":" in IP else f"{IP}:{PORT}"
#: Seconds until a pod that says nothing any more is taken out.
TTL = 10


def main():
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    client = etcd()
    lease, registered, pause, heard = None, False, 0.5, time.monotonic()
    while not stop.is_set():
        asked = time.monotonic()
        try:
            if lease is None:
                lease, registered = client.lease(TTL), False
            elif lease.refresh() < 0:
                say("registrar", "lease-lost")
                lease = None
                continue
            heard = asked
            if not registered:  # on its own, since a put may have been done although its answer never came
                client.put(KEY, ADDRESS, lease)
                registered = True
                say("registrar", "registered", key=KEY, address=ADDRESS)
            pause = 0.5
            stop.wait(TTL / 4)
        except Exception as error:
            say("registrar", "etcd-error", reason=type(error).__name__)
            stop.wait(pause)
            pause = min(pause * 2, 5)

    say("registrar", "term")
    # An etcd that answers again in time still hears of it. Its lease does not end while it is away, and clients keep what they last knew.
    while lease and time.monotonic() < heard + TTL:
        try:
            lease.revoke()
            lease = None
            say("registrar", "deregistered", key=KEY)
        except Exception as error:
            say("registrar", "etcd-error", reason=type(error).__name__)
            time.sleep(0.5)
    if lease:
        say("registrar", "not-deregistered", key=KEY)
    say("registrar", "end")


if __name__ == "__main__":
    main()
