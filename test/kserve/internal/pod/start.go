// SPDX-License-Identifier: Apache-2.0

package pod

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// What stands in for vLLM writes its arguments down. The start script asks for the version first.
const standIn = `#!/bin/sh
if [ "$1" = --version ]; then echo "vllm 0.20.1"; exit 0; fi
printf '%s\0' "$@" > "$STAND_IN_OUT"
`

const startTimeout = 20 * time.Second

// Arguments runs the start script that KServe's preset puts before vLLM and says what vLLM is not told
// as it was meant: the model's name, and what the service's args mean to a shell.
func Arguments(ctx context.Context, sent, got corev1.PodSpec, modelName string, isWorker bool) []string {
	wanted, made := container(sent.Containers), container(got.Containers)
	if wanted == nil || made == nil {
		return nil // Differences says so
	}
	told, err := start(ctx, made, isWorker)
	if err != nil {
		return []string{err.Error()}
	}
	var bad []string
	var meant []string
	for _, argument := range wanted.Args {
		meant = append(meant, unquote(argument))
	}
	if !within(told, meant) {
		bad = append(bad, fmt.Sprintf("vLLM is told %q, meant was %q", told, meant))
	}
	if !within(told, []string{"--served-model-name", modelName}) && !isWorker {
		bad = append(bad, fmt.Sprintf("vLLM is told %q, the model is %q", told, modelName))
	}
	return bad
}

func start(ctx context.Context, c *corev1.Container, isWorker bool) ([]string, error) {
	if len(c.Command) == 0 || filepath.Base(c.Command[0]) != "bash" {
		return nil, fmt.Errorf("container main does not begin with a shell but with %q", c.Command)
	}
	folder, err := os.MkdirTemp("", "start-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder)
	if err := os.WriteFile(filepath.Join(folder, "vllm"), []byte(standIn), 0o755); err != nil {
		return nil, err
	}
	index, out := "0", filepath.Join(folder, "out")
	if isWorker {
		index = "1"
	}
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	script := exec.CommandContext(ctx, c.Command[0], append(slices.Clone(c.Command[1:]), c.Args...)...)
	script.Dir = folder
	script.Env = []string{"PATH=" + folder + ":" + os.Getenv("PATH"), "STAND_IN_OUT=" + out,
		"LWS_LEADER_ADDRESS=localhost", "LWS_GROUP_SIZE=2", "LWS_WORKER_INDEX=" + index}
	for _, each := range c.Env {
		if each.Value != "" {
			script.Env = append(script.Env, each.Name+"="+each.Value)
		}
	}
	if said, err := script.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("start script: %w: %s", err, said)
	}
	told, err := os.ReadFile(out)
	return strings.Split(strings.TrimSuffix(string(told), "\x00"), "\x00"), err
}

// unquote is what a shell makes of one word with single quotes and backslashes, and nothing else.
func unquote(word string) string {
	var out strings.Builder
	quoted := false
	for i := 0; i < len(word); i++ {
		switch {
		case word[i] == '\'':
			quoted = !quoted
		case word[i] == '\\' && !quoted && i+1 < len(word):
			i++
			out.WriteByte(word[i])
		default:
			out.WriteByte(word[i])
		}
	}
	return out.String()
}

// within says whether part stands in all, in one piece.
func within(all, part []string) bool {
	for i := 0; i+len(part) <= len(all); i++ {
		if slices.Equal(all[i:i+len(part)], part) {
			return true
		}
	}
	return false
}
