package RT::Extension::NSRW::Setup::Queues;

use strict;
use warnings;

=encoding utf8

=head1 NAME

RT::Extension::NSRW::Setup::Queues - groups and queues

=head1 DESCRIPTION

Who is a member of a group is people's to say: it is neither compared nor changed.

=cut

sub drifts {
    my ( $class, $desired ) = @_;
    my @groups = map { _group_drifts($_) } @{ $desired->{groups} };
    return @groups, map { _queue_drifts($_) } @{ $desired->{queues} };
}

sub _group_drifts {
    my ($wanted) = @_;
    my $name     = $wanted->{name};
    my $group    = RT::Group->new( RT->SystemUser );
    $group->LoadUserDefinedGroup($name);
    my %drift = ( object => "group $name" );
    if ( !$group->Id ) {
        my $make = sub { $group->CreateUserDefinedGroup( Name => $name, Description => $wanted->{description} ) };
        return { %drift, aspect => 'exists', found => \0, wanted => \1, mend => $make };
    }
    my @drifts;
    push @drifts, { %drift, aspect => 'disabled', found => \1, wanted => \0, mend => sub { $group->SetDisabled(0) } }
        if $group->Disabled;
    push @drifts, _attribute_drift( \%drift, $group, Description => $wanted->{description} );
    return @drifts;
}

sub _queue_drifts {
    my ($wanted) = @_;
    my $name     = $wanted->{name};
    my $queue    = RT::Queue->new( RT->SystemUser );
    $queue->Load($name);
    my %drift = ( object => "queue $name" );
    if ( !$queue->Id ) {
        my %given = ( Name => $name, Description => $wanted->{description}, Lifecycle => $wanted->{lifecycle} );
        return { %drift, aspect => 'exists', found => \0, wanted => \1, mend => sub { $queue->Create(%given) } };
    }
    my @drifts;
    push @drifts, { %drift, aspect => 'disabled', found => \1, wanted => \0, mend => sub { $queue->SetDisabled(0) } }
        if $queue->Disabled;
    push @drifts, _attribute_drift( \%drift, $queue, Description => $wanted->{description} );
    push @drifts, _attribute_drift( \%drift, $queue, Lifecycle   => $wanted->{lifecycle} );
    push @drifts, map { _admin_cc_drift( \%drift, $queue, $_ ) } @{ $wanted->{admin_ccs} };
    return @drifts;
}

sub _attribute_drift {
    my ( $drift, $object, $attribute, $wanted ) = @_;
    my $found = $object->$attribute // '';
    return if $found eq $wanted;
    my $set = "Set$attribute";
    return {
        %$drift,
        aspect => lc $attribute,
        found  => $found,
        wanted => $wanted,
        mend   => sub { $object->$set($wanted) }
    };
}

sub _admin_cc_drift {
    my ( $drift, $queue, $name ) = @_;
    my $group = RT::Group->new( RT->SystemUser );
    $group->LoadUserDefinedGroup($name);
    return if $group->Id && $queue->IsWatcher( Type => 'AdminCc', PrincipalId => $group->PrincipalId );
    my $add = sub {
        $group->LoadUserDefinedGroup($name);
        return $queue->AddWatcher( Type => 'AdminCc', PrincipalId => $group->PrincipalId );
    };
    return { %$drift, aspect => 'admin_cc', found => undef, wanted => $name, mend => $add };
}

1;
