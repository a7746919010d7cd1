/* SPDX-License-Identifier: MIT */
#ifndef CROSS_CHECK_H
#define CROSS_CHECK_H

/* As much of Check as this project's suites use, for machines that Check is not to be had for: no processes, no
 * timeouts, every test in the one program. A failed assertion ends its test alone. */

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>

typedef struct Suite Suite;
typedef struct TCase TCase;
typedef struct SRunner SRunner;
typedef void (*cross_test)(int);

enum print_output { CK_SILENT, CK_MINIMAL, CK_NORMAL, CK_VERBOSE };

#define START_TEST(name)                                                                                               \
    static void name(int);                                                                                             \
    static void name(__attribute__((unused)) int _i)
#define END_TEST

Suite *suite_create(const char *name);
TCase *tcase_create(const char *name);
void suite_add_tcase(Suite *suite, TCase *tc);
void cross_add(TCase *tc, cross_test test, const char *name, int from, int to);
SRunner *srunner_create(Suite *suite);
void srunner_add_suite(SRunner *runner, Suite *suite);
void srunner_run_all(SRunner *runner, enum print_output mode);
int srunner_ntests_failed(const SRunner *runner);
void srunner_free(SRunner *runner);

#define tcase_add_test(tc, test)                cross_add(tc, test, #test, 0, 1)
#define tcase_add_loop_test(tc, test, from, to) cross_add(tc, test, #test, from, to)
#define tcase_set_timeout(tc, seconds)          ((void)(tc), (void)(seconds))

_Noreturn void cross_fail(const char *file, int line, const char *format, ...) __attribute__((format(printf, 3, 4)));

#define ck_abort_msg(...) cross_fail(__FILE__, __LINE__, __VA_ARGS__)
#define ck_assert_msg(what, ...)                                                                                       \
    do {                                                                                                               \
        if (!(what)) cross_fail(__FILE__, __LINE__, __VA_ARGS__);                                                      \
    } while (0)
#define ck_assert(what) ck_assert_msg(what, "%s", #what)

#define CROSS_NUMBERS(type, format, a, op, b)                                                                          \
    do {                                                                                                               \
        type cross_a = (type)(a), cross_b = (type)(b);                                                                 \
        ck_assert_msg(cross_a op cross_b, "%s %s %s: %" format ", %" format, #a, #op, #b, cross_a, cross_b);           \
    } while (0)
#define CROSS_INT(a, op, b)  CROSS_NUMBERS(long long, "lld", a, op, b)
#define CROSS_UINT(a, op, b) CROSS_NUMBERS(unsigned long long, "llu", a, op, b)

#define ck_assert_int_eq(a, b)  CROSS_INT(a, ==, b)
#define ck_assert_int_ne(a, b)  CROSS_INT(a, !=, b)
#define ck_assert_int_lt(a, b)  CROSS_INT(a, <, b)
#define ck_assert_int_le(a, b)  CROSS_INT(a, <=, b)
#define ck_assert_int_gt(a, b)  CROSS_INT(a, >, b)
#define ck_assert_int_ge(a, b)  CROSS_INT(a, >=, b)
#define ck_assert_uint_eq(a, b) CROSS_UINT(a, ==, b)
#define ck_assert_uint_ne(a, b) CROSS_UINT(a, !=, b)
#define ck_assert_uint_lt(a, b) CROSS_UINT(a, <, b)
#define ck_assert_uint_le(a, b) CROSS_UINT(a, <=, b)
#define ck_assert_uint_gt(a, b) CROSS_UINT(a, >, b)
#define ck_assert_uint_ge(a, b) CROSS_UINT(a, >=, b)

#define ck_assert_ptr_eq(a, b)                                                                                         \
    ck_assert_msg((const void *)(a) == (const void *)(b), "%s == %s: %p, %p", #a, #b, (const void *)(a),               \
                  (const void *)(b))
#define ck_assert_ptr_null(a)    ck_assert_msg((const void *)(a) == NULL, "%s is not NULL", #a)
#define ck_assert_ptr_nonnull(a) ck_assert_msg((const void *)(a) != NULL, "%s is NULL", #a)
#define ck_assert_str_eq(a, b)                                                                                         \
    do {                                                                                                               \
        const char *cross_a = (a), *cross_b = (b);                                                                     \
        ck_assert_msg(strcmp(cross_a, cross_b) == 0, "%s: \"%s\", %s: \"%s\"", #a, cross_a, #b, cross_b);              \
    } while (0)
#define ck_assert_str_ne(a, b)    ck_assert_msg(strcmp(a, b) != 0, "%s is \"%s\"", #a, b)
#define ck_assert_mem_eq(a, b, n) ck_assert_msg(memcmp(a, b, n) == 0, "%s and %s differ", #a, #b)

#endif
