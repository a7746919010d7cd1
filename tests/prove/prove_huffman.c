/* SPDX-License-Identifier: MIT */
/*
 * Decoding Huffman strings (hpack_huffman.c), by induction over the turns of its loop. What a turn calls is proven by
 * itself for every state that it may meet; the turn is proven with these calls replaced by what was proven of them
 * (prove.sh makes huffman_marked.c, in which the calls within hpack_huffman_decode have names of their own).
 *
 * The state: `left` bits are unread of those taken from the input, and T = left + 8 * the octets not taken are unread
 * in all. Before a turn, left is within 0..63 while octets remain, and at the end of the input within -11..63; below 0
 * the last symbol took bits that are not there, and its code is longer than these. And of `inverse` no more than the
 * first T bits are set.
 */
#include "prove.h"
#define PROVE_CALLS                                                                                                    \
    static void prove_refill_call(hpack_unread *u, const uint8_t *start, const uint8_t **in, const uint8_t *end);      \
    static unsigned prove_step_call(hpack_unread *u, char **to);                                                       \
    static unsigned prove_search_call(uint64_t bits, uint32_t *rank);
#define PROVE_BIT
#include "huffman_marked.c"

#define SYMBOLS  257u /* with EOS */
#define LEFT_MIN (-11)

static uint8_t input[32];
static char output[64];

/*@ assigns \nothing; ensures \false; */
void stop(void);

/* The code of a rank, aligned on the left, and its length. */
static uint64_t code_of(uint32_t rank, unsigned *length) {
    const hpack_huffman_row *row = hpack_huffman_rows;
    while (row < hpack_huffman_rows + HPACK_ROWS - 1 && row[1].rank <= rank) row++;
    *length = row->bits;
    return (uint64_t)(row->first + rank - row->rank) << (64 - row->bits);
}

static unsigned length_of(uint8_t symbol) {
    unsigned length;
    uint32_t rank = 0;
    while (hpack_huffman_symbols[rank] != symbol) rank++;
    code_of(rank, &length);
    return length;
}

/* Any value of which at most the first `total` bits are set. */
static uint64_t any_first(int total) {
    if (total <= 0) return 0;
    return total >= 64 ? any_u64(0, UINT64_MAX) : any_u64(0, (UINT64_C(1) << total) - 1) << (64 - total);
}

static void check_first(uint64_t inverse, int total) {
    /*@ check total <= 0 ==> inverse == 0; */
    if (total > 0 && total < 64) {
        uint64_t beyond = inverse & (UINT64_MAX >> total);
        /*@ check beyond == 0; */
    }
}

/* ---- the search: every 64 bits begin with one code, and it is found ---- */

void prove_search(void) {
    uint64_t begin = 0;
    for (uint32_t rank = 0; rank < SYMBOLS; rank++) {
        unsigned length;
        uint32_t found;
        uint64_t code = code_of(rank, &length), last = code + (UINT64_MAX >> length);
        /*@ check code == begin && length >= 5 && length <= 30; */
        unsigned bits = hpack_huffman_search(any_u64(code, last), &found);
        /*@ check bits == length && found == rank; */
        begin = last + 1;
    }
    /*@ check begin == 0; */
}

/* ---- a step: two symbols at most, each of five bits at least ---- */

void prove_step(void) {
    for (uint32_t index = 0; index < 1u << HPACK_PAIR_BITS; index++) {
        hpack_unread u = {(uint64_t)index << (64 - HPACK_PAIR_BITS) | any_u64(0, UINT64_MAX >> HPACK_PAIR_BITS), 64};
        char *to = output;
        unsigned step = hpack_huffman_step(&u, &to);
        /*@ check 0 <= to - &output[0] <= 2 && 52 <= u.left <= 64 && 64 - u.left >= 5 * (to - &output[0]); */
        /*@ check step > 0 <==> to != &output[0]; */
        /*@ check step == 0 ==> u.left == 64; */
    }
}

/* At the end of the input, with `left` bits of the value `rest`. */
static void step_at_end(int left, uint32_t rest) {
    hpack_unread u = {left > 0 ? (uint64_t)rest << (64 - left) : 0, left};
    char *to = output + 2;
    unsigned step = hpack_huffman_step(&u, &to);
    /*@ check u.left >= -11 && (step == 0 ==> u.left == left && to == &output[2]); */
    check_first(u.inverse, u.left);
    if (u.left < 0 && step > 0) {
        unsigned length = length_of((uint8_t)to[-1]);
        /*@ check length + u.left > 0 && length <= 12; */
    }
}

