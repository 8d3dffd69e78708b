#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""memcached, unmodified, with the command of examples/memcached."""
import os
import pwd
import re
import shlex
import shutil
import signal
import socket
import tempfile
import time
import unittest

from manager import Manager

PROGRAM = os.environ["HUGEPERSIST"]
DROP_IN = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                       "../../examples/memcached/hugepersist.conf")
ITEMS = 2000


def lines(name):
    with open(DROP_IN, encoding="ascii") as file:
        return re.findall(rf"^{name}=(.+)$", file.read(), re.M)


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Memcached(unittest.TestCase):
    def setUp(self):
        self.manager = Manager(int(lines("FileDescriptorStoreMax")[0]))
        self.addCleanup(self.manager.drop)
        self.state = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.state)
        os.chmod(self.state, 0o775)
        os.chown(self.state, -1, pwd.getpwnam("memcache").pw_gid)
        self.port = free_port()

    def start(self):
        wait, command = lines("ExecStartPre")[0], shlex.split(lines("ExecStart")[-1])
        # As systemd reads the line
        self.manager.run(*shlex.split(wait.replace("%%", "%")),
                         STATE_DIRECTORY=self.state)
        self.assertEqual(command[0], "/usr/bin/hugepersist")
        command[0] = PROGRAM
        command[command.index("-p") + 1] = str(self.port)
        # Any machine has shmem; the pool is for machines that have one
        command = [word + ",shmem" if word.startswith("items=") else word
                   for word in command]
        process = self.manager.start(*command, STATE_DIRECTORY=self.state)
        for _ in range(300):
            try:
                return process, socket.create_connection(("127.0.0.1", self.port))
            except OSError:
                self.assertIsNone(process.poll(), process.poll())
                time.sleep(0.1)
        self.fail("memcached does not answer")

    def ask(self, peer, request, end=b"END\r\n"):
        peer.sendall(request)
        answer = b""
        while not answer.endswith(end):
            more = peer.recv(65536)
            self.assertTrue(more, answer)
            answer += more
        return answer

    def stop(self, process, peer, with_signal):
        peer.close()
        process.send_signal(with_signal)
        process.communicate(timeout=60)

    def count(self, peer):
        return sum(self.ask(peer, b"get k%d\r\n" % i) ==
                   b"VALUE k%d 7 6\r\nv%05d\r\nEND\r\n" % (i, i)
                   for i in range(ITEMS))

    def test_items_come_back(self):
        process, peer = self.start()
        for i in range(ITEMS):
            self.assertEqual(self.ask(peer, b"set k%d 7 0 6\r\nv%05d\r\n" % (i, i),
                                      b"\r\n"), b"STORED\r\n")
        for _ in range(2):
            # Without a pause between: the drop-in waits for the clock
            self.stop(process, peer, signal.SIGUSR1)
            process, peer = self.start()
            self.assertEqual(self.count(peer), ITEMS)
        # Never half of it after a crash
        self.stop(process, peer, signal.SIGKILL)
        process, peer = self.start()
        self.assertEqual(self.count(peer), 0)
        # Nor items of zeros, if the memory is gone and the description is not
        self.stop(process, peer, signal.SIGUSR1)
        self.assertTrue(os.path.exists(f"{self.state}/items.meta"))
        self.manager.drop()
        process, peer = self.start()
        self.assertEqual(self.ask(peer, b"get k1\r\n"), b"END\r\n")
        self.stop(process, peer, signal.SIGKILL)


if __name__ == "__main__":
    unittest.main()
