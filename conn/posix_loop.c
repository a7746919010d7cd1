/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <malloc.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>
#include "posix_loop.h"
#include "posix_conn.h"
#include "posix_time.h"

/* The loop this thread runs: it need not be woken to see what it did itself. */
static _Thread_local const posix_loop *running;

bool posix_loop_is_running(const posix_loop *loop) {
    return running == loop;
}

static void drain(int fd) {
    uint64_t count;
    while (read(fd, &count, sizeof count) < 0 && errno == EINTR) {
    }
}

static void woken(posix_source *source) {
    drain(((posix_loop *)(void *)((char *)source - offsetof(posix_loop, waker)))->wake);
}

static void rung(posix_source *source) {
    posix_loop *loop = (posix_loop *)(void *)((char *)source - offsetof(posix_loop, alarm));
    drain(loop->clock);
    loop->alarm_at = 0;
}

int posix_loop_enter(posix_loop *loop, int fd, posix_source *source) {
    struct epoll_event event = {.data = {.ptr = source}};
    return epoll_ctl(loop->epoll, EPOLL_CTL_ADD, fd, &event) == 0 ? H2CONN_OK : H2CONN_ENOMEM;
}

void posix_loop_heed(posix_loop *loop, int fd, posix_source *source) {
    struct epoll_event event = {.events = EPOLLIN, .data = {.ptr = source}};
    epoll_ctl(loop->epoll, EPOLL_CTL_MOD, fd, &event);
}

int posix_loop_watch(posix_loop *loop, int fd, posix_source *source) {
    struct epoll_event event = {.events = EPOLLIN, .data = {.ptr = source}};
    return epoll_ctl(loop->epoll, EPOLL_CTL_ADD, fd, &event) == 0 ? H2CONN_OK : H2CONN_ENOMEM;
}

void posix_loop_unwatch(posix_loop *loop, int fd) {
    epoll_ctl(loop->epoll, EPOLL_CTL_DEL, fd, NULL);
}

int posix_loop_init(posix_loop *loop) {
    *loop = (posix_loop){.epoll = epoll_create1(EPOLL_CLOEXEC),
                         .wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC),
                         .clock = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC),
                         .waker = {woken},
                         .alarm = {rung}};
    loop->behind_end = &loop->behind;
    loop->sweep_ms = POSIX_SWEEP_MS;
    const bool open = loop->epoll >= 0 && loop->wake >= 0 && loop->clock >= 0;
    if (open && posix_loop_watch(loop, loop->wake, &loop->waker) == H2CONN_OK &&
        posix_loop_watch(loop, loop->clock, &loop->alarm) == H2CONN_OK) {
        pthread_mutex_init(&loop->lock, NULL);
        posix_pool_init(&loop->pool);
        return H2CONN_OK;
    }
    if (loop->epoll >= 0) close(loop->epoll);
    if (loop->wake >= 0) close(loop->wake);
    if (loop->clock >= 0) close(loop->clock);
    return H2CONN_ENOMEM;
}

void posix_loop_free(posix_loop *loop) {
    close(loop->epoll);
    close(loop->wake);
    close(loop->clock);
    posix_timers_free(&loop->timers);
    posix_pool_free(&loop->pool);
    pthread_mutex_destroy(&loop->lock);
}

void posix_loop_wake(posix_loop *loop) {
    const uint64_t one = 1;
    const int error = errno;
    while (write(loop->wake, &one, sizeof one) < 0 && errno == EINTR) {
    }
    errno = error;
}

/* ---- sessions come, are looked at, and go ---- */

int posix_loop_add(posix_loop *loop, posix_session *s) {
    pthread_mutex_lock(&loop->lock);
    const bool joined = posix_timers_join(&loop->timers, &s->timer);
    if (joined) {
        s->refs++; /* nobody else knows it yet */
        s->next = loop->sessions;
        s->place = &loop->sessions;
        if (s->next != NULL) s->next->place = &s->next;
        loop->sessions = s;
        loop->n_sessions++;
        if (loop->n_sessions > loop->peak) loop->peak = loop->n_sessions;
    }
    pthread_mutex_unlock(&loop->lock);
    return joined ? H2CONN_OK : H2CONN_ENOMEM;
}

/* ---- heavy ones ---- */

