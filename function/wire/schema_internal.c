/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/schema_internal.h"

/* clang-format off */
const struct shape shapes[] = {
        [REQUEST] = { "RunFunctionRequest", false, {
                [1] = { "meta", ONE, REQUEST_META },
                [2] = { "observed", ONE, STATE },
                [3] = { "desired", ONE, DESIRED },
                [4] = { "input", ONE, STRUCT },
                [5] = { "context", ONE, STRUCT },
                [6] = { "extra_resources", MANY, RESOURCES_ENTRY },
                [8] = { "required_resources", MANY, RESOURCES_ENTRY },
        } },
        [REQUEST_META] = { "RequestMeta", false, {
                [1] = { "tag", STRING },
                [2] = { "capabilities", ENUMS },
        } },
        [STATE] = { "State", false, {
                [1] = { "composite", ONE, RESOURCE },
                [2] = { "resources", MANY, STATE_ENTRY },
        } },
        [STATE_ENTRY] = { "State.resources", false, {
                [1] = { "key", STRING },
                [2] = { "value", ONE, RESOURCE },
        } },
        [RESOURCE] = { "Resource", false, {
                [1] = { "resource", ONE, STRUCT },
                [2] = { "connection_details", MANY, DETAILS_ENTRY },
                [3] = { "ready", VARINT },
        } },
        [DESIRED] = { "State", false, {
                [1] = { "composite", ONE, RESOURCE },
                [2] = { "resources", MANY, DESIRED_ENTRY },
        } },
        [DESIRED_ENTRY] = { "State.resources", false, {
                [1] = { "key", STRING },
                [2] = { "value", ONE, SEALED_RESOURCE },
        } },
        [SEALED_RESOURCE] = { "Resource", false, {
                [1] = { "resource", SEALED },
                [2] = { "connection_details", MANY, DETAILS_ENTRY },
                [3] = { "ready", VARINT },
        } },
        [DETAILS_ENTRY] = { "Resource.connection_details", false, {
                [1] = { "key", STRING },
                [2] = { "value", BYTES },
        } },
        [RESOURCES_ENTRY] = { "RunFunctionRequest.required_resources", false, {
                [1] = { "key", STRING },
                [2] = { "value", ONE, RESOURCES },
        } },
        [RESOURCES] = { "Resources", false, {
                [1] = { "items", MANY, RESOURCE },
        } },
        [RESPONSE] = { "RunFunctionResponse", false, {
                [1] = { "meta", ONE, RESPONSE_META },
                [2] = { "desired", ONE, STATE },
                [3] = { "results", MANY, RESULT },
                [4] = { "context", ONE, STRUCT },
                [5] = { "requirements", ONE, REQUIREMENTS },
                [6] = { "conditions", MANY, CONDITION },
        } },
        [RESPONSE_META] = { "ResponseMeta", false, {
                [1] = { "tag", STRING },
                [2] = { "ttl", ONE, DURATION },
        } },
        [DURATION] = { "Duration", false, {
                [1] = { "seconds", VARINT },
                [2] = { "nanos", VARINT },
        } },
        [RESULT] = { "Result", false, {
                [1] = { "severity", VARINT },
                [2] = { "message", STRING },
                [3] = { "reason", STRING },
                [4] = { "target", VARINT },
        } },
        [CONDITION] = { "Condition", false, {
                [1] = { "type", STRING },
                [2] = { "status", VARINT },
                [3] = { "reason", STRING },
                [4] = { "message", STRING },
                [5] = { "target", VARINT },
        } },
        [REQUIREMENTS] = { "Requirements", false, {
                [1] = { "extra_resources", MANY, SELECTOR_ENTRY },
                [2] = { "resources", MANY, SELECTOR_ENTRY },
        } },
        [SELECTOR_ENTRY] = { "Requirements.resources", false, {
                [1] = { "key", STRING },
                [2] = { "value", ONE, SELECTOR },
        } },
        [SELECTOR] = { "ResourceSelector", false, {
                [1] = { "api_version", STRING },
                [2] = { "kind", STRING },
                [3] = { "match_name", STRING },
                [4] = { "match_labels", ONE, MATCH_LABELS },
                [5] = { "namespace", STRING },
        } },
        [MATCH_LABELS] = { "MatchLabels", false, {
                [1] = { "labels", MANY, LABEL_ENTRY },
        } },
        [LABEL_ENTRY] = { "MatchLabels.labels", false, {
                [1] = { "key", STRING },
                [2] = { "value", STRING },
        } },
        [STRUCT] = { "Struct", true, {
                [1] = { "fields", MANY, STRUCT_ENTRY },
        } },
        [STRUCT_ENTRY] = { "Struct.fields", false, {
                [1] = { "key", TEXT_OF_JSON },
                [2] = { "value", ONE, VALUE },
        } },
        [VALUE] = { "Value", false, {
                [1] = { "null_value", VARINT },
                [2] = { "number_value", DOUBLE },
                [3] = { "string_value", TEXT_OF_JSON },
                [4] = { "bool_value", VARINT },
                [5] = { "struct_value", ONE, STRUCT },
                [6] = { "list_value", ONE, LIST },
        } },
        [LIST] = { "ListValue", true, {
                [1] = { "values", MANY, VALUE },
        } },
};
/* clang-format on */
