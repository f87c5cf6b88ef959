create table if not exists campaign.invite_rules (
    campaign_id text primary key references campaign.campaigns on delete cascade,
    friends     integer not null,               -- so many verified friends earn one coupon
    face_fen    bigint not null,
    coupons     integer not null,               -- so many coupons at most
    given       integer not null default 0
);

create table if not exists campaign.invites (
    campaign_id     text not null,
    inviter         text not null,
    invite_id       text not null unique,
    invite_code     text not null unique,
    idempotency_key text not null,
    at              timestamptz not null default now(),
    site            text not null,
    primary key (campaign_id, inviter)
);

-- Who was invited: by one inviter, whoever else tries.
create table if not exists campaign.invitees (
    campaign_id     text not null,
    invitee         text not null,
    inviter         text not null,
    acceptance_id   text not null unique,
    idempotency_key text not null,
    accepted_at     timestamptz not null default now(),
    accepted_site   text not null,
    verification_id text unique,
    verified_key    text,
    verified_at     timestamptz,
    verified_site   text,
    primary key (campaign_id, invitee)
) with (fillfactor = 70);
create index if not exists invitees_inviter on campaign.invitees (campaign_id, inviter);
