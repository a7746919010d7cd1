#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Every row of speed beside its peers, in interleaved rounds; prints a table of medians and ratios.

usage: bench.py [--quick] [--fast PROGRAMS] [ROW...]

BUILD and VECTORS name folders. --fast names the folder of the same programs built with another wolfSSL. A ROW is a
word of a row's name. Exits with 1 when a program failed or a result was wrong; speed alone fails nothing.
"""
import contextlib
import os
import platform
import re
import resource
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

BUILD = os.path.abspath(os.environ.get("BUILD", "build"))
VECTORS = os.environ.get("VECTORS", "../shared/vectors")
HERE = os.path.dirname(os.path.abspath(__file__))
QUICK = "--quick" in sys.argv
ROUNDS = 2 if QUICK else 5
LIMIT = 120  # seconds that any one program may take

rows = []
wrong = []


def note(text):
    print(text, file=sys.stderr, flush=True)


class Wrong(Exception):
    pass


def run(*argv, pin=None):
    """What a program printed; Wrong when it failed or took too long."""
    argv = [str(a) for a in argv]
    if pin is not None and shutil.which("taskset"):
        argv = ["taskset", "-c", str(pin)] + argv
    try:
        done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=LIMIT)
    except subprocess.TimeoutExpired:
        raise Wrong("no end within %d s: %s" % (LIMIT, " ".join(argv)))
    if done.returncode != 0:
        raise Wrong("%s: %s" % (" ".join(argv), done.stderr.strip() or "status %d" % done.returncode))
    return done.stdout


def program(name, folder=None):
    return os.path.join(folder or os.path.join(BUILD, "bench"), name)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


@contextlib.contextmanager
def process(argv, port=None, pin=None):
    """A server, ended with the block; its port, which it prints unless given."""
    argv = [str(a) for a in argv]
    if pin is not None and shutil.which("taskset"):
        argv = ["taskset", "-c", str(pin)] + argv
    log = tempfile.TemporaryFile(mode="w+")
    server = subprocess.Popen(argv, stdout=subprocess.PIPE if port is None else log, stderr=log, text=True)
    try:
        if port is None:
            words = server.stdout.readline().split()
            if len(words) != 2 or words[0] != "listening":
                raise Wrong("%s does not listen" % argv[0])
            port = int(words[1])
        until = time.monotonic() + 5
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            if time.monotonic() > until or server.poll() is not None:
                log.seek(0)
                raise Wrong("%s does not listen: %s" % (argv[0], log.read()[-400:]))
            time.sleep(0.02)
        yield port, server.pid
    finally:
        with contextlib.suppress(ProcessLookupError):
            server.send_signal(signal.SIGTERM)
        try:
            server.wait(5)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def rounds(jobs, count=None):
    """Figures of each job, round by round: {name: [figure, ...]}."""
    figures = {name: [] for name, _ in jobs}
    for i in range(count or ROUNDS):
        # Every other round the other way about, so that no job always has the same one before it.
        for name, job in jobs if i % 2 == 0 else reversed(jobs):
            figures[name].append(job())
    return figures


def add(name, ours, theirs, peer, target, unit, less=False):
    """A row from figures round by round; `less` when a smaller figure is better."""
    if not theirs:
        rows.append((name, "%s %s" % (number(statistics.median(ours)), unit), "%s: not installed" % peer, "", "", ""))
        return
    ratio = statistics.median(a / b for a, b in zip(ours, theirs))
    met = "" if target is None else ("yes" if (ratio <= target if less else ratio >= target) else "NO")
    rows.append((name, "%s %s" % (number(statistics.median(ours)), unit),
                 "%s %s" % (peer, number(statistics.median(theirs))), "%.2f" % ratio,
                 "" if target is None else "%s%.2f" % ("<= " if less else "", target), met))


def number(x):
    return "{:,.0f}".format(x) if x >= 100 else "%.3g" % x


def skipped(name, why):
    rows.append((name, "", why, "", "", ""))


# ---- without sockets ----

def printed(output):
    figures = {}
    for line in output.splitlines():
        name, value = line.split()
        figures.setdefault(name, []).append(float(value))
    return figures


def hpack():
    folder = os.path.join(VECTORS, "hpack", "raw-data")
    if not os.path.isdir(folder):
        return skipped("HPACK", "no stories in %s" % folder)
    f = printed(run(program("hpack"), folder, ROUNDS, 100 if QUICK else 200))
    for way in ("decode", "encode"):
        add("HPACK %s" % way, f[way + ".h2conn"], f[way + ".nghttp2"], "libnghttp2", 2.0, "MB/s")
    add("HPACK size on the wire", f["wire.h2conn"], f["wire.nghttp2"], "libnghttp2", 1.0, "of the text", less=True)


def session():
    f = printed(run(program("session"), ROUNDS, 100000 if QUICK else 400000))
    add("session without sockets, requests answered 200", f["session.h2conn"], f["session.nghttp2"], "libnghttp2", 2.0,
        "/s")


def growth():
    lines = run(program("growth"), 50000).splitlines()
    for line in lines[1:]:
        name, figures = line[:28].strip(), [float(x) for x in line[28:].split()]
        at, most = (1, "10,000 streams") if len(figures) == 5 else (0, "1,000 sessions")
        add("growth: %s, at %s" % (name, most), figures[-1:], figures[at:at + 1],
            "at %d:" % (10 if at else 1), 1.5, "ns", less=True)
    if QUICK:
        return skipped("growth over sockets", "not with --quick")
    for what, sizes in (("streams", (1, 10, 100, 1000, 10000)), ("sessions", (1, 10, 100, 1000))):
        ends = {n: lambda n=n: message_cost(what, n) for n in (sizes[1], sizes[-1])}
        f = rounds(list(ends.items()), 2)
        said = {n: statistics.median(f[n]) if n in f else message_cost(what, n) for n in sizes}
        note("%s: %s" % (what, ", ".join("%d: %.2f us" % each for each in said.items())))
        add("growth over sockets: echo of 64 B, server's CPU, at {:,} {}".format(sizes[-1], what), f[sizes[-1]],
            f[sizes[1]], "at %d:" % sizes[1], 1.5, "us", less=True)


def message_cost(what, count):
    """Microseconds of the server's processor time, every byte compared."""
    sessions, streams = (1, count) if what == "streams" else (count, 1)
    out = run(os.path.join(BUILD, "bin", "h2bench"), "--self", "fleet", sessions, streams, 1)
    cost = re.search(r"server CPU ([\d.]+) us a message", out)
    if not cost or "%d conns ended in good order, 0 messages lost, 0 bytes wrong" % count not in out:
        raise Wrong("h2bench fleet with %d %s: %s" % (count, what, out))
    return float(cost[1])


