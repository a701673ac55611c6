package RT::Extension::NSRW::Delivery;

use strict;
use warnings;

=encoding utf8

=head1 NAME

RT::Extension::NSRW::Delivery - what a new ticket and its files must be

=head1 DESCRIPTION

RT creates a ticket even when a value does not fit its field: over REST the value is dropped in silence and the default
takes its place. Here such a ticket is refused, with the reason.

C<%NSRWFields> says of each field whether it is C<needed> when the ticket is created, and of a field that holds a file its
C<file> (the only name it takes) and C<bytes> (the most it may have).

=head1 METHODS

=head2 refusal USER, QUEUE, GIVEN

Why a ticket with these values can not be created by USER in QUEUE; undef when it can. GIVEN are the arguments of
RT::Ticket's Create, of which only C<CustomField-ID> count.

=cut

sub refusal {
    my ( $class, $user, $queue, $given ) = @_;
    my %rules = RT->Config->Get('NSRWFields');
    my $cfs   = $queue->TicketCustomFields;
    while ( my $cf = $cfs->Next ) {
        my @values = _values( $given->{ 'CustomField-' . $cf->Id } );
        my $why    = _value_refusal( $user, $queue, $cf, $rules{ $cf->Name } || {}, @values );
        return $why if defined $why;
    }
    return undef;
}

=head2 refusal_of_moved TICKET, QUEUE

Why TICKET, which comes from another queue, can not enter QUEUE; undef when it can. It is judged as a new one: what it
brings must be all a new one needs, and its release must stand at the start.

=cut

sub refusal_of_moved {
    my ( $class, $ticket, $queue ) = @_;
    my %rules = RT->Config->Get('NSRWFields');
    my $cfs   = $queue->TicketCustomFields;
    while ( my $cf = $cfs->Next ) {
        my $found  = $ticket->CustomFieldValues( $cf->Id );
        my @values = map { { Value => $_->Content, LargeContent => $_->LargeContent } } @{ $found->ItemsArrayRef };
        my $why    = _value_refusal( RT->SystemUser, $queue, $cf, $rules{ $cf->Name } || {}, @values );
        return $why if defined $why;
    }
    return undef;
}

=head2 file_refusal NAME, VALUE, CONTENT

Why the field NAME can not hold a file called VALUE with CONTENT; undef when it can, or when it holds none.

=cut

sub file_refusal {
    my ( $class, $name, $value, $content ) = @_;
    my %rules = RT->Config->Get('NSRWFields');
    my $rule  = $rules{$name} || {};
    return undef unless $rule->{file};
    return "$name takes the file $rule->{file} alone, not $value" if ( $value // '' ) ne $rule->{file};
    my $size = length( $content // '' );
    return "$name has no bytes; attach the file again"               if $size == 0;
    return "$name has $size bytes; at most $rule->{bytes} are taken" if $size > $rule->{bytes};
    return undef;
}

# What came for one field: text, or hashes with a file's content.
sub _values {
    my ($given) = @_;
    my @all = ref $given eq 'ARRAY' ? @$given : ($given);
    return grep { length( $_->{Value} // '' ) || length( $_->{LargeContent} // '' ) }
        map { ref $_ eq 'HASH' ? $_ : { Value => $_ } } grep { defined $_ } @all;
}

sub _value_refusal {
    my ( $user, $queue, $cf, $rule, @values ) = @_;
    my $name = $cf->Name;
    return $rule->{needed} ? "$name is missing" : undef unless @values;
    return "$name takes one value, not " . scalar @values if $cf->SingleValue && @values > 1;
    for my $value (@values) {
        my $text = $value->{Value};
        return "$name can not be \"$text\""                                   unless $cf->ValidateValue($text);
        return "$name must match " . $cf->FriendlyPattern . ", not \"$text\"" unless $cf->MatchPattern($text);
        my $start = RT->Config->Get('NSRWStart');
        return "a new ticket starts in $name $start; leave it out"
            if $name eq RT->Config->Get('NSRWProgress') && lc $text ne lc $start;
        my $why = __PACKAGE__->file_refusal( $name, $text, $value->{LargeContent} );
        return $why if defined $why;
        return "$name can not be set by " . $user->Name . ' when a ticket is created'
            if !_may_set( $user, $queue, $cf, $text );
    }
    return undef;
}

# RT drops in silence what somebody may not set. A value that is the default anyway is no loss: web forms send it.
sub _may_set {
    my ( $user, $queue, $cf, $text ) = @_;
    my $default = $cf->DefaultValues( Object => $queue );
    return 1 if defined $default && !ref $default && lc $default eq lc $text;
    my $own = RT::CustomField->new($user);
    $own->SetContextObject($queue);
    $own->Load( $cf->Id );
    return $own->CurrentUserHasRight('SetInitialCustomField') || $own->CurrentUserHasRight('ModifyCustomField');
}

1;
