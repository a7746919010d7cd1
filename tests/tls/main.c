/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include "tls_test.h"

int main(void) {
    tls_certificates_make();
    SRunner *runner = srunner_create(tls_handshake_suite());
    srunner_add_suite(runner, tls_stream_suite());
    srunner_add_suite(runner, tls_records_suite());
    srunner_add_suite(runner, tls_trust_suite());
    srunner_add_suite(runner, tls_forged_suite());
    srunner_add_suite(runner, tls_alpn_suite());
    srunner_add_suite(runner, tls_versions_suite());
    srunner_add_suite(runner, tls_context_suite());
    srunner_add_suite(runner, tls_resume_suite());
    srunner_add_suite(runner, tls_resume_refused_suite());
    srunner_add_suite(runner, tls_ending_suite());
    srunner_add_suite(runner, tls_tamper_suite());
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    tls_certificates_remove();
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
