package RT::Extension::NSRW::Transition;

use strict;
use warnings;

=encoding utf8

=head1 NAME

RT::Extension::NSRW::Transition - who may change the progress from what to what

=head1 DESCRIPTION

Reads C<%NSRWTransitions>: for each state the states that may follow, and for each of these C<groups> (whose members may
ask for it), C<account> (whether nsrw's own account may) and C<emergency> (whether the release must be one).

=head1 METHODS

=head2 refusal TICKET, USER, TO

Why USER may not set the progress of TICKET to TO, as a sentence; undef when it may be done. TICKET is loaded as the
system user: who may not see the field would see it empty.

=cut

sub refusal {
    my ( $class, $ticket, $user, $to ) = @_;
    my $progress = RT->Config->Get('NSRWProgress');
    return "$progress can not be emptied" unless defined $to && length $to;

    my $from = state_of($ticket);
    return undef if lc $from eq lc $to;
    my %all     = RT->Config->Get('NSRWTransitions');
    my $allowed = $all{$from} || {};
    my ($known) = grep { lc $_ eq lc $to } keys %$allowed;
    return _not_allowed( $progress, $from, $to, $allowed ) unless $known;

    my $row  = $allowed->{$known};
    my $move = "$progress $from -> $known";
    return undef if $row->{account} && $user->Name eq RT->Config->Get('NSRWAccount');
    return "$move is made by the repository alone"                        unless @{ $row->{groups} };
    return "$move is for members of " . join( ', ', @{ $row->{groups} } ) unless _is_member( $user, $row->{groups} );
    if ( $row->{emergency} ) {
        my ( $field, $value ) = @{ RT->Config->Get('NSRWEmergency') };
        my $is = $ticket->FirstCustomFieldValue($field) // '';
        return "$move is for emergencies; set $field to $value first" unless lc $is eq lc $value;
    }
    return undef;
}

=head2 state_of TICKET

Where the release of TICKET stands; one without a value stands at the start.

=cut

sub state_of {
    my ($ticket) = @_;
    my $state = $ticket->FirstCustomFieldValue( RT->Config->Get('NSRWProgress') );
    return defined $state && length $state ? $state : RT->Config->Get('NSRWStart');
}

sub _not_allowed {
    my ( $progress, $from, $to, $allowed ) = @_;
    my @next = sort grep { @{ $allowed->{$_}{groups} } } keys %$allowed;
    my $next = @next ? "from $from it can go to " . join( ', ', @next ) : "nothing follows $from";
    return "$progress can not go from $from to $to; $next";
}

# Membership counts through groups of groups. A group that was disabled gives nothing, and nothing comes through it:
# RT's own HasMemberRecursively does not look at that.
sub _is_member {
    my ( $user, $names ) = @_;
    for my $name (@$names) {
        my $group = RT::Group->new( RT->SystemUser );
        $group->LoadUserDefinedGroup($name);
        next if !$group->Id || $group->Disabled;
        my $membership = RT::CachedGroupMember->new( RT->SystemUser );
        $membership->LoadByCols( GroupId => $group->PrincipalId, MemberId => $user->PrincipalId, Disabled => 0 );
        return 1 if $membership->Id;
    }
    return 0;
}

1;
