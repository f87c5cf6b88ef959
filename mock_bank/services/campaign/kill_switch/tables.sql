-- The switch of each campaign whose plan arms it. Whichever node turns the version on has decided, for all of them.
create table if not exists campaign.kill_switches (
    campaign_id text primary key,
    policy      json not null,
    state       json not null,
    version     bigint not null default 0
);

-- What happened to it, for whoever asks.
create table if not exists campaign.kill_switch_changes (
    seq         bigint generated always as identity primary key,
    campaign_id text not null,
    trip        integer not null,
    at          timestamptz not null,
    kind        text not null,
    about       text not null,
    detail      text not null,
    node        text not null
);

-- What its signals told: so many at a time, some of them bad; each source tells a thing once.
create table if not exists campaign.signals (
    signal text not null,
    at_ms  bigint not null,
    source text not null,
    total  integer not null,
    bad    integer not null,
    primary key (signal, at_ms, source)
);

-- When a feed was last heard, if only to say that there is nothing.
create table if not exists campaign.feeds_heard (
    signal text primary key,
    at     timestamptz not null
);
