# SPDX-License-Identifier: MIT
"""Two versions of the library take over from each other, over restarts, crashes
and kexecs: every word is there, and the store has no entry more."""
import os
import re
import unittest

from manager import Manager

THIS, NEXT = os.environ["HP_THIS"], os.environ["HP_NEXT"]
REGIONS = 5


class Versions(unittest.TestCase):
    def setUp(self):
        self.manager = Manager([THIS, "--shmem", str(REGIONS)], start_timeout=20)
        self.addCleanup(self.manager.close)

    def start(self, program, verb, number, sealed):
        m = self.manager
        m.argv[0] = program
        before = len(m.log())
        m.start()
        line = m.log()[before:].splitlines()[-1]
        self.assertRegex(line, re.compile("^%s %d %s " % (
            verb, number, "sealed" if sealed else "open")))
        self.assertEqual(len(m.names()), REGIONS + 1)

    def test_there_and_back(self):
        m = self.manager
        number = 1
        self.start(THIS, "new", 1, False)
        for program in (NEXT, THIS, THIS, NEXT, NEXT, THIS):
            self.assertEqual(m.stop(), 0)
            self.start(program, "kept", number, True)
            number += 1
            m.kill()
            self.start(program, "kept", number, False)
            number += 1
            m.stop()
            m.kexec()
            self.start(program, "kept", number, True)
            number += 1

    def test_begins_with_the_next_one(self):
        self.start(NEXT, "new", 1, False)
        self.manager.stop()
        self.start(THIS, "kept", 1, True)
        self.manager.stop()
        self.start(NEXT, "kept", 2, True)
        self.manager.stop()


unittest.main()