# ---- echoes ----

def wire_servers(stack, schemes, folder=None, pin=None):
    return {s: stack.enter_context(process([program("wire", folder), "server", s, CERTS], pin=pin))[0] for s in schemes}


def url(scheme, port):
    return "%s://127.0.0.1:%d" % (scheme.split("+")[0], port)


def echoes(schemes, what, args, folder=None, pins=(None, None), count=None):
    with contextlib.ExitStack() as stack:
        ports = wire_servers(stack, schemes, folder, pins[0])
        return rounds([(s, lambda s=s: float(run(program("wire", folder), what, url(s, ports[s]), *args, CERTS,
                                                 pin=pins[1]))) for s in schemes], count)


def cpu_of(pid):
    """Seconds of processor time of a server and of the programs that have run."""
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.clock_gettime(~pid << 3 | 2) + spent.ru_utime + spent.ru_stime


def bulks(name, schemes, peer, target, folder, megabytes, count=None, suffix=""):
    """The rate, and what others on the machine disturb less: the work for each byte, of both ends."""
    raw, blocking, events = schemes
    work = {s: [] for s in schemes}
    with contextlib.ExitStack() as stack:
        at = {s: stack.enter_context(process([program("wire", folder), "server", s, CERTS])) for s in schemes}

        def once(scheme):
            port, pid = at[scheme]
            before = cpu_of(pid)
            rate = float(run(program("wire", folder), "bulk", url(scheme, port), megabytes * 1000000, CERTS))
            work[scheme].append((cpu_of(pid) - before) * 1000 / megabytes)
            return rate

        f = rounds([(s, lambda s=s: once(s)) for s in schemes], count)
    for style, scheme in (("blocking", blocking), ("event", events)):
        add("%s, %s server%s" % (name, style, suffix), f[scheme], f[raw], peer, target, "MB/s")
    for style, scheme in (("blocking", blocking), ("event", events)):
        add("%s, %s server, CPU of both ends%s" % (name, style, suffix), work[scheme], work[raw], peer, None, "ns a byte",
            less=True)


