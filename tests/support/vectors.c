/* SPDX-License-Identifier: MIT */
#include "vectors.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef VECTORS
#define VECTORS "../shared/vectors"
#endif

static int is_json(const struct dirent *entry) {
    size_t len = strlen(entry->d_name);

    return len > 5 && strcmp(entry->d_name + len - 5, ".json") == 0;
}

static void fail(const char *what, const char *about) {
    fprintf(stderr, "%s: %s\n", what, about);
    abort();
}

size_t vectors_each(const char *folder, vectors_visit visit, void *ctx) {
    char path[1024];
    struct dirent **names = NULL;
    int count;
    int i;

    snprintf(path, sizeof path, "%s/%s", VECTORS, folder);
    count = scandir(path, &names, is_json, alphasort);
    if (count <= 0) {
        printf("skipped: no vectors in %s\n", path);
        fflush(stdout);
        free(names);
        return 0;
    }
    for (i = 0; i < count; i++) {
        json_error_t error;
        json_t *root;

        snprintf(path, sizeof path, "%s/%s/%s", VECTORS, folder, names[i]->d_name);
        root = json_load_file(path, 0, &error);
        if (!root) fail(path, error.text);
        visit(path, root, ctx);
        json_decref(root);
        free(names[i]);
    }
    free(names);
    return (size_t)count;
}

static int digit(char c) {
    static const char digits[] = "0123456789abcdef0123456789ABCDEF";
    const char *at = c ? strchr(digits, c) : NULL;

    return at ? (int)(at - digits) % 16 : -1;
}

uint8_t *vectors_hex(const char *hex, size_t *len) {
    uint8_t *octets = malloc(strlen(hex) / 2 + 1);
    const char *at = hex;

    if (!octets) fail("malloc", hex);
    *len = 0;
    while (*at) {
        if (*at == ' ') {
            at++;
            continue;
        }
        if (digit(at[0]) < 0 || digit(at[1]) < 0) fail("not hexadecimal", hex);
        octets[(*len)++] = (uint8_t)(digit(at[0]) << 4 | digit(at[1]));
        at += 2;
    }
    return octets;
}

uint8_t *vectors_octets(const json_t *hex, size_t *len) {
    if (!json_is_string(hex)) fail("vectors", "a string of hexadecimal digits is missing");
    return vectors_hex(json_string_value(hex), len);
}
