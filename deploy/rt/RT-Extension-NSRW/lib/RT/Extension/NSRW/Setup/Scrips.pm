package RT::Extension::NSRW::Setup::Scrips;

use strict;
use warnings;

=encoding utf8

=head1 NAME

RT::Extension::NSRW::Setup::Scrips - conditions, actions, templates and scrips

=head1 DESCRIPTION

Scrips are known by their description. Their order counts: who hears of an answer is worked out before they are told.

=cut

sub drifts {
    my ( $class, $desired ) = @_;
    my @drifts = map { _module_drifts( 'condition', 'RT::ScripCondition', $_ ) } @{ $desired->{conditions} };
    push @drifts, map { _module_drifts( 'action', 'RT::ScripAction', $_ ) } @{ $desired->{actions} };
    my $queue = RT::Queue->new( RT->SystemUser );
    $queue->Load( $desired->{queue} );
    push @drifts, map { _template_drifts( $queue, $_ ) } @{ $desired->{templates} };

    # A scrip names the others, which must be there first.
    return @drifts if grep { $_->{aspect} eq 'exists' } @drifts;
    return @drifts, map { _scrip_drifts( $queue, $_ ) } @{ $desired->{scrips} };
}

sub _module_drifts {
    my ( $kind, $class, $wanted ) = @_;
    my %drift  = ( object => "$kind $wanted->{name}" );
    my $object = $class->new( RT->SystemUser );
    $object->LoadByCols( Name => $wanted->{name} );
    my %given = (
        Name        => $wanted->{name},
        Description => $wanted->{description},
        ExecModule  => $wanted->{module},
        Argument    => $wanted->{argument}
    );
    $given{ApplicableTransTypes} = $wanted->{transactions} if $kind eq 'condition';
    if ( !$object->Id ) {
        return { %drift, aspect => 'exists', found => \0, wanted => \1, mend => sub { $object->Create(%given) } };
    }
    return map { _attribute_drift( \%drift, $object, $_, $given{$_} ) } sort keys %given;
}

sub _attribute_drift {
    my ( $drift, $object, $attribute, $wanted ) = @_;
    my $found = $object->__Value($attribute) // '';
    return if $found eq ( $wanted // '' );
    my $mend = sub { $object->__Set( Field => $attribute, Value => $wanted ) };
    return { %$drift, aspect => lc $attribute, found => $found, wanted => $wanted, mend => $mend };
}

sub _template_drifts {
    my ( $queue, $wanted ) = @_;
    my %drift    = ( object => "template $wanted->{name}" );
    my $template = RT::Template->new( RT->SystemUser );
    $template->LoadByCols( Name => $wanted->{name}, Queue => $queue->Id // 0 );
    my %given = (
        Name        => $wanted->{name},
        Description => $wanted->{description},
        Content     => $wanted->{content},
        Type        => 'Perl'
    );
    if ( !$template->Id ) {
        my $make = sub { $template->Create( %given, Queue => $queue->Id ) };
        return { %drift, aspect => 'exists', found => \0, wanted => \1, mend => $make };
    }
    return map { _attribute_drift( \%drift, $template, $_, $given{$_} ) } qw(Content Description Type);
}

sub _scrip_drifts {
    my ( $queue, $wanted ) = @_;
    my %drift = ( object => "scrip $wanted->{description}" );
    my $scrip = _find_scrip( $queue, $wanted->{description} );
    if ( !$scrip ) {
        my $make = sub {
            RT::Scrip->new( RT->SystemUser )->Create(
                Queue           => $queue->Id,
                Description     => $wanted->{description},
                ScripCondition  => $wanted->{condition},
                ScripAction     => $wanted->{action},
                Template        => $wanted->{template},
                Stage           => 'TransactionCreate',
                ObjectSortOrder => $wanted->{order},
            );
        };
        return { %drift, aspect => 'exists', found => \0, wanted => \1, mend => $make };
    }
    my @drifts;
    my $differs = sub {
        my ( $aspect, $found, $want, $mend ) = @_;
        push @drifts, { %drift, aspect => $aspect, found => $found, wanted => $want, mend => $mend } if $found ne $want;
    };
    push @drifts, { %drift, aspect => 'disabled', found => \1, wanted => \0, mend => sub { $scrip->SetDisabled(0) } }
        if $scrip->Disabled;
    my ( $condition, $action ) = @$wanted{qw(condition action)};
    $differs->(
        'condition', $scrip->ConditionObj->Name,
        $condition,  sub { _set_by_name( $scrip, 'ScripCondition', $condition ) }
    );
    $differs->( 'action', $scrip->ActionObj->Name, $action, sub { _set_by_name( $scrip, 'ScripAction', $action ) } );
    $differs->(
        'template', $scrip->Template, $wanted->{template},
        sub { $scrip->__Set( Field => 'Template', Value => $wanted->{template} ) }
    );
    my $at = RT::ObjectScrip->new( RT->SystemUser );
    $at->LoadByCols( Scrip => $scrip->Id, ObjectId => $queue->Id );
    $differs->( 'stage', $at->Stage, 'TransactionCreate', sub { $at->SetStage('TransactionCreate') } );
    $differs->(
        'order', $at->SortOrder, $wanted->{order}, sub { $at->__Set( Field => 'SortOrder', Value => $wanted->{order} ) }
    );
    return @drifts;
}

# The scrip with this description on the queue, disabled or not.
sub _find_scrip {
    my ( $queue, $description ) = @_;
    my $all = RT::Scrips->new( RT->SystemUser );
    $all->FindAllRows;
    $all->LimitToQueue( $queue->Id );
    $all->Limit( FIELD => 'Description', VALUE => $description );
    return $all->First;
}

sub _set_by_name {
    my ( $scrip, $kind, $name ) = @_;
    my $object = "RT::$kind"->new( RT->SystemUser );
    $object->LoadByCols( Name => $name );
    return $scrip->__Set( Field => $kind, Value => $object->Id );
}

1;
