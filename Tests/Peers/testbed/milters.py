"""The real milters: OpenDKIM (signing, verifying) and our libmilter program of `programs/actionmilter.c`."""
import base64
import collections
import os
import subprocess

from .processes import Child

SELECTOR, DOMAIN = "test", "example.org"
FROZEN_TIME = "1700000000"  # of OpenDKIM's clock: 2023-11-14 22:13:20 UTC


class Workshop:
    """What the milters need once: the compiled programs and a DKIM key."""

    def __init__(self, folder):
        self.folder = folder
        source = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "programs")
        self.actionmilter = os.path.join(folder, "actionmilter")
        self.frozentime = os.path.join(folder, "frozentime.so")
        self.hostname = os.path.join(folder, "hostname.so")
        self.systemlog = os.path.join(folder, "systemlog.so")
        flags = ["-O1", "-Wall", "-Wextra", "-Werror"]
        self._make("gcc", *flags, "-o", self.actionmilter, f"{source}/actionmilter.c", "-lmilter", "-lpthread")
        for preload, name in ((self.frozentime, "frozentime.c"), (self.hostname, "hostname.c"),
                              (self.systemlog, "systemlog.c")):
            self._make("gcc", *flags, "-shared", "-fPIC", "-o", preload, f"{source}/{name}")
        self.private_key = os.path.join(folder, "dkim.pem")
        self._make("openssl", "genrsa", "-out", self.private_key, "2048")
        os.chmod(self.private_key, 0o600)
        public = self._make("openssl", "rsa", "-in", self.private_key, "-pubout", "-outform", "DER")
        self.dns_record = b"v=DKIM1; k=rsa; p=" + base64.b64encode(public)
        self.public_keys = os.path.join(folder, "public-keys")
        with open(self.public_keys, "wb") as keys:
            keys.write(f"{SELECTOR}._domainkey.{DOMAIN} ".encode() + self.dns_record + b"\n")
        self._logs = 0

    @staticmethod
    def _make(*argv):
        result = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, timeout=120, check=False)
        if result.returncode != 0:
            raise RuntimeError(f"{' '.join(argv)}: {result.stderr.decode(errors='replace')}")
        return result.stdout

    def file(self, name):
        """A new file's path."""
        self._logs += 1
        return os.path.join(self.folder, f"{self._logs:03}-{name}")


class ActionMilter:
    """`options` and `connect` are those of the program's head comment."""

    def __init__(self, options="", connect=""):
        self.name = "actionmilter" + (f" -o {options}" if options else "") + (f" -c {connect}" if connect else "")
        self._options, self._connect = options, connect
        self.callback_log = None

    def start(self, workshop, address):
        self.callback_log = workshop.file("callbacks")
        open(self.callback_log, "wb").close()
        argv = [workshop.actionmilter, "-p", address.libmilter, "-l", self.callback_log, "-o", self._options]
        if self._connect:
            argv += ["-c", f"at-connect-{self._connect}"]
        _remove(address)
        return Child(argv, workshop.file("actionmilter.log")).ready_at(address)

    def callbacks(self):
        """How often libmilter called each callback, by its name."""
        with open(self.callback_log, encoding="ascii") as log:
            words = [line.split() for line in log]
        return collections.Counter(word[1] for word in words if not word[1].startswith("="))


class OpenDKIM:
    """`mode` is "sign" or "verify"; it signs for clients of `internal` and where the MTA names who has logged in."""

    def __init__(self, mode, internal="127.0.0.0/8"):
        self.name = f"opendkim {mode}"
        self._mode, self._internal = mode, internal

    def start(self, workshop, address):
        settings = {
            "Background": "no", "Syslog": "no", "RequireSafeKeys": "no", "UMask": "000",
            "Canonicalization": "relaxed/simple", "Mode": self._mode[0],
        }
        if self._mode == "sign":
            settings |= {"Domain": DOMAIN, "Selector": SELECTOR, "KeyFile": workshop.private_key,
                         "MacroList": "auth_authen", "InternalHosts": self._internal, "OversignHeaders": "From"}
        else:
            settings |= {"TestPublicKeys": workshop.public_keys, "InternalHosts": "192.0.2.1",
                         "AlwaysAddARHeader": "yes", "AuthservID": "mta.example.test"}
        configuration = workshop.file("opendkim.conf")
        with open(configuration, "w", encoding="ascii") as file:
            file.writelines(f"{name} {value}\n" for name, value in settings.items())
        _remove(address)
        return Child(["/usr/sbin/opendkim", "-f", "-x", configuration, "-p", address.libmilter],
                     workshop.file("opendkim.log"),
                     env={"LD_PRELOAD": workshop.frozentime, "FROZEN_TIME": FROZEN_TIME}).ready_at(address)


class OpenDMARC:
    """Its DNS is a file (libresolv-wrapper): `example.org` publishes `p=none`."""

    name = "opendmarc"

    def start(self, workshop, address):
        settings = {"Syslog": "no", "AuthservID": "mta.example.test", "TrustedAuthservIDs": "mta.example.test",
                    "SPFSelfValidate": "yes", "UMask": "000"}
        files = {"IgnoreHosts": "192.0.2.1\n", "PublicSuffixList": "org\ntest\n"}
        for name, content in files.items():
            settings[name] = workshop.file(name)
            with open(settings[name], "w", encoding="ascii") as file:
                file.write(content)
        configuration, hosts = workshop.file("opendmarc.conf"), workshop.file("hosts")
        with open(configuration, "w", encoding="ascii") as file:
            file.writelines(f"{name} {value}\n" for name, value in settings.items())
        with open(hosts, "w", encoding="ascii") as file:
            file.write(f"TXT _dmarc.{DOMAIN} v=DMARC1; p=none\nTXT {DOMAIN} v=spf1 ip4:127.0.0.1 -all\n")
        _remove(address)
        return Child(["/usr/sbin/opendmarc", "-f", "-c", configuration, "-p", address.libmilter],
                     workshop.file("opendmarc.log"),
                     env={"LD_PRELOAD": "libresolv_wrapper.so", "RESOLV_WRAPPER_HOSTS": hosts}).ready_at(address)


class PyMilter:
    """The program of `programs/pymilter.py`, with the distribution's python3-milter."""

    name = "pymilter"

    def start(self, workshop, address):
        program = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "programs", "pymilter.py")
        _remove(address)
        return Child(["/usr/bin/python3", program, address.libmilter], workshop.file("pymilter.log")).ready_at(address)


def _remove(address):
    if address.path and os.path.exists(address.path):
        os.unlink(address.path)
