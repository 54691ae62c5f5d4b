"""Writes multivariate.json: mean PCA reconstruction errors of elec by 2000 rows.

    python3 tests/oracle/multivariate.py CASES > tests/oracle/multivariate.json

CASES is a folder with the case elec. The values are NannyML's (DataReconstructionDriftCalculator), as in its expected.json;
here they are computed again with scikit-learn, and both must agree.
"""

import csv
import json
import sys
from collections import Counter
from pathlib import Path

import gzip
import numpy as np
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler

case = Path(sys.argv[1]) / "elec"
expected = json.loads((case / "expected.json").read_text())
kinds = expected["schema"]["features"]
nannyml = expected["nannyml"]
values = nannyml["multivariate"]["reconstruction_error"]["value"]
size = nannyml["chunk_size"]


def number(value):
    return float("nan") if value in (None, "") else float(value)


reference = list(csv.DictReader((case / "reference.csv").open()))
with gzip.open(case / "predictions.jsonl.gz", "rt") as file:
    log = [json.loads(line) for line in file]
answered = [record["features"] for record in log if record["status"] == "ok"]
fitted, encoded = [], []
for name, kind in kinds.items():
    if kind == "numeric":
        known = np.array([number(row[name]) for row in reference])
        current = np.array([number(row.get(name)) for row in answered])
        mean = np.nanmean(known)
        fitted.append(np.where(np.isnan(known), mean, known))
        encoded.append(np.where(np.isnan(current), mean, current))
    else:
        most = Counter(row[name] for row in reference if row[name]).most_common(1)[0][0]
        known = [row[name] or most for row in reference]
        shares = {text: count / len(known) for text, count in Counter(known).items()}
        fitted.append(np.array([shares[text] for text in known]))
        encoded.append(np.array([shares.get(row.get(name) or most, 0.0) for row in answered]))
scaler = StandardScaler().fit(np.array(fitted).T)
pca = PCA(n_components=0.65).fit(scaler.transform(np.array(fitted).T))
rows = scaler.transform(np.array(encoded).T)
errors = np.linalg.norm(rows - pca.inverse_transform(pca.transform(rows)), axis=1)
ours = [errors[k * size : (k + 1) * size].mean() for k in range(len(values))]
assert np.allclose(ours, values, rtol=1e-12), "scikit-learn and NannyML differ"
print(json.dumps({"case": "elec", "chunk_size": size, "components": int(pca.n_components_), "value": values}))
