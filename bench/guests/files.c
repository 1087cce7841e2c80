/* Reads every file of the directory FILES: what an application with many
 * small sources does at each request. */
#include <dirent.h>
#include <fcntl.h>

#include "serve.h"

static void respond(void)
{
    const char *directory = param("FILES");
    char bytes[4096], path[512], answer[96];
    unsigned files = 0;
    unsigned long total = 0;
    struct dirent *entry;
    DIR *all = opendir(directory != NULL ? directory : ".");

    while (all != NULL && (entry = readdir(all)) != NULL) {
        ssize_t count;
        int fd;

        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/%s", directory, entry->d_name);
        fd = open(path, O_RDONLY);
        if (fd < 0)
            continue;
        while ((count = read(fd, bytes, sizeof bytes)) > 0)
            total += (unsigned long)count;
        close(fd);
        files++;
    }
    if (all != NULL)
        closedir(all);
    snprintf(answer, sizeof answer, "Content-Type: text/plain\r\n\r\n"
             "%6u files, %9lu bytes\n", files, total);
    give_text(answer);
}
