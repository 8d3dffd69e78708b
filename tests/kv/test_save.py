# SPDX-License-Identifier: MIT
"""A store that is saved to a directory, and loaded from it."""
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time

import kvtest
from kvtest import Error, encode


class Save(kvtest.TestCase):
    def setUp(self):
        self.top = tempfile.mkdtemp(prefix="kv-save-")
        self.addCleanup(shutil.rmtree, self.top, ignore_errors=True)
        self.dir = os.path.join(self.top, "save")

    def start_saving(self, *more, memory="32M"):
        return self.start(memory, "--save-dir", self.dir, *more)

    def refused(self, *more, directory=None):
        r = subprocess.run([kvtest.HP_KV, "--memory", "32M", "--port",
                            str(kvtest.free_port()), "--save-dir",
                            directory or self.dir] + list(more), timeout=20,
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                           text=True)
        self.assertEqual(r.returncode, 1, r.stderr)
        self.assertEqual(r.stdout, "")
        return r.stderr

    def info(self, client):
        text = client.call("INFO", "persistence").decode()
        return dict(line.split(":", 1) for line in text.split("\r\n")
                    if ":" in line)

    def origin(self, server):
        return re.search(r"origin=(\S+) keys=(\d+)", server.ready).groups()

    def fill(self, client, count=3000):
        for i in range(count):
            client.send(encode("SET", "key:%d" % i, b"value %d " % i * 40))
        for _ in range(count):
            client.reply()

    def values(self, client, count=3000):
        return client.call("MGET", *["key:%d" % i for i in range(count)])

    def flip(self, offset=None):
        """One bit of the saved region, in the middle of the largest file."""
        name = max((os.path.join(self.dir, n) for n in os.listdir(self.dir)),
                   key=os.path.getsize)
        with open(name, "r+b") as f:
            f.seek(100 if offset is None else offset)
            byte = f.read(1)[0]
            f.seek(-1, os.SEEK_CUR)
            f.write(bytes([byte ^ 1]))

    def test_save_survives_a_kill(self):
        s = self.start_saving()
        self.assertEqual(self.origin(s), ("created", "0"))
        before = int(time.time())
        with s.client() as c:
            self.assertEqual(c.call("LASTSAVE"), 0)
            self.assertEqual(self.info(c)["save_status"], "none")
            self.fill(c)
            wanted = self.values(c)
            c.call("SET", "big", b"\0\r\n" * 1000000)
            c.call("SET", "timed", "x", "EX", "1000")
            # Not before the save was looked at: its end is a change
            c.call("SET", "over", "x", "PX", "3000")
            over = time.monotonic() + 3
            self.assertEqual(self.info(c)["saved"], "no")
            self.assertEqual(kvtest.redis_cli(s, "save").stdout, b"OK\n")
            info = self.info(c)
            self.assertEqual(info["saved"], "yes")
            self.assertEqual(info["save_status"], "ok")
            self.assertEqual(info["rdb_last_bgsave_status"], "ok")
            self.assertEqual(info["save_dir"], self.dir)
            self.assertGreater(int(info["save_bytes"]), 3000000)
            self.assertGreaterEqual(c.call("LASTSAVE"), before)
            self.assertEqual(int(info["rdb_last_save_time"]),
                             c.call("LASTSAVE"))
            status = c.call("HUGEPERSIST", "STATUS")
            status = dict(zip(status[::2], status[1::2]))
            self.assertEqual(status[b"save-dir"], self.dir.encode())
            self.assertEqual(status[b"save-status"], b"ok")
            self.assertEqual(status[b"saved"], b"yes")
            self.assertEqual(status[b"save-time"], c.call("LASTSAVE"))
            # As with Redis, what comes after the save goes with the process.
            c.call("SET", "late", "x")
        self.assertEqual(s.stop(signal.SIGKILL), -signal.SIGKILL)
        time.sleep(max(0, over - time.monotonic()))
        s = self.start_saving(memory="64M")
        self.assertEqual(self.origin(s)[0], "save")
        with s.client() as c:
            self.assertEqual(self.info(c)["origin"], "save")
            self.assertEqual(self.info(c)["saved"], "yes")
            self.assertIsNone(c.call("GET", "late"))
            self.assertIsNone(c.call("GET", "over"))
            self.assertEqual(c.call("GET", "big"), b"\0\r\n" * 1000000)
            self.assertEqual(self.values(c), wanted)
            self.assertGreater(c.call("TTL", "timed"), 900)
            # It is a store like any other.
            c.call("SET", "more", "x")
            self.assertEqual(c.call("DEL", "key:1"), 1)
            self.assertEqual(c.call("BGSAVE"), b"Background saving started")
            self.assertEqual(self.info(c)["saved"], "yes")
        s.stop(signal.SIGKILL)
        with self.start_saving().client() as c:
            self.assertEqual(c.call("GET", "more"), b"x")
            self.assertIsNone(c.call("GET", "key:1"))

    def test_clean_end_saves(self):
        for n, end in enumerate((signal.SIGTERM, signal.SIGINT, signal.SIGHUP,
                                 "SHUTDOWN", "SHUTDOWN SAVE")):
            s = self.start_saving()
            with s.client() as c:
                self.assertEqual(c.call("DBSIZE"), n)
                c.call("SET", "key:%d" % n, "x")
            if isinstance(end, str):
                kvtest.redis_cli(s, *end.split())
                self.assertEqual(s.process.wait(10), 0)
            else:
                self.assertEqual(s.stop(end), 0)

    def test_nosave(self):
        s = self.start_saving()
        with s.client() as c:
            c.call("SET", "a", "1")
            c.call("SAVE")
            c.call("SET", "a", "2")
            c.send(encode("SHUTDOWN", "NOSAVE"))
            self.assertEqual(c.rest(), b"")
        self.assertEqual(s.process.wait(10), 0)
        with self.start_saving().client() as c:
            self.assertEqual(c.call("GET", "a"), b"1")

    def test_without_a_directory(self):
        s = self.start("32M")
        with s.client() as c:
            for words in (["SAVE"], ["BGSAVE"], ["SHUTDOWN", "SAVE"]):
                with self.assertRaisesRegex(Error, "^ERR .*--save-dir"):
                    c.call(*words)
            self.assertEqual(c.call("LASTSAVE"), 0)
            self.assertNotIn("save_dir", self.info(c))
            self.assertEqual(c.call("CONFIG", "GET", "dir"), [b"dir", b""])
        self.assertEqual(s.stop(), 0)

    def damaged(self):
        s = self.start_saving()
        with s.client() as c:
            self.fill(c)
        self.assertEqual(s.stop(), 0)
        self.flip()

    def test_damaged_save_is_refused(self):
        self.damaged()
        for _ in range(2):      # refusing changes nothing
            said = self.refused()
            self.assertIn("the save in %s cannot be used" % self.dir, said)
            self.assertIn("data-", said)
            self.assertIn("--discard", said)
        self.flip()
        s = self.start_saving("--discard")
        self.assertEqual(self.origin(s), ("save", "3000"))

    def test_damaged_save_is_passed_over_on_demand(self):
        self.damaged()
        s = self.start_saving("--discard")
        self.assertEqual(self.origin(s), ("created", "0"))
        self.assertIn("cannot be used", s.log())
        with s.client() as c:
            c.call("SET", "a", "1")
        self.assertEqual(s.stop(), 0)
        self.assertEqual(self.origin(self.start_saving()), ("save", "1"))

    def test_index_of_the_save_is_gone_or_damaged(self):
        self.damaged()
        index = os.path.join(self.dir, "index")
        with open(index, "r+b") as f:
            f.write(b"xxxx")
        self.assertIn("cannot be used", self.refused())
        os.truncate(index, 0)
        self.assertIn("cannot be used", self.refused())
        os.unlink(index)
        self.assertEqual(self.origin(self.start_saving()), ("created", "0"))

    def test_wrong_directories(self):
        with open(os.path.join(self.top, "file"), "w"):
            pass
        for wrong in ("file", "file/below", "not/there"):
            said = self.refused(directory=os.path.join(self.top, wrong))
            self.assertIn("--save-dir", said)
            self.assertIn(wrong, said)
        r = subprocess.run([kvtest.HP_KV, "--save-dir", ""], timeout=20,
                           stderr=subprocess.PIPE)
        self.assertEqual(r.returncode, 2)
        # The save of somebody else is not for the taking, nor to be lost.
        self.start_saving("--session", "theirs").stop()
        self.assertIn("--session=theirs", self.refused("--discard"))
        self.assertEqual(self.origin(self.start_saving("--session", "theirs")),
                         ("save", "0"))

    def test_too_few_huge_pages_for_the_save(self):
        s = self.start_saving(memory="64M")
        with s.client() as c:
            c.call("SET", "a", "1")
        self.assertEqual(s.stop(), 0)
        other = self.start("%dM" % (2 * kvtest.free_pages() - 32))
        said = self.refused()
        self.assertIn("the save needs 32 free huge pages", said)
        other.stop()
        self.assertEqual(self.origin(self.start_saving()), ("save", "1"))

    def test_between_the_pool_and_shmem(self):
        free = kvtest.free_pages()
        s = self.start_saving("--shmem")
        with s.client() as c:
            self.fill(c)
            wanted = self.values(c)
            memory = c.call("INFO", "memory").decode()
            self.assertIn("region_memory:shmem\r\n", memory)
            self.assertIn("region_page_size:4096\r\n", memory)
            huge = int(re.search(r"region_huge_bytes:(\d+)", memory)[1])
            self.assertEqual(huge == 32 << 20, "small ones" not in s.log())
            self.assertEqual(kvtest.free_pages(), free)
        self.assertEqual(s.stop(), 0)
        # As it was, unless it is to be in shmem.
        for options, memory in (([], "shmem"), (["--shmem"], "shmem")):
            s = self.start_saving(*options)
            self.assertEqual(self.origin(s), ("save", "3000"))
            with s.client() as c:
                self.assertIn("region_memory:" + memory,
                              c.call("INFO", "memory").decode())
                self.assertEqual(self.values(c), wanted)
            self.assertEqual(s.stop(), 0)
        shutil.rmtree(self.dir)
        s = self.start_saving()
        with s.client() as c:
            self.assertIn("region_memory:pool\r\nregion_huge_bytes:%d\r\n"
                          % (32 << 20), c.call("INFO", "memory").decode())
            c.call("SET", "a", "1")
        self.assertEqual(s.stop(), 0)
        s = self.start_saving("--shmem")
        self.assertEqual(self.origin(s), ("save", "1"))
        with s.client() as c:
            self.assertIn("region_memory:shmem",
                          c.call("INFO", "memory").decode())

    def small_disk(self):
        os.mkdir(self.dir)
        r = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=5M", "tmpfs",
                            self.dir], stderr=subprocess.PIPE, text=True)
        if r.returncode:
            self.fail("this test needs a file system that gets full: run it "
                      "as root, who may mount one (%s)" % r.stderr.strip())
        self.addCleanup(subprocess.run, ["umount", "-l", self.dir])

    def test_full_disk(self):
        self.small_disk()
        s = self.start_saving()
        with s.client() as c:
            c.call("SET", "a", "1")
            self.assertEqual(c.call("SAVE"), b"OK")
            first = c.call("LASTSAVE")
            c.call("SET", "big", os.urandom(6000000))
            for words in (["SAVE"], ["BGSAVE"]):
                with self.assertRaisesRegex(Error, "^ERR not saved: "):
                    c.call(*words)
            info = self.info(c)
            self.assertEqual(info["save_status"], "failed")
            self.assertEqual(info["rdb_last_bgsave_status"], "err")
            self.assertIn("save_error", info)
            self.assertEqual(c.call("LASTSAVE"), first)
            # As Redis: who would lose data by ending does not end.
            with self.assertRaisesRegex(Error, "^ERR Errors trying to SHUTD"):
                c.call("SHUTDOWN")
            s.process.send_signal(signal.SIGTERM)
            end = time.monotonic() + 10
            while s.log().count("not ending") < 2:
                self.assertLess(time.monotonic(), end, s.log())
                time.sleep(0.02)
            self.assertEqual(c.call("STRLEN", "big"), 6000000)
            # With room it does.
            c.call("DEL", "big")
            c.call("SET", "b", "2")
        subprocess.run(["mount", "-o", "remount,size=40M", self.dir],
                       check=True)
        self.assertEqual(s.stop(), 0)
        s = self.start_saving()
        self.assertEqual(self.origin(s), ("save", "2"))
        # The old save outlives the ones that fail, and who insists can go.
        subprocess.run(["mount", "-o", "remount,ro", self.dir], check=True)
        with s.client() as c:
            c.call("SET", "c", "3")
            with self.assertRaises(Error):
                c.call("SHUTDOWN", "SAVE")
            c.send(encode("SHUTDOWN", "FORCE"))
            self.assertEqual(c.rest(), b"")
        self.assertEqual(s.process.wait(10), 0)
        subprocess.run(["mount", "-o", "remount,rw", self.dir], check=True)
        self.assertEqual(self.origin(self.start_saving()), ("save", "2"))


if __name__ == "__main__":
    kvtest.main()
