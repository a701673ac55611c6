package RT::Condition::NSRW::Change;

use strict;
use warnings;
use base 'RT::Condition';

=encoding utf8

=head1 NAME

RT::Condition::NSRW::Change - the progress of a release changed

=head1 DESCRIPTION

With the argument C<by people>, changes that nsrw's own account made do not count: it knows of them.

=cut

sub IsApplicable {
    my ($self) = @_;
    my $change = $self->TransactionObj;
    return 0 unless $change->Type eq 'CustomField';
    my $field = RT::CustomField->new( RT->SystemUser );
    $field->Load( $change->Field );
    return 0 unless ( $field->Name // '' ) eq RT->Config->Get('NSRWProgress');
    return 0 unless $change->NewReferenceObject;
    return 1 unless ( $self->Argument // '' ) eq 'by people';
    return $change->CreatorObj->Name ne RT->Config->Get('NSRWAccount');
}

1;
