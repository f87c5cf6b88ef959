create table if not exists campaign.team_rules (
    campaign_id text primary key references campaign.campaigns on delete cascade,
    size        integer not null check (size > 0),  -- members that a team may have
    ends_at     timestamptz,                        -- of the contest; null: as long as the campaign is
    prize_fen   bigint not null                     -- for each member of the best team
);

-- Contests that are over and paid.
create table if not exists campaign.team_awards (
    campaign_id text primary key,
    team        text,                               -- null: none had scored
    members     integer not null,
    at          timestamptz not null default now(),
    site        text not null
);

create table if not exists campaign.teams (
    campaign_id text not null,
    team        text not null,
    members     integer not null default 0,
    score       bigint not null default 0,
    reached_at  timestamptz not null default now(),  -- when it came to its score: of equal ones the earlier is the better
    primary key (campaign_id, team)
) with (fillfactor = 50);

create table if not exists campaign.team_members (
    member_id       text primary key,
    idempotency_key text not null unique,
    campaign_id     text not null,
    customer_no     text not null,
    team            text not null,
    at              timestamptz not null default now(),
    site            text not null,
    unique (campaign_id, customer_no)
);

create table if not exists campaign.team_points (
    score_id        text primary key,
    idempotency_key text not null unique,
    campaign_id     text not null,
    customer_no     text not null,
    team            text not null,
    payment_id      text not null,
    points          bigint not null,
    at              timestamptz not null default now(),
    site            text not null,
    unique (campaign_id, payment_id)
);
