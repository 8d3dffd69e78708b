# SPDX-License-Identifier: MIT
"""The guest's disks: has anybody written to them since the guest was saved?"""
import hashlib
import os
import stat

DEVICE_SAMPLE = 1 << 20


def device(path):
    """Of a block device there is no time of the last change: look at its start."""
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return {"size": os.lseek(fd, 0, os.SEEK_END),
                "start": hashlib.sha256(os.pread(fd, DEVICE_SAMPLE, 0)).hexdigest()}
    finally:
        os.close(fd)


def identity(path):
    """What changes when somebody writes to the file, or puts another in its place.

    Not the number of the device, which another kernel may give to another. Nor the
    time of the last change of owner or links, which systemd and backups change.
    """
    of = os.stat(path)
    if stat.S_ISBLK(of.st_mode):
        return device(path)
    return {"inode": of.st_ino, "size": of.st_size, "last write": of.st_mtime_ns}


# Of this host
FILES = ("file", "host_device", "host_cdrom")
NETWORK = ("nbd", "rbd", "iscsi", "ssh", "nfs", "gluster", "http", "https", "ftp",
           "ftps", "sheepdog", "nvme", "nvme-io_uring", "virtio-blk-vhost-user",
           "virtio-blk-vhost-vdpa", "vvfat")


def unseen(nodes):
    """Disks that hp-qemu cannot look at."""
    return sorted(node["file"] for node in nodes if node.get("drv") in NETWORK)


def files(nodes):
    """The paths in the answer to query-named-block-nodes, backing files too."""
    found = set()
    for node in nodes:
        if node.get("drv") in FILES:
            found.add(os.path.realpath(node["file"]))
    return sorted(found)


def record(paths):
    return {path: identity(path) for path in paths}


def difference(before):
    """In words; None: nobody touched them."""
    for path, was in before.items():
        try:
            now = identity(path)
        except OSError as e:
            return "%s: %s" % (path, e.strerror)
        for name in was:
            if was[name] != now.get(name):
                return "%s is not as it was (%s)" % (path, name)
    return None
