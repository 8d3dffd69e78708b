# SPDX-License-Identifier: MIT
"""A service manager with a file descriptor store, for one program.

It does what systemd does for a service with Type=notify, NotifyAccess=main and
FileDescriptorStoreMax=, as sd_notify(3), sd_pid_notify_with_fds(3) and
sd_listen_fds(3) tell, so that tests need neither root nor systemd. Import it,
or run it and type commands:

    manager.py [--max N] [--log FILE] PROGRAM [ARGUMENT]...

    start, stop, kill, restart    the program: start waits for READY=1
    drop NAME                     close the descriptors whose name begins so
    kexec                         make the descriptions anew, as a kexec does
    list                          the names in the store
    quit                          stop it, and give up the store
"""
import argparse
import array
import ctypes
import os
import platform
import random
import select
import signal
import socket
import struct
import sys
import tempfile
import threading
import time

KCMP = {"x86_64": 312, "aarch64": 272, "riscv64": 272}
FIRST = 3


def same_description(a, b):
    """Do both descriptors share an open file? systemd keeps only one then."""
    libc = ctypes.CDLL(None, use_errno=True)
    pid = os.getpid()
    rc = libc.syscall(KCMP[platform.machine()], pid, pid, 0, a, b)
    if rc < 0:
        raise OSError(ctypes.get_errno(), "kcmp")
    return rc == 0


class Timeout(Exception):
    """The program was not ready, or did not end, in time."""


class Failed(Exception):
    """The program ended before it was ready."""


