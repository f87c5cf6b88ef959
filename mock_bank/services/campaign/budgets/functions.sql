create or replace function campaign.on_create_budgets(p_campaign text, p json) returns void language sql as $$
    insert into campaign.budgets (campaign_id, bucket, limit_fen)
    select p_campaign, b->>'bucket', (b->>'limit_fen')::bigint from json_array_elements(p->'budgets') b;
$$;

-- Debits a bucket, or does nothing and says false where it has not that much.
create or replace function campaign.spend(p_campaign text, p_bucket text, p_fen bigint) returns boolean language plpgsql as $$
begin
    update campaign.budgets set spent_fen = spent_fen + p_fen
     where campaign_id = p_campaign and bucket = p_bucket
       and (spent_fen + p_fen <= limit_fen + released_fen or campaign.switched_on('budget_unbound'));
    return found;
end $$;

-- From the reserve into a bucket, by a person and for a reason.
create or replace function campaign.release_budget(
    p_key text, p_hash bytea, p_campaign text, p_bucket text, p_fen bigint, p_actor text, p_reason text, p_site text,
    out code text, out data text
) language plpgsql as $$
declare
    v_left bigint;
begin
    select r.code, r.data into code, data from campaign.replay(p_key, 'budget.release', p_actor, p_hash) r;
    if code is not null then
        return;
    end if;
    perform 1 from campaign.budgets where campaign_id = p_campaign and bucket in ('reserve', p_bucket) order by budget_id for update;
    select limit_fen + released_fen into v_left from campaign.budgets where campaign_id = p_campaign and bucket = 'reserve';
    if v_left is null or p_bucket = 'reserve'
       or not exists (select 1 from campaign.budgets where campaign_id = p_campaign and bucket = p_bucket) then
        code := 'NOT_FOUND';
        return;
    end if;
    code := case when p_fen > v_left then 'RESERVE_EXCEEDED' else 'OK' end;
    if code = 'OK' then
        update campaign.budgets set released_fen = released_fen + case bucket when 'reserve' then -p_fen else p_fen end
         where campaign_id = p_campaign and bucket in ('reserve', p_bucket);
        insert into campaign.audit (actor, action, target, reason, before, after, site)
        values (p_actor, 'budget.release', p_campaign || '/' || p_bucket, p_reason, json_build_object('reserve', v_left),
                json_build_object('reserve', v_left - p_fen), p_site);
    end if;
    data := json_build_object('bucket', p_bucket, 'released_fen', case code when 'OK' then p_fen else 0 end);
    perform campaign.remember(p_key, 'budget.release', p_actor, p_hash, p_campaign, code, data, p_site);
end $$;
