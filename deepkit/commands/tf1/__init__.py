"""Floor 6: runs a TensorFlow-1 or Keras-2 program as it is written, in a Python process of its own.

imports.py         `import tensorflow` and `import keras` find deepkit
moved_modules.py   the inner modules of TensorFlow 1 and Keras 2, and where their names are
numpy_names.py     NumPy's old names are back
program.py         a script or a notebook becomes code; Python 2 is recognised
screen.py          matplotlib without a screen
sklearn_names.py   scikit-learn's old names are back
__main__.py        what the process does: all of these, then the program
"""
