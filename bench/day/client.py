"""
A server or a worker: `client.py HOST PORT server|worker`. It does what the gateway gives it, one thing after another; a GPU that works is a sleep here. On TERM it
finishes what it has.
"""
import signal
import socket
import sys
import time

# Until there is anybody to tell, a TERM ends it.
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
with socket.create_connection((sys.argv[1], int(sys.argv[2]))) as gateway:
    signal.signal(signal.SIGTERM, lambda *_: gateway.sendall(b"stop\n"))
    gateway.sendall(f"{sys.argv[3]} {socket.gethostname()}\n".encode())
    for seconds in gateway.makefile():
        time.sleep(float(seconds))
        gateway.sendall(b"done\n")
