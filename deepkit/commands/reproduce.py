"""`deepkit reproduce`: run the documents' examples again and write down what came out."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from deepkit.commands import _reproduced as reproduced
from deepkit.commands._chapters import Chapter, chapter_names, chapters, find_chapter
from deepkit.commands._examples import Example, examples
from deepkit.commands._help import completed_by
from deepkit.commands._launch import require
from deepkit.commands.run import Progress, working_copy
from deepkit.errors import ArgumentError

DESCRIPTION = "Run the examples of the documents that the course reproduces, and write a table of what came out."
EXAMPLES = {
    "deepkit reproduce": "every chapter that stands",
    "deepkit reproduce ch03": "one chapter",
    "deepkit reproduce D2-4-03": "one example: its chapter up to the example's last cell",
    "deepkit reproduce --full": "also what needs the real MNIST, Boston and California housing",
}
NOTES = f"""
The notebooks run in a temporary copy; nothing of yours is touched but the table, {reproduced.FILE} in the folder of
--out, in which the rows of what ran are replaced. Without --full the examples use the embedded digits and take some
minutes in all. With it the networks of `python -m deepkit.models.mnist` are trained as the documents say, on the real
MNIST (`deepkit data fetch mnist`, or the folder that DEEPKIT_DATA names), which takes some hours, and all that was
measured goes into {reproduced.TRAININGS} beside the table; so are the long networks for texts and series, which need
no download. Autoencoders, whose document prints nothing, are trained by `python -m deepkit.models.autoencoders.documents`
and `python -m deepkit.models.autoencoders.invented`, and measured against TensorFlow, in autoencoders.json and variational.json.
The regressions of `python -m deepkit.models.regression` run on the real Boston housing (`deepkit data fetch boston`), and
`python -m deepkit.models.housing` on Boston and California beside other ways to the same numbers, in housing.json. The
course's notebook "What came out" shows the first two files.

The exit code is 1 if a cell failed, or if a training ended below the document's accuracy by more than
another seed may cost: 5 points, 10 where the first weights are far too large.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `reproduce`."""
    what = parser.add_argument("what", metavar="CHAPTER|ID", nargs="?", help="a chapter, or an example such as D2-4-03")
    completed_by(what, lambda: [*chapter_names(), *examples()])
    parser.add_argument("--full", action="store_true", help="train the long networks on real MNIST, too")
    parser.add_argument("--out", type=Path, default=Path(), metavar="DIR", help="folder of the table (default: here)")
    parser.add_argument("--timeout", type=float, default=600.0, metavar="S", help="seconds that one cell may take")


def run(args: argparse.Namespace) -> int:
    """Run what was asked for, as the parsed command line says, and return the exit code."""
    require("nbclient", "running a notebook")
    require("ipykernel", "running a notebook")
    if not args.timeout > 0:
        raise ArgumentError(f"a cell cannot finish within {args.timeout:g} seconds", rule="--timeout is positive")
    table = args.out / reproduced.FILE
    known, sound = reproduced.read(table), True
    for chapter, only in _asked(args.what, args.full):
        found, finished = _run_chapter(chapter, only, args.timeout)
        sound = sound and finished
        known |= {result.id: result for result in found if only in (None, result.id)}
        args.out.mkdir(parents=True, exist_ok=True)
        reproduced.write(table, known)
    if args.full:
        found, reached = _on_real_data(args.what, args.out)
        sound = sound and reached
        known |= {result.id: result for result in found}
        reproduced.write(table, known)
    print(f"{len(known)} examples in {table}")
    return 0 if sound else 1


def _asked(what: str | None, full: bool) -> list[tuple[Chapter, str | None]]:
    """The chapters to run, each with the one example that is asked for, or None for all of them."""
    table = examples()
    if what is None:
        return [(chapter, None) for chapter in chapters() if chapter.name.startswith("ch")]
    if what.upper() not in table:
        return [(find_chapter(what), None)]
    example = table[what.upper()]
    if example.status != "to come":
        return [(find_chapter(example.chapter), example.id)]
    if not full or not _recipes(example.id):
        raise ArgumentError(_not_yet(example), hint="deepkit reproduce --full" if _recipes(example.id) else None)
    return []


def _not_yet(example: Example) -> str:
    return f"{example.id} ({example.what}) belongs to {example.chapter}, which is not written yet"


def _run_chapter(chapter: Chapter, only: str | None, timeout: float) -> tuple[list[reproduced.Result], bool]:
    """Run a chapter, or its part up to one example: the results, and whether it came to its end."""
    from deepkit.commands._notebook import CellFailed, execute, load

    notebook = load(chapter.path)
    if only is not None:
        notebook = reproduced.up_to(notebook, only)
    progress = Timed([cell.id for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()])
    print(f"{chapter.name}: {only or chapter.title}", flush=True)
    finished = True
    with working_copy(chapter.path, chapter.root, copied=True) as folder:
        try:
            execute(notebook, folder, timeout, progress)
        except CellFailed as error:
            finished = False
            print(f"\n{error}\n", file=sys.stderr)
    printed = {name: example.printed for name, example in examples().items()}
    found = reproduced.results(notebook.cells, chapter.name.partition("-")[0], progress.seconds, printed)
    for result in found:
        if only in (None, result.id):
            print(f"  {result.id:9} {result.result:7} {result.digits}".rstrip())
    return found, finished


class Timed(Progress):
    """Progress that also keeps the seconds of each cell that ran, by the cell's id."""

    def __init__(self, ids: list[str]):
        super().__init__()
        self.ids, self.seconds = ids, dict[str, float]()

    def done(self, number: int, total: int, source: str) -> None:
        """Keep the time, and say it."""
        self.seconds[self.ids[number - 1]] = time.perf_counter() - self.began
        super().done(number, total, source)


