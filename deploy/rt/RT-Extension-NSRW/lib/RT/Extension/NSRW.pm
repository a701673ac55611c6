package RT::Extension::NSRW;

use strict;
use warnings;

our $VERSION = '0.1.0';

require RT::Extension::NSRW::Guard;
require RT::Extension::NSRW::Outbox;

=encoding utf8

=head1 NAME

RT::Extension::NSRW - the ticket side of the nsrw release workflow

=head1 DESCRIPTION

People decide about a software release in a ticket. This extension refuses, on the spot and whichever way they come
(web, REST 1, REST 2), changes the workflow does not allow; tells nsrw of every change of the ticket's progress;
and lets the groups that are concerned hear of what nsrw answered.

It knows no state, no transition, no field and no group: all of that is read from the file C<nsrw rt config> renders,
whose options begin with C<NSRW>. The parts:

=over 4

=item L<RT::Extension::NSRW::Guard> - stands in front of RT::Ticket's methods

=item L<RT::Extension::NSRW::Lock> - one at a time looks at a ticket and changes it

=item L<RT::Extension::NSRW::Transition> - who may change the progress from what to what

=item L<RT::Extension::NSRW::Delivery> - what a new ticket and its files must be

=item L<RT::Extension::NSRW::Outbox> - notices to nsrw, sent once the change is committed

=item L<RT::Extension::NSRW::Watchers> - which groups hear of an answer

=item L<RT::Extension::NSRW::Setup> - queue, fields, rights and scrips, compared and made so

=back

=head1 INSTALLATION

See F<docs/rt.md> of nsrw.

=cut

my $wanted = RT->Config->Get('NSRWVersion') // '';
if ( $wanted ne $VERSION ) {
    my $cure = 'render its configuration again with `nsrw rt config`, or install the extension of that version';
    RT->Logger->error("RT::Extension::NSRW is $VERSION, its configuration is for '$wanted': $cure");
}
_merge_lifecycle();

# RT merges %Lifecycles by key, so that a file with maps of its own would hide the maps of others. Hence the options
# NSRWLifecycle and NSRWLifecycleMaps, merged here, before RT reads %Lifecycles.
sub _merge_lifecycle {
    my %known = RT->Config->Get('Lifecycles');
    my %ours  = RT->Config->Get('NSRWLifecycle');
    my %maps  = ( RT->Config->Get('NSRWLifecycleMaps'), %{ $known{__maps__} || {} } );
    RT->Config->Set( Lifecycles => ( %known, %ours, __maps__ => \%maps ) );
    return;
}

=head1 LICENSE

Apache-2.0

=cut

1;
