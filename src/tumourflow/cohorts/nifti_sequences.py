"""Sequences of a case in files of their own, as BraTS and nnU-Net have them: the word at the end of a path says which each is."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from tumourflow.cohorts.label_folders import drop_folder
from tumourflow.cohorts.nifti_channels import name_case, strip_suffix
from tumourflow.errors import UserError

Scan = Mapping[str, Path]
"""The volumes of a case by the sequences that they are; a volume that is a case of its own has an empty name."""

_NAME = re.compile(r"(?P<case>.*[^/])[_/-](?P<word>[^/_-]+)", re.DOTALL)
_SHOWN = 8


def split_name(stem: str) -> tuple[str, str]:
    """Split a path at its last `_`, `-` or `/` into that of a case and a word; the word is empty where there is none.

    Example:
        >>> split_name("anna/anna_1_T1"), split_name("BraTS-GLI-00001-000-t2f"), split_name("anna_1/t1"), split_name("t1")
        (('anna/anna_1', 'T1'), ('BraTS-GLI-00001-000', 't2f'), ('anna_1', 't1'), ('t1', ''))
    """
    match = _NAME.fullmatch(stem)
    return (match["case"], match["word"]) if match else (stem, "")


def group_sequences(root: Path, volumes: Mapping[str, Path], sequences: Sequence[str]) -> dict[str, Scan]:
    """Group volumes by their cases.

    Args:
        root: Folder of the volumes, for the sentence.
        volumes: By their paths without the suffix.
        sequences: The words of those that are wanted, in whatever capitals.

    Returns:
        Of each case that has any of them those that it has, in the order of `sequences`.

    Raises:
        UserError: When two files would be the same sequence of a case, or no case has one of them.

    Example:
        >>> volumes = {name: Path(f"{name}.nii") for name in ("a_t1", "a_FLAIR", "a_t2", "b_t2")}
        >>> {case: list(scan) for case, scan in group_sequences(Path("brains"), volumes, ["flair", "t1"]).items()}
        {'a': ['flair', 't1']}
    """
    wanted = {word.casefold(): word for word in sequences}
    found: dict[str, dict[str, Path]] = {}
    for stem, path in volumes.items():
        case, word = split_name(stem)
        name = wanted.get(word.casefold())
        if name and (other := found.setdefault(case, {}).setdefault(name, path)) != path:
            msg = f"Two files would be the sequence {name} of the same case: `{other}` and `{path}` in {root}. Remove or rename one."
            raise UserError(msg)
    if absent := [name for name in sequences if not any(name in scan for scan in found.values())]:
        raise UserError(_explain_absence(root, volumes, sequences, absent))
    return {case: {name: scan[name] for name in sequences if name in scan} for case, scan in found.items()}


def find_unlisted(others: Mapping[str, Path], scans: Mapping[str, Scan]) -> dict[str, list[Path]]:
    """Find what lies beside the sequences that are wanted of a case and is called as one more.

    Args:
        others: Volumes that `group_sequences` has taken for no sequence, by their paths without the suffix.
        scans: What it took for some.

    Returns:
        Files by the word at the end of their names.

    Example:
        >>> find_unlisted({"a_t2": Path("a_t2.nii"), "b_t2": Path("b_t2.nii")}, {"a": {"t1": Path("a_t1.nii")}})
        {'t2': [PosixPath('a_t2.nii')]}
    """
    found: dict[str, list[Path]] = {}
    for stem, path in others.items():
        case, word = split_name(stem)
        if word and case in scans:
            found.setdefault(word, []).append(path)
    return found


def name_scan(scan: Scan, mask: Path | None) -> str:
    """Name what `case_pattern` is matched with: see `name_case`, and without the word where the volumes are sequences.

    Example:
        >>> name_scan({"t1": Path("imagesTr/anna_1-T1.nii.gz")}, None), name_scan({"": Path("anna_1.nii")}, None)
        ('anna_1', 'anna_1')
    """
    (sequence, path), *_ = scan.items()
    return drop_folder(split_name(strip_suffix(path))[0]) if sequence else name_case(path, mask)


def _explain_absence(root: Path, stems: Iterable[str], sequences: Sequence[str], absent: Sequence[str]) -> str:
    words = Counter(word for stem in stems if (word := split_name(stem)[1]))
    shown = ", ".join(f"`{word}`" for word, _ in words.most_common(_SHOWN)) + (", ..." if len(words) > _SHOWN else "")
    stand = f"at the ends of the names stands {shown}" if words else "no name has a `_` or `-` with a word behind it"
    called = " or ".join(absent)
    return f"`ingestion.sequences` is {', '.join(sequences)}, but no volume in {root} is called {called}: {stand}. Name what is there."