def clear():
    bulks("bulk echo", ["tcp", "http", "http+events"], "raw TCP", 0.85, None, 300 if QUICK else 1000)
    pings("ping echo 64 B", ["tcp", "http", "http+events"], "raw TCP", 0.95, None, 3000 if QUICK else 10000)


def pings(name, schemes, peer, target, folder, trips, suffix=""):
    """On two cores the time a sleeping one takes to wake counts most; on one, the work that is done."""
    raw, blocking, events = schemes
    for cores, pins in (("two cores", (0, 1)), ("one core", (0, 0))):
        if pins[1] >= (os.cpu_count() or 1):
            skipped("%s on two cores%s" % (name, suffix), "one processor")
            continue
        f = echoes(schemes, "ping", [trips, 64], folder, pins)
        for style, scheme in (("blocking", blocking), ("event", events)):
            add("%s, %s server, %s%s" % (name, style, cores, suffix), f[scheme], f[raw], peer, target, "/s")


def tls_rows(label, folder, megabytes):
    schemes = ["tls", "https", "https+events"]
    with contextlib.ExitStack() as stack:
        ports = wire_servers(stack, schemes[:2], folder)
        suites = {run(program("wire", folder), "suite", url(s, ports[s]), CERTS).strip() for s in schemes[:2]}
    if len(suites) != 1:
        raise Wrong("the suites differ: %s" % ", ".join(suites))
    label = "%s, %s" % (label, suites.pop().replace("TLS_", ""))
    bulks("bulk echo, TLS", schemes, "bare wolfSSL", 0.90, folder, megabytes, 2 if QUICK else 4, " (%s)" % label)
    pings("ping echo 64 B, TLS", schemes, "bare wolfSSL", 0.90, folder, 2000 if QUICK else 6000, " (%s)" % label)


def tls():
    tls_rows("the system's wolfSSL" if "with-" not in BUILD else "wolfSSL of WOLFSSL=", None, 30 if QUICK else 100)
    if "--fast" in sys.argv:
        tls_rows("with CPU instructions", sys.argv[sys.argv.index("--fast") + 1], 150 if QUICK else 600)
    else:
        skipped("bulk and ping echo, TLS with CPU instructions", "build it: tools/build-wolfssl.sh host")


# ---- servers ----

def h2o_config(port, docs):
    return "\n".join(["num-threads: 1", "listen: {host: 127.0.0.1, port: %d}" % port, "user: %s" % USER,
                      "http2-reprioritize-blocking-assets: OFF", "hosts:", "  default:", "    paths:", "      /:",
                      "        file.dir: %s" % docs, ""])


