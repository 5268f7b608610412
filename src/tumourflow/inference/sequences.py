"""Sequences in files of their own, which are joined as they were for the model that takes them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from tumourflow.cohorts.nifti_channels import strip_suffix
from tumourflow.cohorts.nifti_sequences import Scan, split_name
from tumourflow.inference.kinds import CHANNELS
from tumourflow.inference.models import Chosen, ModelAtHand
from tumourflow.inference.windows import list_models


class Joined(NamedTuple):
    """NIfTI files, sorted by what is joined.

    Attributes:
        scans: What is looked at: volumes of their own, and the sequences of a case, of which one may be missing.
        beside: Files of such cases that are no sequence that is joined.
    """

    scans: list[Scan]
    beside: list[Path]


def find_joining(chosen: Chosen, modality: str | None) -> ModelAtHand | None:
    """Find the model whose sequences are joined: that of the kind of images that has the most channels.

    Args:
        chosen: The models.
        modality: What images show, or their kind, where the user says so: what is of another is not joined.

    Returns:
        The model that says how images of the kind are shown; none where none of them was trained on sequences in files of their own.
    """
    kinds = [kind for kind in chosen.kinds if not modality or f"{kind}-".startswith(f"{modality}-")]
    leading = (list_models(chosen, kind)[:1] for kind in sorted(kinds, key=lambda kind: -CHANNELS[kind]))
    return next((model for models in leading for model in models if model.bundle.get("sequences")), None)


def join_files(files: Iterable[Path], sequences: Sequence[str]) -> Joined:
    """Sort NIfTI files into cases.

    A case of which there is but one of several sequences is no case: that volume is looked at by itself, as any other.

    Args:
        files: Relative to the input.
        sequences: Words behind the last `_`, `-` or `/` of paths, in the order of the channels, in whatever capitals; none where nothing is
            joined.

    Example:
        >>> joined = join_files(map(Path, ["a_t1.nii", "a_T2.nii", "a_pd.nii", "b_t1.nii"]), ["t2", "t1"])
        >>> [list(scan.items()) for scan in joined.scans]
        [[('t2', PosixPath('a_T2.nii')), ('t1', PosixPath('a_t1.nii'))], [('', PosixPath('b_t1.nii'))]]
        >>> joined.beside
        [PosixPath('a_pd.nii')]
    """
    wanted = {word.casefold(): word for word in sequences}
    names = {file: split_name(strip_suffix(file)) for file in files}
    found: dict[str, dict[str, Path]] = {}
    for file, (case, word) in names.items():
        if sequence := wanted.get(word.casefold()):
            found.setdefault(case, {}).setdefault(sequence, file)
    cases = {case: scan for case, scan in found.items() if len(scan) > 1 or len(sequences) == 1}
    scans: list[Scan] = [{sequence: scan[sequence] for sequence in sequences if sequence in scan} for scan in cases.values()]
    taken = {file for scan in scans for file in scan.values()}
    beside = [file for file, (case, word) in names.items() if word and case in cases and file not in taken]
    alone = [{"": file} for file in names if file not in taken and file not in beside]
    return Joined([*scans, *alone], beside)
