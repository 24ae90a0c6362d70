"""A private Postfix: its own configuration, queue and log, several doors, no system service."""
import os
import shutil
import signal
import subprocess

from . import processes
from .addresses import Address, free_port
from .waiting import until

# What Postfix's master needs to run; the rest of a stock master.cf is never called here.
SERVICES = """\
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""

SETTINGS = {
    "compatibility_level": "3.6",
    "mail_owner": "postfix",
    "setgid_group": "postdrop",
    "daemon_directory": "/usr/lib/postfix/sbin",
    "command_directory": "/usr/sbin",
    "myhostname": "mta.example.test",
    "myorigin": "example.test",
    "mydestination": "",
    "alias_maps": "",
    "alias_database": "",
    "local_recipient_maps": "",
    "mynetworks": "127.0.0.0/8",
    "inet_interfaces": "loopback-only",
    "inet_protocols": "ipv4",
    "relay_domains": "example.test",
    "smtp_dns_support_level": "disabled",
    "smtp_host_lookup": "native",
    "smtpd_peername_lookup": "no",  # the tests must not depend on /etc/hosts or DNS
    "smtpd_authorized_xclient_hosts": "127.0.0.0/8",  # a test may say where its client is, and who
    "smtpd_error_sleep_time": "0",
    "smtpd_soft_error_limit": "1000",
    "smtpd_hard_error_limit": "1000",
    "smtpd_client_connection_rate_limit": "0",
    "smtpd_client_connection_count_limit": "0",
    "smtpd_recipient_restrictions": "check_recipient_access inline:{{nobody@example.test = 550 5.1.1 no such user}}",
    "smtputf8_enable": "yes",
    "enable_long_queue_ids": "yes",  # the short ones come again within a second
    "message_size_limit": "104857600",
    "header_size_limit": "1024000",
    "milter_default_action": "tempfail",
    "milter_connect_timeout": "10s",
    "milter_command_timeout": "15s",
    "milter_content_timeout": "20s",
}

STEADY_TIMEOUTS = {"milter_command_timeout": "30s", "milter_content_timeout": "30s"}
SHORT_TIMEOUTS = {"milter_connect_timeout": "2s", "milter_command_timeout": "2s", "milter_content_timeout": "3s"}


class Postfix:
    """Doors, each a port with its own settings: `inet`, `unix`, `chain` (both, one after the other), `short`, `steady`, `accept`, `none`, and `remote`, where
    clients count as strangers, whose headers Postfix does not complete."""

    name = "postfix"

    def __init__(self, folder, fronts, sink_port):
        self._folder = os.path.join(folder, "postfix")
        self._etc = os.path.join(self._folder, "etc")
        self._queue = os.path.join(self._folder, "queue")
        self.log = self.maillog = os.path.join(self._folder, "maillog")
        inet, unix = (f"smtpd_milters={fronts[kind].postfix}" for kind in ("inet", "unix"))
        both = f"{inet},{fronts['unix'].postfix}"
        short = [f"{name}={value}" for name, value in SHORT_TIMEOUTS.items()]
        options = {
            "inet": [inet],
            "unix": [unix],
            "chain": [both],
            "short": [inet, *short],
            "steady": [inet, *(f"{name}={value}" for name, value in STEADY_TIMEOUTS.items())],
            "accept": [inet, *short, "milter_default_action=accept"],
            "none": ["smtpd_milters="],
            "remote": [inet, "local_header_rewrite_clients="],
        }
        self.doors = {door: free_port() for door in options}
        self._write(options, sink_port)
        self._run("start")
        for port in self.doors.values():
            until(Address("127.0.0.1", port).is_listened_on, lambda: f"postfix on port {port}: {self.log_text()}")
        with open(os.path.join(self._queue, "pid/master.pid"), encoding="ascii") as pid:
            self._master = int(pid.read())

    def _write(self, doors, sink_port):
        data = os.path.join(self._folder, "data")
        for path in (self._folder, self._etc, self._queue, data):
            os.makedirs(path)
        shutil.chown(data, "postfix", "postfix")
        settings = SETTINGS | {
            "queue_directory": self._queue,
            "data_directory": data,
            "maillog_file": self.log,
            "maillog_file_prefixes": self._folder,
            "relayhost": f"[127.0.0.1]:{sink_port}",
        }
        with open(os.path.join(self._etc, "main.cf"), "w", encoding="ascii") as main:
            main.writelines(f"{name} = {value}\n" for name, value in settings.items())
        with open(os.path.join(self._etc, "master.cf"), "w", encoding="ascii") as master:
            for door, options in doors.items():
                master.write(f"127.0.0.1:{self.doors[door]} inet n - n - - smtpd\n")
                master.writelines(f"  -o {option}\n" for option in options)
            master.write(SERVICES)

    def _run(self, *words):
        result = subprocess.run(["postfix", "-c", self._etc, *words], stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60, check=False)
        if result.returncode != 0:
            raise RuntimeError(f"postfix {' '.join(words)}: {result.stdout.decode()}{self.log_text()}")

    def log_text(self):
        try:
            with open(self.log, encoding="utf-8", errors="replace") as log:
                return log.read()[-4000:]
        except FileNotFoundError:
            return ""

    def _files(self, *queues):
        return [os.path.join(folder, name) for queue in queues
                for folder, _, names in os.walk(os.path.join(self._queue, queue)) for name in names]

    def release(self):
        """Lets go what is held, once all else is through; the queue ids of it."""
        until(lambda: not self._files("maildrop", "incoming", "active"),
              lambda: f"postfix's queue to empty: {self.log_text()}")
        held = {os.path.basename(path) for path in self._files("hold")}
        if held:
            self._command("postsuper", "-c", self._etc, "-H", "ALL").check_returncode()
            # The queue manager may just close the socket on which it is asked (SIGPIPE): then it is asked again.
            until(lambda: self._command("postkick", "-c", self._etc, "public", "qmgr", "DA").returncode == 0,
                  lambda: f"postfix's queue manager to take a wish: {self.log_text()}")
            until(lambda: not self._files("deferred"), lambda: f"postfix to deliver what it held: {self.log_text()}", 60)
        return held

    @staticmethod
    def _command(*words):
        return subprocess.run(words, check=False, stdin=subprocess.DEVNULL, capture_output=True, timeout=60)

    def settle(self):
        """Waits until everything accepted was delivered or is stuck; ("held", n), ("deferred", n), emptied."""
        until(lambda: not self._files("maildrop", "incoming", "active"),
              lambda: f"postfix's queue to empty: {self.log_text()}")
        left = {"held": self._files("hold"), "deferred": self._files("deferred")}
        for path in left["held"] + left["deferred"] + self._files("defer"):
            if os.path.exists(path):
                os.unlink(path)
        return {state: len(paths) for state, paths in left.items()}

    def processes(self):
        return [self._master, *processes.descendants(self._master)]

    def close(self):
        """Ends master and what it started, by process id."""
        for pid in self.processes():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass


class DoctorsPostfix(Postfix):
    """A Postfix with one door (`port`) whose configuration is broken and mended: `write`, `start`, `paste`."""

    def __init__(self, folder, sink_port):
        self._folder = os.path.join(folder, f"patient{free_port()}")
        self.etc = self._etc = os.path.join(self._folder, "etc")
        self.queue = self._queue = os.path.join(self._folder, "queue")
        self.log = os.path.join(self._folder, "maillog")
        self.port = free_port()
        self._sink_port = sink_port
        self._master = None
        self._write({}, sink_port)
        self._usual = self._read("main.cf")

    def write(self, main, options, chroot):
        """Lines of main.cf beside the usual ones, and `-o` options and chroot column of the door's smtpd."""
        names = [line.split(" ")[0] for line in main]
        usual = [line for line in self._usual if line.split(" ")[0] not in names]
        self._put("main.cf", usual + list(main))
        self._put("master.cf", [f"127.0.0.1:{self.port} inet n - {chroot} - - smtpd", *(f"  -o {option}" for option in options),
                                "pickup unix n - n 60 1 pickup", *SERVICES.splitlines()])

    def _read(self, name):
        with open(os.path.join(self._etc, name), encoding="ascii") as file:
            return file.read().splitlines()

    def _put(self, name, lines):
        with open(os.path.join(self._etc, name), "w", encoding="ascii") as file:
            file.writelines(f"{line}\n" for line in lines)

    def start(self):
        """Anew, for master waits a minute with a service that ended at once."""
        self.close()
        if os.path.exists(self.log):
            os.unlink(self.log)
        self._run("start")
        until(Address("127.0.0.1", self.port).is_listened_on, lambda: f"postfix on port {self.port}: {self.log_text()}")
        with open(os.path.join(self._queue, "pid/master.pid"), encoding="ascii") as pid:
            self._master = int(pid.read())

    def paste(self, place, line, instead=None):
        """Does what the printed line says, where it says, and starts anew; `instead` is the parameter that goes for it."""
        if place == "shell":
            subprocess.run(["sh", "-c", line], check=True, timeout=60)
        elif place == "main.cf":
            names = (line.split(" ")[0], instead)
            self._put("main.cf", [old for old in self._read("main.cf") if old.split(" ")[0] not in names] + [line])
        elif line.startswith("  -o"):
            master = [old for old in self._read("master.cf") if not old.startswith("  -o")]
            self._put("master.cf", [master[0], line, *master[1:]])
        else:
            names = line.split(" ")[:2]
            self._put("master.cf", [line if old.split(" ")[:2] == names else old for old in self._read("master.cf")])
        self.start()

    def close(self):
        if self._master is not None:
            master, self._master = self._master, None
            pids = [master, *processes.descendants(master)]
            for pid in pids:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            until(lambda: not any(processes.runs(pid) for pid in pids), "postfix to end")
