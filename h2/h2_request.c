/* SPDX-License-Identifier: MIT */
#include "h2_chars.h"
#include "h2_field.h"

/* 8.5, and RFC 8441, 4 when :protocol is there. */
static h2_rule check_connect(const h2_message *m, bool extended_connect) {
    const hpack_field *authority = m->field[H2_NAME_AUTHORITY];
    const bool scheme = m->field[H2_NAME_SCHEME], path = m->field[H2_NAME_PATH];
    if (!m->field[H2_NAME_PROTOCOL])
        return authority && authority->value_len && !scheme && !path ? H2_RULE_NONE : H2_RULE_CONNECT;
    if (!extended_connect) return H2_RULE_PSEUDO_UNKNOWN;
    return authority && scheme && path ? H2_RULE_NONE : H2_RULE_CONNECT;
}

/* 8.3.1: not empty for http and https, absolute, or "*" with OPTIONS. */
static bool path_is_valid(const hpack_field *path, const hpack_field *method) {
    if (path->value_len == 0) return false;
    return path->value[0] == '/' || (H2_VALUE_IS(path, "*") && H2_VALUE_IS(method, "OPTIONS"));
}

static bool is_host(const hpack_field *f) {
    return f->value_len > 0 && h2_are_host(f->value, f->value_len);
}

/* What h2_fields_check leaves to a server alone. */
static h2_rule check_parts(const h2_message *m) {
#ifdef H2_SMALL
    static const h2_chars *const sorts[] = {[H2_NAME_METHOD] = &h2_chars_method,
                                            [H2_NAME_SCHEME] = &h2_chars_scheme,
                                            [H2_NAME_AUTHORITY] = &h2_chars_authority};
    for (int name = 0; name <= H2_NAME_AUTHORITY; name++) {
        const hpack_field *f = m->field[name];
        if (f && !h2_chars_all(sorts[name], f->value, f->value_len)) return H2_RULE_PSEUDO_VALUE;
    }
    const hpack_field *host = m->field[H2_NAME_HOST];
    if (host && !h2_chars_all(&h2_chars_authority, host->value, host->value_len)) return H2_RULE_FIELD_VALUE;
#else
    (void)m;
#endif
    return H2_RULE_NONE;
}

h2_rule h2_request_check(const h2_message *m, bool extended_connect) {
    const hpack_field *const *field = m->field;
    const hpack_field *scheme = field[H2_NAME_SCHEME], *path = field[H2_NAME_PATH];
    const hpack_field *authority = field[H2_NAME_AUTHORITY], *host = field[H2_NAME_HOST];
    h2_rule rule = check_parts(m);
    if (rule) return rule;
    if (!field[H2_NAME_METHOD]) return H2_RULE_PSEUDO_MISSING;
    if (field[H2_NAME_PROTOCOL] && !m->connect) return H2_RULE_CONNECT;
    if (m->connect)
        rule = check_connect(m, extended_connect);
    else if (!scheme || !path)
        rule = H2_RULE_PSEUDO_MISSING;
    if (rule) return rule;
    if (scheme && (H2_VALUE_IS(scheme, "http") || H2_VALUE_IS(scheme, "https"))) {
        if (!path_is_valid(path, field[H2_NAME_METHOD])) return H2_RULE_PSEUDO_VALUE;
        /* 8.3.1: no userinfo in an authority, RFC 9110, 4.2.1: and a host; without it the field Host is the authority,
         * with it that field must not say otherwise. */
        if (authority && !is_host(authority)) return H2_RULE_PSEUDO_VALUE;
        if (!authority && host && !is_host(host)) return H2_RULE_FIELD_VALUE;
    }
    return !authority || !host || h2_value_is(host, authority->value, authority->value_len) ? H2_RULE_NONE
                                                                                            : H2_RULE_AUTHORITY;
}
