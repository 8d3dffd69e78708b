# SPDX-License-Identifier: MIT
"""A real server with real clients: load, limits, rough ends."""
import ctypes
import fcntl
import os
import random
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import time

import kvtest
from kvtest import Error, encode


class Start(kvtest.TestCase):
    def test_ready_line_and_clean_end(self):
        before = kvtest.free_pages()
        for sig in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            s = self.start("32M", "--session", "kv-test")
            self.assertRegex(s.ready, r"^ready: origin=created keys=0 "
                             r"preserved=no holder=none session=kv-test "
                             r"tcp=127\.0\.0\.1:%d unix=%s$"
                             % (s.port, s.path))
            with kvtest.Client(s.path) as c:
                self.assertEqual(c.call("PING"), b"PONG")
                self.assertEqual(s.stop(sig), 0)
                self.assertEqual(c.rest(), b"")
            self.assertFalse(os.path.exists(s.path))
            self.assertEqual(kvtest.free_pages(), before)

    def test_shutdown_flushes_replies(self):
        s = self.start("32M")
        with s.client() as c:
            c.call("SET", "big", "x" * 1000000)
            c.send(encode("GET", "big") * 5 + encode("SHUTDOWN", "NOSAVE"))
            self.assertEqual(c.rest(), (b"$1000000\r\n" + b"x" * 1000000 +
                                        b"\r\n") * 5)
        self.assertEqual(s.process.wait(10), 0)

    def test_end_does_not_wait_for_slow_readers(self):
        s = self.start("32M")
        with s.client() as slow:
            slow.call("SET", "k", "x" * 1000000)
            slow.send(encode("GET", "k") * 50)
            time.sleep(0.2)
            begin = time.monotonic()
            self.assertEqual(s.stop(), 0)
            self.assertLess(time.monotonic() - begin, 6)

    def run_kv(self, *args):
        return subprocess.run([kvtest.HP_KV] + list(args), timeout=20,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True)

    def test_arguments(self):
        for args in (["--port", "x"], ["--port", "65536"], ["--memory", "3M"],
                     ["--memory", "0"], ["--session", ""], ["--nothing"],
                     ["extra"], ["--maxclients", "0"], ["--port", "0"],
                     ["--session", "x" * 64], ["--keepalive", "-1"],
                     ["--bind", "localhost"]):
            r = self.run_kv(*args)
            self.assertEqual(r.returncode, 2, args)
            self.assertIn("hp-kv", r.stderr)
        self.assertEqual(self.run_kv("--help").returncode, 0)
        self.assertEqual(self.run_kv("--version").returncode, 0)

    def test_other_machines_need_a_word(self):
        port = str(kvtest.free_port())
        for address in ("0.0.0.0", "::", "192.0.2.1", "::ffff:192.0.2.1",
                        "fe80::1", "128.0.0.1"):
            r = self.run_kv("--memory", "2M", "--port", port, "--bind", address)
            self.assertEqual(r.returncode, 2, address)
            self.assertIn("--expose", r.stderr)
        # These are this machine's own
        for address in ("127.1.2.3", "::1"):
            p = subprocess.Popen([kvtest.HP_KV, "--memory", "2M", "--port",
                                  port, "--bind", address],
                                 stdout=subprocess.PIPE,
                                 stderr=subprocess.DEVNULL)
            self.assertIn(b" tcp=" + address.encode(), p.stdout.readline())
            p.terminate()
            self.assertEqual(p.wait(10), 0)
            p.stdout.close()
        s = self.start("2M", "--bind", "0.0.0.0", "--expose")
        with s.client() as c:
            self.assertEqual(c.call("PING"), b"PONG")

    def test_too_few_huge_pages(self):
        r = self.run_kv("--memory", "8T", "--port", str(kvtest.free_port()))
        self.assertEqual(r.returncode, 1)
        self.assertIn("hugepages-2048kB/nr_hugepages", r.stderr)
        self.assertIn("4194304", r.stderr)

    def test_address_in_use(self):
        s = self.start("32M")
        r = self.run_kv("--memory", "2M", "--port", str(s.port))
        self.assertEqual(r.returncode, 1)
        self.assertIn("--port", r.stderr)
        r = self.run_kv("--memory", "2M", "--port", "0", "--unixsocket", s.path)
        self.assertEqual(r.returncode, 1)
        with kvtest.Client(s.path) as c:
            self.assertEqual(c.call("PING"), b"PONG")
        # One that a crash left behind is no obstacle.
        self.assertEqual(s.stop(signal.SIGKILL), -signal.SIGKILL)
        self.assertTrue(os.path.exists(s.path))
        again = subprocess.Popen([kvtest.HP_KV, "--memory", "32M", "--port",
                                  "0", "--unixsocket", s.path],
                                 stdout=subprocess.PIPE,
                                 stderr=subprocess.DEVNULL)
        self.assertIn(b"ready", again.stdout.readline())
        again.terminate()
        self.assertEqual(again.wait(10), 0)
        again.stdout.close()

    def test_unix_path_of_another_stays(self):
        s = self.start("32M")
        # Not a socket at all
        path = os.path.join(s.directory, "file")
        with open(path, "w") as f:
            f.write("precious")
        r = self.run_kv("--memory", "2M", "--port", "0", "--unixsocket", path)
        self.assertEqual(r.returncode, 1)
        self.assertIn("Choose another --unixsocket", r.stderr)
        self.assertTrue(os.path.isfile(path))
        # A link to a socket is not ours to remove either
        link = os.path.join(s.directory, "link")
        os.symlink("nowhere", link)
        r = self.run_kv("--memory", "2M", "--port", "0", "--unixsocket", link)
        self.assertEqual(r.returncode, 1)
        self.assertTrue(os.path.islink(link))
        # Another program takes the place of the socket: it keeps it
        os.unlink(s.path)
        with socket.socket(socket.AF_UNIX) as other:
            other.bind(s.path)
            other.listen()
            self.assertEqual(s.stop(), 0)
            self.assertTrue(os.path.exists(s.path))

    def test_many_starts_at_once(self):
        """Of all that find a stale socket one wins, and can be asked."""
        s = self.start("32M")
        s.stop(signal.SIGKILL)
        path = os.path.join(s.directory, "stale")
        for _ in range(5):
            stale = socket.socket(socket.AF_UNIX)
            stale.bind(path)
            stale.close()
            all_of_them = [subprocess.Popen(
                [kvtest.HP_KV, "--memory", "2M", "--port", "0", "--unixsocket",
                 path, "--session", "n%d" % i], stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL) for i in range(6)]
            said = [p.stdout.readline() for p in all_of_them]
            winner, = [p for p, line in zip(all_of_them, said)
                       if line.startswith(b"ready")]
            with kvtest.Client(path) as c:
                self.assertIn(b"\r\nprocess_id:%d\r\n" % winner.pid,
                              c.call("INFO", "server"))
            winner.terminate()
            for p in all_of_them:
                self.assertEqual(p.wait(10), 0 if p is winner else 1)
                p.stdout.close()
            self.assertFalse(os.path.exists(path))

    def test_not_preserved_is_said(self):
        if os.path.exists("/dev/liveupdate"):
            # Not this test's kind of machine; the VM tests have more on it.
            with self.start("32M").client() as c:
                self.assertIn(b"holder:process\r\n",
                              c.call("INFO", "persistence"))
            return
        s = self.start("32M")
        self.assertIn("will not survive a restart or a kernel update", s.log())
        self.assertIn("FileDescriptorStoreMax=", s.log())
        self.assertIn("liveupdate=on", s.log())
        with s.client() as c:
            with self.assertRaisesRegex(Error, "^ERR .*liveupdate"):
                c.call("HUGEPERSIST", "PRESERVE")
            info = c.call("INFO", "persistence").decode()
            self.assertIn("holder:none\r\n", info)
            self.assertIn("preserved:no\r\n", info)
            self.assertRegex(info, "not_preserved_reason:.*liveupdate")
            self.assertIn("outlives_restart:no\r\n", info)
            self.assertIn("outlives_kexec:no\r\n", info)
            status = c.call("HUGEPERSIST", "STATUS")
            self.assertEqual(status[:4], [b"origin", b"created", b"preserved",
                                          b"no"])
            self.assertEqual(c.call("HUGEPERSIST", "ABORT"), b"OK")
            self.assertEqual(c.call("PING"), b"PONG")


