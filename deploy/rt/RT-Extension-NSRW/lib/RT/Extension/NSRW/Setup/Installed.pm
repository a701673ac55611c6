package RT::Extension::NSRW::Setup::Installed;

use strict;
use warnings;

=encoding utf8

=head1 NAME

RT::Extension::NSRW::Setup::Installed - the extension and its rendered configuration

=head1 DESCRIPTION

Neither can be mended from here: files are the administrator's to place.

=head1 METHODS

=head2 is_enabled

Whether this RT loads the extension. Without it there is no lifecycle, and nothing else to compare.

=cut

sub is_enabled {
    return scalar grep { $_ eq 'RT::Extension::NSRW' } RT->Config->Get('Plugins');
}

=head2 drifts DESIRED

=cut

sub drifts {
    my ( $class, $desired ) = @_;
    my @drifts;
    return { object => 'extension', aspect => 'enabled', found => \0, wanted => \1 } unless $class->is_enabled;
    my $version = RT::Extension::NSRW->VERSION;
    push @drifts, { object => 'extension', aspect => 'version', found => $version, wanted => $desired->{version} }
        if $version ne $desired->{version};
    my $digest = RT->Config->Get('NSRWDigest');
    push @drifts,
        { object => 'configuration', aspect => 'digest', found => $digest, wanted => $desired->{config_digest} }
        if ( $digest // '' ) ne $desired->{config_digest};
    return @drifts;
}

1;
