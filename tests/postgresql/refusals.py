#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Every start that must be cold, each caused for real, and those that must not.

    refusals.py BINDIR EXTENSION SQL OTHER_BUILD [NAME]...
    refusals.py --controls BINDIR EXTENSION SQL OTHER_BUILD [NAME]...

Prints what the log of each said. With --controls, the extension leaves out one check
after the other (HUGEPERSIST_WITHOUT, in a build for tests), and the case of that check
must fail.
"""
import argparse
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time

from cluster import (ENTRY, HEAD, Cluster, Failed, Postgres, Service, as_owner,
                     crc32c)

SUM = "SELECT count(*), sum(n), md5(string_agg(w, '' ORDER BY n)) FROM t"
CHANGE = "UPDATE t SET n = n + 1, w = md5(w)"
UNCLEAN = "the last run did not stop cleanly"
USED = "the data directory was used or replaced since"
REPLACED = "the data directory is not the one that the last stop left"


class Wrong(Exception):
    pass


def expect(have, wanted, what):
    if have != wanted:
        raise Wrong("%s: expected %r, got %r" % (what, wanted, have))


def cold(cluster, reason):
    start, why, _, buffers = cluster.status()
    expect((start, why, buffers), ("cold", reason, 0), "the start")


def warm(cluster):
    start, why, _, buffers = cluster.status()
    expect((start, why), ("warm", ""), "the start")
    if buffers < 50:
        raise Wrong("only %d buffers came back" % buffers)


def kept(cluster):
    """A stop that must be kept, seen by a start; then a change, and a stop."""
    cluster.ask("SELECT count(*) FROM t")
    cluster.end()
    cluster.start()
    warm(cluster)
    cluster.ask(CHANGE)
    cluster.ask(SUM)
    cluster.end()


def then_cold(cluster, reason):
    """The next start is cold and right, and the one after it is warm."""
    cluster.start()
    cold(cluster, reason)
    have = cluster.ask(SUM)
    expect(cluster.end(), 0, "the stop")
    cluster.start()
    warm(cluster)
    expect(cluster.ask(SUM), have, "the table")


def copy(cluster, name, to):
    """A part of the data directory, as a backup has it."""
    subprocess.run(["rm", "-rf", to], check=True)
    subprocess.run(["cp", "-a", os.path.join(cluster.data, name), to], check=True)


def restore(cluster, name, was):
    path = os.path.join(cluster.data, name)
    subprocess.run(["rm", "-rf", path], check=True)
    subprocess.run(["cp", "-a", was, path], check=True)


def poke(cluster, offset, data, mend=True):
    """Write into the memory, and make its check values right again."""
    memory = cluster.memory()
    memory[offset:offset + len(data)] = data
    if mend:
        count, = struct.unpack_from("<I", memory, HEAD["count"])
        table = memory[HEAD["entries"]:HEAD["entries"] + count * ENTRY.size]
        struct.pack_into("<I", memory, HEAD["entries_crc"], crc32c(table))
        struct.pack_into("<I", memory, HEAD["crc"], crc32c(memory[:HEAD["crc"]]))
    memory.close()


def entry(cluster, number):
    memory = cluster.memory()
    fields = ENTRY.unpack_from(memory, HEAD["entries"] + number * ENTRY.size)
    memory.close()
    return fields


def standby_of(c):
    """A standby, which has a service of its own; the primary runs."""
    other = Cluster(c.postgres, c.directory + ".other", c.port + 1)
    os.makedirs(other.directory)
    subprocess.run(["chown", "--reference=" + c.directory, other.directory], check=True)
    c.postgres.run("pg_basebackup", "-h", c.directory, "-p", str(c.port), "-U",
                   "postgres", "-D", other.data, "-R", "-c", "fast")
    other.set(unix_socket_directories=other.directory, port=other.port,
              wal_retrieve_retry_interval="100ms")
    return other


def follows(c, other):
    """The standby has all that the primary wrote."""
    wanted = c.ask("SELECT pg_current_wal_lsn()")
    end = time.monotonic() + 60
    while other.ask("SELECT pg_last_wal_replay_lsn() >= '%s'" % wanted) != "t":
        if time.monotonic() > end:
            raise Wrong("the standby does not follow")
        time.sleep(0.1)


# -- Cases ------------------------------------------------------------------------


def new(c):
    """The first start of all."""
    c.end()
    c.service.drop(lambda name: True)
    then_cold(c, "the memory is new")


def killed(c):
    """SIGKILL of the postmaster, after a start that was warm."""
    kept(c)
    c.start()
    warm(c)
    c.ask(CHANGE)
    c.end(signal.SIGKILL)
    then_cold(c, UNCLEAN)


def startup_fails(c):
    """The first child of the server dies before it writes anything."""
    kept(c)
    wal = os.path.join(c.data, "pg_wal")
    os.rename(wal, wal + ".away")
    os.mkdir(wal)
    os.mkdir(os.path.join(wal, "archive_status"))
    subprocess.run(["chown", "-R", "--reference=" + c.data, wal], check=True)
    fails(c, "could not locate")
    shutil.rmtree(wal)
    os.rename(wal + ".away", wal)
    then_cold(c, UNCLEAN)


def killed_control(c):
    """The same; here the mark itself is not cleared."""
    killed(c)


def immediate(c):
    """A stop that leaves the next start to recover, with exit status 0."""
    kept(c)
    c.start()
    warm(c)
    c.ask(CHANGE)
    expect(c.end(signal.SIGQUIT), 0, "the immediate stop")
    if "the next start is cold" not in c.news():
        raise Wrong("the stop did not say so")
    then_cold(c, UNCLEAN)


def child_crashed(c):
    """SIGKILL of a backend: shared memory is made anew in the same postmaster."""
    kept(c)
    c.start()
    warm(c)
    pid = c.ask("SELECT pid FROM pg_stat_activity WHERE backend_type = 'checkpointer'")
    os.kill(int(pid), signal.SIGKILL)
    end = time.monotonic() + 60
    while "all server processes terminated" not in c.news():
        if time.monotonic() > end:
            raise Wrong("the server did not see the crash")
        time.sleep(0.05)
    time.sleep(0.2)
    c.ready()
    cold(c, "a server process crashed, and shared memory was made anew")
    have = c.ask(SUM)
    c.end()
    c.start()
    warm(c)
    expect(c.ask(SUM), have, "the table")


def by_hand(c):
    """Somebody ran the server without the manager."""
    kept(c)
    c.by_hand("-c", "hugepersist.enable=try", sql=CHANGE)
    then_cold(c, USED)


def without_extension(c):
    kept(c)
    c.by_hand("-c", "shared_preload_libraries=", sql=CHANGE)
    then_cold(c, USED)


def restored(c):
    """The tables of an older backup, under the very same control file."""
    kept(c)
    place = c.directory + ".base"
    ticket = c.directory + ".ticket"
    copy(c, "base", place)
    copy(c, "hugepersist.ticket", ticket)
    c.start()
    warm(c)
    # In place, so that the table has the same file
    c.ask("INSERT INTO t SELECT 7, 'seven' FROM generate_series(1, 50)")
    c.end()
    restore(c, "base", place)
    restore(c, "hugepersist.ticket", ticket)
    then_cold(c, REPLACED)


def replaced(c):
    """An older file of one table, with the time that it had."""
    c.table_file = c.ask("SELECT pg_relation_filepath('t')")
    kept(c)
    path = os.path.join(c.data, c.table_file)
    copy(c, c.table_file, c.directory + ".file")
    c.start()
    warm(c)
    # In place, so that it has as many blocks
    c.ask("INSERT INTO t SELECT 7, 'seven' FROM generate_series(1, 5)")
    have = c.ask(SUM)
    c.end()
    os.rename(path, path + ".newer")
    restore(c, c.table_file, c.directory + ".file")
    c.start()
    cold(c, "a file of a table or an index was changed or replaced since")
    c.ask(SUM)
    c.end()
    os.rename(path + ".newer", path)
    then_cold(c, "a file of a table or an index was changed or replaced since")
    expect(c.ask(SUM), have, "the table")


def rolled_back(c):
    """A snapshot of the whole data directory."""
    kept(c)
    place = c.directory + ".snapshot"
    copy(c, "", place)
    c.start()
    warm(c)
    c.ask(CHANGE)
    c.end()
    shutil.rmtree(c.data)
    os.rename(place, c.data)
    then_cold(c, USED)


def resetwal(c):
    kept(c)
    c.postgres.run("pg_resetwal", "-D", c.data)
    then_cold(c, USED)


def rewound(c):
    """pg_rewind brings the data directory back to that of a standby."""
    kept(c)
    c.set(wal_keep_size="64MB")
    c.start()
    other = standby_of(c)
    c.end()
    other.start()
    other.postgres.run("pg_ctl", "-D", other.data, "-w", "promote")
    other.ask(CHANGE)
    other.ask("CHECKPOINT")
    c.start()
    warm(c)
    c.ask(CHANGE)
    c.end()
    other.end()
    c.postgres.run("pg_rewind", "-D", c.data, "--source-pgdata=" + other.data)
    # It took the other's configuration, too
    c.set(unix_socket_directories=c.directory, port=c.port)
    other.close()
    c.start()
    # The ticket is gone as well; which of them is told does not matter
    expect(c.status()[0], "cold", "the start")
    have = c.ask(SUM)
    c.end()
    c.start()
    warm(c)
    expect(c.ask(SUM), have, "the table")


def upgraded(c):
    """pg_upgrade, to a cluster of the same version."""
    kept(c)
    other = Cluster(c.postgres, c.directory + ".other", c.port + 1)
    other.make()
    other.close()
    bindir = c.postgres.bindir
    # Its servers are no service's. And it wants a directory that it can write to
    c.postgres.run("pg_upgrade", "-b", bindir, "-B", bindir, "-d", c.data, "-D",
                   other.data, "-p", str(c.port), "-P", str(other.port), "-U",
                   "postgres", "-s", c.directory, cwd=c.directory)
    own, c.data = c.data, other.data
    c.service.argv[-1] = other.data
    c.set(unix_socket_directories=c.directory, port=c.port)
    then_cold(c, "the memory is of another cluster")
    c.data = own


def single_user(c):
    kept(c)
    c.postgres.run("postgres", "--single", "-D", c.data, "postgres", input=CHANGE)
    then_cold(c, USED)


def checksums(c):
    kept(c)
    c.postgres.run("pg_checksums", "--disable", "-D", c.data)
    then_cold(c, "data checksums were switched since")


def backup_label(c):
    """What a copy of a running cluster begins with."""
    kept(c)
    words = dict(line.split(":", 1) for line in c.postgres.run(
        "pg_controldata", c.data, env=dict(os.environ, LC_ALL="C")).splitlines())
    redo = words["Latest checkpoint's REDO location"].strip()
    name = words["Latest checkpoint's REDO WAL file"].strip()
    c.write("backup_label", "START WAL LOCATION: %s (file %s)\n"
            "CHECKPOINT LOCATION: %s\nBACKUP FROM: primary\nLABEL: test\n"
            "START TIMELINE: 1\n" % (redo, name, redo))
    then_cold(c, "there is a file backup_label")


def standby(c):
    kept(c)
    c.write("standby.signal", "")
    c.start()
    cold(c, "there is a file standby.signal")
    c.ask(SUM)
    c.end()
    if "this was not the clean stop of a primary" not in c.news():
        raise Wrong("the stop of a standby did not say so")
    c.start()
    # The standby left no mark; the first reason is the one that is told
    cold(c, UNCLEAN)
    c.postgres.run("pg_ctl", "-D", c.data, "-w", "promote")
    have = c.ask(CHANGE + ";" + SUM)
    c.end()
    c.start()
    warm(c)
    expect(c.ask(SUM), have, "the table")


def recovery(c):
    kept(c)
    c.set(restore_command="false")
    c.write("recovery.signal", "")
    then_cold(c, "there is a file recovery.signal")


def other_size(c):
    kept(c)
    c.set(shared_buffers="12MB")
    then_cold(c, "shared_buffers, hugepersist.memory or the build of the extension "
                 "is another")


def nearly_the_size(c):
    """Another size, in as many huge pages."""
    kept(c)
    c.set(shared_buffers="2040")
    then_cold(c, "the size of shared_buffers, a block or a descriptor is another")


def other_build(c):
    kept(c)
    own = c.postgres.extension + ".own"
    os.rename(c.postgres.extension, own)
    try:
        shutil.copy(c.postgres.other, c.postgres.extension)
        then_cold(c, "shared_buffers, hugepersist.memory or the build of the "
                     "extension is another")
    finally:
        os.rename(own, c.postgres.extension)


def other_format(c):
    """The same, if the numbers of the region did not tell."""
    kept(c)
    poke(c, HEAD["format"], struct.pack("<I", 9))
    then_cold(c, "another build of the extension wrote the memory")


def other_version(c):
    """PostgreSQL was upgraded."""
    kept(c)
    poke(c, HEAD["version"], struct.pack("<I", 149999))
    then_cold(c, "the version of PostgreSQL is another")


def damaged_head(c):
    kept(c)
    poke(c, HEAD["since"], b"\x55", mend=False)
    then_cold(c, "the head is damaged")


def damaged_table(c):
    """One bit: a block of another number."""
    kept(c)
    at = HEAD["entries"] + 150 * ENTRY.size + 4 * 4
    poke(c, at, struct.pack("<I", entry(c, 150)[4] ^ 1 << 20), mend=False)
    then_cold(c, "the table of tags is damaged")


def block_twice(c):
    """What a check value cannot see."""
    kept(c)
    first = entry(c, 10)
    second = entry(c, 150)
    poke(c, HEAD["entries"] + 150 * ENTRY.size, ENTRY.pack(*first[:5], *second[5:]))
    then_cold(c, "the table of tags has a block twice")


def buffer_twice(c):
    kept(c)
    fields = list(entry(c, 150))
    fields[5] = entry(c, 149)[5]
    poke(c, HEAD["entries"] + 150 * ENTRY.size, ENTRY.pack(*fields))
    then_cold(c, "the table of tags is damaged")


def no_page(c):
    kept(c)
    memory = c.memory()
    e = entry(c, 150)
    # The blocks are behind the table, and the last ones of the memory are free
    buffers, = struct.unpack_from("<I", memory, HEAD["buffers"])
    blocks = -(-(HEAD["entries"] + buffers * ENTRY.size) // 8192) * 8192
    at = blocks + e[5] * 8192
    memory[at + 12:at + 14] = b"\xff\xff"   # pd_lower
    memory.close()
    then_cold(c, "block %d of fork %d of relation %d/%d/%d is not a page"
              % (e[4], e[3], e[0], e[1], e[2]))


def other_page(c):
    """hugepersist.check_pages sees what is not in the file."""
    kept(c)
    c.set(**{"hugepersist.check_pages": "on"})
    e = entry(c, 150)
    memory = c.memory()
    buffers, = struct.unpack_from("<I", memory, HEAD["buffers"])
    blocks = -(-(HEAD["entries"] + buffers * ENTRY.size) // 8192) * 8192
    at = blocks + e[5] * 8192 + 8191
    memory[at:at + 1] = bytes([memory[at] ^ 1])
    memory.close()
    then_cold(c, "block %d of fork %d of relation %d/%d/%d differs from its file"
              % (e[4], e[3], e[0], e[1], e[2]))


def zeroed(c):
    """zero_damaged_pages leaves a page of zeros, which is clean."""
    path = os.path.join(c.data, c.ask("SELECT pg_relation_filepath('t')"))
    c.end()
    c.service.drop(lambda name: True)
    with open(path, "r+b") as f:
        f.seek(3 * 8192 + 4000)
        f.write(b"damage")
    c.start()
    c.ask("SET zero_damaged_pages = on; " + SUM)
    # All of it works from here on, until somebody reads the file
    c.ask(SUM)
    c.end()
    c.start()
    if c.status()[0] != "warm":
        raise Wrong("the start was not warm")
    try:
        c.ask(SUM)
    except subprocess.CalledProcessError as e:
        if "invalid page in block 3" in e.stderr:
            return
        raise
    raise Wrong("a page of zeros stands for one that is damaged")


def replica(c):
    """A standby goes on across the warm restart of its primary."""
    kept(c)
    c.start()
    other = standby_of(c)
    try:
        other.start()
        for _ in range(3):
            c.ask(CHANGE)
            c.end()
            c.service.kexec()
            c.start()
            warm(c)
            have = c.ask(CHANGE + ";" + SUM)
            follows(c, other)
            expect(other.ask(SUM), have, "the table of the standby")
        c.end()
        # And takes over
        other.postgres.run("pg_ctl", "-D", other.data, "-w", "promote")
        expect(other.ask(SUM), have, "the table")
    finally:
        other.close()


def lost_memory(c):
    kept(c)
    expect(c.service.drop(lambda name: name.count(".") == 4), 1, "regions")
    then_cold(c, "the memory is lost")


def lost_manifest(c):
    kept(c)
    expect(c.service.drop(lambda name: name.count(".") == 2), 1, "manifests")
    then_cold(c, "the manifest, which lists the memory, is gone or damaged")


def two_clusters(c):
    """Another cluster is started with the memory of this one, in turn."""
    kept(c)
    other = Cluster(c.postgres, c.directory + ".other", c.port + 1)
    other.make()
    own, c.service.argv = c.service.argv, other.service.argv
    other.service.close()
    other.service = c.service
    other.log = c.log
    other.start()
    other.define_view()
    cold(other, "the memory is of another cluster")
    other.ask("CREATE TABLE t AS SELECT 1 AS n, 'other'::text AS w")
    other.end()
    c.service.argv = own
    then_cold(c, "the memory is of another cluster")


def two_at_once(c):
    """The memory of a cluster that runs is not given to another one."""
    kept(c)
    c.start()
    warm(c)
    other = Cluster(c.postgres, c.directory + ".other", c.port + 1)
    other.make()
    other.set(**{"hugepersist.enable": "try"})
    other.service.store = [(name, os.dup(fd)) for name, fd in c.service.store]
    try:
        other.start()
        other.define_view()
        expect(other.status()[0], "not used", "the other cluster")
        other.end()
        expect(c.ask("SELECT 1"), "1", "the first cluster")
        have = c.ask(CHANGE + ";" + SUM)
    finally:
        other.close()
    c.end()
    c.start()
    warm(c)
    expect(c.ask(SUM), have, "the table")


def fails(c, message):
    try:
        c.service.start()
    except Failed as e:
        if message not in str(e):
            raise Wrong("it failed with another message: %s" % e)
        return
    raise Wrong("it started")


def late_failures(c):
    """A start that fails late does not cost the pool."""
    kept(c)
    # The port is taken
    path = os.path.join(c.directory, ".s.PGSQL.%d" % c.port)
    taken = socket.socket(socket.AF_INET)
    taken.bind(("127.0.0.1", 0))
    taken.listen()
    with open(os.path.join(c.data, "postgresql.auto.conf"), "w") as f:
        f.write("listen_addresses = '127.0.0.1'\nport = %d\n"
                % taken.getsockname()[1])
    fails(c, "could not create any TCP/IP sockets")
    taken.close()
    # A wrong setting, before anything is looked at
    c.write("postgresql.auto.conf", "shared_buffers = 'plenty'\n")
    fails(c, "shared_buffers")
    # A wrong line
    c.write("postgresql.auto.conf", "")
    hba = os.path.join(c.data, "pg_hba.conf")
    with open(hba) as f:
        right = f.read()
    c.write("pg_hba.conf", "nonsense\n")
    fails(c, "could not load")
    c.write("pg_hba.conf", right)
    # The same with a process that collects the log, which is there before
    c.set(logging_collector="on")
    c.write("pg_hba.conf", "nonsense\n")
    fails(c, "")
    c.set(logging_collector="off")
    c.write("pg_hba.conf", right)
    if os.path.exists(path):
        os.unlink(path)
    c.start()
    warm(c)
    c.ask(SUM)


def nobody_holds(c):
    """Without a manager: off, try and on."""
    kept(c)
    sql = "SELECT start, why_cold <> '' FROM hugepersist_status"
    expect(c.by_hand("-c", "hugepersist.enable=try", sql=sql), "not used|t", "try")
    expect(c.by_hand("-c", "hugepersist.enable=off", sql=sql), "not used|t", "off")
    try:
        c.by_hand()
    except subprocess.CalledProcessError:
        pass
    else:
        raise Wrong("it started with hugepersist.enable = on")
    then_cold(c, USED)


def too_few_pages(c):
    """A pool that is larger than the huge pages of the machine."""
    kept(c)
    c.set(shared_buffers="1TB", **{"hugepersist.memory": "huge"})
    fails(c, "2048kB/nr_hugepages so that")
    c.set(shared_buffers="%dMB" % (free_pages() * 2 + 64),
          **{"hugepersist.enable": "try"})
    c.start()
    start, _, origin, _ = c.status()
    expect((start, origin), ("not used", "none"), "the start")
    if "2048kB/nr_hugepages so that" not in c.news():
        raise Wrong("it does not say what to set")
    c.end()


def free_pages():
    words = dict(line.split(":") for line in open("/proc/meminfo"))
    return (int(words["HugePages_Free"]) - int(words["HugePages_Rsvd"]))


def huge_pages(c):
    """PostgreSQL's own setting: no value of it takes the pool a second time."""
    for value in ("try", "off"):
        c.ask(SUM)
        c.end()
        c.set(huge_pages=value)
        before = free_pages()
        c.start()
        warm(c)
        expect(free_pages(), before, "huge pages that are free")
        expect(c.ask("SHOW huge_pages"), "off", "huge_pages")
        c.ask("SELECT pg_reload_conf()")
    c.ask(SUM)
    c.end()
    c.set(huge_pages="on")
    fails(c, "Set hugepersist.memory = huge, or huge_pages = try.")
    c.set(huge_pages="try")
    c.start()
    warm(c)


