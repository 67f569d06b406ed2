"""tf.contrib.seq2seq: decoding with helpers, attention and beam search, against NumPy written from the papers' formulas."""

from __future__ import annotations

import numpy as np
import pytest

import deepkit.v1 as tf
from deepkit import errors

seq2seq = tf.contrib.seq2seq
rnn_cell = tf.nn.rnn_cell
RNG = np.random.default_rng(3)
BATCH, TIME, DEPTH, UNITS, WORDS, END = 3, 5, 4, 6, 7, 1
X = RNG.normal(size=(BATCH, TIME, DEPTH)).astype(np.float32)
LENGTHS = [5, 2, 3]
EMBEDDING = RNG.normal(size=(WORDS, DEPTH)).astype(np.float32)
MEMORY = RNG.normal(size=(BATCH, 4, 5)).astype(np.float32)
MEMORY_LENGTHS = [4, 2, 3]


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default() as g:
        yield g


@pytest.fixture
def sess(graph):
    with tf.Session() as s:
        yield s


def fill(sess, scale=1.0):
    rng = np.random.default_rng(1)
    for v in tf.global_variables():
        v.load(scale * rng.normal(size=[int(d) for d in v.shape]), sess)


def weights(sess):
    return {v.name.removesuffix(":0"): sess.run(v) for v in tf.global_variables()}


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def log_softmax(x):
    return np.log(softmax(x))


# ---- teacher forcing


@pytest.mark.parametrize("impute", [False, True])
@pytest.mark.parametrize("time_major", [False, True])
def test_teacher_forcing_is_dynamic_rnn_with_a_layer_on_top(sess, impute, time_major):
    cell, layer = rnn_cell.LSTMCell(UNITS), tf.layers.Dense(WORDS)
    inputs = X.transpose(1, 0, 2) if time_major else X
    helper = seq2seq.TrainingHelper(tf.constant(inputs), LENGTHS, time_major=time_major)
    decoder = seq2seq.BasicDecoder(cell, helper, cell.zero_state(BATCH, tf.float32), layer)
    outputs, state, lengths = seq2seq.dynamic_decode(decoder, output_time_major=time_major, impute_finished=impute)
    expected, last = tf.nn.dynamic_rnn(cell, X, LENGTHS, dtype=tf.float32)
    logits = layer(expected)
    assert [v.name for v in tf.global_variables()] == [
        "decoder/lstm_cell/kernel:0", "decoder/lstm_cell/bias:0", "decoder/dense/kernel:0", "decoder/dense/bias:0",
    ]
    slopes = tf.gradients(tf.reduce_sum(tf.square(outputs.rnn_output)), tf.trainable_variables())
    fill(sess)
    got, ids, want, n = sess.run([outputs.rnn_output, outputs.sample_id, logits, lengths])
    if time_major:
        got, ids = got.swapaxes(0, 1), ids.swapaxes(0, 1)
    assert n.tolist() == LENGTHS
    assert outputs.rnn_output.shape.as_list()[2] == WORDS
    for b, length in enumerate(LENGTHS):
        np.testing.assert_allclose(got[b, :length], want[b, :length], atol=1e-5)
        assert ids[b, :length].tolist() == want[b, :length].argmax(-1).tolist()
        assert (np.abs(got[b, length:]).sum() == 0) == (impute or length == TIME)
    if impute:
        for a, b in zip(sess.run(state), sess.run(last), strict=True):
            np.testing.assert_allclose(a, b, atol=1e-5)
        masked = tf.square(logits) * tf.sequence_mask(LENGTHS, TIME, tf.float32)[:, :, tf.newaxis]
        for a, b in zip(
            sess.run(slopes), sess.run(tf.gradients(tf.reduce_sum(masked), tf.trainable_variables())), strict=True
        ):
            np.testing.assert_allclose(a, b, atol=1e-3, rtol=1e-4)


