/* One line for the client, one for httpd's error log. No CGI: what is printed is the body. */
#include <stdio.h>

int main(void)
{
    puts("Hello from C.");
    fputs("hello-c: a line for the error log\n", stderr);
    return 0;
}
