create table if not exists campaign.budgets (
    budget_id    bigint generated always as identity primary key,
    campaign_id  text not null references campaign.campaigns on delete cascade,
    bucket       text not null,
    limit_fen    bigint not null,
    spent_fen    bigint not null default 0,     -- no check: the switch budget_unbound must be able to break it
    released_fen bigint not null default 0,     -- into the bucket; out of the reserve below zero
    unique (campaign_id, bucket)
) with (fillfactor = 50);
