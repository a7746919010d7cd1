/* SPDX-License-Identifier: MIT */
#include <nghttp2/nghttp2.h>
#include <stdio.h>
#include "fuzz.h"
#include "wire.h"

/*
 * The same octets to our server session and to libnghttp2's. Neither answers. What each tells its program until one of
 * them finds the first fault must be the same, and so must the fault: how far it reaches and its code. differences.h
 * lists where the two differ, with the section that makes ours right.
 */

#define NOTES_MAX 512u

typedef enum note_kind { SECTION, DATA, END, RESET_BY_PEER, STREAM_FAULT, SESSION_FAULT } note_kind;

typedef struct note {
    note_kind kind;
    uint32_t id, sum, code;
    uint32_t frame; /* the type of the frame it came of */
    uint32_t nth;   /* and its number */
    bool lax;       /* a section that differences.h has more to say of */
    bool own;       /* the frame makes its stream depend on itself */
} note;

typedef struct story {
    note notes[NOTES_MAX];
    size_t n;
    uint32_t sum;
    bool over;
    uint32_t frame, nth; /* the one being received */
    bool lax, own;
} story;

static story ours, theirs;

/* Resets of streams that were never told of, or were reset before, are nothing. */
static bool was_heard_of(const story *s, uint32_t id) {
    bool heard = false;
    for (size_t i = 0; i < s->n; i++)
        if (s->notes[i].id == id && s->notes[i].kind == SECTION)
            heard = true;
        else if (s->notes[i].id == id && s->notes[i].kind == RESET_BY_PEER)
            return false;
    return heard;
}

static void add(story *s, note_kind kind, uint32_t id, uint32_t sum, uint32_t code) {
    if (s->over || s->n == NOTES_MAX) return;
    if (kind == RESET_BY_PEER && !was_heard_of(s, id)) return;
    note *last = s->n > 0 ? &s->notes[s->n - 1] : NULL;
    /* DATA is compared whatever pieces it came in */
    if (kind == DATA && last && last->kind == DATA && last->id == id && last->nth == s->nth) {
        last->sum = sum;
        return;
    }
    s->notes[s->n++] = (note){kind, id, sum, code, s->frame, s->nth, s->lax, s->own};
    s->over = kind == STREAM_FAULT || kind == SESSION_FAULT;
}

static uint32_t mix(uint32_t sum, const void *bytes, size_t n) {
    for (size_t i = 0; i < n; i++) sum = (sum ^ ((const uint8_t *)bytes)[i]) * 16777619u;
    return sum * 31 + (uint32_t)n;
}

/* One frame after the other, so that faults come in the order of the frames. */
static void frames_each(const uint8_t *data, size_t size, bool (*take)(void *ctx, const uint8_t *frame, size_t n),
                        void *ctx) {
    while (size >= H2_FRAME_HEADER_BYTES) {
        size_t n = H2_FRAME_HEADER_BYTES + ((size_t)data[0] << 16 | (size_t)data[1] << 8 | data[2]);
        if (!take(ctx, data, n)) return;
        data += n;
        size -= n;
    }
}

/* ---- ours ---- */

static h2_session *session;

static void on_headers(void *user, uint32_t id, h2_section section, const h2_field *fields, size_t n, bool end) {
    uint32_t sum = 0;
    (void)user;
    bool nowhere = section == H2_REQUEST, control = false;
    unsigned lengths = 0;
    for (size_t i = 0; i < n; i++) {
        bool authority = fields[i].name_len == 10 && memcmp(fields[i].name, ":authority", 10) == 0;
        bool host = fields[i].name_len == 4 && memcmp(fields[i].name, "host", 4) == 0;
        if ((authority || host) && fields[i].value_len > 0) nowhere = false;
        lengths += fields[i].name_len == 14 && memcmp(fields[i].name, "content-length", 14) == 0;
        for (size_t at = 0; at < fields[i].value_len; at++) {
            uint8_t c = (uint8_t)fields[i].value[at];
            control = control || (c < ' ' && c != '\t') || c == 0x7f;
        }
        sum = mix(sum, fields[i].name, fields[i].name_len);
        sum = mix(sum, fields[i].value, fields[i].value_len);
    }
    ours.lax = nowhere || control || lengths > (section == H2_TRAILERS ? 0 : 1);
    add(&ours, SECTION, id, sum, 0);
    if (end) add(&ours, END, id, 0, 0);
}

static void on_data(void *user, uint32_t id, const uint8_t *bytes, size_t len, bool end) {
    (void)user;
    if (len > 0) {
        for (size_t i = 0; i < len; i++) ours.sum = (ours.sum ^ bytes[i]) * 16777619u;
        add(&ours, DATA, id, ours.sum, 0);
        h2_stream_consumed(session, id, len);
    }
    if (end) add(&ours, END, id, 0, 0);
}

