/* SPDX-License-Identifier: MIT */
#ifndef HPACK_INDEX_H
#define HPACK_INDEX_H

/*
 * How the encoder finds entries of its dynamic table: by two chains, over the hash of name and value, and over that of
 * a name the static table lacks. Heads and links are numbers of entries, counted from the first ever added modulo
 * 65536, so the age of one is the newest number minus its own, and one that was evicted is known by an age that the
 * table does not reach: eviction leaves the chains alone. Of the many heads of fields only the low octet is kept.
 */

#include "hpack_dynamic.h"
#include "hpack_static.h"
#include "hpack_string.h"

#ifndef H2_SMALL

/* What is hashed of a string: its first and last octets. */
static inline uint64_t hpack_ends(const char *string, size_t len) {
    if (len >= 8) return hpack_word(string, 8) * 0x9e3779b97f4a7c15u + hpack_word(string + len - 8, 8);
    if (len >= 4) return hpack_word(string, 4) | hpack_word(string + len - 4, 4) << 32;
    if (len == 0) return 0;
    return (uint8_t)string[0] | (uint32_t)(uint8_t)string[len / 2] << 8 | (uint32_t)(uint8_t)string[len - 1] << 16;
}

/* A hash of a field, of the ends of its name and value and of the middle of that: values of one field are often alike,
 * as dates are. */
static inline uint32_t hpack_field_hash(const hpack_field *field) {
    uint64_t hash = hpack_ends(field->name, field->name_len) * 0xbf58476d1ce4e5b9u;

    hash += hpack_ends(field->value, field->value_len);
    if (field->value_len > 16)
        hash = hash * 0xd6e8feb86659fd93u + hpack_word(field->value + field->value_len / 2 - 4, 8);
    return (uint32_t)(hash * 0x94d049bb133111ebu >> 32);
}

/* The bucket of a hash, by its upper bits. */
#define HPACK_BUCKET(hash, buckets) ((uint32_t)((uint64_t)(hash) * (buckets) >> 32))

/* What a head tells of ages: their low octet. */
#define HPACK_HEAD_AGES (UINT8_MAX + 1u)

/* The age of the newest entry in a bucket; no entry's when there is none. Of those that its head may mean, the one of
 * that bucket: were there a newer, the head would be its. */
static inline uint32_t hpack_newest(const hpack_encoder *e, uint32_t bucket) {
    uint32_t age = (uint8_t)(e->added - e->heads[bucket]);

    while (age < e->table.count && HPACK_BUCKET(hpack_table_key(&e->table, age).hash, HPACK_BUCKETS) != bucket)
        age += HPACK_HEAD_AGES;
    return age;
}

/* The same where entries of other buckets do no harm, for a look at them finds nothing. */
static inline uint32_t hpack_newest_likely(const hpack_encoder *e, uint32_t bucket) {
    return e->table.count <= HPACK_HEAD_AGES ? (uint8_t)(e->added - e->heads[bucket]) : hpack_newest(e, bucket);
}

/* The index in the dynamic table of an entry equal to `field`, whose hash is `hash`, or 0. */
static inline uint32_t hpack_find_field(const hpack_encoder *e, const hpack_field *field, uint32_t hash) {
    uint32_t age = hpack_newest_likely(e, HPACK_BUCKET(hash, HPACK_BUCKETS));
    uint32_t least = 0;

    /* Links lead to ever older entries; one that does not is left from an entry 65536 ago. */
    while (age - least < e->table.count - least) {
        hpack_key key = hpack_table_key(&e->table, age);

        least = age + 1;
        if (key.hash == hash) {
            hpack_field entry;

            hpack_table_get(&e->table, age, &entry);
            if (hpack_same(entry.value, entry.value_len, field->value, field->value_len) &&
                hpack_same(entry.name, entry.name_len, field->name, field->name_len))
                return HPACK_STATIC_COUNT + least;
        }
        age = (uint16_t)(e->added - key.older);
    }
    return 0;
}

/* The same for an entry with the name of `field`, whose hash `hash` is. */
static inline uint32_t hpack_find_name(const hpack_encoder *e, const hpack_field *field, uint32_t hash) {
    uint32_t age = (uint16_t)(e->added - e->name_heads[HPACK_BUCKET(hash, HPACK_NAME_BUCKETS)]);
    uint32_t least = 0;

    while (age - least < e->table.count - least) {
        hpack_record record = hpack_record_at(&e->table, age);

        least = age + 1;
        if (hpack_same((const char *)e->table.memory + record.offset, record.name_len, field->name, field->name_len))
            return HPACK_STATIC_COUNT + least;
        age = (uint16_t)(e->added - record.key.older_name);
    }
    return 0;
}

/* Make an entry of `field`, and let it be found by its name too if that is `named`. */
static inline void hpack_remember(hpack_encoder *e, const hpack_field *field, uint32_t hash, uint32_t name_hash,
                                  bool named) {
    uint32_t bucket = HPACK_BUCKET(hash, HPACK_BUCKETS);
    uint16_t *name_head = &e->name_heads[HPACK_BUCKET(name_hash, HPACK_NAME_BUCKETS)];
    uint16_t older = (uint16_t)(e->added - hpack_newest(e, bucket));

    hpack_table_add_keyed(&e->table, field, (hpack_key){hash, older, *name_head});
    e->heads[bucket] = (uint8_t)++e->added;
    if (named) *name_head = e->added;
}

/* Whether a field that seldom repeats does: the last of its bucket was, most likely, the same. */
static inline bool hpack_repeats(hpack_encoder *e, uint32_t hash, uint32_t name_hash) {
    uint16_t *passed = &e->passed[HPACK_BUCKET(name_hash, HPACK_PASSED)];
    uint16_t last = *passed;

    *passed = (uint16_t)(hash >> 16);
    return *passed == last;
}

#endif
#endif
