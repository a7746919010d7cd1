/* SPDX-License-Identifier: MIT */
#ifndef FUZZ_DIFFERENCES_H
#define FUZZ_DIFFERENCES_H

/* Where our server session and libnghttp2's (1.52) are known to differ, and the section that makes ours right. */

/* What an input has said in its SETTINGS so far. */
typedef struct settings_seen {
    bool connects; /* ENABLE_CONNECT_PROTOCOL */
    bool any;
} settings_seen;

/*
 * Values that the two judge differently after others. RFC 8441, 3: ENABLE_CONNECT_PROTOCOL must not go back to 0, which
 * libnghttp2 asks of servers alone. RFC 9218, 2.1: a receiver may mind that NO_RFC7540_PRIORITIES changes after the
 * first SETTINGS; libnghttp2 does, we do not.
 */
static bool is_change(const h2_frame_header *header, const uint8_t *payload, settings_seen *seen) {
    for (uint32_t i = 0; i + H2_SETTING_BYTES <= header->length; i += H2_SETTING_BYTES) {
        uint32_t id = h2_u32_read(payload + i) >> 16;
        bool value = h2_u32_read(payload + i + 2) != 0;
        if (id == NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES && seen->any) return true;
        if (id != NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL) continue;
        if (seen->connects && !value) return true;
        seen->connects = value;
    }
    seen->any = true;
    return false;
}

/* Frames after which the two go different ways in good order: the input is cut before them. */
static bool is_beyond_comparison(const h2_frame_header *header, const uint8_t *payload, settings_seen *seen) {
    /* 6.8: after the peer's GOAWAY libnghttp2 hears nothing; we go on with what is open. */
    if (header->type == H2_GOAWAY) return true;
    if (header->type != H2_SETTINGS) return false;
    /* 10.5: libnghttp2 takes 32 entries of a SETTINGS frame; our ledger is asked to bear all here. */
    if (header->length > 32 * H2_SETTING_BYTES || is_change(header, payload, seen)) return true;
    /* 6.5.3: values are processed in order; libnghttp2 looks at the last of each identifier alone. */
    for (uint32_t i = 0; i + 2 * H2_SETTING_BYTES <= header->length; i += H2_SETTING_BYTES)
        for (uint32_t j = i + H2_SETTING_BYTES; j + H2_SETTING_BYTES <= header->length; j += H2_SETTING_BYTES)
            if (memcmp(payload + i, payload + j, 2) == 0) return true;
    return false;
}

static bool is_fault(const note *n) {
    return n && (n->kind == STREAM_FAULT || n->kind == SESSION_FAULT);
}

static bool is_session_fault(const note *n, uint32_t frame) {
    return n && n->kind == SESSION_FAULT && n->frame == frame;
}

static bool is_block(uint32_t frame) {
    return frame == H2_HEADERS || frame == H2_CONTINUATION;
}

/* What ours notes where theirs notes something else; either may be missing. */
static bool is_known_difference(const note *a, const note *b) {
    /* 5.4.2: a stream error may be treated as one of the connection. */
    if (is_fault(a) && is_fault(b) && a->kind != b->kind && class_of(a) == class_of(b)) return true;
    /* 4.3: a frame of a header block may be wrong in itself and undecodable; either may be found first. */
    if (a && b && a->kind == SESSION_FAULT && b->kind == SESSION_FAULT && (is_block(a->frame) || is_block(b->frame)))
        return true;
    /* 10.3: libnghttp2 resets a stream at the first bad field, we when the block is complete. When the block turns out
     * to be broken, the connection is what ends. */
    if (b && b->kind == STREAM_FAULT && a && a->kind == SESSION_FAULT && is_block(b->frame)) return true;
    /* 8.3.1 demands a method, a scheme and a path, libnghttp2 an authority or Host too; 8.2.1 forbids NUL, CR and LF,
     * libnghttp2 every control character; RFC 9110, 8.6 lets content-length come twice with one value, and one among
     * trailers (6.5.1) says nothing of the content, which libnghttp2 holds to it. */
    if (a && a->kind == SECTION && a->lax && b && b->kind == STREAM_FAULT && b->id == a->id) return true;
    /* 8.3.1: an authority with user information is malformed. RFC 8441, 4 and RFC 9110, 7.8: so is a protocol that is
     * no token, which libnghttp2 takes for any field's value. */
    if (a && a->kind == STREAM_FAULT && b && b->kind == SECTION && b->lax && a->id == b->id) return true;
    /* 8.1.1: DATA beyond content-length is judged before any of it is delivered; libnghttp2 delivers it first. */
    if (a && a->kind == STREAM_FAULT && a->frame == H2_DATA && b && b->kind == DATA && a->id == b->id) return true;
    /* RFC 7540, 5.3.1: a stream that depends on itself; libnghttp2 ignores priorities. */
    if (is_fault(a) && a->frame == H2_PRIORITY && a->code == H2_PROTOCOL_ERROR) return true;
    /* The same in HEADERS, which it minds where a stream opens, and not of trailers. */
    if (a && a->kind == STREAM_FAULT && a->own && a->code == H2_PROTOCOL_ERROR) return true;
    /* RFC 9218, 7.1: PRIORITY_UPDATE for stream 0 is a connection error; libnghttp2 ignores it. */
    if (is_session_fault(a, H2_PRIORITY_UPDATE)) return true;
    /* 5.1.1: a new stream's identifier below one that was used is a connection error, and so (5.1) is DATA on a stream
     * that was skipped; libnghttp2 takes both for frames of a stream it has forgotten. */
    if (is_session_fault(a, H2_HEADERS) || is_session_fault(a, H2_DATA)) return true;
    return false;
}

#endif
