# SPDX-License-Identifier: MIT
"""pool.c was written by somebody who had hugepersist.h and nothing else. What it
said to have stored is there, whatever ended it."""
import os
import random
import time
import unittest

from manager import Manager

POOL = os.environ["HP_READERS_POOL"]
FAIL = os.environ["HP_READERS_FAIL"]
BYTES = str(8 << 20)


class Pool(unittest.TestCase):
    def setUp(self):
        self.manager = Manager(maximum=8, argv=[
            "sh", "-c", 'exec env $2 "$0" %s shmem <"$1"' % BYTES, POOL, "", ""])
        self.addCleanup(self.manager.close)
        self.fifo = os.path.join(self.manager.directory.name, "input")
        os.mkfifo(self.fifo)
        self.manager.argv[4] = self.fifo
        self.input = None
        self.known = {}     # what was acknowledged

    def launch(self):
        # What the last one did not read must not reach this one
        if self.input:
            self.input.close()
        self.read = len(self.manager.log())
        self.manager.launch()
        self.input = open(self.fifo, "w", buffering=1)
        self.addCleanup(self.input.close)

    def start(self, expected):
        self.launch()
        self.assertEqual(self.answer(), "ready %s %s" % (expected, expected))

    def answer(self):
        limit = time.monotonic() + 20
        while True:
            line, end, _ = self.manager.log()[self.read:].partition("\n")
            if end:
                self.read += len(line) + 1
                if line.startswith(("ready ", "ok", "value ", "none")):
                    return line
                continue
            self.assertIsNone(self.manager.reap(), self.manager.log())
            self.assertLess(time.monotonic(), limit, self.manager.log())
            time.sleep(0.002)

    def put(self, tenant, block, text):
        self.input.write("put %d %d %s\n" % (tenant, block, text))
        self.assertEqual(self.answer(), "ok")
        self.known[tenant, block] = text

    def check(self):
        for (tenant, block), text in self.known.items():
            self.input.write("get %d %d\n" % (tenant, block))
            self.assertEqual(self.answer(), "value " + text)

    def test_any_end(self):
        m = self.manager
        seed = random.randrange(1 << 32)
        chance = random.Random(seed)
        print("seed", seed)
        self.start("NEW")
        for round in range(8):
            for _ in range(20):
                self.put(chance.randrange(2), chance.randrange(30),
                         "%d-%d" % (round, chance.randrange(1000)))
            if chance.random() < 0.5:
                # Behind what was acknowledged one more may be on its way
                self.input.write("put 0 900 last\nput 1 900 last\n")
                m.kill()
            else:
                self.assertEqual(m.stop(), 0, m.log())
            if chance.random() < 0.3:
                m.kexec()
            self.start("WARM")
            self.check()
            self.assertEqual(len(m.names()), 4)

    def test_store_that_is_full_for_a_while(self):
        m = self.manager
        m.maximum = 3
        self.launch()
        time.sleep(1)
        self.assertNotIn("ready", m.log())
        self.assertIsNone(m.reap())
        m.maximum = 8
        self.assertEqual(self.answer(), "ready NEW NEW")
        self.put(1, 1, "here")
        m.kill()
        self.start("WARM")
        self.check()

    def fail_once(self, number):
        """A start in which that call fails. Did it come so far?"""
        m = self.manager
        m.argv[5] = "LD_PRELOAD=%s HP_FAIL=%d" % (FAIL, number)
        self.launch()
        start = self.read
        m.argv[5] = ""
        limit = time.monotonic() + 20
        while m.reap() is None and "ready" not in m.log()[self.read:]:
            self.assertLess(time.monotonic(), limit, m.log())
            time.sleep(0.002)
        if m.reap() is None:
            self.input.write("put 0 77 %d\n" % number)
            answer = self.answer()
            while answer != "ok":
                answer = self.answer()
            self.known[0, 77] = str(number)
            m.kill()
        return "failed: " in m.log()[start:]

    def test_each_call_fails_once(self):
        """Whatever fails at a start: the next one has all that was stored."""
        m = self.manager
        m.maximum = 64
        self.start("NEW")
        self.put(0, 1, "one")
        self.put(1, 2, "two")
        m.kill()
        number = 1
        while self.fail_once(number):
            self.start("WARM")
            self.check()
            self.assertEqual(len(m.names()), 4)
            m.kill()
            number += 1
        self.assertGreater(number, 40)
        print("%d calls failed, one by one" % (number - 1))

    def test_each_call_fails_once_at_the_first_start(self):
        m = self.manager
        m.maximum = 64
        number = 1
        while self.fail_once(number):
            self.launch()
            self.assertRegex(self.answer(), "^ready (NEW|WARM) (NEW|WARM)$")
            self.check()
            self.put(1, 5, "five")
            self.assertEqual(m.stop(), 0, m.log())
            self.start("WARM")
            self.check()
            self.assertEqual(len(m.names()), 4)
            m.kill()
            self.known = {}
            m.drop(lambda name: True)
            number += 1
        self.assertGreater(number, 60)
        print("%d calls failed, one by one" % (number - 1))


unittest.main()
