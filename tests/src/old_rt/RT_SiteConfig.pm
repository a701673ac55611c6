# An RT that nobody talks to: only its database and its library are used. OLD_RT_* say which database.
my $folder = $ENV{OLD_RT_FOLDER} || die 'OLD_RT_FOLDER is not set';

Set($rtname,            'old.example.org');
Set($Organization,      'old.example.org');
Set($Timezone,          'UTC');
Set($OwnerEmail,        'rt@example.org');
Set($CorrespondAddress, 'rt@example.org');
Set($CommentAddress,    'rt@example.org');
Set($WebDomain,         '127.0.0.1');

Set($DatabaseType, $ENV{OLD_RT_DATABASE} || die 'OLD_RT_DATABASE is not set');
if ($ENV{OLD_RT_DATABASE} eq 'SQLite') {
    Set($DatabaseName, "$folder/rt.sqlite");
    Set($DatabaseHost, undef);
}
else {
    Set($DatabaseHost,     '127.0.0.1');
    Set($DatabasePort,     $ENV{OLD_RT_PORT});
    Set($DatabaseName,     'rt5');
    Set($DatabaseUser,     'rt_user');
    Set($DatabasePassword, 'rt_password');
    Set($DatabaseAdmin,    $ENV{OLD_RT_ADMINISTRATOR});
}

Set($VarPath,        $folder);
Set($MasonDataDir,   "$folder/mason_data");
Set($MasonSessionDir, "$folder/session_data");

Set($LogToSyslog, undef);
Set($LogToSTDERR, undef);
Set($LogToFile,   undef);

Set($MailCommand,   'sendmailpipe');
Set($SendmailPath,  "$folder/sendmail");
Set($SendmailArguments, '');
Set(%GnuPG, Enable => 0);
Set(%SMIME, Enable => 0);

# Cheap password hashes: nobody ever logs in.
Set($BcryptCost, 4);
1;
