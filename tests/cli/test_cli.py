"""The command line as a whole: help, version, wrong commands, errors, Ctrl-C, a reader who has gone."""

from __future__ import annotations

import importlib
import os
import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from deepkit import cli
from deepkit.commands import COMMANDS
from deepkit.commands._chapters import find_chapter
from deepkit.commands._examples import examples
from deepkit.errors import DataError
from deepkit.grade import exercise as exercises

REPOSITORY = Path(__file__).resolve().parents[2]


def stub_command(monkeypatch, run):
    """Replace what `deepkit doctor` does."""
    doctor = importlib.import_module("deepkit.commands.doctor")
    monkeypatch.setattr(doctor, "run", run)


@pytest.mark.parametrize("arguments", [[], ["--help"], ["-h"]])
def test_help_names_every_command_and_shows_examples(arguments, capsys):
    with pytest.raises(SystemExit) as ending:
        cli.main(arguments)
    text = capsys.readouterr().out
    assert ending.value.code == 0
    assert all(f"\n    {name}" in text for name in COMMANDS)
    assert "deepkit run ch00" in text


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_examples(command, capsys):
    with pytest.raises(SystemExit) as ending:
        cli.main([command, "--help"])
    text = capsys.readouterr().out
    assert ending.value.code == 0
    assert f"usage: deepkit {command}" in text
    assert "examples:" in text