def test_teacher_forcing_stops_at_the_limit(sess):
    cell = rnn_cell.GRUCell(UNITS)
    n = tf.placeholder(tf.int32, [])
    decoder = seq2seq.BasicDecoder(cell, seq2seq.TrainingHelper(X, LENGTHS), cell.zero_state(BATCH, tf.float32))
    outputs, _, lengths = seq2seq.dynamic_decode(decoder, maximum_iterations=n)
    fill(sess)
    for limit in (0, 1, 4, 9):
        got, ends = sess.run([outputs.rnn_output, lengths], {n: limit})
        assert got.shape[1] == min(limit, TIME) or limit == 0
        assert ends.tolist() == [min(limit, length) for length in LENGTHS]


def test_a_helper_of_ones_own_ends_when_it_says(sess):
    """The same teacher forcing through a loop that does not know its steps gives the same numbers and derivatives."""
    cell = rnn_cell.GRUCell(UNITS)
    plain = seq2seq.TrainingHelper(X, LENGTHS)
    own = seq2seq.CustomHelper(plain.initialize, plain.sample, plain.next_inputs)
    found = []
    for helper in (plain, own):
        decoder = seq2seq.BasicDecoder(cell, helper, cell.zero_state(BATCH, tf.float32))
        outputs, state, lengths = seq2seq.dynamic_decode(decoder, impute_finished=True)
        slopes = tf.gradients(tf.reduce_sum(tf.square(outputs.rnn_output)), cell.variables)
        found.append([outputs.rnn_output, outputs.sample_id, state, lengths, *slopes])
    kinds = {n.type for n in tf.get_default_graph().get_operations()}
    assert {"Scan", "While"} <= kinds
    fill(sess)
    for a, b in zip(*sess.run(found), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5)


def test_scheduled_sampling(sess):
    cell, p = rnn_cell.GRUCell(WORDS), tf.placeholder(tf.float32, [])
    helper = seq2seq.ScheduledEmbeddingTrainingHelper(X, LENGTHS, EMBEDDING, p, seed=1, scheduling_seed=2)
    outputs, _, _ = seq2seq.dynamic_decode(seq2seq.BasicDecoder(cell, helper, cell.zero_state(BATCH, tf.float32)))
    plain = seq2seq.BasicDecoder(cell, seq2seq.TrainingHelper(X, LENGTHS), cell.zero_state(BATCH, tf.float32))
    forced, _, _ = seq2seq.dynamic_decode(plain)
    fill(sess)
    never, want = sess.run([outputs, forced], {p: 0.0})
    np.testing.assert_allclose(never.rnn_output, want.rnn_output, atol=1e-6)
    assert (never.sample_id == -1).all()
    always = sess.run(outputs, {p: 1.0})
    assert ((always.sample_id >= 0) & (always.sample_id < WORDS)).all()
    np.testing.assert_allclose(always.rnn_output[:, 0], want.rnn_output[:, 0], atol=1e-6)
    assert np.abs(always.rnn_output[:, 1] - want.rnn_output[:, 1]).max() > 1e-3


# ---- reading what was written


def greedy(step, state, start, limit):
    """Written words of one sequence, by the definition."""
    words, token = [], start
    for _ in range(limit):
        logits, state = step(EMBEDDING[token][None], state)
        token = int(logits[0].argmax())
        words.append(token)
        if token == END:
            break
    return words


