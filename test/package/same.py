#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares two images that were built of the same sources, and looks into one.

same.py FOLDER FOLDER ARCH LOCK     the folders are script/package's; exit 1 on any failure
"""

import hashlib
import io
import json
import pathlib
import sys
import tarfile


def files(archive):
    """{name: bytes} of the image's layers."""
    found = {}
    with tarfile.open(archive) as image:
        manifest = json.load(image.extractfile("manifest.json"))[0]
        for name in manifest["Layers"]:
            with tarfile.open(fileobj=io.BytesIO(image.extractfile(name).read())) as layer:
                found |= {member.name.lstrip("./"): layer.extractfile(member).read()
                          for member in layer if member.isfile()}
    return found


def equal(first, second):
    """The archives are equal; else the files that differ."""
    if hashlib.sha256(first.read_bytes()).digest() == hashlib.sha256(second.read_bytes()).digest():
        return
    one, other = files(first), files(second)
    differ = [name for name in sorted(one.keys() | other.keys()) if one.get(name) != other.get(name)]
    yield f"the images differ: {', '.join(differ) or 'in their metadata'}"


def described(document):
    return [each for each in document["packages"] if each["SPDXID"] != "SPDXRef-program"]


def licensed(document, image):
    """Each package has a licence and its text lies in the image; so have we."""
    known = {each["licenseId"] for each in document["hasExtractedLicensingInfos"]}
    for each in described(document):
        terms = each["licenseDeclared"].replace("(", " ").replace(")", " ").split()
        if each["licenseDeclared"] == "NOASSERTION":
            yield f"{each['name']} has no licence"
        yield from (f"{each['name']}: {term} has no text" for term in terms
                    if term.startswith("LicenseRef-") and term not in known)
        if not image.get(f"usr/share/doc/{each['name']}/copyright"):
            yield f"the image has no copyright file of {each['name']}"
    if b"Apache License" not in image.get("usr/share/doc/function-gpu-placement/copyright", b""):
        yield "our own licence is not in the image"


def pinned(document, lock, arch):
    """What is in the image has the version that the lock has."""
    versions = {tuple(line.split()[:2]): line.split()[2] for line in lock.splitlines()
                if line and not line.startswith(("#", "snapshot"))}
    for each in described(document):
        name = each["name"]
        wanted = versions.get((name, arch)) or versions.get((name, "all"))
        if wanted != each["versionInfo"]:
            yield f"{name} is {each['versionInfo']}, the lock has {wanted}"


def main(first, second, arch, lock):
    first, second = pathlib.Path(first), pathlib.Path(second)
    document = json.loads((first / f"image-{arch}.spdx.json").read_text())
    archives = [folder / f"image-{arch}.tar" for folder in (first, second)]
    checks = {"rebuilt equal to the byte": list(equal(*archives)),
              "licences": list(licensed(document, files(archives[0]))),
              "pinned": list(pinned(document, pathlib.Path(lock).read_text(), arch))}
    for title, complaints in checks.items():
        print(f"{'FAILED' if complaints else 'ok':<8}{title}")
        for complaint in complaints:
            print(f"    {complaint}")
    n_failed = sum(map(bool, checks.values()))
    print(f"{len(checks) - n_failed} passed, {n_failed} failed")
    return 1 if n_failed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
