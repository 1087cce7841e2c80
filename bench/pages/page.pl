#!/usr/bin/perl
# A page with JSON::PP and List::Util: what small Perl pages use.
use strict;
use warnings;
use JSON::PP;
use List::Util 'sum';

my %escapes = ('&' => '&amp;', '<' => '&lt;', '>' => '&gt;');
my @rows = (@{decode_json('[{"name": "<one>", "n": 1}, {"name": "two & three", "n": 23}]')}) x 50;
my @lines = map {
    my $words = () = $_->{name} =~ /\w+/g;
    my $name = $_->{name} =~ s/([&<>])/$escapes{$1}/gr;
    "<li>$name: $_->{n}, $words words</li>";
} @rows;
my $sum = sum map { $_->{n} } @rows;
print "Content-Type: text/html; charset=utf-8\n\n";
print "<!doctype html>\n<title>Page</title>\n<ul>\n", join("\n", @lines), "\n</ul>\n<p>$sum</p>\n";
