package RT::Action::NSRW::Notice;

use strict;
use warnings;
use base 'RT::Action';

require RT::Extension::NSRW::Outbox;
require RT::Extension::NSRW::Transition;

=encoding utf8

=head1 NAME

RT::Action::NSRW::Notice - tells nsrw of a change of the progress

=head1 DESCRIPTION

Puts the answer back to its first value, so that nsrw's next one is a change whatever the last one was, and lays the
notice into L<RT::Extension::NSRW::Outbox>.

=cut

sub Prepare { return 1 }

sub Commit {
    my ($self) = @_;
    my ( $ticket, $change ) = ( $self->TicketObj, $self->TransactionObj );
    my %answers = RT->Config->Get('NSRWAnswers');
    my ( $ok, $message )
        = $ticket->AddCustomFieldValue( Field => RT->Config->Get('NSRWAnswer'), Value => $answers{pending} );
    RT->Logger->error( 'nsrw: the answer on ticket ' . $ticket->Id . " could not be reset: $message" ) unless $ok;

    my ( $emergency, undef, $none ) = @{ RT->Config->Get('NSRWEmergency') };
    my $old = $change->OldReferenceObject;
    RT::Extension::NSRW::Outbox->enqueue(
        Ticket_Id                 => $ticket->Id,
        Current_Rollout_Progress  => $change->NewValue,
        Previous_Rollout_Progress => ( $old && $old->Content )                  // RT->Config->Get('NSRWStart'),
        Emergency_Release         => $ticket->FirstCustomFieldValue($emergency) // $none,
        Transaction_Id            => $change->Id,
    );
    return 1;
}

1;
