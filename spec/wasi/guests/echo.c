// Prints its arguments, its environment and its stdin, and exits with 7.
#include <stdio.h>
#include <stdlib.h>

extern char **environ;

int main(int argc, char **argv) {
  for (int i = 0; i < argc; i++) printf("arg %s\n", argv[i]);
  for (char **e = environ; *e; e++) printf("env %s\n", *e);
  int c;
  while ((c = getchar()) != EOF) putchar(c);
  fprintf(stderr, "done\n");
  exit(7);
}
