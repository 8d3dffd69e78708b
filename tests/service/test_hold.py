# SPDX-License-Identifier: MIT
"""Programs that keep memory themselves, as services under hugepersist run --hold."""
import os
import re
import signal
import socket
import subprocess
import sys
import time
import unittest

import kvtest
from manager import Manager

COUNTER = os.environ["HP_COUNTER"]
PROGRAM = os.environ["HUGEPERSIST"]
HOLD = [PROGRAM, "run", "unit", "--hold"]

# What test programs begin with
RAW = """
import array, os, signal, socket, sys
names = os.environ.get("LISTEN_FDNAMES", "")
passed = dict(zip(names.split(":"), range(3, 9999))) if names else {}
assert not names or os.environ["LISTEN_PID"] == str(os.getpid())
assert int(os.environ.get("LISTEN_FDS", 0)) == (len(names.split(":")) if names else 0)
address = os.environ["NOTIFY_SOCKET"].replace("@", "\\0")
def send(text, *fds):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
        s.connect(address)
        socket.send_fds(s, [text.encode()], fds)
def barrier():
    reader, writer = os.pipe()
    send("BARRIER=1", writer)
    os.close(writer)
    assert os.read(reader, 1) == b""
def push(name, content="", text="FDSTORE=1\\nFDPOLL=0"):
    fd = os.memfd_create("test")
    os.write(fd, content.encode())
    send(text + "\\nFDNAME=" + name, fd)
    os.close(fd)
def content(name):
    return os.pread(passed[name], 100, 0).decode()
def say(*words):
    print(*words, flush=True)
"""


def has_ended(process):
    """Also if nobody has waited for it."""
    try:
        with open(f"/proc/{process}/stat", encoding="ascii") as f:
            return f.read().rsplit(")", 1)[1].split()[0] == "Z"
    except FileNotFoundError:
        return True


class Hold(unittest.TestCase):
    def service(self, *argv, options=(), maximum=16):
        self.manager = Manager([*HOLD, *options, "--", *argv], maximum,
                               start_timeout=20)
        self.addCleanup(self.manager.close)
        return self.manager

    def raw(self, script, **more):
        return self.service(sys.executable, "-c", RAW + script, **more)

    def takes_all(self):
        """Without a look at what it has, which takes a while for many."""
        m = self.manager
        m.keep = lambda name, fd: m.store.append((name, fd)) or True

    def start(self, words):
        """A program that does not tell when it is ready: its next line."""
        m = self.manager
        before = len(m.log())
        m.launch()
        limit = time.monotonic() + 60
        while not re.search(words, m.log()[before:]):
            self.assertIsNone(m.reap(), m.log())
            self.assertLess(time.monotonic(), limit, m.log())
            time.sleep(0.01)

    def finish(self, script):
        """Another program in place of the last one: what it says."""
        m = self.manager
        before = len(m.log())
        m.argv[-1] = RAW + script
        m.launch()
        self.assertEqual(m.wait(), 0, m.log())
        return m.log()[before:]

    def children(self):
        path = f"/proc/{self.manager.pid}/task/{self.manager.pid}/children"
        with open(path, encoding="ascii") as f:
            return [int(child) for child in f.read().split()]

    def without_kexec(self, log):
        """This machine may have no live update, which is said once a start."""
        return re.sub("hugepersist run: the memory does not outlive a kexec.*\n",
                      "", log)