static void leave_line(posix_session *s) {
    if (s->behind_place == NULL) return;
    *s->behind_place = s->behind_next;
    if (s->behind_next != NULL)
        s->behind_next->behind_place = s->behind_place;
    else
        s->loop->behind_end = s->behind_place;
    s->behind_place = NULL;
}

/* Whether others go before it. */
static bool is_behind(posix_session *s) {
    if (s->loop->single) return false;
    if (s->heavy && posix_now_us() >= s->spent_until_us) s->heavy = false;
    return s->heavy || s->phase == POSIX_LINGER;
}

void posix_loop_turn(posix_session *s) {
    posix_loop *loop = s->loop;
    if (s->behind_place != NULL) {
        posix_loop_disarm(s); /* its descriptor would be seen again and again */
    } else if (!is_behind(s)) {
        posix_session_turn(s);
    } else {
        s->behind_next = NULL;
        s->behind_place = loop->behind_end;
        *loop->behind_end = s;
        loop->behind_end = &s->behind_next;
    }
}

/* As many of them as fill one turn. */
static void turn_heavy(posix_loop *loop) {
    if (loop->behind == NULL) return;
    const int64_t until = posix_now_us() + POSIX_TURN_US;
    do {
        posix_session *s = loop->behind;
        pthread_mutex_lock(&s->lock);
        leave_line(s);
        posix_session_turn(s);
        pthread_mutex_unlock(&s->lock);
        posix_session_after(s);
    } while (loop->behind != NULL && posix_now_us() < until);
}

static void forget(posix_loop *loop, posix_session *s) {
    posix_owner *owner = s->owner;
    leave_line(s);
    pthread_mutex_lock(&loop->lock);
    posix_timers_leave(&loop->timers, &s->timer);
    *s->place = s->next;
    if (s->next != NULL) s->next->place = s->place;
    loop->n_sessions--;
    const bool fewer = loop->peak >= POSIX_TRIM_MIN && loop->n_sessions <= loop->peak / 2;
    pthread_mutex_unlock(&loop->lock);
    if (fewer && loop->trim_at == 0) loop->trim_at = h2conn_now() + POSIX_TRIM_MS;
    if (owner->ended != NULL) owner->ended(owner, s);
    posix_session_unref(s);
    if (owner->forgotten != NULL) owner->forgotten(owner);
}

static void post(posix_session *s, bool urgent) {
    posix_loop *loop = s->loop;
    if (s->posted && (s->urgent || !urgent)) return;
    pthread_mutex_lock(&loop->lock);
    const bool wake = urgent ? !loop->urgent : loop->posted == NULL;
    if (!s->posted) {
        s->posted_next = loop->posted;
        loop->posted = s;
    }
    if (urgent) loop->urgent = true;
    pthread_mutex_unlock(&loop->lock);
    s->posted = true;
    s->urgent = s->urgent || urgent;
    if (wake && running != loop) posix_loop_wake(loop);
}

void posix_loop_post(posix_session *s, bool urgent) {
    if (s->gone) return;
    s->used++;
    post(s, urgent);
}

/* Look at one posted session. Sets *left when it has been left alone. Returns whether it has ended. */
static bool look_at(posix_session *s, bool due, bool *left) {
    pthread_mutex_lock(&s->lock);
    const bool urgent = s->urgent || s->loop->manual, ended = s->phase == POSIX_CLOSED;
    s->posted = s->urgent = false;
    if (ended) {
        s->gone = true;
    } else if (urgent) {
        posix_loop_turn(s);
    } else if (!due || s->used != s->swept) {
        if (due) s->swept = s->used;
        post(s, false);
    } else {
        *left = true;
        if (!s->pumping && !s->watched) posix_loop_turn(s);
    }
    pthread_mutex_unlock(&s->lock);
    posix_session_after(s);
    return ended;
}

/* Rarer while one follows the other and each finds that programs look after their sessions. */
static void space_sweeps(posix_loop *loop, int64_t now, bool left) {
    const bool steady = !left && now < loop->swept_at + 2 * POSIX_SWEEP_MOST_MS;
    loop->sweep_ms = !steady ? POSIX_SWEEP_MS : 2 * loop->sweep_ms;
    if (loop->sweep_ms > POSIX_SWEEP_MOST_MS) loop->sweep_ms = POSIX_SWEEP_MOST_MS;
    loop->swept_at = now;
}

