"""Every registered op passes check_op."""

from __future__ import annotations

import numpy as np
import pytest
from samples import Sample, families

import deepkit as dk
from deepkit.testing import CheckFailedError, check_op
from deepkit.testing.bodies import check_bodies
from deepkit.train import rules

FAMILIES = families()
SAMPLES = [sample for family in FAMILIES for sample in family.SAMPLES]
WITHOUT_SAMPLE = {name for family in FAMILIES for name in getattr(family, "WITHOUT_SAMPLE", {})}


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda s: f"{s.name}-{s.attrs}"[:60])
def test_op_keeps_its_contract(sample: Sample) -> None:
    if sample.name in ("Assign", "AssignAdd", "AssignSub"):
        _check_update(sample)
    else:
        check_op(sample.op(), *sample.inputs, reference=sample.reference, **sample.options)


def _check_update(sample: Sample) -> None:
    """Ops that change their first input on purpose."""
    variable = dk.Parameter(sample.inputs[0])
    result = dk.apply(sample.op(), variable, sample.inputs[1])
    expected = sample.reference(*sample.inputs)
    np.testing.assert_allclose(result.numpy(), expected)
    np.testing.assert_allclose(variable.numpy(), expected)
    check_bodies(sample.op(), sample.inputs, [])


def test_every_op_has_a_sample() -> None:
    sampled = {s.name for s in SAMPLES} | WITHOUT_SAMPLE
    of_the_library = {name for name, cls in dk.registry.items() if cls.__module__.startswith("deepkit.ops")}
    assert of_the_library - sampled == set()
    of_control_flow = {name for name, cls in dk.registry.items() if cls.__module__.startswith("deepkit.core.")}
    update_rules = {
        name for name, cls in dk.registry.items() if issubclass(cls, rules.UpdateRule) and name != "UpdateRule"
    }
    assert {
        name for name in dk.registry
        if (home := dk.registry[name].__module__).startswith("deepkit") and not home.startswith("deepkit.distribute")
    } == of_the_library | update_rules | of_control_flow


class TestBrokenOps:
    """check_op finds what is wrong with an op: one mistake each."""

    class Good(dk.Op):
        kinds = "f"

        def forward(self, xp, x):
            return x * x * x

        def gradient(self, dy, y, x):
            return 3 * dy * x * x

    x = np.array([[0.5, -1.5], [2.0, 1.0]])

    def failure(self, op: type[dk.Op], **options) -> str:
        with pytest.raises(CheckFailedError) as caught:
            check_op(op, self.x, **options)
        return str(caught.value)

    def test_good(self) -> None:
        check_op(self.Good, self.x, reference=lambda x: x**3)

    def test_value(self) -> None:
        assert "value 0 (float64) is wrong" in self.failure(self.Good, reference=lambda x: x**2)

    def test_gradient(self) -> None:
        class Wrong(self.Good):
            def gradient(self, dy, y, x):
                return 2 * dy * x * x

        assert "the derivative by input 0 is" in self.failure(Wrong)

    def test_second_derivative(self) -> None:
        class Wrong(self.Good):
            def gradient(self, dy, y, x):
                return dk.stop_gradient(3 * x * x) * dy

        assert "the second derivative" in self.failure(Wrong)

    def test_shape_rule(self) -> None:
        class Wrong(self.Good):
            def shape(self, x):
                return x[:1]

        assert "the shape rule says (2,)" in self.failure(Wrong)

    def test_shape_rule_with_unknown_batch(self) -> None:
        class Wrong(self.Good):
            def shape(self, x):
                return dk.Shape([int(d) for d in x.lengths])

        assert "the shape rule fails for unknown shapes" in self.failure(Wrong)

    def test_type(self) -> None:
        class Wrong(self.Good):
            def forward(self, xp, x):
                return x * x * x * np.float64(1)

        assert "the type rule says float32" in self.failure(Wrong)

    def test_changed_input(self) -> None:
        class Wrong(self.Good):
            def forward(self, xp, x):
                x *= 1.5
                return x

        assert "changed its input" in self.failure(Wrong)

    def test_an_input_whose_shape_is_not_all(self) -> None:
        class Wrong(self.Good):
            shape_only = (0,)

        assert "listed in shape_only" in self.failure(Wrong)

    def test_empty_batch(self) -> None:
        class Wrong(self.Good):
            def forward(self, xp, x):
                return x * x * x + 0 * x[:1].max().astype(x.dtype)

        assert "an empty batch fails" in self.failure(Wrong)

    def test_a_draw_that_the_gradient_makes_anew(self) -> None:
        """Eager ops with a seed draw the same numbers again, so no difference shows it; the turns of a loop draw other ones."""

        class Wrong(dk.Op):
            kinds = "f"
            random = True
            seed: int | None = 5

            def forward(self, xp, stream, x):
                return x * xp.asarray(stream.uniform(x.shape, x.dtype))

            def gradient(self, dy, y, x):
                return dy * dk.random_uniform(dk.shape(x), dtype=x.dtype, seed=self.seed)

        assert "in a loop the derivative by input 0 is wrong" in self.failure(Wrong)

    def test_number_of_gradients(self) -> None:
        class Wrong(self.Good):
            def gradient(self, dy, y, x):
                return dy, None

        with pytest.raises(dk.errors.GradientError, match="returned 2 derivatives for 1 inputs"):
            check_op(Wrong, self.x)
