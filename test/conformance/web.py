"""A web server that says which pod answers in which role, over HTTP/1.1 and gRPC, and clients that know only the name of its Service.

    web.py serve gently|at-once     until TERM; how it ends the connections that it has
    web.py ask NAME                 until TERM; a line for each request
"""
import concurrent.futures
import http.client
import http.server
import os
import signal
import sys
import threading
import time

HTTP, GRPC = 8080, 50051
METHOD = "/probe.Web/Who"
#: No gRPC connection of a gentle server is older: shorter than the time between the end of its label and its TERM, so that the last ones are gone by then.
CONNECTION_SECONDS = 2
#: A gentle server's end, in which whoever still asks over HTTP is told to go elsewhere.
GENTLE_SECONDS = 3

done = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: done.set())


def say(process, event, **fields):
    line = " ".join([f"process={process} event={event} at={time.time():.3f}"] + [f'{key}="{value}"' for key, value in fields.items()])
    sys.stdout.write(line + "\n")  # one piece, since several threads have something to say
    sys.stdout.flush()


# --- The server --------------------------------------------------------------------------------------------------------------------------


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        who = f"{os.environ['POD_NAME']} {os.environ['SYNC_ASYNC_ROLE']}".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(who)))
        if done.is_set():
            self.send_header("Connection", "close")
            self.close_connection = True
        self.end_headers()
        self.wfile.write(who)

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 128
    daemon_threads = True


def serve(ending):
    import grpc

    web = Server(("", HTTP), Handler)
    threading.Thread(target=web.serve_forever, daemon=True).start()

    who = f"{os.environ['POD_NAME']} {os.environ['SYNC_ASYNC_ROLE']}".encode()
    age = [("grpc.max_connection_age_ms", CONNECTION_SECONDS * 1000)] if ending == "gently" else []  # then it sends GOAWAY
    rpc = grpc.server(concurrent.futures.ThreadPoolExecutor(8), options=age)
    rpc.add_generic_rpc_handlers([grpc.method_handlers_generic_handler("probe.Web", {"Who": grpc.unary_unary_rpc_method_handler(lambda *_: who)})])
    rpc.add_insecure_port(f"0.0.0.0:{GRPC}")
    rpc.start()

    with open("/proc/self/stat") as stat:
        born = stat.read().rsplit(") ", 1)[1].split()[19]
    with open("/scratch/web.serving", "w") as file:
        file.write(f"{os.getpid()} {born}\n")
    say("web", "serving", role=os.environ["SYNC_ASYNC_ROLE"])
    done.wait()
    say("web", "term")
    if ending == "gently":
        stopping = rpc.stop(GENTLE_SECONDS)
        time.sleep(GENTLE_SECONDS)  # in which each answer over HTTP ends its connection
        stopping.wait()
    say("web", "end")
    os._exit(0)


# --- The clients -------------------------------------------------------------------------------------------------------------------------


def note(kind, begun, ask):
    """One request, which nobody tries again; whether it was answered."""
    try:
        pod, role = ask().decode().split()
        say("client", "answer", kind=kind, pod=pod, role=role, took=f"{time.time() - begun:.3f}")
        return True
    except Exception as error:
        reason = " ".join(str(error).replace('"', "'").split())[:200]
        say("client", "failure", kind=kind, error=f"{type(error).__name__} {reason}", took=f"{time.time() - begun:.3f}")
        return False


def fresh(name):
    def ask():
        connection = http.client.HTTPConnection(name, HTTP, timeout=5)
        try:
            connection.request("GET", "/", headers={"Connection": "close"})
            return connection.getresponse().read()
        finally:
            connection.close()

    return ask, lambda: None


def kept(name):
    connection = http.client.HTTPConnection(name, HTTP, timeout=5)

    def ask():
        connection.request("GET", "/")
        return connection.getresponse().read()

    return ask, connection.close


def rpc(name):
    import grpc

    call = grpc.insecure_channel(f"dns:///{name}:{GRPC}").unary_unary(METHOD)
    return (lambda: call(b"", timeout=5)), lambda: None


def client(kind, make, name, every):
    ask, give_up = make(name)
    while not done.wait(every):
        if not note(kind, time.time(), ask):
            give_up()


def ask(name):
    threads = [
        threading.Thread(target=client, args=args)
        for args in [("fresh", fresh, name, 0.05)] * 2 + [("kept", kept, name, 0.1)] * 2 + [("grpc", rpc, name, 0.1)]
    ]
    say("client", "start")
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    say("client", "end")


if __name__ == "__main__":
    {"serve": serve, "ask": ask}[sys.argv[1]](sys.argv[2])
