# SPDX-License-Identifier: MIT
"""A guest of unmodified QEMU goes on, or is refused with the reason.

The memory is held by this test, in the place of hugepersist run and its holder. The
guest boots the kernel of the laboratory machines, emulated, in a second.
"""
import calendar
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

WRAPPER = os.environ["HP_QEMU"]
sys.path.append(WRAPPER)
import qmp  # noqa: E402
INITRD = os.environ["GUEST"]
with open(os.environ["KERNEL"]) as f:
    KERNEL = f.read().strip()
QEMU = shutil.which("qemu-system-x86_64") or "qemu-system-x86_64"

RAM = 64 << 20
SEAL = 2 << 20
COUNT = re.compile(r"^(\d+) sum=(\w+) disk=(\w+) ms=(\d+) wall=(\d+)$",
                   re.MULTILINE)


class Guest(unittest.TestCase):
    def setUp(self):
        self.top = tempfile.mkdtemp(prefix="qemu-test-")
        self.addCleanup(shutil.rmtree, self.top)
        self.state = os.path.join(self.top, "state")
        self.console = os.path.join(self.top, "console")
        self.disk = os.path.join(self.top, "disk")
        with open(self.disk, "wb") as f:
            f.truncate(1 << 20)
        self.held = {}
        self.hold("ram", RAM)
        self.hold("seal", SEAL)
        self.qemu = QEMU
        self.cpu = "qemu64-v1"
        self.words = ""
        self.more = []
        self.process = None
        self.log = ""
        self.addCleanup(self.end)

    # -- The holder -----------------------------------------------------------

    def path(self, name):
        return os.path.join(self.top, name)

    def hold(self, name, size):
        """Memory, new; under a path as hugepersist run makes it."""
        if name in self.held:
            os.close(self.held[name])
            os.unlink(self.path(name))
        self.held[name] = os.memfd_create(name)
        os.ftruncate(self.held[name], size)
        os.symlink("/proc/self/fd/%d" % self.held[name], self.path(name))

    # -- hp-qemu --------------------------------------------------------------

    def options(self):
        return ["-machine", "pc-q35-7.2,accel=tcg", "-cpu", self.cpu,
                "-nodefaults", "-no-user-config", "-display", "none",
                "-chardev", "file,id=c,append=on,path=" + self.console,
                "-serial", "chardev:c",
                "-drive", "format=raw,if=none,id=d,file=" + self.disk,
                "-device", "virtio-blk-pci,drive=d,addr=3",
                "-kernel", KERNEL, "-initrd", INITRD,
                "-append", "console=ttyS0 quiet " + self.words] + self.more

    def launch(self, *words):
        self.process = subprocess.Popen(
            [sys.executable, "-B", WRAPPER, "run", "--ram", self.path("ram"),
             "--seal", self.path("seal"), "--state", self.state, *words, "--",
             self.qemu] + self.options(),
            pass_fds=self.held.values(), stderr=subprocess.PIPE, text=True)

    def wait(self, timeout=60):
        said = self.process.communicate(timeout=timeout)[1]
        self.log += said
        code, self.process = self.process.returncode, None
        return code, said

    def start(self, *words):
        """Until the guest counts on."""
        before = len(self.counts())
        self.launch(*words)
        end = time.monotonic() + 60
        while len(self.counts()) < before + 5:
            if self.process.poll() is not None:
                self.fail(self.wait()[1])
            self.assertLess(time.monotonic(), end)
            time.sleep(0.05)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        code, said = self.wait()
        self.assertEqual(code, 0, said)
        self.assertIn("the guest is saved", said)

    def end(self):
        if self.process:
            self.process.kill()
            self.process.communicate()

    def counts(self):
        """What the guest said, in order: (count, ms since its boot, its wall clock)."""
        try:
            with open(self.console, errors="replace") as f:
                text = f.read().replace("\r", "")
        except FileNotFoundError:
            return []
        found = COUNT.findall(text)
        self.assertFalse([c for c in found if c[1:3] != ("ok", "ok")])
        return [(int(c[0]), int(c[3]), int(c[4])) for c in found]

    def behind(self):
        """Its wall clock to that of this machine, in seconds, at its last count."""
        return os.stat(self.console).st_mtime - self.counts()[-1][2] / 1000

    def check_one_life(self):
        """It counted from 1 on, left nothing out, and noticed no pause."""
        counts = self.counts()
        self.assertEqual([n for n, *_ in counts],
                         list(range(1, len(counts) + 1)))
        pauses = [b[1] - a[1] for a, b in zip(counts, counts[1:])]
        self.assertGreaterEqual(min(pauses), 50)
        self.assertLess(max(pauses), 3000)

    def refused(self, *reasons):
        """And nothing is changed by the refusal."""
        before = self.content(), self.counts()
        self.launch()
        code, said = self.wait()
        self.assertEqual(code, 2, said)
        for reason in reasons:
            self.assertIn(reason, said)
        self.assertEqual((self.content(), self.counts()), before)

    def content(self):
        held = [os.pread(self.held["seal"], 65536, 0)]
        for name in sorted(os.listdir(self.state)):
            with open(os.path.join(self.state, name), "rb") as f:
                held.append((name, f.read()))
        return held

    def saved(self):
        self.start()
        self.stop()

    def goes_on(self):
        self.start()
        self.check_one_life()
        self.stop()


