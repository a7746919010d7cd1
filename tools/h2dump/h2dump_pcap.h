/* SPDX-License-Identifier: MIT */
#ifndef H2DUMP_PCAP_H
#define H2DUMP_PCAP_H

/* Packet captures, pcap and pcapng, of either byte order: packets to TCP segments. Ethernet with VLAN tags, Linux
 * cooked, loopback and raw IP; IPv4 and IPv6. Fragments and other protocols are passed over. */

#include "h2dump_input.h"

/* A longer packet is damage: what tcpdump takes at most. */
#define H2DUMP_PACKET_BYTES 262144u

bool h2dump_is_pcap(const uint8_t *start, size_t n);

/* Decode to the end. Returns NULL, or what is wrong with the capture. */
const char *h2dump_pcap(h2dump_source *s, h2dump_conns *all);

#endif
