#!/usr/bin/env python3
"""Adds up what tools/run_tests.sh ran: failures, skips with reasons, and the total as the last line.

Its argument is a file of lines `NAME EXIT_CODE REPORT`, where REPORT is the XML of gtest or pytest,
or `-` for a command that counts as one test. A report that is missing or unreadable is one failure:
a crash must never look like fewer tests.
"""
import pathlib
import sys
import xml.etree.ElementTree as ElementTree


def read_cases(path):
    """Returns (name, outcome, reason) for each test case of an XML report."""
    cases = []
    for case in ElementTree.parse(path).getroot().iter("testcase"):
        name = f'{case.get("classname")}.{case.get("name")}'
        skipped = case.find("skipped")
        if case.find("failure") is not None or case.find("error") is not None:
            cases.append((name, "failed", ""))
        elif skipped is not None:
            reason = " ".join((skipped.get("message") or "no reason").split())
            cases.append((name, "skipped", reason))
        elif case.get("status") == "notrun":  # gtest: DISABLED_ in the name
            cases.append((name, "skipped", "disabled"))
        else:
            cases.append((name, "passed", ""))
    return cases


def read_run(line):
    name, code, report = line.rsplit(" ", 2)
    if report == "-":
        return [(name, "passed" if code == "0" else "failed", "")]
    try:
        cases = read_cases(report)
    except (OSError, ElementTree.ParseError):
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
