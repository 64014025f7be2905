/* SPDX-License-Identifier: Apache-2.0 */
/*
 * count - how many items an array has
 */
#ifndef BASE_COUNT_H
#define BASE_COUNT_H

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

#endif