class Counter(Hold):
    def setUp(self):
        pages = kvtest.HugePages(1)
        self.addCleanup(pages.close)

    def counts(self, starts, end):
        self.start("start %d, kernel 1, the last end was %s\n" % (starts, end))
        self.assertEqual(len(self.manager.names()), 2)

    def counts_on(self):
        m = self.manager
        self.counts(1, "none or a crash")
        self.assertEqual(m.stop(), 0)
        self.counts(2, "clean")
        # The holder is killed, and the program must not go on without it
        [child] = self.children()
        self.assertEqual(m.kill(), -9)
        self.counts(3, "none or a crash")
        self.assertTrue(has_ended(child))
        # The program crashes
        [child] = self.children()
        os.kill(child, signal.SIGSEGV)
        self.assertEqual(m.wait(), 128 + signal.SIGSEGV)
        self.counts(4, "none or a crash")
        m.stop()
        m.kexec()
        self.counts(5, "clean")
        m.stop()
        self.assertEqual(m.refused, 0)

    def test_counts_on(self):
        self.service(COUNTER)
        self.counts_on()

    @unittest.skipIf(os.geteuid(), "only root can become another user")
    def test_of_another_user(self):
        self.service(COUNTER, options=["--user=nobody"])
        self.counts_on()

    def test_manager_that_does_not_tell_of_its_store(self):
        """systemd before 254."""
        m = self.service(COUNTER)
        m.argv = ["env", "-u", "FDSTORE"] + m.argv
        self.counts_on()

    def test_full_store(self):
        m = self.service(COUNTER, maximum=1)
        m.launch()
        time.sleep(2)
        # The library waits for room, and does not believe that it has it
        self.assertIsNone(m.reap())
        self.assertNotIn("start", m.log())
        self.assertGreater(m.refused, 0)
        m.maximum = 2
        limit = time.monotonic() + 20
        while "start 1, " not in m.log():
            self.assertLess(time.monotonic(), limit, m.log())
            time.sleep(0.1)
        m.stop()

    def test_page_comes_back_to_the_pool(self):
        free = kvtest.free_pages()
        m = self.service(COUNTER)
        self.counts(1, "none or a crash")
        m.stop()
        self.assertEqual(kvtest.free_pages(), free - 1)
        m.drop(lambda name: True)
        self.assertEqual(kvtest.free_pages(), free)

    def test_beside_a_region_of_run(self):
        m = self.service("sh", "-c", 'head -c 5 "$1"; echo " pool"; '
                         'printf hello | dd of="$1" conv=notrunc status=none; '
                         'exec "$2"', "sh", "@pool@", COUNTER,
                         options=["--region=pool=2M,shmem", "--if-new",
                                  "echo new $HUGEPERSIST_NEW",
                                  f"--state={kvtest.tempfile.mkdtemp()}"])
        self.start("new pool\n.* pool\nstart 1, ")
        self.assertEqual(len(m.names()), 4)
        m.kill()
        self.start("hello pool\nstart 2, ")
        self.assertEqual(len(m.names()), 4)
        self.assertEqual(m.log().count("new pool"), 1)
        m.stop()


class Kv(Hold):
    def test_keeps_its_keys(self):
        port = kvtest.free_port()
        m = self.service(kvtest.HP_KV, "--shmem", "--memory", "4M", "--port",
                         str(port))
        m.start()
        with kvtest.Client(("127.0.0.1", port)) as c:
            c.call("SET", "key", "value")
        m.kill()
        m.start()
        with kvtest.Client(("127.0.0.1", port)) as c:
            self.assertEqual(c.call("GET", "key"), b"value")
        self.assertEqual(m.stop(), 0)


