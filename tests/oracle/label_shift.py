"""Nonnegative least squares and condition numbers by SciPy and numpy: writes label_shift.json.

python3 tests/oracle/label_shift.py
"""

import json
from pathlib import Path

import numpy as np
from scipy.optimize import nnls

rng = np.random.default_rng(11)
cases = []
for side in (2, 3, 4, 7, 12):
    for noise in (0.0, 0.02, 0.2):
        for _ in range(3):
            spread = rng.dirichlet(np.full(side, 0.5), side).T
            matrix = 0.4 * spread + 0.6 * np.eye(side)
            shares = rng.dirichlet(np.full(side, 0.4))
            target = matrix @ shares + noise * rng.normal(size=side)
            solution, _ = nnls(matrix, target)
            cases.append(
                {
                    "matrix": matrix.tolist(),
                    "target": target.tolist(),
                    "solution": solution.tolist(),
                    "condition": float(np.linalg.cond(matrix, 1)),
                }
            )
Path(__file__).with_suffix(".json").write_text(json.dumps(cases) + "\n")