def nginx_config(port, docs, folder):
    return "\n".join(["daemon off;", "master_process off;", "worker_processes 1;", "pid %s/nginx.pid;" % folder,
                      "error_log %s/nginx.log;" % folder, "events { worker_connections 512; }", "http {", "access_log off;",
                      *["%s_temp_path %s;" % (t, folder) for t in
                        ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")],
                      "keepalive_requests 1000000000;",
                      "server { listen 127.0.0.1:%d http2; location / { return 200 'hello\\n'; } }" % port, "}", ""])


def written(folder, name, text):
    path = os.path.join(folder, name)
    with open(path, "w") as f:
        f.write(text)
    return path


def peer_servers(stack, folder, wanted):
    """Those installed: {name: (port, pid)}."""
    docs = os.path.join(folder, "docs")
    os.makedirs(docs, exist_ok=True)
    written(docs, "six", "hello\n")
    found = {}
    for name in wanted:
        if not shutil.which(name):
            continue
        port = free_port()
        if name == "h2o":
            argv = ["h2o", "-c", written(folder, "h2o.conf", h2o_config(port, docs))]
        elif name == "nginx":
            argv = ["nginx", "-p", folder, "-c", written(folder, "nginx.conf", nginx_config(port, docs, folder))]
        else:
            argv = ["nghttpd", "--no-tls", "-n1", "-d", docs, "-a", "127.0.0.1", port]
        found[name] = stack.enter_context(process(argv, port))
    return found


def h2load_once(port, requests):
    out = run("h2load", "-c8", "-m32", "-t1", "-n", requests, "http://127.0.0.1:%d/six" % port)
    done = re.search(r"(\d+) succeeded, 0 failed, 0 errored", out)
    data = re.search(r"\((\d+)\) data", out)
    ok = re.search(r"(\d+) 2xx", out)
    if not (done and data and ok) or [int(done[1]), int(ok[1]), int(data[1])] != [requests, requests, requests * 6]:
        raise Wrong("h2load had other than %d answers of 6 bytes: %s" % (requests, out))
    return float(re.search(r"([\d.]+) req/s", out)[1])


def h2load():
    if not shutil.which("h2load"):
        return skipped("h2load -c8 -m32", "h2load: not installed")
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        servers = peer_servers(stack, folder, ["h2o", "nghttpd", "nginx"])
        for scheme in ("http+events", "http"):
            servers[scheme] = stack.enter_context(process([program("wire"), "server", scheme]))
        many, few = (100000, 10000) if QUICK else (400000, 40000)
        f = rounds([(s, lambda s=s: h2load_once(servers[s][0], few if s == "nginx" else many))
                    for s in servers])
    for peer, target in (("h2o", 1.2), ("nghttpd", None), ("nginx", None)):
        add("h2load -c8 -m32, 6 bytes, one loop", f["http+events"], f.get(peer), peer, target, "/s")
    add("the same, a thread for each request", f["http"], f.get("h2o"), "h2o", None, "/s")


def setup():
    count = 500 if QUICK else 2000
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        servers = peer_servers(stack, folder, ["h2o", "nghttpd"])
        for scheme in ("http+events", "http"):
            servers[scheme] = stack.enter_context(process([program("wire"), "server", scheme]))
        servers["bare"] = stack.enter_context(process([program("setup"), "server"]))
        f = rounds([(s, lambda s=s: float(run(program("setup"), "bare" if s == "bare" else "h2", servers[s][0], count,
                                              servers[s][1]))) for s in servers])
    name = "connection set-up, %s, server's CPU"
    for peer, label in (("h2o", "h2o"), ("nghttpd", "nghttpd"), ("bare", "accept, read, write, close")):
        add(name % "event server", f["http+events"], f.get(peer), label, 1.0 if peer == "h2o" else None, "us", less=True)
    add(name % "blocking server", f["http"], f.get("h2o"), "h2o", 1.0, "us", less=True)


# ---- long links ----

def link(label, delay_us, rate, seconds, warm, target, count):
    with contextlib.ExitStack() as stack:
        ports = {}
        for scheme in ("tcp", "http"):
            port, _ = stack.enter_context(process([program("wire"), "server", scheme]))
            ports[scheme], _ = stack.enter_context(process([program("proxy"), port, delay_us, rate]))
        for way in ("down", "up", "echo"):
            f = rounds([(s, lambda s=s: float(run(program("wire"), way, url(s, ports[s]), seconds, warm)))
                        for s in ("tcp", "http")], count)
            add("%s, %s, after %d s" % (label, way, warm), f["http"], f["tcp"], "raw TCP", target, "MB/s")


def rss(pid):
    """MiB of a process that are in RAM."""
    with open("/proc/%d/statm" % pid) as f:
        return int(f.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1048576


def memory(label, delay_us, rate):
    """What the server holds when its program does not read for a second, and 3 s after it has read all."""
    with contextlib.ExitStack() as stack:
        server, pid = stack.enter_context(process([program("wire"), "server", "http"]))
        port, _ = stack.enter_context(process([program("proxy"), server, delay_us, rate]))
        base = peak = last = rss(pid)
        client = stack.enter_context(subprocess.Popen([program("wire"), "pause", url("http", port), "4", "4"],
                                                      stdout=subprocess.PIPE, text=True))
        until = time.monotonic() + LIMIT
        while client.poll() is None:
            if time.monotonic() > until:
                client.kill()
                raise Wrong("%s does not end" % label)
            last = rss(pid)
            peak = max(peak, last)
            time.sleep(0.02)
        if client.returncode != 0 or client.stdout.read() != "idle\n":
            raise Wrong("%s failed" % label)
    held, most = last - base, peak - base
    if most < 4 or held > max(2, most / 4):
        raise Wrong("%s: of %.1f MiB at the peak %.1f stay when idle" % (label, most, held))
    add(label, [held], [most], "at its peak", 0.25, "MiB", less=True)


def delay():
    seconds = 4 if QUICK else 5
    link("one stream, 100 ms round trip, 100 MB/s", 50000, 100, seconds, 3, 0.95, 1)
    if not QUICK:
        memory("the server's memory, 3 s after that link is idle", 50000, 100)
    if QUICK:
        skipped("one stream, 50 ms, uncapped", "not with --quick")
    else:
        link("one stream, 50 ms, uncapped", 25000, 0, 5, 3, 0.85, 1)


# ---- the table ----

def versions():
    said = []
    for package in ("libnghttp2-14", "nghttp2-server", "h2o", "nginx", "libwolfssl35"):
        out = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", package], stdout=subprocess.PIPE,
                             stderr=subprocess.DEVNULL, text=True).stdout if shutil.which("dpkg-query") else ""
        if out:
            said.append("%s %s" % (package, out))
    model = platform.machine()
    with contextlib.suppress(OSError), open("/proc/cpuinfo") as f:
        for line in f:
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    compiler = run(os.environ.get("CC", "cc"), "--version").splitlines()[0]
    return ["%s, %d cores, Linux %s, %s" % (model, os.cpu_count() or 1, platform.release(), compiler), ", ".join(said)]


def show(seconds):
    head = ("row", "ours", "peer", "ratio", "target", "met")
    widths = [max(len(r[i]) for r in [head] + rows) for i in range(len(head))]
    line = lambda r: "| " + " | ".join(c.ljust(w) for c, w in zip(r, widths)) + " |"
    print(line(head))
    print("| " + " | ".join("-" * w for w in widths) + " |")
    for r in rows:
        print(line(r))
    print()
    for text in versions():
        print(text)
    print("medians of interleaved rounds; %d s, load at the end %.1f" % (seconds, os.getloadavg()[0]))


def main():
    global CERTS, USER
    import getpass
    USER = getpass.getuser()
    start = time.monotonic()
    parts = [hpack, session, growth, clear, tls, h2load, setup, delay]
    words = [a for i, a in enumerate(sys.argv[1:], 1) if not a.startswith("--") and sys.argv[i - 1] != "--fast"]
    unknown = set(words) - {p.__name__ for p in parts}
    if unknown:
        sys.exit("bench.py: rows are %s, not %s" % (" ".join(p.__name__ for p in parts), " ".join(unknown)))
    with tempfile.TemporaryDirectory() as CERTS:
        subprocess.run([os.path.join(HERE, "../../tests/support/certs.sh"), CERTS], check=True)
        for part in parts:
            if words and part.__name__ not in words:
                continue
            note("%s ..." % part.__name__)
            try:
                part()
            except (Wrong, OSError) as error:
                wrong.append("%s: %s" % (part.__name__, error))
    show(time.monotonic() - start)
    for text in wrong:
        note("FAILED %s" % text)
    sys.exit(1 if wrong else 0)


main()
