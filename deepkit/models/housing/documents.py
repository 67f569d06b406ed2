"""What the documents do with tables of houses, on the real ones, each run beside an independent answer to the same question."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

import deepkit.v1 as tf
from deepkit.datasets import load_boston, load_california
from deepkit.models.boosting import GradientBoosting
from deepkit.models.housing.descent import BATCH, districts, regression
from deepkit.models.recipe import asking, train_all

FILE = "housing.json"
SEED = 1


@dataclass(frozen=True)
class Recipe:
    """A run that the documents describe and print no figure of.

    measure: gives a row with `here`, the number that came out, and `beside`, the one that something else gives.
    within: how far apart they may be, as a part of `beside`; beside_what: where that comes from.
    """

    example: str
    what: str
    measure: Callable[[], dict[str, Any]]
    beside_what: str
    within: float

    def run(self) -> dict[str, Any]:
        """The row of this run."""
        return {"example": self.example, "what": self.what, **self.measure(), "beside what": self.beside_what}

    def judge(self, row: dict[str, Any]) -> tuple[bool, str]:
        """Whether both numbers are near each other, and a sentence that says both."""
        near = abs(row["here"] - row["beside"]) <= self.within * abs(row["beside"])
        return near, f"{row['here']:.6g} here, {row['beside']:.6g} by {self.beside_what}; none printed"


# ---- descent on California's districts


def least_squares(x: np.ndarray, y: np.ndarray) -> float:
    """The smallest mean squared error that any weights of a linear model have on rows x (m, n) and targets y (m, 1)."""
    theta, *_ = np.linalg.lstsq(x, y, rcond=None)
    return float(np.mean((x @ theta - y) ** 2))


def all_rows(epochs: int = 1000) -> dict[str, Any]:
    """Every step looks at all districts, which are constants of the graph."""
    data = districts(real=True, verbose=False)
    with tf.Graph().as_default():
        model = regression(data=data)
        with tf.Session() as sess:
            sess.run(tf.global_variables_initializer())
            for _ in range(epochs):
                sess.run(model.train)
            here = float(sess.run(model.mse))
    return {"here": round(here, 6), "beside": round(least_squares(*data), 6)}


def batches(epochs: int = 10) -> dict[str, Any]:
    """Every step looks at `BATCH` districts, drawn anew from a seed."""
    data = districts(real=True, verbose=False)
    with tf.Graph().as_default():
        model = regression()
        with tf.Session() as sess:
            sess.run(tf.global_variables_initializer())
            for epoch in range(epochs):
                for number in range(data.batches(BATCH)):
                    x, y = data.batch(epoch, number)
                    sess.run(model.train, {model.x: x, model.y: y})
            here = float(sess.run(model.mse, {model.x: data.x, model.y: data.y}))
    return {"here": round(here, 6), "beside": round(least_squares(*data), 6)}


# ---- boosting on Boston


def _split() -> list[np.ndarray]:
    from sklearn.model_selection import train_test_split

    x, y = load_boston(verbose=False)
    return train_test_split(x, y, test_size=0.2, random_state=SEED)


def _lowest(stages: Any, targets: np.ndarray) -> int:
    """After how many trees the mean squared error is lowest."""
    return int(np.argmin([np.mean((np.ravel(y) - targets) ** 2) for y in stages])) + 1


def best_number(most: int = 120, rate: float = 0.1) -> dict[str, Any]:
    """The number of trees with the lowest error on the rows that were kept back."""
    from sklearn.ensemble import GradientBoostingRegressor

    x, x_test, y, y_test = _split()
    ours = GradientBoosting(rounds=most, rate=rate, depth=2).fit(x, y)
    theirs = GradientBoostingRegressor(max_depth=2, n_estimators=most, learning_rate=rate, random_state=SEED).fit(x, y)
    return {"here": _lowest(ours.staged_predict(x_test), y_test), "beside": _lowest(theirs.staged_predict(x_test), y_test)}


# ---- repairs of California's table


def repairs() -> dict[str, Any]:
    """Error of the ten most similar districts, in dollars, step by step, and of a linear model; five folds. And who is in
    a test set: see `_stratified`, which gives the two numbers that are compared."""
    from sklearn.linear_model import LinearRegression
    from sklearn.model_selection import KFold, cross_val_score
    from sklearn.neighbors import KNeighborsRegressor
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    table = load_california(raw=True, verbose=False)
    folds = KFold(5, shuffle=True, random_state=SEED)

    def rmse(x: np.ndarray, *steps: Any) -> int:
        scores = cross_val_score(make_pipeline(*steps), x, table.y, cv=folds, scoring="neg_mean_squared_error")
        return round(float(np.sqrt(-scores.mean())))

    near = KNeighborsRegressor(10)
    households = load_california(verbose=False).x
    steps = {
        "guess the mean price": round(float(table.y.std())),
        "ten similar districts": rmse(table.x, near),
        "one scale": rmse(table.x, StandardScaler(), near),
        "rooms and people for each household": rmse(households, StandardScaler(), near),
        "a linear model": rmse(households, LinearRegression()),
    }
    return {"steps": steps, **_stratified(table.x[:, -1])}


def _stratified(income: np.ndarray) -> dict[str, Any]:
    """Of 100 test sets the standard deviation of the share of rich districts: drawn at random, and by the formula.

    A share p of n districts drawn without replacement from N has the variance p (1 - p) / n (N - n) / (N - 1). Of 100
    draws the deviation itself is known to 1 / sqrt(200), 7 %.
    """
    from sklearn.model_selection import train_test_split

    rich, rows, size = income > 6, len(income), 400
    shares = {
        name: [float(rich[train_test_split(np.arange(rows), test_size=size, stratify=by, random_state=i)[1]].mean())
               for i in range(100)]
        for name, by in (("at random", None), ("stratified", rich))
    }
    p = float(rich.mean())
    spread = float(np.sqrt(p * (1 - p) / size * (rows - size) / (rows - 1)))
    return {
        "rich": round(p, 4), "shares": {name: [min(found), max(found)] for name, found in shares.items()},
        "here": round(float(np.std(shares["at random"])), 6), "beside": round(spread, 6),
    }


RECIPES = {
    "districts": Recipe("D3-9-18", "California, 1000 steps of all districts", all_rows, "least squares", 0.02),
    "districts-in-batches": Recipe("D3-9-21", "California, 10 epochs of 207 batches", batches, "least squares", 0.02),
    "boosting": Recipe("D3-7-11", "Boston, the best number of 120 trees", best_number, "scikit-learn", 0.0),
    "repairs": Recipe("D3-2-03", "California, a table repaired, and who is in a test set", repairs,
                      "the formula for shares drawn at random", 0.25),
}


def main(arguments: list[str] | None = None) -> int:
    """Run what the command line asks for, on the real tables, and print a line for each."""
    parser = asking("deepkit.models.housing", __doc__, RECIPES, seeds=None)
    return train_all(parser, RECIPES, arguments, lambda name, _: RECIPES[name].run())
