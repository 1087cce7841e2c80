/* Lists a directory that httpd maps for it. Nothing else of the server can be reached. */
#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>

#include "../cgi.h"

enum { PATH_BYTES = 1024, MOST_ENTRIES = 1000 };

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void print_entry(const char *dir, const char *name)
{
    char path[2 * PATH_BYTES];
    struct stat st;

    snprintf(path, sizeof path, "%s/%s", dir, name);
    if (lstat(path, &st) != 0) memset(&st, 0, sizeof st);
    fputs("<tr><td>", stdout);
    if (S_ISDIR(st.st_mode)) {
        fputs("<a href=\"?dir=", stdout);
        print_escaped(path);
        fputs("\">", stdout);
        print_escaped(name);
        fputs("/</a><td>directory\n", stdout);
    } else {
        print_escaped(name);
        printf("<td>%lld bytes\n", (long long)st.st_size);
    }
}

int main(void)
{
    static char *names[MOST_ENTRIES];
    char dir[PATH_BYTES];
    struct dirent *entry;
    size_t count = 0;

    if (!query_value("dir", dir, sizeof dir)) strcpy(dir, "/data");
    begin_page("A mapped directory");
    fputs("<h2>", stdout);
    print_escaped(dir);
    fputs("</h2>\n", stdout);

    DIR *open_dir = opendir(dir);
    if (open_dir == NULL) {
        printf("<p class=\"refused\">The sandbox says: %s.</p>\n", strerror(errno));
        return 0;
    }
    while (count < MOST_ENTRIES && (entry = readdir(open_dir)) != NULL) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            names[count++] = strdup(entry->d_name);
    }
    qsort(names, count, sizeof names[0], by_name);
    puts("<table>");
    for (size_t i = 0; i < count; i++) print_entry(dir, names[i]);
    puts("</table>");
    return 0;
}
