/* SPDX-License-Identifier: MIT */
#include "fuzz.h"
#include "h2_frame.h"

/*
 * libFuzzer's mutator for inputs that end with what a peer sends, which begins where the target says: frames are added,
 * doubled, dropped, swapped, cut in two and changed, each with a length that is right, so that what is behind the frame
 * parser is reached. One time in four octets are changed without regard to frames.
 */

#define FRAMES_MAX 64u
#define NEW_BYTES  96u

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed);

typedef struct layout {
    size_t at[FRAMES_MAX + 1]; /* where each frame begins; the last: where the whole ones end */
    size_t n;
} layout;

static unsigned random_of(unsigned *seed, unsigned n) {
    *seed = *seed * 1103515245u + 12345u;
    return (*seed >> 16) % n;
}

__attribute__((weak)) size_t fuzz_wire_at(const uint8_t *data, size_t size) {
    (void)data;
    return size > 0 ? 1 : 0;
}

static layout find_frames(const uint8_t *data, size_t size) {
    static const char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    const size_t preface_len = sizeof preface - 1;
    layout l = {.n = 0};
    size_t at = fuzz_wire_at(data, size);
    if (size - at >= preface_len && memcmp(data + at, preface, preface_len) == 0) at += preface_len;
    while (l.n < FRAMES_MAX && size - at >= H2_FRAME_HEADER_BYTES) {
        size_t length = H2_FRAME_HEADER_BYTES + ((size_t)data[at] << 16 | (size_t)data[at + 1] << 8 | data[at + 2]);
        if (length > size - at) break;
        l.at[l.n++] = at;
        at += length;
    }
    l.at[l.n] = at;
    return l;
}

/* ---- new frames ---- */

/* A field as an index, or a literal of each kind; :status, methods, names from the table and new ones. */
static size_t make_field(uint8_t *out, unsigned *seed) {
    static const uint8_t firsts[] = {0x82, 0x83, 0x84, 0x86, 0x87, 0x88, 0x8d, 0xbe, 0xbf, 0xc0};
    unsigned what = random_of(seed, 16);
    if (what < sizeof firsts) return out[0] = firsts[what], 1;
    static const uint8_t kinds[] = {0x00, 0x10, 0x40, 0x41, 0x5c, 0x08};
    size_t n = 0;
    out[n++] = what == 15 ? 0x20 | (uint8_t)random_of(seed, 31) : kinds[what - sizeof firsts];
    if (what == 15) return n;
    if ((out[0] & 0x3f) == 0 || out[0] == 0x10) {
        out[n++] = 1;
        out[n++] = (uint8_t)('a' + random_of(seed, 4));
    }
    out[n++] = (uint8_t)(random_of(seed, 2) << 7 | 3);
    bool huffman = out[n - 1] & 0x80;
    for (int i = 0; i < 3; i++) out[n++] = huffman ? 0x07 : (uint8_t)('0' + random_of(seed, 10));
    return n;
}

static size_t make_payload(uint8_t *out, uint8_t type, uint8_t *flags, unsigned *seed) {
    static const uint8_t basis[] = {0x82, 0x86, 0x84, 0x01, 1, 'a'};
    size_t n = 0;
    switch (type) {
    case H2_HEADERS:
        *flags |= H2_FLAG_END_HEADERS;
        memcpy(out, basis, sizeof basis);
        n = random_of(seed, 4) ? sizeof basis : 0;
        break;
    case H2_CONTINUATION: break;
    case H2_SETTINGS:
        if (*flags & H2_FLAG_ACK) return 0;
        for (unsigned i = random_of(seed, 3); i > 0; i--, n += H2_SETTING_BYTES) {
            memset(out + n, 0, H2_SETTING_BYTES);
            out[n + 1] = (uint8_t)random_of(seed, 10);
            out[n + 2 + random_of(seed, 4)] = (uint8_t)random_of(seed, 256);
        }
        return n;
    case H2_PING: return memset(out, 'p', H2_PING_BYTES), H2_PING_BYTES;
    case H2_GOAWAY: return memset(out, 0, H2_GOAWAY_FIXED_BYTES), H2_GOAWAY_FIXED_BYTES;
    case H2_PRIORITY: return memset(out, 0, H2_PRIORITY_BYTES), out[3] = (uint8_t)random_of(seed, 8), H2_PRIORITY_BYTES;
    case H2_RST_STREAM:
    case H2_WINDOW_UPDATE: return h2_u32_write(out, 1u << random_of(seed, 32)), H2_U32_BYTES;
    case H2_PRIORITY_UPDATE: return memcpy(out, "\0\0\0\1u=1,i", 9), out[3] = (uint8_t)random_of(seed, 8), 9;
    default: n = random_of(seed, 20); return memset(out, 'd', n), n;
    }
    for (unsigned i = random_of(seed, 5); i > 0; i--) n += make_field(out + n, seed);
    return n;
}