static void on_closed(void *user, uint32_t id, const h2_failure *why) {
    (void)user;
    if (why->culprit == H2_BY_PEER) add(&ours, RESET_BY_PEER, id, 0, why->code);
}

static void frame_ours(void *user, bool sent, const h2_frame_header *header, const uint8_t *payload, size_t n) {
    (void)user;
    (void)n;
    if (!sent) {
        ours.frame = header->type;
        ours.nth++;
        return;
    }
    if (header->type == H2_RST_STREAM) add(&ours, STREAM_FAULT, header->stream_id, 0, h2_u32_read(payload));
    if (header->type == H2_GOAWAY && h2_u32_read(payload + 4))
        add(&ours, SESSION_FAULT, 0, 0, h2_u32_read(payload + 4));
}

/* A header block's frames are all as the first says. */
static bool depends_on_itself(const uint8_t *frame, size_t n) {
    size_t at = H2_FRAME_HEADER_BYTES + (frame[4] & H2_FLAG_PADDED ? 1 : 0);
    return frame[3] == H2_HEADERS && frame[4] & H2_FLAG_PRIORITY && n >= at + H2_U32_BYTES &&
           (h2_u32_read(frame + at) & 0x7fffffffu) == h2_u32_read(frame + 5);
}

static bool take_ours(void *ctx, const uint8_t *frame, size_t n) {
    if (frame[3] != H2_CONTINUATION) ours.own = depends_on_itself(frame, n);
    return wire_deliver(session, frame, n, *(const uint8_t *)ctx, NULL, NULL);
}

static void run_ours(const uint8_t *data, size_t size, uint8_t pieces) {
    h2_config config = h2_config_hosted(true);
    h2_handlers handlers = {
        .on_headers = on_headers, .on_data = on_data, .on_closed = on_closed, .on_frame = frame_ours};
    config.stream_window = config.session_window = 65535;
    config.header_bytes = 60000;
    config.header_fields = 2000;
    config.continuations = 255;
    config.abuse_burst = UINT16_MAX;
    config.connect_protocol = true;
    size_t bytes = h2_session_size(&config);
    void *memory = malloc(bytes);
    must(memory && h2_session_init(&session, memory, bytes, &config, &handlers, NULL) == H2_OK);
    if (wire_deliver(session, (const uint8_t *)H2_PREFACE, H2_PREFACE_BYTES, 0, NULL, NULL))
        frames_each(data, size, take_ours, &pieces);
    free(memory);
}

/* ---- theirs ---- */

static uint32_t section_sum;

static int nv(nghttp2_session *s, const nghttp2_frame *frame, const uint8_t *name, size_t name_len,
              const uint8_t *value, size_t value_len, uint8_t flags, void *user) {
    (void)s;
    (void)frame;
    (void)flags;
    (void)user;
    bool authority = name_len == 10 && memcmp(name, ":authority", 10) == 0;
    bool host = name_len == 4 && memcmp(name, "host", 4) == 0;
    bool protocol = name_len == 9 && memcmp(name, ":protocol", 9) == 0;
    if ((authority || host) && memchr(value, '@', value_len)) theirs.lax = true;
    for (size_t at = 0; protocol && at < value_len; at++)
        if (value[at] <= ' ' || value[at] >= 0x7f) theirs.lax = true;
    section_sum = mix(section_sum, name, name_len);
    section_sum = mix(section_sum, value, value_len);
    return 0;
}

static int begin(nghttp2_session *s, const nghttp2_frame *frame, void *user) {
    (void)s;
    (void)frame;
    (void)user;
    section_sum = 0;
    theirs.lax = false;
    return 0;
}

static int frame_theirs(nghttp2_session *s, const nghttp2_frame *frame, void *user) {
    uint32_t id = (uint32_t)frame->hd.stream_id;
    (void)s;
    (void)user;
    if (frame->hd.type == NGHTTP2_HEADERS) add(&theirs, SECTION, id, section_sum, 0);
    bool end = frame->hd.flags & NGHTTP2_FLAG_END_STREAM;
    if (end && (frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA)) add(&theirs, END, id, 0, 0);
    if (frame->hd.type == NGHTTP2_RST_STREAM) add(&theirs, RESET_BY_PEER, id, 0, frame->rst_stream.error_code);
    return 0;
}

static int chunk(nghttp2_session *s, uint8_t flags, int32_t id, const uint8_t *bytes, size_t n, void *user) {
    (void)s;
    (void)flags;
    (void)user;
    for (size_t i = 0; i < n; i++) theirs.sum = (theirs.sum ^ bytes[i]) * 16777619u;
    if (n > 0) add(&theirs, DATA, (uint32_t)id, theirs.sum, 0);
    return 0;
}