@pytest.mark.parametrize("command", ["", *COMMANDS])
@pytest.mark.parametrize("columns", ["60", "80", "200"])
def test_help_fits_the_terminal(command, columns, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", columns)
    with pytest.raises(SystemExit):
        cli.main([*command.split(), "--help"])
    lines = capsys.readouterr().out.splitlines()
    # An example is one command and stays one line, to be copied.
    assert [line for line in lines if len(line) > int(columns) and not line.startswith("  deepkit ")] == []
    assert len(lines) > 10


def _examples():
    """Every example of the commands' help: those above the notes, and those that are indented in them."""
    for command in COMMANDS:
        module = importlib.import_module(f"deepkit.commands.{command.replace('-', '_')}")
        yield from (found for text in [*module.EXAMPLES] for found in re.findall(r"deepkit [^|)]*", text))
        yield from re.findall(r"^  +(deepkit .*)$", module.NOTES, re.MULTILINE)


@pytest.mark.parametrize("example", list(_examples()))
def test_an_example_of_the_help_can_be_typed(example):
    """Its options exist, and so do the chapters, exercises and documents' examples that it names."""
    _, args = cli.parse(shlex.split(example)[1:])
    given = vars(args)
    for name in {given.get("chapter"), given.get("what")} - {None, "my/notebook.ipynb", *examples()}:
        assert find_chapter(name)
    if given.get("submissions") or given.get("self_test") or given.get("release"):
        assert given["exercise"] in exercises.names() or given["exercise"].startswith("source/")


def test_the_kernels_of_openblas_are_explained_in_one_place(capsys):
    told = []
    for command in COMMANDS:
        with pytest.raises(SystemExit):
            cli.main([command, "--help"])
        told += [command] * ("AVX-512" in capsys.readouterr().out)
    assert told == ["doctor"]


def test_an_option_may_stand_between_two_names():
    _, args = cli.parse(["grade", "first", "--quick", "anna.ipynb", "--seed", "3", "ben.ipynb"])
    assert (args.exercise, args.submissions) == ("first", [Path("anna.ipynb"), Path("ben.ipynb")])
    _, args = cli.parse(["lab", "--no-browser", "ch03", "--port", "1"])
    assert args.chapter == "ch03"
    _, args = cli.parse(["run-tf1", "train.py", "--quick", "x"])  # these are the program's own
    assert args.arguments == ["--quick", "x"]


def completions(line):
    """What argcomplete offers at the end of a command line, as a shell asks for it."""
    pytest.importorskip("argcomplete", reason="the extra `course` is not installed")
    asked = {"_ARGCOMPLETE": "1", "COMP_LINE": line, "COMP_POINT": str(len(line)), "_ARGCOMPLETE_IFS": "\n"}
    program = "import sys; sys.argv[0] = 'deepkit'; from deepkit.cli import main; main()"
    command = f"exec {sys.executable} -c \"{program}\" 8>&1 9>&2 >/dev/null"
    child = subprocess.run(["bash", "-c", command], cwd=REPOSITORY, env=os.environ | asked, capture_output=True, text=True)
    return [word.strip() for word in child.stdout.split("\n") if word.strip()]


@pytest.mark.parametrize(("line", "offered"), [
    ("deepkit gr", "grade"), ("deepkit run ch0", "ch00-a-taste"), ("deepkit grade conv", "convolution-and-pooling"),
    ("deepkit lab --no", "--no-browser"), ("deepkit data fe", "fetch"), ("deepkit completion f", "fish"),
])
def test_tab_completes(line, offered):
    assert offered in completions(line)


@pytest.mark.parametrize(("shell", "words"), [("bash", "complete "), ("zsh", "compdef"), ("fish", "complete --command deepkit")])
def test_the_lines_for_a_shell(shell, words, capsys):
    pytest.importorskip("argcomplete", reason="the extra `course` is not installed")
    assert cli.main(["completion", shell]) == 0
    assert words in capsys.readouterr().out


def test_version(capsys):
    with pytest.raises(SystemExit):
        cli.main(["--version"])
    assert capsys.readouterr().out == f"deepkit {cli.version()}\n"


def test_a_misspelled_command_gets_the_nearest_name(capsys):
    assert cli.main(["docter"]) == 1
    error = capsys.readouterr().err
    assert "no command 'docter'" in error
    assert "deepkit doctor" in error


def test_a_wrong_option_ends_with_2():
    with pytest.raises(SystemExit) as ending:
        cli.main(["run", "--nonsense"])
    assert ending.value.code == 2


def test_an_explained_error_is_its_message_alone(monkeypatch, capsys):
    def fail(args):
        raise DataError("the file is damaged", hint="fetch it again")

    stub_command(monkeypatch, fail)
    monkeypatch.delenv("DEEPKIT_DEBUG", raising=False)
    assert cli.main(["doctor"]) == 1
    captured = capsys.readouterr()
    assert captured.err == "deepkit: the file is damaged\n  try:   fetch it again\n"
    assert captured.out == ""
    monkeypatch.setenv("DEEPKIT_DEBUG", "1")
    with pytest.raises(DataError):
        cli.main(["doctor"])


def test_ctrl_c_is_one_word_and_130(monkeypatch, capsys):
    def interrupted(args):
        raise KeyboardInterrupt

    stub_command(monkeypatch, interrupted)
    assert cli.main(["doctor"]) == 130
    assert capsys.readouterr().err == "\nstopped\n"


def test_the_exit_code_is_the_command_s_own(monkeypatch):
    stub_command(monkeypatch, lambda args: 7)
    assert cli.main(["doctor"]) == 7


def test_help_loads_no_heavy_library():
    command = [sys.executable, "-X", "importtime", "-m", "deepkit", "--help"]
    child = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True)
    assert child.returncode == 0
    assert child.stdout.startswith("usage: deepkit")
    loaded = {line.split("|")[-1].strip().split(".")[0] for line in child.stderr.splitlines() if "|" in line}
    assert "deepkit" in loaded
    assert not loaded & {"matplotlib", "IPython", "nbclient", "nbconvert", "jupyterlab", "sklearn", "numba"}


@pytest.mark.skipif(os.name != "posix", reason="pipes break this way on POSIX only")
def test_a_reader_who_has_gone_is_no_traceback():
    reader, writer = os.pipe()
    os.close(reader)
    program = (
        "import sys; from deepkit import cli; from deepkit.commands import doctor\n"
        "doctor.run = lambda args: print('much') or 0\n"
        "sys.exit(cli.main(['doctor']))"
    )
    command = [sys.executable, "-c", program]
    child = subprocess.run(command, cwd=REPOSITORY, stdout=writer, stderr=subprocess.PIPE, text=True)
    os.close(writer)
    assert child.returncode == 141
    assert child.stderr == ""


@pytest.mark.skipif(os.name != "posix", reason="sends signals")
def test_tests_that_send_ctrl_c_pass_in_the_background():
    """A shell starts `pytest &` with SIGINT ignored, and children inherit that."""
    test = "tests/cli/test_lab_command.py::test_the_server_ends_with_the_launcher"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", test]
    child = subprocess.run(
        command, cwd=REPOSITORY, capture_output=True, text=True, preexec_fn=lambda: signal.signal(2, signal.SIG_IGN)
    )
    assert child.returncode == 0, child.stdout
