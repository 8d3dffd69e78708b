# SPDX-License-Identifier: MIT
"""A cluster of PostgreSQL with the extension, under a small service manager."""
import mmap
import os
import pwd
import shutil
import signal
import struct
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "service"))
from manager import Failed, Manager, Timeout  # noqa: E402

OWNER = "postgres"

# struct head in hugepersist.c: where each part is
HEAD = {"magic": 0, "control": 8, "ticket": 8200, "format": 8216,
        "version": 8220, "buffers": 8224, "count": 8236, "entries_crc": 8240,
        "since": 8248, "files": 8256, "crc": 8264, "mark": 8272, "entries": 8280}
ENTRY = struct.Struct("<8I")


def as_owner():
    """What a command needs in front of it: postgres refuses to be root."""
    if os.geteuid() != 0:
        return []
    return ["setpriv", "--reuid=" + OWNER, "--regid=" + OWNER, "--init-groups"]


def crc32c(data):
    table = []
    for n in range(256):
        for _ in range(8):
            n = n >> 1 ^ (0x82F63B78 if n & 1 else 0)
        table.append(n)
    crc = 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ table[(crc ^ byte) & 255]
    return crc ^ 0xFFFFFFFF


class Postgres:
    """The programs of one version, and the extension that was built for it."""

    def __init__(self, bindir, extension, sql):
        self.bindir, self.extension, self.sql = bindir, extension, sql

    def run(self, program, *arguments, **options):
        options.setdefault("check", True)
        options.setdefault("cwd", "/")
        return subprocess.run(
            as_owner() + [os.path.join(self.bindir, program), *arguments],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            timeout=120, **options).stdout


class Service(Manager):
    """The manager, for a program of another user."""

    def __init__(self, argv, log):
        super().__init__(argv, log=log, start_timeout=60)
        os.chmod(self.directory.name, 0o711)
        os.chmod(self.address, 0o777)


class Cluster:
    def __init__(self, postgres, directory, port=5432):
        self.postgres, self.directory, self.port = postgres, directory, port
        self.data = os.path.join(directory, "data")
        self.log = os.path.join(directory, "log")
        self.seen = 0           # of the log
        argv = [os.path.join(postgres.bindir, "postgres"), "-D", self.data]
        self.service = Service(as_owner() + argv, self.log)

    # -- Files ---------------------------------------------------------------

    def make(self):
        os.makedirs(self.directory)
        if os.geteuid() == 0:
            user = pwd.getpwnam(OWNER)
            os.chown(self.directory, user.pw_uid, user.pw_gid)
        self.postgres.run("initdb", "-D", self.data, "-A", "trust", "-k", "-N",
                          "-U", OWNER, "--wal-segsize=1", "--locale=C")
        self.set(shared_buffers="16MB", fsync="off", listen_addresses="",
                 unix_socket_directories=self.directory, port=self.port,
                 max_connections=20, autovacuum_naptime="1s",
                 log_checkpoints="off", shared_preload_libraries=self.postgres.extension)
        self.set(**{"hugepersist.memory": "shmem", "hugepersist.enable": "on"})

    def copy_of(self, other):
        """A cluster that was made and is not running."""
        shutil.copytree(other.directory, self.directory, symlinks=True,
                        ignore=lambda d, names: [n for n in names if n == "log"])
        if os.geteuid() == 0:
            subprocess.run(["chown", "-R", OWNER + ":" + OWNER, self.directory],
                           check=True)
        self.set(unix_socket_directories=self.directory, port=self.port)

    def set(self, **settings):
        with open(os.path.join(self.data, "postgresql.conf"), "a") as f:
            for name, value in settings.items():
                f.write("%s = '%s'\n" % (name, value))

    def write(self, name, text):
        path = os.path.join(self.data, name)
        with open(path, "w") as f:
            f.write(text)
        if os.geteuid() == 0:
            shutil.chown(path, OWNER, OWNER)

    # -- Life ----------------------------------------------------------------

    def start(self):
        self.seen = len(self.service.log())
        end = time.monotonic() + 20
        while True:
            try:
                self.service.start()
                break
            except Failed as e:
                # Children of a postmaster that was killed need a moment
                if "still in use" not in self.news() or time.monotonic() > end:
                    raise e
                time.sleep(0.1)
        self.ready()

    def ready(self):
        end = time.monotonic() + 60
        while True:
            try:
                return self.ask("SELECT 1")
            except subprocess.CalledProcessError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.05)

    def end(self, number=signal.SIGINT):
        self.service.signal(number)
        return self.service.wait(60)

    def news(self):
        """What the log says since the last start."""
        return self.service.log()[self.seen:]

    def by_hand(self, *options, sql="SELECT 1"):
        """Run it as somebody without a manager does, and stop it."""
        log = os.path.join(self.directory, "by-hand.log")
        self.postgres.run("pg_ctl", "-D", self.data, "-w", "-l", log, "-o",
                          " ".join(options), "start")
        answer = self.ask(sql)
        self.postgres.run("pg_ctl", "-D", self.data, "-w", "-m", "fast", "stop")
        return answer

    # -- Questions -------------------------------------------------------------

    def client(self, program, *arguments, **options):
        return subprocess.run(
            [os.path.join(self.postgres.bindir, program), "-h", self.directory,
             "-p", str(self.port), "-U", OWNER, *arguments], check=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            timeout=300, **options).stdout

    def ask(self, sql, database="postgres"):
        return self.client("psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-d",
                           database, "-f", "-", input=sql).strip()

    def define_view(self):
        with open(self.postgres.sql) as f:
            sql = f.read().replace("MODULE_PATHNAME", self.postgres.extension)
        self.ask("\n".join(line for line in sql.split("\n")
                           if not line.startswith("\\")))

    def status(self):
        """start, why_cold, origin, and how many buffers came back"""
        words = self.ask("SELECT start, coalesce(why_cold, ''), origin, buffers "
                         "FROM hugepersist_status").split("|")
        return words[0], words[1], words[2], int(words[3])

    # -- The memory that the manager has -----------------------------------------

    def memory(self):
        """The region; the other descriptor is the manifest's."""
        fds = self.service.descriptors(lambda name: name.count(".") == 4)
        assert len(fds) == 1, self.service.names()
        return mmap.mmap(fds[0], os.fstat(fds[0]).st_size)

    def close(self):
        self.service.close()


__all__ = ["Cluster", "Failed", "HEAD", "ENTRY", "Postgres", "Service", "Timeout",
           "as_owner", "crc32c"]