def test_greedy_decoding(sess):
    cell, layer = rnn_cell.BasicRNNCell(UNITS), tf.layers.Dense(WORDS, use_bias=False, name="words")
    start = tf.constant(RNG.normal(size=(4, UNITS)).astype(np.float32))
    helper = seq2seq.GreedyEmbeddingHelper(tf.constant(EMBEDDING), tf.fill([4], 2), END)
    decoder = seq2seq.BasicDecoder(cell, helper, start, layer)
    outputs, _, lengths = seq2seq.dynamic_decode(decoder, maximum_iterations=9)
    fill(sess)
    w = weights(sess)

    def step(x, h):
        h = np.tanh(np.concatenate([x, h], 1) @ w["decoder/basic_rnn_cell/kernel"] + w["decoder/basic_rnn_cell/bias"])
        return h @ w["decoder/words/kernel"], h

    ids, n, first = sess.run([outputs.sample_id, lengths, start])
    for b in range(4):
        want = greedy(step, first[b : b + 1], 2, 9)
        assert (n[b], ids[b, : n[b]].tolist()) == (len(want), want)
    assert len(set(n.tolist())) > 1, "the sequences should end at different steps, or the test shows little"


def test_sampling_at_a_low_temperature_is_greedy(sess):
    cell = rnn_cell.GRUCell(WORDS)
    start = tf.constant(RNG.normal(size=(4, WORDS)).astype(np.float32))
    found = []
    for helper in (
        seq2seq.GreedyEmbeddingHelper(EMBEDDING, [2] * 4, END),
        seq2seq.SampleEmbeddingHelper(EMBEDDING, [2] * 4, END, softmax_temperature=1e-4, seed=1),
        seq2seq.SampleEmbeddingHelper(EMBEDDING, [2] * 4, END, softmax_temperature=3.0, seed=1),
    ):
        found.append(
            seq2seq.dynamic_decode(seq2seq.BasicDecoder(cell, helper, start), maximum_iterations=8)[0].sample_id
        )
    fill(sess)
    a, b, c = sess.run(found)
    assert a.tolist() == b.tolist() != c.tolist()


def test_inference_of_numbers(sess):
    cell = rnn_cell.GRUCell(DEPTH)
    helper = seq2seq.InferenceHelper(
        lambda outputs: outputs, [DEPTH], tf.float32, X[:, 0], lambda ids: tf.fill([BATCH], False)
    )
    decoder = seq2seq.BasicDecoder(cell, helper, cell.zero_state(BATCH, tf.float32))
    outputs, _, _ = seq2seq.dynamic_decode(decoder, maximum_iterations=3)
    with tf.variable_scope("decoder", reuse=True):
        again, h = rnn_cell.GRUCell(DEPTH), tf.zeros([BATCH, DEPTH])
        x, steps = tf.constant(X[:, 0]), []
        for _ in range(3):
            x, h = again(x, h)
            steps.append(x)
    fill(sess)
    got, want = sess.run([outputs.rnn_output, tf.stack(steps, 1)])
    np.testing.assert_allclose(got, want, atol=1e-6)


# ---- attention


def make_mechanism(kind, memory=MEMORY, lengths=MEMORY_LENGTHS):
    cls = seq2seq.LuongAttention if kind.startswith("luong") else seq2seq.BahdanauAttention
    options = {"scale": kind.endswith("+")} if kind.startswith("luong") else {"normalize": kind.endswith("+")}
    return cls(UNITS, tf.convert_to_tensor(memory), memory_sequence_length=lengths, **options)


def expected_alignments(kind, w, query):
    """The weights from the papers' formulas."""
    scope = f"attention_wrapper/{'luong' if kind.startswith('luong') else 'bahdanau'}_attention"
    mask = np.arange(MEMORY.shape[1]) < np.array(MEMORY_LENGTHS)[:, None]
    keys = (MEMORY * mask[:, :, None]) @ w["memory_layer/kernel"]
    if kind.startswith("luong"):
        score = (keys * query[:, None]).sum(-1) * w.get(f"{scope}/attention_g", 1.0)
    else:
        v = w[f"{scope}/attention_v"]
        if kind.endswith("+"):
            v = w[f"{scope}/attention_g"] * v / np.linalg.norm(v)
        total = keys + (query @ w[f"{scope}/query_layer/kernel"])[:, None] + w.get(f"{scope}/attention_b", 0.0)
        score = np.tanh(total) @ v
    return softmax(np.where(mask, score, -np.inf))