class Load(kvtest.TestCase):
    def test_pipe(self):
        s = self.start()
        data = b"".join(encode("SET", "key:%d" % i, b"value %d " % i * 20)
                        for i in range(50000))
        r = kvtest.redis_cli(s, "--pipe", input=data)
        self.assertEqual(r.returncode, 0, r.stdout)
        self.assertIn(b"errors: 0, replies: 50000", r.stdout)
        self.assertEqual(kvtest.redis_cli(s, "dbsize").stdout.strip(),
                         b"50000")
        self.assertEqual(kvtest.redis_cli(s, "get", "key:7").stdout,
                         b"value 7 " * 20 + b"\n")
        keys = kvtest.redis_cli(s, "--scan").stdout.split()
        self.assertEqual(sorted(keys), sorted(b"key:%d" % i
                                              for i in range(50000)))

    def benchmark(self, *args):
        s = self.start()
        return subprocess.run(["redis-benchmark", "-p", str(s.port), "--csv"] +
                              list(args), stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=120, text=True)

    def test_benchmark(self):
        for args in (["-c", "50"], ["-P", "16", "-c", "50", "-r", "10000"]):
            r = self.benchmark("-t", "ping,set,get,incr,mset", "-n", "20000",
                               *args)
            self.assertEqual(r.returncode, 0, r.stdout)
            for name in ("PING_INLINE", "PING_MBULK", "SET", "GET", "INCR",
                         "MSET (10 keys)"):
                self.assertIn('"%s"' % name, r.stdout)
            self.assertNotIn("rror", r.stdout)

    def test_benchmark_of_what_is_not_here(self):
        r = self.benchmark("-t", "lpush", "-n", "100")
        self.assertIn("ERR unknown command 'LPUSH'", r.stdout)

    def test_scan_while_others_write(self):
        s = self.start()
        with s.client() as c, s.client() as other:
            stay = {b"stay:%d" % i for i in range(3000)}
            for k in stay:
                c.send(encode("SET", k, "v"))
            for k in stay:
                c.reply()
            cursor, seen, n = b"0", [], 0
            while True:
                cursor, keys = c.call("SCAN", cursor, "COUNT", "50")
                seen += keys
                for i in range(20):
                    other.call("SET", "come:%d" % n, "v")
                    other.call("DEL", "come:%d" % (n - 30))
                    n += 1
                if cursor == b"0":
                    break
            mine = [k for k in seen if k.startswith(b"stay")]
            self.assertEqual(len(mine), len(stay))
            self.assertEqual(set(mine), stay)

    def test_expiry(self):
        s = self.start()
        with s.client() as c:
            for i in range(100):
                c.call("SET", "k%d" % i, "v", "PX", "150")
            c.call("SET", "stay", "v")
            time.sleep(0.2)
            self.assertIsNone(c.call("GET", "k1"))
            self.assertEqual(c.call("KEYS", "*"), [b"stay"])
            # And those that nobody asks for go by themselves.
            end = time.monotonic() + 10
            while c.call("DBSIZE") > 1:
                self.assertLess(time.monotonic(), end)
                time.sleep(0.05)
            self.assertIn(b"expired_keys:100\r\n", c.call("INFO", "stats"))


