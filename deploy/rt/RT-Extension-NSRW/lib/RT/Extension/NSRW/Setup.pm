package RT::Extension::NSRW::Setup;

use strict;
use warnings;

require RT::Extension::NSRW::Setup::Account;
require RT::Extension::NSRW::Setup::Fields;
require RT::Extension::NSRW::Setup::Installed;
require RT::Extension::NSRW::Setup::Queues;
require RT::Extension::NSRW::Setup::Rights;
require RT::Extension::NSRW::Setup::Scrips;

=encoding utf8

=head1 NAME

RT::Extension::NSRW::Setup - queue, fields, rights and scrips, compared and made so

=head1 DESCRIPTION

C<nsrw rt config> renders what an RT shall have, as data. Each part below looks at what the RT has and gives the drifts:
differences, each with what is found, what is wanted, and how it is mended. Comparing shows them; applying mends them. There
is no other way in which any of it is made, so an RT that has it all is changed in nothing.

A part is asked again after it was mended, because what comes later builds on what came before: a field that is made has
values to be made then.

=cut

my @PARTS = map {"RT::Extension::NSRW::Setup::$_"} qw(Installed Queues Fields Account Rights Scrips);

# More rounds than any part needs: one that goes on mending mends nothing.
use constant MOST_ROUNDS => 5;

=head1 METHODS

=head2 run DESIRED, APPLY, REPORT

Compares the RT with DESIRED and calls REPORT with each drift; with APPLY mends them first, as far as they can be. A drift
is a hash of C<object>, C<aspect>, C<found>, C<wanted> and C<mended>, which is true, false, or the error that kept it.

=cut

sub run {
    my ( $class, $desired, $apply, $report ) = @_;
    for my $part (@PARTS) {
        for my $round ( 1 .. MOST_ROUNDS ) {
            my @drifts = $part->drifts($desired);
            $_->{mended} = $apply ? _mend($_) : \0 for @drifts;
            $report->( _shown($_) ) for @drifts;
            last unless grep { ref $_->{mended} && ${ $_->{mended} } } @drifts;
        }
        return unless RT::Extension::NSRW::Setup::Installed->is_enabled;
    }
    return;
}

sub _mend {
    my ($drift) = @_;
    my $mend = $drift->{mend} or return \0;
    local $@;
    my ( $ok, $message ) = eval { $mend->() };
    return \1 if $ok;
    return $@ || $message || 'RT gave no reason';
}

sub _shown {
    my ($drift) = @_;
    return { map { $_ => $drift->{$_} } qw(object aspect found wanted mended) };
}

1;
