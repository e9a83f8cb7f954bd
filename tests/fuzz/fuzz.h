/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What a fuzz target is made of.  libFuzzer calls LLVMFuzzerTestOneInput() with
 * what it has invented; replay.c, in every other build, with what is kept in
 * tests/fuzz/corpus.  A finding is an assertion that fails, or what a sanitizer
 * has to say.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
