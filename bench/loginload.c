// A closed-loop load generator for the login API: one thread, epoll, keep-alive HTTP/1.1 on loopback. Each connection
// sends a request, waits for the whole answer and sends the next, so the rate is what the server gives away and the
// latency is what a caller sees. It shares the machine with the server it measures, so it does as little as it can.
//
//     cc -O2 -Wall -Wextra -o loginload bench/loginload.c
//     ./loginload --port 8080 --token "$TOKEN" --connections 16 --seconds 8 --users 2000
//
// The result is one JSON line on standard output. Exit code 0 says that it measured, not that nothing was refused.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static const char usage[] =
    "usage: loginload [--mode MODE] --port PORT [options]\n"
    "\n"
    "modes\n"
    "  login      send with channel direct, then authenticate with the code; one login is both (the default)\n"
    "  send       send with channel sms, each request to another number\n"
    "  refresh    log in once a connection, then spend one refresh token after the other\n"
    "  resume     log in once a connection, then get new tokens for the session again and again\n"
    "  users      create users until all of them exist; 409 counts as existing\n"
    "  ready      wait for the first 200 on /health/ready\n"
    "  free-port  print a TCP port that nobody listens on\n"
    "\n"
    "options\n"
    "  --token T        bearer token of an application client\n"
    "  --connections N  requests in flight (16)\n"
    "  --seconds S      how long to measure, or in mode ready, to wait (8)\n"
    "  --warmup S       load before measuring, not counted (0)\n"
    "  --users N        numbers +447400000000 and up (2000)\n"
    "  --first N        skip the first N numbers (0)\n"
    "  --random         take the users in random order, each once a lap\n";

enum mode { LOGIN, SEND, REFRESH, RESUME, USERS, READY, FREE_PORT, MODES };
static const char *const mode_names[MODES] = {"login", "send", "refresh", "resume", "users", "ready", "free-port"};
static const char *const rate_names[MODES] = {"logins_per_s", "sends_per_s", "refreshes_per_s", "resumes_per_s", "users_per_s", "", ""};

// What a connection waits for.
enum step { IDLE, SENDING, AUTHENTICATING, REFRESHING, RESUMING, CREATING };

enum path { PATH_SEND, PATH_AUTHENTICATE, PATH_REFRESH, PATH_RESUME, PATH_USERS, PATHS };
static const char *const paths[PATHS] = {
    "/cis/v1/auth/otp/send", "/cis/v1/auth/otp/authenticate", "/cis/v1/auth/token/refresh", "/cis/v1/auth/session/authenticate", "/cis/v1/users"};

struct connection {
    int fd;
    enum step step;
    unsigned user;
    double since;
    size_t length;
    char secret[1024];  // the code to authenticate with, the refresh token to spend, or the session's id
    char answer[32768];
};

struct answer {
    int status;
    const char *body;
};

static struct {
    enum mode mode;
    int port, connections;
    double seconds, warmup;
    unsigned users, first;
    int random;
    const char *token;
} opt = {LOGIN, 0, 16, 8, 0, 2000, 0, 0, ""};

static char *heads[PATHS];         // everything of a request up to the value of Content-Length
static size_t head_lengths[PATHS];
static unsigned *order;            // the users in random order, or NULL
static unsigned long next_user;
static double measure_from, measure_to;
static long done, refused, existing;
static int shown;
static float *latencies;           // milliseconds
static size_t latency_count, latency_room;

