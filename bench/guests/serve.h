/* One source, three programs: a Wasm command, a CGI program, and with
 * -DFASTCGI a responder of threads that listens on the socket argv[1].
 * A guest defines respond(); input and output are not buffered by anybody. */
#ifndef BENCH_SERVE_H
#define BENCH_SERVE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void respond(void);

#ifdef FASTCGI

#include <fcgiapp.h>
#include <pthread.h>

/* A thread serves one connection until it is closed, so there have to be
 * more threads than httpd keeps connections. */
#define THREADS 160

static __thread FCGX_Request request;

static inline size_t take(char *bytes, size_t size)
{
    int count = FCGX_GetStr(bytes, (int)size, request.in);

    return count > 0 ? (size_t)count : 0;
}

static inline void give(const char *bytes, size_t size)
{
    FCGX_PutStr(bytes, (int)size, request.out);
}

static inline const char *param(const char *name)
{
    return FCGX_GetParam(name, request.envp);
}

static inline char **params(void)
{
    return request.envp;
}

static void *serve(void *socket)
{
    char rest[256];

    FCGX_InitRequest(&request, *(int *)socket, 0);
    while (FCGX_Accept_r(&request) == 0) {
        respond();
        /* What is unread would be taken for the next request's. */
        while (take(rest, sizeof rest) > 0)
            continue;
        FCGX_Finish_r(&request);
    }
    return NULL;
}

int main(int argc, char **argv)
{
    pthread_t thread;
    int i, socket;

    FCGX_Init();
    socket = argc == 2 ? FCGX_OpenSocket(argv[1], 511) : -1;
    if (socket < 0)
        return 1;
    for (i = 0; i < THREADS; i++)
        if (pthread_create(&thread, NULL, serve, &socket) != 0)
            return 1;
    puts("listening");
    fflush(stdout);
    pthread_join(thread, NULL);
    return 0;
}

#else

extern char **environ;

static inline size_t take(char *bytes, size_t size)
{
    ssize_t count = read(0, bytes, size);

    return count > 0 ? (size_t)count : 0;
}

static inline void give(const char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t count = write(1, bytes, size);

        if (count <= 0)
            exit(1);
        bytes += count;
        size -= (size_t)count;
    }
}

static inline const char *param(const char *name)
{
    return getenv(name);
}

static inline char **params(void)
{
    return environ;
}

int main(void)
{
    respond();
    return 0;
}

#endif

static inline void give_text(const char *text)
{
    give(text, strlen(text));
}

#endif
