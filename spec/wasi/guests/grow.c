// Grows its memory between prints, file writes and reads.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(void) {
  for (int i = 0; i < 20; i++) {
    char *block = malloc(1 << 20);
    memset(block, 'a' + i, 1 << 20);
    FILE *f = fopen("/grown", "w");
    fwrite(block, 1, 1 << 20, f);
    fclose(f);
    f = fopen("/grown", "r");
    char *back = malloc(1 << 20);
    if (fread(back, 1, 1 << 20, f) != 1 << 20 || memcmp(back, block, 1 << 20)) return 1;
    fclose(f);
    printf("%c", block[i]);
    fflush(stdout);
  }
  return 0;
}
