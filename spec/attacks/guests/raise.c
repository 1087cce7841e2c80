/* Raises every signal there may be: SIGUSR1 opens a debugger in Node, others end the process. */
#include "attack.h"

int main(int argc, char **argv)
{
    begin(argc, argv);
    for (int signal = -1; signal < 260; signal++) {
        must_fail(proc_raise(signal), "proc_raise", "a signal");
    }
    must_fail(proc_raise(INT32_MAX), "proc_raise", "the largest number");
    must_fail(proc_raise(INT32_MIN), "proc_raise", "the smallest number");
    return report();
}
