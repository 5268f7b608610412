"""What a node no longer needs is given back to the system before the next one begins."""

from __future__ import annotations

import ctypes
import sys

from kedro.framework.hooks import hook_impl


class MemoryHook:
    """Gives free memory back between nodes.

    The allocators of C and of Arrow keep what was freed, in pieces too small for the next node's tables: after the curation of 40,000
    slices 48 MiB, more than all its tables hold.
    """

    @hook_impl
    def before_dataset_loaded(self) -> None:
        """Give back what the last node's results and writing them took."""
        return_free_memory()

    @hook_impl
    def before_node_run(self) -> None:
        """Give back what reading the node's inputs took."""
        return_free_memory()

    @hook_impl(trylast=True)
    def after_node_run(self) -> None:
        """Give back what the node took meanwhile."""
        return_free_memory()


def return_free_memory() -> None:
    """Have the allocators return what they keep for later use; where C has no such function, Arrow alone does."""
    arrow = sys.modules.get("pyarrow")
    if arrow is not None:
        arrow.default_memory_pool().release_unused()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
    if trim is not None:
        trim(0)
