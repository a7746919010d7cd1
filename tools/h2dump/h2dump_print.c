/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <string.h>
#include "h2dump_print.h"
#include "tool_frame.h"

#define RED  "\033[31m"
#define DIM  "\033[2m"
#define BOLD "\033[1m"
#define OFF  "\033[0m"

/* Where a rule stands, as its sentence ends: "... (5.1)". */
typedef struct sentence {
    const char *text;
    int text_len;
    const char *section;
    int section_len;
} sentence;

static sentence split(const char *whole) {
    sentence s = {.text = whole, .text_len = (int)strlen(whole), .section = ""};
    const char *open = strrchr(whole, '(');
    if (!open || open == whole || whole[s.text_len - 1] != ')') return s;
    s.section = open + 1;
    s.section_len = s.text_len - (int)(open + 1 - whole) - 1;
    s.text_len = (int)(open - 1 - whole);
    return s;
}

/* Sections are of RFC 9113 where the sentence does not say otherwise. */
static const char *document(const sentence *s) {
    return strncmp(s->section, "RFC", 3) == 0 ? "" : strstr(s->section, "of RFC 7540") ? "section " : "RFC 9113, ";
}

static const char *breach_text(const h2dump_breach *b) {
    return b->hpack ? hpack_error_text(b->hpack) : h2_rule_text(b->rule);
}

/* ---- text ---- */

static const char *colour(const h2dump_printer *p, const char *code) {
    return p->colour ? code : "";
}

/* Printable ASCII as it is, everything else as \xNN. */
static void escape(FILE *out, const char *bytes, size_t n) {
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)bytes[i];
        if (c == '\\')
            fputs("\\\\", out);
        else if (c >= ' ' && c < 0x7f)
            fputc(c, out);
        else
            fprintf(out, "\\x%02x", c);
    }
}

static void begin_line(h2dump_printer *p, uint32_t number, const h2dump_event *event) {
    if (p->numbered) fprintf(p->out, "#%" PRIu32 " ", number);
    fprintf(p->out, "%s%11.6f%s ", colour(p, DIM), (double)event->time_us / 1e6, colour(p, OFF));
}

static void print_breach(h2dump_printer *p, const h2dump_breach *b) {
    sentence s = split(breach_text(b));
    const char *reach = h2_rule_scope(b->rule) == H2_SCOPE_STREAM ? "stream" : "connection";
    fprintf(p->out, "%s            ! %s%.*s: %.*s; %s error %s%s\n", colour(p, RED), document(&s), s.section_len,
            s.section, s.text_len, s.text, reach, h2_code_name((uint32_t)h2_rule_code(b->rule)), colour(p, OFF));
}

static void print_data(h2dump_printer *p, const h2dump_event *event) {
    const size_t prefix = h2_frame_prefix_bytes(&event->header);
    if (p->data == 0 || event->header.type != H2_DATA || event->n <= prefix) return;
    h2_frame_prefix read = {.content = event->header.length};
    if (h2_frame_prefix_read(&read, &event->header, event->payload) != H2_RULE_NONE) return;
    size_t n = event->n - prefix;
    if (n > read.content) n = read.content;
    const bool cut = n > p->data || n < read.content;
    if (n > p->data) n = p->data;
    fprintf(p->out, "            \"");
    escape(p->out, (const char *)event->payload + prefix, n);
    fprintf(p->out, "\"%s\n", cut ? "..." : "");
}

static void print_text(h2dump_printer *p, uint32_t number, const h2dump_event *event) {
    char line[TOOL_FRAME_LINE_BYTES];
    const char mark = event->side == H2DUMP_CLIENT ? '>' : '<';
    begin_line(p, number, event);
    if (event->kind == H2DUMP_FRAME) {
        tool_frame_line(line, event->side == H2DUMP_CLIENT, &event->header, event->payload, event->n);
        fprintf(p->out, "%s%s%s\n", colour(p, BOLD), line, colour(p, OFF));
    } else {
        fprintf(p->out, "%c %s\n", mark, event->kind == H2DUMP_PREFACE ? "PREFACE" : event->note);
    }
    for (size_t i = 0; i < event->n_fields; i++) {
        const hpack_field *f = &event->fields[i];
        fprintf(p->out, "            ");
        escape(p->out, f->name, f->name_len);
        fprintf(p->out, ": ");
        escape(p->out, f->value, f->value_len);
        fprintf(p->out, "%s\n", f->never_index ? "  (never indexed)" : "");
    }
    print_data(p, event);
    if (event->kind == H2DUMP_FRAME && event->note) fprintf(p->out, "            (%s)\n", event->note);
    for (size_t i = 0; i < event->n_breaches; i++) print_breach(p, &event->breaches[i]);
}

