# SPDX-License-Identifier: MIT
"""What the tests with real clients share: huge pages, servers, RESP."""
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

NR = "/proc/sys/vm/nr_hugepages"
HP_KV = os.environ.get("HP_KV", "hp-kv")


def meminfo(name):
    with open("/proc/meminfo") as f:
        for line in f:
            if line.startswith(name + ":"):
                return int(line.split()[1])
    raise KeyError(name)


def free_pages():
    return meminfo("HugePages_Free") - meminfo("HugePages_Rsvd")


class HugePages:
    """So many free 2 MiB pages more than before, until close()."""

    def __init__(self, pages):
        self.added = 0
        missing = pages - free_pages()
        if missing <= 0:
            return
        advice = ("these tests need %d free huge pages of 2 MiB: run them as "
                  "root, or first 'sysctl vm.nr_hugepages=%d' as root"
                  % (pages, self.read() + missing))
        before = self.read()
        try:
            self.write(before + missing)
        except PermissionError:
            raise SystemExit("FAIL: " + advice)
        self.added = self.read() - before
        if self.added < missing:
            self.close()
            raise SystemExit("FAIL: too little free memory; " + advice)

    @staticmethod
    def read():
        with open(NR) as f:
            return int(f.read())

    @staticmethod
    def write(n):
        with open(NR, "w") as f:
            f.write(str(n))

    def close(self):
        if self.added:
            self.write(self.read() - self.added)
        self.added = 0


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def encode(*args):
    out = [b"*%d\r\n" % len(args)]
    for a in args:
        if isinstance(a, str):
            a = a.encode()
        out.append(b"$%d\r\n%s\r\n" % (len(a), a))
    return b"".join(out)


class Error(Exception):
    """An error reply."""


class Client:
    """A connection that shows replies as they are, or decoded."""

    def __init__(self, address, timeout=20):
        kind = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
        self.socket = socket.socket(kind)
        self.socket.settimeout(timeout)
        try:
            self.socket.connect(address)
        except OSError:
            self.socket.close()
            raise
        self.data = b""

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.close()

    def send(self, data):
        self.socket.sendall(data)

    def fill(self):
        more = self.socket.recv(1 << 20)
        if not more:
            raise EOFError("connection closed")
        self.data += more

    def take(self, n):
        parts, have = [self.data], len(self.data)
        while have < n:
            more = self.socket.recv(1 << 20)
            if not more:
                raise EOFError("connection closed")
            parts.append(more)
            have += len(more)
        data = b"".join(parts)
        self.data = data[n:]
        return data[:n]

    def line(self):
        while b"\r\n" not in self.data:
            self.fill()
        line, self.data = self.data.split(b"\r\n", 1)
        return line

    @staticmethod
    def members(line):
        return max(0, int(line[1:])) * (2 if line[:1] == b"%" else 1)

    def raw(self):
        """One whole reply as it came."""
        line = self.line()
        out = line + b"\r\n"
        if line[:1] in b"$=" and line != b"$-1":
            out += self.take(int(line[1:]) + 2)
        elif line[:1] in b"*~%":
            for _ in range(self.members(line)):
                out += self.raw()
        return out

    def reply(self):
        line = self.line()
        kind, rest = line[:1], line[1:]
        if kind == b"+":
            return rest
        if kind == b"-":
            return Error(rest.decode(errors="replace"))
        if kind == b":":
            return int(rest)
        if kind == b"$":
            n = int(rest)
            return None if n < 0 else self.take(n + 2)[:-2]
        if kind == b"_":
            return None
        if kind == b"=":
            return self.take(int(rest) + 2)[4:-2]
        if line == b"*-1":
            return None
        if kind in b"*~%":
            return [self.reply() for _ in range(self.members(line))]
        raise AssertionError("not a reply: %r" % line)

    def call(self, *args):
        self.send(encode(*args))
        reply = self.reply()
        if isinstance(reply, Error):
            raise reply
        return reply

    def rest(self):
        """Everything until the server closes."""
        out = [self.data]
        try:
            while True:
                more = self.socket.recv(1 << 16)
                if not more:
                    break
                out.append(more)
        except ConnectionResetError:
            pass
        return b"".join(out)


class Server:
    """hp-kv, or Debian's redis-server to compare it with."""

    def __init__(self, argv, executable=None, ready=None):
        self.directory = tempfile.mkdtemp(prefix="kv-test-")
        self.port = free_port()
        self.path = os.path.join(self.directory, "socket")
        self.log_path = os.path.join(self.directory, "log")
        argv = argv + ["--port", str(self.port), "--unixsocket", self.path]
        self.ready = None
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(
                argv, executable=executable, cwd=self.directory,
                stdout=subprocess.PIPE if ready else log, stderr=log)
        if ready:
            self.ready = self.process.stdout.readline().decode().strip()
        self.wait_for_port()

    def wait_for_port(self):
        end = time.monotonic() + 10
        while time.monotonic() < end:
            try:
                with self.client() as c:
                    c.call("PING")
                return
            except OSError:
                if self.process.poll() is not None:
                    break
                time.sleep(0.02)
        raise AssertionError("the server did not start: " + self.log())

    def log(self):
        with open(self.log_path, errors="replace") as f:
            return f.read()

    def client(self, **more):
        return Client(("127.0.0.1", self.port), **more)

    def stop(self, sig=signal.SIGTERM, timeout=10):
        if self.process.poll() is None:
            self.process.send_signal(sig)
        try:
            code = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            code = "hung"
        if self.process.stdout:
            self.process.stdout.close()
        return code

    def close(self):
        code = self.stop()
        shutil.rmtree(self.directory, ignore_errors=True)
        return code


def hp_kv(memory="64M", *more):
    return Server([HP_KV, "--memory", memory] + list(more), ready=True)


def redis_server():
    # redis-tools has the server's code under the checker's name; it looks at
    # the name that it is called by.
    program = shutil.which("redis-check-rdb")
    if not program:
        raise SystemExit("FAIL: apt-get install redis-tools")
    return Server(["redis-server", "--save", "", "--appendonly", "no",
                   "--databases", "1"], executable=program)


def redis_cli(server, *args, **more):
    return subprocess.run(["redis-cli", "-p", str(server.port)] + list(args),
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          timeout=120, **more)


class TestCase(unittest.TestCase):
    PAGES = 64      # two servers at a time

    @classmethod
    def setUpClass(cls):
        for program in ("redis-cli", "redis-benchmark"):
            if not shutil.which(program):
                raise SystemExit("FAIL: apt-get install redis-tools")
        pages = HugePages(cls.PAGES)
        cls.addClassCleanup(pages.close)

    def start(self, *args, **more):
        server = hp_kv(*args, **more)
        self.addCleanup(self.end, server)
        return server

    def end(self, server):
        # A crash, a hang and what a sanitizer finds all show here.
        code = server.stop()
        log = server.log()
        server.close()
        self.assertIn(code, (0, -signal.SIGKILL), log)


def main():
    sys.stdout.reconfigure(line_buffering=True)
    unittest.main(verbosity=2)
