/* SPDX-License-Identifier: MIT */
#include "hpack.h"

const char *hpack_error_text(hpack_error error) {
    switch (error) {
#define HPACK_ERROR_TEXT(name, value, text)                                                                            \
    case name: return text;
        HPACK_ERRORS(HPACK_ERROR_TEXT)
#undef HPACK_ERROR_TEXT
    }
    return "unknown error";
}
