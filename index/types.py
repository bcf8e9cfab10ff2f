"""The array types of every room: rows of a catalogue, scores, masks."""

import numpy as np
import numpy.typing as npt

Rows = npt.NDArray[np.int64]  # rows of a catalogue
Floats = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]  # one flag for each row of a catalogue
