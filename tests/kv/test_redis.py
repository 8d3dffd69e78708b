# SPDX-License-Identifier: MIT
"""The same bytes to hp-kv and to Debian's redis-server: the same replies."""
import itertools
import re

import kvtest
from kvtest import encode

# One request a line, words as in a shell; replies must be equal to the byte.
SCRIPT = r"""
PING
SHUTDOWN BLAH
SHUTDOWN SAVE NOSAVE
SHUTDOWN ABORT NOW
SHUTDOWN ABORT
SAVE x
BGSAVE x
BGSAVE SCHEDULE x
LASTSAVE x
PING hello
PING a b
ECHO hi
ECHO
SELECT 0
SELECT 1
SELECT x
GET a
SET a 1
GET a
get A
SET a 2 NX
SET b 2 NX
SET c 2 XX
SET a 3 XX
SET a 4 XX GET
SET new 4 XX GET
SET new 5 NX GET
SET new 6 NX GET
SET a 5 NX XX
SET a 5 XX NX
SET a 5 EX
SET a 5 EX 0
SET a 5 EX -1
SET a 5 PX 0
SET a 5 EX abc
SET a 5 EX 9223372036854775807
SET a 5 PX 9223372036854775807
SET a 5 EX 10 PX 10
SET a 5 EX 10 KEEPTTL
SET a 5 KEEPTTL EX 10
SET a 5 BLAH
SET a
SET a 5 EXAT 1
GET a
EXISTS a
SET a 5 PXAT 99999999999999
SET a 6 KEEPTTL
SET a 7 GET
TTL a
PTTL a
TTL nothing
PTTL nothing
STRLEN a
STRLEN nothing
STRLEN
APPEND app xyz
APPEND app 123
APPEND app ""
GET app
STRLEN app
TYPE app
TYPE nothing
MSET x 1 y 2 z 3
MSET x 1 y
MSET x
MSET
MGET x y z nothing x
MGET
DEL x y nothing x
DEL
EXISTS x z z nothing
EXISTS
INCR n
INCR n
DECR n
INCRBY n 40
DECRBY n 2
INCRBY n abc
INCRBY n 9223372036854775807
DECRBY n 9223372036854775807
DECRBY n -9223372036854775808
DECRBY n 9223372036854775808
INCR app
SET n 9223372036854775807
INCR n
GET n
SET n " 1"
INCR n
SET n 01
INCR n
SET n ""
INCR n
SET n -9223372036854775808
DECR n
INCR
INCR a b
SET e 1
EXPIRE e 100
TTL e
EXPIRE e 200 NX
EXPIRE e 300 XX
TTL e
EXPIRE e 200 GT
EXPIRE e 400 GT
TTL e
EXPIRE e 500 LT
EXPIRE e 350 LT
TTL e
EXPIRE e 100 NX XX
EXPIRE e 100 GT LT
EXPIRE e 100 NX GT
EXPIRE e 100 WHAT
EXPIRE e abc
EXPIRE e 9223372036854775807
EXPIRE e -9223372036854775808
PEXPIRE e 9223372036854775807
EXPIRE nothing 100
PERSIST e
PERSIST e
PERSIST nothing
EXPIRE e 500 GT
EXPIRE e 500 LT
TTL e
PEXPIRE e 100000
PERSIST e
EXPIRE e 0
EXISTS e
SET e 1
EXPIRE e -5
GET e
EXPIRE e
EXPIRE
PERSIST
TTL
DBSIZE
DBSIZE x
KEYS
KEYS a b
SCAN
SCAN abc
SCAN 0 COUNT
SCAN 0 COUNT 0
SCAN 0 COUNT abc
SCAN 0 BLAH 1
SCAN 0 MATCH nothing* COUNT 100000
SCAN 0 TYPE list COUNT 100000
CONFIG GET save
CONFIG GET appendonly
CONFIG GET nothing
CONFIG GET
CONFIG
CONFIG WHAT
CLIENT
CLIENT GETNAME
CLIENT SETNAME me
CLIENT GETNAME
CLIENT SETNAME "a b"
CLIENT SETNAME
CLIENT SETNAME ""
CLIENT GETNAME
CLIENT WHAT
COMMAND WHAT
EXEC
DISCARD
MULTI x
RESET x
ROLE
ROLE x
HELLO x
HELLO 4
HELLO 1
HELLO 3 WHAT
HELLO 3 SETNAME
HELLO 3 AUTH a
HELLO 3 SETNAME "a b"
COMMAND COUNT x
NOSUCH
NOSUCH a b c
NOSUCH "with 'quote" "and\nnewline"
FLUSHALL WHAT
FLUSHALL a b
FLUSHALL
DBSIZE
KEYS *
FLUSHALL SYNC
FLUSHDB a b
FLUSHDB
FLUSHDB ASYNC
FLUSHALL ASYNC
"""

