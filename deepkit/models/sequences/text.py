"""A text as numbers, and LSTMs that guess its next word: `python -m deepkit.models.sequences.text` trains the document's."""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import deepkit.v1 as tf
from deepkit.datasets import load_text
from deepkit.errors import ArgumentError
from deepkit.models.recipe import asking, train_all
from deepkit.models.sequences.windows import windows
from deepkit.v1.contrib import rnn

ASKED = ("causing", "all", "the")
"""What the document asks its trained network to go on with."""


def split(text: str) -> list[str]:
    """The words of a text in small letters, without its commas and full stops.

    >>> split("He pulled, and pulled. Nothing.")
    ['he', 'pulled', 'and', 'pulled', 'nothing']
    """
    return text.lower().replace(",", "").replace(".", "").split()


def dictionary(words: Sequence[str]) -> dict[str, int]:
    """The number of each word: 0, 1, 2, ... in the order of first appearance, the same in every process.

    >>> dictionary(["to", "be", "or", "not", "to", "be"])
    {'to': 0, 'be': 1, 'or': 2, 'not': 3}
    """
    return {word: number for number, word in enumerate(dict.fromkeys(words))}


class Parts(NamedTuple):
    """The tensors of a built network that a program feeds and fetches."""

    x: Any
    y: Any
    pred: Any
    cost: Any
    accuracy: Any
    optimizer: Any


def build(vocab_size: int, n_input: int = 3, n_hidden: int = 512, n_layers: int = 1, learning_rate: float = 0.001) -> Parts:
    """The document's graph: the *numbers* of n_input words, one after the other, into LSTMs; a score for each word.

    x is (n, n_input) of float32, y (n,) of int64, pred (n, vocab_size).
    """
    x = tf.placeholder(tf.float32, [None, n_input])
    y = tf.placeholder(tf.int64, [None])
    cells = [rnn.BasicLSTMCell(n_hidden) for _ in range(n_layers)]
    cell = cells[0] if n_layers == 1 else rnn.MultiRNNCell(cells)
    outputs, _ = rnn.static_rnn(cell, tf.split(x, n_input, 1), dtype=tf.float32)
    pred = tf.layers.dense(inputs=outputs[-1], units=vocab_size)
    cost = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(logits=pred, labels=y))
    accuracy = tf.reduce_mean(tf.cast(tf.equal(tf.argmax(pred, 1), y), tf.float32))
    optimizer = tf.train.RMSPropOptimizer(learning_rate=learning_rate).minimize(cost)
    return Parts(x, y, pred, cost, accuracy, optimizer)


def places(count: int, n_input: int, luck: random.Random) -> Iterator[int]:
    """Where the document's loop reads its next window of n_input words and the one after, in a text of `count` words, for ever.

    It goes through the text by steps of n_input + 1, and begins each time at a random one of the first places.

    Raises:
        ArgumentError: for a text that is shorter than the last of them needs.
    """
    if count < 2 * (n_input + 1):
        raise ArgumentError(f"a text of {count} words", rule=f"at least 2 (n_input + 1) = {2 * (n_input + 1)}")
    offset = luck.randint(0, n_input + 1)
    while True:
        if offset > count - (n_input + 1):
            offset = luck.randint(0, n_input + 1)
        yield offset
        offset += n_input + 1


class Report(NamedTuple):
    """What the document prints after each thousand steps: mean loss (nats) and accuracy (%) of them, and the last guess."""

    step: int
    loss: float
    accuracy: float
    read: str
    truth: str
    guess: str


def train(sess: Any, parts: Parts, words: Sequence[str], steps: int, every: int = 1000, seed: int = 1) -> Iterator[Report]:
    """Train in `sess`, one window a step, on a text's words; yields a report after each `every` steps."""
    numbers, known = dictionary(words), list(dict.fromkeys(words))
    n_input = parts.x.shape.as_list()[1]
    losses, right = 0.0, 0.0
    for step, at in zip(range(1, steps + 1), places(len(words), n_input, random.Random(seed)), strict=False):
        read, truth = words[at : at + n_input], words[at + n_input]
        feed = {parts.x: [[numbers[word] for word in read]], parts.y: [numbers[truth]]}
        _, hit, loss, scores = sess.run([parts.optimizer, parts.accuracy, parts.cost, parts.pred], feed)
        losses, right = losses + float(loss), right + float(hit)
        if step % every == 0:
            yield Report(step, losses / every, 100 * right / every, " ".join(read), truth, known[int(np.argmax(scores))])
            losses = right = 0.0


def guess(sess: Any, parts: Parts, words: Sequence[str], read: Sequence[str]) -> str:
    """The word that the network expects after those that it has read, out of a text's words."""
    numbers, known = dictionary(words), list(dict.fromkeys(words))
    return known[int(np.argmax(sess.run(parts.pred, {parts.x: [[numbers[word] for word in read]]})))]


