/* SPDX-License-Identifier: MIT */
#include "guard.h"
#include "hpack_dynamic.h"
#include "hpack_suites.h"
#include "hpack_test.h"

/* A table kept the plain way, to compare with. */
#define MODEL_ENTRIES 2048u
#define MODEL_STRING  4096u

typedef struct model_entry {
    char name[64];
    char value[MODEL_STRING];
    size_t name_len;
    size_t value_len;
} model_entry;

typedef struct model {
    model_entry *entries; /* a ring */
    uint32_t newest;
    uint32_t count;
    uint32_t size;
    uint32_t max;
} model;

static model_entry *model_at(const model *m, uint32_t age) {
    return &m->entries[(m->newest - age) % MODEL_ENTRIES];
}

static void model_evict(model *m, uint32_t size) {
    while (m->size > size) {
        const model_entry *oldest = model_at(m, --m->count);

        m->size -= (uint32_t)(oldest->name_len + oldest->value_len) + 32;
    }
}

static void model_add(model *m, const hpack_field *field) {
    uint32_t size = (uint32_t)(field->name_len + field->value_len) + 32;
    model_entry *entry;

    model_evict(m, size > m->max ? 0 : m->max - size);
    if (size > m->max) return;
    m->newest++;
    m->count++;
    entry = model_at(m, 0);
    memcpy(entry->name, field->name, field->name_len);
    memcpy(entry->value, field->value, field->value_len);
    entry->name_len = field->name_len;
    entry->value_len = field->value_len;
    m->size += size;
}

#ifdef H2_SMALL /* which has no index, and so no keys */

static void add_keyed(hpack_table *t, const hpack_field *field) {
    hpack_table_add(t, field);
}

static void check_key(const hpack_table *t, uint32_t age, const hpack_field *field) {
    (void)t, (void)age, (void)field;
}

static void hpack_table_get(const hpack_table *t, uint32_t age, hpack_field *field) {
    ck_assert(hpack_table_entry(t, 62 + age, field));
}

#else

static void add_keyed(hpack_table *t, const hpack_field *field) {
    hpack_table_add_keyed(t, field, (hpack_key){(uint32_t)field->value_len + 7, 0, 0});
}

static void check_key(const hpack_table *t, uint32_t age, const hpack_field *field) {
    ck_assert_uint_eq(hpack_table_key(t, age).hash, field->value_len + 7);
}

#endif

static void check_same(const hpack_table *t, const model *m) {
    uint32_t age;

    ck_assert_uint_eq(t->count, m->count);
    ck_assert_uint_eq(t->size, m->size);
    for (age = 0; age < m->count; age++) {
        const model_entry *entry = model_at(m, age);
        hpack_field field;

        hpack_table_get(t, age, &field);
        ck_assert_uint_eq(field.name_len, entry->name_len);
        ck_assert_uint_eq(field.value_len, entry->value_len);
        ck_assert_mem_eq(field.name, entry->name, field.name_len);
        ck_assert_mem_eq(field.value, entry->value, field.value_len);
        check_key(t, age, &field);
    }
}

static void add(hpack_table *t, const char *name, size_t value_len) {
    static char value[MODEL_STRING];
    hpack_field field = {name, value, strlen(name), value_len, false};

    memset(value, 'v', sizeof value);
    hpack_table_add(t, &field);
}

START_TEST(rfc7541_4_a_table_is_as_a_plain_list) {
    static const size_t sizes[] = {0, 4, 32, 33, 36, 64, 100, 256, 1024, 4096, 16384};
    uint32_t seed = 4096 + (uint32_t)_i;
    size_t bytes = sizes[_i];
    uint8_t *memory = guard_new(bytes);
    model m = {calloc(MODEL_ENTRIES, sizeof(model_entry)), 0, 0, 0, 0};
    hpack_table t;
    int round;

    hpack_table_init(&t, memory, bytes);
    m.max = bytes / 4 * 4 < 4096 ? (uint32_t)(bytes / 4 * 4) : 4096;
    for (round = 0; round < 2000; round++) {
        uint32_t dice = test_random(&seed) % 100;
        char name[64];
        static char value[MODEL_STRING];
        hpack_field field = {name, value, test_random(&seed) % sizeof name, 0, false};

        field.value_len = test_random(&seed) % (dice < 50 ? 8 : dice < 95 ? 100 : sizeof value);
        memset(name, (int)('a' + dice % 26), sizeof name);
        memset(value, round & 0xff, field.value_len);
        if (dice == 99) {
            uint32_t max = test_random(&seed) % 20000;

            hpack_table_resize(&t, max);
            m.max = max < bytes / 4 * 4 ? max : (uint32_t)(bytes / 4 * 4);
            model_evict(&m, m.max);
        } else {
            add_keyed(&t, &field);
            model_add(&m, &field);
        }
        check_same(&t, &m);
    }
    free(m.entries);
    guard_free(memory, bytes);
}
END_TEST

