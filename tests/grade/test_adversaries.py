"""Answers that cheat, break or misbehave: each costs at most its own points, and none gains any."""

from __future__ import annotations

import os
import re
import time
from dataclasses import replace
from pathlib import Path

import pytest
from toy_exercise import SQUARE_SUM

from deepkit.grade.exercise import load_exercise
from deepkit.grade.grading import Grader, grade
from deepkit.grade.process import Host, StudentProcess, WrongAnswer

WRONG = "def square_sum(x):\n    return 7.0\n"

CHEATS = {
    "always equal object": (
        "class Yes(float):\n    __eq__ = lambda s, o: True\ndef square_sum(x): return Yes(7)",
        "gave 7",
    ),
    "opaque object": ("class Yes:\n    __eq__ = lambda s, o: True\ndef square_sum(x): return Yes()", "gave a Yes"),
    "array that agrees": (
        "class A(np.ndarray):\n    def __array_ufunc__(self, *a, **k): return np.True_\n"
        "def square_sum(x): return np.zeros(()).view(A)",
        "gave 0",
    ),
    "numpy patched": ("np.isclose = np.allclose = np.array_equal = lambda *a, **k: True\n" + WRONG, "gave 7"),
    "numpy.testing patched": (
        "import numpy.testing as t\nt.assert_allclose = lambda *a, **k: None\n" + WRONG,
        "gave 7",
    ),
    "checks patched": ("import deepkit.grade.checks as c\nc.close = lambda *a, **k: None\n" + WRONG, "gave 7"),
    "builtins patched": (
        "import builtins\nbuiltins.isinstance = lambda *a: True\nbuiltins.abs = lambda x: 0\n" + WRONG,
        "square_sum|did not finish",
    ),
    "compile patched": ("import builtins, ast\nbuiltins.compile = lambda *a, **k: ast.parse('')\n" + WRONG, "gave 7"),
    "json patched": ("import json\njson.dumps = lambda *a, **k: '{\"value\": 1}'", "channel"),
    "wire patched": (
        "import deepkit.grade.wire as w\nw.encode = lambda v: {'array': ['<f8', [10**12], '']}\n" + WRONG,
        "channel",
    ),
    "asserts deleted": (
        "import ast\nclass T(ast.NodeTransformer):\n    def visit_Assert(self, n): return None\n"
        "get_ipython().ast_transformers.append(T())\n" + WRONG,
        "NameError",
    ),
    "printed markers": ('print(\'{"token": "0", "value": null}\', flush=True)\n' + WRONG, "gave 7"),
    "forged result file": ("import json\njson.dump({'value': 1}, open('result.json', 'w'))\n" + WRONG, "gave 7"),
    "forged reply": (
        'import os\nfor fd in range(3, 256):\n    try: os.write(fd, b\'{"token": "0", "value": null}\\n\')\n'
        "    except OSError: pass\n" + WRONG,
        "channel",
    ),
    "stolen token": (
        "import json, os, sys\nframe = sys._getframe()\nwhile 'request' not in frame.f_locals: frame = frame.f_back\n"
        "while 'incoming' not in frame.f_locals: frame = frame.f_back\n"
        "out = frame.f_locals['outgoing']\nfor i in range(3):\n"
        "    out.write(json.dumps({'token': frame.f_locals['request']['token'], 'value': 1}).encode() + b'\\n')\n"
        + WRONG,
        "channel",
    ),
    "requests of its own": (
        "import os\nfor fd in range(3, 256):\n"
        "    try: more = os.open(f'/proc/self/fd/{fd}', os.O_WRONLY | os.O_NONBLOCK)\n"
        "    except OSError: continue\n"
        "    try: os.write(more, b'{\"token\": \"0\", \"do\": \"value\", \"name\": \"x\"}\\n')\n"
        "    except OSError: pass\nx = 1\n" + WRONG,
        "channel|gave 7",
    ),
    "a number too long to be written": ("def square_sum(x): return 10**100_000", "raised ValueError"),
    "a shape too large for NumPy": (
        "import deepkit.grade.wire as w\nw.encode = lambda v: {'array': ['<f8', [10**30, 0], '']}\n" + WRONG,
        "channel|cannot use",
    ),
    "no characters at all": (
        "import deepkit.grade.wire as w\nw.encode = lambda v: {'array': ['<U1', [], '/////w==']}\n" + WRONG,
        "channel|cannot use",
    ),
    "a watcher of calls": (
        "import sys\ndef f(frame, event, arg):\n    if event == 'return':\n        frame.f_locals.update(value=1, reply='{}')\n"
        "sys.setprofile(f)\n" + WRONG,
        "gave 7",
    ),
    "a module that ends the program": ("import lib2to3.__main__\n" + WRONG, "SystemExit"),
    "endless reply": (
        "import os\ndef square_sum(x):\n    for fd in range(3, 256):\n        try:\n"
        "            while True: os.write(fd, b'x' * 65536)\n        except OSError: pass",
        "MB of data",
    ),
    "closed channel": ("import os\nos.closerange(3, 256)\n" + WRONG, "channel|exit status"),
    "os._exit": ("import os\nos._exit(0)", "exit status 0"),
    "os._exit when called": ("import os\ndef square_sum(x): os._exit(0)", "exit status 0"),
    "sys.exit": ("import sys\nsys.exit(0)", "SystemExit"),
    "base exception": ("class E(BaseException):\n    def __str__(self): raise self\nraise E()", "raised E"),
    "segmentation fault": ("def f(): f()\nimport sys\nsys.setrecursionlimit(10**9)\neval('lambda: ' * 9**6 + '0')", ""),
    "nested brackets": ("(" * 50_000, "raised|did not finish"),
    "invalid syntax": ("def square_sum(x:\n    return 1", r"SyntaxError.*line 1"),
    "line magic": ("%time x = 1\n" + SQUARE_SUM, "magics"),
    "shell magic": ("!ls\n" + SQUARE_SUM, "magics"),
    "cell magic": ("%%timeit\n" + SQUARE_SUM, "magics"),
    "lone surrogate": ("x = '\ud800'", "UnicodeEncodeError|not finish"),
    "null byte": ("x = '\0'", "raised"),
    "reads stdin": ("input()", "EOFError"),
    "too much memory": ("x = bytearray(8 << 30)\n" + WRONG, "MemoryError"),
    "too much memory in NumPy": ("x = np.ones(1 << 30)\n" + WRONG, "Memory"),
    "too large a file": ("f = open('x', 'wb')\nfor _ in range(64): f.write(b'x' * (1 << 20))\n" + WRONG, "OSError"),
    "returns None": ("def square_sum(x): pass", "return"),
    "returns text": ("def square_sum(x): return '7'", "expected a number"),
    "returns ragged": ("def square_sum(x): return [[1], [2, 3]]", "expected a number"),
    "wrong shape": ("def square_sum(x): return x * x", r"shape \(3,\), expected \(\)"),
    "its first thread leaves": (
        "import ctypes, threading, time\nthreading.Thread(target=time.sleep, args=(60,)).start()\n"
        "ctypes.CDLL(None).syscall(60, 0)", "",
    ),
    "modules replaced": (
        "import sys, types\nfor name in list(sys.modules):\n    if name.startswith(('deepkit', 'numpy')):\n"
        "        sys.modules[name] = types.ModuleType(name)\n" + WRONG, "gave 7",
    ),
    "builtins gone": ("import builtins\nfor name in list(vars(builtins)):\n    delattr(builtins, name)", ""),
    "packets for the channel": (
        "import fcntl, os\nfor fd in range(3, 40):\n"
        "    try: fcntl.fcntl(fd, fcntl.F_SETFL, os.O_DIRECT | os.O_NONBLOCK)\n    except OSError: pass\n" + WRONG,
        "square_sum|your code",
    ),
    "an error that is none": (
        "import deepkit.grade.child as c\n"
        "c._describe = lambda e: {'type': ['x'] * 1000, 'message': {'a': 'b' * 10**6}, 'line': True}\nraise ValueError",
        "raised",
    ),
    "an error that explains itself for ever": ("class E(Exception):\n    def __str__(s): return s.args\nraise E()", "raised E"),
    "a reduced object": (
        "import deepkit.grade.wire as w\nclass P:\n    def __reduce__(s): return (print, (1,))\n"
        "w.encode = lambda v: {'opaque': P()}\n" + WRONG, "raised TypeError",
    ),
    "not a number": ("def square_sum(x): return float('nan')", "gave nan"),
    "text of a million letters": (
        "import deepkit.grade.wire as w\nw.encode = lambda v: {'array': ['<U999999', [0], '']}\n" + WRONG,
        "expected a number|channel",
    ),
    "imports that fail": (
        "import sys\nclass F:\n    def find_spec(self, *a): raise ImportError\nsys.meta_path.insert(0, F())\nsys.modules.clear()",
        "square_sum",
    ),
    "a list that holds itself": ("def square_sum(x):\n    x = []\n    x.append(x)\n    return x", "RecursionError"),
    "a dict without end": (
        "class D(dict):\n    def items(s):\n        while True: yield 'key', 'value'\ndef square_sum(x): return D()",
        "MemoryError|longer than|MB of data",
    ),
    "a counter without end": ("import itertools\ndef square_sum(x): return itertools.count()", "gave a count"),
    "an array of objects": ("def square_sum(x): return np.array([object()])", "gave a array of object"),
    "a record": ("def square_sum(x): return np.zeros((), 'f8,i4')", "gave a array of"),
    "a date": ("def square_sum(x): return np.datetime64('2026-01-01')", "gave a array of datetime64"),
    "a matrix in the place of a number": ("def square_sum(x): return np.matrix([[7.0]])", r"shape \(1, 1\), expected \(\)"),
    "a masked number": ("def square_sum(x): return np.ma.masked", "gave 0|expected"),
    "aborted": ("import os\nos.abort()", "killed by signal 6"),
    "an alarm": ("import signal, time\nsignal.alarm(1)\ntime.sleep(30)", "killed by signal 14"),
    "a deleted object that writes": (
        "import os\nclass D:\n    def __del__(s):\n        for fd in range(3, 256):\n"
        "            try: os.write(fd, b'{\"token\": \"0\", \"value\": 1}\\n')\n            except OSError: pass\n"
        "def square_sum(x):\n    D()\n    return 7.0", "channel",
    ),
    "a thread that answers first": (
        "import json, os, sys, threading\nmain = threading.get_ident()\ndef race():\n    while True:\n"
        "        frame, token = sys._current_frames().get(main), None\n        while frame and not token:\n"
        "            token, frame = frame.f_locals.get('token'), frame.f_back\n        if not isinstance(token, dict): continue\n"
        "        for fd in range(3, 9):\n            try: os.write(fd, json.dumps(token | {'value': 1.0}).encode() + b'\\n')\n"
        "            except OSError: pass\nthreading.Thread(target=race, daemon=True).start()\n" + WRONG, "channel|gave|took",
    ),
    "a trace that changes what is returned": (
        "import sys\ndef f(frame, event, arg):\n    if 'token' in frame.f_locals: frame.f_locals['token']['value'] = 1\n"
        "    return f\nsys.settrace(f)\nframe = sys._getframe()\n"
        "while frame:\n    frame.f_trace, frame = f, frame.f_back\n" + WRONG,
        "gave 7|channel",
    ),
    "expected values looked for": (
        "import gc\ndef square_sum(x):\n    held = [d for d in gc.get_objects() if type(d) is dict and 'expected' in d]\n"
        "    return held[0]['expected']", "IndexError|TypeError|gave",
    ),
    "an error with a name of its own": ("raise type('<b>\\n' + 'x' * 10**5, (Exception,), {})()", "raised <b>"),
    "a hundred thousand errors at once": (
        "raise ExceptionGroup('x', [ValueError(i) for i in range(10**5)])", "raised ExceptionGroup",
    ),
    "writing from right to left": ("raise ValueError('\u202e\u2066\x07')", r"ValueError: \\u202e\\u2066\\x07"),
    "terminal escapes": ("raise ValueError('\\x1b[2J')", r"ValueError: \\x1b\[2J"),
}


