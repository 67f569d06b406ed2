"""Programs of texts: many small calls of what joins, cuts, measures, matches, counts, looks up, reads and writes them."""

from __future__ import annotations

import random

from . import array, family

WORDS = (
    "a", "bc", "", "def g", "  x ", "A,b,,C", "héllo", "12", "-3.5", "1e3", "a.b.c", "日本", "aaa", "the cat", "_7",
    "0x1f", "NaN",
)
NUMBERS = ("0", "17", "-3.5", "1e3", "2.25", " 8 ", "1000000", "0.1", "nan", "-inf")
PATTERNS = ("a", "[a-c]+", "\\\\d", "(.)(.)", "^a", "b|c", "\\\\s+", ".*", "x*", "é")
CALLS = (
    "tf.strings.upper(t)", "tf.strings.lower(t)", "tf.string_strip(t)", "tf.strings.length(t)",
    "tf.strings.length(t, unit='UTF8_CHAR')", "tf.strings.upper(t, encoding='utf-8')",
    "tf.strings.lower(t, encoding='utf-8')", "tf.substr(t, {k}, {n})", "tf.substr(t, -{n}, {n})",
    "tf.strings.substr(t, [{k}, {k}, 0], [{n}, 1, 2])", "tf.strings.substr(t, {k}, {n}, unit='UTF8_CHAR')",
    "tf.regex_replace(t, '{p}', '<\\\\\\\\0>')", "tf.regex_replace(t, '{p}', '-', replace_global=False)",
    "tf.strings.regex_full_match(t, '{p}')", "tf.string_join([t, u])", "tf.string_join([t, '+', u], separator='{s}')",
    "t + u", "'{s}' + t", "tf.add(t, u)", "tf.reduce_join(t)", "tf.reduce_join([t, u], {bit}, separator='{s}')",
    "tf.reduce_join([t, u], [1, 0])", "tf.reduce_join([t, u], {bit}, keep_dims=True)", "tf.reduce_join([t, u], -1 - {bit})",
    "tf.string_to_hash_bucket_fast(t, {n}9)", "tf.string_to_hash_bucket(t, {n}7)",
    "tf.string_to_hash_bucket_strong(t, {n}5, [{k}, 3])", "tf.string_to_number(m)", "tf.string_to_number(m, tf.float64)",
    "tf.string_to_number(w, tf.int32)", "tf.string_to_number(w, tf.int64)", "tf.as_string(f)",
    "tf.as_string(f, precision={k})", "tf.as_string(f, scientific=True)", "tf.as_string(f, shortest=True)",
    "tf.as_string(i, width={n}, fill='0')", "tf.as_string(i)", "tf.as_string(b)", "tf.as_string(f, precision={k}, width=8)",
    "tf.as_string(tf.cast(f, tf.float64))", "tf.encode_base64(t)", "tf.encode_base64(t, pad=True)",
    "tf.decode_base64(tf.encode_base64(u))", "tf.decode_raw(['abcd', 'efgh'], tf.{d})",
    "tf.decode_raw(['abcd', 'efgh'], tf.int16, little_endian=False)", "tf.string_split(t).values",
    "tf.string_split(t, '{s}').indices", "tf.string_split(t, '{s}', skip_empty=False).values",
    "tf.string_split(t, '').dense_shape", "tf.sparse_tensor_to_dense(tf.string_split(t, ' ,'), '?')",
    "tf.strings.split(t, sep='{s}', maxsplit={n}).values", "tf.equal(t, u)", "tf.not_equal(t, 'a')",
    "tf.unique(tf.concat([t, u], 0))[1]", "tf.unique_with_counts(tf.concat([t, t], 0))[2]", "tf.gather(t, [2, 0, 0])",
    "tf.where(b, t, u)", "tf.reverse(t, [0])", "tf.strings.format('{{}} and {{}}', (i, f))", "tf.strings.format('[{{}}]', t)",
    "tf.strings.format('%', f, placeholder='%', summarize=1)",
    "tf.decode_csv(['{k},x,2.5', ',y,'], [[{n}], ['d'], [0.5]])[{bit}]",
    "tf.decode_csv(['1;\\\"a;b\\\"'], [[0], ['']], field_delim=';')[1]",
    "tf.decode_csv(['1,2,3', '4,,6'], [[0], [7], [0]], select_cols=[0, {n}])[1]",
    "tf.decode_csv(['a,NA'], [[''], [1]], na_value='NA')[1]",
    "tf.edit_distance(tf.string_split(t, ''), tf.string_split(u, ''), normalize={truth})",
    "tf.edit_distance(tf.string_split(u, ''), tf.string_split(t, ''))", "tf.size(t)", "tf.tile(t, [{n}])",
    "tf.expand_dims(t, {bit})", "table.lookup(t)", "table.size()", "tf.zeros_like(t)", "tf.fill([{n}], t[0])",
    "tf.one_hot(table.lookup(t), 3)", "tf.stack([t, u], {bit})", "tf.boolean_mask(t, b)", "tf.map_fn(lambda x: x + '!', t)",
    "tf.map_fn(tf.strings.length, t, dtype=tf.int32)", "tf.foldl(lambda a, x: a + x, t)",
    "tf.cond(b[0], lambda: t, lambda: u)", "tf.placeholder_with_default(t, [None])",
    "tf.parse_single_example(example, {{'i': tf.FixedLenFeature([{n}], tf.int64, [{k}] * {n}), "
    "'s': tf.FixedLenFeature([], tf.string)}})['s']",
    "tf.parse_single_example(example, {{'i': tf.FixedLenFeature([2], tf.int64)}})['i']",
    "tf.parse_example([example, example], {{'f': tf.VarLenFeature(tf.float32)}})['f'].values",
    "tf.parse_example([example], {{'f': tf.FixedLenSequenceFeature([], tf.float32, allow_missing=True)}})['f']",
    "tf.parse_single_example(example, {{'z': tf.FixedLenFeature([], tf.float32, 0.5)}})['z']",
)