class GoesOn(Guest):
    def test_over_restarts(self):
        for _ in range(4):
            self.start()
            began = time.monotonic()
            self.stop()
        self.check_one_life()
        print("stopped and saved in %.2f s, %d bytes"
              % (time.monotonic() - began,
                 os.stat(os.path.join(self.state, "devices")).st_size))
        began = time.monotonic()
        self.start()
        print("goes on after %.2f s" % (time.monotonic() - began))
        self.assertIn("the guest is saved", self.log)

    def test_holder_makes_the_descriptors_anew(self):
        """As after a kexec: other numbers, the same memory."""
        self.saved()
        for name, fd in list(self.held.items()):
            self.held[name] = os.open("/proc/self/fd/%d" % fd, os.O_RDWR)
            os.close(fd)
            os.unlink(self.path(name))
            os.symlink("/proc/self/fd/%d" % self.held[name], self.path(name))
        self.goes_on()

    def test_switched_off_by_itself_it_boots(self):
        self.words = "off=20"
        self.launch()
        code, said = self.wait()
        self.assertEqual(code, 0, said)
        self.assertIn("switched itself off", said)
        self.words = ""
        self.start()
        self.assertEqual([n for n, *_ in self.counts()][:22],
                         list(range(1, 21)) + [1, 2])

    def board(self, path):
        """What hwclock(8) would read in the guest."""
        with socket.socket(socket.AF_UNIX) as s:
            s.connect(path)
            monitor = qmp.Qmp(s)
            monitor.greet(20)
            tm = monitor.call("qom-get", path="/machine", property="rtc-time")
        return calendar.timegm((tm["tm_year"] + 1900, tm["tm_mon"] + 1, tm["tm_mday"],
                                tm["tm_hour"], tm["tm_min"], tm["tm_sec"]))

    def test_clocks(self):
        """Its wall clock is behind from then on. The clock of its board is not."""
        path = self.path("monitor")
        self.more = ["-qmp", "unix:%s,server=on,wait=off" % path]
        self.saved()
        before = self.behind()
        time.sleep(4)
        self.start()
        self.assertAlmostEqual(self.board(path), time.time(), delta=2)
        self.stop()
        pause = float(re.search(r"goes on after ([0-9.]+) s", self.log).group(1))
        self.assertGreater(pause, 4)
        self.assertAlmostEqual(self.behind() - before, pause, delta=0.5)
        self.check_one_life()

    def test_upgrade(self):
        """Another program of QEMU, at another place."""
        self.saved()
        self.qemu = self.path("qemu-system-x86_64-new")
        os.symlink(QEMU, self.qemu)
        self.goes_on()


