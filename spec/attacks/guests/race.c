/* Goes through `d`, which somebody else exchanges with a symlink to the outside all the time, until
 * it has met both. Then every other call that takes a name, on the same way. */
#include "attack.h"

static const char *const WAYS[] = { "d/secret", "d/new", "d", "d/", "d/.", "d/../d/secret", "l/secret" };

int main(int argc, char **argv)
{
    static char bytes[64];
    struct iovec_t iov = { bytes, sizeof bytes - 1 };
    int inside = 0, refused = 0, missing = 0;
    size_t size;
    /* Rounds are how often both must have been met; there is an end to it, for a lonely guest. */
    long most = 400000;

    begin(argc, argv);
    for (long i = 0; i < most && (inside < rounds * 10 || refused < rounds); i++) {
        int fd = open_at(TOP, "d/secret", 0, READ);

        tried++;
        if (fd == -63) refused++;
        else if (fd < 0) missing++;
        else {
            size = 0;
            fd_read(fd, &iov, 1, &size);
            bytes[size] = '\0';
            if (strstr(bytes, SECRET) != NULL) got_through("path_open", "d/secret");
            if (strcmp(bytes, "inside\n") == 0) inside++;
            fd_close(fd);
        }
        /* Fails, and makes the walk let go of what it holds: every open looks anew. */
        path_rename(TOP, "nothing", 7, TOP, "nowhere", 7);
        if (i % 16 == 0) {
            const char *way = WAYS[(i / 16) % (sizeof WAYS / sizeof *WAYS)];
            uint64_t stat[8];

            if (path_filestat_get(TOP, FOLLOW, way, strlen(way), stat) == 0) {
                must(!is_outside(stat[1]), "path_filestat_get", way);
            }
            int dir = open_dir(TOP, "d");
            if (dir >= 0) {
                fd_filestat_get(dir, stat);
                must(!is_outside(stat[1]), "path_open as directory", "d");
                must_be_inside(open_at(dir, "secret", 0, READ), "path_open in", "d");
                make(dir, "new");
                fd_close(dir);
            }
            path_filestat_set_times(TOP, FOLLOW, way, strlen(way), 0, 0, 5);
            path_link(TOP, FOLLOW, "d/secret", 8, TOP, "linked", 6);
            must_be_inside(open_at(TOP, "linked", 0, READ), "path_link", "d/secret");
            path_unlink_file(TOP, "linked", 6);
            path_create_directory(TOP, "d/made", 6);
            path_remove_directory(TOP, "d/made", 6);
            must_be_inside(open_at(TOP, "d/new", TRUNC, WRITE), "path_open truncating", "d/new");
            path_rename(TOP, "d/new", 5, TOP, "taken", 5);
            must_be_inside(open_at(TOP, "taken", 0, READ), "path_rename", "d/new");
            path_rename(TOP, "taken", 5, TOP, "d/new2", 6);
            path_unlink_file(TOP, "d/new2", 6);
            path_unlink_file(TOP, "taken", 5);
        }
    }
    say(numbered("inside ", inside));
    say(numbered("\nrefused ", refused));
    say(numbered("\nmissing ", missing));
    say("\n");
    return report();
}
