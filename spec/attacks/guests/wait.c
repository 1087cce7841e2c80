/* Waits for an hour, for ever, for input that does not come: the run ends at its deadline. */
#include "attack.h"

#define HOUR UINT64_C(3600000000000)

int main(int argc, char **argv)
{
    static uint64_t subscriptions[1024][6];
    static uint64_t events[1024][4];
    static char input[16];
    struct iovec_t iov = { input, sizeof input };
    const char *how = getenv("HOW");
    size_t count = 1, size;

    begin(argc, argv);
    for (int i = 0; i < 1024; i++) {
        subscriptions[i][2] = 1;
        subscriptions[i][3] = HOUR + i;
    }
    if (strcmp(how, "longest") == 0) subscriptions[0][3] = UINT64_MAX;
    if (strcmp(how, "many") == 0) count = 1024;
    if (strcmp(how, "absolute") == 0) {
        subscriptions[0][2] = 0;
        subscriptions[0][3] = UINT64_MAX;
        subscriptions[0][5] = 1;
    }
    if (strcmp(how, "input") == 0) {
        subscriptions[0][1] = 1;
        subscriptions[0][2] = 0;
        count = 2;
    }
    if (strcmp(how, "inputs") == 0) {
        for (int i = 0; i < 1024; i++) {
            subscriptions[i][1] = 1;
            subscriptions[i][2] = 0;
        }
        count = 1024;
    }
    if (strcmp(how, "short") == 0) subscriptions[0][3] = 1;
    for (;;) {
        if (strcmp(how, "read") == 0) fd_read(0, &iov, 1, &size);
        else poll_oneoff(subscriptions, events, count, &size);
    }
}