class Refuses(Guest):
    """What QEMU would load without a word."""

    def test_changed_bit_in_the_state(self):
        self.saved()
        path = os.path.join(self.state, "devices")
        with open(path, "r+b") as f:
            for at in (0, 5000, os.fstat(f.fileno()).st_size - 1):
                byte = os.pread(f.fileno(), 1, at)
                os.pwrite(f.fileno(), bytes([byte[0] ^ 4]), at)
                self.refused("not the state that belongs to the memory")
                os.pwrite(f.fileno(), byte, at)
        self.goes_on()

    def test_no_state_and_half_a_state(self):
        self.saved()
        path = os.path.join(self.state, "devices")
        os.rename(path, path + ".kept")
        self.refused("No such file")
        with open(path + ".kept", "rb") as f, open(path, "wb") as g:
            g.write(f.read()[:-1000])
        self.refused("not the state that belongs to the memory")
        os.rename(path + ".kept", path)
        self.goes_on()

    def test_older_state(self):
        self.saved()
        path = os.path.join(self.state, "devices")
        shutil.copy2(path, self.path("older"))
        self.goes_on()
        shutil.copy2(path, self.path("newer"))
        shutil.copy2(self.path("older"), path)
        self.refused("not the state that belongs to the memory")
        shutil.copy2(self.path("newer"), path)
        self.goes_on()

    def test_older_memory(self):
        self.saved()
        older = os.pread(self.held["ram"], RAM, 0)
        self.goes_on()
        newer = os.pread(self.held["ram"], RAM, 0)
        os.pwrite(self.held["ram"], older, 0)
        self.refused("the memory is not the guest's")
        os.pwrite(self.held["ram"], newer, 0)
        self.goes_on()

    def test_other_options(self):
        self.saved()
        self.cpu = "Nehalem-v1"
        self.refused("'Nehalem-v1' was 'qemu64-v1'")
        self.cpu = "qemu64-v1"
        self.more = ["-smp", "2"]
        self.refused("'-smp' was not there")
        self.more = []
        self.words = "other"
        self.refused("quiet other' was")
        self.words = ""
        self.goes_on()

    def test_changed_disk(self):
        self.saved()
        at = os.stat(self.disk)
        with open(self.disk, "r+b") as f:
            f.seek(100000)
            f.write(b"x")
        self.refused("a disk was changed", "disk is not as it was (last write)")
        # Undone, as whoever restores a file does with its time
        with open(self.disk, "r+b") as f:
            f.seek(100000)
            f.write(b"\0")
        os.utime(self.disk, ns=(at.st_atime_ns, at.st_mtime_ns))
        os.chmod(self.disk, 0o600)
        self.goes_on()
        os.unlink(self.disk)
        self.refused("No such file")

    def test_restored_disk(self):
        self.saved()
        shutil.copy2(self.disk, self.path("copy"))
        os.rename(self.path("copy"), self.disk)
        self.refused("disk is not as it was (inode)")

    def test_backing_file_counts(self):
        overlay = self.path("overlay")
        subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw",
                        "-b", self.disk, overlay], check=True)
        base, self.disk = self.disk, overlay
        raw, self.options = self.options, lambda: [
            o.replace("format=raw", "format=qcow2") for o in raw()]
        self.saved()
        self.goes_on()
        os.utime(base)
        self.refused(base + " is not as it was")

    def test_lost_memory(self):
        self.saved()
        self.hold("ram", RAM)
        self.refused("the memory is not the guest's")
        self.hold("seal", SEAL)
        self.refused("memory is lost", "--boot-if-lost")
        self.start("--boot-if-lost")
        self.assertEqual(self.counts()[-5][0], 1)

    def test_other_size(self):
        self.saved()
        os.ftruncate(self.held["ram"], 2 * RAM)
        self.refused("another size")
        os.ftruncate(self.held["ram"], RAM)
        self.goes_on()

    def test_damaged_seal(self):
        self.saved()
        for at in 3, 30, 200:
            byte = os.pread(self.held["seal"], 1, at)
            os.pwrite(self.held["seal"], bytes([byte[0] ^ 1]), at)
            self.refused("seal in the held memory is damaged")
            os.pwrite(self.held["seal"], byte, at)
        self.goes_on()