static size_t make_frame(uint8_t *out, unsigned *seed) {
    static const uint8_t types[] = {H2_DATA,         H2_HEADERS,         H2_HEADERS, H2_HEADERS, H2_PRIORITY,
                                    H2_RST_STREAM,   H2_SETTINGS,        H2_PING,    H2_GOAWAY,  H2_WINDOW_UPDATE,
                                    H2_CONTINUATION, H2_PRIORITY_UPDATE, 0xfa};
    uint8_t type = types[random_of(seed, sizeof types)];
    uint8_t flags = (uint8_t)(random_of(seed, 3) ? random_of(seed, 2) : random_of(seed, 256));
    if (type == H2_DATA || type == H2_HEADERS) flags &= (uint8_t) ~(random_of(seed, 4) ? H2_FLAG_PADDED | 0x20 : 0);
    size_t n = make_payload(out + H2_FRAME_HEADER_BYTES, type, &flags, seed);
    bool whole = type == H2_SETTINGS || type == H2_PING || type == H2_GOAWAY || type == H2_PRIORITY_UPDATE;
    uint32_t id = whole || (type == H2_WINDOW_UPDATE && random_of(seed, 2)) ? 0 : 1 + 2 * random_of(seed, 6);
    h2_frame_header header = {(uint32_t)n, type, flags, id};
    h2_frame_header_write(out, &header);
    return H2_FRAME_HEADER_BYTES + n;
}

/* ---- changes ---- */

static size_t insert(uint8_t *data, size_t size, size_t max, size_t at, const uint8_t *bytes, size_t n) {
    if (size + n > max) return size;
    memmove(data + at + n, data + at, size - at);
    memcpy(data + at, bytes, n);
    return size + n;
}

static void set_length(uint8_t *frame, size_t n) {
    frame[0] = (uint8_t)(n >> 16);
    frame[1] = (uint8_t)(n >> 8);
    frame[2] = (uint8_t)n;
}

/* Change the payload, and make its length right again. */
static size_t change_payload(uint8_t *data, size_t size, size_t max, size_t at, size_t end) {
    uint8_t payload[512];
    size_t n = end - at - H2_FRAME_HEADER_BYTES;
    if (n > sizeof payload / 2) return size;
    memcpy(payload, data + at + H2_FRAME_HEADER_BYTES, n);
    size_t changed = LLVMFuzzerMutate(payload, n, sizeof payload);
    if (size - n + changed > max) return size;
    memmove(data + at + H2_FRAME_HEADER_BYTES + changed, data + end, size - end);
    memcpy(data + at + H2_FRAME_HEADER_BYTES, payload, changed);
    set_length(data + at, changed);
    return size - n + changed;
}

/* A header block's frame becomes two. */
static size_t cut_block(uint8_t *data, size_t size, size_t max, size_t at, size_t end, unsigned *seed) {
    size_t n = end - at - H2_FRAME_HEADER_BYTES;
    uint8_t next[H2_FRAME_HEADER_BYTES];
    if ((data[at + 3] != H2_HEADERS && data[at + 3] != H2_CONTINUATION) || n == 0) return size;
    size_t first = random_of(seed, (unsigned)n);
    memcpy(next, data + at, sizeof next);
    next[3] = H2_CONTINUATION;
    set_length(next, n - first);
    size_t grown = insert(data, size, max, at + H2_FRAME_HEADER_BYTES + first, next, sizeof next);
    if (grown == size) return size;
    data[at + 4] &= (uint8_t)~H2_FLAG_END_HEADERS;
    set_length(data + at, first);
    return grown;
}

static size_t double_or_drop(uint8_t *data, size_t size, size_t max, size_t at, size_t end, bool twice) {
    uint8_t copy[512];
    if (twice) {
        if (end - at > sizeof copy) return size;
        memcpy(copy, data + at, end - at);
        return insert(data, size, max, end, copy, end - at);
    }
    memmove(data + at, data + end, size - end);
    return size - (end - at);
}

static size_t change_header(uint8_t *data, size_t size, size_t at, unsigned *seed) {
    switch (random_of(seed, 4)) {
    case 0: data[at + 3] = (uint8_t)random_of(seed, 18); break;
    case 1: data[at + 4] ^= (uint8_t)(1u << random_of(seed, 8)); break;
    case 2: data[at + 8] = (uint8_t)random_of(seed, 16); break;
    default: data[at + 2] = (uint8_t)(data[at + 2] + random_of(seed, 5) - 2);
    }
    return size;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed) {
    uint8_t frame[H2_FRAME_HEADER_BYTES + NEW_BYTES];
    unsigned random = seed, what = random_of(&random, 16);
    if (size == 0 || what < 4) return LLVMFuzzerMutate(data, size, max_size);
    layout l = find_frames(data, size);
    if (what < 9 || l.n == 0) {
        size_t n = make_frame(frame, &random);
        return insert(data, size, max_size, l.at[random_of(&random, (unsigned)l.n + 1)], frame, n);
    }
    unsigned i = random_of(&random, (unsigned)l.n);
    switch (what) {
    case 9:
    case 10: return change_payload(data, size, max_size, l.at[i], l.at[i + 1]);
    case 11: return cut_block(data, size, max_size, l.at[i], l.at[i + 1], &random);
    case 12: return double_or_drop(data, size, max_size, l.at[i], l.at[i + 1], true);
    case 13: return double_or_drop(data, size, max_size, l.at[i], l.at[i + 1], false);
    default: return change_header(data, size, l.at[i], &random);
    }
}
