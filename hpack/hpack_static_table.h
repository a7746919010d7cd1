/* SPDX-License-Identifier: MIT */
/* Written by tools/generate/static.py: the table of RFC 7541, appendix A. */

#ifdef H2_SMALL

/* Each entry: an octet with the length of its name, 0 for that of the entry before, and flags; with
 * HPACK_VALUED an octet with the length of its value; the strings. */
static const char hpack_static_packed[] =
    "\012" ":authority"
    "\107\003" ":methodGET"
    "\100\004" "POST"
    "\305\001" ":path/"
    "\300\013" "/index.html"
    "\107\004" ":schemehttp"
    "\100\005" "https"
    "\107\003" ":status200"
    "\100\003" "204"
    "\100\003" "206"
    "\100\003" "304"
    "\100\003" "400"
    "\100\003" "404"
    "\100\003" "500"
    "\016" "accept-charset"
    "\117\015" "accept-encodinggzip, deflate"
    "\017" "accept-language"
    "\015" "accept-ranges"
    "\006" "accept"
    "\033" "access-control-allow-origin"
    "\203" "age"
    "\005" "allow"
    "\015" "authorization"
    "\015" "cache-control"
    "\023" "content-disposition"
    "\020" "content-encoding"
    "\020" "content-language"
    "\216" "content-length"
    "\020" "content-location"
    "\215" "content-range"
    "\014" "content-type"
    "\006" "cookie"
    "\004" "date"
    "\204" "etag"
    "\006" "expect"
    "\007" "expires"
    "\004" "from"
    "\004" "host"
    "\210" "if-match"
    "\221" "if-modified-since"
    "\215" "if-none-match"
    "\210" "if-range"
    "\223" "if-unmodified-since"
    "\215" "last-modified"
    "\004" "link"
    "\010" "location"
    "\014" "max-forwards"
    "\022" "proxy-authenticate"
    "\023" "proxy-authorization"
    "\205" "range"
    "\007" "referer"
    "\007" "refresh"
    "\013" "retry-after"
    "\006" "server"
    "\212" "set-cookie"
    "\031" "strict-transport-security"
    "\021" "transfer-encoding"
    "\012" "user-agent"
    "\004" "vary"
    "\003" "via"
    "\020" "www-authenticate";

#else

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

#endif