def huge_memory(c):
    """Huge pages, once, whatever PostgreSQL's own setting says."""
    path = "/proc/sys/vm/nr_hugepages"
    with open(path) as f:
        before = f.read()
    if os.geteuid() == 0:
        with open(path, "w") as f:
            f.write(str(int(before) + 3))
    try:
        c.end()
        c.set(shared_buffers="4MB", huge_pages="on", **{"hugepersist.memory": "huge"})
        c.service.drop(lambda name: True)
        free = free_pages()
        if free < 3:
            raise Wrong("three free huge pages are needed, there are %d" % free)
        c.start()
        cold(c, "the memory is new")
        expect(free - free_pages(), 3, "huge pages that are taken")
        expect(c.ask("SHOW huge_pages"), "off", "huge_pages")
        c.ask(SUM)
        c.end()
        c.start()
        warm(c)
        expect(free - free_pages(), 3, "huge pages that are taken")
        c.ask("SELECT pg_reload_conf()")
        c.end()
        c.service.drop(lambda name: True)
        expect(free_pages(), free, "huge pages that are free in the end")
    finally:
        if os.geteuid() == 0:
            with open(path, "w") as f:
                f.write(before)


# The check that each case is about, as the extension calls it
CONTROLS = {
    killed: "mark", killed_control: "unmark", immediate: "shutdown",
    by_hand: "control", restored: "ticket", checksums: "control",
    backup_label: "backup_label", standby: "standby.signal",
    recovery: "recovery.signal", other_format: "format", other_version: "version",
    damaged_head: "head", damaged_table: "table", no_page: "page", new: "new",
    nearly_the_size: "size", buffer_twice: "order", block_twice: "twice",
    startup_fails: "code", child_crashed: "again", zeroed: "zeros",
    replaced: "files",
}
CASES = [new, killed, immediate, startup_fails, child_crashed, by_hand, without_extension, restored,
         replaced, rolled_back, rewound, upgraded, resetwal, single_user, checksums, backup_label, standby,
         recovery, other_size, nearly_the_size, other_build, other_format, other_version,
         damaged_head, damaged_table, block_twice, buffer_twice, no_page, other_page, zeroed, lost_memory,
         lost_manifest, two_clusters, two_at_once, replica, late_failures, nobody_holds,
         too_few_pages, huge_pages, huge_memory]


