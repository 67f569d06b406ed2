"""The course's pictures: one style for light and dark themes, curves, images, graphs, convolutions, comparisons.

matplotlib (extra `course`) is imported when a picture is drawn; graphs and comparison tables need nothing.
"""

from __future__ import annotations

from deepkit.viz.curves.chart import lines
from deepkit.viz.curves.curve import curve, show_curves
from deepkit.viz.curves.live import LiveCurve
from deepkit.viz.curves.numbers import show_gaps, show_histograms
from deepkit.viz.depth.drift import show_drift
from deepkit.viz.depth.signal import Signal
from deepkit.viz.depth.spread import show_spread
from deepkit.viz.depth.spread_explorer import SpreadExplorer, spread_explorer
from deepkit.viz.digits import show_digits
from deepkit.viz.graphs.dataflow import GraphPicture, show_graph
from deepkit.viz.graphs.plan import show_plan
from deepkit.viz.graphs.run_explorer import RunExplorer, run_explorer
from deepkit.viz.inking.pad import DrawingPad, drawing_pad
from deepkit.viz.judging.confusion import show_confusion
from deepkit.viz.judging.logits_explorer import LogitsExplorer, logits_explorer
from deepkit.viz.judging.simplex import show_simplex
from deepkit.viz.judging.threshold import show_threshold
from deepkit.viz.judging.threshold_explorer import ThresholdExplorer, threshold_explorer
from deepkit.viz.judging.trials import show_trials
from deepkit.viz.judging.trials_explorer import TrialsExplorer, trials_explorer
from deepkit.viz.judging.verdicts import Verdicts
from deepkit.viz.judging.voters import show_voters
from deepkit.viz.judging.voters_explorer import VotersExplorer, voters_explorer
from deepkit.viz.latent.between import Way, WayExplorer, show_way, way_explorer
from deepkit.viz.latent.erase_explorer import EraseExplorer, erase_explorer
from deepkit.viz.latent.erasing import Erased, show_erased
from deepkit.viz.latent.plane import show_plane
from deepkit.viz.latent.plane_explorer import PlaneExplorer, plane_explorer
from deepkit.viz.machines.drawing import show_workers
from deepkit.viz.machines.overlap import show_overlap
from deepkit.viz.machines.scaling import Scaling, show_scaling
from deepkit.viz.machines.workers import LeastSquares, Trained, Workers, count_without_lock, largest_rate, least_squares
from deepkit.viz.machines.workers_explorer import WorkersExplorer, workers_explorer
from deepkit.viz.operators import asking
from deepkit.viz.operators.broadcast_explorer import BroadcastExplorer, broadcast_explorer
from deepkit.viz.operators.broadcasting import Meeting, show_broadcast
from deepkit.viz.operators.cards import OperatorCards, operator_cards, show_operator
from deepkit.viz.operators.layer_asking import ask_layers
from deepkit.viz.operators.layer_cards import LayerCards, layer_cards
from deepkit.viz.operators.layer_drawing import show_layer
from deepkit.viz.operators.layer_quiz import layer_quiz
from deepkit.viz.operators.shape_quiz import ShapeQuiz, shape_quiz
from deepkit.viz.picture import Drawing, Picture
from deepkit.viz.pipelines.byte_rows import show_bytes
from deepkit.viz.pipelines.drawing import show_pipeline
from deepkit.viz.pipelines.queue_explorer import QueueExplorer, queue_explorer
from deepkit.viz.pipelines.shuffled import show_shuffle
from deepkit.viz.pipelines.simulation import Pipeline, Played
from deepkit.viz.plane.boundary import show_boundary
from deepkit.viz.plane.boundary_explorer import BoundaryExplorer, boundary_explorer
from deepkit.viz.plane.fold import Fold, show_fold
from deepkit.viz.plane.fold_explorer import FoldExplorer, fold_explorer
from deepkit.viz.plane.linear_map import show_linear_map
from deepkit.viz.plane.network import show_network, show_neuron
from deepkit.viz.plane.playground import Playground, playground
from deepkit.viz.plane.points import invent_points
from deepkit.viz.plane.surface import show_surface
from deepkit.viz.plane.tree import show_tree
from deepkit.viz.reduction.axis import show_axis
from deepkit.viz.reduction.components_explorer import ComponentsExplorer, components_explorer
from deepkit.viz.reduction.maps import show_maps
from deepkit.viz.reduction.scattered import show_scattered
from deepkit.viz.regression.bowl import Bowl
from deepkit.viz.regression.drawing import show_bowl, show_penalty
from deepkit.viz.regression.penalty_explorer import PenaltyExplorer, penalty_explorer
from deepkit.viz.rows import images
from deepkit.viz.saving.crash_explorer import CrashExplorer, crash_explorer
from deepkit.viz.saving.lives import show_lives
from deepkit.viz.saving.program import Life, Program
from deepkit.viz.saving.tensor_map import show_tensors
from deepkit.viz.saving.tensorboard import TensorBoard, TensorBoardFrame, tensorboard
from deepkit.viz.seeing.block_drawing import show_block
from deepkit.viz.seeing.block_explorer import BlockExplorer, block_explorer
from deepkit.viz.seeing.blocks import Block, Stack
from deepkit.viz.seeing.connections import show_connections
from deepkit.viz.seeing.explorers import MapsExplorer, OcclusionExplorer, maps_explorer, occlusion_explorer
from deepkit.viz.seeing.maps import show_layers
from deepkit.viz.seeing.occlusion import Occlusion, show_occlusion
from deepkit.viz.sequences.curve_pad import CurvePad, curve_pad
from deepkit.viz.sequences.gates import show_gates, show_lstm_cell
from deepkit.viz.sequences.gates_explorer import GatesExplorer, gates_explorer
from deepkit.viz.sequences.reading import Reading, show_reading
from deepkit.viz.sequences.reading_explorer import ReadingExplorer, reading_explorer
from deepkit.viz.sequences.through_time import ThroughTime, show_through_time
from deepkit.viz.sequences.through_time_explorer import ThroughTimeExplorer, through_time_explorer
from deepkit.viz.sequences.told import show_text
from deepkit.viz.sequences.unrolled import show_unrolled
from deepkit.viz.sequences.words import show_words
from deepkit.viz.slopes.backprop import Backprop
from deepkit.viz.slopes.backprop_drawing import show_backprop
from deepkit.viz.slopes.backprop_explorer import BackpropExplorer, backprop_explorer
from deepkit.viz.slopes.descent import Descent
from deepkit.viz.slopes.descent_drawing import show_descent, show_valleys
from deepkit.viz.slopes.descent_explorer import DescentExplorer, descent_explorer
from deepkit.viz.slopes.formula import Formula
from deepkit.viz.slopes.height import Surface
from deepkit.viz.slopes.paths_drawing import show_paths
from deepkit.viz.slopes.race import Race, best_rates
from deepkit.viz.slopes.race_drawing import show_race
from deepkit.viz.slopes.race_explorer import RaceExplorer, race_explorer
from deepkit.viz.style import PALETTE, style
from deepkit.viz.table import Table, compare, reproduction
from deepkit.viz.windows.convolution import Sliding, show_convolution
from deepkit.viz.windows.explorer import ConvolutionExplorer, convolution_explorer
from deepkit.viz.windows.pooling import show_pooling