class Full(kvtest.TestCase):
    def test_full_region(self):
        s = self.start("8M")
        value = "x" * 10000
        with s.client() as c:
            n = 0
            with self.assertRaisesRegex(Error, "^OOM command not allowed"):
                while True:
                    c.call("SET", "k%d" % n, value)
                    n += 1
            self.assertGreater(n, 700)
            for args in (["SET", "k0", "y" * 20000], ["APPEND", "k0", value],
                         ["MSET", "k0", "1", "m", "y" * 20000],
                         ["SET", "k0", "y" * 20000, "GET"]):
                with self.assertRaisesRegex(Error, "^OOM command not allowed"):
                    c.call(*args)
            self.assertEqual(c.call("DBSIZE"), n)
            for i in range(n):
                self.assertEqual(c.call("GET", "k%d" % i), value.encode())
            self.assertEqual(c.call("EXPIRE", "k0", "100"), 1)
            self.assertEqual(c.call("DEL", "k1", "k2", "k3"), 3)
            self.assertEqual(c.call("SET", "k0", "y" * 20000), b"OK")
            self.assertEqual(c.call("FLUSHALL"), b"OK")
            self.assertEqual(c.call("SET", "big", "z" * 7000000), b"OK")
            self.assertEqual(c.call("GET", "big"), b"z" * 7000000)

    def test_too_many_changes_for_the_log(self):
        s = self.start("2M")
        with s.client() as c:
            c.call("SET", "k0", "old")
            args = []
            for i in range(3000):
                args += ["k%d" % i, "v"]
            with self.assertRaisesRegex(Error, "^ERR too many changes"):
                c.call("MSET", *args)
            self.assertEqual(c.call("KEYS", "*"), [b"k0"])
            self.assertEqual(c.call("GET", "k0"), b"old")

    def test_large_mset(self):
        s = self.start()
        with s.client() as c:
            args = []
            for i in range(3000):
                args += ["k%d" % i, "v%d" % i]
            self.assertEqual(c.call("MSET", *args), b"OK")
            self.assertEqual(c.call("DBSIZE"), 3000)
            self.assertEqual(c.call("MGET", *args[::2]),
                             [v.encode() for v in args[1::2]])
            self.assertEqual(c.call("DEL", *args[::2]), 3000)


