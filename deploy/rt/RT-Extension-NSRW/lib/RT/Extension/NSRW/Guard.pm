package RT::Extension::NSRW::Guard;

use strict;
use warnings;

require RT::Ticket;
require RT::Extension::NSRW::Delivery;
require RT::Extension::NSRW::Lock;
require RT::Extension::NSRW::Outbox;
require RT::Extension::NSRW::Transition;

=encoding utf8

=head1 NAME

RT::Extension::NSRW::Guard - stands in front of RT::Ticket's methods

=head1 DESCRIPTION

A scrip can not refuse a change: it runs once the change is made. What can is the method every way into RT calls, so
five methods of L<RT::Ticket> are wrapped:

=over 4

=item Create - a ticket that lacks something or holds something wrong is not made, and one without a requestor has its
creator for it;

=item SetQueue - a ticket that comes from another queue is judged as a new one;

=item AddCustomFieldValue - a forbidden change of the progress is refused, and a file that does not fit;

=item DeleteCustomFieldValue - a value that is needed can not be taken away;

=item Comment - one of nsrw's that is on the ticket already is not added again: a request that was given up and sent anew may
arrive after all.

=back

Tickets of other queues, and code that runs as RT_System, pass.

=cut

_wrap( Create                 => \&_create );
_wrap( SetQueue               => \&_set_queue );
_wrap( AddCustomFieldValue    => \&_add_value );
_wrap( DeleteCustomFieldValue => \&_delete_value );
_wrap( Comment                => \&_comment );

# Puts $guard in front of a method; it is called with the method it guards. `can` rather than a name: the method may be
# inherited, or wrapped by another extension.
sub _wrap {
    my ( $name, $guard ) = @_;
    my $guarded = RT::Ticket->can($name) or die "RT::Ticket has no method $name; this RT is not supported";
    no strict 'refs';
    no warnings 'redefine';
    *{"RT::Ticket::$name"} = sub { $guard->( $guarded, @_ ) };
    return;
}

