/* SPDX-License-Identifier: MIT */
#include <pthread.h>
#include <signal.h>
#include "tool_exit.h"
#include "tool_parse.h"
#include "tool_tls.h"

/* Even where it was ignored, as under nohup: whoever sends it means it. */
static void hold_hangup(void) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    signal(SIGHUP, SIG_DFL);
}

int tool_tls_open(tool_tls *tls, const char *url, bool server) {
    const h2tls_options *o = &tls->options;
    char why[H2TLS_WHY_BYTES];
    if (!tool_is_https(url)) {
        if (!o->cert_file && !o->key_file && !o->ca_file && !o->insecure) return TOOL_OK;
        tool_say("%s is not https://, so --cert, --key, --cacert and --insecure do not apply", url);
        return TOOL_USAGE;
    }
    if (!o->cert_file != !o->key_file || (server && !o->cert_file)) {
        tool_say("%s: give both --cert FILE and --key FILE",
                 server ? "a server on https:// needs a certificate" : "a certificate comes with its key");
        return TOOL_USAGE;
    }
    if ((server ? h2tls_server : h2tls_client)(&tls->context, o, why) != 0) {
        tool_say("%s", why);
        return TOOL_USAGE;
    }
    tls->secure = h2tls_secure(tls->context);
    if (server) hold_hangup();
    return TOOL_OK;
}

void tool_tls_reload(tool_tls *tls) {
    char why[H2TLS_WHY_BYTES];
    if (h2tls_reload(tls->context, &tls->options, why) == 0)
        tool_say("%s and its key are read anew", tls->options.cert_file);
    else
        tool_say("%s; new connections still get the certificate from before", why);
}

const h2conn_secure *tool_tls_secure(const tool_tls *tls) {
    return tls->context ? &tls->secure : NULL;
}

void tool_tls_close(tool_tls *tls) {
    h2tls_free(tls->context);
    tls->context = NULL;
}
