package RT::Extension::NSRW::Setup::Account;

use strict;
use warnings;

=encoding utf8

=head1 NAME

RT::Extension::NSRW::Setup::Account - nsrw's own account

=head1 DESCRIPTION

It is privileged, which in RT means no more than that it can be given rights; it has no password, so that nobody logs in
as it; it reads English, because RT's answers are in the language of who asks.

=head1 METHODS

=cut

sub drifts {
    my ( $class, $desired ) = @_;
    my $wanted = $desired->{account};
    my $user   = RT::User->new( RT->SystemUser );
    $user->Load( $wanted->{name} );
    my %drift = ( object => "account $wanted->{name}" );
    if ( !$user->Id ) {
        my %given = ( Name => $wanted->{name}, RealName => $wanted->{real_name}, Lang => 'en', Privileged => 1 );
        return { %drift, aspect => 'exists', found => \0, wanted => \1, mend => sub { $user->Create(%given) } };
    }
    my @drifts;
    push @drifts, { %drift, aspect => 'disabled', found => \1, wanted => \0, mend => sub { $user->SetDisabled(0) } }
        if $user->PrincipalObj->Disabled;
    push @drifts, { %drift, aspect => 'privileged', found => \0, wanted => \1, mend => sub { $user->SetPrivileged(1) } }
        unless $user->Privileged;
    push @drifts,
        { %drift, aspect => 'lang', found => $user->Lang, wanted => 'en', mend => sub { $user->SetLang('en') } }
        if ( $user->Lang // '' ) ne 'en';

    # Dates of a query are read in the asker's timezone; without one, in the site's.
    push @drifts,
        {
        %drift,
        aspect => 'timezone',
        found  => $user->Timezone,
        wanted => undef,
        mend   => sub { $user->SetTimezone('') }
        }
        if length( $user->Timezone // '' );
    return @drifts;
}

=head2 make_token NAME

Makes a token with which the account NAME is told apart over REST, and gives it. RT itself keeps no more than its hash.

=cut

sub make_token {
    my ( $class, $name ) = @_;
    my $user = RT::User->new( RT->SystemUser );
    $user->Load($name);
    die "there is no account $name\n" unless $user->Id;
    my $token = RT::AuthToken->new( RT->SystemUser );
    my ( $ok, $message, $text ) = $token->Create( Owner => $user->Id, Description => 'nsrw' );
    die "RT makes no token for $name: $message\n" unless $ok;
    return $text;
}

1;
