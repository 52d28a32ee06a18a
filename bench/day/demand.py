"""
The number of servers that the gateway asks for: `demand.py HOST PORT`.
"""
import socket
import sys

with socket.create_connection((sys.argv[1], int(sys.argv[2])), 5) as gateway:
    gateway.sendall(b"demand\n")
    print(gateway.makefile().readline().strip())
