# Odd tickets, made by RT's own library, each with what becomes of it. Prints their numbers, one a line.
use strict;
use warnings;
use utf8;

use RT;
RT::LoadConfig();
RT::Init();

sub user {
    my $user = RT::CurrentUser->new;
    $user->Load(shift) or die 'no such user';
    return $user;
}
my ($provider, $repository) = (user('tp1'), user('repository'));

sub open_ticket {
    my ($subject, %more) = @_;
    my $ticket = RT::Ticket->new($provider);
    my ($id, undef, $why) = $ticket->Create(Queue => 'sw-rel', Subject => $subject, %more);
    die $why unless $id;
    print "$id\n";
    return $ticket;
}

# The next change as somebody.
sub set {
    my ($ticket, $value, $who) = @_;
    my $theirs = RT::Ticket->new($who || $provider);
    $theirs->Load($ticket->id);
    my ($ok, $why) = $theirs->AddCustomFieldValue(Field => 'RolloutProgress', Value => $value);
    die $why unless $ok;
}

sub check {
    my ($ok, $why) = @_;
    die $why unless $ok;
}

my $failed = open_ticket('ca-policy-egi-core 1.37-1 – été 😀');
set($failed, 'Unverified');
set($failed, 'Failed', $repository);
set($failed, 'Unverified');

my $merged = open_ticket('the same once more');
set($merged, 'Unverified');
check($merged->MergeInto($failed->id));

my $deleted = open_ticket('a mistake');
set($deleted, 'Ignored');
check($deleted->SetStatus('deleted'));

my $moved = open_ticket('came to the wrong queue', Queue => 'General');
check($moved->SetQueue('sw-rel'));
set($moved, 'Unverified');
check($moved->DeleteCustomFieldValue(Field => 'RolloutProgress', Value => 'Unverified'));

my $respelled = open_ticket('spelled in two ways');
set($respelled, 'Unverified');
set($respelled, 'InVerification');
set($respelled, 'In verification');
set($respelled, 'Accepted');

my $unknown = open_ticket('a state nobody knows');
set($unknown, 'Published');

my $urgent = open_ticket('urgent');
check($urgent->AddCustomFieldValue(Field => 'EmergencyRelease', Value => 'Yes'));
set($urgent, 'StageRollout');
set($urgent, 'Deferred', $repository);

my $elsewhere = open_ticket('taken away to another queue');
set($elsewhere, 'Unverified');
check($elsewhere->SetQueue('General'));
