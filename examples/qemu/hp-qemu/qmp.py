# SPDX-License-Identifier: MIT
"""QEMU's machine protocol, on a socket that only QEMU and hp-qemu have."""
import array
import json
import select
import socket
import time


class Failed(Exception):
    """QEMU refused, or is gone."""


class Qmp:
    def __init__(self, connection):
        self.socket = connection
        self.data = b""
        self.events = []

    def fileno(self):
        return self.socket.fileno()

    def receive(self, timeout):
        """One message, or None."""
        end = time.monotonic() + timeout
        while b"\n" not in self.data:
            left = end - time.monotonic()
            if not select.select([self.socket], [], [], max(0, left))[0]:
                return None
            try:
                more = self.socket.recv(1 << 16)
            except ConnectionError:
                more = b""
            if not more:
                raise Failed("QEMU has ended")
            self.data += more
        line, self.data = self.data.split(b"\n", 1)
        return json.loads(line)

    def greet(self, timeout):
        message = self.receive(timeout)
        if not message or "QMP" not in message:
            raise Failed("QEMU does not answer")
        self.call("qmp_capabilities")
        version = message["QMP"]["version"]["qemu"]
        return "%(major)d.%(minor)d.%(micro)d" % version

    def call(self, command, timeout=30, fd=None, **arguments):
        message = json.dumps({"execute": command, "arguments": arguments})
        passed = []
        if fd is not None:
            passed = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [fd]))]
        try:
            self.socket.sendmsg([message.encode()], passed)
        except OSError as e:
            raise Failed("QEMU has ended (%s)" % e.strerror) from None
        while True:
            reply = self.receive(timeout)
            if reply is None:
                raise Failed("QEMU does not answer to %s" % command)
            if "event" in reply:
                self.events.append(reply)
            elif "error" in reply:
                raise Failed("%s: %s" % (command, reply["error"]["desc"]))
            elif "return" in reply:
                return reply["return"]

    def take_events(self):
        """Those that have come; raises Failed when QEMU has ended."""
        while True:
            events, self.events = self.events, []
            yield from events
            message = self.receive(0)
            if message is None and not self.events:
                return
            if message and "event" in message:
                self.events.append(message)
