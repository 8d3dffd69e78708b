# SPDX-License-Identifier: MIT
"""The counter as a service: it counts on, whatever ended it."""
import os
import re
import time
import unittest

import kvtest
from manager import Manager

COUNTER = os.environ["HP_COUNTER"]


class Counter(unittest.TestCase):
    def setUp(self):
        pages = kvtest.HugePages(1)
        self.addCleanup(pages.close)
        self.manager = Manager([COUNTER], start_timeout=10)
        self.addCleanup(self.manager.close)

    def start(self, starts, end, entries=2):
        """The program does not tell the manager that it is ready."""
        m = self.manager
        before = m.log()
        m.launch()
        limit = time.monotonic() + 10
        while not m.log()[len(before):].endswith("\n"):
            self.assertIsNone(m.reap(), m.log())
            self.assertLess(time.monotonic(), limit)
            time.sleep(0.01)
        self.assertEqual(m.log()[len(before):],
                         "start %d, kernel 1, the last end was %s\n"
                         % (starts, end))
        self.assertEqual(len(m.names()), entries)

    def test_counts_on(self):
        self.start(1, "none or a crash")
        self.assertEqual(self.manager.stop(), 0)
        self.start(2, "clean")
        self.assertEqual(self.manager.kill(), -9)
        self.start(3, "none or a crash")
        for n in range(4, 14):
            self.assertEqual(self.manager.stop(), 0)
            self.start(n, "clean")
        self.manager.stop()
        self.manager.drop(lambda name: True)
        self.start(1, "none or a crash")
        self.manager.stop()

    def test_says_why_it_cannot(self):
        self.manager.maximum = 0
        self.manager.launch()
        self.assertEqual(self.manager.wait(), 1)
        self.assertRegex(self.manager.log(),
                         re.compile("^counter: .*FileDescriptorStoreMax="))

    def test_page_comes_back_to_the_pool(self):
        free = kvtest.free_pages()
        self.start(1, "none or a crash")
        self.assertEqual(kvtest.free_pages(), free - 1)
        self.manager.stop()
        self.assertEqual(kvtest.free_pages(), free - 1)
        self.manager.drop(lambda name: True)
        self.assertEqual(kvtest.free_pages(), free)


    def test_another_program_carries_it_along(self):
        m = self.manager
        self.start(1, "none or a crash")
        m.stop()
        port = kvtest.free_port()
        m.argv = [kvtest.HP_KV, "--session", "counter", "--shmem", "--memory",
                  "4M", "--port", str(port)]
        m.start()
        self.assertEqual(len(m.names()), 3)
        with kvtest.Client(("127.0.0.1", port)) as c:
            c.call("SET", "key", "value")
        m.restart()
        with kvtest.Client(("127.0.0.1", port)) as c:
            self.assertEqual(c.call("GET", "key"), b"value")
        m.stop()
        # What is not its own is not for it to discard
        fd, = m.descriptors(lambda name: ".0000000000000001." in name)
        os.pwrite(fd, b"xxxxxxxx", 0)
        m.argv.append("--discard")
        m.start()
        with kvtest.Client(("127.0.0.1", port)) as c:
            self.assertIsNone(c.call("GET", "key"))
        m.stop()
        self.assertEqual(len(m.names()), 3)
        m.argv = [COUNTER]
        self.start(2, "clean", entries=3)
        m.stop()


if __name__ == "__main__":
    kvtest.main()
