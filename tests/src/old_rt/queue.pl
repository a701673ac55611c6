# The queue as it was before nsrw: values as people spelled them over the years, a state nobody knows any more, no defaults.
use strict;
use warnings;
use utf8;

our (@Users, @Queues, @CustomFields, @ACL);

push @Users, map +{ Name => $_, Privileged => 1, Lang => 'en' }, 'tp1', 'carlos', 'jürgen', 'naïve 😀', 'repository';
push @ACL, map +{ Right => 'SuperUser', UserId => $_ }, 'tp1', 'repository';
push @Queues, { Name => 'sw-rel', Description => 'New software releases' };
push @CustomFields,
    {   Name   => 'RolloutProgress',
        Type   => 'SelectSingle',
        Queue  => 'sw-rel',
        Values => [
            map +{ Name => $_ }, 'Submitted', 'Unverified', 'InVerification', 'In verification',
            'Waiting for response', 'StageRollout', 'Deferred', 'Production', 'Accepted', 'Rejected', 'Ignored',
            'Not published', 'Failed', 'Published',
        ],
    },
    {   Name   => 'EmergencyRelease',
        Type   => 'SelectSingle',
        Queue  => 'sw-rel',
        Values => [ map +{ Name => $_ }, 'No', 'Yes' ],
    };
1;
