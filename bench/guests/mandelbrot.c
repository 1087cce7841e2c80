/* Work for the processor alone: the Mandelbrot set in doubles, and how many
 * points of it there were. */
#include "serve.h"

enum { SIDE = 600, MOST = 150 };

static int stays(double cr, double ci)
{
    double zr = 0, zi = 0;
    int i;

    for (i = 0; i < MOST; i++) {
        double r = zr * zr, m = zi * zi;

        if (r + m > 4)
            return 0;
        zi = 2 * zr * zi + ci;
        zr = r - m + cr;
    }
    return 1;
}

static void respond(void)
{
    char answer[64];
    int x, y, points = 0;

    for (y = 0; y < SIDE; y++)
        for (x = 0; x < SIDE; x++)
            points += stays(3.0 * x / SIDE - 2.0, 2.0 * y / SIDE - 1.0);
    snprintf(answer, sizeof answer,
             "Content-Type: text/plain\r\n\r\n%8d points\n", points);
    give_text(answer);
}
