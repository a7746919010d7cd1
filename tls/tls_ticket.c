/* SPDX-License-Identifier: MIT */
/*
 * A server's tickets: what it would have to remember of a session, sealed with a key of its own and left with the
 * client. With it is sealed when the proof at the session's beginning ends, so that tickets for resumed connections
 * last no longer than the first. wolfSSL's own sealing is not used: it knows no such end, and it believes a ticket's
 * claim of its length, which in 5.5.4 lets whoever saw one ticket write behind another.
 *
 * On the wire (wolfSSL's layout): key name, iv, length, sealed, mac. Of the iv the first 12 bytes are the nonce; the
 * mac holds the tag, then the sealed end, then zeroes.
 */

#include <string.h>
#include "tls_internal.h"
#include <wolfssl/wolfcrypt/chacha20_poly1305.h>
#include <wolfssl/wolfcrypt/random.h>

#define NAME_BYTES WOLFSSL_TICKET_NAME_SZ
#define IV_BYTES   WOLFSSL_TICKET_IV_SZ
#define MAC_BYTES  WOLFSSL_TICKET_MAC_SZ
#define TAG_BYTES  CHACHA20_POLY1305_AEAD_AUTHTAG_SIZE
#define END_BYTES  8

/* More than wolfSSL ever wants sealed. */
#define TICKET_MAX 512

void h2tls_tickets_open(tls_tickets *tickets) {
    pthread_mutex_init(&tickets->lock, NULL);
}

void h2tls_tickets_close(tls_tickets *tickets) {
    h2tls_wipe(tickets->keys, sizeof tickets->keys);
    pthread_mutex_destroy(&tickets->lock);
}

/* The key to seal with, made anew when it is time. The one before it opens what it has sealed, until that is over too.
 */
static int sealing_key(tls_tickets *tickets, WC_RNG *rng, int len, tls_ticket_key *out) {
    uint64_t now = h2tls_seconds();
    int failed = 0;
    pthread_mutex_lock(&tickets->lock);
    tickets->bytes = len;
    if (tickets->keys[0].ends <= now) {
        tls_ticket_key fresh = {.ends = now + H2TLS_RESUME_SECONDS};
        failed = wc_RNG_GenerateBlock(rng, fresh.name, sizeof fresh.name) != 0 ||
                 wc_RNG_GenerateBlock(rng, fresh.key, sizeof fresh.key) != 0;
        if (!failed) {
            tickets->keys[1] = tickets->keys[0];
            tickets->keys[0] = fresh;
        }
        h2tls_wipe(&fresh, sizeof fresh);
    }
    *out = tickets->keys[0];
    pthread_mutex_unlock(&tickets->lock);
    return failed ? -1 : 0;
}

/* The key of that name, while tickets that it sealed may still be good. */
static int opening_key(tls_tickets *tickets, const uint8_t *name, int len, tls_ticket_key *out) {
    uint64_t now = h2tls_seconds();
    int found = -1;
    pthread_mutex_lock(&tickets->lock);
    for (int i = 0; i < 2 && len == tickets->bytes; i++) {
        const tls_ticket_key *key = &tickets->keys[i];
        bool over = key->ends == 0 || key->ends + H2TLS_RESUME_SECONDS <= now;
        if (over || memcmp(key->name, name, NAME_BYTES) != 0) continue;
        *out = *key;
        found = 0;
    }
    pthread_mutex_unlock(&tickets->lock);
    return found;
}

static void write_end(uint8_t *out, uint64_t end) {
    for (int i = END_BYTES - 1; i >= 0; i--, end >>= 8) out[i] = (uint8_t)end;
}

static uint64_t read_end(const uint8_t *in) {
    uint64_t end = 0;
    for (int i = 0; i < END_BYTES; i++) end = end << 8 | in[i];
    return end;
}

/* What is authenticated beside what is sealed. */
typedef struct associated {
    uint8_t name[NAME_BYTES], iv[IV_BYTES];
} associated;

