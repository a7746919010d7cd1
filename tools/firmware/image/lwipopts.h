/* SPDX-License-Identifier: MIT */
#ifndef LWIPOPTS_H
#define LWIPOPTS_H

/* lwIP for one TCP connection or two: no threads, IPv4 alone, fixed pools. */

#define NO_SYS               1
#define SYS_LIGHTWEIGHT_PROT 0
#define LWIP_SOCKET          0
#define LWIP_NETCONN         0
#define LWIP_RAW             0
#define LWIP_UDP             0
#define LWIP_DNS             0
#define LWIP_DHCP            0
#define LWIP_IPV6            0
#define LWIP_STATS           0
#define IP_REASSEMBLY        0
#define IP_FRAG              0

#define MEM_ALIGNMENT           4
#define MEM_SIZE                (12 * 1024)
#define MEMP_NUM_TCP_PCB        4
#define MEMP_NUM_TCP_PCB_LISTEN 1
#define MEMP_NUM_TCP_SEG        16
#define PBUF_POOL_SIZE          12
#define TCP_MSS                 1460
#define TCP_WND                 (4 * TCP_MSS)
#define TCP_SND_BUF             (4 * TCP_MSS)
#define TCP_SND_QUEUELEN        12
#define TCP_LISTEN_BACKLOG      1

#endif