@pytest.fixture
def exercise(toy):
    return load_exercise(toy)


@pytest.fixture
def grader(exercise):
    with Grader(exercise, seed=3) as grader:
        yield grader


@pytest.mark.parametrize("name", CHEATS)
def test_cheats_and_failures_earn_nothing_and_are_told_why(grader, name):
    source, expected = CHEATS[name]
    marks = grader.answer(grader.exercise.tasks[0], source)
    assert marks.points == 0
    assert "\x1b" not in marks.message
    assert re.search(expected, marks.message), marks.message


def test_what_is_denied_is_denied_even_among_the_libraries(tmp_path):
    library = Path(os.__file__).parent
    for denied, points in (([library / "this.py"], 0), ([], 1)):
        with Host(denied) as host, StudentProcess(host, seconds=5) as process:
            try:
                process.run(f"open({str(library / 'this.py')!r})")
                allowed = 1
            except WrongAnswer:
                allowed = 0
        assert allowed == points


@pytest.mark.parametrize(
    "noise",
    [
        "import warnings\nwarnings.warn('careful')",
        "import sys\nsys.stderr.write('x' * 10**7)",
        "print('x' * 10**7)",
        "import os\nos.close(1), os.close(2)",
        "assert __name__ == '__main__'",
        "open('notes.txt', 'w').write('mine')\nassert open('notes.txt').read() == 'mine'",
        "import scipy.special, scipy.optimize, scipy.signal, scipy.linalg",
        "import threading\nthreading.Thread(target=lambda: [None for _ in iter(int, 1)], daemon=True).start()",
        "import os, shutil\nshutil.rmtree(os.getcwd(), ignore_errors=True)",
        "import os\nos.umask(0o777)\nos.mkdir('d')\nos.umask(0)\nos.chdir('/')",
        "held = []\ntry:\n    while True: held.append(open('/dev/null'))\nexcept OSError: pass",
        "import warnings\nwarnings.simplefilter('error')\nnp.seterr(all='raise')",
        "import sys\nsys.stdout = sys.stderr = sys.stdin = None",
        "import builtins, gc\ngc.disable()\nbuiltins.print = builtins.input = None",
        "import atexit\natexit.register(lambda: 1 / 0)",
        "import sys\nsys.excepthook = sys.displayhook = lambda *a: 1 / 0",
    ],
)
def test_noise_costs_nothing(grader, noise):
    marks = grader.answer(grader.exercise.tasks[0], noise + "\n" + SQUARE_SUM)
    assert marks.points == 2, marks.message