@pytest.mark.parametrize("size", [None, 3])
@pytest.mark.parametrize("kind", ["luong", "luong+", "bahdanau", "bahdanau+"])
def test_one_step_of_attention(sess, kind, size):
    cell = seq2seq.AttentionWrapper(rnn_cell.GRUCell(UNITS), make_mechanism(kind), attention_layer_size=size)
    start = RNG.normal(size=(BATCH, UNITS)).astype(np.float32)
    state = cell.zero_state(BATCH, tf.float32).clone(cell_state=tf.constant(start))
    assert (cell.output_size, state.attention.shape.as_list()) == (size or 5, [BATCH, size or 5])
    attention, after = cell(tf.constant(X[:, 0]), state)
    fill(sess)
    w = weights(sess)
    got, after = sess.run([attention, after])
    alignments = expected_alignments(kind, w, after.cell_state)
    np.testing.assert_allclose(after.alignments, alignments, atol=1e-5)
    context = (alignments[:, :, None] * MEMORY).sum(1)
    if size:
        joined = np.concatenate([after.cell_state, context], 1)
        context = joined @ w["attention_wrapper/attention_layer/kernel"]
    np.testing.assert_allclose(got, context, atol=1e-5)
    assert after.time == 1
    np.testing.assert_allclose(after.attention, got)


@pytest.mark.parametrize("kind", ["luong", "bahdanau"])
def test_attention_history_of_a_network(sess, kind):
    cell = seq2seq.AttentionWrapper(
        rnn_cell.GRUCell(UNITS), make_mechanism(kind), attention_layer_size=3, alignment_history=True
    )
    _, state = tf.nn.dynamic_rnn(cell, tf.constant(X), dtype=tf.float32)
    steps = X.shape[1]
    again, each = cell.zero_state(BATCH, tf.float32), []
    for t in range(steps):
        _, again = cell(tf.constant(X[:, t]), again)
        each.append(again.alignments)
    fill(sess)
    history, last, expected = sess.run([state.alignment_history.stack(), state.alignments, tf.stack(each)])
    np.testing.assert_allclose(history, expected, atol=1e-6)
    np.testing.assert_array_equal(history[-1], last)


def test_attention_history_and_the_cells_own_output(sess):
    mechanisms = [make_mechanism("luong"), make_mechanism("bahdanau")]
    cell = seq2seq.AttentionWrapper(
        rnn_cell.GRUCell(UNITS), mechanisms, attention_layer_size=[3, 2], alignment_history=True, output_attention=False
    )
    helper = seq2seq.TrainingHelper(X, LENGTHS)
    decoder = seq2seq.BasicDecoder(cell, helper, cell.zero_state(BATCH, tf.float32))
    outputs, state, _ = seq2seq.dynamic_decode(decoder)
    history = [a.stack() for a in state.alignment_history]
    slopes = tf.gradients(
        tf.reduce_sum(outputs.rnn_output) + tf.reduce_sum(tf.square(history[1])), tf.trainable_variables()
    )
    assert all(s is not None for s in slopes)
    fill(sess)
    got, maps, last, slopes = sess.run([outputs.rnn_output, history, state.alignments, slopes])
    assert got.shape == (BATCH, TIME, UNITS)
    for m, end in zip(maps, last, strict=True):
        assert m.shape == (TIME, BATCH, 4)
        np.testing.assert_allclose(m.sum(-1), 1, atol=1e-5)
        np.testing.assert_allclose(m[-1], end)
    assert all(np.abs(s).max() > 0 for s in slopes)


# ---- beam search


