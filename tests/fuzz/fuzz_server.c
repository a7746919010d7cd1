/* SPDX-License-Identifier: MIT */
#include "fuzz.h"
#include "wire.h"

/* A server that answers every request at once, and echoes; the input is all that the client sends, its preface
 * included unless the first octet's bit 2 says that it is given. */

typedef struct service {
    h2_session *session;
    uint64_t handed, returned; /* octets of DATA */
} service;

static const h2_field answer[] = {H2_FIELD(":status", "200"), H2_FIELD("x-one", "two")};
static const char body[] = "a body that is sent to whoever asks for it";

static void on_headers(void *user, uint32_t id, h2_section section, const h2_field *fields, size_t n, bool end) {
    service *s = user;
    must(section == H2_REQUEST || section == H2_TRAILERS);
    must(section != H2_TRAILERS || end);
    for (size_t i = 0; i < n; i++) must(fields[i].name_len > 0 && fields[i].name != NULL && fields[i].value != NULL);
    if (section != H2_REQUEST) return;
    must(n > 0 && fields[0].name[0] == ':');
    if (h2_stream_respond(s->session, id, answer, 2, 0) == H2_OK)
        h2_stream_write(s->session, id, body, sizeof body, H2_END);
    else
        h2_stream_reset(s->session, id, H2_REFUSED_STREAM);
}

static void on_data(void *user, uint32_t id, const uint8_t *bytes, size_t len, bool end) {
    service *s = user;
    (void)bytes;
    must(len > 0 || end);
    s->handed += len;
    /* Half is given back at once, half when all is over. */
    if (len % 2) h2_stream_consumed(s->session, id, len);
    s->returned += len % 2 ? len : 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    service s = {0};
    fuzz_input in = {data, size, 0};
    uint8_t kind = fuzz_next(&in);
    h2_config config = kind & 8 ? h2_config_small(true) : h2_config_hosted(true);
    h2_handlers handlers = {.on_headers = on_headers, .on_data = on_data};
    config.connect_protocol = kind & 16;
    size_t bytes = h2_session_size(&config);
    void *memory = malloc(bytes);
    must(memory && h2_session_init(&s.session, memory, bytes, &config, &handlers, &s) == H2_OK);
    bool lives = !(kind & 4) || wire_deliver(s.session, (const uint8_t *)H2_PREFACE, H2_PREFACE_BYTES, 0, NULL, NULL);
    if (lives) lives = wire_deliver(s.session, in.data + in.at, fuzz_left(&in), kind, NULL, NULL);
    must(lives || h2_session_finished(s.session));
    /* What is unread can be no more than the window promised. */
    must(s.handed - s.returned <= config.session_window);
    h2_session_lost(s.session, H2_NO_ERROR);
    free(memory);
    return 0;
}
