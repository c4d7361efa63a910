"""A listener between client and server that counts how often the client speaks after the server: what
a connection costs in round trips, which TLS does not hide."""

import contextlib
import socket
import threading


class Middle:
    """Passes connections on to a port of loopback."""

    def __init__(self, target):
        self.target = target
        self.turns = 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]

    def __enter__(self):
        threading.Thread(target=self._listen, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.listener.close()

    def _listen(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                server = socket.create_connection(("127.0.0.1", self.target))
                spoke_last = ["server"]
                for source, sink, name in ((client, server, "client"), (server, client, "server")):
                    source.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    threading.Thread(target=self._pass, args=(source, sink, name, spoke_last), daemon=True).start()

    def _pass(self, source, sink, name, spoke_last):
        with contextlib.suppress(OSError):
            while chunk := source.recv(65536):
                if name == "client" and spoke_last[0] == "server":
                    self.turns += 1
                spoke_last[0] = name
                sink.sendall(chunk)
        with contextlib.suppress(OSError):
            sink.shutdown(socket.SHUT_WR)
