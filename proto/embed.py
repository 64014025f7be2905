#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes a file's bytes as a C array.

embed.py FILE NAME      to stdout: const unsigned char NAME[], const size_t NAME_len
"""

import pathlib
import sys


def main(file, name):
    data = pathlib.Path(file).read_bytes()
    print(f"#include <stddef.h>\n\nconst unsigned char {name}[] = {{")
    for start in range(0, len(data), 16):
        print("".join(f"{byte}," for byte in data[start:start + 16]))
    print(f"}};\n\nconst size_t {name}_len = sizeof({name});")


if __name__ == "__main__":
    main(*sys.argv[1:])