__all__ = [
    "PALETTE",
    "Backprop",
    "BackpropExplorer",
    "Block",
    "BlockExplorer",
    "BoundaryExplorer",
    "Bowl",
    "BroadcastExplorer",
    "ComponentsExplorer",
    "ConvolutionExplorer",
    "CrashExplorer",
    "CurvePad",
    "Descent",
    "DescentExplorer",
    "Drawing",
    "DrawingPad",
    "EraseExplorer",
    "Erased",
    "Fold",
    "FoldExplorer",
    "Formula",
    "GatesExplorer",
    "GraphPicture",
    "LayerCards",
    "LeastSquares",
    "Life",
    "LiveCurve",
    "LogitsExplorer",
    "MapsExplorer",
    "Meeting",
    "Occlusion",
    "OcclusionExplorer",
    "OperatorCards",
    "PenaltyExplorer",
    "Picture",
    "Pipeline",
    "PlaneExplorer",
    "Played",
    "Playground",
    "Program",
    "QueueExplorer",
    "Race",
    "RaceExplorer",
    "Reading",
    "ReadingExplorer",
    "RunExplorer",
    "Scaling",
    "ShapeQuiz",
    "Signal",
    "Sliding",
    "SpreadExplorer",
    "Stack",
    "Surface",
    "Table",
    "TensorBoard",
    "TensorBoardFrame",
    "ThresholdExplorer",
    "ThroughTime",
    "ThroughTimeExplorer",
    "Trained",
    "TrialsExplorer",
    "Verdicts",
    "VotersExplorer",
    "Way",
    "WayExplorer",
    "Workers",
    "WorkersExplorer",
    "ask_layers",
    "asking",
    "backprop_explorer",
    "best_rates",
    "block_explorer",
    "boundary_explorer",
    "broadcast_explorer",
    "compare",
    "components_explorer",
    "convolution_explorer",
    "count_without_lock",
    "crash_explorer",
    "curve",
    "curve_pad",
    "descent_explorer",
    "drawing_pad",
    "erase_explorer",
    "fold_explorer",
    "gates_explorer",
    "images",
    "invent_points",
    "largest_rate",
    "layer_cards",
    "layer_quiz",
    "least_squares",
    "lines",
    "logits_explorer",
    "maps_explorer",
    "occlusion_explorer",
    "operator_cards",
    "penalty_explorer",
    "plane_explorer",
    "playground",
    "queue_explorer",
    "race_explorer",
    "reading_explorer",
    "reproduction",
    "run_explorer",
    "shape_quiz",
    "show_axis",
    "show_backprop",
    "show_block",
    "show_boundary",
    "show_bowl",
    "show_broadcast",
    "show_bytes",
    "show_confusion",
    "show_connections",
    "show_convolution",
    "show_curves",
    "show_descent",
    "show_digits",
    "show_drift",
    "show_erased",
    "show_fold",
    "show_gaps",
    "show_gates",
    "show_graph",
    "show_histograms",
    "show_layer",
    "show_layers",
    "show_linear_map",
    "show_lives",
    "show_lstm_cell",
    "show_maps",
    "show_network",
    "show_neuron",
    "show_occlusion",
    "show_operator",
    "show_overlap",
    "show_paths",
    "show_penalty",
    "show_pipeline",
    "show_plan",
    "show_plane",
    "show_pooling",
    "show_race",
    "show_reading",
    "show_scaling",
    "show_scattered",
    "show_shuffle",
    "show_simplex",
    "show_spread",
    "show_surface",
    "show_tensors",
    "show_text",
    "show_threshold",
    "show_through_time",
    "show_tree",
    "show_trials",
    "show_unrolled",
    "show_valleys",
    "show_voters",
    "show_way",
    "show_words",
    "show_workers",
    "spread_explorer",
    "style",
    "tensorboard",
    "threshold_explorer",
    "through_time_explorer",
    "trials_explorer",
    "voters_explorer",
    "way_explorer",
    "workers_explorer",
]