static void die(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs("loginload: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    exit(1);
}

static void *need(void *memory)
{
    if (!memory) die("out of memory");
    return memory;
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static struct sockaddr_in loopback(int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

static int dial(void)
{
    struct sockaddr_in address = loopback(opt.port);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
    if (fd < 0) die("socket: %s", strerror(errno));
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0) return fd;
    close(fd);
    return -1;
}

static void send_all(int fd, const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t sent = send(fd, bytes, length, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent <= 0) die("send: %s", strerror(errno));
        bytes += sent;
        length -= (size_t)sent;
    }
}

// Requests ------------------------------------------------------------------------------------------------------------

static void write_heads(void)
{
    for (int i = 0; i < PATHS; i++) {
        int length = asprintf(&heads[i],
            "POST %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nAuthorization: Bearer %s\r\n"
            "Content-Type: application/json\r\nContent-Length: ",
            paths[i], opt.port, opt.token);
        if (length < 0) die("out of memory");
        head_lengths[i] = (size_t)length;
    }
}

static void post(struct connection *c, enum step step, enum path path, const char *format, ...)
{
    char body[2048], request[16384];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(body, sizeof body, format, arguments);
    va_end(arguments);
    if (length < 0 || (size_t)length >= sizeof body) die("a request body is too long");
    if (head_lengths[path] + (size_t)length + 16 > sizeof request) die("the token is too long");

    memcpy(request, heads[path], head_lengths[path]);
    int rest = sprintf(request + head_lengths[path], "%d\r\n\r\n%s", length, body);
    c->step = step;
    c->length = 0;
    send_all(c->fd, request, head_lengths[path] + (size_t)rest);
}

#define PHONE "\"+4474%08u\""

static void post_send(struct connection *c, const char *channel)
{
    unsigned turn = (unsigned)(next_user++ % opt.users);
    c->user = opt.first + (order ? order[turn] : turn);
    c->since = now();
    post(c, SENDING, PATH_SEND,
        "{\"channel\":\"%s\",\"identifier_type\":\"phone_number\",\"identifier\":" PHONE "}", channel, c->user);
}

// The next piece of work for a connection that waits for nothing; leaves it idle when there is none.
static void begin(struct connection *c)
{
    c->step = IDLE;
    if (opt.mode == USERS) {
        if (next_user >= opt.users) return;
        c->user = opt.first + (unsigned)next_user++;
        c->since = now();
        post(c, CREATING, PATH_USERS, "{\"phone_number\":" PHONE "}", c->user);
        return;
    }

    if (now() >= measure_to) return;
    if (opt.mode == REFRESH && c->secret[0]) {
        c->since = now();
        post(c, REFRESHING, PATH_REFRESH, "{\"refresh_token\":\"%s\"}", c->secret);
        return;
    }

    if (opt.mode == RESUME && c->secret[0]) {
        c->since = now();
        post(c, RESUMING, PATH_RESUME, "{\"session_id\":\"%s\"}", c->secret);
        return;
    }

    post_send(c, opt.mode == SEND ? "sms" : "direct");
}

// Answers -------------------------------------------------------------------------------------------------------------

static const char *header(const char *head, const char *end, const char *name)
{
    size_t length = strlen(name);
    for (const char *line = strstr(head, "\r\n"); line && line < end; line = strstr(line + 2, "\r\n")) {
        if (strncasecmp(line + 2, name, length) == 0 && line[2 + length] == ':') {
            const char *value = line + 3 + length;
            return value + strspn(value, " \t");
        }
    }

    return NULL;
}

// Joins the chunks of a chunked body in place (RFC 9112 §7.1) once all of them are there.
static int join_chunks(char *body, char *end)
{
    for (int join = 0; join < 2; join++) {
        char *in = body, *out = body;
        for (;;) {
            char *data = memmem(in, (size_t)(end - in), "\r\n", 2);
            if (!data) return 0;
            unsigned long size = strtoul(in, NULL, 16);
            data += 2;
            if ((size_t)(end - data) < 2 || (size_t)(end - data) - 2 < size) return 0;
            if (size == 0) break;  // no server that this program talks to sends trailers
            if (join) out = (char *)memmove(out, data, size) + size;
            in = data + size + 2;
        }

        if (join) *out = 0;
    }

    return 1;
}

// Whether the whole answer has arrived.
static int parse(struct connection *c, struct answer *answer)
{
    c->answer[c->length] = 0;
    char *end = strstr(c->answer, "\r\n\r\n");
    if (!end) return 0;
    if (strncmp(c->answer, "HTTP/1.1 ", 9) != 0) die("this is not HTTP/1.1: %.60s", c->answer);
    answer->status = atoi(c->answer + 9);
    answer->body = end + 4;

    const char *value = header(c->answer, end, "Content-Length");
    if (value) return c->length >= (size_t)(end + 4 - c->answer) + strtoul(value, NULL, 10);
    value = header(c->answer, end, "Transfer-Encoding");
    if (value && strncasecmp(value, "chunked", 7) == 0) return join_chunks(end + 4, c->answer + c->length);
    if (answer->status == 204 || answer->status == 304) return 1;
    die("an answer of unknown length: %.200s", c->answer);
    return 0;
}

// Copies a string member of a JSON object; enough for values that hold no escapes.
static void take(const char *json, const char *member, char *to, size_t room)
{
    const char *at = strstr(json, member);
    if (at) at = strchr(at + strlen(member), '"');
    const char *end = at ? strchr(at + 1, '"') : NULL;
    if (!end) die("no %s in: %.200s", member, json);
    size_t length = (size_t)(end - at - 1);
    if (length >= room) die("%s is too long", member);
    memcpy(to, at + 1, length);
    to[length] = 0;
}

static void count(struct connection *c)
{
    double end = now();
    if (opt.mode != USERS && (end < measure_from || end > measure_to)) return;
    done++;
    if (latency_count == latency_room) {
        latency_room = latency_room ? latency_room * 2 : 65536;
        latencies = need(realloc(latencies, latency_room * sizeof *latencies));
    }

    latencies[latency_count++] = (float)((end - c->since) * 1e3);
}

static void refuse(struct connection *c, struct answer answer)
{
    refused++;
    c->secret[0] = 0;
    if (shown++ < 3) fprintf(stderr, "loginload: refused with %d: %.300s\n", answer.status, answer.body);
}

static void finish(struct connection *c, struct answer answer)
{
    int conflict = c->step == CREATING && answer.status == 409;
    if ((answer.status < 200 || answer.status > 299) && !conflict) {
        refuse(c, answer);
        begin(c);
        return;
    }

    switch (c->step) {
    case SENDING:
        if (opt.mode == SEND) {
            count(c);
            break;
        }

        take(answer.body, "\"code\"", c->secret, sizeof c->secret);
        post(c, AUTHENTICATING, PATH_AUTHENTICATE,
            "{\"passcode\":\"%s\",\"identifier_type\":\"phone_number\",\"identifier\":" PHONE "}", c->secret, c->user);
        return;
    case AUTHENTICATING:
        if (opt.mode == LOGIN) count(c);
        else take(answer.body, opt.mode == RESUME ? "\"session_id\"" : "\"refresh_token\"", c->secret, sizeof c->secret);
        break;
    case REFRESHING:
        take(answer.body, "\"refresh_token\"", c->secret, sizeof c->secret);
        count(c);
        break;
    case RESUMING:
        count(c);
        break;
    case CREATING:
        existing += conflict;
        count(c);
        break;
    case IDLE:
        die("an answer that nobody asked for: %.200s", c->answer);
    }

    begin(c);
}

// The loop ------------------------------------------------------------------------------------------------------------

static void shuffle_users(void)
{
    uint64_t state = 0x9E3779B97F4A7C15u;  // the same order in each run: runs are compared with each other
    order = need(malloc(opt.users * sizeof *order));
    for (unsigned i = 0; i < opt.users; i++) order[i] = i;
    for (unsigned i = opt.users - 1; i > 0; i--) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        unsigned other = (unsigned)(state % (i + 1)), kept = order[i];
        order[i] = order[other];
        order[other] = kept;
    }
}

