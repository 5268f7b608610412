"""Options of pruning: whether anything is removed at all."""

from tumourflow.options.base import Options


class PruneOptions(Options):
    """What becomes of versions that nothing refers to.

    Attributes:
        delete: Whether they are removed; otherwise they are only listed.
    """

    delete: bool = False