def run(case, template, place):
    cluster = Cluster(template.postgres, os.path.join(place, case.__name__))
    cluster.copy_of(template)
    try:
        cluster.start()
        case(cluster)
        return None, cluster.service.log()
    except (Wrong, Failed, OSError, subprocess.SubprocessError) as e:
        said = getattr(e, "stderr", None) or getattr(e, "stdout", None) or ""
        return "%s\n%s" % (e, said), cluster.service.log()
    finally:
        cluster.close()
        subprocess.run("rm -rf %s*" % cluster.directory, shell=True, check=True)


def told(log):
    """What the extension said about starts, each once; they all begin with new memory."""
    said = re.findall(r"hugepersist: ((?:cold start|the next start is cold|"
                      r"shared_buffers end).*)", log)
    return [words for words in dict.fromkeys(said) if "memory is new" not in words]


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--controls", action="store_true")
    parser.add_argument("--follow", action="store_true", help="show all logs")
    parser.add_argument("bindir")
    parser.add_argument("extension")
    parser.add_argument("sql")
    parser.add_argument("other_build")
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    cases = list(CONTROLS) if options.controls else CASES
    if options.names:
        cases = [case for case in cases if case.__name__ in options.names]
    failed = 0
    place = tempfile.mkdtemp(prefix="postgresql-")
    os.chmod(place, 0o755)
    try:
        paths = [shutil.copy(options.extension, os.path.join(place, "hugepersist.so")),
                 shutil.copy(options.other_build, os.path.join(place, "other.so"))]
        for path in paths:
            os.chmod(path, 0o755)
        postgres = Postgres(options.bindir, paths[0], options.sql)
        postgres.other = paths[1]
        template = Cluster(postgres, os.path.join(place, "template"))
        template.make()
        template.start()
        template.define_view()
        template.ask("CREATE TABLE t WITH (autovacuum_enabled = off) AS SELECT n,"
                     "md5(n::text) AS w FROM generate_series(1, 2000) n")
        template.end()
        template.close()
        for case in cases:
            began = time.monotonic()
            if options.controls:
                os.environ["HUGEPERSIST_WITHOUT"] = CONTROLS[case]
            error, log = run(case, template, place)
            right = (error is None) != options.controls
            failed += not right
            name = case.__name__
            if options.controls:
                name += " without the check " + CONTROLS[case]
            print("%s %-40s %.1f s" % ("ok  " if right else "FAIL", name,
                                       time.monotonic() - began))
            if options.controls and right:
                print("     " + error.strip().split("\n")[0])
            elif right:
                print("".join("     %s\n" % words for words in told(log)), end="")
            if options.follow or not right:
                print("%s\n%s" % (error, log))
            sys.stdout.flush()
    finally:
        shutil.rmtree(place)
    print("%d cases, %d failed" % (len(cases), failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