# Bytes to a new connection each; all that comes until it is closed. A QUIT
# at the end has it closed where the protocol goes on.
RAW = [
    b"PING\r\n", b"PING\n", b"\r\n\r\nPING\r\n", b"  PING  \r\n",
    b"SET inline 'single \\' quoted'\r\nGET inline\r\n",
    b"SET inline \"\\x41\\n\\t\\\"\"\r\nGET inline\r\n",
    b"SET a \"open\r\n", b"SET a 'x'y\r\n",
    b"*0\r\n", b"*-1\r\n", b"*-5\r\nPING\r\n", b"*1\r\n$4\r\nPING\r\n",
    b"*abc\r\n", b"*\r\n", b"*01\r\n$4\r\nPING\r\n", b"*+1\r\n",
    b"*9999999999999\r\n", b"*1\r\n$abc\r\n", b"*1\r\n$-1\r\n",
    b"*1\r\n$536870913\r\n", b"*1\r\n$99999999999999999999\r\n",
    b"*1\r\n:4\r\n", b"*1\r\nPING\r\n", b"*2\r\n$4\r\nECHO\r\n*1\r\n",
    b"*2\r\n$4\r\nECHO\r\n$0\r\n\r\n", b"*2\r\n$4\r\nECHO\r\n$2\r\n\r\n\r\n",
    b"*1\r\n$0\r\n\r\n", encode("NO\r\nSUCH", "x"), encode("\x00", "\x00"),
    encode("GET", "a\x00b"), encode("SET", "a\x00b", "\xff\x00\r\n"),
    encode("GET", "a\x00b"), encode("nosuch", "x" * 300, "y" * 50),
    encode("y" * 300, "x"), encode("nosuch", *(["arg"] * 40)),
    b"GET " + b"x" * 70000, b"*1" + b"1" * 70000, b"*1\r\n$1" + b"1" * 70000,
    b"*1\r\n$5\r\nPING\r\n\r\n", b"PING\r\nQUIT\r\nPING\r\n",
    encode("QUIT", "now"), encode("ECHO", "x" * 100000),
    b"POST / HTTP/1.1\r\nFLUSHALL\r\n", b"Host: x\r\nPING\r\n",
    encode("post", "x") + encode("PING"), encode("HOST:"),
    b"".join(encode("SET", "p%d" % i, "v") + encode("GET", "p%d" % i)
             for i in range(2000)),
]

KEY_PATTERNS = ["*", "k1*", "k?", "k[13]", "k[^1]", "k[1-3]*", "\\*", "nokey",
                "*2", "K*", "k[", "k\\1", "**1**"]


def words(line):
    out = []
    for m in re.finditer(r'"((?:\\.|[^"])*)"|(\S+)', line):
        if m.group(2) is not None:
            out.append(m.group(2))
        else:
            out.append(m.group(1).encode().decode("unicode_escape"))
    return out


