"""Blocks as data: counts against the layers of Keras that they describe, their pictures, and the explorer that swaps them."""

from __future__ import annotations

import numpy as np
import pytest

from deepkit import viz
from deepkit.errors import ArgumentError
from deepkit.models.deep.inception import BLOCKS, alone, four_roads, mixed_7c, naive


def test_the_first_block_of_googlenet_is_counted_as_its_paper_builds_it():
    block = viz.Block(four_roads(64, (96, 128), (16, 32), 32), 192)
    by_hand = 192 * 64 + (192 * 96 + 9 * 96 * 128) + (192 * 16 + 25 * 16 * 32) + 192 * 32
    assert (block.weights, block.maps, block.ends) == (by_hand, 256, [64, 128, 32, 32])
    assert block.multiplications == by_hand * 28**2
    assert (block.sees, block.layers) == ((5, 5), 2)
    assert viz.Block(naive(64, 128, 32), 192).maps == 416


@pytest.mark.parametrize("name", BLOCKS)
@pytest.mark.parametrize("channels", [6, 16])
def test_a_block_has_the_weights_and_maps_of_its_model(name, channels):
    table = BLOCKS[name](channels, 16)
    block, model = viz.Block(table, channels, 5), alone(table, channels, 5)
    assert model.count_params() == block.weights
    assert model.output_shape == (None, 5, 5, block.maps) == (None, 5, 5, 16)


@pytest.mark.parametrize("name", BLOCKS)
def test_what_a_block_sees_is_what_its_output_depends_on(name):
    """Ones for weights: the middle of the output changes with every pixel it sees, and with no other one."""
    table = BLOCKS[name](4, 8)
    block, model = viz.Block(table, 4, 9), alone(table, 4, 9)
    model.set_weights([np.ones_like(w) for w in model.get_weights()])
    quiet = np.ones((1, 9, 9, 4), "float32")
    louder = np.repeat(quiet, 81, axis=0)
    louder[np.arange(81), np.arange(81) // 9, np.arange(81) % 9] += 1
    moves = (np.abs(model.predict(louder) - model.predict(quiet))[:, 4, 4] > 0).any(axis=1).reshape(9, 9)
    assert (moves.any(axis=1).sum(), moves.any(axis=0).sum()) == block.sees


def test_split_roads_stand_side_by_side():
    block = viz.Block(mixed_7c(), 1280, 8)
    assert (block.ends, block.maps, block.layers) == ([320, 768, 768, 192], 2048, 3)
    shown = viz.show_block(block, "Mixed_7c")
    assert repr(shown) == "4 roads: 8×8×1280 to 8×8×2048, 5,038,080 weights, 322,437,120 multiplications"
    assert shown.svg.count("1×3, 384") == shown.svg.count("3×1, 384") == 2
    assert "= 320 + 768 + 768 + 192" in shown.svg


def test_added_roads_must_make_as_many_maps():
    assert "shortcut" in viz.show_block(viz.Block(BLOCKS["residual"](8, 8), 8)).svg
    with pytest.raises(ArgumentError, match="cannot be added"):
        viz.Block(([[("conv", 3, 3, 16)], []], True), 8)
    with pytest.raises(ArgumentError, match="step"):
        viz.Block(([[("max", 3, 3, 8)]], False), 8)
    with pytest.raises(ArgumentError, match="kind of layer"):
        viz.Block(([[("dense", 3, 3, 8)]], False), 8)
    with pytest.raises(ArgumentError):
        viz.Block(([], False), 8)


def test_a_stack_costs_its_blocks_its_first_convolution_and_its_outputs():
    stack = viz.Stack([BLOCKS["3×3"]] * 3, 8)
    kernels = [9 * 8, 9 * 8 * 8, 9 * 8 * 16, 9 * 16 * 32]
    assert stack.weights == sum(kernels) + 10 * 32
    assert stack.multiplications == np.dot(kernels, np.array([28, 28, 14, 7]) ** 2) + 10 * 32
    assert stack.sees == (5 + 1 + 4 + 2 + 8,) * 2


def test_the_block_explorer_draws_the_place_that_was_swapped():
    explorer = viz.block_explorer(BLOCKS, ("3×3", "Inception", "residual"))
    before = explorer.stack.weights
    assert "28×28: 3×3" in explorer.picture().svg
    explorer.controls["14×14"].value = "5×5"
    assert explorer.controls["drawn"].value == "14×14"
    assert "14×14: 5×5" in explorer._drawing.value
    assert explorer.stack.weights - before == 25 * 16 * 32 - viz.Block(BLOCKS["Inception"](16, 32), 16).weights
    explorer.controls["maps"].value = 64
    assert explorer.stack.blocks[0].maps == 64
    with pytest.raises(ArgumentError):
        viz.block_explorer({})
