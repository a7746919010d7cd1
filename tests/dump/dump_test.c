/* SPDX-License-Identifier: MIT */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include "dump_test.h"

static unsigned digit(char c) {
    return (unsigned)(isdigit((unsigned char)c) ? c - '0' : tolower((unsigned char)c) - 'a' + 10);
}

static size_t octets(const char *text, const char *end, uint8_t *out) {
    size_t n = 0;
    for (; text < end; text++) {
        if (!isxdigit((unsigned char)*text)) continue;
        out[n++] = (uint8_t)(digit(text[0]) << 4 | digit(text[1]));
        text++;
    }
    return n;
}

/* One line. Returns the octets written. */
static size_t frame(const char *line, const char *end, uint8_t *out) {
    char *at;
    if (line[1] == 'P') {
        memcpy(out, H2_PREFACE, H2_PREFACE_BYTES);
        return H2_PREFACE_BYTES;
    }
    if (line[1] == '!') return octets(line + 2, end, out);
    h2_frame_header header = {.type = (uint8_t)strtoul(line + 1, &at, 16)};
    header.flags = (uint8_t)strtoul(at, &at, 16);
    header.stream_id = (uint32_t)strtoul(at, &at, 16);
    /* The payload may be given as *N: so many zeroes. */
    while (at < end && *at == ' ') at++;
    if (at < end && *at == '*') {
        header.length = (uint32_t)strtoul(at + 1, NULL, 10);
        memset(out + H2_FRAME_HEADER_BYTES, 0, header.length);
    } else {
        header.length = (uint32_t)octets(at, end, out + H2_FRAME_HEADER_BYTES);
    }
    return h2_frame_header_write(out, &header) + header.length;
}

size_t dump_bytes(const char *talk, uint8_t *out, size_t cap) {
    size_t n = 0;
    for (const char *end; *talk; talk = end + 1) {
        end = strchr(talk, '\n');
        n += frame(talk, end, out + n);
        ck_assert_uint_le(n, cap);
    }
    return n;
}

static void note(void *user, const h2dump_event *event) {
    dump_result *r = user;
    if (event->kind == H2DUMP_FRAME) r->frames++;
    if (event->kind == H2DUMP_LOST) r->lost++;
    if (event->section) r->sections++;
    if (event->note) r->note = event->note;
    if (event->n_breaches > 0 && r->n_breaches == 0) {
        r->breach = event->breaches[0];
        r->side = event->side;
        r->type = event->header.type;
    }
    r->n_breaches += event->n_breaches;
    for (size_t i = 0; i < event->n_fields; i++) {
        const hpack_field *f = &event->fields[i];
        if (strlen(r->fields) + f->name_len + f->value_len + 4 > sizeof r->fields) break;
        strncat(r->fields, f->name, f->name_len);
        strcat(r->fields, ": ");
        strncat(r->fields, f->value, f->value_len);
        strcat(r->fields, "\n");
    }
}

void dump_talk(dump_result *result, const char *talk, bool both, size_t piece) {
    static uint8_t bytes[131072];
    *result = (dump_result){0};
    h2dump_decoder *d = h2dump_decoder_new(both, note, result);
    ck_assert_ptr_nonnull(d);
    for (const char *end; *talk; talk = end + 1) {
        end = strchr(talk, '\n');
        size_t n = frame(talk, end, bytes);
        for (size_t at = 0; at < n; at += piece)
            h2dump_decode(d, *talk == '>' ? H2DUMP_CLIENT : H2DUMP_SERVER, 0, bytes + at,
                          n - at < piece ? n - at : piece);
    }
    h2dump_decode_end(d, H2DUMP_CLIENT, 0, NULL);
    h2dump_decode_end(d, H2DUMP_SERVER, 0, NULL);
    h2dump_decoder_free(d);
}
