"""Broken set-ups of a real Postfix and a real Sendmail: doctor names each, and with its line pasted in mail flows."""
import json
import os
import pwd
import struct
import unittest

from testbed import wire
from testbed.addresses import free_port
from testbed.bed import the_bed
from testbed.broken import BrokenMilter, at
from testbed.inprocess import InProcessMilter, answer
from testbed.milters import ActionMilter, OpenDKIM
from testbed.postfix import DoctorsPostfix
from testbed.processes import Child
from testbed.proxy import ROOT, binary, run
from testbed.sendmail import DoctorsSendmail
from testbed.smtp import Client, HungUp
from testbed.waiting import until

MAIL = b"From: <sender@example.org>\r\nSubject: through the doctor's hands\r\n\r\nbody\r\n"


def doctor(*arguments):
    """What doctor found, as its JSON, and its exit status."""
    result = run("doctor", "--json", *arguments)
    return json.loads(result.stdout), result.returncode


def faults(found):
    return [fault["id"] for fault in found["faults"] if fault["weight"] == "wrong"]


def lines(found):
    """What is to be pasted, in order, of what is wrong."""
    return [(remedy["in"], remedy["line"]) for fault in found["faults"] if fault["weight"] == "wrong"
            for remedy in fault["mend"] if remedy["in"] != "words"]


