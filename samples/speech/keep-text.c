/* Keeps the posted text in a file, for another program to speak: one line, plain characters. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { MOST_CHARACTERS = 500 };

int main(void)
{
    FILE *file = fopen("/speech/text.txt", "w");
    int count = 0, c;

    while (file != NULL && count < MOST_CHARACTERS && (c = getchar()) != EOF) {
        fputc(isprint(c) ? c : ' ', file);
        count++;
    }
    if (file == NULL || fclose(file) != 0) {
        printf("Status: 500\nContent-Type: text/plain\n\n%s\n", strerror(errno));
        return 0;
    }
    printf("Content-Type: text/plain\n\n%d characters\n", count);
    return 0;
}
