/* The smallest answer: what the way to a program costs, and nothing else. */
#include "serve.h"

static void respond(void)
{
    give_text("Content-Type: text/plain\r\n\r\nHello, world!\n");
}
