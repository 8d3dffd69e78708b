# SPDX-License-Identifier: MIT
"""A service manager with a file descriptor store, by sd_notify(3)."""
import array
import fcntl
import os
import socket
import subprocess
import tempfile
import threading


class Manager:
    """Keeps descriptors for one service, up to a maximum."""

    def __init__(self, maximum=100):
        self.maximum = maximum
        self.store = []
        self.said = []
        self.folder = tempfile.mkdtemp()
        self.address = os.path.join(self.folder, "notify")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.address)
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self):
        while True:
            message, ancillary, _, _ = self.socket.recvmsg(
                65536, socket.CMSG_SPACE(64))
            fds = array.array("i")
            for _, _, data in ancillary:
                fds.frombytes(data[:len(data) - len(data) % 4])
            lines = message.decode().split("\n")
            words = dict(line.split("=", 1) for line in lines if "=" in line)
            self._take(words, fds)

    def _take(self, words, fds):
        kept = []
        if "FDSTORE" in words:
            for fd in fds:
                if len(self.store) < self.maximum:
                    self.store.append((words["FDNAME"], fd))
                    kept.append(fd)
        elif "FDSTOREREMOVE" in words:
            gone = [e for e in self.store if e[0] == words["FDNAME"]]
            for entry in gone:
                self.store.remove(entry)
                os.close(entry[1])
        elif "BARRIER" not in words:
            self.said.append(words)
        for fd in fds:
            if fd not in kept:
                os.close(fd)

    def names(self):
        return [name for name, _ in self.store]

    def start(self, *command, first=(), **environment):
        """Start the service with what is stored, and with other descriptors."""
        passed = list(first) + list(self.store)
        # Away from the numbers that they get
        copies = [fcntl.fcntl(fd, fcntl.F_DUPFD, 500) for _, fd in passed]
        names = ":".join(name for name, _ in passed)
        variables = dict(os.environ, NOTIFY_SOCKET=self.address,
                         FDSTORE=str(self.maximum), **environment)
        if passed:
            variables.update(LISTEN_FDS=str(len(passed)), LISTEN_FDNAMES=names)

        # The shell becomes the program, so its number is the right one
        moves = " ".join(f"{3 + i}<&{fd} {fd}<&-" for i, fd in enumerate(copies))
        script = f'exec {moves}; LISTEN_PID=$$ exec "$@"' if passed else 'exec "$@"'
        process = subprocess.Popen(
            ["bash", "-c", script, "bash", *command], env=variables,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            pass_fds=copies)
        for fd in copies:
            os.close(fd)
        return process

    def run(self, *command, **more):
        """Start it and wait for its end: status, stdout, stderr."""
        process = self.start(*command, **more)
        out, err = process.communicate(timeout=60)
        return process.returncode, out, err

    def drop(self):
        """Empty the store."""
        for _, fd in self.store:
            os.close(fd)
        self.store = []