static void load(void)
{
    int poll = epoll_create1(EPOLL_CLOEXEC), busy = 0;
    struct connection *all = need(calloc((size_t)opt.connections, sizeof *all));
    write_heads();
    if (opt.random) shuffle_users();

    double started = now();
    measure_from = started + opt.warmup;
    measure_to = measure_from + opt.seconds;
    for (int i = 0; i < opt.connections; i++) {
        all[i].fd = dial();
        if (all[i].fd < 0) die("connect to port %d: %s", opt.port, strerror(errno));
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = &all[i]};
        if (epoll_ctl(poll, EPOLL_CTL_ADD, all[i].fd, &event) < 0) die("epoll_ctl: %s", strerror(errno));
        begin(&all[i]);
        busy += all[i].step != IDLE;
    }

    // Logins under way when the time is up are brought to their end, uncounted, so that none is left half done.
    double last = now();
    while (busy > 0) {
        struct epoll_event events[256];
        int n = epoll_wait(poll, events, 256, 1000);
        if (n < 0 && errno != EINTR) die("epoll_wait: %s", strerror(errno));
        if (n <= 0 && now() - last > 30) die("no answer for 30 seconds");
        for (int i = 0; i < n; i++) {
            struct connection *c = events[i].data.ptr;
            ssize_t got = recv(c->fd, c->answer + c->length, sizeof c->answer - 1 - c->length, 0);
            if (got < 0 && errno == EINTR) continue;
            if (got <= 0) die("the server closed a connection");
            c->length += (size_t)got;
            struct answer answer;
            if (parse(c, &answer)) {
                finish(c, answer);
                busy -= c->step == IDLE;
            } else if (c->length == sizeof c->answer - 1) {
                die("an answer is too long");
            }
        }

        if (n > 0) last = now();
    }

    if (opt.mode == USERS) opt.seconds = now() - started;
    for (int i = 0; i < opt.connections; i++) close(all[i].fd);
    free(all);
    free(order);
    for (int i = 0; i < PATHS; i++) free(heads[i]);
    close(poll);
}

