"""
A server or a worker that loads nothing: `front.py SOCKET NAME FILE`. When the model has answered it once, it adds a line to the file: its name and the model's answer. With the socket
alone it is a check of the model.
"""
import signal
import socket
import sys

with socket.socket(socket.AF_UNIX) as model:
    model.connect(sys.argv[1])
    answer = model.makefile().readline()
if not answer:
    sys.exit("the model has not answered")
if len(sys.argv) > 2:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with open(sys.argv[3], "a") as file:
        file.write(f"{sys.argv[2]} {answer}")
    signal.pause()
