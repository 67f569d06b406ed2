"""How the feature columns are built; `deepkit.v1.feature_column` offers them under TensorFlow's names."""
