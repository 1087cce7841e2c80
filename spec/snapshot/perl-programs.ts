// Perl for the specs of its prelude: a module that is loaded before the request, and scripts that use it.

/** TOKEN tells one start from another; whatever is random has been asked once, so that a copy would show. */
const BORN_PM = `package Born;
use strict; use warnings;
use JSON::PP; use List::Util 'shuffle'; use File::Temp 'mktemp'; use Time::HiRes 'time';
print STDERR "perl starts\\n";
our $TOKEN = time . ' ' . rand;
my $counted = 0;
sub values {
    my %hash = map { $_ => 1 } 'a' .. 'z';
    return { rand => rand, integer => int rand 1e9, shuffle => [shuffle 0 .. 99],
        mktemp => mktemp('/app/XXXXXXXXXX'), hash => [keys %hash] };
}
Born::values();
sub show {
    print "Content-Type: application/json\\n\\n", encode_json({ token => $TOKEN, counted => ++$counted,
        query => $ENV{QUERY_STRING}, values => Born::values() });
}
1;
`;

/** Ends in each of the ways in which a script can end, or shows what is random, or when it began. */
const ENDS_PL = `#!/usr/bin/perl -w
use strict; use lib '/app'; use Born;
my $what = $ENV{QUERY_STRING};
if ($what =~ /^round/) { Born::show(); exit }
print "Content-Type: text/plain\\n\\n";
print "begun $0 @ARGV ", __FILE__, ' ', __PACKAGE__, ' ', caller() ? 'called' : 'main', ' ', <STDIN>, <DATA>;
print 'began ', abs(time - $^T) < 20 ? 'now' : 'long ago', "\\n";
our $object = bless []; sub DESTROY { eval { die 'x' }; print "destroyed\\n" if $what !~ /^round/ }
END { print "at the end $?\\n" if $what !~ /^round/ }
INIT { print STDERR "in INIT: $ENV{QUERY_STRING}\\n" if $ENV{QUERY_STRING} eq 'warn' }
$! = 0;
if ($what eq 'status') { exit 3 }
if ($what eq 'die') { die 'dead' }
if ($what eq 'warn') { warn 'a warning'; my $none; print "none: $none\\n" }
if ($what eq 'require') { require Text::Wrap; print Text::Wrap::wrap('', '', "many words\\n") }
if ($what eq 'subs') { sub later { $what } print later(), "\\n" }
if ($what eq 'local') { local $| = 1; print sprintf('%vd', $^V), "\\n" }
if ($what eq 'file') { open my $own, '<', $0 or die; my @lines = <$own>; print scalar(@lines), " lines\\n" }
__DATA__
the data
`;

/** A script that asks for its request by itself, and seeds nothing. */
const UNSEEDED_PL = `use strict; use warnings; use lib '/app'; use Born;
open my $request, '<', '/dev/wasm-fcgi/request' or die;
{ local $/ = "\\0"; for (<$request>) { chomp; my ($name, $value) = split /=/, $_, 2; $ENV{$name} = $value if defined $value } }
Born::show();
`;

export const PERL_FILES: Readonly<Record<string, string>> = {
  'app/Born.pm': BORN_PM,
  'app/ends.pl': ENDS_PL,
  'app/unseeded.pl': UNSEEDED_PL,
};