def beam_search(step, state, start, beams, limit, weight):
    """The best sequences of one example, written out: a list of (ids, log p, score, steps, state, finished).

    The step that writes the end counts from the step after it on.
    """

    def score(p, n):
        return p / ((5 + n) / 6) ** weight

    alive = [([], 0.0, 0.0, 0, state, False)]
    for _ in range(limit):
        ways = []
        for ids, p, _, n, h, done in alive:
            if done:
                ways.append(([*ids, END], p, score(p, n), n, h, True))
                continue
            logits, after = step(EMBEDDING[ids[-1] if ids else start][None], h)
            for word, q in enumerate(log_softmax(logits)[0]):
                ways.append(([*ids, word], p + q, score(p + q, n + (word != END)), n + 1, after, word == END))
        alive = sorted(ways, key=lambda way: -way[2])[:beams]
        if all(done for *_, done in alive):
            break
    return alive


@pytest.mark.parametrize("weight", [0.0, 1.5])
def test_beam_search(sess, weight):
    beams, batch = 3, 4
    cell, layer = rnn_cell.BasicRNNCell(UNITS), tf.layers.Dense(WORDS, use_bias=False, name="words")
    first = RNG.normal(size=(batch, UNITS)).astype(np.float32)
    decoder = seq2seq.BeamSearchDecoder(
        cell, tf.constant(EMBEDDING), tf.fill([batch], 2), END, seq2seq.tile_batch(tf.constant(first), beams), beams,
        layer, length_penalty_weight=weight,
    )
    outputs, state, _ = seq2seq.dynamic_decode(decoder, maximum_iterations=6)
    fill(sess, 0.7)
    w = weights(sess)

    def step(x, h):
        h = np.tanh(np.concatenate([x, h], 1) @ w["decoder/basic_rnn_cell/kernel"] + w["decoder/basic_rnn_cell/bias"])
        return h @ w["decoder/words/kernel"], h

    steps = outputs.beam_search_decoder_output
    ids, log_probs, parents, scores = sess.run([outputs.predicted_ids, state.log_probs, steps.parent_ids, steps.scores])
    assert ids.shape[0::2] == (batch, beams)
    assert parents.max() > 0, "beams should change places, or the test shows little"
    for b in range(batch):
        want = beam_search(step, first[b : b + 1], 2, beams, 6, weight)
        np.testing.assert_allclose(log_probs[b], [p for _, p, *_ in want], atol=1e-4)
        np.testing.assert_allclose(scores[b, -1], [score for _, _, score, *_ in want], atol=1e-4)
        for k, (words, *_) in enumerate(want):
            full = [*words, *[END] * ids.shape[1]][: ids.shape[1]]
            assert ids[b, :, k].tolist() == full


def test_one_beam_is_greedy(sess):
    cell = rnn_cell.LSTMCell(UNITS)
    layer = tf.layers.Dense(WORDS)
    memory = seq2seq.tile_batch(tf.constant(MEMORY), 1)
    wrapped = seq2seq.AttentionWrapper(cell, make_mechanism("luong", memory), attention_layer_size=UNITS)
    start = wrapped.zero_state(BATCH, tf.float32)
    tokens = tf.fill([BATCH], 2)
    search = seq2seq.BeamSearchDecoder(wrapped, EMBEDDING, tokens, END, start, 1, layer, coverage_penalty_weight=0.5)
    found, _, _ = seq2seq.dynamic_decode(search, maximum_iterations=7)
    greedy_helper = seq2seq.GreedyEmbeddingHelper(EMBEDDING, tokens, END)
    plain, _, lengths = seq2seq.dynamic_decode(
        seq2seq.BasicDecoder(wrapped, greedy_helper, start, layer), maximum_iterations=7
    )
    fill(sess)
    a, b, n = sess.run([found.predicted_ids[:, :, 0], plain.sample_id, lengths])
    for row, other, length in zip(a, b, n, strict=True):
        assert row[:length].tolist() == other[:length].tolist()


def test_the_states_rows_are_one_for_each_beam():
    cell = rnn_cell.GRUCell(UNITS)
    with pytest.raises(errors.ShapeError, match="tile_batch"):
        seq2seq.BeamSearchDecoder(cell, EMBEDDING, tf.fill([3], 2), END, cell.zero_state(3, tf.float32), 2)


