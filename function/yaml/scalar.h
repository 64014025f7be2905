/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scalar - what a plain YAML scalar means to Kubernetes
 *
 * kubectl and Crossplane read YAML 1.1 and turn it into JSON: "yes" and "on"
 * are booleans, 0x10 and 010 are numbers, a date stays the string it is.
 *
 * Source: sigs.k8s.io/yaml v1.6.0, goyaml.v2/resolve.go. Two differences: numbers
 * are doubles at once, as in every google.protobuf.Struct, and digits beyond 320
 * characters are a string.
 */
#ifndef YAML_SCALAR_H
#define YAML_SCALAR_H

#include "base/text.h"
#include "wire/value.h"

/*
 * scalar_resolve() - the value of a scalar that stands without quotes
 *
 * Of kind NULL, BOOL, NUMBER or STRING. A string borrows plain's bytes. A number
 * may be NaN or infinite (".nan", ".inf"), which JSON does not have.
 */
struct value scalar_resolve(struct text plain);

/*
 * scalar_has_tag() - is a resolved scalar of the type that its tag names?
 * @tag: in full, "tag:yaml.org,2002:int"; a type of another schema is never right
 *
 * A whole number is a float too.
 */
bool scalar_has_tag(struct value value, struct text tag);

/*
 * scalar_is_plain() - may this string be written without quotes, as a value or a key?
 *
 * Stricter than scalar_resolve(): what another YAML reader could take for a
 * number, a date or a boolean is quoted too.
 */
bool scalar_is_plain(struct text string);

#endif
