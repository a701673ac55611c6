package RT::Extension::NSRW::Setup::Fields;

use strict;
use warnings;

use List::Util ();

=encoding utf8

=head1 NAME

RT::Extension::NSRW::Setup::Fields - the custom fields of the queues

=head1 DESCRIPTION

A field is the one of its name that is applied to its queue, or to no queue at all. Another queue may have a field of the
same name, which is left alone.

=head1 METHODS

=cut

sub drifts {
    my ( $class, $desired ) = @_;
    my @drifts;
    for my $name ( List::Util::uniq( map { $_->{queue} } @{ $desired->{fields} } ) ) {
        my $queue  = load_queue($name);
        my @wanted = grep { $_->{queue} eq $name } @{ $desired->{fields} };
        push @drifts, map { _field_drifts( $queue, $_ ) } @wanted;
        push @drifts, _order_drift( $queue, map { $_->{name} } @wanted );
    }
    return @drifts;
}

=head2 load_queue NAME

The queue; one without a number where there is none of the name.

=cut

sub load_queue {
    my ($name) = @_;
    my $queue = RT::Queue->new( RT->SystemUser );
    $queue->Load($name);
    return $queue;
}

=head2 find QUEUE, NAME

The field, disabled or not; undef when there is none.

=cut

sub find {
    my ( $queue, $name ) = @_;
    my $all = RT::CustomFields->new( RT->SystemUser );
    $all->FindAllRows;
    $all->LimitToLookupType( RT::Ticket->CustomFieldLookupType );
    $all->Limit( FIELD => 'Name', VALUE => $name, CASESENSITIVE => 0 );
    my @named   = @{ $all->ItemsArrayRef };
    my $applied = List::Util::first { _is_applied( $_, $queue ) } @named;
    return $applied // List::Util::first { !$_->AddedTo->Count } @named;
}

sub _is_applied {
    my ( $cf, $queue ) = @_;
    return 0 unless $queue->Id;
    my $at = RT::ObjectCustomField->new( RT->SystemUser );
    $at->LoadByCols( CustomField => $cf->Id, ObjectId => $queue->Id );
    return $at->Id ? 1 : 0;
}

sub _field_drifts {
    my ( $queue, $wanted ) = @_;
    my %drift = ( object => "field $wanted->{name}" );
    my $cf    = find( $queue, $wanted->{name} );
    if ( !$cf ) {
        my $make = sub {
            my $new = RT::CustomField->new( RT->SystemUser );
            my ( $id, $message ) = $new->Create(
                Name       => $wanted->{name},
                Type       => $wanted->{type},
                MaxValues  => 1,
                LookupType => RT::Ticket->CustomFieldLookupType,
                EntryHint  => '',
            );
            return ( $id, $message ) unless $id;
            for my $drift ( _aspect_drifts( \%drift, $new, $queue, $wanted ) ) {
                my ( $ok, $why ) = $drift->{mend}->();
                return ( 0, "$drift->{aspect}: $why" ) unless $ok;
            }
            return 1;
        };
        return { %drift, aspect => 'exists', found => \0, wanted => \1, mend => $make };
    }
    return _aspect_drifts( \%drift, $cf, $queue, $wanted );
}

sub _aspect_drifts {
    my ( $drift, $cf, $queue, $wanted ) = @_;
    my @drifts;
    my $differs = sub {
        my ( $aspect, $found, $want, $mend ) = @_;
        push @drifts, { %$drift, aspect => $aspect, found => $found, wanted => $want, mend => $mend }
            if ( $found // '' ) ne ( $want // '' );
    };
    my $type = join '-', $cf->Type, $cf->MaxValues;
    $differs->( 'type', $type, "$wanted->{type}-1", sub { $cf->SetTypeComposite("$wanted->{type}-1") } );
    $differs->(
        'description', $cf->Description,
        $wanted->{description},
        sub { $cf->SetDescription( $wanted->{description} ) }
    );
    $differs->( 'pattern', $cf->Pattern,     $wanted->{pattern}, sub { $cf->SetPattern( $wanted->{pattern} ) } );
    $differs->( 'link',    $cf->LinkValueTo, $wanted->{link},    sub { $cf->SetLinkValueTo( $wanted->{link} ) } );
    push @drifts, { %$drift, aspect => 'disabled', found => \1, wanted => \0, mend => sub { $cf->SetDisabled(0) } }
        if $cf->Disabled;
    push @drifts, _queue_drift( $drift, $cf, $queue );
    push @drifts, _value_drifts( $drift, $cf, $wanted->{values} );
    $differs->(
        'default',          scalar $cf->DefaultValues( Object => $queue ),
        $wanted->{default}, sub { $cf->SetDefaultValues( Object => $queue, Values => $wanted->{default} ) }
    ) if $queue->Id && $cf->SupportDefaultValues;
    return @drifts;
}

sub _queue_drift {
    my ( $drift, $cf, $queue ) = @_;
    return if _is_applied( $cf, $queue );
    return {
        %$drift,
        aspect => 'queue',
        found  => undef,
        wanted => $queue->Name,
        mend   => sub { $cf->AddToObject($queue) }
    };
}

# Forms show the fields in their order. Only the order among ours counts: the queue may have fields of the site's.
sub _order_drift {
    my ( $queue, @wanted ) = @_;
    my %place;
    for my $name (@wanted) {
        my $cf = find( $queue, $name ) or next;
        my $at = RT::ObjectCustomField->new( RT->SystemUser );
        $at->LoadByCols( CustomField => $cf->Id, ObjectId => $queue->Id );
        $place{$name} = $at if $at->Id;
    }
    my @there = grep { $place{$_} } @wanted;
    my @found = sort { $place{$a}->SortOrder <=> $place{$b}->SortOrder } @there;
    return if "@found" eq "@there";
    my $mend = sub {
        my @numbers = sort { $a <=> $b } map { $_->SortOrder } values %place;
        for my $name (@there) {
            my $number = shift @numbers;
            next if $place{$name}->SortOrder == $number;
            my ( $ok, $message ) = $place{$name}->__Set( Field => 'SortOrder', Value => $number );
            return ( 0, $message ) unless $ok;
        }
        return 1;
    };
    return {
        object => 'queue ' . $queue->Name,
        aspect => 'order of fields',
        found  => \@found,
        wanted => \@there,
        mend   => $mend
    };
}

sub _value_drifts {
    my ( $drift, $cf, $wanted ) = @_;
    return unless $cf->IsSelectionType;
    my @found = @{ $cf->Values->ItemsArrayRef };
    my @names = map { $_->Name } @found;
    return if join( "\n", @names ) eq join( "\n", @$wanted );
    my $mend = sub {
        my %wanted = map { $_ => 1 } @$wanted;
        for my $value ( grep { !$wanted{ $_->Name } } @found ) {
            my ( $ok, $message ) = $cf->DeleteValue( $value->Id );
            return ( 0, $message ) unless $ok;
        }
        my %there = map { $_->Name => $_ } @found;
        my $order = 0;
        for my $name (@$wanted) {
            $order++;
            my $value = $there{$name};
            my ( $ok, $message ) = ( 1, undef );
            if    ( !$value ) { ( $ok, $message ) = $cf->AddValue( Name => $name, SortOrder => $order ) }
            elsif ( $value->SortOrder != $order ) { ( $ok, $message ) = $value->SetSortOrder($order) }
            return ( 0, $message ) unless $ok;
        }
        return 1;
    };
    return { %$drift, aspect => 'values', found => \@names, wanted => $wanted, mend => $mend };
}

1;
