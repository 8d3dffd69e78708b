# SPDX-License-Identifier: MIT
"""hp-kv as a service of a manager with a store: what it outlives, what not.

In shmem, so that no huge pages and no root are needed.
"""
import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time

import kvtest
from kvtest import Client, Error, encode
from manager import Failed, Manager

MEMORY = 16 << 20


def is_manifest(name):
    return name.count(".") == 2


def is_region(name):
    return name.count(".") == 4


class Service(kvtest.TestCase):
    PAGES = 0

    def setUp(self):
        self.top = tempfile.mkdtemp(prefix="kv-service-")
        self.addCleanup(shutil.rmtree, self.top, ignore_errors=True)
        self.path = os.path.join(self.top, "socket")
        self.port = kvtest.free_port()

    def manager(self, *more, program=kvtest.HP_KV, **settings):
        m = Manager([program, "--shmem", "--memory", "%dM" % (MEMORY >> 20),
                     "--port", str(self.port), "--unixsocket", self.path] +
                    list(more), **settings)
        self.addCleanup(self.end, m)
        return m

    def end(self, m):
        # What a sanitizer finds shows here too
        log = m.log()
        status = m.reap() if m.pid is None else m.stop()
        m.close()
        self.assertIn(status, (0, 1, -signal.SIGKILL, None), log)
        self.assertNotIn("Sanitizer", log)

    def client(self):
        return Client(self.path)

    def info(self):
        with self.client() as c:
            text = c.call("INFO", "persistence").decode()
        return dict(line.split(":", 1) for line in text.split("\r\n")
                    if ":" in line)

    def fill(self, first=0, count=2000):
        with self.client() as c:
            for i in range(first, first + count):
                c.send(encode("SET", "key:%d" % i, b"value %d " % i * 20))
            for _ in range(count):
                self.assertEqual(c.reply(), b"OK")

    def check(self, count=2000, origin="kept"):
        """Every key with its value, as two clients see them."""
        self.assertEqual(self.info()["origin"], origin)
        with self.client() as c:
            self.assertEqual(c.call("DBSIZE"), count)
            for i in range(count):
                c.send(encode("GET", "key:%d" % i))
            values = [c.reply() for _ in range(count)]
        self.assertEqual(values, [b"value %d " % i * 20
                                  for i in range(count)])
        self.assertEqual(kvtest.redis_cli(self, "dbsize").stdout.strip(),
                         b"%d" % count)

    def wait_for(self, m, words):
        end = time.monotonic() + 20
        while words not in m.log():
            self.assertLess(time.monotonic(), end, m.log())
            self.assertIsNone(m.reap(), m.log())
            time.sleep(0.05)

    def wait_until_ready(self, m):
        end = time.monotonic() + 20
        while not m.ready:
            self.assertLess(time.monotonic(), end, m.log())
            self.assertIsNone(m.reap(), m.log())
            time.sleep(0.05)

    def replace_the_owner(self, m):
        """A second process waits until the first one has ended."""
        other, m.pid = m.pid, None
        try:
            m.argv[m.argv.index("--port") + 1] = "0"
            self.path += "2"
            m.argv[m.argv.index("--unixsocket") + 1] = self.path
            m.launch()
            self.wait_for(m, "waiting until this passes")
            self.assertIn("process %d" % other, m.log())
            self.assertFalse(m.ready)
        finally:
            os.kill(other, signal.SIGTERM)
            os.waitpid(other, 0)
        self.wait_until_ready(m)

    def refused(self, m):
        before = len(m.log())
        with self.assertRaises(Failed):
            m.start()
        self.assertEqual(m.status, 1)
        return m.log()[before:]


