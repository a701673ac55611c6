package RT::Extension::NSRW::Watchers;

use strict;
use warnings;

require RT::Extension::NSRW::Transition;

=encoding utf8

=head1 NAME

RT::Extension::NSRW::Watchers - which groups hear of an answer

=head1 DESCRIPTION

C<%NSRWNotify> is the notification matrix: for each state the groups that hear of it, and whether the requestors do.
C<@NSRWWatchers> names every group of the matrix: these, and no other watcher, are replaced.

=head1 METHODS

=head2 groups_of TICKET

The names of the groups that hear of the state TICKET is in.

=cut

sub groups_of {
    my ( $class, $ticket ) = @_;
    return @{ _row($ticket)->{groups} };
}

=head2 requestors_hear TICKET

Whether the requestors of TICKET hear of the state it is in.

=cut

sub requestors_hear {
    my ( $class, $ticket ) = @_;
    return _row($ticket)->{requestors};
}

sub _row {
    my ($ticket) = @_;
    my %matrix = RT->Config->Get('NSRWNotify');
    return $matrix{ RT::Extension::NSRW::Transition::state_of($ticket) } || { groups => [], requestors => 0 };
}

=head2 replace TICKET

Makes the groups that hear of its state, and none of the matrix besides, the Ccs of TICKET.

=cut

sub replace {
    my ( $class, $ticket ) = @_;
    my %missing = map { $_ => 1 } $class->groups_of($ticket);
    my %ours    = map { $_ => 1 } RT->Config->Get('NSRWWatchers');
    for my $member ( @{ $ticket->Cc->MembersObj->ItemsArrayRef } ) {
        my $group = $member->MemberObj->Object;
        next if !$group->isa('RT::Group') || !$ours{ $group->Name };
        next if delete $missing{ $group->Name };
        _said( $ticket, $group->Name, $ticket->DeleteWatcher( Type => 'Cc', PrincipalId => $member->MemberId ) );
    }
    for my $name ( sort keys %missing ) {
        my $group = RT::Group->new( RT->SystemUser );
        $group->LoadUserDefinedGroup($name);
        my @answer
            = $group->Id
            ? $ticket->AddWatcher( Type => 'Cc', PrincipalId => $group->PrincipalId )
            : ( 0, 'no such group' );
        _said( $ticket, $name, @answer );
    }
    return;
}

sub _said {
    my ( $ticket, $name, $ok, $message ) = @_;
    RT->Logger->error( "nsrw: the Cc $name of ticket " . $ticket->Id . " could not be changed: $message" ) unless $ok;
    return;
}

1;
