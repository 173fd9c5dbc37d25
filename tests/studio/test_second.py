import platform
import subprocess
import sys

import pytest

_FAULTS = """
import resource
import sys
import numpy as np
from dusktape.studio.second import keep_memory

if sys.argv[1] == "kept":
    keep_memory()

def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt

def work():
    blocks = [np.ones(1 << 19, np.float32) for _ in range(8)]

work()
before = faults()
for _ in range(20):
    work()
print(faults() - before)
"""


def faults(how):
    run = subprocess.run([sys.executable, "-c", _FAULTS, how], capture_output=True, text=True, check=True)
    return int(run.stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc is told how to keep memory")
def test_the_memory_of_one_block_serves_the_next():
    assert faults("kept") < faults("as it is") / 10
