/* SPDX-License-Identifier: MIT */
#include "net_ethernet.h"
#include "board.h"
#include "lwip/etharp.h"
#include "lwip/init.h"
#include "lwip/netif.h"
#include "lwip/timeouts.h"
#include "netif/ethernet.h"

/* SMSC LAN9118: its registers, and the bits of them that are used. */
#define REGISTER(offset) (*(volatile uint32_t *)(0x40200000 + (offset)))
#define RX_DATA          REGISTER(0x00)
#define TX_DATA          REGISTER(0x20)
#define RX_STATUS        REGISTER(0x40)
#define TX_STATUS        REGISTER(0x48)
#define BYTE_TEST        REGISTER(0x64)
#define TX_CFG           REGISTER(0x70)
#define RX_FIFO          REGISTER(0x7c)
#define TX_FIFO          REGISTER(0x80)
#define MAC_COMMAND      REGISTER(0xa4)
#define MAC_DATA         REGISTER(0xa8)

#define BYTE_TEST_VALUE   0x87654321u
#define TX_ON             0x2u
#define TX_FIRST_AND_LAST 0x3000u
#define RX_ERROR          0x8000u
#define MAC_BUSY          0x80000000u
#define MAC_READ          0x40000000u
#define MAC_CR            1u
#define MAC_CR_RX_TX      0xcu
#define MAC_ADDRESS_HIGH  2u
#define MAC_ADDRESS_LOW   3u
#define CRC_BYTES         4u
#define FRAME_MAX         1536u

static struct netif interface;

static uint32_t mac_read(uint32_t index) {
    MAC_COMMAND = MAC_BUSY | MAC_READ | index;
    while (MAC_COMMAND & MAC_BUSY) {
    }
    return MAC_DATA;
}

static void mac_write(uint32_t index, uint32_t value) {
    MAC_DATA = value;
    MAC_COMMAND = MAC_BUSY | index;
    while (MAC_COMMAND & MAC_BUSY) {
    }
}

static err_t send_frame(struct netif *netif, struct pbuf *p) {
    static uint32_t words[FRAME_MAX / 4];
    const uint32_t len = p->tot_len;
    (void)netif;
    if (len > FRAME_MAX) return ERR_BUF;
    /* Room for the frame and its two commands. */
    if ((TX_FIFO & 0xffff) < len + 16) return ERR_MEM;
    pbuf_copy_partial(p, words, (u16_t)len, 0);
    TX_DATA = TX_FIRST_AND_LAST | len;
    TX_DATA = len;
    for (uint32_t i = 0; i < (len + 3) / 4; i++) TX_DATA = words[i];
    while (TX_FIFO >> 16 & 0xff) (void)TX_STATUS;
    return ERR_OK;
}

static void receive_frame(void) {
    static uint32_t words[FRAME_MAX / 4];
    const uint32_t status = RX_STATUS, len = status >> 16 & 0x3fff;
    for (uint32_t i = 0; i < (len + 3) / 4; i++) {
        const uint32_t word = RX_DATA;
        if (i < FRAME_MAX / 4) words[i] = word;
    }
    if (status & RX_ERROR || len <= CRC_BYTES || len > FRAME_MAX) return;
    struct pbuf *p = pbuf_alloc(PBUF_RAW, (u16_t)(len - CRC_BYTES), PBUF_POOL);
    if (p == NULL) return; /* TCP sends it again */
    pbuf_take(p, words, (u16_t)(len - CRC_BYTES));
    if (interface.input(p, &interface) != ERR_OK) pbuf_free(p);
}

static err_t set_up(struct netif *netif) {
    const uint32_t low = mac_read(MAC_ADDRESS_LOW), high = mac_read(MAC_ADDRESS_HIGH);
    netif->name[0] = 'e';
    netif->name[1] = 'n';
    netif->output = etharp_output;
    netif->linkoutput = send_frame;
    netif->mtu = 1500;
    netif->hwaddr_len = ETH_HWADDR_LEN;
    for (int i = 0; i < 4; i++) netif->hwaddr[i] = (u8_t)(low >> 8 * i);
    for (int i = 0; i < 2; i++) netif->hwaddr[4 + i] = (u8_t)(high >> 8 * i);
    netif->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET | NETIF_FLAG_LINK_UP;
    return ERR_OK;
}

int net_ethernet_start(void) {
    ip4_addr_t address, mask, gateway;
    if (BYTE_TEST != BYTE_TEST_VALUE) return -1;
    IP4_ADDR(&address, 10, 0, 2, 15);
    IP4_ADDR(&mask, 255, 255, 255, 0);
    IP4_ADDR(&gateway, 10, 0, 2, 2);
    lwip_init();
    netif_add(&interface, &address, &mask, &gateway, NULL, set_up, ethernet_input);
    netif_set_default(&interface);
    TX_CFG = TX_ON;
    mac_write(MAC_CR, mac_read(MAC_CR) | MAC_CR_RX_TX);
    netif_set_up(&interface);
    return 0;
}

void net_ethernet_poll(void) {
    for (int frames = 0; frames < 8 && RX_FIFO >> 16 & 0xff; frames++) receive_frame();
    sys_check_timeouts();
}

u32_t sys_now(void) {
    return board_ms();
}
