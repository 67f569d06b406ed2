"""The one list of differences that have a reason."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from .comparison import Difference
from .writing import BODIES

LOSES = (  # what whole numbers, or truths, do not hold
    r"float|complex|True|[12]\.[05]|1\.0|e400|\[\]"
    r"|uint|int8|tf.constant\(1\)|np.ones|\['a'|xb, np.arange|tf.(ones|zeros|fill)\(b'"
)
WISHES = r", tf\.(float|u?int)\d+"  # a type that is asked for
TAKES = (  # of the conversions' arguments: NumPy's, lengths, whole numbers written as floats, truths, lists and numbers
    r"np\.|Dimension|TensorShape|\b\d\.0\b|True|tensordot\(|_like\(\[?'a'|j, 1j\)|validate_shape=False|gather\(x\w+, \[|"
    r"tf\.(reshape|slice)\(.*, -1\)|tf\.\w+\(-?[\d.]+, (x|seed)|tf\.\w+\([\[(][\d, ]+[\])], x|"
    r"where\(x\w+ > 1, x\w+, (-?[\de.]+|float\('nan'\))\)|"
    r"tile\(x\w+, \d\)|range\(3\)"
)


@dataclass(frozen=True)
class Explanation:
    """reason: why the two differ and which is right; of: whether it is the reason of this program's difference."""

    reason: str
    of: Callable[[str, Difference], bool]


def sides(what: str) -> tuple[set[str], set[str]]:
    """The numbers, without signs, on both sides of a difference."""
    ours, theirs = (set(re.findall(r"nan|inf|[0-9.]+(?:e[+-]?\d+)?", side)) for side in what.split(" for ", 1))
    return ours, theirs


def zeros(numbers: set[str]) -> bool:
    return all(number not in ("inf", "nan") and float(number) == 0 for number in numbers)


def zeros_for_nothing_finite(what: str) -> bool:
    """Whether one side is all zeros, and the other all NaN."""
    ours, theirs = sides(what)
    return zeros(ours) and theirs == {"nan"}


def differentiated(text: str) -> str:
    """The statements of a program that what it takes derivatives of is computed from."""
    return made_of(text, set(), r"tf\.gradients\(")


def made_of(text: str, wanted: set[str], end: str = "$.") -> str:
    """The statements that the wanted names, and the statements that hold `end`, are computed from."""
    kept: list[str] = []
    for statement in reversed(ast.parse(text).body):
        names = [n for n in ast.walk(statement) if isinstance(n, ast.Name)]
        made = {n.id for n in names if isinstance(n.ctx, ast.Store)} | {getattr(statement, "name", "")}
        written = ast.unparse(statement)
        if wanted & made or re.search(end, written):
            wanted = wanted | {n.id for n in names if isinstance(n.ctx, ast.Load)}
            kept.append(written)
    return "\n".join(kept)


def begins_early(text: str) -> bool:
    """Whether a branch that reads a variable takes the very value that it is to come after."""
    tree = ast.parse(text)
    functions = {f.name: f for f in ast.walk(tree) if isinstance(f, ast.FunctionDef)}
    for block in ast.walk(tree):
        if not (isinstance(block, ast.With) and "control_dependencies" in ast.unparse(block.items[0])):
            continue
        for call in ast.walk(block):
            if isinstance(call, ast.Call) and re.fullmatch(r"tf\.(cond|case)", ast.unparse(call.func)):
                taken = mentioned(call, functions)
                if taken & mentioned(block.items[0], {}) and any(re.fullmatch(r"s\d+", name) for name in taken):
                    return True
    return False


def mentioned(part: ast.AST, functions: dict[str, ast.FunctionDef]) -> set[str]:
    """The names in a part of a program and in the functions that it names."""
    names = {n.id for n in ast.walk(part) if isinstance(n, ast.Name)} - {"tf", "np"}
    return names.union(*(mentioned(functions[name], functions) for name in names & functions.keys()))


def differentiated_by(text: str, found: Difference) -> str:
    """The line of the value by which the differing second derivative is taken."""
    names = re.search(r"second = tf\.gradients\(z, \[(.*?)\]", text)
    number = re.search(r", second(\d+)$", found.where)
    if not names or not number:
        return ""
    by = re.search(rf"^{names[1].split(', ')[int(number[1])]} = (.*)", text, re.MULTILINE)
    return by[1] if by else ""


def line_of(text: str, found: Difference) -> str:
    """What the program computes the differing value by."""
    return re.search(rf"    {found.where.split(', ')[-1]} = (.*)", text)[1]  # type: ignore[index]


