"""An SMTP client that keeps a transcript and never hides what the server did."""
import re
import socket


class HungUp(Exception):
    """The server closed the connection where a reply was due."""


class Client:
    """One connection; `transcript` receives ("C", sent), ("S", reply) and ("=", event)."""

    def __init__(self, port, transcript, seconds=40, source="127.0.0.1"):
        self._transcript = transcript
        self._socket = socket.create_connection(("127.0.0.1", port), seconds, (source, 0))
        self._source = self._socket.makefile("rb")
        self.local_port = self._socket.getsockname()[1]
        self.server_port = port

    def reply(self):
        """The next reply, all its lines joined by newlines."""
        lines = []
        while True:
            try:
                line = self._source.readline()
            except ConnectionError:
                line = b""  # reset or closed is a race of the kernel's
            if not line.endswith(b"\n"):
                self._transcript.append(("=", "closed by server"))
                raise HungUp()
            lines.append(line.rstrip(b"\r\n").decode("utf-8", "backslashreplace"))
            if line[3:4] != b"-":
                self._transcript.append(("S", "\n".join(lines)))
                return "\n".join(lines)

    def send(self, data, shown=None):
        data = data if isinstance(data, bytes) else data.encode()
        self._transcript.append(("C", shown or data.decode("utf-8", "backslashreplace").rstrip("\r\n")))
        try:
            self._socket.sendall(data)
        except ConnectionError:
            self._transcript.append(("=", "closed by server"))
            raise HungUp() from None

    def command(self, text):
        self.send(text + "\r\n")
        return self.reply()

    def greet(self, name="client.example.org"):
        self.reply()
        return self.command(f"EHLO {name}")

    def content(self, mail):
        """What follows DATA, dot-stuffed and ended."""
        stuffed = re.sub(rb"(?m)^\.", b"..", mail)
        if stuffed and not stuffed.endswith(b"\r\n"):
            stuffed += b"\r\n"
        self.send(stuffed + b".\r\n", shown=f"[{len(mail)} octets]")
        return self.reply()

    def deliver(self, mail, sender="sender@example.org", rcpts=("first@example.test",), arguments=""):
        """One transaction, up to the first refusal that ends it; the last reply."""
        reply = self.command(f"MAIL FROM:<{sender}>{arguments}")
        if reply[0] != "2":
            return reply
        replies = [self.command(f"RCPT TO:<{rcpt}>") for rcpt in rcpts]
        if not any(reply[0] == "2" for reply in replies):
            return replies[-1]
        reply = self.command("DATA")
        return self.content(mail) if reply[0] == "3" else reply

    def quit(self):
        self.command("QUIT")
        self.close()

    def close(self):
        self._source.close()
        self._socket.close()
