"""Colours and markers of all figures.

Colours are orange-red against blue, and those of Okabe and Ito: people with any colour vision can tell them apart.
"""

TRUTH = "#D55E00"
"""Vermilion: what a person drew."""
PREDICTION = "#1E90FF"
"""Blue, neither lost on bright nor on dark tissue: what the network drew."""
SERIES = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#D55E00", "#56B4E9", "#999999")
"""Colours of lines and groups, in order of use."""
SPLIT_COLOURS = {"train": "#999999", "validation": "#E69F00", "test": "#0072B2"}
"""Colour of each split, in the order in which splits are listed."""

MARKERS = ("o", "s", "^", "D", "v", "P", "X")
"""Shapes of the points of groups, in order of use: not only the colour tells them apart."""
