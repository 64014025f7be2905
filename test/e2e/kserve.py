# SPDX-License-Identifier: Apache-2.0
"""What KServe's, provider-kubernetes' and Kubernetes' own code have against what we compose."""

import copy
import json
import pathlib
import re
import subprocess

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
ALL = sorted((ROOT / "test" / "golden" / "cases").glob("*/*/want.yaml"))
# Of KServe 0.21 there is no module yet. How a service rolls is one field of its spec that 0.20 does not
# know: without it 0.20 is asked about the rest. What KEDA scales it knows in no form.
NEWER = [file for file in ALL if (given := file.with_name("input.yaml")).exists()
         and 'version: "0.21"' in given.read_text()]
CASES = [file for file in ALL if file not in NEWER]
SAMPLES = sorted((ROOT / "test" / "kserve" / "samples").glob("*.yaml"))
# Were one of these not asked about, the goldens would hold none of it.
KINDS = ("LLMInferenceService", "Object", "ClusterProviderConfig")


def write_examples(folder, rendered):
    """A file for each (name, Rendering), with what is composed; gives the files."""
    for name, rendering in rendered:
        file = folder / (name.replace("/", "-") + ".yaml")
        composed = copy.deepcopy([*rendering.composed.values()])
        for each in composed:
            each["metadata"].pop("ownerReferences", None)  # a Rendering leaves the uid out
        file.write_text(yaml.safe_dump_all(composed, sort_keys=False))
        yield file


def write_newer(folder):
    """A file for each case of KServe 0.21, as 0.20 can read it; gives the files."""
    for file in NEWER:
        composed = [each for each in yaml.safe_load_all(file.read_text())
                    if each["kind"] in KINDS and "keda" not in json.dumps(each)]
        for each in composed:
            assert each["spec"].pop("rolloutStrategy", None), f"{file} does not say how it rolls"
        copied = folder / f"{file.parent.name}-newer.yaml"
        copied.write_text(yaml.safe_dump_all(composed, sort_keys=False))
        yield copied


def verdicts(peers, files):
    """(file, object, complaints) of everything in the files that they know."""
    done = subprocess.run([ROOT / "test" / "kserve" / "check", peers, *files],
                          stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"kserve-check ended with {done.returncode}")
    for line in done.stdout.splitlines():
        verdict = json.loads(line)
        yield pathlib.Path(verdict["file"]), verdict["object"], verdict["complaints"] or []


def title_of(file):
    return f"golden/{file.parent.name}" if file.name == "want.yaml" else file.stem


def about_sample(file, complaints):
    """A bad sample has to be complained of as it says itself, a good one not at all."""
    expected = re.search(r"^# complaint: (.*)$", file.read_text(), re.M)[1]
    if expected == "none":
        return complaints
    if any(expected in each for each in complaints):
        return []
    return [f"no complaint says {expected!r}", *complaints]


def checks(peers, examples):
    """(title, complaints) of what is composed in the goldens and examples, then of the samples."""
    asked, of_sample = set(), {file: [] for file in SAMPLES}
    for file, name, complaints in verdicts(peers, [*CASES, *examples, *SAMPLES]):
        if file in of_sample:
            of_sample[file] += complaints
        else:
            asked.add(name.split()[0])
            yield f"{title_of(file)}: {name}", complaints
    for kind in KINDS:
        yield f"some {kind} is asked about", [] if kind in asked else ["none was"]
    for file, complaints in of_sample.items():
        yield f"sample {file.stem}", about_sample(file, complaints)