@family
def texts(rng: random.Random) -> str:
    t, u = ([rng.choice(WORDS) for _ in range(3)] for _ in range(2))
    m, w = [rng.choice(NUMBERS) for _ in range(2)], [str(rng.randint(-99, 99)) for _ in range(3)]
    keys, inside = sorted(set(t)), rng.choice(WORDS)
    lines = [
        f"t, u = tf.constant({t}), tf.placeholder_with_default(tf.constant({u}), [3])",
        f"m, w = tf.constant({m}), tf.constant({w})",
        f"f, i = tf.constant({array(rng, 3)}), tf.constant({array(rng, 3, dtype='int32', low=-20, high=20)})",
        f"b = tf.constant({array(rng, 3, dtype='bool')})",
        f"entries = tf.lookup.KeyValueTensorInitializer({keys}, tf.range({len(keys)}, dtype=tf.int64))",
        "table = tf.lookup.StaticHashTable(entries, -1)",
        "I, F, S = tf.train.Int64List, tf.train.FloatList, tf.train.BytesList",
        f"parts = {{'i': tf.train.Feature(int64_list=I(value=[{rng.randint(-9, 9)}, 4])), "
        f"'f': tf.train.Feature(float_list=F(value=[0.5, 2.0])), "
        f"'s': tf.train.Feature(bytes_list=S(value=[{inside!r}.encode()]))}}",
        "example = tf.train.Example(features=tf.train.Features(feature=parts)).SerializeToString()", "made = {}",
    ]
    for number in range(12):
        text = rng.choice(CALLS).format(
            k=rng.randint(0, 3), n=rng.randint(1, 3), bit=rng.randint(0, 1), p=rng.choice(PATTERNS),
            s=rng.choice(("", ",", " ", "--", "a")), d=rng.choice(("uint8", "int8", "int16", "int32", "float32")),
            truth=rng.choice((True, False)),
        )
        lines.append(f"try:\n    v{number} = {text}\n    made['v{number}'] = v{number}\nexcept Exception:\n    pass")
    lines += [
        "found = {}", "with tf.Session(config=config) as sess:", "    sess.run(tf.tables_initializer())",
        "    for name, value in made.items():", "        try:", "            found[name] = sess.run(value)",
        "        except Exception:", "            pass", "results = [found]",
    ]
    return "\n".join(lines) + "\n"
