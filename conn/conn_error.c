/* SPDX-License-Identifier: MIT */
#include "conn_error.h"
#include "conn_text.h"

const char *h2conn_version(void) {
    return H2CONN_VERSION;
}

const char *h2conn_strerror(int error) {
    switch (error) {
#define ERROR_TEXT(name, value, text)                                                                                  \
    case name: return text;
        H2CONN_ERRORS(ERROR_TEXT)
#undef ERROR_TEXT
    default: return "an unknown error";
    }
}

const char *h2conn_error_name(int error) {
    switch (error) {
#define ERROR_NAME(name, value, text)                                                                                  \
    case name: return #name;
        H2CONN_ERRORS(ERROR_NAME)
#undef ERROR_NAME
    default: return "H2CONN_EUNKNOWN";
    }
}

static int error_of_rule(h2_rule rule, bool server, bool greeted) {
    if (rule == H2_RULE_KEEPALIVE) return H2CONN_ELOST;
    if (rule == H2_RULE_MEMORY) return H2CONN_ENOMEM;
    if (rule == H2_RULE_HTTP1 || rule == H2_RULE_PREFACE) return H2CONN_EHTTP2;
    return !server && !greeted ? H2CONN_EHTTP2 : H2CONN_EPROTOCOL;
}

int h2conn_error_of(const h2_failure *why, bool server, bool greeted) {
    switch (why->culprit) {
    case H2_BY_US: return H2CONN_ECLOSED;
    case H2_BY_RULE: return error_of_rule(why->rule, server, greeted);
    case H2_BY_PEER: return H2CONN_ERESET;
    case H2_BY_GOAWAY: return H2CONN_EGOAWAY;
    case H2_BY_NOBODY:
    default: return H2CONN_OK;
    }
}

void h2conn_explain(char out[H2CONN_WHY_BYTES], int error, const h2_failure *why, const char *detail) {
    h2conn_text text;
    h2conn_text_begin(&text, out, H2CONN_WHY_BYTES);
    if (error == H2CONN_OK) return;
    h2conn_text_add(&text, h2conn_strerror(error));
    const char *rule = why->culprit == H2_BY_RULE ? h2_rule_text(why->rule) : "";
    if (rule[0] != '\0') {
        h2conn_text_add(&text, ": ");
        h2conn_text_add(&text, rule);
    }
    if (detail != NULL) {
        h2conn_text_add(&text, ": ");
        h2conn_text_add(&text, detail);
    }
    const bool outside = error == H2CONN_ELOST || error == H2CONN_ETLS; /* of HTTP/2 */
    if (why->culprit == H2_BY_NOBODY || (why->code == H2_NO_ERROR && outside)) return;
    h2conn_text_add(&text, ", code ");
    if (why->code > H2_HTTP_1_1_REQUIRED)
        h2conn_text_number(&text, why->code);
    else
        h2conn_text_add(&text, h2_code_name(why->code));
}

static bool begins_with(const char *string, const char *start) {
    while (*start != '\0' && *string == *start) {
        string++;
        start++;
    }
    return *start == '\0';
}

void h2conn_complete(char out[H2CONN_WHY_BYTES], int error, const char *why) {
    const char *base = h2conn_strerror(error);
    h2conn_text text;
    const bool whole = begins_with(why, base);
    h2conn_text_begin(&text, out, H2CONN_WHY_BYTES);
    if (!whole) h2conn_text_add(&text, base);
    if (!whole && why[0] != '\0') h2conn_text_add(&text, ": ");
    h2conn_text_add(&text, why);
}
