"""A private Sendmail, unpacked beside Postfix (their packages conflict), with the same doors."""
import os
import signal
import subprocess

from . import processes
from .addresses import Address, free_port
from .waiting import until

TIMEOUTS = {"inet": "C:10s;S:15s;R:15s;E:20s", "unix": "C:10s;S:15s;R:15s;E:20s",
            "short": "C:2s;S:2s;R:2s;E:5s", "steady": "C:10s;S:30s;R:30s;E:5m", "accept": "C:2s;S:2s;R:2s;E:3s"}

CONFIGURATION = """\
divert(0)
OSTYPE(`linux')
define(`confDOMAIN_NAME', `mta.example.test')
define(`confSERVICE_SWITCH_FILE', `{folder}/service.switch')
define(`confDONT_BLAME_SENDMAIL', `TrustStickyBit,GroupWritableDirPathSafe')
define(`QUEUE_DIR', `{folder}/queue')
define(`confPID_FILE', `{folder}/pid')
define(`STATUS_FILE', `{folder}/statistics')
define(`HELP_FILE', `')
define(`confCW_FILE', `{folder}/local-host-names')
define(`ALIAS_FILE', `')
define(`confDELIVERY_MODE', `background')
define(`confTO_IDENT', `0')
define(`confLOG_LEVEL', `14')
define(`confTO_ICONNECT', `5s')
define(`confBIND_OPTS', `-DNSRCH -DEFNAMES')
define(`confREFUSE_LA', `1000')
define(`confQUEUE_LA', `1000')
define(`confDELAY_LA', `0')
define(`confBAD_RCPT_THROTTLE', `0')
define(`confRECEIVED_HEADER', `from $s by $j ($v/$Z) with $r id $i$?u for $u$.; $b')
FEATURE(`no_default_msa')
FEATURE(`nocanonify')
FEATURE(`accept_unresolvable_domains')
FEATURE(`accept_unqualified_senders')
FEATURE(`promiscuous_relay')
define(`SMART_HOST', `relay:[127.0.0.1]')
define(`RELAY_MAILER_ARGS', `TCP $h {sink}')
{filters}
{doors}
MAILER(`smtp')
LOCAL_RULESETS
SLocal_check_rcpt
R$*			$: $1 $| $>3 $1
R$* $| nobody < @ $* > $*	$#error $@ 5.1.1 $: "550 no such user"
R$* $| $*		$: $1
"""


class Sendmail:
    """Doors: `inet`, `unix`, `short`, `steady`, `accept` (the mail passes when the milter fails), `none`."""

    name = "sendmail"

    def __init__(self, folder, fronts, sink_port, root, preloads):
        self._folder = os.path.join(folder, "sendmail")
        self._queue = os.path.join(self._folder, "queue")
        self.log = os.path.join(self._folder, "debug")
        self.maillog = os.path.join(self._folder, "maillog")
        self.doors = {door: free_port() for door in (*TIMEOUTS, "none")}
        self._configure(fronts, sink_port, root)
        program = next(path for path in (f"{root}/usr/libexec/sendmail/sendmail", f"{root}/usr/lib/sm.bin/sendmail")
                       if os.path.exists(path))
        self._command = [program, "-C", f"{self._folder}/sendmail.cf"]
        self._environment = {**os.environ, "LD_PRELOAD": " ".join(preloads), "TESTBED_LOG": self.maillog}
        subprocess.run([program, "-C", f"{self._folder}/sendmail.cf", "-D", self.log, "-d64.5", "-bd"],
                       check=True, stdin=subprocess.DEVNULL, timeout=60, env=self._environment)
        for port in self.doors.values():
            until(Address("127.0.0.1", port).is_listened_on, lambda: f"sendmail on port {port}: {self.log_text()}")
        with open(f"{self._folder}/pid", encoding="ascii") as pid:
            self._daemon = int(pid.readline())

    def _configure(self, fronts, sink_port, root):
        os.makedirs(self._queue)
        os.chmod(self._queue, 0o700)
        filters, doors = [], []
        for door, port in self.doors.items():
            if door != "none":
                front = fronts["unix" if door == "unix" else "inet"].libmilter
                failure = "" if door == "accept" else "F=T, "
                filters.append(f"MAIL_FILTER(`{door}', `S={front}, {failure}T={TIMEOUTS[door]}')")
            filters_used = "" if door == "none" else f", InputMailFilters={door}"
            doors.append(f"DAEMON_OPTIONS(`Port={port}, Addr=127.0.0.1, Name={door}, Family=inet"
                         f"{filters_used}')")
        self._compile(CONFIGURATION.format(folder=self._folder, sink=sink_port, filters="\n".join(filters),
                                           doors="\n".join(doors)), root)

    def _compile(self, mc, root):
        files = {
            "service.switch": "hosts files\naliases files\npasswd files\n",
            "local-host-names": "",
            "debug": "",
            "sendmail.mc": mc,
        }
        for name, text in files.items():
            with open(os.path.join(self._folder, name), "w", encoding="ascii") as file:
                file.write(text)
        cf = f"{root}/usr/share/sendmail/cf"
        with open(f"{self._folder}/sendmail.cf", "wb") as out, open(f"{self._folder}/m4.log", "wb") as errors:
            subprocess.run(["m4", f"-D_CF_DIR_={cf}/", f"{cf}/m4/cf.m4", "sendmail.mc"], cwd=self._folder, check=True,
                           stdin=subprocess.DEVNULL, stdout=out, stderr=errors, timeout=60)

    def log_text(self):
        with open(self.log, encoding="utf-8", errors="replace") as log:
            return log.read()[-4000:]

    def release(self):
        """Lets go what is quarantined (`q` lines of its control files); the queue ids of it."""
        held = {name[2:] for name in os.listdir(self._queue) if name.startswith("hf")}
        for queue_id in held:
            with open(f"{self._queue}/hf{queue_id}", "rb") as control:
                lines = [line for line in control if not line.startswith(b"q")]
            with open(f"{self._queue}/hf{queue_id}", "wb") as control:
                control.writelines(lines)
            os.rename(f"{self._queue}/hf{queue_id}", f"{self._queue}/qf{queue_id}")
        if held:
            subprocess.run([*self._command, "-q"], check=True, stdin=subprocess.DEVNULL, capture_output=True,
                           timeout=600, env=self._environment)
        return held

    def settle(self):
        """As `Postfix.settle`; a quarantined mail's control file is called hf…, a waiting one's qf…."""
        def waiting():
            return [name for name in os.listdir(self._queue) if name[:2] in ("qf", "tf", "xf")]
        until(lambda: not waiting(), lambda: f"sendmail's queue to empty: {waiting()} {self.log_text()}", seconds=300)
        names = os.listdir(self._queue)
        for name in names:
            os.unlink(os.path.join(self._queue, name))
        return {"held": sum(name.startswith("hf") for name in names), "deferred": 0}

    def processes(self):
        return [self._daemon, *processes.descendants(self._daemon)]

    def close(self):
        for pid in self.processes():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass


