/* SPDX-License-Identifier: MIT */
#include <check.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>

typedef struct entry {
    struct entry *next;
    cross_test test;
    const char *name, *tcase;
    int from, to;
} entry;

struct TCase {
    const char *name;
    Suite *suite;
    entry *first, **last; /* what was added before the case had a suite */
};

struct Suite {
    Suite *next;
    const char *name;
    entry *first, **last;
};

struct SRunner {
    Suite *first, **last;
    int checks, failures;
};

static jmp_buf out_of_test;
static const entry *running;
static int running_at;

static void *make(size_t n) {
    void *memory = calloc(1, n);
    if (memory == NULL) abort();
    return memory;
}

Suite *suite_create(const char *name) {
    Suite *suite = make(sizeof *suite);
    suite->name = name;
    suite->last = &suite->first;
    return suite;
}

TCase *tcase_create(const char *name) {
    TCase *tc = make(sizeof *tc);
    tc->name = name;
    tc->last = &tc->first;
    return tc;
}

static void append(entry ***last, entry *first) {
    **last = first;
    while (**last != NULL) *last = &(**last)->next;
}

void suite_add_tcase(Suite *suite, TCase *tc) {
    tc->suite = suite;
    append(&suite->last, tc->first);
    tc->first = NULL;
}

void cross_add(TCase *tc, cross_test test, const char *name, int from, int to) {
    entry *e = make(sizeof *e);
    *e = (entry){NULL, test, name, tc->name, from, to};
    append(tc->suite != NULL ? &tc->suite->last : &tc->last, e);
}

SRunner *srunner_create(Suite *suite) {
    SRunner *runner = make(sizeof *runner);
    runner->last = &runner->first;
    if (suite != NULL) srunner_add_suite(runner, suite);
    return runner;
}

void srunner_add_suite(SRunner *runner, Suite *suite) {
    *runner->last = suite;
    runner->last = &suite->next;
}

_Noreturn void cross_fail(const char *file, int line, const char *format, ...) {
    va_list args;
    printf("%s:%d:F:%s:%s:%d: ", file, line, running->tcase, running->name, running_at);
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    printf("\n");
    fflush(stdout);
    longjmp(out_of_test, 1);
}

static void run(SRunner *runner, const entry *e) {
    running = e;
    for (running_at = e->from; running_at < e->to; running_at++) {
        runner->checks++;
        if (setjmp(out_of_test) == 0)
            e->test(running_at);
        else
            runner->failures++;
    }
}

void srunner_run_all(SRunner *runner, enum print_output mode) {
    (void)mode;
    for (const Suite *suite = runner->first; suite != NULL; suite = suite->next) {
        for (const entry *e = suite->first; e != NULL; e = e->next) run(runner, e);
    }
    const int passed = runner->checks - runner->failures;
    printf("%d%%: Checks: %d, Failures: %d, Errors: 0\n", runner->checks > 0 ? passed * 100 / runner->checks : 0,
           runner->checks, runner->failures);
    fflush(stdout);
}

int srunner_ntests_failed(const SRunner *runner) {
    return runner->failures;
}

static void free_entries(entry *e) {
    while (e != NULL) {
        entry *next = e->next;
        free(e);
        e = next;
    }
}

void srunner_free(SRunner *runner) {
    for (Suite *suite = runner->first; suite != NULL;) {
        Suite *next = suite->next;
        free_entries(suite->first);
        free(suite);
        suite = next;
    }
    free(runner);
}
