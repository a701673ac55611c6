package RT::Extension::NSRW::Lock;

use strict;
use warnings;

require RT::Ticket;

=encoding utf8

=head1 NAME

RT::Extension::NSRW::Lock - one at a time looks at a ticket and changes it

=head1 DESCRIPTION

Who decides by what a ticket says holds its row from the look to the commit. Of two requests at once the second sees what
the first made of the ticket.

=head1 METHODS

=head2 hold TICKET, CODE

Runs CODE while the row of TICKET is held, and answers what it answers. What it wrote is committed also when it answers that it
refused something: nothing was written then, and rolling back would undo what a transaction around it did. When it dies, that
is undone.

=cut

sub hold {
    my ( $class, $ticket, $code ) = @_;
    my $handle = RT->DatabaseHandle;
    $handle->BeginTransaction;
    my @answer;
    my $done = eval {
        $ticket->LockForUpdate;
        RT::ObjectCustomFieldValues::ClearOCFVCache();
        @answer = $code->();
        1;
    };
    if ( !$done ) {
        my $why = $@;
        $handle->Rollback;
        die $why;
    }
    $handle->Commit;
    return wantarray ? @answer : $answer[0];
}

1;