/* ---- JSON ---- */

/* A string of octets: those that are not printable ASCII stand for U+0000 to U+00FF. */
static void json_string(FILE *out, const char *bytes, size_t n) {
    fputc('"', out);
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)bytes[i];
        if (c == '"' || c == '\\')
            fprintf(out, "\\%c", c);
        else if (c >= ' ' && c < 0x7f)
            fputc(c, out);
        else
            fprintf(out, "\\u%04x", c);
    }
    fputc('"', out);
}

static void json_text(FILE *out, const char *name, const char *text) {
    fprintf(out, ",\"%s\":", name);
    json_string(out, text, strlen(text));
}

static void json_breaches(FILE *out, const h2dump_event *event) {
    if (event->n_breaches == 0) return;
    fprintf(out, ",\"violations\":[");
    for (size_t i = 0; i < event->n_breaches; i++) {
        const h2dump_breach *b = &event->breaches[i];
        sentence s = split(breach_text(b));
        fprintf(out, "%s{\"section\":\"%s%.*s\",\"text\":", i ? "," : "", document(&s), s.section_len, s.section);
        json_string(out, s.text, (size_t)s.text_len);
        fprintf(out, ",\"code\":\"%s\",\"scope\":\"%s\"}", h2_code_name((uint32_t)h2_rule_code(b->rule)),
                h2_rule_scope(b->rule) == H2_SCOPE_STREAM ? "stream" : "connection");
    }
    fputc(']', out);
}

static void json_fields(FILE *out, const h2dump_event *event) {
    fprintf(out, ",\"fields\":[");
    for (size_t i = 0; i < event->n_fields; i++) {
        const hpack_field *f = &event->fields[i];
        fprintf(out, "%s[", i ? "," : "");
        json_string(out, f->name, f->name_len);
        fputc(',', out);
        json_string(out, f->value, f->value_len);
        fputc(']', out);
    }
    fputc(']', out);
}

static void print_json(h2dump_printer *p, uint32_t number, const h2dump_event *event) {
    static const char *const kinds[] = {"preface", "frame", "lost"};
    fprintf(p->out, "{\"connection\":%" PRIu32 ",\"time\":%.6f,\"from\":\"%s\",\"event\":\"%s\"", number,
            (double)event->time_us / 1e6, event->side == H2DUMP_CLIENT ? "client" : "server", kinds[event->kind]);
    if (event->kind == H2DUMP_FRAME) {
        char line[TOOL_FRAME_LINE_BYTES];
        const h2_frame_header *h = &event->header;
        fprintf(p->out, ",\"type\":\"%s\",\"type_code\":%u,\"flags\":%u,\"stream\":%" PRIu32 ",\"length\":%" PRIu32,
                h2_frame_name(h->type), h->type, h->flags, h->stream_id, h->length);
        tool_frame_line(line, event->side == H2DUMP_CLIENT, h, event->payload, event->n);
        json_text(p->out, "text", line + 2);
    }
    if (event->section) json_fields(p->out, event);
    if (event->note) json_text(p->out, "note", event->note);
    json_breaches(p->out, event);
    fputs("}\n", p->out);
}

/* ---- all ---- */

void h2dump_print_event(h2dump_printer *p, uint32_t number, const h2dump_event *event) {
    p->violations += event->n_breaches;
    if (p->json)
        print_json(p, number, event);
    else
        print_text(p, number, event);
}

void h2dump_print_connection(h2dump_printer *p, uint32_t number, const char *client, const char *server) {
    if (p->json) {
        fprintf(p->out, "{\"connection\":%" PRIu32 ",\"event\":\"connection\"", number);
        json_text(p->out, "client", client);
        json_text(p->out, "server", server);
        fputs("}\n", p->out);
    } else if (p->numbered) {
        fprintf(p->out, "#%" PRIu32 " connection%s%s%s%s\n", number, *client ? " " : "", client, *client ? " > " : "",
                server);
    }
}

void h2dump_print_note(h2dump_printer *p, const char *note) {
    if (p->json) {
        fputs("{\"event\":\"note\"", p->out);
        json_text(p->out, "note", note);
        fputs("}\n", p->out);
    } else {
        fprintf(p->out, "(%s)\n", note);
    }
}