def tell(probabilities: Callable[[np.ndarray], np.ndarray], numbers: dict[str, int], read: Sequence[str],
         count: int, temperature: float = 0.0, seed: int | None = None) -> tuple[list[str], np.ndarray]:
    """Let a network go on by itself: what it says is the next that it reads.

    Args:
        probabilities: of all words after each of (n, words read) windows of numbers, (n, distinct words).
        numbers: the dictionary.
        read: the words that it is given.
        count: how many it adds.
        temperature: 0 takes the most probable word; otherwise one is drawn by p^(1 / temperature).
        seed: of the draws.

    Returns:
        All words, those given first, and the probability of each, NaN for those given.

    Raises:
        ArgumentError: for a temperature below 0.

    >>> after = np.array([[0.1, 0.9], [0.8, 0.2]])
    >>> tell(lambda windows: after[windows[:, -1]], {"tick": 0, "tock": 1}, ["tick"], 3)
    (['tick', 'tock', 'tick', 'tock'], array([nan, 0.9, 0.8, 0.9]))
    """
    if temperature < 0:
        raise ArgumentError(f"a temperature of {temperature}", rule="0 for the most probable word, above 0 to draw one")
    known, told, shares = list(numbers), list(read), [np.nan] * len(read)
    draws = np.random.default_rng(seed)
    for _ in range(count):
        last = np.array([[numbers[word] for word in told[-len(read) :]]])
        found = np.asarray(probabilities(last), np.float64)[0]
        place = _drawn(found, temperature, draws) if temperature else int(found.argmax())
        told.append(known[place])
        shares.append(float(found[place]))
    return told, np.array(shares)


def _drawn(shares: np.ndarray, temperature: float, draws: np.random.Generator) -> int:
    """A place of `shares`, drawn by shares^(1 / temperature)."""
    weights = (shares / shares.max()) ** (1 / temperature)
    return int(draws.choice(len(weights), p=weights / weights.sum()))


@dataclass(frozen=True)
class Recipe:
    """A training of the document's network: how many LSTMs of how many units, how many steps; train: the accuracy in percent
    that the document prints for the last thousand, None where it only asks; level: points that another seed may cost."""

    example: str
    what: str
    train: float | None
    n_layers: int = 1
    n_hidden: int = 512
    steps: int = 50_000
    level: float = 5.0

    def run(self, text: str | None = None, steps: int | None = None, verbose: int = 0, seed: int = 1) -> dict[str, Any]:
        """Trains on the words of a text (default: the fable that travels with deepkit); returns what came out.

        "reports" holds for each thousand steps [step, mean loss, accuracy in percent, the window, the truth, the guess];
        "train %" is the accuracy of the last thousand, measured before each step as the document does; "all windows %"
        that of the finished network on all windows of the text.
        """
        words, rounds = split(load_text() if text is None else text), steps or self.steps
        every = min(1000, rounds)
        with tf.Graph().as_default(), tf.Session() as sess:
            tf.set_random_seed(seed)
            parts = build(len(set(words)), n_hidden=self.n_hidden, n_layers=self.n_layers)
            sess.run(tf.global_variables_initializer())
            reports = []
            for report in train(sess, parts, words, rounds, every, seed):
                reports.append([report.step, round(report.loss, 6), round(report.accuracy, 2), *report[3:]])
                if verbose:
                    print(*reports[-1], flush=True)
            numbers = dictionary(words)
            x, y = windows([numbers[word] for word in words], 3)
            after = float(sess.run(parts.accuracy, {parts.x: x, parts.y: y}))
            asked = guess(sess, parts, words, ASKED) if set(ASKED) <= set(words) else None
            weights = sum(values.size for values in sess.run(tf.trainable_variables()))
        return {
            "example": self.example, "network": self.what, "seed": seed, "steps": rounds, "words": len(words),
            "distinct": len(set(words)), "weights": weights, "printed train %": self.train, "train %": reports[-1][2],
            "all windows %": round(100 * after, 2), "causing all the": asked, "reports": reports,
        }

    def judge(self, row: dict[str, Any]) -> tuple[bool, str]:
        """Whether what `run` returned reached the document's level, and a sentence that says so."""
        printed = "none" if self.train is None else f"{self.train:.2f} %"
        said = f"{row['train %']:.2f} % here, {printed} printed; causing all the: {row['causing all the']}"
        return (self.train is None or row["train %"] >= self.train - self.level) and row["causing all the"] == "pain", said


RECIPES = {
    "text-lstm": Recipe("D0-11-07", "LSTM 512 over 3 words, RMSProp 0.001, one sample a step", 87.10),
    "text-lstm-256": Recipe("D0-11-08", "LSTM 256 over 3 words, RMSProp 0.001, one sample a step", None, n_hidden=256),
}
"""By name: the document's run, and one of half the width."""


def main(arguments: list[str] | None = None) -> int:
    """Trains the named networks, one after the other, and prints a line for each thousand steps."""
    parser = asking("deepkit.models.sequences.text", __doc__, RECIPES, seeds="weights and windows")
    parser.add_argument("--steps", type=int, help="samples (default: the document's)")
    parser.add_argument("--text", type=Path, help="a file with another text (default: the fable that travels with deepkit)")

    def train_on(name: str, chosen: argparse.Namespace) -> dict[str, Any]:
        other = {} if chosen.text is None else {"text": chosen.text.stem}
        read = chosen.text.read_text(encoding="utf-8") if chosen.text else None
        return {**RECIPES[name].run(read, chosen.steps, 1, chosen.seed), **other}

    return train_all(parser, RECIPES, arguments, train_on)


if __name__ == "__main__":
    sys.exit(main())