class PostfixSetups(unittest.TestCase):
    """`main` and `options` are of the smtpd at the door; `line` is the first that doctor prints."""

    def setUp(self):
        self.bed = the_bed()
        self.postfix = DoctorsPostfix(self.bed.folder, self.bed.sink.port)
        self.addCleanup(self.postfix.close)

    def flows(self):
        """Whether a mail is taken, and comes out behind Postfix with what the milter put in."""
        self.bed.sink.take()
        try:
            client = Client(self.postfix.port, [], seconds=20)
            client.greet()
            reply = client.deliver(MAIL)
            client.quit()
        except (HungUp, OSError):
            return False
        return reply.startswith("250")

    def broken(self, fault, main=(), options=(), chroot="n", mends=True, delivers=False):
        """The set-up is named, does not let mail through, and does with the line that was printed."""
        self.postfix.write(main, options, chroot)
        self.postfix.start()
        self.assertEqual(delivers, self.flows(), self.postfix.log_text())
        found, status = doctor("--postfix", self.postfix.etc)
        self.assertEqual(1, status, found)
        self.assertIn(fault, faults(found), found["faults"])
        if not mends:
            return found
        self.postfix.paste(*lines(found)[0])
        self.assertTrue(self.flows(), (lines(found)[0], self.postfix.log_text()))
        after, status = doctor("--postfix", self.postfix.etc)
        self.assertEqual((0, []), (status, faults(after)), after["faults"])
        return found

    def test_spelling(self):
        front = self.bed.fronts["inet"]
        with self.bed.directly(ActionMilter(), "inet"):
            for spelling in (f"inet:{front.port}@127.0.0.1", f"127.0.0.1:{front.port}", f"inet:127.0.0.1:{front.port};"):
                with self.subTest(spelling):
                    self.broken("spelling", [f"smtpd_milters = {spelling}"])
            self.broken("spelling", options=[f"smtpd_milters=inet:{front.port}@127.0.0.1"])

    def test_values(self):
        with self.bed.directly(ActionMilter(), "inet"):
            good = f"smtpd_milters = {self.bed.fronts['inet'].postfix}"
            for fault, main in (
                    ("protocol", [good, "milter_protocol = 5"]),
                    ("timeout", [good, "milter_command_timeout = 0"]),
                    ("braces", ["smtpd_milters = { %s, default_action = accept }" % self.bed.fronts["inet"].postfix]),
                    ("braces", ["smtpd_milters = { %s, command_timeout=9s" % self.bed.fronts["inet"].postfix])):
                with self.subTest(main=main):
                    self.broken(fault, main)

    def test_overrides(self):
        with self.bed.directly(ActionMilter(), "inet"):
            front = self.bed.fronts["inet"].postfix
            for option in (f"smtpd_milters={front}, {front}", f"smtpd_milters = {front}"):
                with self.subTest(option):
                    self.broken("override-words", options=[option])

    def test_a_macro_list(self):
        milter, address = Listener(), self.bed.spot("inet")
        milter.listen(address)
        self.addCleanup(milter.close)
        self.postfix.write([f"smtpd_milters = {address.postfix}",
                            "milter_rcpt_macros = i rcpt_addr {rcpt_host} {rcpt_mailer}"], [], "n")
        self.postfix.start()
        self.assertTrue(self.flows())
        self.assertNotIn("{rcpt_addr}", milter.macros)
        found, status = doctor("--postfix", self.postfix.etc)
        self.assertEqual((1, ["macro-name"]), (status, faults(found)))
        self.postfix.paste(*lines(found)[0])
        self.assertTrue(self.flows())
        self.assertEqual("first@example.test", milter.macros["{rcpt_addr}"])

    def test_a_list_that_is_no_parameter(self):
        with self.bed.directly(ActionMilter(), "inet"):
            found = self.broken("unknown-parameter", [f"smtpd_milter = {self.bed.fronts['inet'].postfix}"], delivers=True,
                                mends=False)
            self.postfix.paste(*lines(found)[0], instead="smtpd_milter")
            self.assertTrue(self.flows())
            self.assertEqual(0, doctor("--postfix", self.postfix.etc)[1])

    def test_chroot(self):
        with self.bed.directly(ActionMilter(), "unix"):
            path = self.bed.fronts["unix"].path
            os.chmod(path, 0o666)
            found = self.broken("chroot", [f"smtpd_milters = unix:{path}"], chroot="y")
            self.assertEqual("master.cf", lines(found)[0][0])

    def test_chroot_named_from_outside(self):
        path = os.path.join(self.postfix.queue, "milter.sock")
        with self.bed._started(ActionMilter(), type(self.bed.fronts["unix"])(path=path)):
            os.chmod(path, 0o666)
            found = self.broken("chroot", [f"smtpd_milters = unix:{path}"], chroot="y")
            self.assertEqual(("main.cf", "smtpd_milters = unix:milter.sock"), lines(found)[0])
            self.broken("chroot", ["smtpd_milters = unix:/milter.sock"])

    def test_modes(self):
        for folder_mode, socket_mode in ((0o755, 0o600), (0o700, 0o600)):
            with self.subTest(folder=oct(folder_mode), socket=oct(socket_mode)):
                folder = os.path.join(self.bed.folder, f"modes{folder_mode:o}{socket_mode:o}")
                os.mkdir(folder)
                address = type(self.bed.fronts["unix"])(path=f"{folder}/sock")
                with self.bed._started(ActionMilter(), address):
                    os.chmod(folder, folder_mode)
                    os.chmod(address.path, socket_mode)
                    self.broken("path-closed", [f"smtpd_milters = {address.postfix}"])

    def test_an_access_list(self):
        """What the kernel makes of it, and doctor: the same."""
        address = type(self.bed.fronts["unix"])(path=f"{self.bed.folder}/listed")
        with self.bed._started(ActionMilter(), address):
            os.chmod(address.path, 0o600)
            for bits, flows in ((6, True), (4, False)):
                user, nobody = pwd.getpwnam("postfix").pw_uid, 0xFFFFFFFF
                entries = [(1, 6, nobody), (2, bits, user), (4, 0, nobody), (0x10, 6, nobody), (0x20, 0, nobody)]
                os.setxattr(address.path, "system.posix_acl_access",
                            struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries))
                self.postfix.write([f"smtpd_milters = {address.postfix}"], [], "n")
                self.postfix.start()
                self.assertEqual(flows, self.flows(), self.postfix.log_text())
                found, _ = doctor("--postfix", self.postfix.etc)
                self.assertEqual([] if flows else ["path-closed"], faults(found), found["faults"])
            self.assertEqual(("shell", f"setfacl -m u:postfix:rw {address.path}"), lines(found)[0])

    def test_a_wrong_port(self):
        nobody = free_port()
        address = self.bed.spot("inet")
        with self.bed._started(OpenDKIM("sign"), address):
            found = self.broken("refused", [f"smtpd_milters = inet:127.0.0.1:{nobody}"],
                                mends=doctors_milters() == 1)
            self.assertTrue(found["faults"][0]["what"].startswith("nobody listens"), found)

    def test_an_http_server(self):
        server, address = BrokenMilter(at("O", b"HTTP/1.1 400 Bad Request\r\n\r\n")), self.bed.spot("inet")
        with self.bed._started(server, address):
            self.postfix.write([f"smtpd_milters = {address.postfix}"], [], "n")
            found, status = doctor("--postfix", self.postfix.etc)
            self.assertEqual((1, ["wrong-peer"]), (status, faults(found)))
            self.assertIn("HTTP", found["faults"][0]["what"])

    def test_a_dead_milter_and_what_it_does(self):
        address = self.bed.spot("unix")
        address.listener().close()
        for action, effect, taken in (("tempfail", "451", False), ("accept", "unfiltered", True),
                                      ("quarantine", "hold", True)):
            with self.subTest(action):
                found = self.broken("refused", [f"smtpd_milters = {address.postfix}", f"milter_default_action = {action}"],
                                    mends=False, delivers=taken)
                self.assertIn(effect, found["faults"][0]["why"])
        found = self.broken("default-action", [f"smtpd_milters = {address.postfix}", "milter_default_action = acept"],
                            mends=False)
        self.postfix.paste(*lines(found)[0])
        self.assertTrue(self.flows())

    def test_local_mail_is_judged_apart(self):
        with self.bed.directly(ActionMilter(), "inet"):
            front = self.bed.fronts["inet"]
            self.postfix.write([f"smtpd_milters = {front.postfix}",
                                f"non_smtpd_milters = inet:{front.port}@127.0.0.1"], [], "n")
            found, status = doctor("--postfix", self.postfix.etc)
            self.assertEqual((1, ["spelling"]), (status, faults(found)))
            self.assertEqual(["main.cf, non_smtpd_milters"], found["faults"][0]["places"])
            self.assertEqual([("main.cf", f"non_smtpd_milters = {front.postfix}")], lines(found))

    def test_what_cannot_be_read_is_named(self):
        missing = run("doctor", "--postfix", os.path.join(self.bed.folder, "nowhere"))
        self.assertEqual(2, missing.returncode)
        self.assertIn("main.cf", missing.stderr)
        self.postfix.write(["smtpd_milters = inet:127.0.0.1:1", "this is no setting"], [], "n")
        os.unlink(os.path.join(self.postfix.etc, "master.cf"))
        found, status = doctor("--postfix", self.postfix.etc)
        self.assertEqual(1, status)
        self.assertIn("unreadable", faults(found))
        self.assertTrue(any("master.cf" in text for text in found["unseen"]), found["unseen"])
        self.assertTrue(any("postconf" in text for text in found["unseen"]), found["unseen"])

    def test_nothing_is_changed(self):
        with self.bed.directly(ActionMilter(), "inet"):
            self.postfix.write([f"smtpd_milters = {self.bed.fronts['inet'].postfix}"], [], "n")
            before = {name: os.stat(os.path.join(self.postfix.etc, name)).st_mtime_ns for name in os.listdir(self.postfix.etc)}
            found, status = doctor("--postfix", self.postfix.etc)
            self.assertEqual((0, []), (status, found["faults"]))
            self.assertEqual(before, {name: os.stat(os.path.join(self.postfix.etc, name)).st_mtime_ns
                                      for name in os.listdir(self.postfix.etc)})