START_TEST(rfc7541_4_1_size_is_octets_and_32_an_entry) {
    uint32_t memory[64];
    hpack_table t;

    hpack_table_init(&t, memory, sizeof memory);
    add(&t, "", 0);
    ck_assert_uint_eq(t.size, 32);
    add(&t, "name", 5);
    ck_assert_uint_eq(t.size, 32 + 41);
}
END_TEST

START_TEST(rfc7541_4_1_entries_of_no_octets_fill_a_table_to_the_brim) {
    uint32_t memory[64];
    hpack_table t;
    int i;

    hpack_table_init(&t, memory, sizeof memory);
    for (i = 0; i < 100; i++) add(&t, "", 0);
    ck_assert_uint_eq(t.count, 8);
    ck_assert_uint_eq(t.size, 256);
}
END_TEST

START_TEST(rfc7541_4_3_a_lower_limit_evicts_the_oldest) {
    uint32_t memory[64];
    hpack_table t;
    hpack_field field;

    hpack_table_init(&t, memory, sizeof memory);
    add(&t, "oldest", 10);
    add(&t, "newest", 10);
    hpack_table_resize(&t, 95);
    ck_assert_uint_eq(t.count, 1);
    hpack_table_get(&t, 0, &field);
    ck_assert_mem_eq(field.name, "newest", 6);
    hpack_table_resize(&t, 48);
    ck_assert_uint_eq(t.count, 1);
    hpack_table_resize(&t, 47);
    ck_assert_uint_eq(t.count, 0);
    hpack_table_resize(&t, 1000);
    ck_assert_uint_eq(t.max, 256);
}
END_TEST

START_TEST(rfc7541_4_4_an_entry_of_just_the_limit_stays_alone) {
    uint32_t memory[64];
    hpack_table t;

    hpack_table_init(&t, memory, sizeof memory);
    add(&t, "other", 10);
    add(&t, "name", 256 - 32 - 4);
    ck_assert_uint_eq(t.count, 1);
    ck_assert_uint_eq(t.size, 256);
}
END_TEST

START_TEST(rfc7541_4_4_an_entry_above_the_limit_empties_the_table) {
    uint32_t memory[64];
    hpack_table t;

    hpack_table_init(&t, memory, sizeof memory);
    add(&t, "other", 10);
    add(&t, "name", 256 - 32 - 3);
    ck_assert_uint_eq(t.count, 0);
    ck_assert_uint_eq(t.size, 0);
}
END_TEST

START_TEST(rfc7541_4_no_memory_is_a_table_that_keeps_nothing) {
    hpack_table t;

    hpack_table_init(&t, NULL, 0);
    add(&t, "", 0);
    add(&t, "name", 10);
    ck_assert_uint_eq(t.count, 0);
    hpack_table_resize(&t, 4096);
    add(&t, "", 0);
    ck_assert_uint_eq(t.count, 0);
}
END_TEST

Suite *rfc7541_4_dynamic_table_suite(void) {
    Suite *suite = suite_create("RFC 7541, 4: the dynamic table");
    TCase *tests = tcase_create("table");

    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, rfc7541_4_a_table_is_as_a_plain_list, 0, 11);
    tcase_add_test(tests, rfc7541_4_1_size_is_octets_and_32_an_entry);
    tcase_add_test(tests, rfc7541_4_1_entries_of_no_octets_fill_a_table_to_the_brim);
    tcase_add_test(tests, rfc7541_4_3_a_lower_limit_evicts_the_oldest);
    tcase_add_test(tests, rfc7541_4_4_an_entry_of_just_the_limit_stays_alone);
    tcase_add_test(tests, rfc7541_4_4_an_entry_above_the_limit_empties_the_table);
    tcase_add_test(tests, rfc7541_4_no_memory_is_a_table_that_keeps_nothing);
    suite_add_tcase(suite, tests);
    return suite;
}
