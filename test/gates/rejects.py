#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Shows every gate a bad sample of each of its rules, which it must reject, and good ones.

Each row is a tree of one file, or of several. The samples are written only into a folder that is gone again.
"""

import pathlib
import shutil
import sys
import tempfile

import circles
import exports
import format as format_gate
import layers
import lengths
import words

ROOT = pathlib.Path(__file__).resolve().parents[2]
UP = ".." + "/"  # else this file would be a bad sample itself

# gate, file, content, what the one complaint says (nothing: there is none); or gate, {file: content}, what
ROWS = [
    (layers, "function/base/text.c", '#include "wire/value.h"\n', "wire is not below it"),
    (layers, "function/wire/value.c", '#include "gpu/catalog.h"\n', "gpu is not below it"),
    (layers, "function/gpu/layout.c", '#include "wire/value.h"\n', "wire is not below it"),
    (layers, "function/fleet/pool.c", '#include "deploy/plan.h"\n', "deploy is not below it"),
    (layers, "function/deploy/deploy.c", '#include "place/place.h"\n', "place is not below it"),
    (layers, "function/place/pod.c", '#include "inventory/inventory.h"\n', "inventory is not"),
    (layers, "function/place/pod.c", '#include "deploy/ledger.h"\n', "sees the plan and nothing"),
    (layers, "function/place/pod.c", '#include "deploy/plan.h"\n', None),
    (layers, "function/inventory/inventory.c", '#include "function.h"\n', "function is not below"),
    (layers, "function/function.c", '#include "server/log.h"\n', "server is not below it"),
    (layers, "function/server/runner.c", '#include "cli/output.h"\n', "cli is not below it"),
    (layers, "function/cli/render.c", '#include "server/log.h"\n', "server is not below it"),
    (layers, "function/server/runner.c", '#include "function.h"\n', None),
    (layers, "function/main.c", '#include "server/serve.h"\n#include "cli/render.h"\n', None),
    (layers, "function/base/text.c", '#include "arena.h"\n', "function is not below it"),
    (layers, "function/base/text.c", '#include "test/lib/fixture.h"\n', "names no folder"),
    (layers, "function/misc/util.c", '#include "base/text.h"\n', "a folder without a rank"),
    (layers, "function/function.c", "#include <grpc/grpc.h>\n", "gRPC is the server's"),
    (layers, "function/server/queue.c", "#include <grpc/grpc.h>\n", None),
    (layers, "function/cli/render.c", "  #  include <microhttpd.h>\n", "HTTP is the server's"),
    (layers, "function/cli/render.c", "#include <openssl/evp.h>\n", "TLS is the server's"),
    (layers, "function/base/arena.c", "#include <pthread.h>\n", "threads, signals and sockets"),
    (layers, "function/deploy/deploy.c", "#include <time.h>\n", "what time it is"),
    (layers, "function/cli/render.c", "#include <yaml.h>\n", "only yaml/ knows libyaml"),
    (layers, "function/yaml/read.c", "#include <yaml.h>\n", None),
    (layers, "function/wire/value.c", '#include "envelope.pb-c.h"\n', "generated types end"),
    (layers, "function/wire/request.c", '#include "envelope.pb-c.h"\n', None),
    (layers, "function/wire/value.c", "#include <protobuf-c/protobuf-c.h>\n", "generated types"),
    (layers, "function/yaml/read.c", '#include "fleet/pool.h"\n', "fleet is not below it"),
    (layers, "function/render/fetch.c", '#include "cli/output.h"\n', "cli is not below it"),
    (layers, "function/server/runner.c", '#include "render/call.h"\n', "Crossplane itself"),
    (exports, {"function/base/span.h": "int span_end(void);\nint reach(int a,\n          int b);\n",
               "function/base/span.c": "int span_end(void) {\n}\nint reach(int a, int b) {\n}\n"},
     "reach() does not begin with span"),
    (exports, {"function/base/span.h": "static inline int end_of(int a) {\n}\n"}, "end_of() does not begin"),
    (exports, {"function/base/span.h": "int span_end(void);\n", "function/base/span.c": "",
               "function/base/ends.c": "static int span_end(void) {\n}\n"}, "span_end() is not defined in base/span.c"),
    (exports, "function/base/span.c", "int span_end(void) {\n}\n", "span_end() is in no header span.h"),
    (exports, "function/base/span.c", "static int span_end(void) {\n}\n", None),
    (exports, {"function/base/span_internal.h": "int span_end(void);\n",
               "function/base/ends.c": "int span_end(void) {\n}\n"}, None),
    (exports, {"function/base/span_internal.h": "int end(void);\n",
               "function/base/ends.c": "int end(void) {\n}\n"}, "end() does not begin with span"),
    (exports, {"function/yaml/read.h": "int yaml_read(void);\n", "function/yaml/read.c": "int yaml_read(void) {\n}\n"},
     None),
    (exports, {"function/base/text.h": "/* end() - no code */\nint builder_end(struct text *(*f)(void));\n",
               "function/base/text.c": "int builder_end(struct text *(*f)(void)) {\n}\n"}, None),
    (circles, {"function/base/a.h": "", "function/base/b.h": '#include "base/a.h"\n',
               "function/base/a.c": '#include "base/a.h"\n#include "base/b.h"\n'},
     "these include each other: base/a, base/b"),
    (circles, {"function/base/a.h": "", "function/base/b.h": "", "function/base/c.h": "",
               "function/base/a.c": '#include "base/b.h"\n', "function/base/b.c": '#include "base/c.h"\n',
               "function/base/c.c": '#include "base/a.h"\n'}, "base/a, base/b, base/c"),
    (circles, {"function/base/a_internal.h": "", "function/base/b.c": '#include "base/a_internal.h"\n',
               "function/base/a.c": '#include "base/b.h"\n', "function/base/b.h": ""}, "base/a, base/b"),
    (circles, {"function/base/a.h": "", "function/base/b.h": "",
               "function/base/a.c": '#include "base/a.h"\n#include "base/b.h"\n'}, None),
    (lengths, "function/base/text.c", "static int f(int a,\n             int b) {\n" + 58 * "a++;\n" + "}\n",
     "text.c:1: f() has 61 lines"),
    (lengths, "function/base/text.c", "static int f(int a,\n             int b) {\n" + 57 * "a++;\n" + "}\n", None),
    (lengths, "function/base/text.h", "static inline struct text *f(void) {\n" + 70 * "\n" + "}\n", "f() has 72 lines"),
    (lengths, "function/base/text.c", "struct text t = {\n" + 70 * "1,\n" + "};\n", None),
    (words, "function/base/text.c", "strcpy(a, b);\n", "strcpy() is never called"),
    (words, "function/server/log.c", "p = strcat (a, b);\n", "strcat() is never called"),
    (words, "function/server/log.c", "sprintf(a, b);\n", "sprintf() is never called"),
    (words, "test/unit/base/text.c", "p = malloc(1);\n", None),
    (words, "function/yaml/read.c", "strtok(a, b);\n", "strtok() is never called"),
    (words, "function/server/log.c", "n = atoi(a);\n", "atoi() is never called"),
    (words, "function/yaml/item.c", "n = strtod(a, 0);\n", "strtod() is never called"),
    (words, "function/server/log.c", "t = gmtime(&now);\n", "gmtime() is never called"),
    (words, "function/server/log.c", "gmtime_r(&now, &t);\n", None),
    (words, "function/server/log.c", "t = localtime(&now);\n", "localtime() is never called"),
    (words, "function/deploy/choose.c", "n = rand();\n", "rand() is never called"),
    (words, "function/deploy/choose.c", "s = getenv(a);\n", "getenv() is not called here"),
    (words, "function/deploy/choose.c", "p = malloc(1);\n", "malloc() is not called here"),
    (words, "function/deploy/choose.c", "p = calloc(1, 1);\n", "calloc() is not called here"),
    (words, "function/deploy/choose.c", "free(p);\n", "free() is not called here"),
    (words, "function/deploy/choose.c", "t = time(NULL);\n", "time() is not called here"),
    (words, "function/deploy/choose.c", 'printf("x");\n', "printf() is not called here"),
    (words, "function/function.c", "p = malloc(1);\n", "malloc() is not called here"),
    (words, "function/base/fault.c", 'fprintf(stderr, "x");\n', None),
    (words, "function/base/arena.c", "free(p);\n", None),
    (words, "function/server/runner.c", "p = malloc(1);\n", None),
    (words, "function/deploy/choose.c", 'f("strcpy(a)"); /* free(p) */\n', None),
    (words, "function/deploy/choose.c", "seats.free(p); s->time(p);\n", None),
    (words, "function/base/text.c", "/* as it was told */\n", '"told" is hard to read'),
    (words, "function/base/text.c", '"x\\" handed on"\n', '"handed on" is hard to read'),
    (words, "function/base/text.c", "/*\n * for\n * who asks\n */\n", "text.c:2: \"for who\" is"),
    (words, "function/base/text.c", "/* Lest it be lost. */\n", '"Lest" is hard to read'),
    (words, "function/base/text.c", "int so, many; /* n of them */\n", None),
    (words, "function/base/text.c", "/* nobody reads it */\n", '"nobody" is hard to read'),
    (words, "function/base/text.c", "bool told = nobody(so many);\n", None),
    (words, "README.md", "see " + UP + "shared/NOTES.md\n", "a path of one machine"),
    (words, "script/demo", "cd /" + "work/main\n", "a path of one machine"),
    (words, "script/demo", "cd /" + "home/me/main\n", "a path of one machine"),
    (words, "script/demo", 'cd "$HOME/work/main"\n', None),
    (format_gate, "function/base/text.c", "int  f ( void );\n", "run clang-format -i"),
    (format_gate, "function/base/text.c", "int f(void);\n", None),
    (format_gate, "README.md", "a line \n", "blanks at the end"),
    (format_gate, "README.md", "a line", "no newline at the end"),
]


def complaints_of(gate, name, content):
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder).resolve()
        shutil.copy(ROOT / ".clang-format", root)
        for each, text in (name if isinstance(name, dict) else {name: content}).items():
            (root / each).parent.mkdir(parents=True, exist_ok=True)
            (root / each).write_text(text)
        return gate.check(root)


def main():
    n_failed = 0
    for gate, name, *content, want in ROWS:
        content = content[0] if content else None
        if gate is format_gate and name.endswith(".c") and not gate.clang_format():
            continue
        got = complaints_of(gate, name, content)
        right = not got if want is None else len(got) == 1 and want in got[0]
        if not right:
            n_failed += 1
            print(f"{gate.__name__}: {name}: {content!r}: want {want!r}, got {got}")
    print(f"rejects: {len(ROWS)} samples, {n_failed} judged wrongly")
    return 1 if n_failed else 0


if __name__ == "__main__":
    sys.exit(main())
