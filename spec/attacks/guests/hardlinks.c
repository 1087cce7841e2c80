/* Hard links: to what must not be reached, across preopens, and of symlinks. The second preopen is
 * read-only and another directory: `other`. */
#include "attack.h"

int main(int argc, char **argv)
{
    begin(argc, argv);
    for (int round = 0; round < rounds; round++) {
        for (int lookup = 0; lookup <= FOLLOW; lookup++) {
            /* From the read-only preopen a second name would be writable. */
            must_fail(path_link(SECOND, lookup, "file", 4, TOP, "linked", 6), "path_link from", "ro");
            must_fail(path_link(TOP, lookup, "mine", 4, SECOND, "linked", 6), "path_link into", "ro");
            must_fail(path_link(SECOND, lookup, "file", 4, SECOND, "linked", 6), "path_link in", "ro");
            must_fail(path_link(TOP, lookup, "own", 3, TOP, "linked", 6), "path_link", "a directory");
            must_fail(path_link(TOP, lookup, ".", 1, TOP, "linked", 6), "path_link", ".");
            must_fail(path_link(TOP, lookup, "mine", 4, TOP, "mine", 4), "path_link", "onto itself");
            must_fail(path_link(1, lookup, "mine", 4, TOP, "l", 1), "path_link from", "stdout");
        }
        must_fail(path_link(TOP, FOLLOW, "to-file", 7, TOP, "linked", 6), "path_link", "to-file");
        must_fail(path_link(TOP, FOLLOW, "chain", 5, TOP, "linked", 6), "path_link", "chain");
        must_fail(path_link(TOP, FOLLOW, "absolute-file", 13, TOP, "l", 1), "path_link", "absolute");
        must_fail(path_rename(SECOND, "file", 4, TOP, "taken", 5), "path_rename from", "ro");
        must_fail(path_rename(TOP, "mine", 4, SECOND, "taken", 5), "path_rename into", "ro");
        must_fail(path_rename(TOP, "own", 3, SECOND, "taken", 5), "path_rename a directory into", "ro");
        /* A link of a symlink is a symlink: it leads nowhere either. */
        path_link(TOP, 0, "to-file", 7, TOP, "d/linked", 8);
        must_be_inside(open_at(TOP, "d/linked", 0, READ), "path_open", "d/linked");
        path_unlink_file(TOP, "d/linked", 8);
        path_link(TOP, 0, "to-dir", 6, TOP, "d/linked", 8);
        poke(TOP, "d/linked/secret", 15);
        path_unlink_file(TOP, "d/linked", 8);
    }
    return report();
}