class Protocol(Hold):
    def test_names_and_content(self):
        m = self.raw("push('one', '1'); push('two', '2'); barrier()\n"
                     "push('two', '22'); push('a:b', 'nameless'); barrier()\n"
                     "say('done'); signal.pause()")
        self.start("done")
        self.assertEqual(m.names(), ["one", "stored", "two", "two"])
        # What the program got is not pushed again
        for _ in range(2):
            m.kill()
            m.argv[-1] = RAW + ("say('>', sorted(names.split(':')), content('one'),"
                                "content('stored')); signal.pause()")
            self.start(r"> \['one', 'stored', 'two', 'two'\] 1 nameless")
        self.assertEqual(len(m.names()), 4)
        m.stop()

    def test_remove(self):
        m = self.raw("push('one', '1'); push('two', '2'); push('one', '3')\n"
                     "send('FDSTOREREMOVE=1\\nFDNAME=one'); barrier()\n"
                     "print(); say('done'); signal.pause()")
        self.start("done")
        self.assertEqual(m.names(), ["two"])
        files = os.listdir(f"/proc/{m.pid}/fd")
        links = [os.readlink(f"/proc/{m.pid}/fd/{fd}") for fd in files]
        self.assertEqual(len([x for x in links if "memfd:test" in x]), 1)
        m.stop()
        self.assertEqual(self.without_kexec(self.finish("say(names)")), "two\n")

    def test_other_lines_go_up(self):
        m = self.raw("push('one', text='FDSTORE=1\\nSTATUS=with one')\n"
                     "send('MAINPID=1'); barrier()\n"
                     "send('READY=1\\nSTATUS=it is well\\nMAINPID=1')\n"
                     "signal.pause()")
        m.start()
        m.settle()
        self.assertEqual(m.said, [{"READY": "1", "STATUS": "it is well"}])
        self.assertEqual(m.names(), ["one"])
        m.stop()

    def test_children_may(self):
        m = self.raw("if not os.fork():\n"
                     "    if not os.fork(): push('grandchild'); barrier()\n"
                     "    else: os.wait()\n"
                     "    os._exit(0)\n"
                     "os.wait()\n"
                     "say('done'); signal.pause()")
        self.start("done")
        self.assertEqual(m.names(), ["grandchild"])
        m.stop()

    def test_others_may_not(self):
        m = self.raw("push('one'); barrier()\n"
                     "say('at', address[1:]); signal.pause()")
        self.start("at .*\n")
        address = "\0" + re.search("at (.*)\n", m.log())[1]
        end, other = os.pipe()
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
            s.connect(address)
            socket.send_fds(s, [b"FDSTORE=1\nFDNAME=foreign"], [other])
            s.send(b"FDSTOREREMOVE=1\nFDNAME=one")
            socket.send_fds(s, [b"BARRIER=1"], [other])
        os.close(other)
        self.assertEqual(os.read(end, 1), b"")
        os.close(end)
        self.assertEqual(m.names(), ["one"])
        self.assertIn("not of the program", m.log())
        m.stop()

    def test_strange_messages(self):
        m = self.raw("send('x' * 5000); send('FDSTORE=1'); send('a\\0b'); send('\\n')\n"
                     "send('FDSTORE=1\\nFDNAME=' + 'x' * 300, 0); push('good')\n"
                     "barrier(); say('done'); signal.pause()")
        self.start("done")
        self.assertIn("it is too long", m.log())
        self.assertIn("it is no text", m.log())
        self.assertIn("good", m.names())
        m.stop()

    def test_too_many(self):
        m = self.raw("for i in range(1100): push('n%d' % i)\n"
                     "barrier(); say('done'); signal.pause()")
        self.takes_all()
        self.start("done")
        self.assertEqual(len(m.names()), 1024)
        self.assertIn("'n1024' is not kept: there are too many", m.log())
        m.stop()
        self.assertIn("1024\n", self.finish("say(len(passed))"))

    def test_names_that_are_too_long_together(self):
        m = self.raw("for i in range(600): push('%0255d' % i)\n"
                     "barrier(); say('done'); signal.pause()")
        self.takes_all()
        self.start("done")
        kept = len(m.names())
        self.assertEqual(kept, (120 << 10) // 256)
        m.stop()
        self.assertIn(f"{kept}\n", self.finish("say(len(passed))"))

    def test_what_is_no_memory_is_for_the_store_alone(self):
        m = self.raw("a, b = socket.socketpair()\n"
                     "send('FDSTORE=1\\nFDNAME=web', a.fileno()); push('one', '1')\n"
                     "barrier(); say('done'); signal.pause()")
        self.start("done")
        self.assertEqual(m.names(), ["one", "web"])
        m.stop()
        self.assertIn("one:web True\n", self.finish(
            "import stat\n"
            "say(':'.join(sorted(passed)), stat.S_ISSOCK(os.fstat(passed['web']).st_mode))"))

    def test_as_without_the_holder(self):
        """Limits, numbers and signals of the program are as they were."""
        m = self.raw("import resource\n"
                     "say(resource.getrlimit(resource.RLIMIT_NOFILE)[0], "
                     "os.listdir('/proc/self/fd'), "
                     "signal.pthread_sigmask(signal.SIG_BLOCK, []), "
                     "os.environ['WATCHDOG_PID'] == str(os.getpid()))")
        wrapper = ["bash", "-c", 'WATCHDOG_PID=$$ exec "$@"', "bash"]
        held, m.argv = m.argv, wrapper + m.argv[-3:]
        m.launch()
        self.assertEqual(m.wait(), 0, m.log())
        alone = m.log()
        self.assertTrue(alone.endswith(" set() True\n"), alone)
        m.argv = wrapper + held
        m.launch()
        self.assertEqual(m.wait(), 0, m.log())
        self.assertEqual(self.without_kexec(m.log()[len(alone):]), alone)

    def test_no_store_and_no_live_update(self):
        if os.path.exists("/dev/liveupdate"):
            self.skipTest("this machine has live update")
        m = self.raw("say('started')", maximum=0)
        m.launch()
        self.assertEqual(m.wait(), 2)
        self.assertNotIn("started", m.log())


if __name__ == "__main__":
    kvtest.main()