static void sweep(posix_loop *loop, int64_t now) {
    const bool due = loop->manual || now >= loop->swept_at + loop->sweep_ms;
    bool left = false;
    pthread_mutex_lock(&loop->lock);
    posix_session *s = due || loop->urgent ? loop->posted : NULL;
    if (s != NULL) loop->posted = NULL;
    loop->urgent = false;
    pthread_mutex_unlock(&loop->lock);
    while (s != NULL) {
        posix_session *next = s->posted_next;
        if (look_at(s, due, &left)) forget(loop, s);
        s = next;
    }
    if (due) space_sweeps(loop, now, left);
}

size_t posix_loop_count(posix_loop *loop) {
    pthread_mutex_lock(&loop->lock);
    const size_t n = loop->n_sessions;
    pthread_mutex_unlock(&loop->lock);
    return n;
}

void posix_loop_each(posix_loop *loop, void (*each)(posix_session *s)) {
    pthread_mutex_lock(&loop->lock);
    posix_session *s = loop->sessions;
    pthread_mutex_unlock(&loop->lock);
    while (s != NULL) {
        each(s);
        pthread_mutex_lock(&loop->lock);
        s = s->next;
        pthread_mutex_unlock(&loop->lock);
    }
}

/* ---- watching ---- */

void posix_loop_arm(posix_session *s, uint32_t events) {
    if (s->watched && s->events == events) return;
    struct epoll_event event = {.events = events, .data = {.ptr = &s->source}};
    const int operation = s->watched ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
    if (epoll_ctl(s->loop->epoll, operation, s->socket.fd, &event) == 0) {
        s->watched = true;
        s->events = events;
        return;
    }
    h2conn_link_end(&s->link, H2CONN_TRANSPORT_ELOST);
    posix_loop_post(s, true);
}

void posix_loop_disarm(posix_session *s) {
    if (!s->watched) return;
    epoll_ctl(s->loop->epoll, EPOLL_CTL_DEL, s->socket.fd, NULL);
    s->watched = false;
}

/* ---- time ---- */

static posix_session *session_of(posix_timer *timer) {
    return (posix_session *)(void *)((char *)timer - offsetof(posix_session, timer));
}

void posix_loop_schedule(posix_session *s, uint64_t at) {
    posix_loop *loop = s->loop;
    if (s->gone) return;
    s->tick_at = at;
    pthread_mutex_lock(&loop->lock);
    posix_timers_set(&loop->timers, &s->timer, at);
    const bool first = posix_timers_first(&loop->timers) == &s->timer;
    pthread_mutex_unlock(&loop->lock);
    if (first && running != loop) posix_loop_wake(loop);
}

/* Tick those whose time has come. Returns the next one's time, 0 for none. */
static int64_t run_timers(posix_loop *loop, int64_t now) {
    for (;;) {
        pthread_mutex_lock(&loop->lock);
        posix_timer *timer = posix_timers_first(&loop->timers);
        const uint64_t at = timer != NULL ? timer->at : 0;
        const bool due = timer != NULL && at <= (uint64_t)now;
        if (due) posix_timers_unset(&loop->timers, timer);
        pthread_mutex_unlock(&loop->lock);
        if (!due) return (int64_t)at;
        posix_session *s = session_of(timer);
        pthread_mutex_lock(&s->lock);
        s->tick_at = UINT64_MAX;
        posix_session_turn(s);
        pthread_mutex_unlock(&s->lock);
        posix_session_after(s);
    }
}

#define LOOP_ENDS (-2)

/* A long sleep ends by an alarm, which is set anew only for an earlier time, and stands for sleep after sleep: a time
 * given to each would cost as much as what there is to do. Returns how long to sleep by the time given. */
static int set_alarm(posix_loop *loop, int64_t until, int timeout) {
    if (timeout < POSIX_ALARM_MIN_MS) return timeout;
    if (loop->alarm_at != 0 && loop->alarm_at <= until) return -1;
    const struct itimerspec at = {.it_value = posix_timespec(until)};
    if (timerfd_settime(loop->clock, TFD_TIMER_ABSTIME, &at, NULL) != 0) return timeout;
    loop->alarm_at = until;
    return -1;
}

