"""Queues, readers, iterators: what they do depends on what the session keeps, so they have tests of their own."""

from __future__ import annotations

from typing import Any

from sampling import Sample

SAMPLES: list[Sample] = []

_IN_QUEUES = """
    FIFOQueueV2 PaddingFIFOQueueV2 PriorityQueueV2 RandomShuffleQueueV2 QueueEnqueueV2 QueueDequeueV2 QueueDequeueManyV2
    QueueCloseV2 QueueIsClosedV2 QueueSizeV2
""".split()
_IN_READERS = """
    ReaderV2 ReaderReadV2 ReaderReadUpToV2 ReaderNumRecordsProducedV2 ReaderNumWorkUnitsCompletedV2 ReaderResetV2
    ReadFile MatchingFiles CountUpTo
""".split()
_IN_DATA = "IteratorV2 OneShotIterator IteratorFromStringHandleV2 MakeIterator IteratorToStringHandle IteratorGetNext".split()

WITHOUT_SAMPLE: dict[str, Any] = {
    **dict.fromkeys(_IN_QUEUES, "lives in a session; tests/v1/test_queues.py"),
    **dict.fromkeys(_IN_READERS, "reads files or counts; tests/v1/test_readers.py"),
    **dict.fromkeys(_IN_DATA, "lives in a session; tests/v1/test_data.py"),
}