class Manager:
    def __init__(self, argv, maximum=16, log=None, start_timeout=10.0,
                 state_directory=None):
        self.argv = list(argv)
        self.maximum = maximum
        self.state_directory = state_directory
        self.start_timeout = start_timeout
        self.store = []         # (name, descriptor)
        self.status = None      # of the last end: exit code, or -signal
        self.pid = None
        self.refused = 0        # descriptors that had no room
        self.said = []          # messages without descriptors
        self.directory = tempfile.TemporaryDirectory(prefix="service-")
        self.log_path = log or os.path.join(self.directory.name, "log")
        self.address = os.path.join(self.directory.name, "notify")
        self.lock = threading.Condition()
        self.ready = False
        self.deadline = 0.0
        self.listening = threading.Event()
        self.listening.set()
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self.socket.bind(self.address)
        self.wake, self.waker = os.pipe()
        self.thread = threading.Thread(target=self.listen, daemon=True)
        self.thread.start()

    # -- The program says something ---------------------------------------

    def listen(self):
        while True:
            ready, _, _ = select.select([self.socket, self.wake], [], [])
            if self.wake in ready:
                return
            self.listening.wait()
            self.receive()

    def receive(self):
        message, ancillary, _, _ = self.socket.recvmsg(
            65536, socket.CMSG_SPACE(253 * 4) + socket.CMSG_SPACE(12))
        fds, sender = [], None
        for level, kind, data in ancillary:
            if level != socket.SOL_SOCKET:
                continue
            if kind == socket.SCM_RIGHTS:
                numbers = array.array("i")
                numbers.frombytes(data[:len(data) // 4 * 4])
                fds += numbers
            elif kind == socket.SCM_CREDENTIALS:
                sender = struct.unpack("iII", data)[0]
        fields = dict(line.split("=", 1)
                      for line in message.decode().split("\n") if "=" in line)
        with self.lock:
            # Nobody but the main process, as NotifyAccess=main says; a
            # barrier is for whoever waits
            if sender == self.pid or "BARRIER" in fields:
                fds = self.obey(fields, fds)
            self.lock.notify_all()
        for fd in fds:
            os.close(fd)

    def obey(self, fields, fds):
        """Returns the descriptors that are to be closed."""
        if "FDSTORE" in fields:
            return [fd for fd in fds
                    if not self.keep(fields.get("FDNAME", "stored"), fd)]
        if "FDSTOREREMOVE" in fields:
            name = fields["FDNAME"]
            self.forget(lambda other: other == name)
        elif "BARRIER" not in fields:
            self.said.append(fields)
        if "EXTEND_TIMEOUT_USEC" in fields:
            more = int(fields["EXTEND_TIMEOUT_USEC"]) / 1e6
            self.deadline = max(self.deadline, time.monotonic() + more)
        self.ready |= fields.get("READY") == "1"
        return fds

    def keep(self, name, fd):
        if any(same_description(fd, other) for _, other in self.store):
            return False
        if len(self.store) >= self.maximum:
            self.refused += 1
            return False
        self.store.append((name, fd))
        return True

    def forget(self, wanted):
        gone = [item for item in self.store if wanted(item[0])]
        self.store = [item for item in self.store if item not in gone]
        for _, fd in gone:
            os.close(fd)
        return len(gone)

    # -- What happens to the program ---------------------------------------

    def execute(self, items):
        """In the child: the descriptors of the store from 3 on, and exec."""
        output = os.open(self.log_path,
                         os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(output, 1)
        os.dup2(output, 2)
        # Out of the way first: the numbers overlap
        moved = [os.dup(fd) for _, fd in items]
        high = max(moved + [fd for _, fd in items] + [FIRST + len(items)]) + 1
        for i, fd in enumerate(moved):
            os.dup2(fd, high + i)
        for i in range(len(items)):
            os.dup2(high + i, FIRST + i)
        os.closerange(high, high + len(items))
        environment = {name: value for name, value in os.environ.items()
                       if not name.startswith("LISTEN_")}
        environment.pop("FDSTORE", None)
        if self.state_directory:
            environment["STATE_DIRECTORY"] = self.state_directory
        environment["NOTIFY_SOCKET"] = self.address
        if self.maximum:
            environment["FDSTORE"] = str(self.maximum)
        if items:
            environment["LISTEN_PID"] = str(os.getpid())
            environment["LISTEN_FDS"] = str(len(items))
            environment["LISTEN_FDNAMES"] = ":".join(n for n, _ in items)
        os.execvpe(self.argv[0], self.argv, environment)

    def launch(self):
        """Start it, and do not wait."""
        assert self.pid is None
        with self.lock:
            items = list(self.store)
            # systemd does not keep the order either
            random.shuffle(items)
            self.ready = False
            self.said = []
            self.status = None
            self.deadline = time.monotonic() + self.start_timeout
            self.pid = os.fork()
            if self.pid == 0:
                try:
                    self.execute(items)
                finally:
                    os._exit(127)

    def reap(self):
        """Has it ended? Then its status: the exit code, or -signal."""
        if self.pid is not None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.pid = None
                self.status = os.waitstatus_to_exitcode(status)
        return self.status

    def start(self):
        self.launch()
        with self.lock:
            while not self.ready:
                if self.reap() is not None:
                    raise Failed("ended with %d before it was ready: %s"
                                 % (self.status, self.log()))
                if time.monotonic() > self.deadline:
                    raise Timeout("not ready in time: " + self.log())
                self.lock.wait(0.02)

    def wait(self, timeout=10.0):
        end = time.monotonic() + timeout
        while self.reap() is None:
            if time.monotonic() > max(end, self.deadline):
                raise Timeout("it does not end: " + self.log())
            time.sleep(0.01)
        self.settle()
        return self.status

    def settle(self):
        """What was sent until now is worked on: a barrier of our own."""
        if not self.listening.is_set():
            return
        reader, writer = os.pipe()
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
            s.connect(self.address)
            socket.send_fds(s, [b"BARRIER=1"], [writer])
        os.close(writer)
        os.read(reader, 1)
        os.close(reader)

    def signal(self, number):
        os.kill(self.pid, number)

    def stop(self, timeout=10.0):
        self.deadline = 0.0
        self.signal(signal.SIGTERM)
        return self.wait(timeout)

    def kill(self):
        self.signal(signal.SIGKILL)
        return self.wait()

    def restart(self):
        status = self.stop()
        self.start()
        return status

    # -- What happens to the store -----------------------------------------

    def names(self):
        with self.lock:
            return sorted(name for name, _ in self.store)

    def descriptors(self, wanted):
        """Of the files whose name the function wants; they stay ours."""
        with self.lock:
            return [fd for name, fd in self.store if wanted(name)]

    def drop(self, wanted):
        """Close those whose name the function wants; how many there were."""
        with self.lock:
            return self.forget(wanted)

    def kexec(self):
        """The same files, of descriptions that nobody else has."""
        with self.lock:
            for i, (name, fd) in enumerate(self.store):
                self.store[i] = (name, os.open("/proc/self/fd/%d" % fd,
                                               os.O_RDWR | os.O_CLOEXEC))
                os.close(fd)

    def be_deaf(self, deaf):
        """A manager that is busy does not work on messages."""
        if deaf:
            self.listening.clear()
        else:
            self.listening.set()

    # -- The end -----------------------------------------------------------

    def log(self):
        try:
            with open(self.log_path, errors="replace") as f:
                return f.read()
        except FileNotFoundError:
            return ""

    def close(self):
        if self.pid is not None and self.reap() is None:
            self.signal(signal.SIGKILL)
            os.waitpid(self.pid, 0)
            self.pid = None
        self.be_deaf(False)
        os.write(self.waker, b"x")
        self.thread.join()
        self.forget(lambda name: True)
        self.socket.close()
        os.close(self.wake)
        os.close(self.waker)
        self.directory.cleanup()


def command(manager, words):
    if words[0] in ("start", "stop", "kill", "restart", "kexec"):
        status = getattr(manager, words[0])()
        print("done" if status is None else "ended with %d" % status)
    elif words[0] == "drop" and len(words) == 2:
        print("dropped %d" % manager.drop(lambda n: n.startswith(words[1])))
    elif words[0] == "list":
        print("\n".join(manager.names() or ["nothing"]))
    else:
        print("start, stop, kill, restart, drop NAME, kexec, list or quit")


def main():
    parser = argparse.ArgumentParser(
        description="A service manager with a store, for one program.")
    parser.add_argument("--max", type=int, default=16)
    parser.add_argument("--log", default="/dev/stderr")
    parser.add_argument("program", nargs=argparse.REMAINDER)
    options = parser.parse_args()
    if not options.program:
        parser.error("which program?")
    manager = Manager(options.program, options.max, options.log)
    try:
        for line in sys.stdin:
            words = line.split()
            if words == ["quit"]:
                break
            try:
                if words:
                    command(manager, words)
            except (Failed, Timeout, TypeError, OSError) as e:
                print(e)
            sys.stdout.flush()
    finally:
        manager.close()


if __name__ == "__main__":
    main()
