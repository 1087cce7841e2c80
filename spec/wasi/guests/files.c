// Uses files as a C program does, and says what failed.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHECK(x) do { if (!(x)) { printf("line %d: %s: %s\n", __LINE__, #x, strerror(errno)); return 1; } } while (0)

int main(void) {
  char buf[64];
  struct stat st;
  FILE *f = fopen("/dir/a", "w");
  CHECK(!f && errno == ENOENT);
  CHECK(!mkdir("/dir", 0777));
  CHECK((f = fopen("/dir/a", "w+")));
  CHECK(fputs("hello", f) >= 0 && !fseek(f, 1, SEEK_SET));
  CHECK(fgets(buf, sizeof buf, f) && !strcmp(buf, "ello") && !fclose(f));
  CHECK((f = fopen("/dir/a", "a")) && fputs("!", f) >= 0 && !fclose(f));
  CHECK(!stat("/dir/a", &st) && S_ISREG(st.st_mode) && st.st_size == 6);
  CHECK(!stat("/dir", &st) && S_ISDIR(st.st_mode));
  CHECK(!link("/dir/a", "/dir/b") && !rename("/dir/b", "/c"));
  CHECK(!stat("/c", &st) && st.st_nlink == 2);
  CHECK(!truncate("/c", 2) && !stat("/c", &st) && st.st_size == 2);
  CHECK(!access("/c", R_OK | W_OK));
  CHECK(symlink("/c", "/l") && errno == EPERM);
  for (int i = 0; i < 300; i++) {
    snprintf(buf, sizeof buf, "/dir/%d", i);
    int fd = open(buf, O_CREAT | O_EXCL | O_WRONLY, 0666);
    CHECK(fd >= 0 && write(fd, buf, 3) == 3 && !close(fd));
  }
  CHECK(rmdir("/dir") && errno == ENOTEMPTY);
  DIR *d = opendir("/dir");
  CHECK(d);
  int entries = 0;
  for (struct dirent *e; (e = readdir(d)); entries++) CHECK(e->d_ino != 0);
  CHECK(entries == 303);
  rewinddir(d);
  for (struct dirent *e; (e = readdir(d));)
    if (e->d_name[0] != '.') CHECK(!unlinkat(dirfd(d), e->d_name, 0));
  CHECK(!closedir(d) && !rmdir("/dir") && !unlink("/c"));
  CHECK(open("../etc/passwd", O_RDONLY) < 0 && errno == EPERM);
  CHECK(!isatty(1));
  puts("fine");
  return 0;
}
