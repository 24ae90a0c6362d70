"""The next hop: an SMTP server in this process that keeps what the MTAs deliver."""
import dataclasses
import socketserver
import threading


@dataclasses.dataclass(frozen=True)
class Delivery:
    """One delivered mail; `mail` and `rcpts` are the commands' arguments as they came."""
    mail: str
    rcpts: tuple
    content: bytes


class Sink:
    EXTENSIONS = ("PIPELINING", "8BITMIME", "SMTPUTF8", "DSN", "ENHANCEDSTATUSCODES", "SIZE 104857600")

    def __init__(self):
        self._lock = threading.Lock()
        self._deliveries = []
        sink = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self):
                try:
                    sink._converse(self.rfile, self.wfile)
                except ConnectionError:
                    pass

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = True
            daemon_threads = True
            request_queue_size = 128

        self._server = Server(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def take(self):
        """What was delivered since the last call."""
        with self._lock:
            taken, self._deliveries = self._deliveries, []
        return taken

    def close(self):
        self._server.shutdown()
        self._server.server_close()

    def _converse(self, source, out):
        mail, rcpts = None, []
        out.write(b"220 sink.example.test ESMTP\r\n")
        for raw in iter(source.readline, b""):
            line = raw.decode("utf-8", "surrogateescape").rstrip("\r\n")
            verb = line[:4].upper()
            if verb in ("EHLO", "HELO"):
                lines = ("sink.example.test",) + (self.EXTENSIONS if verb == "EHLO" else ())
                reply = "\r\n".join(f"250{' ' if line is lines[-1] else '-'}{line}" for line in lines)
            elif verb == "MAIL":
                mail, rcpts, reply = line[len("MAIL FROM:"):], [], "250 2.1.0 ok"
            elif verb == "RCPT":
                rcpts.append(line[len("RCPT TO:"):])
                reply = "250 2.1.5 ok"
            elif verb == "DATA":
                out.write(b"354 go ahead\r\n")
                content = self._content(source)
                if content is None:
                    return
                with self._lock:
                    self._deliveries.append(Delivery(mail, tuple(rcpts), content))
                mail, rcpts, reply = None, [], "250 2.0.0 stored"
            elif verb == "RSET":
                mail, rcpts, reply = None, [], "250 2.0.0 ok"
            elif verb == "QUIT":
                out.write(b"221 2.0.0 bye\r\n")
                return
            else:
                reply = "502 5.5.1 not here"
            out.write(reply.encode() + b"\r\n")

    @staticmethod
    def _content(source):
        lines = []
        for line in iter(source.readline, b""):
            if line == b".\r\n":
                return b"".join(lines)
            lines.append(line[1:] if line.startswith(b".") else line)
        return None  # the MTA hung up
