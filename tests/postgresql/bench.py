#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What a start costs: with hugepersist, with pg_prewarm's autoprewarm, and cold.

    bench.py [OPTION]... BINDIR EXTENSION SQL

For each size of shared_buffers, limit of the storage and kind of start: a cluster of
pgbench that fills shared_buffers is warm, stops, and starts with a cold page cache.
One start is followed by a pass over all pages of pgbench_accounts by random keys, in
four sessions. Another one is followed by pgbench: nine of ten transactions read a
row, one is TPC-B-like. The data directory lies on a loop device with direct I/O,
which is unmounted between stop and start. The limit is one of reads, by the block
controller of cgroups (io.max, or blkio.throttle of version 1).
"""
import argparse
import json
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time

from cluster import Cluster, Failed, Postgres

SESSIONS = 4
HUGE = "/proc/sys/vm/nr_hugepages"
KINDS = {
    "hugepersist": {"huge_pages": "try"},
    "autoprewarm": {"huge_pages": "on", "shared_preload_libraries": "pg_prewarm"},
    "cold": {"huge_pages": "on", "shared_preload_libraries": ""},
}
# A key of each page, in no order
PASS = """SET enable_memoize = off;
EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, SUMMARY OFF, FORMAT JSON)
SELECT sum(a.abalance) FROM (
    SELECT 1 + n * {step} AS key FROM generate_series({session}, {last}, {sessions}) n
    ORDER BY hashint4(n)) k,
    LATERAL (SELECT abalance FROM pgbench_accounts WHERE aid = k.key OFFSET 0) a"""


def run(*command):
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


class Disk:
    """A file system of its own, whose page cache can be emptied, and a cgroup."""

    def __init__(self, place, mib):
        self.image = os.path.join(place, "disk")
        self.mount = os.path.join(place, "mount")
        self.device = self.group = None
        os.mkdir(self.mount)
        with open(self.image, "w") as f:
            os.truncate(f.fileno(), mib << 20)
        run("mke2fs", "-q", "-F", "-t", "ext4", self.image)
        self.device = subprocess.run(
            ["losetup", "--find", "--show", "--direct-io=on", self.image], check=True,
            stdout=subprocess.PIPE, text=True).stdout.strip()
        run("mount", self.device, self.mount)
        self.make_group()

    def make_group(self):
        name = "hugepersist-bench-%d" % os.getpid()
        with open("/sys/block/%s/dev" % os.path.basename(self.device)) as f:
            number = f.read().strip()
        one = "/sys/fs/cgroup/blkio"
        if os.path.isdir(one):
            self.group = os.path.join(one, name)
            self.limit_file, self.words = "blkio.throttle.read_bps_device", number + " %d"
            self.no_limit = 0
        else:
            with open("/sys/fs/cgroup/cgroup.subtree_control", "w") as f:
                f.write("+io")
            self.group = os.path.join("/sys/fs/cgroup", name)
            self.limit_file, self.words = "io.max", number + " rbps=%s"
            self.no_limit = "max"
        os.mkdir(self.group)

    def limit(self, megabytes):
        with open(os.path.join(self.group, self.limit_file), "w") as f:
            f.write(self.words % (megabytes * 10**6 or self.no_limit))

    def cool(self):
        run("umount", self.mount)
        run("mount", self.device, self.mount)

    def in_group(self, argv):
        return ["sh", "-c", 'echo $$ >"$0" && exec "$@"',
                os.path.join(self.group, "cgroup.procs")] + argv

    def close(self):
        if self.group:
            os.rmdir(self.group)
        if self.device:
            subprocess.run(["umount", self.mount])
            run("losetup", "--detach", self.device)


class HugePages:
    """So many free ones as a start needs; gives back what it added."""

    def __init__(self):
        self.added = 0

    def read(self):
        with open("/proc/meminfo") as f:
            words = dict(line.split(":") for line in f)
        return (int(words["HugePages_Total"]),
                int(words["HugePages_Free"]) - int(words["HugePages_Rsvd"]))

    def write(self, total):
        with open(HUGE, "w") as f:
            f.write(str(max(0, total)))

    def need(self, pages):
        total, free = self.read()
        if free < pages:
            self.write(total + pages - free)
            self.added += pages - free
            if self.read()[1] < pages:
                raise Failed("no %d free huge pages can be had" % pages)

    def close(self):
        self.write(self.read()[0] - self.added)


class Bench:
    def __init__(self, postgres, place, mib, options):
        self.mib, self.options = mib, options
        self.pages = HugePages()
        # Data, WAL, and room
        self.disk = Disk(place, mib * 3 + 4096)
        self.c = Cluster(postgres, os.path.join(self.disk.mount, "cluster"))
        self.c.service.log_path = os.path.join(place, "log")
        self.c.service.argv = self.disk.in_group(self.c.service.argv)
        self.c.service.start_timeout = 600

    # -- A cluster that is warm ------------------------------------------------

    def make(self):
        self.c.make()
        self.c.set(shared_buffers="%dMB" % self.mib, fsync="on", max_wal_size="8GB",
                   checkpoint_timeout="1h", synchronous_commit="off", autovacuum="off",
                   max_parallel_workers_per_gather=0, huge_pages="off",
                   shared_preload_libraries="",
                   **{"pg_prewarm.autoprewarm_interval": "0",
                      "hugepersist.memory": "huge"})
        self.c.start()
        # A row of pgbench_accounts and its place in the index are 151 bytes
        scale = max(1, int(self.mib * 0.85 * 2**20 / 151 / 1e5))
        say("  %d MiB: pgbench -i -s %d" % (self.mib, scale))
        self.c.client("pgbench", "-iq", "-I", "dtGvp", "-s", str(scale), "postgres")
        self.c.ask("CREATE EXTENSION pg_prewarm; CHECKPOINT")
        rows, pages = self.c.ask("SELECT count(*), pg_relation_size('pgbench_accounts') "
                                 "/ 8192 FROM pgbench_accounts").split("|")
        self.step = int(rows) // int(pages)
        self.last = (int(rows) - 1) // self.step
        self.c.end()

    def warm_up(self, kind):
        """All of it is in shared_buffers; transactions a second, as it is now."""
        self.disk.limit(0)
        self.c.service.drop(lambda name: True)
        self.pages.need(self.mib // 2 + self.mib // 20 + 32)
        self.c.set(**dict({"shared_preload_libraries": self.c.postgres.extension},
                          **KINDS[kind]))
        self.c.start()
        self.c.ask("SELECT pg_prewarm('pgbench_accounts'), "
                   "pg_prewarm('pgbench_accounts_pkey')")
        self.random_pass()

    # -- What is measured --------------------------------------------------------

    def random_pass(self):
        """Seconds, and pages that were read."""
        reads = [0] * SESSIONS

        def session(number):
            plan = json.loads(self.c.ask(PASS.format(
                step=self.step, last=self.last, session=number, sessions=SESSIONS)))
            reads[number] = plan[0]["Plan"]["Shared Read Blocks"]

        began = time.monotonic()
        threads = [threading.Thread(target=session, args=(n,)) for n in range(SESSIONS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return time.monotonic() - began, sum(reads)

    def pgbench(self, seconds):
        """Transactions in each second."""
        said = subprocess.run(
            [os.path.join(self.c.postgres.bindir, "pgbench"), "-h", self.c.directory,
             "-p", str(self.c.port), "-U", "postgres", "-n", "-c", "8", "-j", "2", "-T",
             str(seconds), "-P", "1", "-M", "prepared", "-b", "select-only@9", "-b",
             "tpcb-like@1", "postgres"], check=True, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, text=True).stderr
        return [float(n) for n in re.findall(r"^progress: .* s, ([0-9.]+) tps", said, re.M)]

    def stop_and_start(self, rate):
        """Seconds of the start to the answer of the first query, and its reads."""
        self.c.end()
        self.disk.cool()
        self.disk.limit(rate)
        self.c.seen = len(self.c.service.log())
        key = 1 + self.last // 2 * self.step
        began = time.monotonic()
        self.c.service.launch()
        while True:
            try:
                plan = json.loads(self.c.ask(
                    "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) SELECT abalance "
                    "FROM pgbench_accounts WHERE aid = %d" % key))
                break
            except subprocess.CalledProcessError:
                if self.c.service.reap() is not None:
                    raise Failed("it did not start: " + self.c.news())
                time.sleep(0.01)
        took = time.monotonic() - began
        # Also of the catalog, while the query was planned
        planned = plan[0].get("Planning", {}).get("Shared Read Blocks", 0)
        return took, planned + plan[0]["Plan"]["Shared Read Blocks"]

    def measure(self, kind, rate):
        self.warm_up(kind)
        before = self.pgbench(self.options.before)
        first, first_reads = self.stop_and_start(rate)
        took, reads = self.random_pass()
        self.disk.limit(0)
        self.random_pass()
        self.pgbench(self.options.before)
        self.stop_and_start(rate)
        after = self.pgbench(self.options.seconds)
        self.c.end()
        return {"kind": kind, "rate": rate, "mib": self.mib, "first": first,
                "first_reads": first_reads, "pass": took, "reads": reads,
                "before": statistics.median(before), "after": statistics.median(after),
                "seconds": after}

    def close(self):
        self.c.close()
        self.disk.close()
        self.pages.close()


def say(words):
    print(words, file=sys.stderr, flush=True)


def rate_words(rate):
    return "%d MB/s" % rate if rate else "no limit"


def costs(log):
    """Of each start and stop, from the words of the extension."""
    for what, expression in (("enter", r"warm start: (\d+) of .* entered in ([0-9.]+) ms"),
                             ("seal", r"LOG:  hugepersist: (\d+) of .* sealed in ([0-9.]+) ms")):
        times = [float(ms) / int(buffers) * 2**17 for buffers, ms in
                 re.findall(expression, log) if int(buffers) > 10000]
        if times:
            print("%-6s %.0f ms a GiB (median of %d; %.0f to %.0f)" % (
                what, statistics.median(times), len(times), min(times), max(times)))


def write_seconds(path, results):
    """A line for each second, a column for each kind of start."""
    for mib, rate in sorted({(r["mib"], r["rate"]) for r in results}):
        chosen = [r for r in results if (r["mib"], r["rate"]) == (mib, rate)]
        with open("%s.%d.%d.data" % (path, mib, rate), "w") as f:
            f.write(" ".join(["second"] + [r["kind"] for r in chosen]) + "\n")
            for number, values in enumerate(zip(*[r["seconds"] for r in chosen]), 1):
                f.write(" ".join([str(number)] + ["%.0f" % v for v in values]) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--sizes", default="1024,4096", help="of shared_buffers, in MiB")
    parser.add_argument("--rates", default="100,500,0", help="in MB/s; 0: no limit")
    parser.add_argument("--kinds", default=",".join(KINDS))
    parser.add_argument("--seconds", type=int, default=60, help="of pgbench")
    parser.add_argument("--before", type=int, default=15, help="of pgbench, each time")
    parser.add_argument("--data", help="transactions of each second, in DATA.MIB.RATE.data")
    parser.add_argument("bindir")
    parser.add_argument("extension")
    parser.add_argument("sql")
    options = parser.parse_args()
    if os.geteuid() != 0:
        parser.error("this needs root, for the loop device, the cgroup and huge pages")
    # Clean up on the way out
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: sys.exit(1))
    row = "%-9s %-9s %-12s %7s %6s %8s %8s %8s %8s %6s"
    print(row % ("MiB", "storage", "start", "first s", "reads", "pass s", "reads",
                 "tps was", "tps is", "is/was"))
    results = []
    logs = ""
    for mib in [int(n) for n in options.sizes.split(",")]:
        place = tempfile.mkdtemp(prefix="bench-", dir="/var/tmp")
        os.chmod(place, 0o755)
        extension = shutil.copy(options.extension, place)
        os.chmod(extension, 0o755)
        bench = Bench(Postgres(options.bindir, extension, options.sql), place, mib, options)
        try:
            bench.make()
            for rate in [int(n) for n in options.rates.split(",")]:
                for kind in options.kinds.split(","):
                    say("  %d MiB, %s, %s" % (mib, rate_words(rate), kind))
                    r = bench.measure(kind, rate)
                    results.append(r)
                    print(row % (mib, rate_words(rate), kind, "%.2f" % r["first"],
                                 r["first_reads"], "%.2f" % r["pass"], r["reads"],
                                 "%.0f" % r["before"], "%.0f" % r["after"],
                                 "%.2f" % (r["after"] / r["before"])), flush=True)
        finally:
            logs += bench.c.service.log()
            bench.close()
            shutil.rmtree(place)
    costs(logs)
    if options.data:
        write_seconds(options.data, results)
    return 0


if __name__ == "__main__":
    sys.exit(main())
