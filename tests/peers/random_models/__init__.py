"""Random Keras programs, run on deepkit and on tf_keras from equal weights, every number compared.

    draw.py        random choices, and the arguments that many layers have in common
    layers.py      a random layer for a given shape, and the shape it gives
    structures.py  random models: stacks, graphs with shared layers and nested models, classes
    training.py    a random compile and the steps after it: training, callbacks, saving, freezing
    generator.py   a whole program, as Keras source, from one seed
    prelude.py     the few functions that a program uses beside Keras
    runner.py      runs programs in one of the two libraries
    library.py     a process for one of them
    comparison.py  what differs between two runs
    explained.py   the differences that are meant, each with its reason
    pair.py        both libraries asked the same
    shrinking.py   the smallest program that still differs

`PYTHONPATH=.:tests/peers python -m random_models 0 1000` runs the seeds from 0 to 999 and prints what differs;
with --into FILE it keeps the outcomes there instead and goes on by --resume. DEEPKIT_PEERS names the interpreter that has
tf_keras (default: this one).
"""