class Large(kvtest.TestCase):
    PAGES = 320

    def test_largest_value(self):
        """512 MiB there and back: in time that shows no quadratic copying."""
        s = self.start("640M")
        block = random.Random(1).randbytes(1 << 20)
        with s.client(timeout=60) as c:
            begin = time.monotonic()
            c.send(b"*3\r\n$3\r\nSET\r\n$3\r\nbig\r\n$%d\r\n" % (512 << 20))
            for _ in range(512):
                c.send(block)
            c.send(b"\r\n")
            self.assertEqual(c.reply(), b"OK")
            self.assertEqual(c.call("STRLEN", "big"), 512 << 20)
            with self.assertRaisesRegex(Error, "^ERR string exceeds"):
                c.call("APPEND", "big", "x")
            c.send(encode("GET", "big"))
            self.assertEqual(c.line(), b"$%d" % (512 << 20))
            for _ in range(512):
                self.assertEqual(c.take(1 << 20), block)
            self.assertEqual(c.take(2), b"\r\n")
            print("%.1f s" % (time.monotonic() - begin))
            # More than fits a reply is refused, and the connection lives.
            with self.assertRaisesRegex(Error, "^ERR the reply is larger"):
                c.call("MGET", "big", "big", "big")
            self.assertEqual(c.call("PING"), b"PONG")


