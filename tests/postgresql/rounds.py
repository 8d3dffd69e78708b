#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Rounds of work, a random end, and a look at every row and page after it.

    rounds.py [--rounds N] [--seed N] BINDIR EXTENSION SQL

A round does some work of a user, ends the server in some way, perhaps does
something to it in between, starts it, and compares: warm or cold as it has to be,
the sums of all tables, every page that came back with its file
(hugepersist.check_pages), all indexes with their tables (pg_amcheck). A clean stop
is followed by pg_checksums. The seed repeats the choices.
"""
import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from cluster import Cluster, Failed, Postgres, Timeout

# Each is a script of a user, in transactions of its own
MAKE = "CREATE {kind} TABLE {t} AS SELECT n, n % 97 AS m, md5(n::text) AS w " \
       "FROM generate_series(1, {rows}) n"
WORK = [
    "DROP TABLE IF EXISTS {t}; " + MAKE + "; CREATE INDEX ON {t} (w)",
    "DROP TABLE IF EXISTS {t}; " + MAKE + "; CREATE INDEX ON {t} (m, n)",
    "TRUNCATE {t}; INSERT INTO {t} SELECT n, 1, 'x' FROM generate_series(1, {rows}) n",
    "UPDATE {t} SET w = md5(w) WHERE n % 7 = {seven}",
    "DELETE FROM {t} WHERE n % 7 = {seven}; VACUUM {t}",
    "BEGIN; UPDATE {t} SET w = 'rolled back'; ROLLBACK",
    "BEGIN; TRUNCATE {t}; INSERT INTO {t} VALUES (1, 1, 'no'); ROLLBACK",
    "VACUUM FULL {t}",
    "VACUUM FREEZE {t}",
    "CREATE INDEX CONCURRENTLY IF NOT EXISTS {t}_more ON {t} (m)",
    "DROP INDEX CONCURRENTLY IF EXISTS {t}_more",
    "REINDEX TABLE CONCURRENTLY {t}",
    "ALTER TABLE {t} SET TABLESPACE side",
    "ALTER TABLE {t} SET TABLESPACE pg_default",
    "ALTER TABLE {t} SET LOGGED",
    "ALTER TABLE {t} ADD COLUMN IF NOT EXISTS extra int DEFAULT 5",
    "CREATE TEMPORARY TABLE mine AS SELECT * FROM {t}; UPDATE mine SET w = ''; "
    "SELECT count(*) FROM mine",
    "CREATE DATABASE other TEMPLATE template1; DROP DATABASE other",
    "SELECT count(*) FROM {t} a JOIN {t} b USING (n)",
    "INSERT INTO {t} SELECT -n, 1, repeat('long', 2000) FROM generate_series(1, 20) n",
    "CHECKPOINT",
]
TABLES = ["a", "b", "c", "d"]
# How a server ends; and is what it leaves kept?
ENDS = {
    "fast": True, "smart": True, "fast under load": True, "crash of a child": True,
    "immediate": False, "immediate under load": False, "SIGKILL": False,
    "SIGKILL under load": False,
}
BETWEEN = ["nothing"] * 8 + ["kexec"] * 4 + ["by hand", "without extension",
                                             "other size", "memory lost"]
SUMS = """SELECT format('SELECT %L, count(*), coalesce(sum(hashtextextended(t::text, 0)
                 ::numeric), 0) FROM %I t;', relname, relname)
          FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
          {also} ORDER BY relname"""


class Wrong(Exception):
    pass


class Run:
    def __init__(self, cluster, seed):
        self.c = cluster
        self.random = random.Random(seed)
        self.expected = None    # warm, or cold
        self.sums = None        # of what must be the same; None: not known
        self.size = 16

    # -- Work --------------------------------------------------------------------

    def script(self):
        kind = self.random.choice(["", "", "", "UNLOGGED"])
        return self.random.choice(WORK).format(
            t=self.random.choice(TABLES), kind=kind, seven=self.random.randrange(7),
            rows=self.random.choice([10, 1000, 5000]))

    def work(self):
        for _ in range(self.random.randrange(3, 9)):
            sql = self.script()
            try:
                self.c.ask(sql)
            except subprocess.CalledProcessError as e:
                raise Wrong("%s: %s" % (sql, e.stderr))

    def load(self):
        """Transactions that go on until the server ends."""
        return subprocess.Popen(
            [os.path.join(self.c.postgres.bindir, "pgbench"), "-h", self.c.directory,
             "-p", str(self.c.port), "-U", "postgres", "-n", "-c", "3", "-T", "600",
             "postgres"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def sums_now(self, logged_only=False):
        """Count and sum of every table; an unlogged one is empty after a crash."""
        also = "AND relpersistence = 'p'" if logged_only else ""
        return self.c.ask(self.c.ask(SUMS.format(also=also)))

    # -- The end -----------------------------------------------------------------

    def end(self, how):
        kept = ENDS[how]
        # Flushes what is rolled back, too. Without, PostgreSQL itself may fail to
        # recover: the new file of an unlogged table whose TRUNCATE was rolled back
        # is made again, and its old one is there ("File exists")
        self.c.ask("SELECT pg_switch_wal()")
        if how == "crash of a child":
            pid = self.c.ask("SELECT pid FROM pg_stat_activity "
                             "WHERE backend_type = 'background writer'")
            self.sums = self.sums_now(logged_only=True)
            seen = len(self.c.service.log())
            os.kill(int(pid), signal.SIGKILL)
            end = time.monotonic() + 60
            while "hugepersist: cold start" not in self.c.service.log()[seen:]:
                if time.monotonic() > end:
                    raise Wrong("the server did not see the crash")
                time.sleep(0.05)
            self.c.ready()
            start, why = self.c.status()[:2]
            if start != "cold" or "crashed" not in why:
                raise Wrong("%s after a crash: %s" % (start, why))
            self.compare("after the crash", logged_only=True)
            how = "fast"
        load = self.load() if "under load" in how else None
        if load:
            time.sleep(self.random.uniform(0.5, 2))
            self.sums = None
        else:
            self.sums = self.sums_now(logged_only=not kept)
        number = {"f": signal.SIGINT, "s": signal.SIGTERM, "i": signal.SIGQUIT,
                  "S": signal.SIGKILL}[how[0]]
        status = self.c.end(number)
        if load:
            load.wait(60)
        if how[0] != "S" and status != 0:
            raise Wrong("the server ended with %d" % status)
        self.expected = "warm" if kept else "cold"
        if kept:
            self.checksums()

    def checksums(self):
        try:
            self.c.postgres.run("pg_checksums", "--check", "-D", self.c.data)
        except subprocess.CalledProcessError as e:
            raise Wrong("pg_checksums: " + e.stdout)

    def between(self, what):
        if what == "kexec":
            self.c.service.kexec()
        elif what == "other size":
            self.size = self.random.choice([8, 12, 16, 24])
            changed = self.size != self.in_use
            self.c.set(shared_buffers="%dMB" % self.size)
            if changed:
                self.expected = "cold"
        elif what == "memory lost":
            self.c.service.drop(lambda name: True)
            self.expected = "cold"
        elif what in ("by hand", "without extension"):
            option = ("hugepersist.enable=try" if what == "by hand" else
                      "shared_preload_libraries=")
            # After a crash this is the start that recovers
            retry = time.monotonic() + 20
            while True:
                try:
                    self.c.by_hand("-c", option, sql="UPDATE pgbench_branches "
                                   "SET filler = 'by hand'; DROP TABLE IF EXISTS d; "
                                   + MAKE.format(t="d", kind="", rows=500))
                    break
                except subprocess.CalledProcessError:
                    if time.monotonic() > retry:
                        raise
                    time.sleep(0.2)
            self.expected = "cold"
            self.sums = None

    # -- A look at everything ------------------------------------------------------

    def compare(self, when, logged_only=False):
        if self.sums is None:
            return
        have = self.sums_now(logged_only)
        if have != self.sums:
            raise Wrong("%s\nbefore:\n%s\n%s:\n%s" % ("the sums differ", self.sums,
                                                       when, have))

    def look(self, kept):
        start, why, origin, buffers = self.c.status()
        if start != self.expected:
            raise Wrong("a %s start (%s), expected a %s one" % (start, why,
                                                                self.expected))
        if start == "warm" and buffers < 50:
            raise Wrong("only %d buffers came back" % buffers)
        self.compare("after", logged_only=not kept)
        balances = self.c.ask(
            "SELECT (SELECT sum(abalance) FROM pgbench_accounts), (SELECT sum(tbalance) "
            "FROM pgbench_tellers), (SELECT sum(bbalance) FROM pgbench_branches), "
            "(SELECT coalesce(sum(delta), 0) FROM pgbench_history)").split("|")
        if len(set(balances)) != 1:
            raise Wrong("the sums of pgbench differ: %s" % balances)
        try:
            self.c.client("pg_amcheck", "--heapallindexed", "--parent-check",
                          "--install-missing", "-d", "postgres")
        except subprocess.CalledProcessError as e:
            raise Wrong("pg_amcheck: " + e.stdout + e.stderr)
        return start, origin, buffers

    def round(self):
        self.work()
        # Three of four are kept
        kept = self.random.random() < 0.75
        how = self.random.choice([h for h in ENDS if ENDS[h] == kept])
        what = self.random.choice(BETWEEN)
        self.in_use = self.size
        self.end(how)
        self.between(what)
        self.c.start()
        return (how, what) + self.look(ENDS[how])

    def prepare(self):
        self.c.set(**{"hugepersist.check_pages": "on"})
        self.c.start()
        self.c.define_view()
        self.c.client("pgbench", "-iq", "-s", "1", "postgres")
        self.c.ask("SET allow_in_place_tablespaces = on;"
                   "CREATE TABLESPACE side LOCATION ''")
        for table in TABLES:
            self.c.ask(MAKE.format(t=table, kind="", rows=1000))


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--seed", type=int, default=random.randrange(10**9))
    parser.add_argument("bindir")
    parser.add_argument("extension")
    parser.add_argument("sql")
    options = parser.parse_args()
    print("seed %d, %d rounds" % (options.seed, options.rounds))
    place = tempfile.mkdtemp(prefix="postgresql-")
    os.chmod(place, 0o755)
    extension = shutil.copy(options.extension, place)
    os.chmod(extension, 0o755)
    cluster = Cluster(Postgres(options.bindir, extension, options.sql),
                      os.path.join(place, "cluster"))
    run = Run(cluster, options.seed)
    try:
        cluster.make()
        run.prepare()
        for number in range(1, options.rounds + 1):
            began = time.monotonic()
            print("%3d %-22s %-18s %s, %s, %d buffers, %%.1f s"
                  % ((number,) + run.round()) % (time.monotonic() - began))
            sys.stdout.flush()
        cluster.end()
        run.checksums()
    except (Wrong, Failed, Timeout, subprocess.SubprocessError) as e:
        print("FAIL: %s\n%s" % (e, getattr(e, "stderr", "") or ""))
        print("\n".join(cluster.service.log().split("\n")[-80:]))
        return 1
    finally:
        cluster.close()
        shutil.rmtree(place)
    return 0


if __name__ == "__main__":
    sys.exit(main())
