# SPDX-License-Identifier: MIT
"""hp-kv is not slower than redis-server: both at once, in turns."""
import csv
import statistics
import subprocess

import kvtest

ROUNDS = 5


class Speed(kvtest.TestCase):
    def measure(self, server, test, pipeline):
        r = subprocess.run(["redis-benchmark", "-p", str(server.port), "--csv",
                            "-t", test, "-n", "400000", "-r", "100000", "-c",
                            "50", "-P", str(pipeline)],
                           stdout=subprocess.PIPE, timeout=120, text=True,
                           check=True)
        row, = csv.DictReader(r.stdout.splitlines())
        return float(row["rps"])

    def test_ratio(self):
        kv, redis = self.start("128M"), kvtest.redis_server()
        self.addCleanup(redis.close)
        slower = []
        for test in "set", "get":
            ratios, best = [], {}
            for _ in range(ROUNDS):
                # One after the other, so that what else runs here hits both
                rps = {s: self.measure(s, test, 16) for s in (kv, redis)}
                ratios.append(rps[kv] / rps[redis])
                best = {s: max(n, best.get(s, 0)) for s, n in rps.items()}
            ratio = statistics.median(ratios)
            print("%s: %.2f times redis-server (%.2f to %.2f), best %.0f and "
                  "%.0f a second" % (test.upper(), ratio, min(ratios),
                                     max(ratios), best[kv], best[redis]))
            if ratio < 1:
                slower.append(test)
        self.assertFalse(slower)


if __name__ == "__main__":
    kvtest.main()
