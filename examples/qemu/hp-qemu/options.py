# SPDX-License-Identifier: MIT
"""The options of QEMU: what is refused, because a guest could not go on."""
import json
import os
import re

OWN = {
    "-m": "the size of the memory is that of the region",
    "-mem-path": "the guest's memory is the region",
    "-mem-prealloc": "hp-qemu has QEMU take all of the memory at the start",
    "-incoming": "hp-qemu decides whether the guest goes on or boots",
    "-loadvm": "hp-qemu decides whether the guest goes on or boots",
    "-S": "hp-qemu lets the guest run",
    "-preconfig": "hp-qemu lets the guest run",
    "-daemonize": "hp-qemu waits for QEMU, and the service manager for hp-qemu",
    "-readconfig": "hp-qemu could not see which options the file has",
    "-snapshot": "what the guest wrote to its disks would be gone",
}

HOLES = ("takes pages out of the memory while the guest runs. Held memory has "
         "all its pages, and so it would grow again, or be lost for want of pages")
RESIZES = "changes how much memory the guest has. Held memory has one size"

DEVICES = [
    (r"virtio-balloon", HOLES),
    (r"virtio-mem", RESIZES),
    (r"(pc-dimm|nvdimm|virtio-pmem)", RESIZES + ", and comes without others"),
]


class Refused(Exception):
    """The guest is not started, and nothing was changed."""


def pairs(args):
    """(option, value) of a command line; the value is None without one."""
    i = 0
    while i < len(args):
        option = args[i]
        if not option.startswith("-") or option == "-":
            raise Refused("'%s' is not an option: give a disk as -drive" % option)
        option = "-" + option.lstrip("-")
        value = None
        if i + 1 < len(args) and not re.match(r"-\D", args[i + 1]):
            value = args[i + 1]
            i += 1
        yield option, value
        i += 1


def kind(value, key):
    """The first word of an option, as the driver of a device."""
    if value.startswith("{"):
        return str(json.loads(value).get(key, ""))
    first = value.split(",")[0]
    return first[len(key) + 1:] if first.startswith(key + "=") else first


def check_machine(values):
    if len(values) != 1:
        raise Refused("give -machine once: an update of QEMU may choose another")
    name = kind(values[0], "type")
    if not re.search(r"-\d+\.\d+$", name):
        raise Refused("-machine %s is not the same in each QEMU: name a version, "
                      "as pc-q35-7.2 (qemu-system-x86_64 -machine help)" % name)
    if re.search(r"\bmemory-backend=", values[0]):
        raise Refused("-machine memory-backend: the guest's memory is the region")


def check_cpu(values, x86):
    if len(values) != 1:
        raise Refused("give -cpu once: QEMU does not notice if the guest goes on "
                      "with another one")
    name = kind(values[0], "type")
    if name in ("host", "max", "base"):
        raise Refused("-cpu %s is what the machine and its kernel offer: name a "
                      "model (qemu-system-x86_64 -cpu help)" % name)
    if x86 and not re.search(r"-v\d+$", name):
        raise Refused("-cpu %s is not the same in each QEMU: name a version, as "
                      "%s-v1" % (name, name))


def check(program, args):
    """Raises Refused, with the reason."""
    values = {"-machine": [], "-cpu": []}
    for option, value in pairs(args):
        option = "-machine" if option == "-M" else option
        if option in OWN:
            raise Refused("%s: %s" % (option, OWN[option]))
        if option in ("-device", "-object", "-numa", "-balloon") and not value:
            raise Refused("%s has no value" % option)
        if option == "-balloon":
            raise Refused("%s: %s" % (option, HOLES))
        if option == "-object" and kind(value, "qom-type").startswith("memory-"):
            raise Refused("-object %s: the guest's memory is the region"
                          % kind(value, "qom-type"))
        if option == "-numa" and re.search(r"\bmem(dev)?=", value):
            raise Refused("-numa %s: the guest's memory is the region" % value)
        if option == "-device":
            for pattern, reason in DEVICES:
                if re.match(pattern, kind(value, "driver")):
                    raise Refused("-device %s %s" % (kind(value, "driver"), reason))
        if option in values:
            values[option].append(value or "")
    check_machine(values["-machine"])
    check_cpu(values["-cpu"],
              bool(re.search(r"x86_64|i386", os.path.basename(program))))


def difference(before, now):
    """In words, what is not the same; None: all is."""
    for was, now_is in zip(before, now):
        if was != now_is:
            return "'%s' was '%s'" % (now_is, was)
    if len(now) > len(before):
        return "'%s' was not there" % now[len(before)]
    if len(now) < len(before):
        return "'%s' is missing" % before[len(now)]
    return None