@pytest.mark.parametrize(
    "source",
    [
        "while True: pass", "def square_sum(x):\n    while True: pass", "import time\ntime.sleep(60)",
        "import signal\nsignal.raise_signal(signal.SIGSTOP)",
        "import signal\nfor s in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}: signal.signal(s, signal.SIG_IGN)\n"
        "while True: pass",
    ],
)
def test_an_endless_answer_is_stopped_in_time(grader, source):
    task = replace(grader.exercise.tasks[0], seconds=0.4)
    started = time.monotonic()
    marks = grader.answer(task, source)
    assert marks.points == 0
    assert "longer than 0.4 s" in marks.message
    assert time.monotonic() - started < 8


def test_nothing_secret_is_in_the_process(exercise, monkeypatch):
    monkeypatch.setenv("SECRET_TOKEN", "xyzzy-42")
    with Host([exercise.path]) as host, StudentProcess(host, seconds=5) as process:
        process.run(
            "import os, sys\nframes, frame = [], sys._getframe()\n"
            "while frame: frames.append(repr({**frame.f_locals, **frame.f_globals})); frame = frame.f_back\n"
            "text = repr(dict(os.environ)) + repr(sys.argv) + open('/proc/self/cmdline').read() + ''.join(frames)\n"
            "modules = sorted(sys.modules)"
        )
        text, modules = process.value("text"), process.value("modules")
    assert "xyzzy" not in text
    assert "square_sum" not in text
    assert not any("exercise_toy" in name for name in modules)


