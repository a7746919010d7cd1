/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include "h2dump_input.h"
#include "h2dump_pcap.h"
#include "tool_record.h"

#define CHUNK_BYTES 65536u

/* ---- the source ---- */

ptrdiff_t h2dump_source_some(h2dump_source *s, uint8_t *buf, size_t len) {
    if (s->n_peeked > 0) {
        size_t n = s->n_peeked < len ? s->n_peeked : len;
        memcpy(buf, s->peeked, n);
        memmove(s->peeked, s->peeked + n, s->n_peeked -= n);
        return (ptrdiff_t)n;
    }
    ptrdiff_t n = s->read(s->ctx, buf, len);
    if (n < 0) s->failed = true;
    return n < 0 ? 0 : n;
}

bool h2dump_source_exactly(h2dump_source *s, uint8_t *buf, size_t len) {
    while (len > 0) {
        ptrdiff_t n = h2dump_source_some(s, buf, len);
        if (n <= 0) return false;
        buf += n;
        len -= (size_t)n;
    }
    return true;
}

/* ---- connections ---- */

static void print(void *user, const h2dump_event *event) {
    h2dump_conn *conn = user;
    h2dump_print_event(conn->printer, conn->number, event);
}

h2dump_conn *h2dump_conn_new(h2dump_conns *all, bool both, const char *client, const char *server) {
    h2dump_conn *conn = all->count < H2DUMP_CONNECTIONS ? calloc(1, sizeof *conn) : NULL;
    if (conn) conn->decoder = h2dump_decoder_new(both, print, conn);
    if (!conn || !conn->decoder) {
        free(conn);
        all->left_out++;
        return NULL;
    }
    conn->printer = all->printer;
    conn->number = ++all->numbers;
    conn->next = all->list;
    all->list = conn;
    all->count++;
    h2dump_print_connection(all->printer, conn->number, client, server);
    return conn;
}

void h2dump_conn_end(h2dump_conns *all, h2dump_conn *conn) {
    h2dump_conn **place = &all->list;
    while (*place != conn) place = &(*place)->next;
    *place = conn->next;
    all->count--;
    h2dump_decode_end(conn->decoder, H2DUMP_CLIENT, all->time_us, NULL);
    h2dump_decode_end(conn->decoder, H2DUMP_SERVER, all->time_us, NULL);
    h2dump_decoder_free(conn->decoder);
    free(conn);
}

/* ---- plain bytes ---- */

static const char *plain(h2dump_source *s, h2dump_conns *all, int from) {
    static const char too_large[] = "memory is out";
    uint8_t *buf = malloc(CHUNK_BYTES);
    h2dump_conn *conn = buf ? h2dump_conn_new(all, false, "", "") : NULL;
    if (!conn) {
        free(buf);
        return too_large;
    }
    h2dump_side side = from >= 0 ? (h2dump_side)from : s->peeked[0] == 'P' ? H2DUMP_CLIENT : H2DUMP_SERVER;
    ptrdiff_t n;
    while ((n = h2dump_source_some(s, buf, CHUNK_BYTES)) > 0) h2dump_decode(conn->decoder, side, 0, buf, (size_t)n);
    h2dump_conn_end(all, conn);
    free(buf);
    return NULL;
}

/* ---- recordings ---- */

static h2dump_conn *find(h2dump_conns *all, uint32_t key) {
    for (h2dump_conn *conn = all->list; conn; conn = conn->next)
        if (conn->key == key) return conn;
    h2dump_conn *conn = h2dump_conn_new(all, true, "", "");
    if (conn) conn->key = key;
    return conn;
}

/* The bytes of one record. False when they end too early. */
static bool take_record(h2dump_source *s, h2dump_conns *all, const tool_record *r, uint8_t *buf) {
    const h2dump_side side = r->from == '>' ? H2DUMP_CLIENT : H2DUMP_SERVER;
    h2dump_conn *conn = find(all, r->number);
    all->time_us = r->time_us;
    for (uint32_t left = r->length; left > 0;) {
        ptrdiff_t n = h2dump_source_some(s, buf, left < CHUNK_BYTES ? left : CHUNK_BYTES);
        if (n <= 0) return false;
        if (conn) h2dump_decode(conn->decoder, side, r->time_us, buf, (size_t)n);
        left -= (uint32_t)n;
    }
    if (!conn || r->length > 0) return true;
    h2dump_decode_end(conn->decoder, side, r->time_us, NULL);
    conn->ended[side] = true;
    if (conn->ended[0] && conn->ended[1]) h2dump_conn_end(all, conn);
    return true;
}

static const char *recording(h2dump_source *s, h2dump_conns *all) {
    static const char cut[] = "the recording ends within a record";
    uint8_t head[TOOL_RECORD_HEADER_BYTES], *buf = malloc(CHUNK_BYTES);
    const char *wrong = buf ? NULL : "memory is out";
    while (!wrong) {
        tool_record r;
        ptrdiff_t first = h2dump_source_some(s, head, 1);
        if (first == 0) break;
        if (!h2dump_source_exactly(s, head + 1, sizeof head - 1)) {
            wrong = cut;
            break;
        }
        tool_record_read(&r, head);
        if (r.from != '>' && r.from != '<')
            wrong = "the recording is damaged: a record is of neither side";
        else if (!take_record(s, all, &r, buf))
            wrong = cut;
    }
    free(buf);
    return wrong;
}

/* ---- all ---- */

const char *h2dump_input(h2dump_source *s, h2dump_printer *p, int from) {
    h2dump_conns all = {.printer = p};
    const char *wrong = NULL;
    while (s->n_peeked < TOOL_RECORD_MAGIC_BYTES) {
        ptrdiff_t n = s->read(s->ctx, s->peeked + s->n_peeked, TOOL_RECORD_MAGIC_BYTES - s->n_peeked);
        if (n < 0) s->failed = true;
        if (n <= 0) break;
        s->n_peeked += (size_t)n;
    }
    if (s->n_peeked == 0) return s->failed ? NULL : "the capture is empty";
    if (from < 0 && s->n_peeked == TOOL_RECORD_MAGIC_BYTES &&
        memcmp(s->peeked, TOOL_RECORD_MAGIC, TOOL_RECORD_MAGIC_BYTES) == 0) {
        s->n_peeked = 0;
        p->numbered = true;
        wrong = recording(s, &all);
    } else if (from < 0 && h2dump_is_pcap(s->peeked, s->n_peeked)) {
        p->numbered = true;
        wrong = h2dump_pcap(s, &all);
    } else {
        wrong = plain(s, &all, from);
    }
    while (all.list) h2dump_conn_end(&all, all.list);
    if (all.left_out > 0) h2dump_print_note(p, "more connections at once than are followed: some were left out");
    return wrong;
}