class Warm(Service):
    def test_restart_and_kill(self):
        m = self.manager()
        m.start()
        info = self.info()
        self.assertEqual(info["origin"], "created")
        self.assertEqual(info["holder"], "store")
        self.assertEqual(info["preserved"], "yes")
        self.assertEqual(info["outlives_restart"], "yes")
        self.assertEqual(info["outlives_kexec"], "not-known")
        self.assertNotIn("not_preserved_reason", info)
        self.fill()
        self.assertEqual(m.restart(), 0)
        self.check()
        self.assertEqual(self.info()["came_back_sealed"], "yes")
        self.assertEqual(m.kill(), -signal.SIGKILL)
        m.start()
        self.check()
        self.assertEqual(self.info()["came_back_sealed"], "no")
        with self.client() as c:
            c.send(encode("SHUTDOWN"))
            self.assertEqual(c.rest(), b"")
        self.assertEqual(m.wait(), 0)
        m.start()
        self.check()
        self.assertEqual(self.info()["came_back_sealed"], "yes")
        with self.client() as c:
            status = c.call("HUGEPERSIST", "STATUS")
            status = dict(zip(status[::2], status[1::2]))
        self.assertEqual(status[b"holder"], b"store")
        self.assertEqual(status[b"preserved"], b"yes")
        self.assertEqual(status[b"outlives-restart"], b"yes")
        self.assertEqual(status[b"came-back-sealed"], b"yes")

    def write(self, stream, stop, acknowledged):
        """One command at a time, as long as there is a server."""
        n = acknowledged[stream]
        try:
            with self.client() as c:
                while not stop.is_set():
                    c.call("SET", "s%d" % stream, b"%d:" % (n + 1) * 200)
                    n += 1
                    acknowledged[stream] = n
        except (OSError, EOFError):
            pass

    def test_killed_in_the_middle_of_writes(self):
        m = self.manager()
        m.start()
        acknowledged = [0] * 4
        for _ in range(5):
            stop = threading.Event()
            writers = [threading.Thread(target=self.write,
                                        args=(i, stop, acknowledged))
                       for i in range(4)]
            before = list(acknowledged)
            for w in writers:
                w.start()
            time.sleep(0.3)
            m.kill()
            stop.set()
            for w in writers:
                w.join()
            m.start()
            self.assertEqual(self.info()["origin"], "kept")
            with self.client() as c:
                for i, n in enumerate(acknowledged):
                    self.assertGreater(n, before[i])
                    value = c.call("GET", "s%d" % i)
                    # The one in flight may be there, whole
                    self.assertIn(value, (b"%d:" % n * 200,
                                          b"%d:" % (n + 1) * 200))
                    acknowledged[i] = int(value.split(b":")[0])

    def test_upgrade(self):
        old = os.path.join(self.top, "hp-kv-old")
        shutil.copy2(kvtest.HP_KV, old)
        m = self.manager(program=old)
        m.start()
        self.fill()
        m.stop()
        os.unlink(old)
        m.argv[0] = kvtest.HP_KV
        m.start()
        self.check()

    def test_twenty_restarts_leave_the_store_as_it_is(self):
        m = self.manager()
        m.start()
        self.fill()
        names = m.names()
        self.assertEqual(len(names), 2)
        for n in range(20):
            if n % 3 == 2:
                m.kill()
                m.start()
            else:
                self.assertEqual(m.restart(), 0)
            self.assertEqual(m.names(), names)
        self.check()
        self.assertEqual(m.refused, 0)

    def test_descriptions_made_anew(self):
        m = self.manager()
        m.start()
        self.fill()
        for _ in range(3):
            m.stop()
            m.kexec()
            m.start()
            self.check()
            self.assertEqual(self.info()["preserved"], "yes")
            self.assertEqual(len(m.names()), 2)

    def test_only_the_memory_that_is_there_counts(self):
        m = self.manager()
        m.start()
        self.fill()
        m.stop()
        m.argv += ["--memory", "32M"]
        m.start()
        self.assertIn("--memory is for new ones", m.log())
        self.check()

    def test_second_owner_waits(self):
        """One process owns the session; whoever comes meanwhile says so."""
        m = self.manager()
        m.start()
        self.fill()
        self.replace_the_owner(m)
        with self.client() as c:
            self.assertEqual(c.call("DBSIZE"), 2000)