class SendmailSetups(unittest.TestCase):
    def setUp(self):
        self.bed = the_bed()
        root = os.path.join(os.environ.get("MITMILTER_PEERS", os.path.join(ROOT, ".build", "peers")), "sendmail")
        self.sendmail = DoctorsSendmail(self.bed.folder, self.bed.sink.port, root, self.bed.workshop.hostname)
        self.addCleanup(self.sendmail.close)

    def filtered(self):
        """Whether a mail is taken, and was seen by the milter."""
        before = self.milter.callbacks()["connect"]
        try:
            client = Client(self.sendmail.port, [], seconds=20)
            client.greet()
            reply = client.deliver(MAIL)
            client.quit()
        except (HungUp, OSError):
            return False
        return reply.startswith("250") and self.milter.callbacks()["connect"] > before

    def broken(self, fault, *lines_of_mc):
        """The set-up is named, no mail goes through the milter, and it does with the line that was printed."""
        self.sendmail.write(*lines_of_mc)
        self.assertFalse(self.sendmail.start() and self.filtered(), self.sendmail.log_text())
        found, status = doctor("--sendmail", self.sendmail.mc)
        self.assertEqual(1, status, found)
        self.assertIn(fault, faults(found), found["faults"])
        self.assertTrue(self.sendmail.paste(*lines(found)[0]), self.sendmail.said)
        self.assertTrue(self.filtered(), (lines(found)[0], self.sendmail.log_text()))
        after, status = doctor("--sendmail", self.sendmail.mc)
        self.assertEqual((0, []), (status, faults(after)), after["faults"])

    def test_filters(self):
        front = self.bed.fronts["inet"]
        self.milter = ActionMilter()
        with self.bed.directly(self.milter, "inet"):
            for fault, line in (
                    ("spelling", f"INPUT_MAIL_FILTER(`m', `S=inet:127.0.0.1:{front.port}, F=T')dnl"),
                    ("spelling", f"INPUT_MAIL_FILTER(`m', `S=tcp:{front.port}@127.0.0.1, F=T')dnl"),
                    ("spelling", f"INPUT_MAIL_FILTER(`m', `S=inet:{front.port}@[127.0.0.1], F=T')dnl"),
                    ("timeouts", f"INPUT_MAIL_FILTER(`m', `S={front.libmilter}, F=T, T=C:5m,S:1m')dnl"),
                    ("idle-filter", f"MAIL_FILTER(`m', `S={front.libmilter}, F=T')dnl")):
                with self.subTest(line):
                    self.broken(fault, line)

    def test_a_folder_that_others_may_write(self):
        folder = os.path.join(self.bed.folder, "open")
        os.mkdir(folder)
        address = type(self.bed.fronts["unix"])(path=f"{folder}/sock")
        self.milter = ActionMilter()
        with self.bed._started(self.milter, address):
            os.chmod(folder, 0o777)
            self.broken("unsafe", f"INPUT_MAIL_FILTER(`m', `S={address.libmilter}, F=T')dnl")

    def test_the_cf_that_comes_of_it(self):
        self.milter = ActionMilter()
        with self.bed.directly(self.milter, "inet"):
            front = self.bed.fronts["inet"]
            self.sendmail.write(f"INPUT_MAIL_FILTER(`m', `S={front.libmilter}')dnl")
            self.assertTrue(self.sendmail.start(), self.sendmail.said)
            found, status = doctor("--sendmail", self.sendmail.mc.replace(".mc", ".cf"))
            self.assertEqual((0, ["no-flag"]), (status, [fault["id"] for fault in found["faults"]]))
            self.assertEqual(f"Xm, S={front.libmilter}, F=T", found["faults"][0]["mend"][0]["line"])


