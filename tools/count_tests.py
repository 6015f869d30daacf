#!/usr/bin/env python3
"""Adds up what tools/run_tests.sh ran: failures, skips with reasons, and the total as the last line.

Its argument is a file of lines `NAME EXIT_CODE REPORT`, where REPORT is gtest's JSON, pytest's XML,
or `-` for a command that counts as one test. A report that is missing or unreadable is one failure:
a crash must never look like fewer tests.
"""
import json
import pathlib
import sys
import xml.etree.ElementTree as ElementTree


def read_gtest(path):
    """Returns (name, outcome, reason) for each test case of a gtest JSON report."""
    cases = []
    for suite in json.loads(path.read_text())["testsuites"]:
        for case in suite["testsuite"]:
            name = f'{suite["name"]}.{case["name"]}'
            if case.get("failures"):
                cases.append((name, "failed", ""))
            elif case.get("result") == "SKIPPED":
                reasons = [s.get("message", "") for s in case.get("skipped", [])]
                cases.append((name, "skipped", " ".join(r.strip() for r in reasons) or "no reason"))
            elif case.get("result") == "COMPLETED":
                cases.append((name, "passed", ""))
            else:  # disabled, or filtered out
                cases.append((name, "skipped", "not run: " + case.get("result", "unknown").lower()))
    return cases


def read_junit(path):
    """Returns (name, outcome, reason) for each test case of a pytest XML report."""
    cases = []
    for case in ElementTree.parse(path).getroot().iter("testcase"):
        name = f'{case.get("classname")}.{case.get("name")}'
        skipped = case.find("skipped")
        if case.find("failure") is not None or case.find("error") is not None:
            cases.append((name, "failed", ""))
        elif skipped is not None:
            cases.append((name, "skipped", skipped.get("message") or "no reason"))
        else:
            cases.append((name, "passed", ""))
    return cases


def read_run(line):
    name, code, report = line.rsplit(" ", 2)
    if report == "-":
        return [(name, "passed" if code == "0" else "failed", "")]
    path = pathlib.Path(report)
    try:
        cases = read_junit(path) if path.suffix == ".xml" else read_gtest(path)
    except (OSError, ValueError, KeyError, ElementTree.ParseError):
        return [(name, "failed", "")]
    if code != "0" and not any(outcome == "failed" for _, outcome, _ in cases):
        cases.append((f"exit code {code}", "failed", ""))
    return [(f"{name} {case}", outcome, reason) for case, outcome, reason in cases]


def main():
    count = {"passed": 0, "failed": 0, "skipped": 0}
    lines = pathlib.Path(sys.argv[1]).read_text().splitlines()
    cases = [case for line in lines for case in read_run(line)]
    for name, outcome, reason in cases:
        count[outcome] += 1
        if outcome == "failed":
            print(f"failed: {name}")
        elif outcome == "skipped":
            print(f"skipped: {name}: {reason}")
    print(f'{count["passed"]} passed, {count["failed"]} failed, {count["skipped"]} skipped')
    return 1 if count["failed"] or not cases else 0


if __name__ == "__main__":
    sys.exit(main())
