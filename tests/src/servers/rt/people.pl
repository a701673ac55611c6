# Makes the people of the tests in an RT that has its groups, and prints each one's token: a line NAME TOKEN.
# Reads lines NAME GROUP... from standard input; a name without groups is a stranger.
use strict;
use warnings;
use utf8;

use lib '/usr/share/request-tracker5/lib';
use RT;

RT->LoadConfig;
RT->Init;

while ( my $line = <STDIN> ) {
    my ( $name, @groups ) = split ' ', $line;
    my $user = RT::User->new( RT->SystemUser );
    $user->Load($name);
    if ( !$user->Id ) {
        my ( $ok, $message ) = $user->Create(
            Name         => $name,
            Password     => "pw-$name",
            EmailAddress => "$name\@example.test",
            Lang         => 'en',
            Privileged   => 1,
        );
        die "$name: $message\n" unless $ok;
    }
    for my $group_name (@groups) {
        my $group = RT::Group->new( RT->SystemUser );
        $group->LoadUserDefinedGroup($group_name);
        my ( $ok, $message ) = $group->AddMember( $user->PrincipalId );
        die "$name in $group_name: $message\n" unless $ok;
    }
    my $token = RT::AuthToken->new( RT->SystemUser );
    my ( $ok, $message, $text ) = $token->Create( Owner => $user->Id, Description => 'test' );
    die "$name: $message\n" unless $ok;
    print "$name $text\n";
}