class Given(Service):
    """What gives the memory up, and what does not."""

    def test_abort_and_preserve(self):
        m = self.manager()
        m.start()
        self.fill()
        with self.client() as c:
            self.assertEqual(c.call("HUGEPERSIST", "ABORT"), b"OK")
            self.assertEqual(self.info()["preserved"], "no")
            self.assertIn("HUGEPERSIST PRESERVE",
                          self.info()["not_preserved_reason"])
            self.assertEqual(self.info()["outlives_restart"], "no")
            self.assertEqual(c.call("HUGEPERSIST", "PRESERVE"), b"OK")
            self.assertEqual(self.info()["preserved"], "yes")
        m.restart()
        self.check()
        with self.client() as c:
            self.assertEqual(c.call("HUGEPERSIST", "ABORT"), b"OK")
        m.restart()
        self.check(0, "created")
        self.assertEqual(len(m.names()), 2)

    def test_drop_of_all(self):
        m = self.manager()
        m.start()
        self.fill()
        m.stop()
        self.assertEqual(m.drop(lambda name: True), 2)
        m.start()
        self.check(0, "created")

    def test_drop_of_all_is_noticed_with_a_state_directory(self):
        m = self.manager(state_directory=self.top)
        m.start()
        self.fill()
        m.restart()
        self.check()
        m.stop()
        m.drop(lambda name: True)
        m.start()
        self.assertIn("are lost", m.log())
        self.check(0, "lost")

    def spoil(self, m, offset, data):
        """Other bytes in the region; returns those that were there."""
        fd, = m.descriptors(is_region)
        before = os.pread(fd, len(data), offset)
        os.pwrite(fd, data, offset)
        return before

    def test_unusable_memory_stays_until_discard(self):
        m = self.manager()
        m.start()
        self.fill()
        m.stop()
        names = m.names()
        magic = self.spoil(m, 0, b"xxxxxxxx")
        for _ in range(2):
            said = self.refused(m)
            self.assertIn("cannot be used: it was not written by hp-kv", said)
            self.assertIn("--discard", said)
            self.assertEqual(m.names(), names)
        self.spoil(m, 0, magic)
        # The option may stand in a unit file, and costs no good data
        m.argv.append("--discard")
        m.start()
        self.check()
        m.stop()
        self.spoil(m, 0, b"xxxxxxxx")
        m.start()
        self.check(0, "created")
        self.assertIn("dropped it, as --discard says", m.log())
        self.assertEqual(len(m.names()), 2)
        self.fill()
        m.restart()
        self.check()

    def test_lost_region_is_said(self):
        m = self.manager()
        m.start()
        self.fill()
        m.stop()
        self.assertEqual(m.drop(is_region), 1)
        m.start()
        self.assertIn("are lost", m.log())
        self.check(0, "lost")
        self.fill()
        m.restart()
        self.check()

    def test_lost_region_comes_from_the_save(self):
        m = self.manager("--save-dir", os.path.join(self.top, "save"))
        m.start()
        self.fill()
        m.stop()
        m.drop(is_region)
        m.start()
        self.assertIn("are lost", m.log())
        self.check(origin="save")
        m.restart()
        self.check()


class Manifest(Service):
    """The manifest is lost or damaged, and the region is whole."""

    def damage(self, m):
        fd, = m.descriptors(is_manifest)
        for offset in range(0, os.fstat(fd).st_size, 4096):
            os.pwrite(fd, b"\xff" * 512, offset)

    def survive(self, m, break_it):
        m.start()
        self.fill()
        for _ in range(3):
            m.stop()
            break_it(m)
            m.start()
            self.check()
            self.assertEqual(self.info()["preserved"], "yes")
            self.assertEqual(len(m.names()), 2)
        for _ in range(2):
            m.restart()
            self.check()
            self.assertEqual(self.info()["came_back_sealed"], "yes")

    def test_dropped(self):
        self.survive(self.manager(), lambda m: m.drop(is_manifest))

    def test_damaged(self):
        self.survive(self.manager(), self.damage)

    def without_more_room(self, break_it):
        """Started or refused, nothing is lost, and with room it starts."""
        m = self.manager(maximum=2)
        m.start()
        self.fill()
        m.stop()
        break_it(m)
        for _ in range(3):
            try:
                m.start()
            except Failed:
                self.assertIn("FileDescriptorStoreMax=", m.log())
            else:
                self.check()
                m.stop()
        m.maximum = 4
        for _ in range(3):
            m.start()
            self.check()
            m.stop()
        self.assertEqual(len(m.names()), 2)

    def test_dropped_and_the_store_has_no_more_room(self):
        self.without_more_room(lambda m: m.drop(is_manifest))

    def test_damaged_and_the_store_has_no_more_room(self):
        self.without_more_room(self.damage)

    def test_owner_is_alone_afterwards(self):
        m = self.manager()
        m.start()
        m.stop()
        m.drop(is_manifest)
        m.start()
        self.replace_the_owner(m)

    def test_unusable_region_too(self):
        m = self.manager()
        m.start()
        self.fill()
        m.stop()
        m.drop(is_manifest)
        fd, = m.descriptors(is_region)
        magic = os.pread(fd, 8, 0)
        os.pwrite(fd, b"xxxxxxxx", 0)
        for _ in range(2):
            self.assertIn("cannot be used", self.refused(m))
        os.pwrite(fd, magic, 0)
        m.start()
        self.check()

    def test_both_gone(self):
        m = self.manager()
        m.start()
        self.fill()
        m.stop()
        self.damage(m)
        m.drop(is_region)
        m.start()
        self.assertIn("are lost", m.log())
        self.check(0, "lost")
        self.fill()
        m.restart()
        self.check()


