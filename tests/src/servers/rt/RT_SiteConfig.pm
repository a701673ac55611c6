# The configuration of a private RT for tests. What differs from one to the next comes from the environment.
use utf8;

my $home = $ENV{TEST_RT_HOME} // die 'TEST_RT_HOME names no folder';

Set( $rtname,            'rt.example.test' );
Set( $Organization,      'example.test' );
Set( $Timezone,          'UTC' );
Set( $OwnerEmail,        'rt-owner@example.test' );
Set( $CorrespondAddress, 'sw-rel@example.test' );
Set( $CommentAddress,    'sw-rel-comment@example.test' );

Set( $WebDomain, '127.0.0.1' );
Set( $WebPort,   $ENV{TEST_RT_PORT} // 80 );
Set( $WebPath,   $ENV{TEST_RT_PATH} // '' );

if ( my $database = $ENV{TEST_RT_PG} ) {
    my ( $port, $name ) = split /:/, $database;
    Set( $DatabaseType,     'Pg' );
    Set( $DatabaseHost,     '127.0.0.1' );
    Set( $DatabasePort,     $port );
    Set( $DatabaseName,     $name );
    Set( $DatabaseUser,     'rt_user' );
    Set( $DatabasePassword, 'rt_pass' );
    Set( $DatabaseAdmin,    'postgres' );
}
else {
    Set( $DatabaseType, 'SQLite' );
    Set( $DatabaseName, "$home/rt.sqlite" );
    Set( $DatabaseHost, undef );
}

Set( $VarPath,         $home );
Set( $MasonDataDir,    "$home/mason_data" );
Set( $MasonSessionDir, "$home/session_data" );
Set( $LocalPluginPath, $ENV{TEST_RT_PLUGINS} );

Set( $LogToSyslog, undef );
Set( $LogToSTDERR, 'info' );
Set( $LogToFile,   undef );

# Every mail becomes a file.
Set( $MailCommand,             'sendmailpipe' );
Set( $SendmailPath,            "$home/sendmail" );
Set( $SendmailArguments,       '' );
Set( $SendmailBounceArguments, '' );

Set( %GnuPG, Enable => 0 );
Set( %SMIME, Enable => 0 );
Set( $ShowMobileSite, 0 );

# Hashing a password or token takes half a second otherwise, with every request. For tests only.
Set( $BcryptCost, 4 );

1;