static associated associate(const uint8_t *name, const uint8_t *iv) {
    associated a;
    memcpy(a.name, name, sizeof a.name);
    memcpy(a.iv, iv, sizeof a.iv);
    return a;
}

static int seal_ticket(tls_resume *resume, WC_RNG *rng, uint8_t *name, uint8_t *iv, uint8_t *mac, uint8_t *ticket,
                       size_t len) {
    uint8_t text[TICKET_MAX + END_BYTES];
    tls_ticket_key key;
    uint64_t ends = h2tls_resume_ends(resume);
    if (ends == 0 || sealing_key(&resume->identity->tickets, rng, (int)len, &key) != 0) return -1;
    int failed = wc_RNG_GenerateBlock(rng, iv, IV_BYTES);
    memcpy(name, key.name, NAME_BYTES);
    memcpy(text, ticket, len);
    write_end(text + len, ends);
    memset(mac, 0, MAC_BYTES);
    associated with = associate(name, iv);
    if (failed == 0)
        failed = wc_ChaCha20Poly1305_Encrypt(key.key, iv, (const uint8_t *)&with, sizeof with, text,
                                             (word32)(len + END_BYTES), text, mac);
    if (failed == 0) {
        memcpy(ticket, text, len);
        memcpy(mac + TAG_BYTES, text + len, END_BYTES);
    }
    h2tls_wipe(text, sizeof text);
    h2tls_wipe(&key, sizeof key);
    return failed == 0 ? 0 : -1;
}

static bool zeroes(const uint8_t *bytes, size_t len) {
    while (len > 0 && bytes[len - 1] == 0) len--;
    return len == 0;
}

static int open_ticket(tls_resume *resume, const uint8_t *name, const uint8_t *iv, const uint8_t *mac, uint8_t *ticket,
                       size_t len) {
    uint8_t text[TICKET_MAX + END_BYTES];
    tls_ticket_key key;
    /* First the length, which wolfSSL took from the ticket: `ticket` and `mac` are no longer than an honest one. */
    if (opening_key(&resume->identity->tickets, name, (int)len, &key) != 0) return -1;
    memcpy(text, ticket, len);
    memcpy(text + len, mac + TAG_BYTES, END_BYTES);
    associated with = associate(name, iv);
    int failed = wc_ChaCha20Poly1305_Decrypt(key.key, iv, (const uint8_t *)&with, sizeof with, text,
                                             (word32)(len + END_BYTES), mac, text);
    uint64_t ends = failed == 0 ? read_end(text + len) : 0;
    bool good = ends > h2tls_seconds() && zeroes(mac + TAG_BYTES + END_BYTES, MAC_BYTES - TAG_BYTES - END_BYTES);
    if (good) {
        memcpy(ticket, text, len);
        resume->offered_ends = ends;
    }
    h2tls_wipe(text, sizeof text);
    h2tls_wipe(&key, sizeof key);
    return good ? 0 : -1;
}

int h2tls_ticket(WOLFSSL *ssl, byte name[NAME_BYTES], byte iv[IV_BYTES], byte mac[MAC_BYTES], int seal, byte *ticket,
                 int len, int *out_len, void *ctx) {
    tls_resume *resume = h2tls_resume_of(ssl);
    WC_RNG *rng = wolfSSL_GetRNG(ssl);
    int failed = -1;
    (void)ctx;
    if (resume == NULL || rng == NULL || len <= 0 || len > TICKET_MAX) return WOLFSSL_TICKET_RET_REJECT;
    if (seal && wolfSSL_session_reused(ssl)) resume->ends = resume->offered_ends;
    if (seal)
        failed = seal_ticket(resume, rng, name, iv, mac, ticket, (size_t)len);
    else
        failed = open_ticket(resume, name, iv, mac, ticket, (size_t)len);
    *out_len = len;
    return failed == 0 ? WOLFSSL_TICKET_RET_OK : WOLFSSL_TICKET_RET_REJECT;
}