class Full(Service):
    def test_no_room_for_anything(self):
        m = self.manager(maximum=1)
        m.keep("other", os.open("/dev/null", os.O_RDWR))
        said = self.refused(m)
        self.assertIn("FileDescriptorStoreMax=", said)
        self.assertEqual(m.names(), ["other"])
        m.maximum = 3
        m.start()
        self.fill()
        m.restart()
        self.check()

    def test_no_room_for_the_region(self):
        m = self.manager(maximum=1)
        said = self.refused(m)
        self.assertIn("cannot be preserved", said)
        self.assertIn("FileDescriptorStoreMax=", said)
        m.maximum = 2
        m.start()
        self.fill()
        m.restart()
        self.check()

    def test_without_a_store_it_serves_and_says_so(self):
        m = self.manager(maximum=0)
        m.start()
        self.assertIn("will not survive", m.log())
        self.assertEqual(self.info()["preserved"], "no")
        self.assertEqual(self.info()["outlives_restart"], "no")


class Busy(Service):
    """The manager does not work on messages for a while."""

    def test_first_start_waits(self):
        m = self.manager()
        m.be_deaf(True)
        m.launch()
        self.wait_for(m, "waiting until this passes")
        m.be_deaf(False)
        self.wait_until_ready(m)
        self.assertTrue(any("EXTEND_TIMEOUT_USEC" in said for said in m.said))
        self.fill()
        m.restart()
        self.check()

    def test_second_instance_does_not_take_the_address(self):
        """The first has it from the start on, long before it serves."""
        m = self.manager()
        m.be_deaf(True)
        m.launch()
        self.wait_for(m, "waiting until this passes")
        for address in (["--port", str(self.port)],
                        ["--port", "0", "--unixsocket", self.path]):
            r = subprocess.run([kvtest.HP_KV, "--shmem", "--memory", "2M",
                                "--session", "other"] + address,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               text=True, timeout=10)
            self.assertEqual((r.returncode, r.stdout), (1, ""))
            self.assertIn("cannot listen", r.stderr)
        with self.client() as c:
            # Who connects meanwhile is served, as soon as there is a store
            c.send(encode("PING"))
            m.be_deaf(False)
            self.assertEqual(c.reply(), b"PONG")
        self.wait_until_ready(m)

    def test_waiting_ends_when_told(self):
        m = self.manager()
        m.be_deaf(True)
        m.launch()
        self.wait_for(m, "waiting until this passes")
        m.signal(signal.SIGTERM)
        self.assertEqual(m.wait(20), 1)
        m.be_deaf(False)

    def test_serving_does_not_wait(self):
        m = self.manager()
        m.start()
        self.fill()
        with self.client() as c:
            self.assertEqual(c.call("HUGEPERSIST", "ABORT"), b"OK")
            m.be_deaf(True)
            with self.assertRaisesRegex(Error, "^ERR not done: "):
                c.call("HUGEPERSIST", "PRESERVE")
            m.be_deaf(False)
            self.assertEqual(c.call("HUGEPERSIST", "PRESERVE"), b"OK")
        m.restart()
        self.check()


if __name__ == "__main__":
    kvtest.main()
