# SPDX-License-Identifier: MIT
"""hp-qemu: a guest that goes on after its QEMU, or its host's kernel, was replaced.

The guest's memory is held by somebody else (hugepersist run). hp-qemu starts QEMU
on it; saves the state of the devices when it is told to end; and lets the guest go
on from there at the next start, if everything is as it was. Otherwise it refuses:
QEMU itself does not notice.
"""
import argparse
import hashlib
import os
import select
import signal
import socket
import sys
import time

import disks
import options
import qmp
from guest import Guest
from options import Refused
from seal import Damaged, Seal, sample

USAGE = """hp-qemu run --ram=PATH --seal=PATH --state=DIR [--boot-if-lost] -- QEMU OPTION...
       hp-qemu afresh DIR"""

REFUSED = 2


def say(text):
    print("hp-qemu: " + text, file=sys.stderr, flush=True)


def notify(text):
    """To the service manager, if there is one."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    if address[0] == "@":
        address = "\0" + address[1:]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
        try:
            s.sendto(text.encode(), address)
        except OSError as e:
            say("cannot notify the service manager: " + e.strerror)


class Place:
    """The state directory: the state of the devices, and two marks."""

    def __init__(self, path):
        os.makedirs(path, mode=0o700, exist_ok=True)
        self.path = path
        self.state = os.path.join(path, "devices")
        # A guest was here: memory that is new then has lost one
        self.used = os.path.join(path, "used")
        # The word of the operator, for one start
        self.afresh = os.path.join(path, "afresh")

    def sync(self):
        fd = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY)
        os.fsync(fd)
        os.close(fd)

    def mark(self, path):
        with open(path, "w") as f:
            os.fsync(f.fileno())
        self.sync()


class Wrapper:
    def __init__(self, args):
        self.args = args
        self.place = Place(args.state)
        self.seal = Seal(args.seal)
        self.guest = Guest(args.command, args.ram)
        self.generation = 0
        self.stopped = None
        self.ends, wakeup = os.pipe()
        for end in self.ends, wakeup:
            os.set_blocking(end, False)
        signal.set_wakeup_fd(wakeup)
        for number in signal.SIGTERM, signal.SIGINT:
            signal.signal(number, lambda *unused: None)

    # -- The start ------------------------------------------------------------

    def wants(self, record, state):
        """Raises Refused if anything is not as it was when the guest was saved."""
        change = options.difference(record["options"], self.args.command[1:])
        if change:
            raise Refused("the options of QEMU are not those of the save: " + change)
        if hashlib.sha256(state).hexdigest() != record["state"]:
            raise Refused("%s is not the state that belongs to the memory"
                          % self.place.state)
        if os.stat(self.args.ram).st_size != record["ram"]:
            raise Refused("the memory has another size than it had")
        if sample(self.args.ram, record["generation"]) != record["sample"]:
            raise Refused("the memory is not the guest's")
        change = disks.difference(record["disks"])
        if change:
            raise Refused("a disk was changed while the guest stood still: " + change)

    def saved_state(self):
        """The state to go on with, or None: boot. Raises Refused."""
        try:
            record = self.seal.read()
        except Damaged as e:
            raise Refused(str(e)) from None
        if record is None:
            if os.path.exists(self.place.used) and not self.args.boot_if_lost:
                raise Refused("the guest's memory is lost (a reboot?). With "
                              "--boot-if-lost hp-qemu boots the guest in such a case")
            return None
        self.generation = record["generation"]
        if record["is"] in ("off", "boots"):
            return None
        if record["is"] != "saved":
            raise Refused("the guest was not saved: QEMU, hp-qemu or the host was "
                          "killed while it ran")
        try:
            with open(self.place.state, "rb") as f:
                state = f.read()
        except OSError as e:
            raise Refused("%s: %s" % (self.place.state, e.strerror)) from None
        self.wants(record, state)
        self.stopped = record["stopped"]
        return state

    def decide(self):
        if not os.path.exists(self.place.afresh):
            return self.saved_state()
        say("booting afresh, as the operator said")
        try:
            self.generation = (self.seal.read() or {"generation": 0})["generation"]
        except Damaged:
            pass
        return None

    def start(self):
        state = self.decide()
        if state is None:
            # QEMU writes to the memory before the guest runs
            self.write_seal("boots")
        self.guest.start(goes_on=state is not None)
        if state is not None:
            # If this fails, the seal is as it was, and the next start can go on
            self.guest.load(state)
        for name in disks.unseen(self.guest.nodes()):
            say("nobody can tell whether %s is changed while the guest stands still"
                % name)
        self.place.mark(self.place.used)
        self.generation += 1
        # From here on the memory is not what the state belongs to
        self.write_seal("runs")
        self.guest.run()
        if os.path.exists(self.place.afresh):
            os.unlink(self.place.afresh)
        how = "boots"
        if state is not None:
            how = "goes on after %.1f s" % (time.time() - self.stopped)
        say("the guest %s (QEMU %s, generation %d)"
            % (how, self.guest.version, self.generation))
        notify("READY=1\nSTATUS=The guest runs, generation %d" % self.generation)

    def write_seal(self, what, **more):
        self.seal.write({"is": what, "generation": self.generation, **more})

    # -- The end --------------------------------------------------------------

    def save(self):
        """False: it cannot be saved, and runs on."""
        new = self.place.state + ".new"
        try:
            self.guest.pause()
            stopped = time.time()
            paths = disks.files(self.guest.nodes())
            disks.record(paths)
            digest = self.guest.save(new)
        except (qmp.Failed, OSError) as e:
            say("cannot save the guest, so it runs on: %s" % e)
            self.guest.run()
            return False
        # All is on the disks, and QEMU does not touch them any more
        self.guest.quit()
        os.rename(new, self.place.state)
        self.place.sync()
        self.write_seal("saved", options=self.args.command[1:], state=digest,
                        stopped=stopped,
                        ram=os.stat(self.args.ram).st_size,
                        sample=sample(self.args.ram, self.generation),
                        disks=disks.record(paths))
        say("the guest is saved (%d bytes beside its memory, generation %d)"
            % (os.stat(self.place.state).st_size, self.generation))
        return True

    def is_off(self):
        """Did the guest itself end?"""
        for event in self.guest.qmp.take_events():
            if event["event"] == "SHUTDOWN" and event["data"].get("guest"):
                return True
        return False

    def serve(self):
        """Until the guest ends, or hp-qemu is told to. The exit status."""
        while True:
            ready = select.select([self.ends, self.guest.qmp], [], [])[0]
            if self.ends in ready:
                os.read(self.ends, 100)
                notify("STOPPING=1\nSTATUS=Saving the guest")
                if self.save():
                    return 0
                notify("STATUS=The guest runs, and could not be saved")
            try:
                off = self.is_off()
            except qmp.Failed:
                say("QEMU has ended with status %s" % self.guest.end())
                return 1
            if off:
                self.guest.process.wait(60)
                self.write_seal("off")
                say("the guest has switched itself off")
                return 0


def run(args):
    options.check(args.command[0], args.command[1:])
    wrapper = Wrapper(args)
    try:
        wrapper.start()
        return wrapper.serve()
    finally:
        wrapper.guest.end()


def parse(argv):
    if argv[:1] == ["afresh"] and len(argv) == 2:
        return argparse.Namespace(action="afresh", state=argv[1])
    parser = argparse.ArgumentParser(prog="hp-qemu", usage=USAGE)
    parser.add_argument("action", choices=["run"])
    for name in "ram", "seal", "state":
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--boot-if-lost", action="store_true")
    parser.add_argument("command", nargs="+", metavar="QEMU OPTION")
    return parser.parse_args(argv)


def main(argv):
    args = parse(argv)
    if args.action == "afresh":
        place = Place(args.state)
        place.mark(place.afresh)
        return 0
    try:
        return run(args)
    except Refused as e:
        say("not starting: %s" % e)
        say("nothing was changed. 'hp-qemu afresh %s' gives up what the guest had "
            "in its memory, and the next start boots it" % args.state)
        return REFUSED
    except (qmp.Failed, Damaged, OSError) as e:
        say(str(e))
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