static int sent_theirs(nghttp2_session *s, const nghttp2_frame *frame, void *user) {
    (void)s;
    (void)user;
    if (frame->hd.type == NGHTTP2_RST_STREAM)
        add(&theirs, STREAM_FAULT, (uint32_t)frame->hd.stream_id, 0, frame->rst_stream.error_code);
    if (frame->hd.type == NGHTTP2_GOAWAY && frame->goaway.error_code)
        add(&theirs, SESSION_FAULT, 0, 0, frame->goaway.error_code);
    return 0;
}

static void flush_theirs(nghttp2_session *s) {
    const uint8_t *out;
    while (nghttp2_session_mem_send(s, &out) > 0) {
    }
}

static bool take_theirs(void *ctx, const uint8_t *frame, size_t n) {
    theirs.frame = frame[3];
    theirs.nth++;
    if (nghttp2_session_mem_recv(ctx, frame, n) < 0) return false;
    flush_theirs(ctx);
    return true;
}

static void run_theirs(const uint8_t *data, size_t size) {
    nghttp2_session *s;
    nghttp2_session_callbacks *callbacks;
    nghttp2_option *option;
    nghttp2_settings_entry settings[] = {{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, 128},
                                         {NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL, 1},
                                         {NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1}};
    nghttp2_session_callbacks_new(&callbacks);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, nv);
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, begin);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, frame_theirs);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, chunk);
    nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, sent_theirs);
    nghttp2_option_new(&option);
    nghttp2_option_set_builtin_recv_extension_type(option, NGHTTP2_PRIORITY_UPDATE);
    must(nghttp2_session_server_new2(&s, callbacks, NULL, option) == 0);
    nghttp2_option_del(option);
    nghttp2_session_callbacks_del(callbacks);
    nghttp2_submit_settings(s, NGHTTP2_FLAG_NONE, settings, 3);
    must(nghttp2_session_mem_recv(s, (const uint8_t *)H2_PREFACE, H2_PREFACE_BYTES) == (ssize_t)H2_PREFACE_BYTES);
    flush_theirs(s);
    frames_each(data, size, take_theirs, s);
    flush_theirs(s);
    nghttp2_session_del(s);
}

/* ---- both ---- */

static void print(const char *who, const story *s, size_t from) {
    static const char *const kinds[] = {"section", "data", "end", "reset by peer", "stream fault", "session fault"};
    for (size_t i = from; i < s->n && i < from + 2; i++)
        fprintf(stderr, "%s: %s of %u, sum %08x, code %u, at a frame of type %u\n", who, kinds[s->notes[i].kind],
                s->notes[i].id, s->notes[i].sum, s->notes[i].code, s->notes[i].frame);
    if (from >= s->n) fprintf(stderr, "%s: nothing more\n", who);
}

/* 7: which of two codes fits best is often a matter of what is looked at first. */
static uint32_t class_of(const note *n) {
    bool wrong = n->code == H2_PROTOCOL_ERROR || n->code == H2_FRAME_SIZE_ERROR || n->code == H2_STREAM_CLOSED;
    return wrong ? H2_PROTOCOL_ERROR : n->code;
}

static bool is_same(const note *a, const note *b) {
    bool fault = a->kind == STREAM_FAULT || a->kind == SESSION_FAULT;
    if (a->kind != b->kind || a->id != b->id || a->sum != b->sum) return false;
    return fault ? class_of(a) == class_of(b) : a->code == b->code;
}

#include "differences.h"

/* The octets up to the end of the last whole frame that is not in an unfinished header block: what is cut off may be
 * judged at once or when the rest has come. */
static size_t whole_frames(const uint8_t *data, size_t size) {
    size_t at = 0, end = 0;
    settings_seen seen = {0};
    while (size - at >= H2_FRAME_HEADER_BYTES) {
        h2_frame_header header;
        h2_frame_header_read(&header, data + at);
        if (header.length > size - at - H2_FRAME_HEADER_BYTES ||
            is_beyond_comparison(&header, data + at + H2_FRAME_HEADER_BYTES, &seen))
            break;
        at += H2_FRAME_HEADER_BYTES + header.length;
        bool block = header.type == H2_HEADERS || header.type == H2_CONTINUATION;
        if (!block || header.flags & H2_FLAG_END_HEADERS) end = at;
    }
    return end;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 1) return 0;
    size_t wire = whole_frames(data + 1, size - 1), i = 0;
    ours = theirs = (story){.n = 0};
    run_ours(data + 1, wire, data[0]);
    run_theirs(data + 1, wire);
    while (i < ours.n && i < theirs.n && is_same(&ours.notes[i], &theirs.notes[i])) i++;
    if (i == ours.n && i == theirs.n) return 0;
    if (is_known_difference(i < ours.n ? &ours.notes[i] : NULL, i < theirs.n ? &theirs.notes[i] : NULL)) return 0;
    print("ours", &ours, i);
    print("libnghttp2", &theirs, i);
#ifdef LIST
    for (i = 1; i <= wire && i < 400; i++) fprintf(stderr, "%02x", data[i]);
    fprintf(stderr, "\n");
#else
    abort();
#endif
    return 0;
}
