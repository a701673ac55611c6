package RT::Action::NSRW::Watchers;

use strict;
use warnings;
use base 'RT::Action';

require RT::Extension::NSRW::Watchers;

=encoding utf8

=head1 NAME

RT::Action::NSRW::Watchers - makes the groups of the matrix the ticket's Ccs

=head1 DESCRIPTION

Does so while it prepares: a scrip that notifies works out its recipients then, and this one comes before it.

=cut

sub Prepare {
    my ($self) = @_;
    RT::Extension::NSRW::Watchers->replace( $self->TicketObj );
    return 1;
}

sub Commit { return 1 }

1;