static int ascending(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

static double quantile(double q)
{
    return latency_count ? (double)latencies[(size_t)(q * (double)(latency_count - 1) + 0.5)] : 0;
}

static void report(void)
{
    if (latency_count) qsort(latencies, latency_count, sizeof *latencies, ascending);
    printf("{\"mode\":\"%s\",\"connections\":%d,\"seconds\":%.2f,\"%s\":%.1f,\"refused\":%ld,",
        mode_names[opt.mode], opt.connections, opt.seconds, rate_names[opt.mode], (double)done / opt.seconds, refused);
    if (opt.mode == USERS) printf("\"created\":%ld,\"existing\":%ld,", done - existing, existing);
    printf("\"p50_ms\":%.2f,\"p95_ms\":%.2f,\"p99_ms\":%.2f}\n", quantile(.50), quantile(.95), quantile(.99));
    free(latencies);
}

// Small services for the script ---------------------------------------------------------------------------------------

static int ready_now(void)
{
    static const char request[] = "GET /health/ready HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n";
    char answer[64] = "";
    size_t length = 0;
    struct timeval patience = {.tv_sec = 2};
    int fd = dial();
    if (fd < 0) return 0;
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (send(fd, request, sizeof request - 1, MSG_NOSIGNAL) == (ssize_t)(sizeof request - 1)) {
        ssize_t got;
        while (length < 12 && (got = recv(fd, answer + length, sizeof answer - 1 - length, 0)) > 0) length += (size_t)got;
    }

    close(fd);
    return length >= 12 && memcmp(answer, "HTTP/1.", 7) == 0 && memcmp(answer + 8, " 200", 4) == 0;
}

static void wait_until_ready(void)
{
    double started = now();
    while (!ready_now()) {
        if (now() - started > opt.seconds) die("port %d is not ready after %.0f seconds", opt.port, opt.seconds);
        nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
    }

    printf("{\"mode\":\"ready\",\"waited_ms\":%.0f}\n", (now() - started) * 1e3);
}

static void print_free_port(void)
{
    struct sockaddr_in address = loopback(0);
    socklen_t length = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, length) < 0
        || getsockname(fd, (struct sockaddr *)&address, &length) < 0) die("no free port: %s", strerror(errno));
    printf("%d\n", ntohs(address.sin_port));
    close(fd);
}

static double number(const char *name, const char *text, double least)
{
    char *end;
    double value = strtod(text, &end);
    if (*end || end == text || !(value >= least && value <= 1e8)) die("--%s cannot be %s", name, text);
    return value;
}

static void read_options(int argc, char **argv)
{
    static const struct option known[] = {
        {"mode", required_argument, NULL, 'm'},    {"port", required_argument, NULL, 'p'},
        {"token", required_argument, NULL, 't'},   {"connections", required_argument, NULL, 'c'},
        {"seconds", required_argument, NULL, 's'}, {"warmup", required_argument, NULL, 'w'},
        {"users", required_argument, NULL, 'u'},   {"first", required_argument, NULL, 'f'},
        {"random", no_argument, NULL, 'r'},        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0}};

    for (int name, index = 0; (name = getopt_long(argc, argv, "h", known, &index)) != -1;) {
        switch (name) {
        case 'm':
            for (opt.mode = LOGIN; opt.mode < MODES && strcmp(optarg, mode_names[opt.mode]) != 0;) opt.mode++;
            if (opt.mode == MODES) die("there is no mode %s", optarg);
            break;
        case 'p': opt.port = (int)number("port", optarg, 1); break;
        case 't': opt.token = optarg; break;
        case 'c': opt.connections = (int)number("connections", optarg, 1); break;
        case 's': opt.seconds = number("seconds", optarg, 0.1); break;
        case 'w': opt.warmup = number("warmup", optarg, 0); break;
        case 'u': opt.users = (unsigned)number("users", optarg, 1); break;
        case 'f': opt.first = (unsigned)number("first", optarg, 0); break;
        case 'r': opt.random = 1; break;
        case 'h': fputs(usage, stdout); exit(0);
        default: fputs(usage, stderr); exit(2);
        }
    }

    if (optind < argc || (opt.mode != FREE_PORT && (opt.port < 1 || opt.port > 65535))) {
        fputs(usage, stderr);
        exit(2);
    }

    // Two logins of one user at a time would void each other's codes.
    if ((opt.mode == LOGIN || opt.mode == REFRESH || opt.mode == RESUME) && opt.users < 2 * (unsigned)opt.connections)
        die("--users has to be at least twice --connections");
}

int main(int argc, char **argv)
{
    read_options(argc, argv);
    switch (opt.mode) {
    case READY: wait_until_ready(); break;
    case FREE_PORT: print_free_port(); break;
    default:
        load();
        report();
    }

    return 0;
}
