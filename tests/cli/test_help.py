"""Help and completion: what somebody sees who has never used the program."""
import re
import shlex
import subprocess

import pytest

from support.program import CHECKOUT

COMMANDS = (
    "doctor discover inspect types plan migrate resume publish rollback forget runs status report "
    "verify export import query ingest follow completions lake connect backup evolve "
    "catalog"
).split()
LAKE = [f"lake {verb}" for verb in ("snapshots", "files", "diff", "fsck", "compact", "freeze",
                                      "expire")]
BACKUP = [f"backup {verb}" for verb in ("create", "list", "verify", "restore", "prune")]

EVOLVE = [f"evolve {verb}" for verb in ("new", "status", "up", "down", "verify", "baseline")]
FOLLOW = [f"follow {verb}" for verb in ("status", "dead", "move")]
GROUPS = {"lake": LAKE, "backup": BACKUP, "evolve": EVOLVE}


def test_help_lists_every_command(sluice):
    text = sluice.run("--help", check_code=0).stdout
    section = text.split("Subcommands:")[1].split("\n\n")[0]
    listed = re.findall(r"^  ([a-z]+) ", section, re.MULTILINE)
    assert sorted(listed) == sorted(COMMANDS)
    for name, verbs in GROUPS.items():
        group = sluice.run(name, "--help", check_code=0).stdout
        group = group.split("Subcommands:")[1].split("Example:")[0]
        listed = re.findall(r"^  ([a-z]+) ", group, re.MULTILINE)
        assert [f"{name} {verb}" for verb in listed] == verbs


@pytest.mark.parametrize("command", [name for name in COMMANDS if name not in GROUPS]
                         + LAKE + BACKUP + EVOLVE + FOLLOW)
def test_help_of_a_command_has_an_example_that_parses(sluice, command):
    text = sluice.run(*command.split(), "--help", check_code=0).stdout
    assert f"Usage: sluice {command}" in text
    example = text.split("Example:\n  ")[1].split("\n")[0]
    words = shlex.split(example.split(" > ")[0])
    assert words[: 1 + len(command.split())] == ["sluice", *command.split()]
    # The same words with a wrong last one are wrong for that reason alone.
    wrong = sluice.run(*words[1:], "--not-an-option", check_code=2)
    assert 'unknown option "--not-an-option"' in wrong.stderr


@pytest.mark.parametrize("group", GROUPS)
def test_help_of_a_group_has_an_example_that_parses(sluice, group):
    example = sluice.run(group, "--help", check_code=0).stdout.split("Example:\n  ")[1]
    words = shlex.split(example.split("\n")[0])
    assert words[:2] == ["sluice", group]
    wrong = sluice.run(*words[1:], "--not-an-option", check_code=2)
    assert 'unknown option "--not-an-option"' in wrong.stderr


@pytest.mark.parametrize("words", [["--version"], ["migrate", "--help"], ["help", "verify"]])
def test_help_makes_no_state_folder(sluice, words):
    sluice.run(*words, check_code=0)
    assert not sluice.state.exists()


@pytest.mark.parametrize("command", ["translate", "serve"])
def test_commands_of_later_releases_are_named_and_not_offered(sluice, command):
    assert f"\n  {command} " not in sluice.run("--help").stdout
    result = sluice.run(*command.split(), "x", check_code=10)
    assert result.stderr.startswith(f"sluice: sluice {command} is not supported")


@pytest.mark.parametrize("option", ["--engine=trino=http://localhost"])
def test_options_of_later_releases_are_named_and_not_offered(sluice, option):
    name = option.split("=")[0]
    assert name not in sluice.run("migrate", "--help").stdout
    assert name in sluice.run("migrate", "a", "b", option, check_code=10).stderr


@pytest.mark.parametrize("shell, file", [("bash", "sluice.bash"), ("zsh", "_sluice")])
def test_completion_files_are_what_the_program_prints(sluice, shell, file):
    printed = sluice.run("completions", shell, check_code=0).stdout
    assert printed == (CHECKOUT / "completions" / file).read_text()


@pytest.mark.parametrize("line, expected", [
    ("sluice migr", ["migrate"]),
    ("sluice migrate a b --if-e", ["--if-exists"]),
    ("sluice migrate a b --if-exists ", ["fail", "replace", "append", "merge"]),
    ("sluice --state x migrate --no-", ["--no-backup", "--no-publish", "--no-color"]),
    ("sluice report last --format m", ["md"]),
    ("sluice completions ", ["bash", "zsh"]),
    ("sluice lake ", [words.split()[1] for words in LAKE]),
    ("sluice --json lake f", ["files", "freeze", "fsck"]),
    ("sluice lake diff x --un", ["--until"]),
    ("sluice lake files x --a", ["--at"]),
])
def test_bash_completes(line, expected):
    words = line.split(" ")
    script = (
        f"source {CHECKOUT}/completions/sluice.bash; COMP_WORDS=({shlex.join(words)}); "
        f'COMP_CWORD={len(words) - 1}; _sluice; printf "%s\\n" "${{COMPREPLY[@]}}"'
    )
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True)
    assert sorted(done.stdout.split()) == sorted(expected)
