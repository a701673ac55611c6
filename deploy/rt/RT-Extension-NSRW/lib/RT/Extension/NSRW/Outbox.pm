package RT::Extension::NSRW::Outbox;

use strict;
use warnings;

use Digest::SHA           ();
use HTTP::Request::Common ();
use LWP::UserAgent;

require RT::Extension::NSRW::Lock;

=encoding utf8

=head1 NAME

RT::Extension::NSRW::Outbox - notices to nsrw, sent once the change is committed

=head1 DESCRIPTION

The scrip on a change of the progress only lays a notice down here. It leaves when the change is committed: nsrw reads
the ticket when it hears of a change, and before the commit it would read the old one, or wait for RT while RT waits for
it. Requests (web, REST, mail) send theirs when they are cleaned up, after the answer has gone to the client; scripts
after each change, or when they end.

A notice is signed. C<X-NSRW-Timestamp> has the seconds since 1970, C<X-NSRW-Nonce> 32 random hexadecimal digits, and
C<X-NSRW-Signature> is C<sha256=> and the HMAC-SHA256, keyed with the content of the file C<$NSRWSecretFile>, of
timestamp, nonce and body with a dot between.

One that can not be delivered is not sent again: the ticket says so, and nsrw asks RT for changes it did not hear of. One
whose answer did not come in time may have been taken all the same: a ticket that nsrw has answered meanwhile keeps that
answer.

=cut

# The most of an answer that is read and shown, in bytes.
use constant MOST_OF_ANSWER => 500;

my @waiting;
my $rides_on_requests;

=head1 METHODS

=head2 enqueue FORM

Takes a notice: a list of names and values, in the order they are posted.

=cut

sub enqueue {
    my ( $class, @form ) = @_;
    _ride_on_requests() if _serves_requests();
    push @waiting, \@form;
    return;
}

=head2 committed

Says that a change may have been committed. Sends what waits, unless there is a transaction around it still or a request
will send it.

=cut

sub committed {
    _flush() unless _serves_requests() || RT->DatabaseHandle->TransactionDepth;
    return;
}

END { _flush() if @waiting }

sub _serves_requests { return defined &RT::Interface::Web::Handler::CleanupRequest }

# The web interface, REST 1, REST 2 and mail all end with this method.
sub _ride_on_requests {
    return if $rides_on_requests++;
    my $clean_up = \&RT::Interface::Web::Handler::CleanupRequest;
    no warnings 'redefine';
    *RT::Interface::Web::Handler::CleanupRequest = sub {
        my @answer = $clean_up->(@_);
        _flush();
        return @answer;
    };
    return;
}

# A notice must never spoil what follows it, whatever goes wrong.
sub _flush {
    for my $form ( splice @waiting ) {
        local $@;
        eval { _deliver(@$form); 1 } or RT->Logger->error("nsrw: a notice could not be sent: $@");
    }
    return;
}

sub _deliver {
    my (@form) = @_;
    my %form   = @form;
    my $made   = RT::Transaction->new( RT->SystemUser );
    $made->Load( $form{Transaction_Id} );
    if ( !$made->Id ) {
        RT->Logger->info("nsrw: the change of ticket $form{Ticket_Id} was taken back; nothing is sent");
        return;
    }
    my $why = _post(@form);
    return unless defined $why;
    RT->Logger->error("nsrw: the notice of ticket $form{Ticket_Id} was not delivered: $why");
    _tell_ticket( $form{Ticket_Id}, $why );
    return;
}

# Posts; why it was not taken, or undef.
sub _post {
    my (@form) = @_;
    my $url    = RT->Config->Get('NSRWNoticeURL');
    my $secret = eval { _read_secret() };
    return $@ unless defined $secret;
    my $request   = HTTP::Request::Common::POST( $url, \@form );
    my $timestamp = time;
    my $nonce     = _nonce();
    my $signature = Digest::SHA::hmac_sha256_hex( join( '.', $timestamp, $nonce, $request->content ), $secret );
    $request->header(
        'X-NSRW-Timestamp' => $timestamp,
        'X-NSRW-Nonce'     => $nonce,
        'X-NSRW-Signature' => "sha256=$signature",
    );
    my $agent = LWP::UserAgent->new(
        agent        => 'RT-Extension-NSRW',
        timeout      => RT->Config->Get('NSRWNoticeTimeout'),
        max_redirect => 0,
        max_size     => MOST_OF_ANSWER,
    );
    my $response = $agent->request($request);
    return undef if $response->is_success;

    # LWP's own answer, when nobody gave one, repeats its status line.
    my $nobody = ( $response->header('Client-Warning') // '' ) eq 'Internal response';
    my $text   = $nobody ? '' : $response->decoded_content // '';
    return join ' ', grep {length} $response->status_line, split ' ', $text;
}

sub _read_secret {
    my $file = RT->Config->Get('NSRWSecretFile');
    open my $handle, '<', $file or die "the secret $file can not be read: $!\n";
    local $/ = undef;
    my $secret = <$handle> // '';
    close $handle;
    $secret =~ s/\A\s+|\s+\z//g;
    die "the secret $file is empty\n" unless length $secret;
    return $secret;
}

sub _nonce {
    open my $random, '<:raw', '/dev/urandom' or die "/dev/urandom can not be read: $!\n";
    read( $random, my $bytes, 16 ) == 16 or die "/dev/urandom gave too few bytes\n";
    close $random;
    return unpack 'H*', $bytes;
}

sub _tell_ticket {
    my ( $id, $why ) = @_;
    my $ticket = RT::Ticket->new( RT->SystemUser );
    $ticket->Load($id);
    my $answer   = RT->Config->Get('NSRWAnswer');
    my %answers  = RT->Config->Get('NSRWAnswers');
    my $progress = RT->Config->Get('NSRWProgress');
    my $told     = RT::Extension::NSRW::Lock->hold(
        $ticket,
        sub {
            return 0 if ( $ticket->FirstCustomFieldValue($answer) // '' ) ne $answers{pending};
            $ticket->AddCustomFieldValue( Field => $answer, Value => $answers{error} );
            $ticket->Comment(
                Content => "The repository could not be told of the change of $progress; it asks for changes it"
                    . " did not hear of by itself, within minutes. What went wrong: $why" );
            return 1;
        }
    );
    RT->Logger->info("nsrw: ticket $id has an answer meanwhile, and keeps it") unless $told;
    return;
}

1;
