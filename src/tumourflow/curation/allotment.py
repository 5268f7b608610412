"""How many of each class go to each split, and who they are: whole numbers, as near to the shares as can be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

import numpy as np


def allot(sizes: Mapping[str, int], counts: Mapping[str, int]) -> dict[str, dict[str, int]]:
    """Share out classes among splits so that every class stands in every split in proportion, to less than one unit.

    Each number is the exact share rounded up or down, such that both the classes and the splits add up ("controlled rounding"), which
    is always possible. Who is rounded up is found as a matching, by augmenting paths.

    Args:
        sizes: Units of each class.
        counts: Units of each split; their sum is that of `sizes`.

    Returns:
        `{class: {split: units}}`.

    Example:
        >>> allot({"glioma": 5, "meningioma": 3}, {"train": 6, "test": 2})
        {'glioma': {'train': 4, 'test': 1}, 'meningioma': {'train': 2, 'test': 1}}
    """
    whole = max(sum(sizes.values()), 1)
    table = {label: {name: size * count // whole for name, count in counts.items()} for label, size in sizes.items()}
    parts = {label: {name: size * count % whole for name, count in counts.items()} for label, size in sizes.items()}
    free = {name: count - sum(row[name] for row in table.values()) for name, count in counts.items()}
    raised: set[tuple[str, str]] = set()

    def raise_one(label: str, seen: set[str]) -> bool:
        for name in sorted(counts, key=lambda each: -parts[label][each]):
            if not parts[label][name] or (label, name) in raised or name in seen:
                continue
            seen.add(name)
            taken = free[name] <= 0
            given_up = next((other for other in sizes if taken and (other, name) in raised and raise_one(other, seen)), None)
            if taken and given_up is None:
                continue
            if given_up is None:
                free[name] -= 1
            else:
                raised.remove((given_up, name))
            raised.add((label, name))
            return True
        return False

    for label, size in sizes.items():
        for _ in range(size - sum(table[label].values())):
            raise_one(label, set())
    return {label: {name: number + ((label, name) in raised) for name, number in row.items()} for label, row in table.items()}


def deal(order: Sequence[str], counts: Mapping[str, int]) -> dict[str, str]:
    """Deal units to splits so that along the order each split is as near to its share as can be.

    Args:
        order: Units.
        counts: Units of each split; their sum is the number of units.

    Returns:
        The split of each unit.

    Example:
        >>> deal("abcd", {"train": 2, "test": 2})
        {'a': 'train', 'b': 'test', 'c': 'train', 'd': 'test'}
    """
    given = dict.fromkeys(counts, 0)
    names = {}
    for position, unit in enumerate(order, start=1):
        # Whole numbers: on a tie the first split listed, on every machine.
        lag = {name: counts[name] * position - given[name] * len(order) for name in counts if given[name] < counts[name]}
        name = max(lag, key=lambda each: lag[each])
        given[name] += 1
        names[unit] = name
    return names


def share_tumours(
    names: Mapping[str, str], classes: Mapping[str, str], loaded: Collection[str], rng: np.random.Generator
) -> dict[str, str]:
    """Exchange units so that no split is without tumour while another has two units with tumour; all else stays.

    Where few patients have a tumour, splits dealt out in proportion may have none, and nothing could be learned, chosen or scored there.

    Args:
        names: The split of each unit.
        classes: The class of each unit; units of one class are exchanged where there are any.
        loaded: Units with tumour.
        rng: Chance, which picks who is exchanged.

    Returns:
        The split of each unit, of which there are as many as before.

    Example:
        >>> names = {"a": "train", "b": "train", "c": "train", "d": "test"}
        >>> shared = share_tumours(names, dict.fromkeys("abcd", ""), "ab", np.random.default_rng(0))
        >>> shared["d"], sorted([shared["a"], shared["b"]])
        ('train', ['test', 'train'])
    """
    shared = dict(names)
    for poor in sorted(set(names.values()), reverse=True):  # validation first, without which nothing is trained
        rich = Counter(shared[unit] for unit in sorted(loaded))
        giver = max(sorted(rich), key=lambda name: rich[name], default=poor)
        if rich[poor] or rich[giver] < 2:
            continue
        given = [unit for unit in sorted(loaded) if shared[unit] == giver]
        taken = [unit for unit in sorted(shared) if shared[unit] == poor]
        pairs = [(one, other) for one in given for other in taken]
        alike = [(one, other) for one, other in pairs if classes[one] == classes[other]] or pairs
        one, other = alike[int(rng.integers(len(alike)))]
        shared[one], shared[other] = poor, giver
    return shared