class Rough(kvtest.TestCase):
    def memory_of(self, server):
        with open("/proc/%d/status" % server.process.pid) as f:
            for line in f:
                if line.startswith("VmRSS:"):
                    return int(line.split()[1])
        raise AssertionError("no VmRSS")

    def test_killed_while_loading(self):
        before = kvtest.free_pages()
        s = self.start()
        stop = time.monotonic() + 0.5
        with s.client() as c:
            n = 0
            while time.monotonic() < stop:
                c.send(encode("SET", "k%d" % n, "v" * 1000))
                n += 1
            self.assertLess(kvtest.free_pages(), before)
            self.assertEqual(s.stop(signal.SIGKILL), -signal.SIGKILL)
        self.assertEqual(kvtest.free_pages(), before)
        s = self.start()
        self.assertIn("origin=created keys=0", s.ready)
        with s.client() as c:
            self.assertEqual(c.call("DBSIZE"), 0)

    def test_slow_reader(self):
        s = self.start()
        with s.client() as slow, s.client() as c:
            c.call("SET", "k", "x" * 100000)
            before = self.memory_of(s)
            # 400 MB of replies that nobody fetches for now.
            request, sent = encode("GET", "k"), 4000
            slow.send(request * sent)
            time.sleep(1)
            self.assertLess(self.memory_of(s) - before, 32 * 1024)
            begin = time.monotonic()
            self.assertEqual(c.call("GET", "k"), b"x" * 100000)
            self.assertLess(time.monotonic() - begin, 1)
            for _ in range(sent):
                self.assertEqual(slow.take(100000 + 11)[:9], b"$100000\r\n")
            self.assertEqual(slow.call("PING"), b"PONG")

    def test_byte_by_byte(self):
        s = self.start()
        with s.client() as c:
            c.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for b in encode("SET", "k", "v") + encode("GET", "k"):
                c.send(bytes([b]))
            self.assertEqual([c.reply(), c.reply()], [b"OK", b"v"])

    def test_half_closed_connection_gets_its_replies(self):
        s = self.start()
        with s.client() as c:
            c.call("SET", "k", "x" * 3000000)
        with s.client() as c:
            c.send(encode("GET", "k") + encode("PING"))
            c.socket.shutdown(socket.SHUT_WR)
            time.sleep(0.2)
            data = c.rest()
        self.assertTrue(data.endswith(b"\r\n+PONG\r\n"))
        self.assertEqual(len(data), 3000000 + 10 + 2 + 7)

    def test_disconnects(self):
        s = self.start()
        with s.client() as c:
            c.call("SET", "k", "x" * 1000000)
            for i in range(300):
                with s.client() as other:
                    other.send([encode("GET", "k") * 5, b"*3\r\n$3\r\nSE",
                                encode("SET", "half", "x" * 70000)[:-10],
                                b"PING"][i % 4])
            end = time.monotonic() + 10
            while b"connected_clients:1\r\n" not in c.call("INFO", "clients"):
                self.assertLess(time.monotonic(), end)
                time.sleep(0.05)
            self.assertEqual(c.call("KEYS", "*"), [b"k"])

    def test_client_limit(self):
        s = self.start("32M", "--maxclients", "10")
        clients = []
        for _ in range(10):
            clients.append(s.client())
            self.addCleanup(clients[-1].close)
            clients[-1].call("PING")
        with s.client() as c:
            self.assertEqual(c.rest(), b"-ERR max number of clients reached\r\n")
        clients.pop().close()
        end = time.monotonic() + 5
        while True:
            self.assertLess(time.monotonic(), end)
            try:
                with s.client() as c:
                    c.call("PING")
                break
            except (Error, OSError, EOFError):
                time.sleep(0.05)

    def test_clients_cannot_use_up_the_files(self):
        """With 64 descriptors and 80 clients: a save, and a clean end."""
        directory = tempfile.mkdtemp(prefix="kv-test-")
        self.addCleanup(shutil.rmtree, directory)
        s = kvtest.Server(["prlimit", "--nofile=64", kvtest.HP_KV, "--memory",
                           "32M", "--save-dir", directory], ready=True)
        self.addCleanup(self.end, s)
        clients, refused = [], 0
        for _ in range(80):
            c = s.client(timeout=5)
            self.addCleanup(c.close)
            try:
                c.call("PING")
                clients.append(c)
            except (Error, OSError, EOFError):
                refused += 1
        self.assertGreater(len(clients), 10)
        self.assertEqual(len(clients) + refused, 80)
        c = clients[0]
        self.assertEqual(c.call("CONFIG", "GET", "maxclients"),
                         [b"maxclients", b"%d" % len(clients)])
        self.assertEqual(c.call("SET", "k", "v"), b"OK")
        self.assertEqual(c.call("SAVE"), b"OK")
        self.assertEqual(c.call("SET", "k", "w"), b"OK")
        self.assertEqual(s.stop(), 0)
        self.assertRegex(s.log(), r"hp-kv: \d\d clients instead of 1000")

    def test_too_few_files_for_itself(self):
        r = subprocess.run(["prlimit", "--nofile=20", kvtest.HP_KV, "--memory",
                            "2M", "--port", str(kvtest.free_port())],
                           stderr=subprocess.PIPE, text=True, timeout=20)
        self.assertEqual(r.returncode, 1)
        self.assertIn("LimitNOFILE=", r.stderr)

    def test_nothing_of_a_multi_is_run(self):
        s = self.start()
        with s.client() as c:
            def ask(*words):
                try:
                    return c.call(*words)
                except Error as e:
                    return str(e).split()[0] + " " + str(e).split()[1]
            self.assertEqual(ask("SET", "k", "before"), b"OK")
            for end, answer in ((["EXEC"], "EXECABORT Transaction"),
                                (["DISCARD"], b"OK"), (["RESET"], b"RESET")):
                self.assertEqual(ask("MULTI"), "ERR hp-kv")
                for body in (["SET", "k", "after"], ["FLUSHALL"], ["GET", "k"],
                             ["NOSUCH"], ["SHUTDOWN", "NOSAVE"],
                             ["HUGEPERSIST", "ABORT"]):
                    self.assertEqual(ask(*body), "ERR not")
                self.assertEqual(ask("MULTI"), "ERR MULTI")
                self.assertEqual(ask(*end), answer)
                self.assertEqual(ask("GET", "k"), b"before")
                self.assertEqual(ask("EXEC"), "ERR EXEC")
            # Another connection is not concerned
            self.assertEqual(ask("MULTI"), "ERR hp-kv")
            with s.client() as other:
                self.assertEqual(other.call("SET", "k", "other"), b"OK")
            self.assertEqual(ask("QUIT"), b"OK")
            self.assertEqual(c.rest(), b"")

    def test_browsers_run_nothing(self):
        s = self.start()
        with s.client() as c:
            c.call("SET", "k", "v")
        head = (b"Host: 127.0.0.1:6379\r\nUser-Agent: x\r\n"
                b"Content-Type: text/plain\r\nContent-Length: 10\r\n\r\n")
        for first in (b"POST / HTTP/1.1\r\n", b"GET / HTTP/1.1\r\n",
                      b"PUT /k HTTP/1.1\r\n", b"OPTIONS * HTTP/1.1\r\n", b"",
                      b"post / HTTP/1.0\r\n"):
            with s.client() as c:
                c.send(first + head + b"FLUSHALL\r\n" + encode("FLUSHALL"))
                self.assertNotIn(b"+OK", c.rest())
        with s.client() as c:
            # As words of a request they mean nothing
            self.assertEqual(c.call("SET", "post", "Host:"), b"OK")
            self.assertEqual(c.call("MGET", "k", "post"), [b"v", b"Host:"])
        s.stop()
        self.assertEqual(s.log().count("HTTP"), 1)

    def enter_network(self):
        """A network of this test's own, whose loopback can go away."""
        libc = ctypes.CDLL(None, use_errno=True)
        before = os.open("/proc/self/ns/net", os.O_RDONLY)
        if libc.unshare(0x40000000) < 0:
            self.fail("this test needs root: unshare(CLONE_NEWNET): " +
                      os.strerror(ctypes.get_errno()))
        self.addCleanup(os.close, before)
        self.addCleanup(libc.setns, before, 0)

    def loopback(self, up):
        with socket.socket() as s:
            fcntl.ioctl(s, 0x8914, struct.pack("16sh22x", b"lo", up))

    def test_dead_peers_lose_their_slots(self):
        self.enter_network()
        self.loopback(1)
        s = self.start("32M", "--keepalive", "1", "--maxclients", "4")
        peers = [s.client() for _ in range(3)]
        for c in peers:
            self.addCleanup(c.close)
            self.assertEqual(c.call("PING"), b"PONG")
        # From here on not even a reset comes through
        self.loopback(0)
        with kvtest.Client(s.path) as c:
            end = time.monotonic() + 15
            while b"connected_clients:1\r\n" not in c.call("INFO", "clients"):
                self.assertLess(time.monotonic(), end)
                time.sleep(0.1)
            self.assertEqual(c.call("CONFIG", "GET", "tcp-keepalive"),
                             [b"tcp-keepalive", b"1"])
        # And by default
        self.loopback(1)
        s = self.start("2M")
        with s.client() as c:
            self.assertEqual(c.call("CONFIG", "GET", "tcp-keepalive"),
                             [b"tcp-keepalive", b"300"])

    def test_garbage(self):
        s = self.start()
        r = random.Random(5)
        words = [b"*", b"$", b"\r\n", b"3", b"-1", b"0", b"SET", b"GET", b"k",
                 b"\"", b"'", b"\x00", b"\xff", b"MSET", b"536870912", b" ",
                 b"SCAN", b"999999999999", b"*2\r\n$4\r\nECHO\r\n$1\r\na\r\n"]
        for _ in range(2000):
            data = b"".join(r.choice(words) for _ in range(r.randrange(1, 30)))
            with s.client() as c:
                try:
                    c.send(data)
                    if r.random() < 0.2:
                        c.socket.shutdown(socket.SHUT_WR)
                        c.rest()
                except OSError:
                    pass
        with s.client() as c:
            self.assertEqual(c.call("PING"), b"PONG")
        self.assertEqual(s.stop(), 0)


if __name__ == "__main__":
    kvtest.main()