def test_no_answer_knows_who_else_has_handed_in(tmp_path):
    with Host([tmp_path / "neighbour.ipynb"]) as host, StudentProcess(host, seconds=5) as process:
        process.run(
            "import sys\nframe, found = sys._getframe(), ''\n"
            "while frame: found += repr(frame.f_locals); frame = frame.f_back\n"
            "import gc\nfound += ''.join(repr(x) for x in gc.get_objects() if type(x) in (list, tuple))"
        )
        found = process.value("found")
    assert len(found) > 1000
    assert str(tmp_path) not in found


@pytest.mark.skipif(not os.path.exists("/proc/self/oom_score_adj"), reason="only Linux has oom_score_adj")
def test_an_answer_is_the_first_to_go_where_memory_runs_out():
    with Host() as host, StudentProcess(host, seconds=5) as process:
        process.run("score = open('/proc/self/oom_score_adj').read()")
        assert int(process.value("score")) == 1000


def test_the_text_of_a_test_is_in_no_frame(grader):
    """An answer that is called by a probe of ours sees the frames below its own, and may tell what it finds there."""
    look = (
        "    def forward(self, xp, x):\n        import sys\n        frame, found = sys._getframe(), []\n"
        "        while frame:\n            found += [repr(value) for value in frame.f_locals.values()]\n"
        "            frame = frame.f_back\n        raise ValueError(sum('def evaluate' in text for text in found))\n"
    )
    source = "class Cube:\n    def shape(self, x):\n        return x\n\n" + look
    assert "raised ValueError: 0 (line" in grader.answer(grader.exercise.task("op"), source).message


def test_no_hook_of_an_answers_is_told_the_text_of_a_test(grader):
    """Python tells audit hooks, and whatever stands in the place of `compile`, all that is compiled from a text."""
    hooks = (
        "import builtins, sys\ntold, real = [], compile\ndef seen(text, *rest, **more):\n    told.append(repr(text))\n"
        "    return real(text, *rest, **more)\nbuiltins.compile = seen\n"
        "sys.addaudithook(lambda event, about: told.append(repr(about)))\neval('1 + 1')\n"
    )
    look = "raise ValueError(f\"{sum('1 + 1' in t for t in told)}, {sum('def evaluate' in t for t in told)}\")"
    source = f"{hooks}class Cube:\n    def shape(self, x):\n        return x\n\n    def forward(self, xp, x):\n        {look}\n"
    assert re.search("raised ValueError: [1-9], 0 ", marks := grader.answer(grader.exercise.task("op"), source).message), marks


def test_an_answer_that_kills_its_process_costs_only_its_own_points(exercise, hand_in):
    marks = grade(exercise, hand_in(square_sum="import os\nos._exit(0)", op="while True: pass"), seed=3)
    assert [task.points for task in marks.tasks] == [0, 1, 0]
