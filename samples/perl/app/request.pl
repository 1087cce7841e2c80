#!/usr/bin/perl
# A CGI script in plain Perl: a form by GET and POST, the environment, and the same as JSON.

use strict;
use warnings;
use JSON::PP;

my %given = (
    parameters($ENV{QUERY_STRING}),
    ($ENV{CONTENT_TYPE} // '') =~ m{^application/x-www-form-urlencoded} ? parameters(body()) : (),
);
($given{format} // '') eq 'json' ? show_json() : show_page();

sub body {
    read STDIN, my $body, $ENV{CONTENT_LENGTH} // 0;
    return $body;
}

# Names and values of `a=b&c=d`, as bytes.
sub parameters {
    my ($query) = @_;
    return map { my ($name, $value) = map { plain($_) } split /=/, $_, 2; ($name, $value // '') }
        grep { length } split /&/, $query // '';
}

sub plain {
    my ($text) = @_;
    $text =~ tr/+/ /;
    $text =~ s/%([0-9A-Fa-f]{2})/chr hex $1/ge;
    return $text;
}

sub escape {
    my ($text) = @_;
    my %escapes = ('&' => '&amp;', '<' => '&lt;', '>' => '&gt;', '"' => '&quot;');
    $text =~ s/([&<>"])/$escapes{$1}/g;
    return $text;
}

sub show_json {
    print "Content-Type: application/json\n\n";
    # Strings of bytes, which JSON is to have as characters.
    my %decoded = %given;
    utf8::decode($_) for values %decoded;
    print JSON::PP->new->utf8->pretty->canonical->encode({ given => \%decoded, perl => "$^V" });
}

sub show_page {
    my $name = escape(length($given{name} // '') ? $given{name} : 'world');
    my $rows = join "\n", map { "<tr><th>$_<td>" . escape($ENV{$_}) } sort keys %ENV;
    my $method = escape($ENV{REQUEST_METHOD} // '');
    print <<"HTML";
Content-Type: text/html; charset=utf-8

<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Perl</title>
<link rel="stylesheet" href="/style.css">
<p><a href="/">All programs</a></p>
<h1>Perl</h1>
<p>Hello $name, from Perl $^V on $^O, by $method.</p>
<form method="post"><input name="name" placeholder="Your name"> <button>Send</button></form>
<p><a href="?format=json&amp;name=you">The same as JSON</a></p>
<table>
$rows
</table>
HTML
}