class Compare(kvtest.TestCase):
    def setUp(self):
        self.redis = kvtest.redis_server()
        self.addCleanup(self.redis.close)
        self.kv = self.start()

    def both(self):
        clients = self.kv.client(), self.redis.client()
        for c in clients:
            self.addCleanup(c.close)
        return clients

    def test_script(self):
        self.compare("HELLO", "2")

    def test_script_in_resp3(self):
        self.compare("HELLO", "3", "SETNAME", "named")

    def greeting(self, client, *words):
        """What HELLO says, without what two servers cannot have in common."""
        client.send(encode(*words))
        line = client.raw().split(b"\r\n")
        for name, lines in ((b"version", 2), (b"id", 1)):
            at = line.index(name) + 1
            del line[at:at + lines]
        return line

    def compare(self, *hello):
        kv, redis = self.both()
        wrong, count = [], 0
        self.assertEqual(self.greeting(kv, *hello),
                         self.greeting(redis, *hello))
        for line in SCRIPT.strip().splitlines():
            replies = []
            for c in (kv, redis):
                c.send(encode(*words(line)))
                replies.append(c.raw())
            count += 1
            same = replies[0] == replies[1]
            if line.split()[0] == "PTTL" and not same:
                # Milliseconds pass between the two.
                a, b = (int(r[1:]) for r in replies)
                same = abs(a - b) < 2000
            if not same:
                wrong.append("%s\n  hp-kv %r\n  redis %r"
                             % (line, replies[0][:200], replies[1][:200]))
        print(count, "commands compared")
        self.assertFalse(wrong, "\n" + "\n".join(wrong))

    def test_reset_and_hello(self):
        for words in (["HELLO"], ["HELLO", "3", "SETNAME", "me"], ["HELLO"],
                      ["HELLO", "2"]):
            have = [self.greeting(c, *words) for c in self.both()]
            self.assertEqual(have[0], have[1])
        for c in self.both():
            c.send(encode("HELLO", "3", "SETNAME", "me"))
            c.raw()
            self.assertEqual(c.call("CLIENT", "GETNAME"), b"me")
            self.assertIn(b" name=me ", c.call("CLIENT", "INFO"))
            c.send(encode("GET", "nothing"))
            self.assertEqual(c.raw(), b"_\r\n")
            self.assertEqual(c.call("RESET"), b"RESET")
            self.assertIsNone(c.call("CLIENT", "GETNAME"))
            c.send(encode("GET", "nothing"))
            self.assertEqual(c.raw(), b"$-1\r\n")

    def test_what_clients_begin_with(self):
        """As sent by redis-py, go-redis, node-redis and lettuce."""
        for words in (["HELLO", "3"], ["HELLO", "3", "SETNAME", "x"],
                      ["CLIENT", "SETINFO", "LIB-NAME", "redis-py"],
                      ["CLIENT", "SETINFO", "LIB-VER", "6.4.0"],
                      ["CLIENT", "ID"], ["SELECT", "0"], ["COMMAND"],
                      ["COMMAND", "DOCS"], ["INFO", "server"], ["ROLE"]):
            with self.kv.client() as c:
                c.send(encode("HELLO", "3") + encode(*words))
                self.assertEqual(c.raw()[:1], b"%", words)
                self.assertNotEqual(c.raw()[:1], b"-", words)
        for version in ("-2", "-3"):
            r = kvtest.redis_cli(self.kv, version, "mget", "a", "b")
            self.assertEqual((r.returncode, r.stdout), (0, b"\n\n"))
        for server in self.kv, self.redis:
            with server.client() as c:
                # A password that nobody set
                with self.assertRaisesRegex(kvtest.Error, "^(ERR|WRONGPASS) "):
                    c.call("AUTH", "someone", "secret")

    def test_monitors(self):
        have = []
        for c in self.both():
            self.assertEqual(c.call("ROLE"), [b"master", 0, []])
            text = c.call("INFO", "replication").decode()
            have.append(re.sub("(replid|backlog_size):.*", "", text))
        self.assertEqual(have[0], have[1])

    def test_protocol(self):
        wrong = []
        for data in RAW:
            replies = []
            for c in self.both():
                try:
                    c.send(data + encode("QUIT"))
                except (BrokenPipeError, ConnectionResetError):
                    pass
                replies.append(c.rest())
            if replies[0] != replies[1]:
                wrong.append("%r\n  hp-kv %r\n  redis %r"
                             % (data[:80], replies[0][-200:],
                                replies[1][-200:]))
        self.assertFalse(wrong, "\n" + "\n".join(wrong))

    def test_key_patterns(self):
        keys = ["k%d" % i for i in range(30)] + ["*", "", "other", "k[", "K1"]
        for c in self.both():
            c.call("MSET", *itertools.chain(*((k, "v") for k in keys)))
        for p in KEY_PATTERNS:
            have = [sorted(c.call("KEYS", p)) for c in self.both()]
            self.assertEqual(have[0], have[1], "pattern " + p)
            have = [set(scan(c, "MATCH", p)) for c in self.both()]
            self.assertEqual(have[0], have[1], "pattern " + p)

    def test_info_is_parsed(self):
        """The fields that clients look for are there, in the same form."""
        for c in self.both():
            c.call("MSET", "a", "1", "b", "2")
            c.call("EXPIRE", "a", "100")
        info = []
        for c in self.both():
            text = c.call("INFO").decode()
            self.assertTrue(text.startswith("# Server\r\n"))
            info.append(dict(x.split(":", 1) for x in text.split("\r\n")
                             if ":" in x and not x.startswith("#")))
        for name in ("redis_version", "redis_mode", "process_id", "tcp_port",
                     "uptime_in_seconds", "connected_clients",
                     "blocked_clients", "used_memory", "used_memory_human",
                     "maxmemory", "loading", "total_connections_received",
                     "total_commands_processed", "expired_keys",
                     "keyspace_hits", "keyspace_misses", "db0"):
            self.assertIn(name, info[0])
            self.assertIn(name, info[1])
        self.assertRegex(info[0]["db0"], r"^keys=2,expires=1,avg_ttl=\d+$")
        self.assertRegex(info[1]["db0"], r"^keys=2,expires=1,avg_ttl=\d+$")
        self.assertEqual(info[0]["origin"], "created")
        self.assertEqual(info[0]["region_length"], str(64 << 20))
        self.assertEqual(info[0]["region_page_size"], str(2 << 20))


def scan(client, *args):
    cursor, keys = b"0", []
    while True:
        cursor, more = client.call("SCAN", cursor, *args)
        keys += more
        if cursor == b"0":
            return keys


if __name__ == "__main__":
    kvtest.main()
