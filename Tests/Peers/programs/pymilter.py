"""A milter in Python (pymilter): refuses one recipient, marks mails, counts what it saw of the body.

    pymilter.py SOCKET
"""
import sys

import Milter


class Marking(Milter.Base):
    def connect(self, hostname, family, address):
        self.client = hostname
        return Milter.CONTINUE

    def envfrom(self, sender, *arguments):
        self.sender, self.recipients, self.bytes, self.subject = sender, [], 0, ""
        return Milter.CONTINUE

    def envrcpt(self, recipient, *arguments):
        if recipient.startswith("<nobody@"):
            self.setreply("550", "5.1.1", "no such user here")
            return Milter.REJECT
        self.recipients.append(recipient)
        return Milter.CONTINUE

    def header(self, name, value):
        if name.lower() == "subject":
            self.subject = value
        return Milter.CONTINUE

    def body(self, chunk):
        self.bytes += len(chunk)
        return Milter.CONTINUE

    def eom(self):
        self.addheader("X-Marked", f"{self.bytes} bytes from {self.sender}, {len(self.recipients)} recipients")
        self.chgheader("Subject", 1, "[marked] " + self.subject)
        if len(self.recipients) == 1:
            self.addrcpt("<copy@example.test>")
        return Milter.ACCEPT


Milter.factory = Marking
Milter.set_flags(Milter.ADDHDRS | Milter.CHGHDRS | Milter.ADDRCPT)
Milter.runmilter("marking", sys.argv[1], 60)
