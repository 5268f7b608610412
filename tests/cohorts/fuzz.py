"""Throws mutated files at a reader, in a process of its own whose memory and patience are bounded; prints what happened as JSON.

python tests/cohorts/fuzz.py LAYOUT COUNT [SEED]
"""

import faulthandler
import json
import resource
import signal
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from victims import LAYOUTS, SOUND, Layout, write_batch

from tumourflow.cohorts.readers import read_cohort
from tumourflow.curation.case_facts import tabulate_facts
from tumourflow.curation.cases import curate
from tumourflow.curation.integrity import inspect_case
from tumourflow.curation.names import show_file
from tumourflow.errors import UserError
from tumourflow.options import CurationOptions, IngestionOptions, PhantomOptions

ADDRESS_SPACE = 6 * 2**30
SECONDS_PER_FILE = 20
BATCH = SOUND
"""No more files than that are damaged at once, so that the form of most images is that of sound ones."""


def ingest(root: Path, layout: Layout) -> Counter[str]:
    """Index, inspect and curate; `curate` itself proves that no file was lost, and this proves it once more."""
    options = IngestionOptions(reader=layout.reader, grey=layout.grey, sequences=layout.sequences)
    index = read_cohort(root, options, PhantomOptions())
    facts = []
    for case in index.cases:
        signal.alarm(SECONDS_PER_FILE)
        facts.append(inspect_case(case))
    signal.alarm(SECONDS_PER_FILE * BATCH)
    curated = curate(index, tabulate_facts(facts), options, CurationOptions(max_excluded_fraction=1))
    excluded = curated.ledger.loc[curated.ledger["action"] == "excluded", "file"]
    used = {case.case_id: case.files for case in index.cases}
    known = {str(file) for case_id in curated.cases["case_id"] for file in used[case_id]} | {str(file) for file in index.metadata}
    found = {path.relative_to(root) for path in root.rglob("*") if path.is_file()}
    # A damaged header may call its patient anything.
    lost = {str(path) for path in found if str(path) not in known and show_file(path, index.persons) not in set(excluded)}
    if lost:
        msg = f"lost: {sorted(lost)[:5]}"
        raise AssertionError(msg)
    return Counter(curated.ledger["finding"]) + Counter(sound=len(curated.cases))


def fuzz(name: str, count: int, seed: int) -> Iterator[tuple[str, Counter[str]]]:
    layout = LAYOUTS[name]()
    step = 1 if layout.alone else BATCH
    for first in range(0, count, step):
        with tempfile.TemporaryDirectory() as folder:
            numbers = range(first, min(first + step, count))
            sys.stderr.write(f"{name} {seed} {numbers}\n")
            write_batch(Path(folder), layout, seed, numbers)
            signal.alarm(SECONDS_PER_FILE * step)
            try:
                yield "", ingest(Path(folder), layout)
            except UserError as error:
                yield ("" if layout.sentence else f"{numbers}: {error}"), Counter(refused=1)
            except Exception:
                yield f"{numbers}: {traceback.format_exc(limit=-6)}", Counter(failed=1)
    signal.alarm(0)


def peak_kilobytes() -> int:
    """Read the most memory this process has had; `getrusage` would tell that of the process which started it."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


def main(name: str, count: str, seed: str = "0") -> int:
    """Print counts of findings, failures, peak memory; fail where anything failed."""
    # Whoever hangs is shown and ended; arming this costs nothing, unlike a thread that watches.
    faulthandler.register(signal.SIGALRM, chain=True)
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
    warnings.simplefilter("ignore")
    start, total, failures = time.monotonic(), Counter[str](), []
    for failure, findings in fuzz(name, int(count), int(seed)):
        total += findings
        failures += [failure] if failure else []
    peak = peak_kilobytes() // 1024
    seconds = round(time.monotonic() - start, 1)
    report = {"files": int(count), "findings": total, "failures": failures[:20], "peak_megabytes": peak, "seconds": seconds}
    sys.stdout.write(json.dumps(report) + "\n")
    return bool(failures)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
