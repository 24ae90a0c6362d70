"""Chromium without a window, driven through its DevTools protocol over a pair of pipes: no port, no driver program."""
import base64
import json
import os
import select
import shutil
import subprocess
import tempfile
import time

PROGRAM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
SECONDS = 60


class Browser:
    """One page in a profile of its own; `requests` has the address of everything that it asked for."""

    def __init__(self):
        self.profile = tempfile.mkdtemp(prefix="mitmilter-browser-")
        to_read, self.to = os.pipe()
        self.came, from_write = os.pipe()

        def pipes():
            # The protocol wants descriptors 3 and 4, and ours may be either of them.
            reading, writing = os.dup(to_read), os.dup(from_write)
            os.dup2(reading, 3)
            os.dup2(writing, 4)

        self.program = subprocess.Popen(
            [PROGRAM, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
             "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-proxy-server",
             f"--user-data-dir={self.profile}", "--remote-debugging-pipe", "about:blank"],
            preexec_fn=pipes, close_fds=False, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, start_new_session=True)
        os.close(to_read)
        os.close(from_write)
        self.rest, self.number, self.session = b"", 0, None
        self.requests, self.errors, self.dialogs, self.loaded = [], [], [], 0
        targets = self.call("Target.getTargets")["targetInfos"]
        page = next(target for target in targets if target["type"] == "page")
        self.session = self.call("Target.attachToTarget", targetId=page["targetId"], flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable")

    def close(self):
        try:
            self.session = None
            self.call("Browser.close")
        except (OSError, EOFError):
            pass
        try:
            self.program.wait(SECONDS)
        finally:
            for descriptor in (self.to, self.came):
                os.close(descriptor)
            shutil.rmtree(self.profile, ignore_errors=True)

    def call(self, method, **parameters):
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self.to, data):]
        number = self.number
        while (answer := self.read()).get("id") != number:
            pass
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']}")
        return answer["result"]

    def read(self):
        """The next message; what it tells is noted."""
        deadline = time.monotonic() + SECONDS
        while b"\0" not in self.rest:
            if not select.select([self.came], [], [], max(0, deadline - time.monotonic()))[0]:
                raise TimeoutError("the browser says nothing")
            data = os.read(self.came, 1 << 20)
            if not data:
                raise EOFError("the browser has ended")
            self.rest += data
        line, self.rest = self.rest.split(b"\0", 1)
        message = json.loads(line)
        parameters = message.get("params", {})
        match message.get("method"):
            case "Network.requestWillBeSent": self.requests.append(parameters["request"]["url"])
            case "Network.webSocketCreated": self.requests.append(parameters["url"])
            case "Runtime.exceptionThrown": self.errors.append(parameters["exceptionDetails"]["text"])
            case "Log.entryAdded": self.errors.append(parameters["entry"]["text"])
            case "Page.javascriptDialogOpening": self.dialogs.append(parameters["message"])
            case "Page.loadEventFired": self.loaded += 1
        return message

    def open(self, path, width=1000, height=800, scheme="light"):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 500)
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        loaded = self.loaded
        self.call("Page.navigate", url="file://" + os.path.abspath(path))
        while self.loaded == loaded:
            self.read()

    def ask(self, expression):
        """What the page answers; run beside its policy, as the operator's own tools are."""
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in result:
            raise RuntimeError(result["exceptionDetails"])
        return result["result"].get("value")

    def key(self, key, text=None):
        codes = {"Enter": 13, "Escape": 27, "Tab": 9}
        code = codes.get(key, ord(key[0].upper()))
        text = text if text is not None else "\r" if key == "Enter" else key if len(key) == 1 else ""
        self.call("Input.dispatchKeyEvent", type="keyDown", key=key, text=text, windowsVirtualKeyCode=code)
        self.call("Input.dispatchKeyEvent", type="keyUp", key=key, windowsVirtualKeyCode=code)

    def picture(self, path, whole=False):
        data = self.call("Page.captureScreenshot", captureBeyondViewport=whole)["data"]
        with open(path, "wb") as file:
            file.write(base64.b64decode(data))
