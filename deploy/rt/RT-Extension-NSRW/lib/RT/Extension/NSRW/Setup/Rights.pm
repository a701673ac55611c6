package RT::Extension::NSRW::Setup::Rights;

use strict;
use warnings;

require RT::Extension::NSRW::Setup::Fields;

=encoding utf8

=head1 NAME

RT::Extension::NSRW::Setup::Rights - who may do what to queues and fields

=head1 DESCRIPTION

Rights on our queues, fields and groups are compared both ways: one that is not wanted is a drift too, whoever has it. Rights on
RT as a whole are the site's; of these only the ones wanted are looked for.

=cut

sub drifts {
    my ( $class, $desired ) = @_;
    my $objects = _objects($desired);
    my %granted = map { _granted( $_, $objects->{$_} ) } grep { $objects->{$_} && $_ ne 'system' } keys %$objects;
    my %wanted  = map { _key($_) => $_ } @{ $desired->{rights} };
    my @missing
        = map { _missing( $wanted{$_}, $objects->{ $wanted{$_}{on} } ) } grep { !$granted{$_} } sort keys %wanted;
    return @missing, map { _surplus( $_, $granted{$_} ) } grep { !$wanted{$_} } sort keys %granted;
}

sub _key { my ($right) = @_; return join "\t", @$right{qw(on to right)} }

# What rights are on, by the name the wanted ones have for it.
sub _objects {
    my ($desired) = @_;
    my %objects = ( system => RT->System );
    my %queues;
    for my $wanted ( @{ $desired->{queues} } ) {
        my $queue = RT::Queue->new( RT->SystemUser );
        $queue->Load( $wanted->{name} );
        $queues{ $wanted->{name} } = $queue;
        $objects{"queue $wanted->{name}"} = $queue->Id ? $queue : undef;
    }
    for my $field ( @{ $desired->{fields} } ) {
        $objects{"field $field->{name}"}
            = RT::Extension::NSRW::Setup::Fields::find( $queues{ $field->{queue} }, $field->{name} );
    }
    for my $wanted ( @{ $desired->{groups} } ) {
        my $group = RT::Group->new( RT->SystemUser );
        $group->LoadUserDefinedGroup( $wanted->{name} );
        $objects{"group $wanted->{name}"} = $group->Id ? $group : undef;
    }
    return \%objects;
}

# The rights granted on an object: key => entry of RT's access list.
sub _granted {
    my ( $on, $object ) = @_;
    my $acl = RT::ACL->new( RT->SystemUser );
    $acl->LimitToObject($object);
    return
        map { _key( { on => $on, to => _principal_name($_), right => $_->RightName } ) => $_ } @{ $acl->ItemsArrayRef };
}

# "group sw-rel-qc", "user nsrw", or for what RT has of itself its own words: "role Requestor", "system group Everyone".
sub _principal_name {
    my ($entry) = @_;
    my $group = $entry->PrincipalObj->Object;
    return 'user ' . $group->Name if $group->isa('RT::User');
    my $domain = $group->Domain // '';
    return 'group ' . $group->Name             if $domain eq 'UserDefined';
    return 'user ' . $group->InstanceObj->Name if $domain eq 'ACLEquivalence';
    return 'system group ' . $group->Name      if $domain eq 'SystemInternal';
    return 'role ' . $group->Name;
}

sub _missing {
    my ( $wanted, $object ) = @_;
    my $grant = sub {
        return ( 0, "there is no $wanted->{on}" ) unless $object;
        my $principal = _principal( $wanted->{to} ) or return ( 0, "there is no $wanted->{to}" );
        return $principal->GrantRight( Object => $object, Right => $wanted->{right} );
    };
    my $present = $wanted->{on} eq 'system' ? _has_on_system($wanted) : 0;
    return if $present;
    return {
        object => $wanted->{on},
        aspect => 'right',
        found  => undef,
        wanted => "$wanted->{to}: $wanted->{right}",
        mend   => $grant
    };
}

sub _has_on_system {
    my ($wanted)  = @_;
    my $principal = _principal( $wanted->{to} ) or return 0;
    my $entry     = RT::ACE->new( RT->SystemUser );
    $entry->LoadByValues(
        PrincipalId   => $principal->Id,
        PrincipalType => 'Group',
        Object        => RT->System,
        RightName     => $wanted->{right}
    );
    return $entry->Id ? 1 : 0;
}

sub _surplus {
    my ( $key, $entry ) = @_;
    my ( $on, $to, $right ) = split /\t/, $key;
    return {
        object => $on,
        aspect => 'right',
        found  => "$to: $right",
        wanted => undef,
        mend   => sub { $entry->Delete }
    };
}

# A user's rights are those of the group RT keeps for each user alone.
sub _principal {
    my ($to) = @_;
    my ( $kind, $name ) = split / /, $to, 2;
    if ( $kind eq 'group' ) {
        my $group = RT::Group->new( RT->SystemUser );
        $group->LoadUserDefinedGroup($name);
        return $group->Id && $group->PrincipalObj;
    }
    my $user = RT::User->new( RT->SystemUser );
    $user->Load($name);
    return unless $user->Id;
    my $alone = RT::Group->new( RT->SystemUser );
    $alone->LoadACLEquivalenceGroup( $user->PrincipalObj );
    return $alone->PrincipalObj;
}

1;
