/* SPDX-License-Identifier: MIT */
/*
 * Give a fuzz target inputs from files, without a fuzzer.
 * usage: replay_TARGET FILE|DIRECTORY...
 */
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>
#include "fuzz.h"

static char current[4096];
static unsigned long inputs;

/* An input that breaks the target is named before the process ends. */
static void name_it(int sig) {
    static const char said[] = "FAILED at the input ";
    bool written =
        write(STDOUT_FILENO, said, sizeof said - 1) > 0 && write(STDOUT_FILENO, current, strlen(current)) > 0;
    if (written) written = write(STDOUT_FILENO, "\n", 1) > 0;
    signal(sig, SIG_DFL);
    raise(sig);
}

static bool replay_file(const char *path) {
    FILE *f = fopen(path, "rb");
    size_t size = 0, cap = 4096, n;
    uint8_t *data = malloc(cap);
    if (!f || !data) {
        fprintf(stderr, "replay: cannot read %s\n", path);
        if (f) fclose(f);
        free(data);
        return false;
    }
    while ((n = fread(data + size, 1, cap - size, f)) > 0) {
        size += n;
        if (size < cap) continue;
        cap *= 2;
        data = realloc(data, cap);
        must(data != NULL);
    }
    fclose(f);
    /* with nothing behind it */
    uint8_t *exact = malloc(size > 0 ? size : 1);
    must(exact != NULL);
    memcpy(exact, data, size);
    free(data);
    snprintf(current, sizeof current, "%s", path);
    LLVMFuzzerTestOneInput(exact, size);
    free(exact);
    inputs++;
    return true;
}

static bool replay(const char *path) {
    char inside[sizeof current];
    DIR *directory = opendir(path);
    bool good = true;
    if (!directory) return replay_file(path);
    for (struct dirent *entry; good && (entry = readdir(directory)) != NULL;) {
        if (entry->d_name[0] == '.') continue;
        int n = snprintf(inside, sizeof inside, "%s/%s", path, entry->d_name);
        good = n > 0 && (size_t)n < sizeof inside && replay(inside);
    }
    closedir(directory);
    return good;
}

int main(int argc, char **argv) {
    static const int fatal[] = {SIGABRT, SIGSEGV, SIGBUS, SIGILL, SIGFPE};
    for (size_t i = 0; i < sizeof fatal / sizeof *fatal; i++) signal(fatal[i], name_it);
    for (int i = 1; i < argc; i++)
        if (!replay(argv[i])) return 1;
    printf("%lu inputs\n", inputs);
    return inputs > 0 ? 0 : 1;
}
