#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""hugepersist doctor on the machine at hand: table, JSON, exit status."""
import json
import os
import re
import resource
import subprocess
import unittest

PROGRAM = os.environ["HUGEPERSIST"]
DOCUMENTATION = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                      "../../cli/doctor/examine.h")
STATUS = {"yes": 0, "no": 1, "unknown": 3}
IDS = [
    "pages.2M", "pages.1G", "pages.sizes", "liveupdate.device",
    "liveupdate.enabled", "liveupdate.kho", "preserve.shmem", "preserve.2M",
    "preserve.1G", "kexec.load", "kexec.unsigned", "cgroup.room",
    "process.io_uring", "process.files", "process.memlock",
    "process.manager", "shmem.huge", "host.systemd", "host.initrd",
    "host.kexec-tools", "host.crash",
]


def run(*args, **more):
    return subprocess.run([PROGRAM, "doctor", *args], capture_output=True, text=True,
                          timeout=30, check=False, **more)


def complaints(report):
    """What is wrong with a report; none for a good one."""
    found = []
    if report["hand_over"] not in STATUS:
        found.append("hand_over")
    for finding in report["findings"]:
        if set(finding) != {"id", "answer", "about", "reason", "remedy",
                            "values"}:
            found.append(f"{finding.get('id')}: fields")
            continue
        told = bool(finding["reason"]) and bool(finding["remedy"])
        silent = not finding["reason"] and not finding["remedy"]
        good = silent if finding["answer"] == "yes" else told
        if finding["answer"] not in STATUS or not good:
            found.append(f"{finding['id']}: answer")
        for name, value in finding["values"].items():
            if set(value) not in ({"text"}, {"number", "unit"}):
                found.append(f"{finding['id']}: {name}")
    missing = set(IDS) - {f["id"] for f in report["findings"]}
    return found + sorted(missing)


def report_of(*args, **more):
    done = run("--json", *args, **more)
    assert done.stderr == "", done.stderr
    return json.loads(done.stdout), done.returncode


def finding(report, ident):
    return next(f for f in report["findings"] if f["id"] == ident)


def documented_values():
    """Finding: what the documentation says of its values."""
    with open(DOCUMENTATION, encoding="ascii") as header:
        text = header.read().split("* VALUES.")[1].split("*/")[0]
    rows = re.findall(r"^ \*\t([a-z][\w.]*)\t+((?:.*\n \*\t\t)*.*)$", text,
                      re.M)
    return {ident: re.findall(r"[\w.]+", about) for ident, about in rows}


def general(name):
    name = re.sub(r"\b\d+[KMGT]\b", "SIZE", name)
    return re.sub(r"^node\d+", "nodeN", name)


