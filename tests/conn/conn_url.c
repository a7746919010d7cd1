/* SPDX-License-Identifier: MIT */
#include "conn_url.h"
#include <stdlib.h>
#include <string.h>
#include "conn_suites.h"
#include "guard.h"

static const struct good {
    const char *url;
    bool secure;
    const char *host;
    unsigned port;
    const char *authority, *path;
} good[] = {
    {"http://localhost", false, "localhost", 80, "localhost", "/"},
    {"http://localhost/", false, "localhost", 80, "localhost", "/"},
    {"https://localhost", true, "localhost", 443, "localhost", "/"},
    {"HTTPS://Example.COM/Path", true, "example.com", 443, "Example.COM", "/Path"},
    {"http://example.com:8080/a/b?c=d&e=f", false, "example.com", 8080, "example.com:8080", "/a/b?c=d&e=f"},
    {"http://127.0.0.1:0", false, "127.0.0.1", 0, "127.0.0.1:0", "/"},
    {"http://127.0.0.1:65535/", false, "127.0.0.1", 65535, "127.0.0.1:65535", "/"},
    {"http://127.0.0.1:00080/", false, "127.0.0.1", 80, "127.0.0.1:00080", "/"},
    {"http://[::1]", false, "::1", 80, "[::1]", "/"},
    {"https://[2001:DB8::1]:8443/x", true, "2001:db8::1", 8443, "[2001:DB8::1]:8443", "/x"},
    {"http://[::ffff:1.2.3.4]/", false, "::ffff:1.2.3.4", 80, "[::ffff:1.2.3.4]", "/"},
    {"http://my_host-1.example./", false, "my_host-1.example.", 80, "my_host-1.example.", "/"},
    {"http://h/a#fragment", false, "h", 80, "h", "/a"},
    {"http://h#fragment", false, "h", 80, "h", "/"},
    {"http://h/?q=[1]|{2}", false, "h", 80, "h", "/?q=[1]|{2}"},
    {"http://h/%41", false, "h", 80, "h", "/%41"},
};

static const char *const bad[] = {
    "",
    "h",
    "http",
    "http:",
    "http:/",
    "http://",
    "http:///path",
    "http://:80/",
    "https//h/",
    "ftp://h/",
    "h2://h/",
    " http://h/",
    "http://h /",
    "http://h/ ",
    "http://h/a b",
    "http://h/\n",
    "http://h/\x7f",
    "http://h/\xc3\xa4",
    "http://h\xc3\xa4/",
    "http://user@h/",
    "http://user:secret@h/",
    "http://h:/",
    "http://h:+80/",
    "http://h:-1/",
    "http://h:8o/",
    "http://h:65536/",
    "http://h:99999999999999999999/",
    "http://h:80x",
    "http://h?q",
    "http://h,i/",
    "http://[]/",
    "http://[:]/",
    "http://[1]/",
    "http://[::1/",
    "http://::1/",
    "http://[::1]x/",
    "http://[::1%25eth0]/",
    "http://[::g]/",
};

static void expect(const char *string, const char *expected, size_t len) {
    ck_assert_uint_eq(len, strlen(expected));
    ck_assert_mem_eq(string, expected, len);
}

/* The string ends where memory does. */
static bool parse_guarded(h2conn_url *url, const char *string, uint8_t **copy) {
    *copy = guard_copy(string, strlen(string) + 1);
    return h2conn_url_parse(url, (const char *)*copy);
}

START_TEST(rfc3986_3_a_url_is_taken_apart) {
    const struct good *g = &good[_i];
    h2conn_url url;
    uint8_t *copy;
    ck_assert_msg(parse_guarded(&url, g->url, &copy), "%s", g->url);
    ck_assert_int_eq(url.secure, g->secure);
    ck_assert_str_eq(url.host, g->host);
    ck_assert_uint_eq(url.port, g->port);
    expect(url.authority, g->authority, url.authority_len);
    expect(url.path, g->path, url.path_len);
    guard_free(copy, strlen(g->url) + 1);
}
END_TEST

START_TEST(rfc3986_3_what_is_no_url_is_refused_and_changes_nothing) {
    h2conn_url url, before;
    uint8_t *copy;
    memset(&url, 0x5a, sizeof url);
    before = url;
    ck_assert_msg(!parse_guarded(&url, bad[_i], &copy), "%s", bad[_i]);
    ck_assert_mem_eq(&url, &before, sizeof url);
    guard_free(copy, strlen(bad[_i]) + 1);
}
END_TEST

START_TEST(a_host_has_at_most_the_octets_of_a_dns_name) {
    char string[H2CONN_HOST_BYTES + 16] = "http://";
    h2conn_url url;
    memset(string + 7, 'a', H2CONN_HOST_BYTES - 1);
    ck_assert(h2conn_url_parse(&url, string));
    ck_assert_uint_eq(strlen(url.host), H2CONN_HOST_BYTES - 1);
    string[7 + H2CONN_HOST_BYTES - 1] = 'a';
    ck_assert(!h2conn_url_parse(&url, string));
}
END_TEST

/* Random strings made of what URLs are made of: no crash, and what is accepted is in order. */
START_TEST(random_strings_do_no_harm) {
    static const char alphabet[] = "htps:/[]0129.afAF@?#%-_ \x01\x80";
    uint32_t random = 1;
    for (int round = 0; round < 200000; round++) {
        char string[40] = "http://";
        size_t len = 7;
        random = random * 1664525u + 1013904223u;
        for (size_t n = random >> 27; n > 0; n--) {
            random = random * 1664525u + 1013904223u;
            string[len++] = alphabet[(random >> 16) % (sizeof alphabet - 1)];
        }
        h2conn_url url;
        if (!h2conn_url_parse(&url, string)) continue;
        ck_assert(url.path[0] == '/');
        ck_assert(url.host[0] != '\0');
        ck_assert(strchr(string, '@') == NULL || strchr(string, '@') > url.authority + url.authority_len);
    }
}
END_TEST

Suite *conn_url_suite(void) {
    Suite *suite = suite_create("URLs");
    TCase *tc = tcase_create("url");
    tcase_add_loop_test(tc, rfc3986_3_a_url_is_taken_apart, 0, (int)(sizeof good / sizeof *good));
    tcase_add_loop_test(tc, rfc3986_3_what_is_no_url_is_refused_and_changes_nothing, 0,
                        (int)(sizeof bad / sizeof *bad));
    tcase_add_test(tc, a_host_has_at_most_the_octets_of_a_dns_name);
    tcase_add_test(tc, random_strings_do_no_harm);
    suite_add_tcase(suite, tc);
    return suite;
}
