"""Random TensorFlow-1 programs, run by deepkit and by TensorFlow itself, every number of both compared.

    python -m programs --count 1000 --seed 0        # from tests/peers; DEEPKIT_PEERS names TensorFlow's interpreter

A program is its source text. `writing` holds the page it is written on, the vocabulary (`pointwise`, `shapes`,
`functions`, `networks`, `bodies`, `structures`, `effects`, `scopes`) what can stand on a line, `generator` puts
lines, gradients, training and runs together; `families` holds programs of one theme each (--family). `runner`
executes a text by one library, `peers` keeps a process for each, `comparison` tells the first difference, `explained`
lists those that have a reason, `outcomes`, beside this folder, keeps those of a long run in a file (--into, --resume),
`shrinking` deletes from a program what the difference does not need; what once showed a fault is kept in `found/`.
"""
