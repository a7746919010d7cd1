/* SPDX-License-Identifier: MIT */

/* A device that dials out and serves: the client's and the server's program in one. */

int client_main(void);
int server_main(void);

int main(void) {
    return client_main() | server_main();
}
