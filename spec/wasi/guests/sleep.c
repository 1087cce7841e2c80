// Sleeps as long as its argument says, in ms, between two prints.
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv) {
  printf("before\n");
  fflush(stdout);
  poll(NULL, 0, atoi(argv[1]));
  printf("after\n");
  return 0;
}
