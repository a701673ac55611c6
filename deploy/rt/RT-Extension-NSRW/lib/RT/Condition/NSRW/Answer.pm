package RT::Condition::NSRW::Answer;

use strict;
use warnings;
use base 'RT::Condition';

require RT::Extension::NSRW::Watchers;

=encoding utf8

=head1 NAME

RT::Condition::NSRW::Answer - the repository answered, and the groups of the state hear of it

=head1 DESCRIPTION

Good answers count, whoever gave them, and bad ones of nsrw's own account: the one RT itself writes when nsrw could not
be told says nothing about the release.

With the argument C<groups> the state must have groups that hear of it, with C<requestors> the requestors must; without
one any answer counts.

=cut

sub IsApplicable {
    my ($self) = @_;
    return 0 unless $self->_is_answer;
    my $who    = $self->Argument // '';
    my $ticket = $self->TicketObj;
    return scalar RT::Extension::NSRW::Watchers->groups_of($ticket) if $who eq 'groups';
    return RT::Extension::NSRW::Watchers->requestors_hear($ticket)  if $who eq 'requestors';
    return 1;
}

sub _is_answer {
    my ($self) = @_;
    my $change = $self->TransactionObj;
    return 0 unless $change->Type eq 'CustomField';
    my $field = RT::CustomField->new( RT->SystemUser );
    $field->Load( $change->Field );
    return 0 unless ( $field->Name // '' ) eq RT->Config->Get('NSRWAnswer');
    my %answers = RT->Config->Get('NSRWAnswers');
    my $value   = $change->NewValue // '';
    return 1 if $value eq $answers{ok};
    return $value eq $answers{error} && $change->CreatorObj->Name eq RT->Config->Get('NSRWAccount');
}

1;
