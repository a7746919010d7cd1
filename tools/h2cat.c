/* SPDX-License-Identifier: MIT */
/* h2cat: join stdin and stdout to a connection over HTTP/2, or serve some. */
#include "h2cat_client.h"
#include "h2cat_options.h"
#include "h2cat_server.h"
#include "tool_exit.h"
#include "tool_serve.h"

const char tool_name[] = "h2cat";

int main(int argc, char **argv) {
    h2cat_options o = {.mode = H2CAT_CONNECT};
    tool_process_setup();
    tool_signals_hold();
    int status = h2cat_options_read(&o, argc, argv);
    if (status < 0) status = o.listen ? h2cat_server(&o) : h2cat_client(&o);
    tool_fields_free(&o.fields);
    return status;
}
