"""Runs the built program as a user would: nothing of its code is linked or imported."""
import json
import os
import pathlib
import subprocess

CHECKOUT = pathlib.Path(__file__).resolve().parent.parent.parent
BINARY = pathlib.Path(os.environ.get("SLUICE_BIN") or CHECKOUT / "build/release/sluice").resolve()

RUN_SECONDS_MAX = 120


class Result:
    """Attributes: args, code, stdout, stderr; `json` parses standard output, one JSON value."""

    def __init__(self, args, code, stdout, stderr):
        self.args = args
        self.code = code
        self.stdout = stdout
        self.stderr = stderr

    @property
    def json(self):
        try:
            return json.loads(self.stdout)
        except ValueError as error:
            raise AssertionError(f"standard output is not JSON ({error}): {self}") from None

    def __repr__(self):
        return (
            f"sluice {' '.join(self.args)}\nexit code {self.code}\n"
            f"standard output: {self.stdout}\nstandard error: {self.stderr}"
        )


class Sluice:
    """The program with a state folder and a working folder of its own."""

    def __init__(self, folder, binary=BINARY):
        self.binary = binary
        self.folder = folder
        self.state = folder / "state"
        self.started = []

    def environment(self, extra=None):
        """The caller's environment without what would change the outcome; None removes a name."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("SLUICE_", "PG"))}
        merged = {**kept, "SLUICE_STATE": str(self.state), **(extra or {})}
        return {k: str(v) for k, v in merged.items() if v is not None}

    def run(self, *args, env=None, check_code=None, stdin=None, timeout=RUN_SECONDS_MAX):
        """Runs `sluice ARGS` to its end. With check_code, any other exit code fails the test."""
        args = [str(arg) for arg in args]
        done = subprocess.run(
            [str(self.binary), *args], cwd=self.folder, env=self.environment(env),
            input=stdin or "", capture_output=True, text=True, timeout=timeout, check=False
        )
        result = Result(args, done.returncode, done.stdout, done.stderr)
        if check_code is not None and result.code != check_code:
            raise AssertionError(f"expected exit code {check_code}\n{result}")
        return result

    def start(self, *args, env=None):
        """Starts `sluice ARGS` and returns the Popen, to be killed or waited for by the test."""
        process = subprocess.Popen(
            [str(self.binary), *map(str, args)], cwd=self.folder, env=self.environment(env),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self.started.append(process)
        return process

    def close(self):
        for process in self.started:
            if process.poll() is None:
                process.kill()
            process.communicate()
