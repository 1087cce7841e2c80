/* Names that are no names, and bytes that somebody on the way could take for a dot, slash or end. */
#include "attack.h"

#define BYTES(text) { text, sizeof text - 1 }

static const struct {
    const char *at;
    size_t length;
} NAMES[] = {
    BYTES(""), BYTES("\0"), BYTES("mine\0"), BYTES("\0mine"), BYTES("mine\0/../../outside/secret"),
    BYTES("..\0/outside/secret"), BYTES("d/\0../x"), BYTES("\xff"), BYTES("a\xff"), BYTES("\xc0\xae"),
    BYTES("\xc0\xae\xc0\xae/outside/secret"), BYTES("..\xc0\xafoutside\xc0\xafsecret"),
    BYTES("\xe0\x80\xae\xe0\x80\xae/outside/secret"), BYTES("\xf0\x80\x80\xae/x"), BYTES("\xed\xa0\x80"),
    BYTES("\xed\xb0\x80x"), BYTES("\xf4\x90\x80\x80"), BYTES("\xf8\x88\x80\x80\x80"), BYTES("\xe2\x82"),
    BYTES("\x80mine"), BYTES("d/\xfe/x"),
};

/* These are plain names of files that are not there; they must not turn into others. */
static const char *const PLAIN[] = {
    "..\\outside\\secret", "\\\\outside", "%2e%2e/outside/secret", "..%2foutside%2fsecret",
    "\xef\xbc\x8e\xef\xbc\x8e/outside/secret", "\xe2\x80\xa4\xe2\x80\xa4/outside/secret",
    "\xe2\x80\xa5/outside/secret", "\xef\xbb\xbf../outside/secret", "..\xe2\x80\x8b/outside/secret",
    "... /outside", ".. /outside/secret", "..\n/outside/secret", "~/x", "C:\\x", "file:///etc/passwd",
    "\xef\xbf\xbd", "proc/self/fd/0", "self/fd/3/../../outside", "$HOME/x", "*/secret",
};

int main(int argc, char **argv)
{
    static char long_name[5000];

    begin(argc, argv);
    for (int round = 0; round < rounds; round++) {
        for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++) {
            try_all(TOP, NAMES[i].at, NAMES[i].length);
        }
        for (size_t i = 0; i < sizeof PLAIN / sizeof *PLAIN; i++) {
            poke(TOP, PLAIN[i], strlen(PLAIN[i]));
        }
        memset(long_name, 'n', sizeof long_name);
        try_all(TOP, long_name, 256);
        try_all(TOP, long_name, 4097);
        try_all(TOP, long_name, sizeof long_name);
        memset(long_name, '/', sizeof long_name);
        memcpy(long_name, "d", 1);
        memcpy(long_name + 4000, "../../outside/secret", 20);
        try_all(TOP, long_name, 4020);
        for (size_t i = 0; i + 3 < sizeof long_name; i += 3) memcpy(long_name + i, "../", 3);
        try_all(TOP, long_name, 4095);
    }
    return report();
}
