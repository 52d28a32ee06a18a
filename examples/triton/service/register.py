"""
Keeps this pod in etcd while it runs, and takes it out on TERM: when it has ended, no client finds the pod any more.

It needs nothing but Python, and speaks to etcd's JSON gateway. An outage of etcd does not end it.
"""
import base64
import http.client
import json
import os
import signal
import sys
import threading
import time
import urllib.request

ETCD = os.environ["ETCD_URL"]
KEY = "/triton/servers/" + os.environ["POD_NAME"]
ADDRESS = os.environ["POD_IP"] + ":8001"
TTL = 15  # seconds after which etcd forgets a pod that has died without a word


def etcd(method, **fields):
    with urllib.request.urlopen(f"{ETCD}/v3/{method}", json.dumps(fields).encode(), timeout=3) as response:
        return json.load(response)


def say(text):
    print(f"registrar: {text}", file=sys.stderr, flush=True)


def coded(text):
    return base64.b64encode(text.encode()).decode()


stop = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: stop.set())
lease, registered = None, False
while not stop.is_set():
    try:
        if lease is None or "TTL" not in etcd("lease/keepalive", ID=lease).get("result", {}):
            lease, registered = etcd("lease/grant", TTL=TTL)["ID"], False
        if not registered:
            etcd("kv/put", key=coded(KEY), value=coded(ADDRESS), lease=lease)
            registered = True
            say(f"registered {KEY} as {ADDRESS}")
    except (OSError, ValueError, http.client.HTTPException) as error:
        say(f"etcd: {error}")
    stop.wait(TTL / 4)  # three heartbeats may fail

# An etcd that answers again in time still hears of it.
until = time.monotonic() + TTL
while lease and time.monotonic() < until:
    try:
        etcd("lease/revoke", ID=lease)
        say(f"deregistered {KEY}")
        break
    except (OSError, ValueError, http.client.HTTPException) as error:
        say(f"etcd: {error}")
        time.sleep(1)
