/* SPDX-License-Identifier: MIT */
/* Written by tools/generate/static.py: the table of RFC 7541, appendix A. */

#define HPACK_SLOT_BITS 7
_Static_assert(HPACK_HASH_MULTIPLIER == 0x9e3be0f1u, "the slots are for this multiplier");

/* By hash of a name: the first index that has it, or 0. */
static const uint8_t hpack_static_slots[1 << HPACK_SLOT_BITS] = {
    0, 43, 0, 27, 60, 0, 38, 51, 52, 0, 0, 0, 0, 0, 0, 45, 21, 0, 57, 59, 0, 0, 0, 0, 1, 30, 0, 0, 0, 0, 0, 41, 28, 0,
    0, 0, 35, 34, 0, 0, 0, 53, 0, 47, 19, 6, 0, 0, 0, 8, 0, 0, 40, 0, 0, 0, 0, 0, 0, 0, 36, 37, 50, 29, 0, 0, 0, 18, 15,
    23, 61, 0, 0, 0, 31, 0, 0, 0, 54, 0, 0, 0, 39, 0, 0, 16, 56, 46, 55, 0, 22, 25, 0, 0, 0, 0, 26, 0, 0, 0, 48, 4, 0,
    0, 42, 0, 20, 0, 0, 24, 0, 33, 49, 0, 0, 0, 0, 0, 0, 0, 17, 0, 2, 32, 44, 58, 0, 0,
};

/* Each name and value, and at [index - 1] where they are: offset, octets of the name and of the value. */
static const char hpack_static_strings[] =
    ":authority"
    ":methodGET"
    ":methodPOST"
    ":path/"
    ":path/index.html"
    ":schemehttp"
    ":schemehttps"
    ":status200"
    ":status204"
    ":status206"
    ":status304"
    ":status400"
    ":status404"
    ":status500"
    "accept-charset"
    "accept-encodinggzip, deflate"
    "accept-language"
    "accept-ranges"
    "accept"
    "access-control-allow-origin"
    "age"
    "allow"
    "authorization"
    "cache-control"
    "content-disposition"
    "content-encoding"
    "content-language"
    "content-length"
    "content-location"
    "content-range"
    "content-type"
    "cookie"
    "date"
    "etag"
    "expect"
    "expires"
    "from"
    "host"
    "if-match"
    "if-modified-since"
    "if-none-match"
    "if-range"
    "if-unmodified-since"
    "last-modified"
    "link"
    "location"
    "max-forwards"
    "proxy-authenticate"
    "proxy-authorization"
    "range"
    "referer"
    "refresh"
    "retry-after"
    "server"
    "set-cookie"
    "strict-transport-security"
    "transfer-encoding"
    "user-agent"
    "vary"
    "via"
    "www-authenticate";

static const hpack_static_entry hpack_static_entries[HPACK_STATIC_COUNT] = {
    {0, 10, 0}, {10, 7, 3 | HPACK_CONTINUED}, {20, 7, 4}, {31, 5, 1 | HPACK_VOLATILE | HPACK_CONTINUED},
    {37, 5, 11 | HPACK_VOLATILE}, {53, 7, 4 | HPACK_CONTINUED}, {64, 7, 5}, {76, 7, 3 | HPACK_CONTINUED},
    {86, 7, 3 | HPACK_CONTINUED}, {96, 7, 3 | HPACK_CONTINUED}, {106, 7, 3 | HPACK_CONTINUED},
    {116, 7, 3 | HPACK_CONTINUED}, {126, 7, 3 | HPACK_CONTINUED}, {136, 7, 3}, {146, 14, 0}, {160, 15, 13},
    {188, 15, 0}, {203, 13, 0}, {216, 6, 0}, {222, 27, 0}, {249, 3, 0 | HPACK_VOLATILE}, {252, 5, 0}, {257, 13, 0},
    {270, 13, 0}, {283, 19, 0}, {302, 16, 0}, {318, 16, 0}, {334, 14, 0 | HPACK_VOLATILE}, {348, 16, 0},
    {364, 13, 0 | HPACK_VOLATILE}, {377, 12, 0}, {389, 6, 0}, {395, 4, 0}, {399, 4, 0 | HPACK_VOLATILE}, {403, 6, 0},
    {409, 7, 0}, {416, 4, 0}, {420, 4, 0}, {424, 8, 0 | HPACK_VOLATILE}, {432, 17, 0 | HPACK_VOLATILE},
    {449, 13, 0 | HPACK_VOLATILE}, {462, 8, 0 | HPACK_VOLATILE}, {470, 19, 0 | HPACK_VOLATILE},
    {489, 13, 0 | HPACK_VOLATILE}, {502, 4, 0}, {506, 8, 0}, {514, 12, 0}, {526, 18, 0}, {544, 19, 0},
    {563, 5, 0 | HPACK_VOLATILE}, {568, 7, 0}, {575, 7, 0}, {582, 11, 0}, {593, 6, 0}, {599, 10, 0 | HPACK_VOLATILE},
    {609, 25, 0}, {634, 17, 0}, {651, 10, 0}, {661, 4, 0}, {665, 3, 0}, {668, 16, 0},
};