void prove_step_at_end(void) {
    for (int left = LEFT_MIN; left <= 0; left++) step_at_end(left, 0);
    for (int left = 1; left < (int)HPACK_PAIR_BITS; left++)
        for (uint32_t rest = 0; rest < 1u << left; rest++) step_at_end(left, rest);
}

/* ---- taking octets ---- */

static void refill(int left, uint32_t before, uint32_t octets, uint32_t place) {
    const uint8_t *start = input + place, *in = start + before, *end = in + octets, *first = in;
    int total = left + 8 * (int)octets;
    hpack_unread u = {any_first(total), left};
    hpack_huffman_refill(&u, start, &in, end);
    /*@ check first <= in <= end && u.left + 8 * (end - in) == total; */
    /*@ check in < end ==> 56 <= u.left; */
    /*@ check u.left <= 64; */
    check_first(u.inverse, total);
}

/* With nothing before the string and with nothing behind it, of what may be read. More than eight octets are like
 * eight: seven are taken at most. */
void prove_refill(void) {
    any_octets(input, sizeof input);
    for (int left = LEFT_MIN; left < 64; left++)
        for (uint32_t octets = left < 0 ? 0 : 1; octets <= (left < 0 ? 0 : 9); octets++)
            for (uint32_t before = 0; before <= 8; before++) {
                refill(left, before, octets, 0);
                refill(left, before, octets, sizeof input - before - octets);
            }
    for (int left = 0; left < 64; left++) refill(left, 0, 0, 0);
}

/* ---- a turn, with what was proven ---- */

static struct {
    bool at_end;
    int left; /* at the end, after the steps */
    uint8_t last;
    int used;
    unsigned turns;
} turn;

static void prove_refill_call(hpack_unread *u, const uint8_t *start, const uint8_t **in, const uint8_t *end) {
    bool at_end = *in == end;
    (void)start;
    /*@ check -11 <= u->left <= 63 && (u->left >= 0 || at_end); */
    if (at_end) check_first(u->inverse, u->left);
    if (turn.turns-- == 0) stop();
    if (turn.at_end) *in = end;
    u->left = turn.at_end ? 0 : (int)any_u32(56, 64);
    u->inverse = any_u64(0, UINT64_MAX);
}

static unsigned prove_step_call(hpack_unread *u, char **to) {
    if (turn.at_end) {
        u->left = turn.left;
        u->inverse = any_first(turn.left);
        *to += 1;
        (*to)[-1] = (char)turn.last;
        return turn.left > 64 - 5 ? 0 : any_u32(0, 191); /* none was taken yet */
    }
    if (any_u32(0, 1)) return 0;
    u->inverse = any_u64(0, UINT64_MAX);
    u->left -= (int)any_u32(5, HPACK_PAIR_BITS);
    *to += any_u32(1, 2);
    return any_u32(1, 191);
}

static unsigned prove_search_call(uint64_t bits, uint32_t *rank) {
    (void)bits;
    *rank = any_u32(0, SYMBOLS - 1);
    return (unsigned)turn.used;
}

/* What `turns` turns lead to, from the start of a call that has `bits` bits of an earlier one. */
static void run(unsigned bits, unsigned turns) {
    uint32_t code = bits > 0 ? any_u32(0, (1u << bits) - 1) : 0;
    uint8_t code_bits = (uint8_t)bits;
    turn.turns = turns;
    if (any_u32(0, 1)) return; /* on to the next, from the state before */
    size_t written = hpack_huffman_decode(&code, &code_bits, input, 8, output + 16);
    if (written == SIZE_MAX) stop();
    /*@ check code_bits < 30; */
    uint32_t beyond = code >> code_bits;
    /*@ check beyond == 0; */
    stop();
}

void prove_turns(void) {
    any_octets(output, sizeof output);
    for (unsigned bits = 0; bits < HPACK_HUFFMAN_MAX_BITS; bits++) run(bits, 0);
    for (turn.used = 5; turn.used <= (int)HPACK_HUFFMAN_MAX_BITS; turn.used++) {
        turn.at_end = false;
        run(0, 1);
        turn.at_end = true;
        for (turn.left = 0; turn.left <= 64; turn.left++) run(0, 1);
    }
    for (uint32_t rank = 0; rank < SYMBOLS - 1; rank++) {
        unsigned length;
        code_of(rank, &length);
        turn.last = hpack_huffman_symbols[rank];
        for (turn.left = LEFT_MIN; turn.left < 0; turn.left++)
            if (length <= HPACK_PAIR_BITS && (int)length + turn.left > 0) run(0, 1);
    }
}