# ---- a whole translator: it learns to turn sequences round, and writes them with each way of decoding


def test_a_translator_learns_and_writes(sess):
    tf.set_random_seed(1)
    rng = np.random.default_rng(0)
    words, units, beams, start = 6, 24, 2, 2

    def batch(n=32):
        length = rng.integers(2, 4, n)
        source, target = np.zeros((n, 3), np.int32), np.full((n, 4), END, np.int32)
        for row, k in enumerate(length):
            source[row, :k] = rng.integers(3, words, k)
            target[row, :k] = source[row, :k][::-1]
        return source, length, np.concatenate([np.full((n, 1), start, np.int32), target[:, :3]], 1), target, length + 1

    source, inputs, targets = (tf.placeholder(tf.int32, [None, None]) for _ in range(3))
    length, steps = (tf.placeholder(tf.int32, [None]) for _ in range(2))
    embedding = tf.get_variable("embedding", [words, 8])
    encoder = rnn_cell.LSTMCell(units)
    memory, state = tf.nn.dynamic_rnn(encoder, tf.nn.embedding_lookup(embedding, source), length, dtype=tf.float32)
    layer = tf.layers.Dense(words, use_bias=False)

    def decoder_cell(memory, state, length, count):
        mechanism = seq2seq.LuongAttention(units, memory, memory_sequence_length=length, scale=True)
        cell = seq2seq.AttentionWrapper(rnn_cell.LSTMCell(units), mechanism, attention_layer_size=units)
        return cell, cell.zero_state(count, tf.float32).clone(cell_state=state)

    with tf.variable_scope("decode"):
        cell, first = decoder_cell(memory, state, length, tf.shape(source)[0])
        helper = seq2seq.TrainingHelper(tf.nn.embedding_lookup(embedding, inputs), steps)
        outputs, _, _ = seq2seq.dynamic_decode(seq2seq.BasicDecoder(cell, helper, first, layer))
    mask = tf.sequence_mask(steps, tf.shape(outputs.rnn_output)[1], tf.float32)
    loss = seq2seq.sequence_loss(outputs.rnn_output, targets[:, : tf.shape(outputs.rnn_output)[1]], mask)
    train = tf.train.AdamOptimizer(0.02).minimize(loss)
    tokens = tf.fill([tf.shape(source)[0]], start)
    with tf.variable_scope("decode", reuse=True):
        greedy_helper = seq2seq.GreedyEmbeddingHelper(embedding, tokens, END)
        written, _, _ = seq2seq.dynamic_decode(
            seq2seq.BasicDecoder(cell, greedy_helper, first, layer), maximum_iterations=6
        )
    with tf.variable_scope("decode", reuse=True):
        tiled = [seq2seq.tile_batch(t, beams) for t in (memory, state, length)]
        beam_cell, beam_first = decoder_cell(*tiled, tf.shape(source)[0] * beams)
        search = seq2seq.BeamSearchDecoder(beam_cell, embedding, tokens, END, beam_first, beams, layer)
        found, _, _ = seq2seq.dynamic_decode(search, maximum_iterations=6)
    assert len(tf.trainable_variables()) == 9
    sess.run(tf.global_variables_initializer())
    for _ in range(250):
        s, k, i, t, n = batch()
        sess.run(train, {source: s, length: k, inputs: i, targets: t, steps: n})
    s, k, _, t, n = batch(40)
    ids, best = sess.run([written.sample_id, found.predicted_ids], {source: s, length: k})
    right = [row[:m].tolist() == want[:m].tolist() for row, want, m in zip(ids, t, n, strict=True)]
    same = [row[:m, 0].tolist() == want[:m].tolist() for row, want, m in zip(best, t, n, strict=True)]
    assert sum(right) > 30
    assert sum(same) > 30
