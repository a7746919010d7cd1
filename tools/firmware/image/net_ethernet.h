/* SPDX-License-Identifier: MIT */
#ifndef NET_ETHERNET_H
#define NET_ETHERNET_H

/* The board's LAN9118 as lwIP's interface, polled. */

/* Bring up the interface with the address that QEMU's user network expects, 10.0.2.15. Returns 0, or -1 when there is
 * no such chip. */
int net_ethernet_start(void);

/* Hand what arrived to lwIP and let its timers run. Call often. */
void net_ethernet_poll(void);

#endif
