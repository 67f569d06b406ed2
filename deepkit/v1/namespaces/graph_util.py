"""`tf.graph_util`: parts of graphs, and graphs with constants in the place of their variables."""

from deepkit.v1.framework.graph_messages import (
    convert_variables_to_constants,
    extract_sub_graph,
    import_graph_def,
    remove_training_nodes,
)

__all__ = ["convert_variables_to_constants", "extract_sub_graph", "import_graph_def", "remove_training_nodes"]