def second_of(text: str, found: Difference, op: str) -> bool:
    """Whether a second derivative differs in value, and what is differentiated is computed by this op."""
    return found.kind == "value" and "second" in found.where and re.search(op, differentiated(text)) is not None


def unordered(text: str) -> bool:
    """Whether a program names the places of a sparse tensor in another order than row by row."""
    places = (ast.literal_eval(found) for found in re.findall(r"\[\[\d[\d, \[\]]*\]\]", text))
    return any(rows != sorted(rows) for rows in places)


def agree(what: str) -> bool:
    """Whether two static shapes name no two different lengths, nor different ranks."""
    ours, theirs = map(ast.literal_eval, what.split(" for ", 1))
    if ours is None or theirs is None:
        return True
    return len(ours) == len(theirs) and all(a == b or None in (a, b) for a, b in zip(ours, theirs, strict=True))


def knows_more(what: str) -> bool:
    """Whether the first of two static shapes has a length where the second has None, and agrees with it elsewhere."""
    ours, theirs = map(ast.literal_eval, what.split(" for ", 1))
    if theirs is None:
        return ours is not None
    return ours is not None and len(ours) == len(theirs) and all(b in (a, None) for a, b in zip(ours, theirs, strict=True))


EXPLAINED = (
    Explanation(
        "Adam's powers of beta are float32 in TensorFlow whatever the variables' type; deepkit holds them in that type, "
        "so that a float64 model is computed in float64 throughout",
        lambda text, found: found.kind == "dtype" and re.search("beta[12]_power", found.where) is not None
        and found.what.endswith(" for float32"),
    ),
    Explanation(
        "TensorFlow's moments count the mean as a constant in the variance: right for the first derivative, whose share of "
        "the mean is zero, and wrong for the second; deepkit's second derivative equals the difference quotient",
        lambda text, found: second_of(text, found, r"tf\.nn\.moments"),
    ),
    Explanation(
        "TensorFlow's derivative of a softmax cross-entropy's derivative leaves out that it depends on the labels, so where "
        "they are computed from the same value the second is wrong; deepkit's equals the difference quotient",
        lambda text, found: second_of(text, found, "softmax_cross_entropy"),
    ),
    Explanation(
        "TensorFlow's derivative of the derivative of a max pooling is zero where windows are padded; deepkit's second "
        "derivative equals the difference quotient",
        lambda text, found: second_of(text, found, "max_pool.*'(SAME|same)'") and zeros(sides(found.what)[1]),
    ),
    Explanation(
        "TensorFlow's derivative of a product over segments divides by zeros, so that its derivative is NaN there; deepkit's "
        "second derivative equals the difference quotient",
        lambda text, found: second_of(text, found, "segment_prod") and "nan" in sides(found.what)[1] - sides(found.what)[0],
    ),
    Explanation(
        "A derivative by a value in the midst of a program depends on how the derivative of the op that made it is written: "
        "TensorFlow's of a product over segments is written with the product, deepkit's without",
        lambda text, found: found.kind == "fetches" and found.what.startswith("nothing")
        and re.match(r"tf\.(math\.)?(un)?(sorted_)?segment_prod", differentiated_by(text, found)) is not None,
    ),
    Explanation(
        "TensorFlow leaves out a control dependency on what the op takes anyway, and begins a branch part by part, as soon as "
        "the part's own inputs are there: a variable is read in it before the change that the branch comes after. deepkit runs "
        "nothing of a branch before what it comes after",
        lambda text, found: found.kind == "value" and begins_early(text),
    ),
    Explanation(
        "A derivative that is zero may be None: TensorFlow's second control flow gives zeros for all that a body mentions, "
        "read or not, its first gives None; deepkit gives zeros for what a loop takes and None for what nothing reads",
        lambda text, found: found.kind == "fetches" and "zeros" in found.what and re.search(BODIES, text) is not None
        and re.search(r", (d\w+|second\d+)$", found.where) is not None,
    ),
    Explanation(
        "A body takes a value that its result does not depend on. TensorFlow gives that value the derivative 0 and walks on, "
        "through a slope without end (the root in reduce_std at equal numbers): 0 times infinity is NaN. The derivative of "
        "what is not read is 0, as it is here",
        lambda text, found: found.kind == "value" and re.search(r", (d\w+|second\d+)$", found.where) is not None
        and re.search(BODIES, text) is not None and re.search(r"reduce_std|norm\(|sqrt\(", text) is not None
        and zeros_for_nothing_finite(found.what),
    ),
    Explanation(
        "The order of tf.transpose says how many axes its result has: deepkit knows the rank, TensorFlow does not",
        lambda text, found: found.kind == "static" and found.what.endswith("for None")
        and f"{found.where} = tf.transpose(" in text,
    ),
    Explanation(
        "deepkit knows how long and of which shape what was written to a TensorArray is; TensorFlow does not",
        lambda text, found: found.kind == "static" and knows_more(found.what) and "tf.TensorArray(" in text,
    ),
    Explanation(
        "deepkit knows the lengths, or how many there are, of what is made of a sparse tensor of known ones; TensorFlow does not",
        lambda text, found: found.kind == "static" and knows_more(found.what)
        and re.search(rf"^ *{found.where} = (.*\bsparse|tf\.edit_distance|.*\bs\b)", text, re.MULTILINE) is not None,
    ),
    Explanation(
        "TensorFlow sees that both branches give the dense shape that a sparse tensor had before; in deepkit a branch's result "
        "has no value before the graph runs",
        lambda text, found: found.kind == "static" and agree(found.what)
        and re.search(rf"^ *{found.where} = .*(\bsparse|\bs\b)", text, re.MULTILINE) is not None
        and "s = tf.cond(p, lambda: s," in text,
    ),
    Explanation(
        "TensorFlow merges two sparse tensors, and finds the rows of a softmax, as if their places were in order; where they are "
        "not, places stay apart or out of order, and derivatives go astray. deepkit puts them in order first",
        lambda text, found: found.kind in ("value", "shape") and unordered(text)
        and re.search(r"\bsparse_(add|maximum|minimum|softmax)\(|sparse\.(add|maximum|minimum|softmax)\(", text) is not None,
    ),
    Explanation(
        "deepkit takes the number of examples from the lengths of the sequences, where those know it; TensorFlow does not",
        lambda text, found: found.kind == "static" and knows_more(found.what) and "sequence_length=" in text
        and "dynamic_rnn(" in text,
    ),
    Explanation(
        "TensorFlow splits constant texts while the graph is built, so that it knows how many parts there are; deepkit in runs",
        lambda text, found: found.kind == "static" and knows_more(" for ".join(found.what.split(" for ")[::-1]))
        and re.search(rf"^ *{found.where} = tf\.\w+\(tf\.string_split\(", text, re.MULTILINE) is not None,
    ),
    Explanation(
        "deepkit knows that the norm over all axes is one number, whatever the rank; TensorFlow does not",
        lambda text, found: found.kind == "static" and found.what == "[] for None"
        and re.search(r"tf\.norm\(\w+\)", made_of(text, {found.where})) is not None,
    ),
    Explanation(
        "TensorFlow refuses, so it says no number: deepkit takes lists of arrays, lengths as numbers, NumPy's numbers beside a "
        "tensor of another type, whole numbers written as floats where counts are asked for, lists where tensors are, Python's "
        "numbers beside a tensor, one number for a list of one",
        lambda text, found: found.kind == "fetches" and text.startswith("made = {}") and found.what.endswith("for nothing")
        and re.search(TAKES, line_of(text, found)) is not None,
    ),
    Explanation(
        "TensorFlow cuts 1.5 beside whole numbers, takes truths for numbers, numbers and texts for truths, and lets 300 wrap "
        "around as uint8; deepkit refuses what would lose something. What it must refuse is a list of the tests",
        lambda text, found: found.kind == "fetches" and text.startswith("made = {}") and found.what.startswith("nothing")
        and re.search(LOSES, re.sub(WISHES, "", line_of(text, found))) is not None,
    ),
    Explanation(
        "TensorFlow has no derivative of the derivative of a resized image (ResizeBilinearGrad and its like), and leaves it out "
        "beside other paths; deepkit's second derivative equals the difference quotient",
        lambda text, found: second_of(text, replace(found, kind="value"), r"tf\.image\.resize")
        and found.kind in ("value", "fetches") and not found.what.startswith("nothing"),
    ),
    Explanation(
        "deepkit's where broadcasts, so a mask of unknown shape leaves the shape open; TensorFlow 1's takes three equal ones",
        lambda text, found: found.kind == "static" and agree(found.what) and "None" in found.what.split(" for ")[0]
        and "tf.where(" in made_of(text, {found.where}),
    ),
)


def explanation(text: str, difference: Difference) -> str | None:
    return next((e.reason for e in EXPLAINED if e.of(text, difference)), None)
