"""Accuracy and time of the engine on published panels, beside other tools: ``python -m benchmarks``."""

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")  # before numpy starts its threads: times are of one thread
