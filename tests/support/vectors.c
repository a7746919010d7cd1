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

uint8_t *vectors_octets(const json_t *hex, size_t *len) {
    if (!json_is_string(hex)) fail("vectors", "a string of hexadecimal digits is missing");
    return vectors_hex(json_string_value(hex), len);
}
