// SPDX-License-Identifier: Apache-2.0

//go:build tools

// Package controller keeps in go.mod what KServe's own program needs.
package controller

import _ "github.com/kserve/kserve/cmd/llmisvc"
