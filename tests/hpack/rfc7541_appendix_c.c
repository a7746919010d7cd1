/* SPDX-License-Identifier: MIT */
#include "hpack_suites.h"
#include "hpack_test.h"

/* The blocks of C.3 and C.4, of C.5 and C.6, without and with Huffman coding. */
#define C_3_1 "828684410f7777772e6578616d706c652e636f6d"
#define C_3_2 "828684be58086e6f2d6361636865"
#define C_3_3 "828785bf400a637573746f6d2d6b65790c637573746f6d2d76616c7565"
#define C_4_1 "828684418cf1e3c2e5f23a6ba0ab90f4ff"
#define C_4_2 "828684be5886a8eb10649cbf"
#define C_4_3 "828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf"
#define C_5_1                                                                                                          \
    "4803333032580770726976617465611d4d6f6e2c203231204f637420323031332032303a31333a323120474d546e17"                   \
    "68747470733a2f2f7777772e6578616d706c652e636f6d"
#define C_5_2 "4803333037c1c0bf"
#define C_5_3                                                                                                          \
    "88c1611d4d6f6e2c203231204f637420323031332032303a31333a323220474d54c05a04677a69707738666f6f3d4153444a4b48514b425a" \
    "584f5157454f50495541585157454f49553b206d61782d6167653d333630303b2076657273696f6e3d31"
#define C_6_1                                                                                                          \
    "488264025885aec3771a4b6196d07abe941054d444a8200595040b8166e082a62d1bff6e919d29ad171863c78f0b97c8e9ae82ae43d3"
#define C_6_2 "4883640effc1c0bf"
#define C_6_3                                                                                                          \
    "88c16196d07abe941054d444a8200595040b8166e084a62d1bffc05a839bd9ab77ad94e7821dd7f2e6c7b335dfdfcd5b3960d5af27087f36" \
    "72c1ab270fb5291f9587316065c003ed4ee5b1063d5007"

#define REQUEST_1 ":method: GET\n:scheme: http\n:path: /\n:authority: www.example.com\n"
#define REQUEST_2 REQUEST_1 "cache-control: no-cache\n"
#define REQUEST_3                                                                                                      \
    ":method: GET\n:scheme: https\n:path: /index.html\n:authority: www.example.com\ncustom-key: custom-value\n"
#define REQUEST_1_ENTRIES ":authority: www.example.com\n"
#define REQUEST_2_ENTRIES "cache-control: no-cache\n" REQUEST_1_ENTRIES
#define REQUEST_3_ENTRIES "custom-key: custom-value\n" REQUEST_2_ENTRIES

#define DATE_21            "date: Mon, 21 Oct 2013 20:13:21 GMT\n"
#define DATE_22            "date: Mon, 21 Oct 2013 20:13:22 GMT\n"
#define LOCATION           "location: https://www.example.com\n"
#define PRIVATE            "cache-control: private\n"
#define COOKIE             "set-cookie: foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1\n"
#define RESPONSE_1         ":status: 302\n" PRIVATE DATE_21 LOCATION
#define RESPONSE_2         ":status: 307\n" PRIVATE DATE_21 LOCATION
#define RESPONSE_3         ":status: 200\n" PRIVATE DATE_22 LOCATION "content-encoding: gzip\n" COOKIE
#define RESPONSE_1_ENTRIES LOCATION DATE_21 PRIVATE ":status: 302\n"
#define RESPONSE_2_ENTRIES ":status: 307\n" LOCATION DATE_21 PRIVATE
#define RESPONSE_3_ENTRIES COOKIE "content-encoding: gzip\n" DATE_22

static const block_row rows[] = {
    {"C.2.1: literal with indexing", 4096, NULL, "400a637573746f6d2d6b65790d637573746f6d2d686561646572", HPACK_OK,
     "custom-key: custom-header\n", 55, "custom-key: custom-header\n"},
    {"C.2.2: literal without indexing", 4096, NULL, "040c2f73616d706c652f70617468", HPACK_OK, ":path: /sample/path\n",
     0, ""},
    {"C.2.3: literal never indexed", 4096, NULL, "100870617373776f726406736563726574", HPACK_OK, "!password: secret\n",
     0, ""},
    {"C.2.4: indexed", 4096, NULL, "82", HPACK_OK, ":method: GET\n", 0, ""},
    {"C.3.1: first request", 4096, NULL, C_3_1, HPACK_OK, REQUEST_1, 57, REQUEST_1_ENTRIES},
    {"C.3.2: second request", 4096, C_3_1, C_3_2, HPACK_OK, REQUEST_2, 110, REQUEST_2_ENTRIES},
    {"C.3.3: third request", 4096, C_3_1 C_3_2, C_3_3, HPACK_OK, REQUEST_3, 164, REQUEST_3_ENTRIES},
    {"C.4.1: first request, Huffman", 4096, NULL, C_4_1, HPACK_OK, REQUEST_1, 57, REQUEST_1_ENTRIES},
    {"C.4.2: second request, Huffman", 4096, C_4_1, C_4_2, HPACK_OK, REQUEST_2, 110, REQUEST_2_ENTRIES},
    {"C.4.3: third request, Huffman", 4096, C_4_1 C_4_2, C_4_3, HPACK_OK, REQUEST_3, 164, REQUEST_3_ENTRIES},
    {"C.5.1: first response", 256, NULL, C_5_1, HPACK_OK, RESPONSE_1, 222, RESPONSE_1_ENTRIES},
    {"C.5.2: second response", 256, C_5_1, C_5_2, HPACK_OK, RESPONSE_2, 222, RESPONSE_2_ENTRIES},
    {"C.5.3: third response", 256, C_5_1 C_5_2, C_5_3, HPACK_OK, RESPONSE_3, 215, RESPONSE_3_ENTRIES},
    {"C.6.1: first response, Huffman", 256, NULL, C_6_1, HPACK_OK, RESPONSE_1, 222, RESPONSE_1_ENTRIES},
    {"C.6.2: second response, Huffman", 256, C_6_1, C_6_2, HPACK_OK, RESPONSE_2, 222, RESPONSE_2_ENTRIES},
    {"C.6.3: third response, Huffman", 256, C_6_1 C_6_2, C_6_3, HPACK_OK, RESPONSE_3, 215, RESPONSE_3_ENTRIES},
};

START_TEST(rfc7541_appendix_c_example_decodes) {
    check_block_row(&rows[_i]);
}
END_TEST

Suite *rfc7541_appendix_c_suite(void) {
    Suite *suite = suite_create("RFC 7541, appendix C: examples");
    TCase *tests = tcase_create("examples");

    tcase_add_loop_test(tests, rfc7541_appendix_c_example_decodes, 0, (int)COUNT(rows));
    suite_add_tcase(suite, tests);
    return suite;
}