sub _is_ours {
    my ($queue) = @_;
    return $queue && $queue->Id && ( $queue->__Value('Name') // '' ) eq RT->Config->Get('NSRWQueue');
}

sub _passes {
    my ($ticket) = @_;
    return $ticket->CurrentUser->Id == RT->SystemUser->Id || !_is_ours( $ticket->QueueObj );
}

sub _load_queue {
    my ($given) = @_;
    my $queue = RT::Queue->new( RT->SystemUser );
    $queue->Load( ref $given ? $given->Id : $given );
    return $queue;
}

sub _create {
    my ( $create, $ticket, %args ) = @_;
    my $queue = _load_queue( $args{Queue} );
    if ( _is_ours($queue) && $ticket->CurrentUser->Id != RT->SystemUser->Id && _may_create( $ticket, $queue ) ) {
        my $why = RT::Extension::NSRW::Delivery->refusal( $ticket->CurrentUser, $queue, \%args );
        return ( 0, 0, _refused( 'a new ticket', $why ) ) if defined $why;

        # REST leaves it empty, and then nobody would hear of the release's outcome.
        $args{Requestor} = $ticket->CurrentUser->PrincipalId unless _names_somebody( $args{Requestor} );
    }
    return $ticket->$create(%args);
}

sub _names_somebody {
    my ($given) = @_;
    return scalar grep { defined && length } ref $given eq 'ARRAY' ? @$given : $given;
}

# Who may not create a ticket here hears that from RT, and not what would be wrong with it.
sub _may_create {
    my ( $ticket, $queue ) = @_;
    return $ticket->CurrentUser->HasRight( Right => 'CreateTicket', Object => $queue );
}

sub _set_queue {
    my ( $set, $ticket, $value ) = @_;
    my $queue = _load_queue($value);
    if ( _is_ours($queue) && !_passes_into( $ticket, $queue ) ) {
        my $why = RT::Extension::NSRW::Delivery->refusal_of_moved( _as_system($ticket), $queue );
        return ( 0, _refused( 'ticket ' . $ticket->Id, $why ) ) if defined $why;
    }
    return $ticket->$set($value);
}

sub _passes_into {
    my ( $ticket, $queue ) = @_;
    return $ticket->CurrentUser->Id == RT->SystemUser->Id || $ticket->QueueObj->Id == $queue->Id;
}

sub _add_value {
    my ( $add, $ticket, %args ) = @_;
    return $ticket->$add(%args) if _passes($ticket);
    my $name = _field_name( $ticket, $args{Field} );
    return _move( $add, $ticket, %args ) if $name eq RT->Config->Get('NSRWProgress');

    # RT's own answer looks for this one before it is given; see RT::Extension::NSRW::Outbox.
    return RT::Extension::NSRW::Lock->hold( $ticket, sub { $ticket->$add(%args) } )
        if $name eq RT->Config->Get('NSRWAnswer');

    my $empty = !length( $args{Value} // '' ) && !length( $args{LargeContent} // '' );
    my $why
        = $empty
        ? _loss_refusal( $ticket, $name )
        : RT::Extension::NSRW::Delivery->file_refusal( $name, @args{qw(Value LargeContent)} )
        // _replacement_refusal( $ticket, $name );
    return ( 0, _refused( 'ticket ' . $ticket->Id, $why ) ) if defined $why;
    return $ticket->$add(%args);
}

# Changes the progress, if it is allowed. Without the lock two requests at once would both be judged by the same old
# value, and both pass.
sub _move {
    my ( $add, $ticket, %args ) = @_;
    my @answer = RT::Extension::NSRW::Lock->hold(
        $ticket,
        sub {
            my $why
                = RT::Extension::NSRW::Transition->refusal( _as_system($ticket), $ticket->CurrentUser, $args{Value} );
            $ticket->{_nsrw_refused} = defined $why;
            return defined $why ? ( 0, _refused( 'ticket ' . $ticket->Id, $why ) ) : $ticket->$add(%args);
        }
    );
    RT::Extension::NSRW::Outbox->committed;
    return wantarray ? @answer : $answer[0];
}

sub _delete_value {
    my ( $delete, $ticket, %args ) = @_;
    return $ticket->$delete(%args) if _passes($ticket);
    my $name = _field_name( $ticket, $args{Field} );

    # The web page takes the old value away after the new one was refused. Its reader was told why already.
    return ( 0, '' ) if $name eq RT->Config->Get('NSRWProgress') && delete $ticket->{_nsrw_refused};
    my $why = _loss_refusal( $ticket, $name );
    return ( 0, _refused( 'ticket ' . $ticket->Id, $why ) ) if defined $why;
    return $ticket->$delete(%args);
}

sub _comment {
    my ( $comment, $ticket, %args ) = @_;
    my $marker = _passes($ticket) ? undef : _marker( $ticket, $args{MIMEObj} );
    return $ticket->$comment(%args) unless defined $marker;
    return RT::Extension::NSRW::Lock->hold(
        $ticket,
        sub {
            return $ticket->$comment(%args) unless _has_comment( $ticket, $marker );
            return ( 0, _refused( 'ticket ' . $ticket->Id, "a comment \"$marker\" is on the ticket already" ) );
        }
    );
}

# What nsrw knows its comment by: the beginning of the subject. Other people's subjects are their own.
sub _marker {
    my ( $ticket, $message ) = @_;
    return undef if !$message || $ticket->CurrentUser->Name ne RT->Config->Get('NSRWAccount');
    my ( $start, $end ) = @{ RT->Config->Get('NSRWMarker') };
    my $subject = Encode::decode( 'UTF-8', $message->head->get('Subject') // '' );
    my ($marker) = $subject =~ /\A(\Q$start\E.*?)\Q$end\E/;
    return $marker;
}

sub _has_comment {
    my ( $ticket, $marker ) = @_;
    my ( undef,   $end )    = @{ RT->Config->Get('NSRWMarker') };
    my $comments = RT::Transactions->new( RT->SystemUser );
    $comments->LimitToTicket( $ticket->Id );
    $comments->Limit( FIELD => 'Type',    VALUE => 'Comment' );
    $comments->Limit( FIELD => 'Creator', VALUE => $ticket->CurrentUser->Id );
    my $attached = $comments->Join(
        ALIAS1 => 'main',
        FIELD1 => 'id',
        TABLE2 => 'Attachments',
        FIELD2 => 'TransactionId',
    );
    $comments->Limit( ALIAS => $attached, FIELD => 'Subject', OPERATOR => 'STARTSWITH', VALUE => "$marker$end" );
    return $comments->Count;
}

# Why a field's value can not be taken away: it is needed, always or once the phase that fills it is over.
sub _loss_refusal {
    my ( $ticket, $name ) = @_;
    my %rules = RT->Config->Get('NSRWFields');
    my $rule  = $rules{$name} or return undef;
    return "$name can not be emptied" if $rule->{never_empty};
    my @phase = @{ $rule->{filled_in} || [] } or return undef;
    my $state = RT::Extension::NSRW::Transition::state_of( _as_system($ticket) );
    return undef if grep { $_ eq $state } @phase;
    return "$name can be emptied while the release is " . join( ' or ', @phase ) . "; it is $state";
}

# Why a file that is there can not be replaced by another: it was read already, and stands for good.
sub _replacement_refusal {
    my ( $ticket, $name ) = @_;
    my %rules    = RT->Config->Get('NSRWFields');
    my $mendable = ( $rules{$name} || {} )->{replaceable_in} or return undef;
    my $state    = RT::Extension::NSRW::Transition::state_of( _as_system($ticket) );
    return undef if grep { $_ eq $state } @$mendable;
    return "$name can be replaced while the release is " . join( ' or ', @$mendable ) . "; it is $state";
}

sub _field_name {
    my ( $ticket, $field ) = @_;
    my $cf = $ticket->LoadCustomFieldByIdentifier($field);
    return $cf->Id ? $cf->__Value('Name') // '' : '';
}

sub _as_system {
    my ($ticket) = @_;
    my $system = RT::Ticket->new( RT->SystemUser );
    $system->Load( $ticket->Id );
    return $system;
}

sub _refused {
    my ( $what, $why ) = @_;
    RT->Logger->info("nsrw refused a change of $what: $why");
    return $why;
}

1;
