# Read after the rendered configuration: where this one test listens, and the secret it shares with its RT.
Set( $NSRWNoticeURL,  $ENV{TEST_RT_NOTICE_URL} ) if $ENV{TEST_RT_NOTICE_URL};
Set( $NSRWSecretFile, "$ENV{TEST_RT_HOME}/notice.key" );

1;