class OurOwnListener(unittest.TestCase):
    def said(self, *options):
        """What a proxy says that listens on a unix socket."""
        bed = the_bed()
        address = bed.spot("unix")
        child = Child([binary(), "proxy", "--listen", address.libmilter, "--milter", "inet:9@127.0.0.1", "--headless", *options],
                      bed.workshop.file("mitmilter.log")).ready_at(address)
        try:
            until(lambda: "listening" in child.output(), child.output)
        finally:
            child.terminate()
        # What it says of the socket may come behind that it listens.
        return child.output()

    def test_whether_postfix_may_connect_is_said(self):
        self.assertIn("Postfix cannot connect", self.said("--socket-group", "mail"))
        self.assertNotIn("cannot connect", self.said("--socket-group", "postfix"))
        self.assertNotIn("cannot connect", self.said("--socket-mode", "666"))


class Listener(InProcessMilter):
    """Says CONTINUE to everything, and keeps the macros."""

    def __init__(self):
        self.macros = {}

    def converse(self, peer, packets):
        for letter, payload in packets:
            if letter == "D":
                words = payload[1:].split(b"\0")
                self.macros.update((name.decode(), value.decode()) for name, value in zip(words[::2], words[1::2]))
            elif letter == "O":
                peer.sendall(answer(0x1FF, 0))
            elif letter not in "AQ":
                peer.sendall(wire.frame("c"))


def doctors_milters():
    """How many programs listen on this machine that doctor may take for the milter that was meant."""
    found, _ = doctor(f"inet:127.0.0.1:{free_port()}")
    return sum(line.startswith("smtpd_milters") for _, line in lines(found))


if __name__ == "__main__":
    unittest.main()
