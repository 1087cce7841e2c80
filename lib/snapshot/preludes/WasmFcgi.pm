# Snapshots, from the side of a Perl program, which needs no change: perl -I/preludes -MWasmFcgi SCRIPT
#
# Perl compiles the script and loads what it uses, and runs INIT blocks before its first line. There the
# request is waited for: what BEGIN and use do is done once, and all else in each request, in a copy of its
# own. So nothing of a request may be looked at before: there is none yet. Where no snapshot is made,
# Perl goes from its start to its end for each request, and does the same.

package WasmFcgi;

use strict;
use warnings;

INIT {
    # Where there is no such file the variables are there: it is some other server's CGI.
    if (open my $request, '<', '/dev/wasm-fcgi/request') {
        local $/;
        for (split /\0/, <$request>) {
            my ($name, $value) = split /=/, $_, 2;
            $ENV{$name} = $value if defined $value;
        }
    }
    # When the script began, as far as it can tell: what the tests of files by age count from.
    $^T = time;
    # What was random once would be the same in all requests. Perl seeds by the clock; two requests of the
    # same microsecond differ in the port or the number that the web server gave them.
    srand(srand() ^ unpack '%32L*', join '', %ENV, "\0\0\0");
}

1;
