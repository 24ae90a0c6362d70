"""What the operator got wrong is told in one line, with a hint, and ends with status 2."""
import os
import stat
import subprocess
import unittest

from testbed.bed import the_bed
from testbed.proxy import Proxy, binary, run
from testbed.waiting import until

NOBODY = "inet:9@127.0.0.1"  # a milter address that is never connected to here


def without_privileges(*arguments):
    """As a root that has lost root's right to pass over permissions."""
    return subprocess.run(["setpriv", "--bounding-set=-all", "--inh-caps=-all", "--ambient-caps=-all", binary(), *arguments],
                          stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False, encoding="utf-8")


class Refusals(unittest.TestCase):
    def refused(self, result, *words):
        """One error line with these words, a hint at most after it, nothing on standard output, status 2."""
        lines = result.stderr.splitlines()
        self.assertEqual(2, result.returncode, result.stderr)
        self.assertEqual("", result.stdout)
        self.assertTrue(lines and lines[0].startswith("mitmilter: error: "), result.stderr)
        self.assertTrue(all(line.startswith("mitmilter: hint: ") for line in lines[1:]), result.stderr)
        self.assertLessEqual(len(lines), 2, result.stderr)
        for word in words:
            self.assertIn(word.lower(), result.stderr.lower())

    def proxy(self, *arguments, listen=None, milter=NOBODY):
        listen = listen or the_bed().spot("inet").libmilter
        return run("proxy", "--listen", listen, "--milter", milter, "--headless", *arguments)

    def test_a_bad_address(self):
        for address in ("inet:notaport@127.0.0.1", "inet:70000@127.0.0.1", "unix:", "smoke:signals", "inet:", ""):
            with self.subTest(address=address):
                self.refused(self.proxy(listen=address or " "))
                self.refused(self.proxy(milter=address or " "))

    def test_an_address_in_use(self):
        address = the_bed().spot("inet")
        with address.listener():
            self.refused(self.proxy(listen=address.libmilter), "in use", str(address.port))

    def test_a_socket_that_somebody_answers_on(self):
        address = the_bed().spot("unix")
        with address.listener():
            self.refused(self.proxy(listen=address.libmilter), address.path)
            self.assertTrue(os.path.exists(address.path), "the other's socket is left alone")

    def test_a_path_that_is_no_socket(self):
        address = the_bed().spot("unix")
        with open(address.path, "w", encoding="ascii") as file:
            file.write("precious")
        self.refused(self.proxy(listen=address.libmilter), address.path)
        with open(address.path, encoding="ascii") as file:
            self.assertEqual("precious", file.read())

    def test_a_socket_path_without_permission(self):
        folder = os.path.join(the_bed().folder, "closed")
        os.mkdir(folder, 0o500)
        self.refused(without_privileges("proxy", "--listen", f"unix:{folder}/socket", "--milter", NOBODY, "--headless"),
                     "permission", folder)

    def test_a_socket_path_in_no_folder(self):
        self.refused(self.proxy(listen=f"unix:{the_bed().folder}/nowhere/socket"), "nowhere")

    def test_an_unwritable_trace(self):
        folder = os.path.join(the_bed().folder, "sealed")
        os.mkdir(folder, 0o500)
        self.refused(without_privileges("proxy", "--listen", the_bed().spot("inet").libmilter, "--milter", NOBODY,
                                        "--headless", "-w", f"{folder}/a.mtrace"), "permission", f"{folder}/a.mtrace")
        self.refused(self.proxy("-w", f"{folder}/nowhere/a.mtrace"), "nowhere")
        self.refused(self.proxy("-w", folder), folder)

    def test_an_unknown_option_or_command(self):
        self.refused(self.proxy("--colour-of-money"), "colour-of-money")
        self.refused(run("proxi"), "proxi")
        self.refused(run("proxy", "--headless"))

    def test_show_of_what_is_no_trace(self):
        path = os.path.join(the_bed().folder, "no.mtrace")
        self.refused(run("show", path), path)
        with open(path, "w", encoding="ascii") as file:
            file.write("Dear diary\n")
        self.refused(run("show", path), path)


class Listening(unittest.TestCase):
    def test_a_stale_socket_is_replaced(self):
        bed = the_bed()
        address = bed.spot("unix")
        address.listener().close()
        self.assertTrue(os.path.exists(address.path))
        proxy = Proxy(bed.workshop, address, bed.spot("inet"))
        self.assertEqual(0, proxy.terminate(), proxy.output())

    def test_the_socket_is_for_owner_and_group(self):
        bed = the_bed()
        address = bed.spot("unix")
        child = subprocess.Popen([binary(), "proxy", "--listen", address.libmilter, "--milter", NOBODY, "--headless", "-q"],
                                 stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            until(address.is_listened_on, "the proxy to listen")
            self.assertEqual(0o660, stat.S_IMODE(os.stat(address.path).st_mode))
        finally:
            child.kill()
            child.wait()

    def test_every_spelling_of_an_address(self):
        bed = the_bed()
        inet, unix = bed.spot("inet"), bed.spot("unix")
        for address, spellings in ((inet, (f"inet:{inet.port}@127.0.0.1", f"inet:127.0.0.1:{inet.port}",
                                           f"tcp:127.0.0.1:{inet.port}", f"127.0.0.1:{inet.port}")),
                                   (unix, (f"unix:{unix.path}", f"local:{unix.path}", unix.path))):
            for spelling in spellings:
                with self.subTest(spelling=spelling):
                    child = subprocess.Popen([binary(), "proxy", "--listen", spelling, "--milter", NOBODY, "--headless", "-q"],
                                             stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                    try:
                        until(address.is_listened_on, "the proxy to listen")
                        child.terminate()
                        self.assertEqual(0, child.wait(20))
                    finally:
                        child.kill()
                        child.wait()

    def test_the_trace_is_private(self):
        bed = the_bed()
        proxy = Proxy(bed.workshop, bed.spot("inet"), bed.spot("inet"))
        self.assertEqual(0o600, stat.S_IMODE(os.stat(proxy.trace).st_mode))
        self.assertEqual(0, proxy.terminate(), proxy.output())


if __name__ == "__main__":
    unittest.main()
