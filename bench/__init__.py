"""Speed and memory, against named references, measured in one run. Writes docs/benchmarks.md; tests nothing."""

import os

# Before anybody imports numpy: one thread for all, ours and the references.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"):
    os.environ[_name] = "1"