/* One block in use at its end keeps all of a heap that many sessions needed once. */
static void trim(posix_loop *loop, int64_t now) {
    if (posix_passed(loop->chunks_at, now)) {
        loop->chunks_at = 0;
        posix_chunks_trim(now);
    }
    if (loop->chunks_at == 0 && posix_chunks_present()) loop->chunks_at = now + POSIX_TRIM_MS;
    if (!posix_passed(loop->trim_at, now)) return;
    loop->trim_at = 0;
    pthread_mutex_lock(&loop->lock);
    loop->peak = loop->n_sessions;
    pthread_mutex_unlock(&loop->lock);
#ifdef __GLIBC__
    malloc_trim(0);
#endif
}

/* How long the loop may sleep, or LOOP_ENDS. */
static int time_to_sleep(posix_loop *loop, int64_t timer_at, int64_t turn_at, int64_t now) {
    pthread_mutex_lock(&loop->lock);
    int64_t until = posix_earlier(posix_earlier(timer_at, turn_at), posix_earlier(loop->trim_at, loop->chunks_at));
    if (loop->posted != NULL) until = posix_earlier(until, loop->manual ? now : loop->swept_at + loop->sweep_ms);
    if (loop->urgent || loop->behind != NULL) until = now;
    const bool ends = loop->stopping && loop->n_sessions == 0;
    pthread_mutex_unlock(&loop->lock);
    if (ends) return LOOP_ENDS;
    const int timeout = posix_poll_timeout(until, now);
    return loop->manual ? timeout : set_alarm(loop, until, timeout);
}

/* What is due now. Returns how long the loop may sleep then, or LOOP_ENDS. */
static int do_due(posix_loop *loop) {
    const int64_t now = h2conn_now();
    trim(loop, now);
    sweep(loop, now);
    turn_heavy(loop);
    const int64_t timer_at = run_timers(loop, now);
    const int64_t turn_at = loop->turn != NULL ? loop->turn(loop->turn_ctx, now) : 0;
    return time_to_sleep(loop, timer_at, turn_at, now);
}

/* Returns how many descriptors were ready. */
static int do_ready(posix_loop *loop, int timeout) {
    struct epoll_event events[POSIX_EVENTS_MAX];
    const int n = epoll_wait(loop->epoll, events, POSIX_EVENTS_MAX, timeout);
    loop->single = n == 1 && loop->behind == NULL;
    for (int i = 0; i < n; i++) {
        posix_source *source = events[i].data.ptr;
        source->ready(source);
    }
    loop->single = false;
    return n;
}

void posix_loop_run(posix_loop *loop) {
    const posix_loop *before = running;
    int timeout;
    running = loop;
    while ((timeout = do_due(loop)) != LOOP_ENDS) do_ready(loop, timeout);
    running = before;
}

void posix_loop_process(posix_loop *loop) {
    const posix_loop *before = running;
    running = loop;
    do_due(loop);
    for (unsigned turn = 0; turn < POSIX_TURNS && do_ready(loop, 0) > 0; turn++) do_due(loop);
    running = before;
}

int posix_loop_timeout(posix_loop *loop) {
    pthread_mutex_lock(&loop->lock);
    const posix_timer *timer = posix_timers_first(&loop->timers);
    const int64_t timer_at = timer != NULL ? (int64_t)timer->at : 0;
    pthread_mutex_unlock(&loop->lock);
    return time_to_sleep(loop, timer_at, 0, h2conn_now());
}

static void *loop_thread(void *arg) {
    posix_loop_run(arg);
    return NULL;
}

int posix_loop_start(posix_loop *loop) {
    pthread_mutex_lock(&loop->lock);
    if (!loop->started && !loop->manual) loop->started = posix_thread_start(&loop->thread, loop_thread, loop) == 0;
    const bool started = loop->started || loop->manual;
    pthread_mutex_unlock(&loop->lock);
    return started ? H2CONN_OK : H2CONN_ENOMEM;
}

void posix_loop_quit(posix_loop *loop) {
    pthread_mutex_lock(&loop->lock);
    loop->stopping = true;
    pthread_mutex_unlock(&loop->lock);
    posix_loop_wake(loop);
}

void posix_loop_join(posix_loop *loop) {
    if (loop->started) pthread_join(loop->thread, NULL);
    loop->started = false;
}