class Json(unittest.TestCase):
    def test_values_are_those_of_the_documentation(self):
        documented = documented_values()
        self.assertGreater(len(documented), 9)
        report, _ = report_of()
        count = 0
        for one in report["findings"]:
            for name in one["values"]:
                if one["id"] != "pages.sizes":
                    self.assertIn(general(name),
                                  documented.get(general(one["id"]), []))
                count += 1
        self.assertGreater(count, 9)

    def test_whole_with_and_without_try(self):
        for args in ((), ("--try",)):
            report, status = report_of(*args)
            self.assertEqual(complaints(report), [])
            self.assertEqual(status, STATUS[report["hand_over"]])
            self.assertEqual(report["tried"], bool(args))
            self.assertEqual(finding(report, "preserve.2M")["answer"],
                             report["hand_over"])

    def test_a_bad_report_is_noticed(self):
        for spoil in (
                lambda r: r["findings"].pop(),
                lambda r: r.update(hand_over="perhaps"),
                lambda r: r["findings"][0].update(answer="perhaps"),
                lambda r: r["findings"][0].update(answer="no", reason=""),
                lambda r: r["findings"][0].update(answer="yes", reason="x"),
                lambda r: r["findings"][0].pop("remedy"),
                lambda r: r["findings"][0].update(values={"x": {}})):
            report, _ = report_of()
            spoil(report)
            self.assertNotEqual(complaints(report), [])

    def test_numbers_are_those_of_the_machine(self):
        with open("/proc/meminfo", encoding="ascii") as file:
            text = file.read()
        if "Hugepagesize:       2048 kB" not in text:
            self.skipTest("the default huge page size is not 2 MiB")
        report, _ = report_of()
        values = finding(report, "pages.2M")["values"]
        total = int(re.search(r"HugePages_Total: +(\d+)", text)[1])
        self.assertEqual(values["total"],
                         {"number": total, "unit": "pages"})

    def test_the_limits_of_the_process_count(self):
        def lower():
            resource.setrlimit(resource.RLIMIT_NOFILE, (15, 15))
        report, _ = report_of()
        self.assertEqual(finding(report, "process.files")["answer"], "yes")
        report, _ = report_of(preexec_fn=lower)
        files = finding(report, "process.files")
        self.assertEqual(files["answer"], "no")
        self.assertEqual(files["values"]["soft"]["number"], 15)

    def test_more_than_any_machine_has(self):
        report, _ = report_of("--length=4096T")
        self.assertEqual(report["length"], 4096 << 40)
        self.assertNotEqual(finding(report, "pages.2M")["answer"], "yes")

    def test_a_page_size_that_there_is_not(self):
        report, status = report_of("--page-size=512T")
        self.assertEqual((report["hand_over"], status), ("no", 1))


class Table(unittest.TestCase):
    def test_says_the_same_as_json(self):
        report, status = report_of("-p", "2M", "-l", "2M")
        done = run("-p", "2M", "-l", "2M")
        self.assertEqual(done.returncode, status)
        rows = re.findall(r"^(yes|no|unknown) +(\S+)$", done.stdout, re.M)
        self.assertEqual([(f["answer"], f["id"])
                          for f in report["findings"]], rows)
        words = " ".join(done.stdout.split())
        for one in report["findings"]:
            self.assertIn(one["about"], words)
            self.assertIn(one["reason"], words)
            self.assertIn(one["remedy"], words)

    def test_full_disk(self):
        with open("/dev/full", "w", encoding="ascii") as full:
            for args in ((), ("--json",)):
                done = subprocess.run([PROGRAM, "doctor", *args], stdout=full,
                                      stderr=subprocess.PIPE, text=True,
                                      timeout=30, check=False)
                self.assertEqual(done.returncode, 2)
                self.assertIn("cannot write", done.stderr)


class Program(unittest.TestCase):
    def test_commands(self):
        def program(*args):
            return subprocess.run([PROGRAM, *args], capture_output=True,
                                  text=True, timeout=30, check=False)
        for args in ((), ("probe",), ("--what",)):
            done = program(*args)
            self.assertEqual((done.returncode, done.stdout), (2, ""), args)
            self.assertIn("doctor", done.stderr)
        for args in (("-h",), ("--help",)):
            done = program(*args)
            self.assertEqual((done.returncode, done.stderr), (0, ""), args)
            self.assertIn("doctor", done.stdout)
        self.assertRegex(program("--version").stdout,
                         r"^hugepersist, libhugepersist \d")


class Arguments(unittest.TestCase):
    def test_wrong(self):
        for args in (("--what",), ("more",), ("--length=0",),
                     ("--length=-2M",), ("--length=3M",), ("--length=2X",),
                     ("--length=99999999T",), ("--page-size=3M",),
                     ("--page-size=1",),
                     ("--wait=5",), ("--try", "--wait=-1"),
                     ("--try", "--wait=99999999999")):
            done = run(*args)
            self.assertEqual((done.returncode, done.stdout), (2, ""), args)
            self.assertIn("--help", done.stderr)

    def test_help_and_version(self):
        self.assertIn("Exit status", run("--help").stdout)
        self.assertEqual(run("--help").returncode, 0)
        self.assertRegex(run("-V").stdout,
                         r"^hugepersist doctor, libhugepersist \d")


if __name__ == "__main__":
    unittest.main()