class DoctorsSendmail(Sendmail):
    """A Sendmail with one door (`port`) whose filters are broken and mended: `write`, `start`, `paste`."""

    def __init__(self, folder, sink_port, root, hostname):
        self._folder = os.path.join(folder, f"patient{free_port()}")
        self._queue = os.path.join(self._folder, "queue")
        self.log = os.path.join(self._folder, "debug")
        self.mc = os.path.join(self._folder, "sendmail.mc")
        self.port = free_port()
        self._root, self._sink_port = root, sink_port
        self._program = next(path for path in (f"{root}/usr/libexec/sendmail/sendmail", f"{root}/usr/lib/sm.bin/sendmail")
                             if os.path.exists(path))
        self._environment = {**os.environ, "LD_PRELOAD": hostname}
        self._daemon = None
        os.makedirs(self._queue)
        os.chmod(self._queue, 0o700)

    def write(self, *lines):
        self._lines = list(lines)

    def start(self):
        """Whether it does: Sendmail gives up over some mistakes in its configuration."""
        self.close()
        door = f"DAEMON_OPTIONS(`Port={self.port}, Addr=127.0.0.1, Name=MTA, Family=inet')"
        self._compile(CONFIGURATION.format(folder=self._folder, sink=self._sink_port, filters="\n".join(self._lines), doors=door),
                      self._root)
        result = subprocess.run([self._program, "-C", f"{self._folder}/sendmail.cf", "-D", self.log, "-d64.5", "-bd"],
                                check=False, stdin=subprocess.DEVNULL, capture_output=True, timeout=60, env=self._environment)
        self.said = result.stdout.decode(errors="replace") + result.stderr.decode(errors="replace")
        if result.returncode != 0:
            return False
        until(Address("127.0.0.1", self.port).is_listened_on, lambda: f"sendmail on port {self.port}: {self.said}{self.log_text()}")
        with open(f"{self._folder}/pid", encoding="ascii") as pid:
            self._daemon = int(pid.readline())
        return True

    def paste(self, place, line):
        """Does what the printed line says, where it says, and starts anew."""
        if place == "shell":
            subprocess.run(["sh", "-c", line], check=True, timeout=60)
        else:
            name = line.split(",")[0]
            self._lines = [old for old in self._lines if old.split(",")[0] != name] + [line]
        return self.start()

    def close(self):
        if self._daemon is not None:
            daemon, self._daemon = self._daemon, None
            pids = [daemon, *processes.descendants(daemon)]
            for pid in pids:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            until(lambda: not any(processes.runs(pid) for pid in pids), "sendmail to end")
