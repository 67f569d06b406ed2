"""Queues, readers, iterators: what they do depends on what the session keeps, so they have tests of their own."""

from __future__ import annotations

from samples import Sample

SAMPLES: list[Sample] = []

TESTED_IN = {
    "test_queues.py": """
        FIFOQueueV2 PaddingFIFOQueueV2 PriorityQueueV2 RandomShuffleQueueV2 QueueEnqueueV2 QueueDequeueV2
        QueueDequeueManyV2 QueueCloseV2 QueueIsClosedV2 QueueSizeV2""",
    "test_readers.py": """
        ReaderV2 ReaderReadV2 ReaderReadUpToV2 ReaderNumRecordsProducedV2 ReaderNumWorkUnitsCompletedV2 ReaderResetV2
        ReadFile WriteFile MatchingFiles CountUpTo""",
    "test_data.py": """
        IteratorV2 OneShotIterator IteratorFromStringHandleV2 MakeIterator IteratorToStringHandle IteratorGetNext""",
    "test_windows.py": "DatasetRunner ReduceDataset SingleElement",
    "test_tables.py": """
        HashTableV2 InitializeTableV2 LookupTableInsertV2 LookupTableRemoveV2 LookupTableFindV2 LookupTableSizeV2
        LookupTableExportV2""",
}

WITHOUT_SAMPLE = {
    name: f"what it does depends on the session; tests/v1/{file}"
    for file, names in TESTED_IN.items()
    for name in names.split()
}
