# SPDX-License-Identifier: MIT
"""Redis' own tests against hp-kv, with the commands that it has.

A test that needs a command that hp-kv does not have is left out, and listed with
that reason. So is one in LEFT_OUT. Any other failure is one.
"""
import collections
import os
import re
import subprocess

import kvtest

SUITE = os.environ["REDIS_SUITE"]

FILES = ["protocol", "type/string", "type/incr", "expire", "keyspace", "scan",
         "quit"]

# Fewer tests that pass mean that the suite did not run as it did
PASSED = 110

LEFT_OUT = {
    "SETEX - Check value": "looks at what the test before sets with SETEX",
}

REASONS = [
    (r"ERR unknown command '(\w+)'", "needs %s, which hp-kv does not have"),
    (r"(ERR CONFIG SET) is not supported", "changes a setting of Redis"),
]


class RedisSuite(kvtest.TestCase):
    def run_suite(self, server):
        words = ["tclsh", "tests/test_helper.tcl", "--host", "127.0.0.1",
                 "--port", str(server.port), "--singledb", "--ignore-encoding",
                 "--ignore-digest", "--durable", "--tags", "-needs:debug"]
        for name in FILES:
            words += ["--single", "unit/" + name]
        said = subprocess.run(words, cwd=SUITE, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=240)
        text = re.sub(r"\x1b\[[0-9;]*m", "",
                      said.stdout.decode(errors="replace"))
        for name in FILES:
            self.assertRegex(text, r"\[\d/7 done\]: unit/" + name, text[-2000:])
        self.assertNotIn("[exception]", text)
        return re.findall(r"^\[(ok|err|ignore)\]: (.*(?:\n(?!\[).*)*)", text,
                          re.MULTILINE)

    def reason(self, client, name, text):
        """Why the test is left out, or None."""
        for pattern, reason in REASONS:
            m = re.search(pattern, text)
            if not m:
                continue
            command = m.group(1).upper()
            if "%s" in reason:
                # Is it a command that hp-kv really does not have?
                known, = client.call("COMMAND", "INFO", command)
                return reason % command if known is None else None
            return reason
        return LEFT_OUT.get(name)

    def test_all(self):
        server = self.start("128M")
        results = self.run_suite(server)
        count = collections.Counter(kind for kind, _ in results)
        left_out, failed = collections.defaultdict(list), []
        with server.client() as c:
            for kind, text in results:
                if kind != "err":
                    continue
                name = text.split(" in tests/")[0]
                why = self.reason(c, name, text)
                if why:
                    left_out[why].append(name)
                else:
                    failed.append(text)
        for text in (text for kind, text in results if kind == "ignore"):
            name, why = re.match(r"(.*?)(?:: )?((?:Tag: |Not ).*)", text).groups()
            left_out["by the suite itself: " + why].append(name)
        print("%d passed, %d left out:" % (count["ok"], sum(
            len(names) for names in left_out.values())))
        for why, names in sorted(left_out.items()):
            print("  %s: %s" % (why, "; ".join(names)))
        self.assertFalse(failed, "\n" + "\n".join(failed))
        self.assertGreaterEqual(count["ok"], PASSED)
        # A reason that no test needs any more goes
        for name, why in LEFT_OUT.items():
            self.assertIn(name, left_out[why])


if __name__ == "__main__":
    kvtest.main()
