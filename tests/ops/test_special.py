"""Special functions: derivatives that check_op does not reach, limits, gamma numbers."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.special as sp

import deepkit as dk


def test_igamma_by_its_first_argument() -> None:
    a, x = dk.tensor(np.array([0.3, 1.0, 2.5, 40.0])), dk.tensor(np.array([2.0, 0.2, 7.0, 38.0]))
    h = 1e-6
    expected = (sp.gammainc(a.numpy() + h, x.numpy()) - sp.gammainc(a.numpy() - h, x.numpy())) / (2 * h)
    for function, sign in ((dk.igamma, 1), (dk.igammac, -1)):
        np.testing.assert_allclose(dk.gradients(function(a, x), [a])[0].numpy(), sign * expected, rtol=1e-7)


def test_igamma_twice_by_its_first_argument_is_refused() -> None:
    a = dk.tensor(2.0)
    slope = dk.gradients(dk.igamma(a, 3.0), [a])[0]
    with pytest.raises(dk.errors.GradientError, match="only once"):
        dk.gradients(slope, [a])


def test_slope_in_a_keeps_its_relative_precision_far_out() -> None:
    """At x = 60, a = 2 both P and its derivative differ from their limits by less than 1e-23."""
    a, x, h = 2.0, 60.0, 1e-4
    upper = (np.log(sp.gammaincc(a + h, x)) - np.log(sp.gammaincc(a - h, x))) / (2 * h) * sp.gammaincc(a, x)
    np.testing.assert_allclose(dk.igamma_grad_a(np.float64(a), np.float64(x)).item(), -upper, rtol=1e-6)


def test_no_derivative_by_the_order() -> None:
    q = dk.tensor(np.array([1.5]))
    assert dk.gradients(dk.zeta(q + 1, 2.0), [q], warn=False) == [None]
    assert dk.gradients(dk.betainc(q, 2.0, 0.5), [q], warn=False) == [None]


def test_lbeta_of_nothing_and_of_a_vector() -> None:
    assert dk.lbeta(np.zeros((2, 0))).numpy().tolist() == [-np.inf, -np.inf]
    x = np.array([0.5, 2.0, 3.0])
    np.testing.assert_allclose(dk.lbeta(x).item(), sp.gammaln(x).sum() - sp.gammaln(x.sum()))


class TestGammaNumbers:
    """Drawn with TensorFlow: random_gamma([2], [0.3, 1.0, 2.5], seed=7)."""

    digits = np.array([[0.12038656, 2.1148813, 4.5619392], [0.29486167, 0.69467956, 2.0389628]], np.float32)

    def test_digits(self) -> None:
        np.testing.assert_allclose(dk.random_gamma([2], [0.3, 1.0, 2.5], seed=7).numpy(), self.digits, rtol=1e-6)

    def test_rate(self) -> None:
        drawn = dk.random_gamma([2], [0.3, 1.0, 2.5], beta=[[2.0]], seed=7)
        np.testing.assert_allclose(drawn.numpy()[:, 0], self.digits / 2, rtol=1e-6)

    def test_mean_and_variance(self) -> None:
        drawn = dk.random_gamma([20000], [0.3, 1.0, 7.0], beta=2.0, seed=1).numpy()
        np.testing.assert_allclose(drawn.mean(0), [0.15, 0.5, 3.5], rtol=0.03)
        np.testing.assert_allclose(drawn.var(0), [0.075, 0.25, 1.75], rtol=0.06)

    def test_derivative_keeps_the_quantile(self) -> None:
        alpha = dk.tensor(np.array([0.4, 1.0, 3.0]))
        z = dk.random_gamma([4], alpha, dtype="float64", seed=5)
        quantile, h = sp.gammainc(alpha.numpy(), z.numpy()), 1e-6
        slope = (sp.gammaincinv(alpha.numpy() + h, quantile) - sp.gammaincinv(alpha.numpy() - h, quantile)) / (2 * h)
        np.testing.assert_allclose(dk.gradients(z, [alpha])[0].numpy(), slope.sum(0), rtol=1e-4)

    def test_alpha_must_be_positive(self) -> None:
        with pytest.raises(dk.errors.ArgumentError, match="alpha must be positive"):
            dk.random_gamma([2], [1.0, 0.0])


class TestComplex:
    z = np.array([1 + 2j, -0.5 + 0.3j, 2 - 1j])

    @pytest.mark.parametrize("function", [dk.real, dk.imag, dk.angle, dk.abs, lambda z: dk.real(dk.conj(z) * z)])
    def test_derivatives_by_both_parts(self, function) -> None:
        def value(re, im):
            return dk.reduce_sum(function(dk.complex(re, im)) * np.array([1.0, 2.0, 3.0]))

        parts = [dk.tensor(self.z.real.copy()), dk.tensor(self.z.imag.copy())]
        found = dk.gradients(value(*parts), parts)
        for k, dx in enumerate(found):
            for i in range(3):
                step = np.zeros(3)
                step[i] = 1e-6
                moved = [[p + sign * step if j == k else p for j, p in enumerate(parts)] for sign in (1, -1)]
                slope = (value(*moved[0]).item() - value(*moved[1]).item()) / 2e-6
                np.testing.assert_allclose(dx.numpy()[i], slope, atol=1e-8)

    def test_of_real_numbers(self) -> None:
        x = dk.tensor([-1.0, 2.0])
        assert dk.real(x) is x
        assert dk.imag(x).numpy().tolist() == [0.0, 0.0]
        np.testing.assert_allclose(dk.angle(x).numpy(), [np.pi, 0.0], rtol=1e-6)

    def test_types(self) -> None:
        assert dk.complex(1.0, 2.0).dtype is dk.complex64
        assert dk.complex(np.float64(1), np.float64(2)).dtype is dk.complex128
        with pytest.raises(dk.errors.DTypeError):
            dk.complex(dk.tensor(1.0), dk.tensor(np.float64(2)))