class Killed(Guest):
    def child(self):
        with open("/proc/%d/task/%d/children" % ((self.process.pid,) * 2)) as f:
            return int(f.read())

    def test_qemu(self):
        self.start()
        os.kill(self.child(), signal.SIGKILL)
        code, said = self.wait()
        self.assertEqual(code, 1)
        self.assertIn("QEMU has ended", said)
        self.refused("the guest was not saved")

    def test_hp_qemu_takes_qemu_along(self):
        self.start()
        qemu = self.child()
        self.process.kill()
        self.wait()
        end = time.monotonic() + 10
        while os.path.exists("/proc/%d/exe" % qemu):
            self.assertLess(time.monotonic(), end)
            time.sleep(0.02)
        self.refused("the guest was not saved")

    def test_old_save_is_worth_nothing_after_a_kill(self):
        self.saved()
        self.start()
        os.kill(self.child(), signal.SIGKILL)
        self.wait()
        self.refused("the guest was not saved")

    def test_afresh_is_for_one_start(self):
        self.test_qemu()
        subprocess.run([sys.executable, "-B", WRAPPER, "afresh", self.state],
                       check=True)
        self.start()
        self.assertEqual(self.counts()[-5][0], 1)
        os.kill(self.child(), signal.SIGKILL)
        self.wait()
        self.refused("the guest was not saved")

    def test_load_that_fails_leaves_everything(self):
        """QEMU itself cannot load it: the next right start goes on."""
        self.more = ["-device", "virtio-rng-pci,addr=9"]
        self.saved()
        self.qemu = self.path("qemu-system-x86_64")
        with open(self.qemu, "w") as f:
            f.write("""#!/bin/sh
# Without the device that the state has
for word; do
	case $word in
	virtio-rng-pci*) word=pci-testdev,addr=9 ;;
	esac
	set -- "$@" "$word"
	shift
done
exec %s "$@"
""" % QEMU)
        os.chmod(self.qemu, 0o755)
        before = self.content()
        for _ in range(2):
            self.launch()
            code, said = self.wait()
            self.assertEqual(code, 1, said)
            self.assertEqual(self.content(), before)
        self.qemu = QEMU
        self.goes_on()

    def runs_on(self):
        self.process.send_signal(signal.SIGTERM)
        n = len(self.counts())
        end = time.monotonic() + 30
        while len(self.counts()) < n + 20:
            self.assertIsNone(self.process.poll())
            self.assertLess(time.monotonic(), end)
            time.sleep(0.05)

    def test_save_that_fails_lets_it_run_on(self):
        self.start()
        blocked = os.path.join(self.state, "devices.new")
        os.mkdir(blocked)
        self.runs_on()
        os.rmdir(blocked)
        os.rename(self.disk, self.path("elsewhere"))
        self.runs_on()
        os.rename(self.path("elsewhere"), self.disk)
        self.stop()
        self.goes_on()

    def test_boot_that_fails_gives_the_old_content_up(self):
        """QEMU writes to the memory before the guest runs."""
        self.saved()
        mark = os.path.join(self.state, "afresh")
        subprocess.run([sys.executable, "-B", WRAPPER, "afresh", self.state],
                       check=True)
        self.qemu = "/bin/false"
        self.launch()
        code, said = self.wait()
        self.assertEqual(code, 1, said)
        os.unlink(mark)
        self.qemu = QEMU
        self.start()
        self.assertEqual(self.counts()[-5][0], 1)


class Options(Guest):
    """What cannot go on is refused at the first start, with the reason."""

    def check(self, options, *reasons):
        r = subprocess.run([sys.executable, "-B", WRAPPER, "run", "--ram",
                            self.path("ram"), "--seal", self.path("seal"),
                            "--state", self.state, "--", QEMU] + options,
                           stderr=subprocess.PIPE, text=True, timeout=20)
        self.assertEqual(r.returncode, 2, r.stderr)
        for reason in reasons:
            self.assertIn(reason, r.stderr)

    def test_refused(self):
        good = self.options()
        for more, reason in (
                (["-device", "virtio-balloon-pci,free-page-reporting=on"],
                 "takes pages out of the memory"),
                (["-device", '{"driver": "virtio-balloon-pci"}'],
                 "takes pages out of the memory"),
                (["-device", "virtio-mem-pci,id=x,memdev=m"], "changes how much"),
                (["-device", "pc-dimm,memdev=m"], "changes how much"),
                (["-object", "memory-backend-ram,id=m,size=1G"],
                 "the guest's memory is the region"),
                (["-object", "qom-type=memory-backend-file,id=m,discard-data=on"],
                 "the guest's memory is the region"),
                (["-m", "64M,slots=4,maxmem=1G"], "the size of the memory"),
                (["--m", "64"], "the size of the memory"),
                (["-mem-path", "/dev/hugepages"], "memory is the region"),
                (["-numa", "node,memdev=m"], "memory is the region"),
                (["-incoming", "defer"], "hp-qemu decides"),
                (["-loadvm", "x"], "hp-qemu decides"),
                (["-snapshot"], "disks would be gone"),
                (["-daemonize"], "waits for QEMU"),
                (["-readconfig", "x"], "could not see"),
                (["-S"], "lets the guest run"),
                (["-M", "pc-q35-7.2"], "give -machine once"),
                (["-cpu", "qemu64-v1"], "give -cpu once"),
                ([self.disk], "is not an option")):
            self.check(good + more, reason)

    def test_machine_and_cpu_are_pinned(self):
        for machine in ("q35", "pc", "type=q35,accel=tcg", "none"):
            self.check(["-machine", machine, "-cpu", "qemu64-v1"],
                       "name a version")
        for cpu, reason in (("host", "name a model"), ("max", "name a model"),
                            ("qemu64", "as qemu64-v1"),
                            ("Skylake-Server,+avx", "name a version")):
            self.check(["-machine", "pc-q35-7.2", "-cpu", cpu], reason)
        self.check(["-machine", "pc-q35-7.2"], "give -cpu once")
        self.check(["-cpu", "qemu64-v1"], "give -machine once")


if __name__ == "__main__":
    sys.stdout.reconfigure(line_buffering=True)
    unittest.main(verbosity=2)