def _on_real_data(what: str | None, out: Path) -> tuple[list[reproduced.Result], bool]:
    """What needs the real tables of houses and MNIST, or hours: the results, and whether all came near the documents."""
    parts = [_regress(what), _measure_houses(what, out), _train(what, out), _train_on_sequences(what, out), _rebuild(what, out)]
    return [result for found, _ in parts for result in found], all(near for _, near in parts)


def _regress(what: str | None) -> tuple[list[reproduced.Result], bool]:
    """Run the regressions that are asked for on the real Boston housing: the results, and whether four digits came out."""
    from deepkit.models.regression import RECIPES, measure

    found, sound = [], True
    for recipe in RECIPES.values():
        if what is not None and what.upper() != recipe.example:
            continue
        began = time.perf_counter()
        mse, r2 = measure(recipe)["then"]
        near = abs(mse - float(recipe.mse)) < 0.5e-2 and abs(r2 - float(recipe.r2)) < 0.5e-4
        sound = sound and near
        said = f"{mse:.8f} and {r2:.8f} here, {recipe.mse} and {recipe.r2} printed"
        print(f"{recipe.example}: Boston housing, {recipe.what}\n  {said}")
        found.append(_judged(recipe.example, said, began, near))
    return found, sound


def _measure_houses(what: str | None, out: Path) -> tuple[list[reproduced.Result], bool]:
    """Make the runs on real tables of houses that are asked for: the results, and whether other ways gave the same numbers."""
    from deepkit.models.housing.documents import FILE, RECIPES

    return _measured({name: (recipe, recipe.run) for name, recipe in RECIPES.items()}, what, out / FILE)


def _judged(example: str, said: str, began: float, near: bool) -> reproduced.Result:
    """The row of a run on real data that began at that time of the clock: "failed" where it stayed away from the document."""
    seconds = round(time.perf_counter() - began, 2)
    return reproduced.Result(example, examples()[example].chapter, 0, said, seconds, "ran" if near else "failed")


def _recipes(example: str | None) -> dict[str, Any]:
    """The long trainings, or those of one example."""
    from deepkit.models.mnist import RECIPES

    return {name: recipe for name, recipe in RECIPES.items() if example is None or recipe.example == example}


def _train(what: str | None, out: Path) -> tuple[list[reproduced.Result], bool]:
    """Train the networks that are asked for on real MNIST: the results, and whether all reached the documents' level."""
    from deepkit import keras
    from deepkit.models.recipe import record

    wanted = {name: r for name, r in _recipes(None).items() if what is None or what.upper() == r.example}
    found, reached = [], True
    data = keras.datasets.mnist.load_data() if wanted else None
    for name, recipe in wanted.items():
        began = time.perf_counter()
        print(f"{recipe.example}: {recipe.what}", flush=True)
        row = recipe.run(data, verbose=2)
        out.mkdir(parents=True, exist_ok=True)
        record(out / reproduced.TRAININGS, name, row)
        printed = row["printed test %"]
        level = printed is None or row["test %"] >= printed - recipe.level
        reached = reached and level
        said = f"{row['test %']:.2f} % here, {'none' if printed is None else f'{printed:.2f} %'} printed"
        print(f"  {said}")
        found.append(_judged(recipe.example, said, began, level))
    return found, reached


def _train_on_sequences(what: str | None, out: Path) -> tuple[list[reproduced.Result], bool]:
    """Train the networks for texts and series that are asked for: the results, and whether all reached the documents' level."""
    from deepkit.models.sequences import series, text

    recipes: dict[str, text.Recipe | series.Recipe] = {**text.RECIPES, **series.RECIPES}
    runs = {name: (recipe, partial(recipe.run, verbose=1)) for name, recipe in recipes.items()}
    return _measured(runs, what, out / reproduced.TRAININGS)


def _rebuild(what: str | None, out: Path) -> tuple[list[reproduced.Result], bool]:
    """Train the autoencoders that are asked for on real MNIST: the results, and whether all reached TensorFlow's level."""
    from deepkit.models.autoencoders import documents, invented

    parts = [
        _measured({name: (recipe, partial(module.on_mnist, name)) for name, recipe in module.RECIPES.items()},
                  what, out / module.FILE)
        for module in (documents, invented)
    ]
    return [result for found, _ in parts for result in found], all(near for _, near in parts)


def _measured(runs: Mapping[str, tuple[Any, Callable[[], dict[str, Any]]]], what: str | None,
              file: Path) -> tuple[list[reproduced.Result], bool]:
    """Make the runs that are asked for and record them in the file. Of each its recipe, which judges, and how it is made."""
    from deepkit.models.recipe import record

    found, reached = [], True
    for name, (recipe, run_it) in runs.items():
        if what is not None and what.upper() != recipe.example:
            continue
        began = time.perf_counter()
        print(f"{recipe.example}: {recipe.what}", flush=True)
        row = run_it()
        file.parent.mkdir(parents=True, exist_ok=True)
        record(file, name, row)
        level, said = recipe.judge(row)
        reached = reached and level
        print(f"  {said}")
        found.append(_judged(recipe.example, said, began, level))
    return found, reached
